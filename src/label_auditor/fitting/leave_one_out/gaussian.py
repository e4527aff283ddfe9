"""Gaussian naive Bayes, exactly: a row is taken out of the moments of its class."""

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
    rows_by_class,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.intp]
    Floats = NDArray[np.float64]

# So small a change of a variance, relative to it, that the square of it is below rounding.
SMALL_CHANGE = 1e-8
# A mean so far from the centre, as a squared distance by the variances, that too many digits would
# be lost if distances from it were computed from those to the centre.
FAR = 1e4

# Arrays of a block that stay in the cache together.
N_ARRAYS = 4


class Classes(NamedTuple):
    """The moments of all classes.

    Attributes
    ----------
    sizes : ndarray of shape (n_classes,)
        The sum of the weights of their rows.
    means : ndarray of shape (n_classes, n_features)
        The means.
    variances : ndarray of shape (n_classes, n_features)
        The variances, without what is added to them.
    """

    sizes: Floats
    means: Floats
    variances: Floats


def leave_out_gaussian(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a GaussianNB.

    A row shapes the mean and the variance of its own class. It also shapes `epsilon_`, a share of
    the largest variance of all features, which is added to the variances of all classes.
    """
    X = check_array(data.X)
    has_digits = X.dtype.kind != "f" or X.dtype.itemsize >= 8
    X = X.astype(np.float64, copy=False)
    codes, weights, rows = data.codes, data.weights, np.arange(len(X))
    classes = _find_moments(fitted if has_digits else None, X, data)
    added = fitted.var_smoothing * _largest_variance_without(X, data, classes)
    scores = _log_densities(X, classes, added)
    scores[rows, codes] = _log_densities_without(X, codes, weights, classes, added)
    if fitted.priors is not None:
        return normalise(scores + log(np.asarray(fitted.priors, dtype=np.float64)))
    own = scores[rows, codes] + log(np.maximum(classes.sizes[codes] - weights, 0))
    scores += log(classes.sizes)
    scores[rows, codes] = own
    return normalise(scores)


def _find_moments(fitted: Any, X: Floats, data: Data) -> Classes:
    """Give the moments of all classes: those of a fit, unless what it adds has cost digits.

    With None, they are computed anew.
    """
    n_classes = len(data.classes)
    sizes = np.bincount(data.codes, data.weights, n_classes).astype(np.float64)
    if fitted is not None and fitted.var_.min() >= 2 * fitted.epsilon_:
        return Classes(sizes, fitted.theta_, fitted.var_ - fitted.epsilon_)
    moments = [_moments(X[at], data.weights[at]) for at in rows_by_class(data.codes, n_classes)]
    means, anew = zip(*moments, strict=True)
    return Classes(sizes, np.array(means), np.array(anew))


def _log_normal(X: Floats, means: Floats, variances: Floats) -> Floats:
    """Give the log density of rows under normal distributions with independent features."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (X - means) ** 2 / variances
    return -0.5 * (log(2 * np.pi * variances) + terms).sum(axis=1)  # type: ignore[no-any-return]


def _log_densities(X: Floats, classes: Classes, added: Floats) -> Floats:
    """Give the log density of rows in all classes, `added` being added to the variances.

    Each row has a constant of its own there. Classes whose means are near each other are computed
    together, from the distances to a centre, and the others each from those to its own mean.
    """
    centre = classes.means.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        from_centre = (classes.means - centre) ** 2 / (classes.variances + np.median(added))
        is_near = from_centre.sum(axis=1) <= FAR
    together = [(np.flatnonzero(is_near), centre)] if is_near.any() else []
    alone = [(np.array([code]), classes.means[code]) for code in np.flatnonzero(~is_near)]
    densities = np.empty((len(classes.means), len(X)))
    for some, origin in [*together, *alone]:
        densities[some] = _log_densities_from(
            origin, X, classes.means[some], classes.variances[some], added
        )
    return densities.T


def _log_densities_from(
    origin: Floats, X: Floats, means: Floats, variances: Floats, added: Floats
) -> Floats:
    """Give the log density in classes whose means are near a point, one row for each class.

    The constants in `added` hardly differ from each other. Where the difference is small beside
    the variances, so that its square is lost in rounding, two terms of a series give the density.
    Both are sums over the features and their squares, and so come from products of matrices.
    """
    n_classes = len(means)
    densities = np.empty((n_classes, len(X)))
    usual = np.median(added)
    totals = variances + usual
    lowest = totals.min()
    near = np.abs(added - usual) <= SMALL_CHANGE * lowest
    if lowest > 0:
        change = (added - usual) / lowest
        of_squares = 0.5 * np.vstack([-1 / totals, lowest / totals**2])
        offsets = np.tile(means - origin, (2, 1))
        of_values = -2 * offsets * of_squares
        logs = np.vstack([np.log(2 * np.pi * totals), lowest / totals])
        constants = (offsets**2 * of_squares - 0.5 * logs).sum(axis=1)[:, None]
        for block in blocks(len(X), N_ARRAYS * X.shape[1]):
            values = X[block] - origin
            terms = of_values @ values.T + constants
            terms += of_squares @ np.multiply(values, values, out=values).T
            terms[n_classes:] *= change[block]
            np.add(terms[:n_classes], terms[n_classes:], out=densities[:, block])
    else:
        near[:] = False
    far = np.flatnonzero(~near)
    for block in blocks(len(far), X.shape[1]):
        at = far[block]
        for code, (mean, variance) in enumerate(zip(means, variances, strict=True)):
            densities[code, at] = _log_normal(X[at], mean, variance + added[at, None])
    return densities


def _log_densities_without(
    X: Floats, codes: Codes, weights: Floats, classes: Classes, added: Floats
) -> Floats:
    """Give the log density of each row under the moments of all other rows of its class.

    Without a row, its distance from the mean is larger by the same factor as the variance would be
    if the row added nothing to it. Rows are hard if differences of variances lose many digits.
    """
    density, ones = np.empty(len(X)), np.ones(X.shape[1])
    usual = np.median(added)
    totals = classes.variances + usual
    left = classes.sizes[codes] - weights
    with np.errstate(divide="ignore", invalid="ignore"):
        factor, share = classes.sizes[codes] / left, weights / left
        change = added / factor - usual
        hard = ~(change > -0.5 * totals.min(axis=1)[codes])
        for block in blocks(len(X), N_ARRAYS * X.shape[1]):
            of = codes[block]
            squares = X[block] - classes.means[of]
            squares *= squares
            variances = totals[of]
            variances += change[block, None]
            variances -= share[block, None] * squares
            squares /= variances
            if not (variances.min() > 0 and share[block].max() * squares.max() < 1 / LEAST_LEFT):
                is_safe = share[block] * squares.max(axis=1) < 1 / LEAST_LEFT
                hard[block] |= ~(is_safe & (variances.min(axis=1) > 0))
            distance = factor[block] * (squares @ ones)
            density[block] = distance + np.log(variances, out=variances) @ ones
        density += X.shape[1] * np.log(2 * np.pi * factor)
        density *= -0.5
    for code in np.unique(codes[hard]):
        rows = np.flatnonzero(codes == code)
        density[rows[hard[rows]]] = _log_density_of_hard(
            X[rows], weights[rows], np.flatnonzero(hard[rows]), added[rows]
        )
    return density


def _log_density_of_hard(X: Floats, weights: Floats, hard: Codes, added: Floats) -> Floats:
    """Do the same for some rows of a class, without loss of digits."""
    mean, variance = _moments(X, weights)
    density = np.empty(len(hard))
    for block in blocks(len(hard), X.shape[1]):
        at = hard[block]
        means, variances = _moments_without(X, weights, mean, variance, at)
        density[block] = _log_normal(X[at], means, variances + added[at, None])
    return density


def _moments(X: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Give the weighted mean and variance of each feature.

    The mean is computed twice, the second time from what the first one leaves, and so is free of
    the rounding of large numbers.
    """
    total = weights.sum()
    first, second = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = weights @ X / total
        for block in blocks(len(X), X.shape[1]):
            from_mean = X[block] - mean
            first += weights[block] @ from_mean
            from_mean *= from_mean
            second += weights[block] @ from_mean
        correction = first / total
        return mean + correction, np.maximum(second / total - correction**2, 0)


def _join_moments(classes: Classes) -> tuple[Floats, Floats]:
    """Give the mean and the variance of all rows from those of the classes."""
    shares = classes.sizes / classes.sizes.sum()
    mean = shares @ classes.means
    return mean, shares @ (classes.variances + (classes.means - mean) ** 2)


def _largest_variance_without(X: Floats, data: Data, classes: Classes) -> Floats:
    """Give the largest variance of a feature over all rows but each one; weights don't count.

    Features that vary much less than the first one can't come to be the largest.
    """
    ones = np.ones(len(X))
    mean, variance = _moments(X, ones) if (data.weights != 1).any() else _join_moments(classes)
    columns = np.array([variance.argmax()])
    for _ in range(2):
        moments = X[:, columns], ones, mean[columns], variance[columns]
        largest = np.concatenate(
            [
                _moments_without(*moments, np.arange(block.start, block.stop))[1].max(axis=1)
                for block in blocks(len(X), len(columns))
            ]
        )
        within_reach = variance * len(X) / (len(X) - 1) >= largest.min()
        if within_reach.sum() <= len(columns):
            break
        columns = np.flatnonzero(within_reach)
    return largest


def _moments_without(
    X: Floats, weights: Floats, mean: Floats, variance: Floats, at: Codes
) -> tuple[Floats, Floats]:
    """Give the means and variances of all rows but each one of some.

    Where a row is so far out that it makes nearly all of a variance, the difference would have few
    digits, or none: there the other rows are gone through again. There is no more than one such
    row for a feature, or two.
    """
    weight = weights[at, None]
    total = weights.sum()
    left = total - weight
    from_mean = X[at] - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        means = mean - weight / left * from_mean
        share = weight / left * from_mean**2 / variance
        variances = (1 - share) * variance * (total / left)
    few_digits = (share > 1 - LEAST_LEFT) | ~np.isfinite(share)
    few_digits &= variance > 0
    variances[:, variance == 0] = 0
    for row in np.flatnonzero(few_digits.any(axis=1)):
        columns = np.flatnonzero(few_digits[row])
        others = weights.copy()
        others[at[row]] = 0
        means[row, columns], variances[row, columns] = _moments(X[:, columns], others)
    return means, variances
