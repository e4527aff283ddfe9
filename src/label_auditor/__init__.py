"""Find label errors, have them reviewed, bring the corrections home."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from label_auditor.audit import (
        AnnotatorAudit,
        LabelAudit,
        MultiLabelAudit,
        audit_annotators,
        audit_labels,
        find_label_errors,
    )
    from label_auditor.auditor import LabelAuditor
    from label_auditor.corrections import Corrections, apply_corrections
    from label_auditor.fitting.voting import GeometricVotingClassifier
    from label_auditor.review import estimate_label_errors, plan_review, stop_reviewing

    __version__: str

__all__ = [
    "AnnotatorAudit",
    "Corrections",
    "GeometricVotingClassifier",
    "LabelAudit",
    "LabelAuditor",
    "MultiLabelAudit",
    "apply_corrections",
    "audit_annotators",
    "audit_labels",
    "estimate_label_errors",
    "find_label_errors",
    "plan_review",
    "stop_reviewing",
]

# Imported on use: scikit-learn and pandas take seconds, and most of these need neither.
_HOMES = {
    "AnnotatorAudit": "audit",
    "Corrections": "corrections",
    "GeometricVotingClassifier": "fitting.voting",
    "LabelAudit": "audit",
    "LabelAuditor": "auditor",
    "MultiLabelAudit": "audit",
    "apply_corrections": "corrections",
    "audit_annotators": "audit",
    "audit_labels": "audit",
    "estimate_label_errors": "review",
    "find_label_errors": "audit",
    "plan_review": "review",
    "stop_reviewing": "review",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("label-auditor")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
