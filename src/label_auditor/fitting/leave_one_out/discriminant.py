"""Linear and quadratic discriminant analysis, exactly: a row is taken out of the covariances.

Without a row, the scatter of its class lacks one product of a vector with itself, the row's
distance from the mean of its class. In a basis where the covariance of all rows is diagonal, the
distances by the inverse of the difference are a few sums (the Sherman-Morrison formula).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.utils import check_array

from label_auditor.fitting.leave_one_out.arithmetic import (
    LEAST_LEFT,
    Data,
    blocks,
    log,
    normalise,
    refit_without,
    rows_by_class,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Eigenvalues below this share of the largest one are rounding.
NEGLIGIBLE = 1e-14
# What quadratic discriminant analysis says of a class without full rank; since scikit-learn 1.8 as
# an error. Before, it divides by what rounding has left of the missing directions.
SINGULAR = "The covariance matrix of class .* is not full rank"


class Scatter(NamedTuple):
    """The rows of a class, and how far they are from its mean.

    Attributes
    ----------
    rows : ndarray of int
        The rows.
    mean : ndarray of shape (n_features,)
        Their mean.
    centred : ndarray of shape (n_rows, n_features)
        The rows less the mean.
    """

    rows: NDArray[np.intp]
    mean: Floats
    centred: Floats

    @property
    def matrix(self) -> Floats:
        """The sum of the products of `centred` rows with themselves.

        It is computed anew each time: those of many classes at once would fill the memory.
        """
        return self.centred.T @ self.centred


def refuse_linear(estimator: Any, X: Any) -> str | None:  # noqa: ARG001 - as for all
    """Say which LinearDiscriminantAnalysis or QuadraticDiscriminantAnalysis has none."""
    if getattr(estimator, "shrinkage", None) == "auto":
        return "shrinkage='auto' is chosen anew for each set of rows; give it as a number"
    if getattr(estimator, "covariance_estimator", None) is not None:
        return "covariance_estimator is fitted anew for each set of rows; use shrinkage"
    return None


refuse_quadratic = refuse_linear


def leave_out_linear(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a LinearDiscriminantAnalysis.

    The covariance that the classes share is a sum over classes, weighed by their priors; without a
    row, all of the sum is divided anew, and in the part of its class the row is missing.

    The solver "svd" drops directions in which the means of the classes differ by less than `tol`
    of the largest difference. Here they are kept; the probabilities differ little.
    """
    X = check_array(data.X, dtype=np.float64)
    n_rows, n_classes = len(X), len(data.classes)
    scatters = _scatter_classes(X, data)
    sizes = np.array([len(scatter.rows) for scatter in scatters])
    means = np.array([scatter.mean for scatter in scatters])
    scores = np.full((n_rows, n_classes), np.nan)
    if n_rows - 1 <= n_classes:  # then no row is left for the covariance
        return _refit_hard(fitted, data, scores, np.ones(n_rows, dtype=bool))
    hard = np.zeros(n_rows, dtype=bool)
    within, before = np.zeros((X.shape[1], X.shape[1])), np.zeros(n_classes)
    shrinkage = fitted.shrinkage or 0.0
    n_lost = _lost_by_linear(fitted, scatters, n_rows) if fitted.solver == "svd" else 0
    for code, scatter in enumerate(scatters):
        if sizes[code] == 1:
            continue
        left = sizes - (np.arange(n_classes) == code)
        priors = left / left.sum() if fitted.priors is None else np.asarray(fitted.priors_)
        shares = _share_scatter(fitted, left, priors, n_lost)
        changed = np.flatnonzero(shares != before)
        if len(changed):  # without priors only once, as the shares are the same for all classes
            for each in changed:
                within += (shares[each] - before[each]) * scatters[each].matrix
            basis, spread = _find_basis(fitted, within, scatters, shares, shrinkage)
            before = shares
        towards = (scatter.mean - means) @ basis
        # The share of the row in the sum, by its distance from the mean of all rows of its class.
        enlarged = sizes[code] / left[code]
        share = (1 - shrinkage) * shares[code] * enlarged
        for block in blocks(len(scatter.rows), X.shape[1]):
            at = scatter.rows[block]
            own = scatter.centred[block]
            diagonal = (1 - shrinkage) * spread[None]
            if shrinkage:
                lost = shares[code] * enlarged * np.einsum("ij,ij->i", own, own)
                ridge = shrinkage * (np.trace(within) - lost) / X.shape[1]
                diagonal = diagonal + ridge[:, None]
            with np.errstate(divide="ignore"):  # no spread is left: then the row is hard
                inverse = 1 / diagonal
            distances, taken = _distances_without(own @ basis, towards, inverse, share)
            distances[:, code] = enlarged**2 * distances[:, code]
            scores[at] = log(priors) - 0.5 * distances
            hard[at] |= ~(taken < 1 - LEAST_LEFT)
    return _refit_hard(fitted, data, normalise(scores), hard)


def _distances_without(
    own: Floats, towards: Floats, inverse: Floats, share: float
) -> tuple[Floats, Floats]:
    """Give the squared distances of rows from the means of classes, by a covariance without them.

    Parameters
    ----------
    own : ndarray of shape (n_rows, n_features)
        The distance of each row from the mean of its class.
    towards : ndarray of shape (n_classes, n_features)
        From the mean of each class to that of theirs.
    inverse : ndarray of shape (n_rows, n_features) or (1, n_features)
        The inverse of the covariance before anything is taken out, which is diagonal.
    share : float
        How often the product of `own` with itself is taken out.

    Returns
    -------
    distances : ndarray of shape (n_rows, n_classes)
        Squared distances.
    taken : ndarray of shape (n_rows,)
        The share that is taken out, in the direction of `own`; with 1 the inverse does not exist.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = own * inverse
        length = np.einsum("ij,ij->i", own, scaled)[:, None]
        along = scaled @ towards.T
        across = inverse @ (towards * towards).T
        taken = share * length
        extra = share * (length + along) ** 2 / (1 - taken)
    return length + 2 * along + across + extra, taken[:, 0]


def _share_scatter(fitted: Any, left: NDArray[np.intp], priors: Floats, n_lost: int) -> Floats:
    """Give the weight of each class's scatter in the covariance, once a row is left out."""
    if fitted.solver != "svd":
        return priors / left if fitted.priors is not None else np.full(len(left), 1 / left.sum())
    return np.full(len(left), 1 / (left.sum() - n_lost))


def _lost_by_linear(fitted: Any, scatters: list[Scatter], n_rows: int) -> int:
    """Give what is taken off the number of rows for degrees of freedom; versions differ.

    In the basis of a fitted model, the covariance is the identity.
    """
    basis = np.asarray(fitted.scalings_, dtype=np.float64)
    if not basis.size:
        return 0  # all means are the same, and no distance matters
    divisor = sum(((each.centred @ basis) ** 2).sum() for each in scatters) / basis.shape[1]
    return len(scatters) if divisor < n_rows - len(scatters) / 2 else 0


def _find_basis(
    fitted: Any, within: Floats, scatters: list[Scatter], shares: Floats, shrinkage: float
) -> tuple[Floats, Floats]:
    """Give a basis where the covariance is diagonal, and the diagonal.

    Directions without any spread are left out, as the solver leaves them out. Without shrinkage
    the basis is one where the covariance is the identity, and it is made so twice: the second time
    removes the rounding of the first, which is large where features are nearly collinear.
    """
    if shrinkage:
        spread, basis = np.linalg.eigh(within)
        return basis, np.maximum(spread, 0)
    scale = np.ones(len(within))
    if fitted.solver == "svd":
        deviation = np.sqrt(np.diag(within))
        scale = np.where(deviation > 0, deviation, 1)
    spread, basis = np.linalg.eigh(within / np.outer(scale, scale))
    least = fitted.tol**2 if fitted.solver == "svd" else NEGLIGIBLE * max(spread[-1], 0)
    kept = spread > least
    basis = basis[:, kept] / np.sqrt(spread[kept]) / scale[:, None]
    again = sum(
        share * _multiply(each.centred, basis) for share, each in zip(shares, scatters, strict=True)
    )
    basis = basis @ np.linalg.inv(np.linalg.cholesky(again)).T
    return basis, np.ones(basis.shape[1])


def _scatter_classes(X: Floats, data: Data) -> list[Scatter]:
    """Give the scatter of each class."""
    scatters = []
    for rows in rows_by_class(data.codes, len(data.classes)):
        centred = X[rows]
        mean = centred.mean(axis=0)
        centred -= mean
        correction = centred.mean(axis=0)
        centred -= correction
        scatters.append(Scatter(rows, mean + correction, centred))
    return scatters


def _multiply(centred: Floats, basis: Floats) -> Floats:
    """Give the scatter of rows in a basis."""
    scatter = np.zeros((basis.shape[1], basis.shape[1]))
    for block in blocks(len(centred), basis.shape[0]):
        there = centred[block] @ basis
        scatter += there.T @ there
    return scatter


def _refit_hard(
    fitted: Any,
    data: Data,
    pred_probs: Floats,
    hard: NDArray[np.bool_],
    fatal_warning: str | None = None,
) -> Floats:
    """Fit anew without each of the few rows that hold nearly all of the spread in a direction."""
    for row in np.flatnonzero(hard):
        pred_probs[row] = refit_without(fitted, data, row, fatal_warning=fatal_warning)
    return pred_probs


def leave_out_quadratic(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a QuadraticDiscriminantAnalysis.

    A row shapes the covariance of its own class alone.
    """
    X = check_array(data.X, dtype=np.float64)
    n_rows, n_features = X.shape
    scatters = _scatter_classes(X, data)
    sizes = np.bincount(data.codes, minlength=len(data.classes))
    scores = np.empty((n_rows, len(data.classes)))
    hard = np.zeros(n_rows, dtype=bool)
    for code, scatter in enumerate(scatters):
        basis = fitted.rotations_[code] / np.sqrt(fitted.scalings_[code])
        constant = np.log(fitted.scalings_[code]).sum()
        for block in blocks(n_rows, n_features):
            distances = (((X[block] - scatter.mean) @ basis) ** 2).sum(axis=1)
            scores[block, code] = -0.5 * (distances + constant)
        own, hard[scatter.rows] = _own_quadratic(fitted, scatter, code)
        scores[scatter.rows, code] = own
    if fitted.priors is None:
        left = np.tile(sizes, (n_rows, 1))
        left[np.arange(n_rows), data.codes] -= 1
        scores += log(left)
    else:
        scores += log(np.asarray(fitted.priors_))
    return _refit_hard(fitted, data, normalise(scores), hard, SINGULAR)


def _own_quadratic(fitted: Any, scatter: Scatter, code: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Give the log density of the rows of a class by the others of the class, but for constants.

    NaN where the covariance of the others is not of full rank, by the classifier's own measure.
    Also say for which rows this loses too many digits.
    """
    n_rows, n_features = scatter.centred.shape
    density, hard = np.full(n_rows, np.nan), np.zeros(n_rows, dtype=bool)
    solver = getattr(fitted, "solver", "svd")
    if n_rows <= 2 or (solver == "svd" and n_rows <= n_features):
        return density, hard
    spread, basis = np.linalg.eigh(scatter.matrix)
    spread = np.maximum(spread, 0)
    shrinkage = (fitted.shrinkage or 0.0) if solver == "eigen" else fitted.reg_param
    divisor = n_rows - 1 - _lost_by_quadratic(fitted, scatter, code)
    enlarged = n_rows / (n_rows - 1)
    share = (1 - shrinkage) / divisor * enlarged
    for block in blocks(n_rows, n_features):
        own = scatter.centred[block]
        ridge = np.full(len(own), float(shrinkage))
        if solver == "eigen":
            left = spread.sum() - enlarged * (own * own).sum(axis=1)
            ridge *= left / (divisor * n_features)
        own = own @ basis
        diagonal = (1 - shrinkage) / divisor * spread + ridge[:, None]
        # The least eigenvalue is above a bound if the matrix less the bound is positive definite.
        above = diagonal - fitted.tol
        with np.errstate(divide="ignore", invalid="ignore"):
            taken = share * (own * own / above).sum(axis=1)
            full_rank = (above > 0).all(axis=1) & (taken < 1)
            length = (own * own / diagonal).sum(axis=1)
            kept = 1 - share * length
            distances = enlarged**2 * length / kept
            values = -0.5 * (distances + log(diagonal).sum(axis=1) + log(kept))
        density[block] = np.where(full_rank, values, np.nan)
        # Rank, too, is not decided by rounding.
        hard[block] = (above > 0).all(axis=1) & (
            (kept < LEAST_LEFT) | (np.abs(1 - taken) < LEAST_LEFT)
        )
    return density, hard


def _lost_by_quadratic(fitted: Any, scatter: Scatter, code: int) -> int:
    """Give what is taken off the number of rows for degrees of freedom; versions differ."""
    regularised = fitted.reg_param if getattr(fitted, "solver", "svd") == "svd" else 1.0
    if regularised == 1:
        return 0
    scalings = fitted.scalings_[code]
    covariance = (scalings.sum() - regularised * len(scalings)) / (1 - regularised)
    with np.errstate(divide="ignore", invalid="ignore"):
        divisor = np.trace(scatter.matrix) / covariance
    return 1 if divisor < len(scatter.rows) - 0.5 else 0
