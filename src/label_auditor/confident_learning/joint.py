"""The joint distribution of given and true labels, as counts of the pairs that occur.

The confident joint of Northcutt et al. [1]_ has a cell for every pair of classes. If there are many
classes, nearly all of these cells are empty. Here only the occupied cells are stored, with their
coordinates, so that ten thousand classes need no more memory than the pairs that occur.

References
----------
.. [1] C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset
   Labels", Journal of Artificial Intelligence Research 70 (2021) 1373-1411.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.scan import FRESH_BYTES, code_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[Any]

# The lowest diagonal count, so that every class has at least one example that is counted as clean.
MIN_CONFIDENT = 1
# Up to so many cells, sums are taken over the dense matrix, as cleanlab takes them.
DENSE_CELLS = 2**22


@dataclass(frozen=True, eq=False)
class Joint:
    """A matrix of given labels (rows) and true labels (columns), stored as coordinates.

    Parameters
    ----------
    given, true : ndarray of shape (n_cells,), dtype intp
        Row and column of each cell, row by row, each cell once. All cells of the diagonal are
        stored.
    count : ndarray of shape (n_cells,), int or float
        The value of each cell.
    n_classes : int
        The number of classes, K.

    Examples
    --------
    >>> joint = count_joint(np.array([0, 0, 1]), np.array([0, 1, 1]), n_classes=2)
    >>> joint.toarray()
    array([[1, 1],
           [0, 1]])
    """

    given: Array
    true: Array
    count: Array
    n_classes: int

    @property
    def off_diagonal(self) -> Array:
        """Which cells are outside the diagonal and so count errors; bool of shape (n_cells,)."""
        off_diagonal: Array = self.given != self.true
        return off_diagonal

    def toarray(self) -> Array:
        """Give the matrix as a dense ndarray of shape (K, K)."""
        dense = np.zeros((self.n_classes, self.n_classes), self.count.dtype)
        dense[self.given, self.true] = self.count
        return dense

    def in_small_types(self) -> Joint:
        """Give the same with integers of the smallest types that hold them."""
        code = code_dtype(self.n_classes)
        count = self.count.astype(np.min_scalar_type(self.count.max(initial=0)))
        return Joint(self.given.astype(code), self.true.astype(code), count, self.n_classes)

    def sum(self, axis: int) -> Array:
        """Sum over the given (axis 0) or the true labels (axis 1); float64 of shape (K,)."""
        kept = self.true if axis == 0 else self.given
        return np.bincount(kept, self.count, self.n_classes)


def count_joint(given: Array, true: Array, n_classes: int) -> Joint:
    """Count the pairs of given and true label.

    Parameters
    ----------
    given, true : ndarray of shape (n,), int
        Codes from 0 to K - 1; pairs with a -1 are not counted.
    n_classes : int
        The number of classes, K.

    Returns
    -------
    Joint
        Integer counts.
    """
    if n_classes**2 <= given.size + 2**16:
        # A row and a column more, for the rows without a class.
        size = n_classes + 1
        count = np.zeros(size**2, np.intp)
        step = max(FRESH_BYTES // count.itemsize, size**2)
        for start in range(0, given.size, step):
            pairs = given[start : start + step].astype(np.intp)
            pairs *= size
            pairs += true[start : start + step]
            pairs += size + 1
            count += np.bincount(pairs, minlength=size**2)
        count = count.reshape(size, -1)[1:, 1:].ravel()
        pairs = np.flatnonzero(count)
        return _from_pairs(pairs, count[pairs], n_classes)
    both = (given >= 0) & (true >= 0)
    pairs = given[both].astype(np.intp) * n_classes + true[both]
    pairs, count = np.unique(pairs, return_counts=True)
    return _from_pairs(pairs, count, n_classes)


def merge_joints(joints: Sequence[Joint]) -> Joint:
    """Add up the counts of row blocks."""
    n_classes = joints[0].n_classes
    pairs = np.concatenate(
        [joint.given.astype(np.intp) * n_classes + joint.true for joint in joints]
    )
    count = np.concatenate([joint.count for joint in joints])
    unique, position = np.unique(pairs, return_inverse=True)
    total = np.bincount(position, count).astype(np.intp)
    return _from_pairs(unique, total, n_classes)


def _from_pairs(pairs: Array, count: Array, n_classes: int) -> Joint:
    """Make a Joint of sorted cell numbers, and put in what the diagonal lacks."""
    diagonal = np.arange(n_classes) * (n_classes + 1)
    missing = np.setdiff1d(diagonal, pairs, assume_unique=True)
    at = np.searchsorted(pairs, missing)
    pairs = np.insert(pairs, at, missing)
    given, true = np.divmod(pairs, n_classes)
    return Joint(given, true, np.insert(count, at, 0), n_classes)


def calibrate(joint: Joint, class_counts: Array) -> Joint:
    """Scale a confident joint so that its rows sum to the label counts (equation 3 of the paper).

    Parameters
    ----------
    joint : Joint
        Counts of the confident examples. Diagonal counts below 1 are taken as 1.
    class_counts : ndarray of shape (K,), int
        How often each label is given.

    Returns
    -------
    Joint
        Integer counts. Row k sums to ``class_counts[k]``: cells are rounded, and where that makes
        the row too small or too large, those that were nearest to the other integer are rounded to
        it, of equally near ones the last of a row too small, the first of one too large.
    """
    count = np.where(joint.off_diagonal, joint.count, np.maximum(joint.count, MIN_CONFIDENT))
    row_sums = replace(joint, count=count).sum(axis=1)
    scaled = count / row_sums[joint.given] * class_counts[joint.given]
    # Summed column by column, as cleanlab does: its last bit decides which cells are rounded up.
    total = _dense_sum(*_by_column(joint, scaled), 0, joint.n_classes**2)
    scaled = scaled / (total or 1) * class_counts.sum()  # 0 where no row is judged
    return replace(joint, count=_round_rows(joint.given, scaled, class_counts))


def _by_column(joint: Joint, values: Array) -> tuple[Array, Array]:
    """Positions in the column-major dense matrix, ascending, and the values there."""
    positions = joint.true * joint.n_classes + joint.given
    order = np.argsort(positions)
    return positions[order], values[order]


def _dense_sum(positions: Array, values: Array, start: int, stop: int) -> float:
    """Sum the dense vector as np.sum does, without making more than a part of a large one."""
    size = stop - start
    if size > DENSE_CELLS:
        # NumPy adds pairwise: the two halves, the first one a multiple of eight long.
        middle = start + size // 2 - size // 2 % 8
        cut = np.searchsorted(positions, middle)
        left = _dense_sum(positions[:cut], values[:cut], start, middle)
        return left + _dense_sum(positions[cut:], values[cut:], middle, stop)
    dense = np.zeros(size)
    dense[positions - start] = values
    return float(dense.sum())


def _round_rows(row: Array, values: Array, totals: Array) -> Array:
    """Round to integers whose sum over each row is the given total."""
    rounded = np.round(values)
    short = np.round(totals - np.bincount(row, rounded, totals.size)).astype(np.intp)
    error = values - rounded
    order = np.lexsort((error, row))
    size = np.bincount(row, minlength=totals.size)
    rank = np.arange(row.size) - np.repeat(np.cumsum(size) - size, size)
    lower = rank < -short[row]
    raise_ = rank >= (size - short)[row]
    rounded[order[lower]] -= 1
    rounded[order[raise_]] += 1
    return rounded.astype(np.intp)


def noise_matrix(joint: Joint) -> Joint:
    """Estimate how often each true class is given each label: P(given label | true label).

    Parameters
    ----------
    joint : Joint
        A confident joint, calibrated or not.

    Returns
    -------
    Joint
        Rates (float64); each column sums to 1, or to 0 where no example is counted as that class.
        Rates of error are held to at most 0.9999.
    """
    rate = joint.count / np.maximum(joint.sum(axis=0), 1)[joint.true]
    rate = np.where(joint.off_diagonal, np.minimum(rate, 0.9999), rate)
    sums = replace(joint, count=rate).sum(axis=0)
    return replace(joint, count=rate / np.where(sums > 0, sums, 1)[joint.true])


def prune_counts(
    joint: Joint, *, min_examples_per_class: int = 1, frac_noise: float = 1.0
) -> Joint:
    """Find how many rows to flag for each pair of given and true label.

    Parameters
    ----------
    joint : Joint
        A calibrated confident joint.
    min_examples_per_class : int, default=1
        The diagonal is raised to at least this, and the errors of the class are lowered evenly by
        the same amount.
    frac_noise : float, default=1.0
        The share of the errors to keep; the rest is added to the diagonal.

    Returns
    -------
    Joint
        Integer counts; the diagonal holds the examples to keep.
    """
    off_diagonal = joint.off_diagonal
    diagonal = joint.count[~off_diagonal]
    kept = np.maximum(diagonal, min_examples_per_class)
    occupied = np.bincount(joint.given[joint.count != 0], minlength=joint.n_classes)
    lowered_by = (kept - diagonal) / np.maximum(occupied - 1, 1)
    errors = np.maximum(joint.count - lowered_by[joint.given], 0)[off_diagonal]
    reduced = errors * frac_noise
    count = np.empty(joint.count.size, np.intp)
    count[off_diagonal] = reduced.astype(np.intp)
    given, true = joint.given[off_diagonal], joint.true[off_diagonal]
    freed = _dense_row_sums(given, true, errors - reduced, joint.n_classes)
    count[~off_diagonal] = (kept + freed).astype(np.intp)
    return replace(joint, count=count)


def _dense_row_sums(row: Array, column: Array, values: Array, n_classes: int) -> Array:
    """Sum the rows of the dense matrix exactly as np.sum does, a few rows at a time."""
    sums = np.zeros(n_classes)
    step = max(1, 2**16 // n_classes)
    for start in range(0, n_classes, step):
        cells = slice(*np.searchsorted(row, (start, start + step)))
        dense = np.zeros((min(step, n_classes - start), n_classes))
        dense[row[cells] - start, column[cells]] = values[cells]
        sums[start : start + step] = dense.sum(axis=1)
    return sums
