"""Find label errors, have them reviewed, bring the corrections home."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# Imported on use: scikit-learn and pandas take seconds, and most of these need neither.
_HOMES = {
    "Corrections": "corrections",
    "LabelAudit": "audit",
    "LabelAuditor": "auditor",
    "MultiLabelAudit": "multilabel",
    "apply_corrections": "applying",
    "audit_labels": "audit",
    "estimate_label_errors": "review.estimate",
    "find_label_errors": "export.label_errors",
    "plan_review": "review.plan",
    "stop_reviewing": "review.stopping",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
