"""Find label errors, have them reviewed, bring the corrections home."""

from label_auditor.applying import apply_corrections
from label_auditor.audit import LabelAudit, audit_labels
from label_auditor.auditor import LabelAuditor
from label_auditor.corrections import Corrections

__all__ = ["Corrections", "LabelAudit", "LabelAuditor", "apply_corrections", "audit_labels"]
