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

from label_auditor.confident_learning.scan import CACHE_BYTES, CLOSE, code_dtype, take_rows

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
        return take_rows(self.probs, rows)

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
    above = np.nextafter(scan.given_prob, dtype.type(2))
    above[(codes == scan.predicted) | (codes < 0)] = np.inf
    # Two classes have no more than 1 together, or little more.
    both = (scan.highest >= bound) & (1.01 + CLOSE * n_classes - scan.highest >= bound)
    limits = np.where(both, np.minimum(above, dtype.type(bound)), above)
    row, column, value = _entries_from(probs, scan.predicted, limits)
    below = value < above[row]
    n_below = np.count_nonzero(below)
    if limited and n_below > codes.size:
        highest_left = np.partition(value[below], n_below - codes.size - 1)[: n_below - codes.size]
        bound = float(np.nextafter(highest_left[-1], dtype.type(2)))
        kept = ~below | (value >= bound)
        row, column, value = row[kept], column[kept], value[kept]
    return Entries(row, column, value, n_classes, bound)


def _entries_from(probs: Array, predicted: Array, limits: Array) -> list[Array]:
    """Find the entries that are at or above the limit of their row, but for the likeliest."""
    rows = np.flatnonzero(limits < np.inf)
    n_classes = probs.shape[1]
    found: list[list[Array]] = [[rows[:0].astype(np.int32)], [predicted[:0]], [limits[:0]]]
    step = max(1, CACHE_BYTES // (4 * limits.itemsize * n_classes))
    for start in range(0, rows.size, step):
        some = rows[start : start + step]
        part = take_rows(probs, some)
        wanted = part >= limits[some, None]
        wanted[np.arange(some.size), predicted[some]] = False
        places = np.flatnonzero(wanted)
        row = places // n_classes
        found[0].append(some.astype(np.int32).take(row))
        found[1].append((places - row * n_classes).astype(code_dtype(n_classes)))
        found[2].append(part.ravel().take(places).astype(limits.dtype, copy=False))
    return [np.concatenate(parts) for parts in found]
