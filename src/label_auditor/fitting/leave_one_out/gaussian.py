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
    from collections.abc import Sequence

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


class Moments(NamedTuple):
    """Weights, means and variances: of some rows, or along the first axis of several sets of rows.

    Attributes
    ----------
    sizes : ndarray of shape (...)
        The sum of the weights of the rows; 0 if there is none.
    means : ndarray of shape (..., n_features)
        The means.
    variances : ndarray of shape (..., n_features)
        The variances, without what is added to them.
    """

    sizes: Floats
    means: Floats
    variances: Floats

    def of(self, at: Any) -> Moments:
        """Give the moments of one of the sets of rows, or of some."""
        return Moments(self.sizes[at], self.means[at], self.variances[at])

    def in_columns(self, columns: Codes) -> Moments:
        """Give the moments of some features."""
        return Moments(self.sizes, self.means[..., columns], self.variances[..., columns])


class Known(NamedTuple):
    """What is known of all rows, if those at hand are only some of them.

    The last set of rows is all of them, where weights don't count; each of the others is a class.

    Attributes
    ----------
    of_all : Moments, of shape (n_classes + 1,)
        The moments of all rows.
    elsewhere : Moments, of shape (n_classes + 1,), or None
        Those of the rows that are not at hand, if there are any.
    """

    of_all: Moments
    elsewhere: Moments | None

    def among(self, X: Floats, weights: Floats, at: int) -> Sample:
        """Give one of the sets of rows, with those of its rows that are at hand."""
        elsewhere = None if self.elsewhere is None else self.elsewhere.of(at)
        return Sample(X, weights, self.of_all.of(at), elsewhere)


class Sample(NamedTuple):
    """Rows at hand, and the moments of the set that they belong to.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
        The rows.
    weights : ndarray of shape (n_rows,)
        Their weights.
    of_all : Moments
        The moments of the whole set.
    elsewhere : Moments or None
        Those of its other rows, if there are any.
    """

    X: Floats
    weights: Floats
    of_all: Moments
    elsewhere: Moments | None

    def in_columns(self, columns: Codes) -> Sample:
        """Give some features."""
        elsewhere = None if self.elsewhere is None else self.elsewhere.in_columns(columns)
        return Sample(self.X[:, columns], self.weights, self.of_all.in_columns(columns), elsewhere)

    def find_moments(self, weights: Floats) -> Moments:
        """Compute the moments anew, with other weights of the rows at hand."""
        here = _moments(self.X, weights)
        return (
            here if self.elsewhere is None else join_moments(stack_moments([here, self.elsewhere]))
        )


def join_moments(parts: Moments) -> Moments:
    """Join sets of rows, which are along the first axis.

    No digits are lost by the size of the means: only their distances from one of them count.
    """
    sizes = parts.sizes.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(parts.sizes != 0, parts.sizes / sizes, 0)[..., None]
    largest = parts.sizes.argmax(axis=0)[None, ..., None]
    origin = np.take_along_axis(parts.means, largest, axis=0)[0]
    offsets = np.where(shares != 0, parts.means - origin, 0)
    mean = (shares * offsets).sum(axis=0)
    variances = (shares * (parts.variances + (offsets - mean) ** 2)).sum(axis=0)
    return Moments(sizes, origin + mean, variances)


def find_moments(X: Floats, data: Data, fitted: Any = None) -> Moments:
    """Give the moments of all classes, and last of all rows, where weights don't count.

    Those of a fit are taken, unless there is none, or what it adds to variances has cost digits.
    """
    n_classes = len(data.classes)
    if fitted is not None and fitted.var_.min() >= 2 * fitted.epsilon_:
        sizes = np.bincount(data.codes, data.weights, n_classes).astype(np.float64)
        classes = Moments(sizes, fitted.theta_, fitted.var_ - fitted.epsilon_)
    else:
        rows = rows_by_class(data.codes, n_classes)
        classes = stack_moments([_moments(X[at], data.weights[at]) for at in rows])
    is_weighted = (data.weights != 1).any()
    everything = _moments(X, np.ones(len(X))) if is_weighted else join_moments(classes)
    return Moments(*map(np.concatenate, zip(classes, stack_moments([everything]), strict=True)))


def stack_moments(sets: Sequence[Moments]) -> Moments:
    """Put sets of rows along a first axis."""
    return Moments(*map(np.array, zip(*sets, strict=True)))


def leave_out_gaussian(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a GaussianNB.

    A row shapes the mean and the variance of its own class. It also shapes `epsilon_`, a share of
    the largest variance of all features, which is added to the variances of all classes.
    """
    X = check_array(data.X)
    has_digits = X.dtype.kind != "f" or X.dtype.itemsize >= 8
    X = X.astype(np.float64, copy=False)
    codes, weights, rows = data.codes, data.weights, np.arange(len(X))
    known = data.known or Known(find_moments(X, data, fitted if has_digits else None), None)
    classes = known.of_all.of(slice(-1))
    added = fitted.var_smoothing * _largest_variance_without(X, known)
    scores = _log_densities(X, classes, added)
    scores[rows, codes] = _log_densities_without(X, data, known, classes, added)
    if fitted.priors is not None:
        return normalise(scores + log(np.asarray(fitted.priors, dtype=np.float64)))
    own = scores[rows, codes] + log(np.maximum(classes.sizes[codes] - weights, 0))
    scores += log(classes.sizes)
    scores[rows, codes] = own
    return normalise(scores)


def _log_normal(X: Floats, means: Floats, variances: Floats) -> Floats:
    """Give the log density of rows under normal distributions with independent features."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (X - means) ** 2 / variances
    return -0.5 * (log(2 * np.pi * variances) + terms).sum(axis=1)  # type: ignore[no-any-return]


def _log_densities(X: Floats, classes: Moments, added: Floats) -> Floats:
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
    X: Floats, data: Data, known: Known, classes: Moments, added: Floats
) -> Floats:
    """Give the log density of each row under the moments of all other rows of its class.

    Without a row, its distance from the mean is larger by the same factor as the variance would be
    if the row added nothing to it. Rows are hard if differences of variances lose many digits.
    """
    codes, weights = data.codes, data.weights
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
        at = np.flatnonzero(hard[rows])
        sample = known.among(X[rows], weights[rows], code)
        density[rows[at]] = _log_density_of_hard(sample, at, added[rows[at]])
    return density


def _log_density_of_hard(of_class: Sample, hard: Codes, added: Floats) -> Floats:
    """Do the same for some rows of a class, without loss of digits."""
    of_class = of_class._replace(of_all=of_class.find_moments(of_class.weights))
    density = np.empty(len(hard))
    for block in blocks(len(hard), of_class.X.shape[1]):
        at = hard[block]
        means, variances = _moments_without(of_class, at)
        density[block] = _log_normal(of_class.X[at], means, variances + added[block, None])
    return density


def _moments(X: Floats, weights: Floats) -> Moments:
    """Give the weight of rows, and the weighted mean and variance of each feature.

    The mean is computed twice, the second time from what the first one leaves, and so is free of
    the rounding of large numbers.
    """
    total = weights.sum()
    first, second = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    if total == 0:
        return Moments(total, first, second)
    mean = weights @ X / total
    for block in blocks(len(X), X.shape[1]):
        from_mean = X[block] - mean
        first += weights[block] @ from_mean
        from_mean *= from_mean
        second += weights[block] @ from_mean
    correction = first / total
    return Moments(total, mean + correction, np.maximum(second / total - correction**2, 0))


def _largest_variance_without(X: Floats, known: Known) -> Floats:
    """Give the largest variance of a feature over all rows but each one; weights don't count.

    Features that vary much less than the first one can't come to be the largest.
    """
    sample = known.among(X, np.ones(len(X)), -1)
    size, _, variance = sample.of_all
    columns = np.array([variance.argmax()])
    for _ in range(2):
        some = sample.in_columns(columns)
        largest = np.concatenate(
            [
                _moments_without(some, np.arange(block.start, block.stop))[1].max(axis=1)
                for block in blocks(len(X), len(columns))
            ]
        )
        within_reach = variance * size / (size - 1) >= largest.min()
        if within_reach.sum() <= len(columns):
            break
        columns = np.flatnonzero(within_reach)
    return largest


def _moments_without(sample: Sample, at: Codes) -> tuple[Floats, Floats]:
    """Give the means and variances of all rows but each one of some.

    Where a row is so far out that it makes nearly all of a variance, the difference would have few
    digits, or none: there the other rows are gone through again. There is no more than one such
    row for a feature, or two.
    """
    X, weights, (total, mean, variance), _ = sample
    weight = weights[at, None]
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
        anew = sample.in_columns(columns).find_moments(others)
        means[row, columns], variances[row, columns] = anew.means, anew.variances
    return means, variances
