"""Which classifiers have leave-one-out in closed form, and how it is asked of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from label_auditor._sklearn import _check_method_params
from label_auditor.data.messages import list_rows, warn
from label_auditor.fitting.counted_texts import CountedTexts
from label_auditor.fitting.equal_discriminant import EqualDiscriminant
from label_auditor.fitting.folds import fit_rows, take_rows
from label_auditor.fitting.leave_one_out import (
    discriminant,
    gaussian,
    logistic,
    naive_bayes,
    neighbors,
)
from label_auditor.fitting.leave_one_out.arithmetic import Data
from label_auditor.fitting.leave_one_out.counted import leave_out_counted
from label_auditor.fitting.leave_one_out.votes import (
    NoLeaveOneOutError,
    leave_out_members,
    leave_out_on_part,
    plan_members,
)
from label_auditor.fitting.parts import OnPart
from label_auditor.fitting.routing import params_of_last
from label_auditor.fitting.row_counts import refuse_changed_rows
from label_auditor.fitting.shared_steps import learns_from_data
from label_auditor.fitting.voting import is_soft_vote

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from label_auditor.fitting.leave_one_out.votes import Plan


class Method(NamedTuple):
    """How one type of classifier is left one out.

    Attributes
    ----------
    predict : callable
        From the fitted classifier and its `Data` to probabilities, one row for each; a row is NaN
        where a fit without it would fail.
    refusal : callable
        From the classifier and X to the reason why it can't be done with these parameters, or None.
    failure : str
        Why a fit without a row may fail.
    """

    predict: Callable[[Any, Data], NDArray[np.float64]]
    refusal: Callable[[Any, Any], str | None] = lambda _estimator, _X: None
    failure: str = "a feature has no spread, or no smoothing is left"


_LINEAR = Method(
    discriminant.leave_out_linear,
    discriminant.refuse_linear,
    failure="there are too few rows, or the covariance is singular",
)
METHODS: dict[type, Method] = {
    MultinomialNB: Method(naive_bayes.leave_out_multinomial),
    ComplementNB: Method(naive_bayes.leave_out_complement),
    BernoulliNB: Method(naive_bayes.leave_out_bernoulli, naive_bayes.refuse_bernoulli),
    CategoricalNB: Method(
        naive_bayes.leave_out_categorical,
        failure="it alone holds the highest category of a feature; set min_categories",
    ),
    GaussianNB: Method(gaussian.leave_out_gaussian),
    KNeighborsClassifier: Method(
        neighbors.leave_out_neighbors,
        neighbors.refuse_neighbors,
        failure="all neighbours have weight 0",
    ),
    LinearDiscriminantAnalysis: _LINEAR,
    QuadraticDiscriminantAnalysis: Method(
        discriminant.leave_out_quadratic,
        discriminant.refuse_quadratic,
        failure="the covariance of its class is not of full rank; set reg_param or shrinkage",
    ),
    LogisticRegression: Method(
        logistic.leave_out_logistic,
        logistic.refuse_logistic,
        failure="its scores are not finite",
    ),
}
# For label-audit's own models.
_OWN_METHODS: dict[type, Method] = {EqualDiscriminant: _LINEAR}


def leave_one_out(
    estimator: Any,
    X: Any,
    codes: NDArray[np.intp],
    classes: NDArray[Any],
    fit_params: dict[str, Any] | None = None,
) -> tuple[Any, NDArray[np.floating]]:
    """Fit a classifier once, and predict each row as a model of all other rows would.

    For naive Bayes, nearest neighbours and discriminant analysis, these are the probabilities of
    as many fits as there are rows: what a row adds to counts, moments or neighbours is taken out
    again. For a logistic regression they are approximate: one Newton step leads from the
    coefficients of all rows towards those of all but one.

    Parameters
    ----------
    estimator : classifier
        One of the types in `METHODS`, exactly: a subclass may do something else. Or a vote of
        such members by their probabilities. Or a Pipeline that ends in one of these, whose other
        steps learn nothing from the data.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data.
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where there is none: the model of all rows that
        have one predicts that row.
    classes : ndarray of shape (n_classes,)
        The sorted classes: the columns of the result.
    fit_params : dict, default=None
        Given to `estimator.fit`.

    Returns
    -------
    fitted : classifier
        A clone of `estimator`, fitted on all rows that have a label.
    pred_probs : ndarray of float, shape (n_samples, n_classes)
        Leave-one-out probabilities; NaN for the only row of a class, and where a fit without the
        row would fail.

    Raises
    ------
    ValueError
        If the classifier, or a member of the vote, has no leave-one-out in closed form, or a step
        before it learns from the data.

    Warns
    -----
    UserWarning
        If rows are not judged because a fit without them would fail.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> X, codes = np.array([[3, 0], [2, 0], [0, 2], [0, 1]]), np.array([0, 0, 1, 1])
    >>> fitted, pred_probs = leave_one_out(MultinomialNB(), X, codes, np.array(["a", "b"]))
    >>> pred_probs.argmax(axis=1)
    array([0, 0, 1, 1])
    >>> MultinomialNB().fit(X[1:], codes[1:]).predict_proba(X[:1]).round(6)
    array([[0.96346, 0.03654]])
    >>> pred_probs[:1].round(6)
    array([[0.96346, 0.03654]])
    """
    return _plan(estimator, X, codes)(codes, classes, fit_params or {})


def _plan(estimator: Any, X: Any, codes: NDArray[np.intp]) -> Plan:
    """Find out how a classifier is left one out, or refuse it, before anything is fitted."""
    if isinstance(estimator, OnPart):
        inner = _plan(estimator.estimator, X.parts[estimator.part], codes)
        return partial(leave_out_on_part, estimator, inner)
    if is_soft_vote(estimator):
        plans = plan_members(estimator, X, partial(_plan, codes=codes))
        return partial(leave_out_members, estimator, plans)
    if isinstance(X, CountedTexts) and type(estimator) is MultinomialNB:
        return partial(leave_out_counted, estimator, X)
    steps = estimator.steps if isinstance(estimator, Pipeline) else [("", estimator)]
    before, last = steps[:-1], steps[-1][1]
    if before:
        _check_steps(estimator[:-1], X, codes)
    features = clone(estimator[:-1]).fit_transform(X) if before else X
    if is_soft_vote(last):
        return partial(_leave_out_pipeline, estimator, _plan(last, features, codes), X)
    return partial(_leave_out_single, estimator, _find_method(last, features), X, features)


def _leave_out_pipeline(
    pipeline: Pipeline,
    leave_out_last: Plan,
    X: Any,
    codes: NDArray[np.intp],
    classes: NDArray[Any],
    fit_params: dict[str, Any],
) -> tuple[Any, NDArray[np.floating]]:
    """Leave one out of a vote at the end of a pipeline whose other steps learn nothing."""
    fitted = clone(pipeline)
    name = fitted.steps[-1][0]
    params = params_of_last(fitted, fit_params)
    if len(params) < len(fit_params):
        raise ValueError(
            f"fit is given {', '.join(fit_params)}, but with cv='loo' only the last step {name!r} "
            "of the pipeline takes metadata; leave out the others, or pass a number of folds."
        )
    last, pred_probs = leave_out_last(codes, classes, params)
    before = [fitted[:-1].fit(X).steps] if len(fitted.steps) > 1 else []
    fitted.steps = [*(step for steps in before for step in steps), (name, last)]
    return fitted, pred_probs


def _leave_out_single(
    estimator: Any,
    method: Method,
    X: Any,
    features: Any,
    codes: NDArray[np.intp],
    classes: NDArray[Any],
    fit_params: dict[str, Any],
) -> tuple[Any, NDArray[np.floating]]:
    """Leave one out of a classifier, alone or at the end of a pipeline."""
    fitted = clone(estimator)
    classifier = fitted.steps[-1][1] if isinstance(fitted, Pipeline) else fitted
    rows = np.flatnonzero(codes >= 0)
    if len(rows) < len(codes):
        fit_rows(fitted, X, classes[codes], rows, fit_params)
        labelled = take_rows(classifier, features, rows, rows)
    else:  # without a copy of all rows
        try:
            fitted.fit(X, classes[codes], **fit_params)
        except Exception as error:
            refuse_changed_rows(fitted, X, error)
            raise
        labelled = features
    params = params_of_last(fitted, _check_method_params(X, params=fit_params, indices=rows))
    weights = params.get("sample_weight")
    weights = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64)
    weights = np.broadcast_to(weights, len(rows))  # one number may stand for all
    data = Data(labelled, codes[rows], classes, weights, params)
    pred_probs = np.empty((len(codes), len(classes)))
    pred_probs[rows] = _judge(classifier, method, data, rows)
    unlabelled = np.flatnonzero(codes < 0)
    if len(unlabelled):
        pred_probs[unlabelled] = classifier.predict_proba(
            take_rows(classifier, features, unlabelled, rows)
        )
    return fitted, pred_probs


def _find_method(classifier: Any, X: Any) -> Method:
    """Find how a classifier is left one out, or say why it can't be."""
    method = METHODS.get(type(classifier)) or _OWN_METHODS.get(type(classifier))
    name = type(classifier).__name__
    if method is None:
        known = ", ".join(sorted(kind.__name__ for kind in METHODS))
        raise NoLeaveOneOutError(
            f"cv='loo' needs a classifier with leave-one-out in closed form, but {name} has none; "
            f"pass one of {known} (not a subclass), or a number of folds."
        )
    reason = method.refusal(classifier, X)
    if reason is not None:
        raise NoLeaveOneOutError(
            f"cv='loo' can't be done for this {name}: {reason}; change that, or pass a number of "
            "folds."
        )
    return method


def _check_steps(before: Pipeline, X: Any, codes: NDArray[np.intp]) -> None:
    """Refuse steps that learn from the data, which would have to be fitted without each row."""
    for name, step in before.steps:
        if learns_from_data(step):
            clone(before).fit(X, codes)  # it may be X that is to blame, and that error says so
            raise NoLeaveOneOutError(
                f"cv='loo' with a pipeline whose step {name!r} can't do without labels, or is not "
                "shared, would let each label judge itself; pass share_preprocessing='auto', or a "
                "number of folds."
            )


def _judge(
    classifier: Any, method: Method, data: Data, rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Give the leave-one-out probabilities; NaN for the only row with weight in a class."""
    weighty = data.weights != 0
    n_weighty = np.bincount(data.codes, weights=weighty, minlength=len(data.classes))
    alone = n_weighty[data.codes] - weighty == 0
    pred_probs = method.predict(classifier, data)
    pred_probs[alone | ~np.isfinite(pred_probs).all(axis=1)] = np.nan
    failed = np.isnan(pred_probs[:, 0]) & ~alone
    if failed.any():
        warn(
            f"cv='loo' can't judge {list_rows(rows[failed])}: {type(classifier).__name__} can't be "
            f"fitted to all others ({method.failure}). Such rows are not evaluated.",
        )
    return pred_probs
