"""Sums over values that lie on several machines, to the last bit as NumPy sums them in one place.

NumPy adds floats pairwise: it halves the values again and again, down to leaves of at most 128, and
adds the sums of the halves. So the sum depends on where the halves begin, which their number alone
decides. Where it is known how many values there are before a block and in all, the block sums up
the halves that lie inside it whole; of the leaves that its ends cut in two it hands on the values.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = npt.NDArray[Any]

# NumPy's own size of a leaf.
LEAF = 128


class PartialSum(NamedTuple):
    """What is known of a sum from some of its values, which lie side by side.

    Attributes
    ----------
    start, stop : int
        Which of the values they are.
    size : int
        How many values there are in all.
    sums : dict of (int, int) to float
        Sums of the largest halves that lie inside, by their first value and their number.
    pieces : list of (int, ndarray)
        The values of leaves that are known in part, with the position of the first.
    """

    start: int
    stop: int
    size: int
    sums: dict[tuple[int, int], Any]
    pieces: list[tuple[int, Array]]


def sum_part(values: Array, start: int, size: int) -> PartialSum:
    """Sum some of the values, as far as they go.

    Parameters
    ----------
    values : ndarray of shape (n,), float
        Contiguous.
    start : int
        How many values are before these.
    size : int
        How many values there are in all.

    Examples
    --------
    >>> values = np.linspace(0, 1, 1000, dtype=np.float32)
    >>> parts = [sum_part(values[:300], 0, 1000), sum_part(values[300:], 300, 1000)]
    >>> bool(total(join_sums(parts)) == values.sum())
    True
    """

    def sum_of(first: int, number: int) -> Any:
        return np.add.reduce(values[first - start : first - start + number])

    def piece_of(first: int, last: int) -> list[tuple[int, Array]]:
        return [(first, values[first - start : last - start].copy())]

    return _cover(start, start + len(values), size, sum_of, piece_of)


def join_sums(parts: Sequence[PartialSum]) -> PartialSum:
    """Put parts together that lie side by side, in order."""
    sums = {place: value for part in parts for place, value in part.sums.items()}
    pieces = [piece for part in parts for piece in part.pieces]

    def piece_of(first: int, last: int) -> list[tuple[int, Array]]:
        return [(at, values) for at, values in pieces if first <= at < last]

    def sum_of(first: int, number: int) -> Any:
        if (first, number) in sums:
            return sums[first, number]
        if number <= LEAF:
            leaf = [values for _, values in piece_of(first, first + number)]
            return np.add.reduce(np.concatenate(leaf))
        left = _left(number)
        return sum_of(first, left) + sum_of(first + left, number - left)

    return _cover(parts[0].start, parts[-1].stop, parts[0].size, sum_of, piece_of)


@cache
def numpy_sums_so() -> bool:
    """Tell whether this NumPy halves all values, and not those of a buffer at a time, as once."""
    values = np.random.default_rng(0).random(100_003, dtype=np.float32)
    parts = [
        sum_part(values[:50_000], 0, values.size),
        sum_part(values[50_000:], 50_000, values.size),
    ]
    return bool(total(join_sums(parts)) == values.sum())


def total(whole: PartialSum) -> Any:
    """Give the sum of all values, once they are all there."""
    return whole.sums[0, whole.size]


def _cover(
    start: int,
    stop: int,
    size: int,
    sum_of: Callable[[int, int], Any],
    piece_of: Callable[[int, int], list[tuple[int, Array]]],
) -> PartialSum:
    """Find the largest halves between two positions, and the leaves at the ends."""
    found = PartialSum(start, stop, size, {}, [])
    halves = [(0, size)] if start < stop else []
    while halves:
        first, number = halves.pop()
        if first >= stop or first + number <= start:
            continue
        if start <= first and first + number <= stop:
            found.sums[first, number] = sum_of(first, number)
        elif number <= LEAF:
            found.pieces.extend(piece_of(max(first, start), min(first + number, stop)))
        else:
            left = _left(number)
            halves += [(first + left, number - left), (first, left)]
    return found


def _left(number: int) -> int:
    """Give the size of the left half, which NumPy makes a multiple of eight."""
    half = number // 2
    return half - half % 8
