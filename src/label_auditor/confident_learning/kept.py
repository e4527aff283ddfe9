"""What later steps need of the probabilities of a block, once the block has been read.

Nearly all of the probabilities are needed only while they are scanned. What is needed later are the
probabilities that are above that of the given label, and those that may be above the threshold of
their class. An array in memory has them all; of any other source, which would have to be read
again, these few are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.scan import (
    CLOSE,
    short_slices,
    take_rows,
)

if TYPE_CHECKING:
    from label_auditor.confident_learning.scan import RowScan

Array = npt.NDArray[Any]

# The threshold of a class is its mean in the whole data; a block has a mean of its own, near to it.
NEAR = 0.8
# The means of smaller classes say little, and many rows say no more than some.
FEWEST_ROWS, SOME_ROWS = 30, 2**14
# So many probabilities are looked at together, so that they stay in the cache.
PIECE = 2**16


class Whole(NamedTuple):
    """All probabilities of a block, which stay where they are.

    Attributes
    ----------
    probs : ndarray of shape (n, K)
    bound : float
        All probabilities from here on are known.
    """

    probs: Array
    bound: float = 0.0

    def find(self, rows: Array, least: float) -> tuple[Array, Array, Array]:
        """Find what is not below a number in some rows: places among these, columns, values."""
        probs = take_rows(self.probs, rows)
        places = np.flatnonzero(probs >= least)
        at, column = np.divmod(places, probs.shape[1])
        return at, column, probs.ravel().take(places)

    def take(self, rows: Array, columns: Array) -> Array:
        """Give single probabilities."""
        return self.probs[rows, columns]


class Entries(NamedTuple):
    """Some of the probabilities of a block.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,), int32
        Positions in the block of the rows that may have entries, ascending.
    place : ndarray of shape (n_entries,), int
        ``k * n_classes + column`` for an entry of the k-th of these rows, ascending.
    value : ndarray of shape (n_entries,), float
    n_classes : int
    bound : float
        All probabilities from here on are known, beside those above that of the given label.
    """

    rows: Array
    place: Array
    value: Array
    n_classes: int
    bound: float

    def find(self, rows: Array, least: float) -> tuple[Array, Array, Array]:
        """Find the entries of some rows that are not below a number.

        Their places among these rows, which are ascending, their columns and their values.
        """
        at = np.searchsorted(rows, self.rows)
        at[_differ(rows, at, self.rows)] = -1
        found = [(at[:0], self.place[:0], self.value[:0])]
        for some in short_slices(self.place.size):
            place, value = self.place[some], self.value[some]
            large = np.flatnonzero(value >= least)
            kept, column = np.divmod(place[large], self.n_classes)
            where = at[kept]
            mine = np.flatnonzero(where >= 0)
            found.append((where[mine], column[mine], value[large[mine]]))
        where, column, value = map(np.concatenate, zip(*found, strict=True))
        return where, column, value

    def take(self, rows: Array, columns: Array) -> Array:
        """Give single probabilities, -1 where they are not kept."""
        if not self.place.size:
            return np.full(rows.size, -1, self.value.dtype)
        kept = np.searchsorted(self.rows, rows)
        places = kept * self.n_classes + columns
        places[_differ(self.rows, kept, rows)] = -1
        places = places.astype(self.place.dtype)
        at = np.searchsorted(self.place, places)
        values = self.value.take(at, mode="clip")
        values[_differ(self.place, at, places)] = -1
        return values


Kept: TypeAlias = "Whole | Entries"


def _differ(values: Array, at: Array, wanted: Array) -> Array:
    """Tell where a search among sorted values ended at another one than was wanted, or at none."""
    if not values.size:
        return np.ones(at.size, bool)
    differ: Array = values.take(at, mode="clip") != wanted
    return differ


def suggest_bound(codes: Array, given_prob: Array, n_classes: int) -> float:
    """Guess from a block what the lowest threshold of the whole data will not be below.

    Parameters
    ----------
    codes, given_prob : ndarray of shape (n,)
        Given labels, and their probabilities.
    n_classes : int
    """
    judged = codes >= 0
    if not judged.all():
        codes, given_prob = codes[judged], given_prob[judged]
    if not codes.size:
        return np.inf
    some = slice(None, None, -(-codes.size // SOME_ROWS))
    given = codes[some]
    sizes = np.bincount(given, minlength=n_classes)
    sums = np.bincount(given, given_prob[some], n_classes)
    large = sizes >= FEWEST_ROWS
    means = sums[large] / sizes[large] if large.any() else sums.sum() / (2 * sizes.sum())
    return NEAR * float(np.min(means))


def keep_entries(
    codes: Array, probs: Array, scan: RowScan, bound: float, *, limited: bool = True
) -> Entries:
    """Keep the probabilities above that of the given label, and those from a bound on.

    The highest of a row, which the scan holds, is not among them.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    probs : ndarray of shape (n, K), float
    scan : RowScan
        Of these rows.
    bound : float
    limited : bool, default=True
        Whether the bound is raised where more than one entry for each row would be kept.
    """
    whole = 1.01 + CLOSE * probs.shape[1]
    found = [np.empty(0, np.intp)]
    for some in short_slices(codes.size):
        wanted = np.logical_or(*_reasons(codes[some], scan.part(some), bound, whole))
        found.append(np.flatnonzero(wanted) + some.start)
    rows = np.concatenate(found)
    mine = scan.part(rows)
    disputed, doubtful = _reasons(codes[rows], mine, bound, whole)
    own = mine.given_prob
    above = np.where(disputed, np.nextafter(own, own.dtype.type(2)), np.inf)
    limits = np.where(doubtful, np.minimum(above, bound), above).astype(own.dtype)
    place, value = _entries_from(probs, rows, mine.predicted, limits)
    lowered = np.count_nonzero(limits < above)
    # The likeliest class has as much at least as each of these.
    if limited and lowered * (whole - bound) > codes.size * bound:
        below = value < above[place // probs.shape[1]]
        too_many = np.count_nonzero(below) - codes.size
        if too_many > 0:
            highest_left = np.partition(value[below], too_many - 1)[too_many - 1]
            bound = float(np.nextafter(highest_left, own.dtype.type(2)))
            kept = ~below | (value >= bound)
            place, value = place[kept], value[kept]
    return Entries(rows.astype(np.int32), place, value, probs.shape[1], bound)


def _reasons(codes: Array, scan: RowScan, bound: float, whole: float) -> tuple[Array, Array]:
    """Tell which rows are disputed, and in which the likeliest class may not be the only one."""
    disputed = (codes != scan.predicted) & (codes >= 0)
    # Two classes have no more than 1 together, or little more.
    doubtful = (scan.highest >= bound) & (scan.highest <= whole - bound)
    return disputed, doubtful


def _entries_from(
    probs: Array, rows: Array, predicted: Array, limits: Array
) -> tuple[Array, Array]:
    """Find the entries of some rows at or above the limit of each, but for the likeliest."""
    (n, n_classes), done = (rows.size, probs.shape[1]), 0
    dtype: Any = np.int32 if n * n_classes < 2**31 else np.int64
    place, value = np.empty(0, dtype), limits[:0]
    step = max(1, PIECE // n_classes)
    part = np.empty((min(step, n), n_classes), probs.dtype)
    wanted = np.empty(part.shape, bool)
    for start in range(0, n, step):
        some = slice(start, start + step)
        mine = rows[some]
        part, wanted = part[: mine.size], wanted[: mine.size]
        if probs.flags.c_contiguous:
            probs.take(mine, axis=0, out=part, mode="clip")
        else:  # `take` would copy the whole of it.
            part[:] = probs[mine]
        np.greater_equal(part, limits[some, None], out=wanted)
        wanted[np.arange(mine.size), predicted[some]] = False
        found = np.flatnonzero(wanted)
        if done + found.size > place.size:
            # As many as there will be if the other rows have as many as these, and some more.
            size = int(1.1 * (done + found.size) * n / (start + mine.size)) + 1
            place, value = _enlarge(place[:done], size), _enlarge(value[:done], size)
        new = slice(done, done + found.size)
        np.add(found, start * n_classes, out=place[new], casting="same_kind")
        value[new] = part.ravel().take(found)
        done = new.stop
    return place[:done], value[:done]


def _enlarge(values: Array, size: int) -> Array:
    larger = np.empty(size, values.dtype)
    larger[: values.size] = values
    return larger
