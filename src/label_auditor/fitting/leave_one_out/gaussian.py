"""Gaussian naive Bayes, exactly: a row is taken out of the moments of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

    Floats = NDArray[np.float64]

# So small a change of a variance, relative to it, that the square of it is below rounding.
SMALL_CHANGE = 1e-8


def leave_out_gaussian(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a GaussianNB.

    A row shapes the mean and the variance of its own class. It also shapes `epsilon_`, a share of
    the largest variance of all features, which is added to the variances of all classes.
    """
    X = check_array(data.X, dtype=np.float64)
    codes, weights, n_classes = data.codes, data.weights, len(data.classes)
    added = fitted.var_smoothing * _largest_variance_without(X)
    sizes = np.bincount(codes, weights=weights, minlength=n_classes)
    scores = np.empty((len(X), n_classes))
    for code, rows in enumerate(rows_by_class(codes, n_classes)):
        of_class = X[rows]
        mean, variance = _moments(of_class, weights[rows])
        scores[:, code] = _log_density(X, mean, variance, added)
        for block in blocks(len(rows), X.shape[1]):
            scores[rows[block], code] = _log_density_without(
                of_class, weights[rows], mean, variance, added[rows], block
            )
    if fitted.priors is not None:
        return normalise(scores + log(np.asarray(fitted.priors, dtype=np.float64)))
    shares: Floats = np.tile(sizes, (len(X), 1)).astype(np.float64)
    shares[np.arange(len(X)), codes] -= weights
    return normalise(scores + log(np.maximum(shares, 0)))


def _log_normal(X: Floats, means: Floats, variances: Floats) -> Floats:
    """Give the log density of rows under normal distributions with independent features."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (X - means) ** 2 / variances
    return -0.5 * (log(2 * np.pi * variances) + terms).sum(axis=1)  # type: ignore[no-any-return]


def _log_density(X: Floats, mean: Floats, variance: Floats, added: Floats) -> Floats:
    """Give the log density of rows, each with a constant of its own added to the variances.

    These constants hardly differ from each other. Where the difference is small beside the
    variances, so that its square is lost in rounding, two terms of a series give the density in
    the time that one would take without it.
    """
    density = np.empty(len(X))
    usual = np.median(added)
    change = added - usual
    total = variance + usual
    lowest = total.min()
    near = np.abs(change) <= SMALL_CHANGE * lowest
    if lowest > 0:
        inverse = 1 / total
        factors = np.column_stack([inverse, inverse * (lowest * inverse)])
        constant, slope = np.log(2 * np.pi * total).sum(), (lowest * inverse).sum()
        change /= lowest
        for block in blocks(len(X), X.shape[1]):
            from_mean = X[block] - mean
            from_mean *= from_mean
            distance, its_slope = (from_mean @ factors).T
            density[block] = -0.5 * (constant + distance + change[block] * (slope - its_slope))
    else:
        near[:] = False
    far = np.flatnonzero(~near)
    for block in blocks(len(far), X.shape[1]):
        at = far[block]
        density[at] = _log_normal(X[at], mean, variance + added[at, None])
    return density


def _log_density_without(
    X: Floats, weights: Floats, mean: Floats, variance: Floats, added: Floats, block: slice
) -> Floats:
    """Give the log density of rows under the moments of all other rows of their class.

    Without a row, its distance from the mean is larger by the same factor as the variance would be
    if the row added nothing to it.
    """
    weight, total = weights[block, None], weights.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        factor, share = total / (total - weight), weight / (total - weight)
        squares = X[block] - mean
        squares *= squares
        variances = squares * -share
        variances += variance
        few_digits = variances <= LEAST_LEFT * variance
        if few_digits.any() or not np.isfinite(factor).all():
            means, variances = _moments_without(X, weights, mean, variance, block)
            return _log_normal(X[block], means, variances + added[block, None])
        variances += added[block, None] / factor
        squares /= variances
        distance = factor[:, 0] * squares.sum(axis=1)
        logs = np.log(variances, out=variances).sum(axis=1)
    logs += X.shape[1] * np.log(2 * np.pi * factor[:, 0])
    return -0.5 * (logs + distance)  # type: ignore[no-any-return]


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


def _largest_variance_without(X: Floats) -> Floats:
    """Give the largest variance of a feature over all rows but each one.

    Features that vary much less than the first one can't come to be the largest.
    """
    ones = np.ones(len(X))
    mean, variance = _moments(X, ones)
    columns = np.array([variance.argmax()])
    for _ in range(2):
        moments = X[:, columns], ones, mean[columns], variance[columns]
        largest = np.concatenate(
            [
                _moments_without(*moments, block)[1].max(axis=1)
                for block in blocks(len(X), len(columns))
            ]
        )
        within_reach = variance * len(X) / (len(X) - 1) >= largest.min()
        if within_reach.sum() <= len(columns):
            break
        columns = np.flatnonzero(within_reach)
    return largest


def _moments_without(
    X: Floats, weights: Floats, mean: Floats, variance: Floats, block: slice
) -> tuple[Floats, Floats]:
    """Give the means and variances of all rows but each one of a block.

    Where a row is so far out that it makes nearly all of a variance, the difference would have few
    digits, or none: there the other rows are gone through again. There is no more than one such
    row for a feature, or two.
    """
    weight = weights[block, None]
    total = weights.sum()
    left = total - weight
    from_mean = X[block] - mean
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
        others[block.start + row] = 0
        means[row, columns], variances[row, columns] = _moments(X[:, columns], others)
    return means, variances
