"""Confidence bounds for the number of errors in a finite, stratified population.

A simple random sample of each stratum was reviewed, without replacement. The errors in a stratum
are then like marked balls in an urn, and the number of errors found in its sample has a
hypergeometric distribution.

- If one stratum is reviewed in part, the bounds are exact: those of Clopper and Pearson [1]_ for
  the hypergeometric distribution [2]_.
- The upper bound for several strata is the largest total that a score test doesn't reject [3]_,
  corrected for skewness [4]_ and for continuity. For each total, the error rates of the strata are
  their maximum likelihood estimates under that total. If no error was found, this places the errors
  that may be left where the sample is thinnest: the bound is then a rule of three for the stratum
  of which the smallest share was reviewed.
- The lower bound for several strata describes what is known about the rate of a stratum with x
  errors in n rows by a Beta(x, n - x) distribution, and in one stratum by the Beta(x, n - x + 1) of
  Clopper and Pearson. This one step is the smallest by which the sample could have differed, and it
  is taken in the stratum where it lowers the bound most. The bound is a quantile of the beta
  distribution that has the mean and the variance of the total. Fay and Feuer [5]_ bound weighted
  sums of Poisson counts in this way.

The bounds for several strata are approximate, and are rounded outwards to whole rows.

`benchmarks/intervals.py` simulates how often the bounds hold.

References
----------
.. [1] C. J. Clopper, E. S. Pearson (1934). The use of confidence or fiducial limits illustrated in
   the case of the binomial. Biometrika 26.
.. [2] T. Wright (1991). Exact Confidence Bounds when Sampling from Small Finite Universes.
   Springer.
.. [3] E. B. Wilson (1927). Probable inference, the law of succession, and statistical inference.
   Journal of the American Statistical Association 22; with several strata, J. P. Wendell,
   J. Schmee (1996). Exact inference for proportions from a stratified finite population. Journal of
   the American Statistical Association 91.
.. [4] J. J. Gart, J. Nam (1988). Approximate interval estimation of the ratio of binomial
   parameters: a review and corrections for skewness. Biometrics 44.
.. [5] M. P. Fay, E. J. Feuer (1997). Confidence intervals for directly standardized rates: a method
   based on the gamma distribution. Statistics in Medicine 16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# The logarithm of the multiplier that pushes a total up, and halvings that leave no error in it.
PUSH = (-40.0, 90.0)
N_HALVINGS = 64
TINY = np.finfo(float).tiny


def bounds(
    size: Array, n: Array, found: Array, confidence: float, most: Array | None = None
) -> tuple[Array, Array]:
    """Bound the number of errors from both sides.

    Parameters
    ----------
    size : ndarray of shape (..., n_strata)
        The number of rows of each stratum.
    n : ndarray of shape (..., n_strata)
        How many of them were reviewed. If none was, any number of errors is possible.
    found : ndarray of shape (..., n_strata)
        How many of those are wrong.
    confidence : float in (0, 1)
        The confidence of the interval; each side is exceeded with a probability of at most half of
        ``1 - confidence``.
    most : ndarray of shape (..., n_strata), default=None
        How many of those may be wrong. This is more than `found` if nothing was decided about some
        reviewed rows: they count as right for the lower bound and as wrong for the upper bound.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        Whole numbers.

    Examples
    --------
    >>> low, high = bounds(np.array([1000]), np.array([100]), np.array([0]), 0.95)
    >>> print(low, high)
    0.0 34.0
    >>> low, high = bounds(np.array([100, 900]), np.array([50, 50]), np.array([25, 0]), 0.95)
    >>> print(low, high)
    40.0 114.0
    """
    level = (1 + confidence) / 2
    high = upper_bound(size, n, found if most is None else most, level)
    return lower_bound(size, n, found, level), high


def upper_bound(size: Array, n: Array, found: Array, level: float) -> Array:
    """Bound the number of errors from above; parameters as for `bounds`, one-sided `level`."""
    bound = _bound(size, n, found, level, exact=_exact_upper, several=_score_upper)
    unseen = np.where(n == 0, size, 0).sum(axis=-1)
    # Rounded outwards: a part of a row is a whole row.
    bounded: Array = np.minimum(np.ceil(bound + unseen - 1e-6), (size - n + found).sum(axis=-1))
    return bounded


def lower_bound(size: Array, n: Array, found: Array, level: float) -> Array:
    """Bound the number of errors from below; parameters as for `bounds`, one-sided `level`."""
    bound = _bound(size, n, found, level, exact=_exact_lower, several=_beta_lower)
    bounded: Array = np.maximum(np.floor(bound + 1e-6), found.sum(axis=-1))
    return bounded


def _bound(size: Array, n: Array, found: Array, level: float, *, exact: Any, several: Any) -> Array:
    """Bound the errors of strata that were reviewed in part; the others need no bound."""
    size, n, found = (each.astype(float) for each in np.broadcast_arrays(size, n, found))
    shape = size.shape[:-1]
    size, n, found = (each.reshape(-1, size.shape[-1]) for each in (size, n, found))
    is_open = (n > 0) & (n < size)
    total: Array = np.where(is_open, 0, found).sum(axis=1)
    n_open = is_open.sum(axis=1)
    one = n_open == 1
    if one.any():
        only = (np.flatnonzero(one), is_open[one].argmax(axis=1))
        # Numbers are only fractions if they are expected of future reviews.
        total[one] += exact(size[only], np.rint(n[only]), np.rint(found[only]), level)
    more = n_open > 1
    if more.any():
        # A stratum of no rows, seen or not, adds nothing to what follows.
        part = (np.where(is_open[more], each[more], 0) for each in (size, n, found))
        total[more] += several(*part, level)
    return total.reshape(shape)


def _exact_upper(size: Array, n: Array, found: Array, level: float) -> Array:
    """Find the largest number of errors of which as few are found with more than 1 - level."""
    from scipy import stats

    low, high = found, size - n + found
    for _ in range(_n_steps(low, high)):
        middle = np.ceil((low + high) / 2)
        possible = stats.hypergeom.cdf(found, size, middle, n) > 1 - level
        low, high = np.where(possible, middle, low), np.where(possible, high, middle - 1)
    return low


def _exact_lower(size: Array, n: Array, found: Array, level: float) -> Array:
    """Find the smallest number of errors of which as many are found with more than 1 - level."""
    from scipy import stats

    low, high = found, size - n + found
    for _ in range(_n_steps(low, high)):
        middle = np.floor((low + high) / 2)
        possible = stats.hypergeom.sf(found - 1, size, middle, n) > 1 - level
        low, high = np.where(possible, low, middle + 1), np.where(possible, middle, high)
    return high


def _n_steps(low: Array, high: Array) -> int:
    return int(np.ceil(np.log2((high - low).max() + 1)))


def _score_upper(size: Array, n: Array, found: Array, level: float) -> Array:
    """Find the largest total that a score test does not reject."""
    from scipy import stats

    z = stats.norm.ppf(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A sample of this size from an infinite population has the same variance.
        worth = np.where(n > 0, n * (size - 1) / (size - n), 0)
        rate = np.where(n > 0, found / n, 0)
        # How many rows of the stratum one of those stands for.
        weight = np.where(n > 0, size / worth, 0)
    estimate = (size * rate).sum(axis=1)

    def pushed(push: Array) -> tuple[Array, Array]:
        """Give the total that a multiplier leads to, and by how much the test rejects it."""
        rates = _pushed_rates(worth, worth * rate, size * np.exp(push)[:, np.newaxis])
        total = (size * rates).sum(axis=1)
        parts = size * weight * rates * (1 - rates)
        variance = parts.sum(axis=1)
        # Cornish and Fisher's: half a step of the estimate up, (z² - 1) / 6 of the skewness down.
        step = 1 / 2 - (1 - 2 * rates) * (z**2 - 1) / 6
        correction = (parts * weight * step).sum(axis=1) / np.maximum(variance, TINY)
        return total, total - estimate - z * np.sqrt(variance) - correction

    low, high = (np.full(len(size), end) for end in PUSH)
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        accepted = pushed(middle)[1] <= 0
        low, high = np.where(accepted, middle, low), np.where(accepted, high, middle)
    return pushed(high)[0]


def _pushed_rates(n: Array, found: Array, push: Array) -> Array:
    """Give the rates p that maximise found · log p + (n - found) · log(1 - p) + push · p."""
    half = (n - push) / 2
    root = np.sqrt(half**2 + push * found)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Two ways to write one root of a quadratic: each is exact where the other cancels.
        rates = np.where(half > 0, found / (half + root), (root - half) / push)
    # A stratum that is left out has neither rows nor push.
    pushed: Array = np.where(n + push > 0, np.clip(rates, 0, 1), 0)
    return pushed


def _beta_lower(size: Array, n: Array, found: Array, level: float) -> Array:
    """Take a quantile of a beta distribution with the mean and the variance of the total."""
    from scipy import stats

    left = size - n
    # One row more that is right, where it lowers the total most.
    step = left * found / np.maximum(n * (n + 1), 1)
    more = np.arange(size.shape[1]) == step.argmax(axis=1)[:, np.newaxis]
    # Where all were wrong, Beta(x, 0) would be certain that all others are.
    more |= found == n
    known = n + more
    rate = found / np.maximum(known, 1)
    mean = (left * rate).sum(axis=1)
    # Of the rows that are left, the wrong ones are beta-binomial.
    variance = (left * rate * (1 - rate) * (known + left) / (known + 1)).sum(axis=1)
    rows = left.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = mean * (rows - mean) / variance - 1
        quantile = stats.beta.ppf(1 - level, mean / rows * weight, (1 - mean / rows) * weight)
    lowest: Array = found.sum(axis=1) + rows * np.where(mean > 0, quantile, 0)
    return lowest
