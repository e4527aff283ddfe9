"""Out-of-bag probabilities: a bagged ensemble predicts each row with members that never saw it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from label_auditor.fitting.columns import name_estimator, read_probabilities
from label_auditor.fitting.folds import clone_classifier, fit_rows, take_rows

# Labels drawn by chance can't be known: what is honest has an area under the curve of about 0.5.
# This is more than four standard deviations above, for as many rows.
N_CHANCE_ROWS = 300
TOO_GOOD = 0.65

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
        If the estimator can't give out-of-bag probabilities, there are steps before it, or rows
        are counted as out of bag for members that saw a copy of them.

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
    fitted = clone_classifier(estimator)
    steps = fitted.steps if isinstance(fitted, Pipeline) else [("", fitted)]
    ensemble = steps[-1][1]
    if "oob_score" not in ensemble.get_params(deep=False):
        raise ValueError(
            f"cv='oob' needs a bagged ensemble, but {type(ensemble).__name__} has no oob_score; "
            "pass a RandomForestClassifier, a BaggingClassifier or the like, or a number of folds."
        )
    if len(steps) > 1:
        clone(fitted[:-1]).fit(X, codes)  # it may be X that is to blame, and that error says so
        raise ValueError(
            f"cv='oob' with a pipeline whose step {steps[0][0]!r} can't do without labels, or is "
            "not shared, would let each label judge itself; pass share_preprocessing='auto', or a "
            "number of folds."
        )
    _refuse_leaks(ensemble, classes)
    ensemble.set_params(oob_score=True)
    rows = np.flatnonzero(codes >= 0)
    with warnings.catch_warnings():
        # Rows that every member saw are NaN below.
        warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores")
        warnings.filterwarnings("ignore", message="invalid value", category=RuntimeWarning)
        fitted = fit_rows(fitted, X, classes[codes], rows, fit_params or {})
    ensemble = fitted[-1] if isinstance(fitted, Pipeline) else fitted
    if _bags_hold_copies(ensemble):
        raise _leak(ensemble, "its bags hold several copies of a row")
    pred_probs = np.full((len(codes), len(classes)), np.nan)
    votes = np.asarray(ensemble.oob_decision_function_)
    if len(votes) != len(rows):
        raise ValueError(
            f"cv='oob': {name_estimator(ensemble)} was fitted on {len(rows)} rows, but its "
            f"oob_decision_function_ has {len(votes)}; pass a number of folds as cv."
        )
    # A row that every member saw is NaN in scikit-learn's ensembles, 0 in others.
    seen = np.flatnonzero(votes.reshape(len(votes), -1).sum(axis=1) > 0)
    judged = rows[seen]
    pred_probs[judged], _ = read_probabilities(
        ensemble, votes[seen], judged, classes, where=" out of bag"
    )
    unlabelled = np.flatnonzero(codes < 0)
    if len(unlabelled):
        output = fitted.predict_proba(take_rows(fitted, X, unlabelled, rows))
        pred_probs[unlabelled], _ = read_probabilities(fitted, output, unlabelled, classes)
    return fitted, pred_probs


def _refuse_leaks(ensemble: Any, classes: NDArray[Any]) -> None:
    """Refuse an ensemble whose out-of-bag votes know labels that were drawn by chance.

    scikit-learn's own ensembles are known to be honest. Others are tried on a few hundred rows
    without any pattern, before the fit that takes long.
    """
    if type(ensemble).__module__.startswith("sklearn."):
        return
    rng = np.random.default_rng(0)
    X, codes = np.arange(N_CHANCE_ROWS, dtype=float)[:, np.newaxis], rng.random(N_CHANCE_ROWS) < 0.3
    tried = clone(ensemble)
    settings = {"oob_score": True, "n_estimators": 30, "random_state": 0}
    tried.set_params(**{name: settings[name] for name in settings.keys() & tried.get_params()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tried.fit(X, classes[codes.astype(int)])
        votes = np.asarray(tried.oob_decision_function_)
        seen = votes.sum(axis=1) > 0
        area = roc_auc_score(codes[seen], votes[seen, list(tried.classes_).index(classes[1])])
    except Exception:  # noqa: BLE001 - it needs other data, and can only be judged on them
        return
    if _bags_hold_copies(tried) or area > TOO_GOOD:
        raise _leak(
            ensemble,
            "tried on labels drawn by chance, its out-of-bag votes rank them with an area under "
            f"the curve of {area:.2f}, where 0.50 is honest",
        )


def _bags_hold_copies(ensemble: Any) -> bool:
    """Say whether an ensemble bootstraps rows that a sampler of its own has drawn repeatedly."""
    drawn = [getattr(each, "sample_indices_", ()) for each in getattr(ensemble, "samplers_", ())]
    repeats = any(len(np.unique(rows)) < len(rows) for rows in drawn)
    return repeats and bool(getattr(ensemble, "bootstrap", False))


def _leak(ensemble: Any, evidence: str) -> ValueError:
    """Make the error that says that rows are judged by members that saw a copy of them."""
    has_replacement = getattr(ensemble, "replacement", False)
    remedy = "set its replacement=False, or pass" if has_replacement else "pass"
    return ValueError(
        f"cv='oob' with {name_estimator(ensemble)} would let labels judge themselves: a row "
        f"counts as out of bag for members that were fitted on a copy of it ({evidence}); "
        f"{remedy} a number of folds as cv."
    )
