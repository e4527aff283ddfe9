"""Find label errors, have them reviewed, bring the corrections home."""

from label_auditor.applying import apply_corrections
from label_auditor.audit import LabelAudit, audit_labels
from label_auditor.auditor import LabelAuditor
from label_auditor.corrections import Corrections
from label_auditor.multilabel import MultiLabelAudit

__all__ = [
    "Corrections",
    "LabelAudit",
    "LabelAuditor",
    "MultiLabelAudit",
    "apply_corrections",
    "audit_labels",
]
