"""Out-of-bag probabilities: a bagged ensemble predicts each row with members that never saw it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from label_auditor.fitting.folds import fit_rows, take_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray


def out_of_bag(
    estimator: Any,
    X: Any,
    codes: NDArray[np.intp],
    classes: NDArray[Any],
    fit_params: dict[str, Any] | None = None,
) -> tuple[Any, NDArray[np.floating]]:
    """Fit a bagged ensemble once, and predict each row with the members that did not see it.

    Parameters
    ----------
    estimator : classifier with an `oob_score` parameter
        A RandomForestClassifier, BaggingClassifier or the like, or a Pipeline of nothing else.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data.
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where there is none: no member sees that row.
    classes : ndarray of shape (n_classes,)
        The sorted classes: the columns of the result.
    fit_params : dict, default=None
        Given to `estimator.fit`.

    Returns
    -------
    fitted : classifier
        A clone of `estimator`, fitted on all rows that have a label.
    pred_probs : ndarray of float, shape (n_samples, n_classes)
        Out-of-bag probabilities; NaN where every member saw the row.

    Raises
    ------
    ValueError
        If the estimator can't give out-of-bag probabilities, or there are steps before it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> fitted, pred_probs = out_of_bag(RandomForestClassifier(random_state=0), X, y, np.unique(y))
    >>> pred_probs.shape
    (150, 3)
    """
    fitted = clone(estimator)
    steps = fitted.steps if isinstance(fitted, Pipeline) else [("", fitted)]
    ensemble = steps[-1][1]
    if "oob_score" not in ensemble.get_params(deep=False):
        raise ValueError(
            f"cv='oob' needs a bagged ensemble, but {type(ensemble).__name__} has no oob_score; "
            "pass a RandomForestClassifier, a BaggingClassifier or the like, or a number of folds."
        )
    if len(steps) > 1:
        raise ValueError(
            f"cv='oob' with a pipeline whose step {steps[0][0]!r} can't do without labels, or is "
            "not shared, would let each label judge itself; pass share_preprocessing='auto', or a "
            "number of folds."
        )
    ensemble.set_params(oob_score=True)
    with warnings.catch_warnings():
        # Rows that every member saw are NaN below.
        warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores")
        warnings.filterwarnings("ignore", message="invalid value", category=RuntimeWarning)
        rows = np.flatnonzero(codes >= 0)
        fit_rows(fitted, X, classes[codes], rows, fit_params or {})
    pred_probs = np.empty((len(codes), len(classes)))
    pred_probs[rows] = ensemble.oob_decision_function_
    unlabelled = np.flatnonzero(codes < 0)
    if len(unlabelled):
        pred_probs[unlabelled] = fitted.predict_proba(take_rows(fitted, X, unlabelled, rows))
    pred_probs[~(pred_probs.sum(axis=1) > 0)] = np.nan
    return fitted, pred_probs
