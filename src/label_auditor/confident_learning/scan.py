"""The steps of confident learning that read probabilities, over blocks of rows.

The steps of Northcutt et al. [1]_, in order:

1. `scan_rows` reads a block of probabilities once and keeps three numbers per row.
2. `class_thresholds` averages the self-confidence of each class (equation 2).
3. `confident_classes` finds the class each row confidently belongs to (equation 1); counting it
   against the given label makes the confident joint, see `label_auditor.confident_learning.joint`.
4. The rules, see `label_auditor.confident_learning.rules`, pick rows from the joint.

Every function takes plain arrays and gives plain arrays, so that row blocks can be worked on in any
order, by any thread or machine.

References
----------
.. [1] C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset
   Labels", Journal of Artificial Intelligence Research 70 (2021) 1373-1411.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Array = npt.NDArray[Any]

# Probabilities closer than this are taken as equal, as in cleanlab.
CLOSE = 1e-6
# No label is ever confident for a class that has no rows.
ABSENT = 2
# A part of a block that stays in the cache while it is worked on; threads wait for each other less
# often when it is large.
CACHE_BYTES = 2**21
# Memory for more than 128 kB comes fresh from the system each time where the C library is told to
# give it back at once, as the workers of Dask tell it. To get it takes longer than to work on it.
FRESH_BYTES = 2**17 - 2**10
# Up to this many classes a transposed copy is faster: one vector operation per class.
FEW_CLASSES = 48


class RowScan(NamedTuple):
    """What is kept of each row.

    Attributes
    ----------
    given_prob : ndarray of shape (n,), float
        Self-confidence: the probability of the given label; NaN where there is none.
    highest : ndarray of shape (n,), float
        The highest probability.
    predicted : ndarray of shape (n,), int
        Code of the likeliest class, the first of equal ones; -1 where there are no probabilities.
    invalid : ndarray of shape (n_invalid,), intp
        Positions of the rows that hold no probabilities. Where there is no label, NaN is valid.
    """

    given_prob: Array
    highest: Array
    predicted: Array
    invalid: Array

    def part(self, rows: slice | Array) -> RowScan:
        """Select some of the rows, all of which must be valid."""
        return RowScan(
            self.given_prob[rows], self.highest[rows], self.predicted[rows], self.invalid[:0]
        )


def code_dtype(n_classes: int) -> np.dtype[Any]:
    """Give the smallest signed integer type that holds -1 to ``n_classes``."""
    return np.dtype(np.min_scalar_type(-n_classes - 1))


def sum_tolerance(dtype: npt.DTypeLike, n_classes: int) -> float:
    """Give the largest difference from 1 that the sum of a row may have.

    Probabilities that were stored as float16 sum to 1 within 5e-4, and a softmax computed in
    float16 does so within four units in the last place. Each probability may add another 1e-7.
    """
    return (4e-3 if np.dtype(dtype) == np.float16 else 1e-3) + 1e-7 * n_classes


@np.errstate(invalid="ignore")
def scan_rows(codes: Array, pred_probs: Array) -> RowScan:
    """Read a block of rows once, check it, and keep what confident learning needs later.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    pred_probs : ndarray of shape (n, K), float
        Out-of-sample probabilities, of any memory order.

    Returns
    -------
    RowScan

    Examples
    --------
    >>> scan = scan_rows(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    >>> scan.given_prob, scan.highest, scan.predicted
    (array([0.9, 0.4]), array([0.9, 0.6]), array([0, 0], dtype=int8))
    """
    n, n_classes = pred_probs.shape
    given_prob = np.empty(n, float_dtype(pred_probs.dtype))
    highest = np.empty_like(given_prob)
    predicted = np.empty(n, code_dtype(n_classes))
    invalid = [np.empty(0, np.intp)]
    tolerance = sum_tolerance(pred_probs.dtype, n_classes)
    copied, equal = np.empty(0, given_prob.dtype), np.empty(0, bool)
    for rows, probs in cached_blocks(pred_probs):
        given = codes[rows]
        if n_classes > FEW_CLASSES:
            predicted[rows] = first = probs.argmax(axis=1)
            highest[rows] = _take(probs, first)
            sums = np.einsum("ij->i", probs)
        else:
            if probs.size > copied.size:
                copied, equal = np.empty(probs.size, probs.dtype), np.empty(probs.size, bool)
            by_class = copied[: probs.size].reshape(probs.shape[::-1])
            by_class[:] = probs.T
            by_class.max(axis=0, out=highest[rows])
            predicted[rows] = _first_equal(by_class, highest[rows], equal[: probs.size])
            sums = by_class.sum(axis=0)
        given_prob[rows] = take_given(probs, given)
        # NaN is neither above nor below a bound: it is caught as its sum is not close to 1.
        if probs.min() < -CLOSE or not np.abs(sums - 1).max() <= tolerance:
            missing = np.isnan(sums) & (given < 0)
            predicted[rows][missing] = -1
            wrong = ~(np.abs(sums - 1) <= tolerance) | (probs < -CLOSE).any(axis=1)
            invalid.append(np.flatnonzero(wrong & ~missing) + rows.start)
    return RowScan(given_prob, highest, predicted, np.concatenate(invalid))


def float_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Give the type to compute in: float32 for float16 and float32, float64 for all others."""
    return np.dtype(np.float32 if np.dtype(dtype) in (np.float16, np.float32) else np.float64)


def cached_blocks(pred_probs: Array) -> Iterator[tuple[slice, Array]]:
    """Yield pieces that fit into the cache, row-major and in `float_dtype`, with their rows.

    A piece may be overwritten by the next one.
    """
    n, n_classes = pred_probs.shape
    dtype = float_dtype(pred_probs.dtype)
    flags = pred_probs.flags
    # NumPy's argmax would copy what is read-only, each time to another place.
    as_it_is = pred_probs.dtype == dtype and flags.c_contiguous and flags.writeable
    # A copy takes fresh memory, once.
    cached = CACHE_BYTES if as_it_is else CACHE_BYTES // 4
    step = max(1, min(cached // (n_classes * dtype.itemsize), FRESH_BYTES // 8))
    copied = np.empty((0 if as_it_is else min(step, n), n_classes), dtype)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        if as_it_is:
            yield rows, pred_probs[rows]
        else:
            piece = copied[: rows.stop - start]
            piece[:] = pred_probs[rows]
            yield rows, piece


def take_given(probs: Array, given: Array) -> Array:
    """Give the probability of each row's label; NaN where there is no label."""
    given_prob = _take(probs, given)
    if given.min() < 0:
        given_prob[given < 0] = np.nan
    return given_prob


def take_rows(probs: Array, rows: Array) -> Array:
    """Give some rows."""
    # `take` is twice as quick, but copies the whole of any other array first.
    return probs.take(rows, axis=0) if probs.flags.c_contiguous else probs[rows]


def _take(probs: Array, codes: Array) -> Array:
    """Give one probability of each row."""
    n, n_classes = probs.shape
    if not probs.flags.c_contiguous:
        return probs[np.arange(n), codes]
    at = np.arange(0, n * n_classes, n_classes)
    at += codes
    return probs.ravel().take(at, mode="clip")


def _first_equal(by_class: Array, highest: Array, out: Array) -> Array:
    """Find the first class with the highest probability, with one vector operation per class."""
    n_classes = len(by_class)
    equal = np.equal(by_class, highest, out=out.reshape(by_class.shape)).view(np.int8)
    equal *= np.arange(n_classes, 0, -1, dtype=np.int8)[:, None]
    first: Array = n_classes - equal.max(axis=0)
    return first


class ClassGroups:
    """The self-confidences of each class, in row order, kept as row blocks.

    Parameters
    ----------
    blocks : sequence of tuple
        From `group_by_class`, in row order.
    """

    def __init__(self, blocks: Sequence[tuple[Array, Array]]) -> None:
        self._values = [values for values, _ in blocks]
        self._ends = [np.append(0, sizes.cumsum()) for _, sizes in blocks]
        self.sizes: Array = np.sum([sizes for _, sizes in blocks], axis=0)

    def parts(self, k: int | np.intp) -> list[Array]:
        """Give the values of class k, block by block."""
        blocks = zip(self._values, self._ends, strict=True)
        return [values[end[k] : end[k + 1]] for values, end in blocks]


def group_by_class(codes: Array, values: Array, n_classes: int) -> tuple[Array, Array]:
    """Sort the values of a row block by class, and leave out the rows without a label.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Classes; -1 where there is none.
    values : ndarray of shape (n,)
    n_classes : int

    Returns
    -------
    values : ndarray of shape (n_judged,)
        In row order within each class.
    sizes : ndarray of shape (K,), intp
        How many of them are of each class.
    """
    shifted = codes.astype(code_dtype(n_classes)) + 1
    order = shifted.argsort(kind="stable")
    sizes = np.bincount(shifted, minlength=n_classes + 1)
    return values.take(order[sizes[0] :]), sizes[1:]


def class_thresholds(groups: ClassGroups) -> Array:
    """Average the self-confidence of each class (equation 2 of the paper).

    Parameters
    ----------
    groups : ClassGroups
        Self-confidences.

    Returns
    -------
    ndarray of shape (K,), float32 or float64
        At least 2e-6; 2 for a class without rows, which no probability reaches.

    Examples
    --------
    >>> blocks = [group_by_class(np.array([1, 0, 1]), np.array([0.5, 0.75, 1.0]), 3)]
    >>> class_thresholds(ClassGroups(blocks))
    array([0.75, 0.75, 2.  ])
    """
    # One mean over all rows of a class: sums of blocks would be rounded differently.
    return set_thresholds(
        [
            np.concatenate(groups.parts(k)).mean() if size else ABSENT
            for k, size in enumerate(groups.sizes)
        ]
    )


def set_thresholds(means: Sequence[Any]) -> Array:
    """Give the thresholds of classes by their means, ABSENT where there is none."""
    thresholds: Array = np.clip(means, 2 * CLOSE, None)
    return thresholds


def confident_classes(
    scan: RowScan,
    thresholds: Array,
    find: Callable[[Array, float], tuple[Array, Array, Array]],
    *,
    tolerance: float,
) -> Array:
    """Find the class that each row confidently belongs to (equation 1 of the paper).

    Parameters
    ----------
    scan : RowScan
        A block of rows.
    thresholds : ndarray of shape (K,)
        From `class_thresholds`.
    find : callable
        Finds the probabilities of the rows at some positions from a number on: the places of the
        rows among these, the classes and the values. Few rows are asked for: those where a class
        may pass its threshold though the likeliest does not.
    tolerance : float
        Of the sum of a row, from `sum_tolerance`.

    Returns
    -------
    ndarray of shape (n,), int
        The only class at or above its threshold; the likeliest class if there are several; -1 if
        there is none.
    """
    bounds = thresholds - CLOSE
    highest, predicted = scan.highest, scan.predicted
    classes = np.empty_like(predicted)
    lowest = bounds.min()
    # Another class has no more than the likeliest, and no more than that one leaves.
    whole = 1 + tolerance + CLOSE * bounds.size
    doubtful = [np.empty(0, np.intp)]
    for some in short_slices(predicted.size):
        high, first = highest[some], predicted[some]
        classes[some] = np.where(high >= bounds.take(first, mode="clip"), first, -1)
        if lowest <= whole / 2:
            unsure = (classes[some] < 0) & (high >= lowest) & (whole - high >= lowest)
            doubtful.append(np.flatnonzero(unsure) + some.start)
    rows = np.concatenate(doubtful)
    if rows.size:
        row, confident, prob = find(rows, lowest)
        above = prob >= bounds[confident]
        row, confident = row[above], confident[above]
        number = np.bincount(row, minlength=rows.size)
        classes[rows[row]] = confident
        classes[rows[number > 1]] = predicted[rows[number > 1]]
    return classes


def short_slices(n: int) -> Iterator[slice]:
    """Cut rows into pieces whose numbers, of eight bytes, take no fresh memory."""
    step = FRESH_BYTES // 8
    return (slice(start, start + step) for start in range(0, n, step))


def given_is_likeliest(codes: Array, scan: RowScan) -> Array:
    """Tell where the given label is the likeliest, or would be with 1e-6 more; bool."""
    raised = scan.given_prob + scan.given_prob.dtype.type(CLOSE)
    stands: Array = raised > scan.highest
    stands |= (raised == scan.highest) & (codes < scan.predicted)
    stands |= codes == scan.predicted
    return stands
