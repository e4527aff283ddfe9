"""The result of an audit, and the functions that make one from probabilities or records."""

from label_auditor.audit.annotators import AnnotatorAudit, audit_annotators
from label_auditor.audit.from_probabilities import audit_labels
from label_auditor.audit.label_errors import (
    MissingPredictionError,
    NoRecordsError,
    find_label_errors,
)
from label_auditor.audit.multi_label import MultiLabelAudit
from label_auditor.audit.single_label import LabelAudit

__all__ = [
    "AnnotatorAudit",
    "LabelAudit",
    "MissingPredictionError",
    "MultiLabelAudit",
    "NoRecordsError",
    "audit_annotators",
    "audit_labels",
    "find_label_errors",
]
