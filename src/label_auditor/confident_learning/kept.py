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

from label_auditor.confident_learning.scan import CACHE_BYTES, CLOSE, code_dtype

if TYPE_CHECKING:
    from label_auditor.confident_learning.scan import RowScan

__all__ = ["Entries", "Kept", "Whole", "keep_entries", "suggest_bound"]

Array = npt.NDArray[Any]

# The threshold of a class is its mean in the whole data; a block has a mean of its own, near to it.
NEAR = 0.8
# The means of smaller classes say little, and many rows say no more than some.
FEWEST_ROWS, SOME_ROWS = 30, 2**14


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

    def read(self, rows: Array) -> Array:
        """Give the probabilities of some rows, which are ascending positions in the block."""
        return self.probs[rows]

    def take(self, rows: Array, columns: Array) -> Array:
        """Give single probabilities."""
        return self.probs[rows, columns]


class Entries(NamedTuple):
    """Some of the probabilities of a block.

    Attributes
    ----------
    row : ndarray of shape (n_entries,), int32
        Positions in the block, ascending.
    column : ndarray of shape (n_entries,), int
    value : ndarray of shape (n_entries,), float
    n_classes : int
    bound : float
        All probabilities from here on are known, beside those above that of the given label.
    """

    row: Array
    column: Array
    value: Array
    n_classes: int
    bound: float

    def read(self, rows: Array) -> Array:
        """Give the probabilities of some rows, in ascending order, with 0 for all others."""
        probs = np.zeros((rows.size, self.n_classes), self.value.dtype)
        at, column, value = self.find(rows)
        probs[at, column] = value
        return probs

    def find(self, rows: Array) -> tuple[Array, Array, Array]:
        """Find the entries of some rows: their places among these, columns and values."""
        if not rows.size:
            return rows, self.column[:0], self.value[:0]
        some = slice(*np.searchsorted(self.row, (rows[0], rows[-1] + 1)))
        place = np.full(rows[-1] - rows[0] + 1, -1)
        place[rows - rows[0]] = np.arange(rows.size)
        at = place[self.row[some] - rows[0]]
        found = np.flatnonzero(at >= 0)
        return at[found], self.column[some][found], self.value[some][found]


Kept: TypeAlias = "Whole | Entries"


def suggest_bound(codes: Array, given_prob: Array, n_classes: int) -> float:
    """Guess from a block what the lowest threshold of the whole data will not be below.

    Parameters
    ----------
    codes, given_prob : ndarray of shape (n,)
        Given labels, and their probabilities.
    n_classes : int
    """
    judged = np.flatnonzero(codes >= 0)
    if not judged.size:
        return np.inf
    some = judged[:: -(-judged.size // SOME_ROWS)]
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
    dtype, n_classes = scan.given_prob.dtype, probs.shape[1]
    disputed = (codes != scan.predicted) & (codes >= 0)
    above = _entries_from(
        probs, scan, np.flatnonzero(disputed), np.nextafter(scan.given_prob, dtype.type(2))
    )
    # Two classes have no more than 1 together, or little more.
    both = (scan.highest >= bound) & (1.01 + CLOSE * n_classes - scan.highest >= bound)
    lowest = np.full(codes.size, bound, dtype)
    row, column, value = _entries_from(probs, scan, np.flatnonzero(both), lowest)
    if limited and value.size > codes.size:
        bound = float(np.partition(value, -codes.size)[-codes.size])
        row, column, value = (each[value > bound] for each in (row, column, value))
        bound = float(np.nextafter(bound, 2))
    return _merge(above, [row, column, value], n_classes, bound)


def _merge(one: list[Array], other: list[Array], n_classes: int, bound: float) -> Entries:
    """Put entries together of which some are in both lists."""
    row, column, value = (np.concatenate(parts) for parts in zip(one, other, strict=True))
    places = row.astype(np.int64) * n_classes + column
    order = places.argsort(kind="stable")  # quick, as each of the two is in order
    new = np.append(True, np.diff(places[order]) > 0)[: order.size]
    first = order[new]
    return Entries(row[first], column[first], value[first], n_classes, bound)


def _entries_from(probs: Array, scan: RowScan, rows: Array, bounds: Array) -> list[Array]:
    """Find the entries of some rows that are at or above the bound of the row."""
    n_classes = probs.shape[1]
    dtype = scan.given_prob.dtype
    found: list[list[Array]] = [[rows[:0].astype(np.int32)], [scan.predicted[:0]], [bounds[:0]]]
    step = max(1, CACHE_BYTES // (4 * dtype.itemsize * n_classes))
    for start in range(0, rows.size, step):
        some = rows[start : start + step]
        part = probs[some]
        wanted = part >= bounds[some, None]
        at = np.arange(some.size)
        wanted[at, scan.predicted[some]] = False
        places = np.flatnonzero(wanted)
        row, column = np.divmod(places, n_classes)
        found[0].append(some[row].astype(np.int32))
        found[1].append(column.astype(code_dtype(n_classes)))
        found[2].append(part.ravel()[places].astype(dtype))
    return [np.concatenate(parts) for parts in found]
