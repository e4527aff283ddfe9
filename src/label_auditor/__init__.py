"""Find label errors, have them reviewed, bring the corrections home."""

import sys
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
    from label_auditor.fitting.embeddings import embed_texts
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
    "embed_texts",
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
    "embed_texts": "fitting.embeddings",
    "estimate_label_errors": "review",
    "find_label_errors": "audit",
    "plan_review": "review",
    "stop_reviewing": "review",
}


# Modules that are public as such, and need not be imported by name.
_MODULES = ("corrections", "export", "plots", "report", "review", "scores")

# What to write for names that people try who know cleanlab, or look for a name in the wrong place.
_HINTS = {
    "CleanLearning": "LabelAuditor(classifier).fit(X, y)",
    "Datalab": "audit_labels(labels, pred_probs)",
    "find_label_issues": "audit_labels(labels, pred_probs), whose ranked are the flagged rows",
    "get_label_quality_scores": "audit_labels(labels, pred_probs).scores",
    "Correction": "label_auditor.corrections.Correction",
    "ConfidentJointDisplay": "label_auditor.plots.ConfidentJointDisplay",
    "ReviewCurveDisplay": "label_auditor.plots.ReviewCurveDisplay",
    "ScoreDistributionDisplay": "label_auditor.plots.ScoreDistributionDisplay",
    "load": "LabelAudit.load(path)",
    "plot": "label_auditor.plots",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("label-auditor")
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _HINTS and sys._getframe(1).f_code.co_name == "_handle_fromlist":
        # `from label_auditor import name` would lose what an AttributeError says.
        raise ImportError(f"cannot import name {name!r} from {__name__!r}; write {_HINTS[name]}")
    if name not in _HOMES:
        hint = f"; write {_HINTS[name]}" if name in _HINTS else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES, "__version__"])
