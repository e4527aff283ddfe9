"""Find label errors, have them reviewed, bring the corrections home."""

from label_auditor.applying import apply_corrections
from label_auditor.audit import LabelAudit, audit_labels
from label_auditor.auditor import LabelAuditor
from label_auditor.corrections import Corrections
from label_auditor.export.label_errors import find_label_errors
from label_auditor.multilabel import MultiLabelAudit
from label_auditor.review.estimate import estimate_label_errors
from label_auditor.review.plan import plan_review
from label_auditor.review.stopping import stop_reviewing

__all__ = [
    "Corrections",
    "LabelAudit",
    "LabelAuditor",
    "MultiLabelAudit",
    "apply_corrections",
    "audit_labels",
    "estimate_label_errors",
    "find_label_errors",
    "plan_review",
    "stop_reviewing",
]
