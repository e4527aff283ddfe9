"""Values as logistic scores of their ranks, for columns of many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Scores are multiples of one through this, so that two bytes hold each of them in a review page.
NUMBER_SCALE = 2048
# Values are ranked by the bucket that they are in, of 2 to this power.
BUCKET_BITS = 20
# So many values, or buckets, are worked on at a time.
AT_A_TIME = 2**18


def rank(
    values: NDArray[np.float32], counted: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.integer], NDArray[np.float32]]:
    """Give the bucket of each value, and the logistic score of each bucket.

    A score is the logistic quantile of a rank, which equal values share. Values count as equal if
    they are in the same of some million buckets between the lowest and the highest, as wide as
    they are large: if they agree in about the first four digits. To count what is in the buckets
    takes a fifth of the time of a sort.

    Parameters
    ----------
    values : ndarray of shape (n,), float32
        The values; the buckets take their place in memory.
    counted : ndarray of bool, shape (n,), default=None
        The values that are ranked; None: all.

    Returns
    -------
    buckets : ndarray of int, shape (n,)
        Without meaning where a value isn't counted, and maybe beyond the last bucket there.
    scores : ndarray of float32, shape (n_buckets,)
        Without meaning where a bucket is empty. There is at least one.
    """
    buckets: NDArray[np.integer] = _to_ascending_bits(values)
    ranked = buckets if counted is None else buckets[counted]
    if len(ranked) == 0:
        return buckets, np.zeros(1, np.float32)
    lowest, width = ranked.min(), np.ptp(ranked)
    shift = np.uint32(max(0, int(width).bit_length() - BUCKET_BITS))
    buckets -= lowest
    buckets >>= shift
    n_buckets = int(width >> shift) + 1
    if len(buckets) < n_buckets / 8:  # Most buckets are empty: only the others are numbered.
        filled, buckets = np.unique(buckets, return_inverse=True)
        n_buckets = len(filled)
    ranked = buckets if counted is None else buckets[counted]
    return buckets, _score_buckets(_count(ranked, n_buckets))


def shorten(
    buckets: NDArray[np.integer], scores: NDArray[np.float32]
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Give other buckets and scores for what `rank` gave, which take two bytes of each value.

    There is a bucket for each score that there may be.
    """
    low = 2**15
    codes = (scores * NUMBER_SCALE + low).astype(np.uint16)
    possible = (np.arange(2 * low) - low) / np.float32(NUMBER_SCALE)
    return codes.take(buckets, mode="clip"), possible.astype(np.float32)


def logistic_quantiles(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the logistic quantiles at fractions, with a standard deviation of 1, rounded."""
    odds = 1 - u
    np.divide(u, odds, out=odds)
    np.log(odds, out=odds)
    odds *= np.sqrt(3) / np.pi * NUMBER_SCALE
    np.rint(odds, out=odds)
    odds /= NUMBER_SCALE
    return odds


def _to_ascending_bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Give the bits of each number, so that they ascend as unsigned integers."""
    values += np.float32(0)  # This makes -0 a 0, which is equal to it.
    bits = values.view(np.uint32)
    if np.fmin.reduce(values, initial=0) < 0:
        sign = np.uint32(2**31)
        bits = np.where(bits & sign, ~bits, bits | sign)
    return bits


def _count(buckets: NDArray[np.integer], n_buckets: int) -> NDArray[np.integer]:
    """Count the values in each bucket; they are made larger integers for it, some at a time."""
    counts = np.zeros(n_buckets, np.min_scalar_type(len(buckets)))
    # The counts of a part are as many as there are buckets.
    step = max(AT_A_TIME, n_buckets)
    for start in range(0, len(buckets), step):
        part = np.bincount(buckets[start : start + step], minlength=n_buckets)
        np.add(counts, part, out=counts, casting="unsafe")
    return counts


def _score_buckets(counts: NDArray[np.integer]) -> NDArray[np.float32]:
    """Give the logistic quantile of the middle of each bucket."""
    scores = np.zeros(len(counts), np.float32)
    n, below = int(counts.sum()), 0
    for start in range(0, len(counts), AT_A_TIME):
        part = counts[start : start + AT_A_TIME]
        filled = np.flatnonzero(part > 0)
        some = part[filled].astype(np.intp)
        middles = np.cumsum(some) + below - some / 2
        scores[start + filled] = logistic_quantiles(middles / n)
        below += int(some.sum())
    return scores
