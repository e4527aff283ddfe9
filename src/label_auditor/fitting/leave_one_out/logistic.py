"""Logistic regression, approximately: one Newton step from the coefficients of all rows."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.class_weight import compute_class_weight

from label_auditor.fitting.leave_one_out.arithmetic import Data, blocks, normalise, rows_by_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


# Before scikit-learn 1.7, balanced weights count rows, not their weights.
BALANCES_BY_WEIGHT = "sample_weight" in signature(compute_class_weight).parameters


class Fit(NamedTuple):
    """A fitted logistic regression, seen as a minimum of the loss.

    The scores of all classes are a few free numbers times a constant matrix: for two classes one
    number, the score of the second; for more, one less than there are classes, because a number
    that is added to all scores changes nothing.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_columns)
        The features, and a column of ones if there is an intercept.
    scores : ndarray of shape (n_samples, n_classes)
        Scores of the classes; their softmax is the probabilities.
    directions : ndarray of shape (n_classes, n_free)
        From the free numbers to the scores.
    errors : ndarray of shape (n_samples, n_free)
        The gradient of each row's loss by its free numbers.
    curvatures : ndarray of shape (n_samples, n_free, n_free)
        The second derivatives.
    loss_weights : ndarray of shape (n_samples,)
        How much the loss of each row counts beside the penalty, whose weight is 1.
    """

    X: Floats
    scores: Floats
    directions: Floats
    errors: Floats
    curvatures: Floats
    loss_weights: Floats


def refuse_logistic(estimator: Any, X: Any) -> str | None:
    """Say which LogisticRegression has no approximate leave-one-out."""
    if estimator.solver == "liblinear":
        return "solver='liblinear' penalises the intercept too; use solver='lbfgs'"
    if estimator.penalty in ("l1", "elasticnet") or estimator.l1_ratio:
        return "its penalty has a corner at 0, where there is no Newton step; use the l2 penalty"
    if estimator.penalty is None or np.isinf(estimator.C):
        return "without a penalty its loss may have no minimum; set C to a finite number"
    if getattr(estimator, "multi_class", "deprecated") not in ("auto", "deprecated"):
        return "multi_class is given; leave it out"
    if issparse(X):
        return "X is sparse; make the features dense and few, by a TruncatedSVD for example"
    return None


def leave_out_logistic(fitted: Any, data: Data) -> Floats:
    """Give approximate leave-one-out probabilities of a LogisticRegression.

    From the coefficients of all rows, one Newton step on the loss of all rows but one goes to
    where that loss would be least if it were a parabola [1]_ [2]_. The step of each row costs no
    more than its prediction, because its second derivatives differ from those of all rows by the
    row's own. Class weights that are "balanced" change with the row as well; of this the gradient
    is taken into account.

    The time grows with the square of the number of classes times that of the features.

    Notes
    -----
    The largest and the mean difference of a probability from that of as many fits as there are
    rows, beside the same for the probabilities of the model of all rows, which saw them
    (standardised features, ``tol=1e-8``):

    =================================  ================  =================
    data                               one Newton step   model of all rows
    =================================  ================  =================
    iris, C=1                          .002, .00005      .15, .005
    iris, C=0.1                        .0005, .00002     .06, .005
    iris, class_weight="balanced"      .002, .00005      .14, .004
    wine, C=1                          .03, .0004        .38, .012
    wine, C=0.1                        .009, .00008      .19, .008
    breast cancer, C=1                 .12, .0003        .76, .009
    breast cancer, C=0.1               .004, .00003      .37, .004
    =================================  ================  =================

    The largest ones are of rows far from all others of their class, which the model of all rows
    is sure of, and the one without them is not: more than one step would be needed.

    References
    ----------
    .. [1] Rad, Maleki (2020). A scalable estimate of the out-of-sample prediction error via
       approximate leave-one-out cross-validation. Journal of the Royal Statistical Society B 82.
    .. [2] Beirami, Razaviyayn, Shahrampour, Tarokh (2017). On optimal generalization in
       parametric learning. Advances in Neural Information Processing Systems 30.
    """
    fit = _read_fit(fitted, data)
    n_rows, n_free = fit.errors.shape
    inverse = _invert(_curve(fit, has_intercept=fitted.fit_intercept))
    own_weights, drift = _rebalance(fitted, data, fit, inverse)
    scores = fit.scores
    for block in blocks(n_rows, n_free * (n_free + fit.X.shape[1])):
        X, errors = fit.X[block], fit.errors[block]
        leverage = _reach(X, inverse)
        push = own_weights[block, None] * np.einsum("iab,ib->ia", leverage, errors)
        taken = leverage @ (fit.loss_weights[block, None, None] * fit.curvatures[block])
        step = np.linalg.solve(np.eye(n_free) - taken, (push - drift(block))[:, :, None])
        scores[block] += step[:, :, 0] @ fit.directions.T
    return normalise(scores)


def _read_fit(fitted: Any, data: Data) -> Fit:
    """Give a fitted classifier's derivatives for each row."""
    X = check_array(data.X, dtype=np.float64)
    scores = X @ fitted.coef_.T.astype(np.float64) + fitted.intercept_
    n_rows, n_classes = len(X), len(data.classes)
    if fitted.fit_intercept:
        X = np.column_stack([X, np.ones(n_rows)])
    if n_classes == 2:
        scores = np.column_stack([np.zeros(n_rows), scores])
        directions = np.array([[0.0], [1.0]])
    else:
        # Orthonormal, and orthogonal to what is added to all scores alike.
        directions = np.linalg.svd(np.ones((1, n_classes)))[2][1:].T
    probs = normalise(scores)
    means = probs @ directions
    products = (directions[:, :, None] * directions[:, None, :]).reshape(n_classes, -1)
    curvatures = (probs @ products).reshape(n_rows, means.shape[1], -1)
    curvatures -= means[:, :, None] * means[:, None, :]
    labels = data.classes[data.codes]
    class_weights = compute_class_weight(
        fitted.class_weight,
        classes=data.classes,
        y=labels,
        **({"sample_weight": data.weights} if BALANCES_BY_WEIGHT else {}),
    )
    loss_weights = fitted.C * data.weights * class_weights[data.codes]
    errors = means - directions[data.codes]
    return Fit(X, scores, directions, errors, curvatures, loss_weights)


def _curve(fit: Fit, *, has_intercept: bool) -> Floats:
    """Sum the second derivatives of all rows and of the penalty, by free number and column."""
    n_free, n_columns = fit.errors.shape[1], fit.X.shape[1]
    curve = np.zeros((n_free, n_columns, n_free, n_columns))
    features = np.arange(n_columns - has_intercept)
    for block in blocks(len(fit.X), n_columns):
        X = fit.X[block]
        weighted = fit.loss_weights[block, None, None] * fit.curvatures[block]
        for a in range(n_free):
            for b in range(a + 1):
                curve[a, :, b, :] += X.T @ (weighted[:, a, b, None] * X)
    for a in range(n_free):
        for b in range(a):
            curve[b, :, a, :] = curve[a, :, b, :].T
        curve[a, features, a, features] += 1  # the penalty
    return curve


def _invert(curve: Floats) -> Floats:
    """Invert the second derivatives."""
    size = curve.shape[0] * curve.shape[1]
    square = curve.reshape(size, size)
    inverse = cho_solve(cho_factor(square, lower=True), np.eye(size))
    return inverse.reshape(curve.shape)  # type: ignore[no-any-return]


def _reach(X: Floats, inverse: Floats) -> Floats:
    """Give how far a push on the free numbers of each row moves them: the leverage of the row."""
    n_free = len(inverse)
    leverage = np.empty((len(X), n_free, n_free))
    for a in range(n_free):
        for b in range(a + 1):
            moved = X @ inverse[a, :, b, :]
            leverage[:, a, b] = leverage[:, b, a] = np.einsum("ij,ij->i", moved, X)
    return leverage


def _rebalance(
    fitted: Any, data: Data, fit: Fit, inverse: Floats
) -> tuple[Floats, Callable[[slice], Any]]:
    """Give the weight of each row's loss that is taken out, and how far weights that change move.

    Balanced weights give each class the same part in the loss. Without a row, the others of its
    class count for more, and all rows together for less.
    """
    if fitted.class_weight != "balanced":
        return fit.loss_weights, lambda _block: 0.0
    n_classes = len(data.classes)
    weights = data.weights if BALANCES_BY_WEIGHT else np.ones(len(data.codes))
    totals = np.bincount(data.codes, weights=weights, minlength=n_classes)
    with np.errstate(divide="ignore", invalid="ignore"):  # the only row of a class is not judged
        all_left = 1 - weights / totals.sum()
        more = all_left * weights / (totals[data.codes] - weights)
    pulls = np.zeros((n_classes, *inverse.shape[:2]))
    for code, rows in enumerate(rows_by_class(data.codes, n_classes)):
        pulls[code] = (fit.loss_weights[rows, None] * fit.errors[rows]).T @ fit.X[rows]
    moves = np.einsum("adbe,kbe->kad", inverse, pulls)
    of_all = moves.sum(axis=0)

    def drift(block: slice) -> Floats:
        X, codes = fit.X[block], data.codes[block]
        of_class = np.empty((len(X), len(of_all)))
        for code in range(n_classes):
            at = codes == code
            of_class[at] = X[at] @ moves[code].T
        return (  # type: ignore[no-any-return]
            more[block, None] * of_class - (weights[block] / totals.sum())[:, None] * (X @ of_all.T)
        )

    return (all_left + more) * fit.loss_weights, drift
