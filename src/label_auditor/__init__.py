"""Find label errors, have them reviewed, bring the corrections home."""

from label_auditor.audit import LabelAudit, audit_labels
from label_auditor.auditor import LabelAuditor

__all__ = ["LabelAudit", "LabelAuditor", "audit_labels"]
