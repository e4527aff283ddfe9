"""The fit of a `LabelAuditor` to data of dask, which are read in blocks of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from label_auditor._sklearn import _routing_enabled
from label_auditor.audit.from_probabilities import audit_codes
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import Rule
from label_auditor.fitting.blocks.estimators import cut_estimator
from label_auditor.fitting.blocks.out_of_sample import predict_blocks, train_on_blocks
from label_auditor.fitting.blocks.reading import read_blocks
from label_auditor.fitting.blocks.steps import share_in_blocks
from label_auditor.fitting.blocks.weights import weigh_blocks
from label_auditor.fitting.final_fit import choose_labels
from label_auditor.fitting.progress import start_task
from label_auditor.fitting.routing import params_of_last, route
from label_auditor.fitting.shared_steps import takes_metadata
from label_auditor.fitting.training_labels import decide_labels
from label_auditor.review.decided import read_decisions

if TYPE_CHECKING:
    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.review.decided import Reviewed


def fit_blocks(
    auditor: Any,
    estimator: Any,
    X: Any,
    y: Any,
    reviewed: Reviewed | None,
    params: dict[str, Any],
) -> tuple[LabelAudit, dict[str, Any], Any]:
    """Predict each row of X by models that did not see its block, or its label; audit the labels.

    Parameters
    ----------
    auditor : LabelAuditor
        Has the parameters.
    estimator : classifier
        What is cross-validated.
    X : dask array, DataFrame or Series
        The data.
    y : dask array or Series, or array-like
        The labels.
    reviewed : Corrections, mapping or Series, or None
        What reviewers have decided.
    params : dict
        Metadata: the weights of the rows for the classifier, or none.

    Returns
    -------
    audit : LabelAudit
        The audit.
    features : dict
        What is known of the columns of X.
    fitted : classifier or None
        The whole classifier, if it is wanted.
    """
    if auditor.memory is not None:
        raise ValueError(
            "memory keeps folds of data that are in memory, but X is of dask, whose folds learn "
            "together, from one block after another; pass memory=None."
        )
    weights = _find_weights(auditor, estimator, params)
    share = bool(auditor.share_preprocessing)
    learner = cut_estimator(estimator, auditor.cv, f"dask {type(X).__name__}", share=share)
    blocks = read_blocks(X, y, allow_missing=auditor.missing_labels == "suggest")
    codes, classes = blocks.codes, blocks.classes
    labels = decide_labels(codes, classes, *read_decisions(reviewed, blocks.index, classes))
    blocks = weigh_blocks(blocks, X, weights, labels.used)
    learner, blocks = share_in_blocks(learner, blocks)
    apart = auditor.train_on in ("unflagged", "corrected")
    with start_task(auditor, n_parts=1 + apart) as task:
        with task.part("leave-one-out" if auditor.cv == "loo" else "cross-fit"):
            pred_probs, judged, fitted = predict_blocks(
                learner, blocks, labels, auditor.cv, final=auditor.train_on == "all"
            )
        audit = audit_codes(
            codes,
            LabelledRows(np.where(judged, codes, -1), pred_probs, auditor.n_jobs),
            Rule(auditor.filter_by),
            classes=classes,
            rank_by=auditor.rank_by,
            index=blocks.index,
        )
        if apart:
            with task.part("fit-final-estimator"):
                used = choose_labels(auditor.train_on, labels, audit)
                fitted = train_on_blocks(learner, blocks, used, auditor.cv)
    return audit, blocks.features, fitted


def _find_weights(auditor: Any, estimator: Any, params: dict[str, Any]) -> Any:
    """Give the weights of rows that the classifier is given, or None; refuse other metadata."""
    given = {name: value for name, value in params.items() if value is not None}
    *steps, (last, _) = estimator.steps if isinstance(estimator, Pipeline) else [("", None)]
    if "groups" not in given:
        fit_params = route(auditor, given).fit
        taken = params_of_last(estimator, fit_params)
        elsewhere = any(takes_metadata(name, step, fit_params) for name, step in steps)
        if taken.keys() <= {"sample_weight"} and len(taken) == len(given) and not elsewhere:
            return taken.get("sample_weight")
    name = f"{last}__sample_weight" if last and not _routing_enabled() else "sample_weight"
    raise ValueError(
        f"fit is given {', '.join(given)}, but where X is of dask it takes only {name}, the "
        "weights of rows for the classifier: folds are runs of blocks, whatever the groups, and "
        "the steps before the classifier learn from X alone. Leave the others out, or pass data in "
        "memory, by X.compute()."
    )
