"""The n-th smallest value of each group, found where the blocks of rows lie.

The values stay there. Floats are in the order of their bits, read as integers, once those of
negative numbers are turned over. So the bits of the n-th value are found from the highest down,
some at a time: each block counts which digits follow those found so far, and the counts of all
blocks tell the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.selection import to_floats, to_keys
from label_auditor.confident_learning.steps import given_probs_of_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from label_auditor.confident_learning.engines.protocol import Engine
    from label_auditor.confident_learning.steps import BlockState

Array = npt.NDArray[Any]

# Bits that a round finds.
DIGIT_BITS = 11


class Lowest(NamedTuple):
    """Where the n lowest values of each group end; of equal ones, the first rows are among them.

    Attributes
    ----------
    cut : ndarray of shape (n_groups,), float
        The n-th smallest value; minus infinite where n is 0.
    last : ndarray of shape (n_groups,), int
        The last row with this value that is among them.
    """

    cut: Array
    last: Array

    def include(self, values: Array, groups: Array, rows: Array) -> Array:
        """Tell which rows, with these values, are among the lowest of their groups."""
        cut = self.cut[groups]
        included: Array = (values < cut) | ((values == cut) & (rows <= self.last[groups]))
        return included


class Digits(NamedTuple):
    """How often each digit occurs in each group.

    Attributes
    ----------
    place : ndarray of shape (n_places,), int64
        ``group * 2 ** DIGIT_BITS + digit``, ascending.
    number : ndarray of shape (n_places,), int64
    """

    place: Array
    number: Array


def nth_of_groups(
    engine: Engine,
    values_of: Callable[..., tuple[Array, ...]],
    numbers: Array,
    dtype: npt.DTypeLike,
    *known: Any,
) -> Array:
    """Find the n-th smallest value of each group, as `group_cuts` does of values in one place.

    Parameters
    ----------
    engine : Engine
        Works on the blocks.
    values_of : callable
        A step that gives values and their groups from the state of a block.
    numbers : ndarray of shape (n_groups,), int
        Which value of each group, from 1.
    dtype : dtype
        Of the values, float32 or float64.
    *known
        What the step takes besides.

    Returns
    -------
    ndarray of shape (n_groups,), float
        Infinite where a group has fewer values.
    """
    size = 8 * np.dtype(dtype).itemsize
    found = np.zeros(numbers.size, f"u{size // 8}")
    left, short = numbers.astype(np.int64), np.zeros(numbers.size, bool)
    shift = size
    while shift:
        known_bits, shift = size - shift, max(shift - DIGIT_BITS, 0)
        digits = engine.fold(
            _count_digits, _merge_digits, values_of, found, known_bits, shift, *known
        )
        digit, before, complete = _find_digit(digits, left)
        short |= ~complete
        left -= before
        found = (found << (size - known_bits - shift)) | digit.astype(found.dtype)
    return np.where(short, np.inf, to_floats(found)).astype(dtype)


def find_lowest(
    engine: Engine, values_of: Callable[[BlockState], tuple[Array, Array, Array]], numbers: Array
) -> Lowest:
    """Find where the n lowest values of each group end.

    Parameters
    ----------
    engine : Engine
        Works on the blocks.
    values_of : callable
        A step that gives values, their groups and rows from the state of a block.
    numbers : ndarray of shape (n_groups,), int
        How many of each group; it has no fewer.
    """
    cuts = nth_of_groups(engine, values_of, numbers, engine.given_prob.dtype)
    cuts[numbers == 0] = -np.inf
    counts = np.array(engine.ask(_count_up_to, values_of, cuts))
    below, equal = counts[:, 0], counts[:, 1]
    left = numbers - below.sum(axis=0) - (equal.cumsum(axis=0) - equal)
    # Which of its equal values a block is asked for: the last one, if it has that.
    which = np.where((left > 0) & (left <= equal), left, 0)
    rows = np.array(engine.ask(_nth_equal, values_of, cuts, each=list(which)))
    rows += np.where(rows >= 0, np.array(engine.starts)[:, None], 0)
    return Lowest(cuts, rows.max(axis=0))


def lowest_rows(engine: Engine, number: int) -> Array:
    """Find the positions of the rows with the lowest self-confidences, the first of equal ones."""
    lowest = find_lowest(engine, given_probs_of_all, np.array([number]))
    in_blocks = [Lowest(lowest.cut, lowest.last - start) for start in engine.starts]
    found = engine.ask(_rows_among, given_probs_of_all, each=in_blocks)
    return np.concatenate([rows + start for rows, start in zip(found, engine.starts, strict=True)])


def _count_up_to(
    state: BlockState, values_of: Callable[[BlockState], tuple[Array, Array, Array]], cuts: Array
) -> tuple[Array, Array]:
    """Count the values of each group in a block that are below its cut, and that are equal."""
    values, groups, _ = values_of(state)
    cut = cuts[groups]
    below, equal = (groups[some] for some in (values < cut, values == cut))
    return np.bincount(below, minlength=cuts.size), np.bincount(equal, minlength=cuts.size)


def _nth_equal(
    state: BlockState,
    which: Array,
    values_of: Callable[[BlockState], tuple[Array, Array, Array]],
    cuts: Array,
) -> Array:
    """Find the row of the n-th value of each group that is equal to its cut; -1 where n is 0."""
    found = np.full(cuts.size, -1)
    if which.any():
        values, groups, rows = values_of(state)
        equal = values == cuts[groups]
        for group in np.flatnonzero(which):
            found[group] = rows[equal & (groups == group)][which[group] - 1]
    return found


def _rows_among(
    state: BlockState,
    lowest: Lowest,
    values_of: Callable[[BlockState], tuple[Array, Array, Array]],
) -> Array:
    """Find the rows of a block that are among the lowest."""
    values, groups, rows = values_of(state)
    return rows[lowest.include(values, groups, rows)]


def _count_digits(
    state: BlockState,
    values_of: Callable[..., tuple[Array, ...]],
    found: Array,
    known_bits: int,
    shift: int,
    *known: Any,
) -> Digits:
    """Count the digits that follow the bits found so far, in a block."""
    values, groups, *_ = values_of(state, *known)
    keys, size = to_keys(values), 8 * values.dtype.itemsize
    if known_bits:
        mine = keys >> (size - known_bits) == found[groups]
        keys, groups = keys[mine], groups[mine]
    width = size - known_bits - shift
    digit = (keys >> shift) & ((1 << width) - 1)
    places = (groups.astype(np.int64) << DIGIT_BITS) + digit.astype(np.int64)
    return Digits(*np.unique(places, return_counts=True))


def _merge_digits(parts: Sequence[Digits]) -> Digits:
    """Add up the counts of blocks."""
    places, at = np.unique(np.concatenate([part.place for part in parts]), return_inverse=True)
    counts = np.concatenate([part.number for part in parts])
    return Digits(places, np.bincount(at, counts, places.size).astype(np.int64))


def _find_digit(digits: Digits, left: Array) -> tuple[Array, Array, Array]:
    """Find the digit of the n-th value of each group, and how many values have a smaller one."""
    ends = np.append(0, digits.number.cumsum())
    groups = np.arange(left.size + 1)
    first = np.searchsorted(digits.place, groups << DIGIT_BITS)
    start, stop = ends[first[:-1]], ends[first[1:]]
    complete = stop - start >= left
    at = np.searchsorted(ends, np.where(complete, start + left, 0)) - 1
    at = np.maximum(at, 0)
    digit = digits.place[at] & ((1 << DIGIT_BITS) - 1) if digits.place.size else 0 * left
    return np.where(complete, digit, 0), np.where(complete, ends[at] - start, 0), complete
