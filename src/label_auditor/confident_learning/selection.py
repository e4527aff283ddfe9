"""Choosing rows: the extremes of each class, or of each pair of given and true label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.kept import Entries
from label_auditor.confident_learning.scan import CACHE_BYTES, CLOSE, FRESH_BYTES, take_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from label_auditor.confident_learning.joint import Joint
    from label_auditor.confident_learning.kept import Kept, Whole

Array = npt.NDArray[Any]

# Values that are worked on at a time, where their numbers would take eight bytes each.
PIECE = FRESH_BYTES // 8


def smallest_of_each_group(
    values: Array,
    groups: Array,
    numbers: Array,
    cuts: Array | None = None,
    rows: Array | None = None,
) -> Array:
    """Pick the smallest values of each group, the first of equal ones.

    Parameters
    ----------
    values : ndarray of shape (n,), float
        Without NaN.
    groups : ndarray of shape (n,), int
        Group of each value, from 0.
    numbers : ndarray of shape (n_groups,), int
        How many to pick of each group.
    cuts : ndarray of shape (n_groups,), optional
        From `group_cuts`, where they are known already.
    rows : ndarray of shape (n,), int, optional
        Which of equal values are the first; by default, they are in order.

    Returns
    -------
    ndarray of shape (n,), bool

    Examples
    --------
    >>> values, groups = np.array([3.0, 1.0, 1.0, 5.0]), np.array([0, 0, 0, 1])
    >>> smallest_of_each_group(values, groups, np.array([1, 1]))
    array([False,  True, False,  True])
    """
    cuts = (group_cuts(values, groups, numbers) if cuts is None else cuts)[groups]
    picked: Array = values <= cuts
    number = np.bincount(groups[picked], minlength=numbers.size)
    if (number > numbers).any():
        # Equal values cross the cut.
        tied = np.flatnonzero(values == cuts)
        below = number - np.bincount(groups[tied], minlength=numbers.size)
        keys = () if rows is None else (rows[tied],)
        picked[tied] = rank_in_group(groups[tied], *keys) < (numbers - below)[groups[tied]]
    return picked


def group_cuts(values: Array, groups: Array, numbers: Array) -> Array:
    """Find the n-th smallest value of each group.

    Parameters
    ----------
    values, groups, numbers : ndarray
        As for `smallest_of_each_group`.

    Returns
    -------
    ndarray of shape (n_groups,), float
        Infinite where a group has fewer values, minus infinite where n is 0.
    """
    sizes = np.bincount(groups, minlength=numbers.size)
    starts = sizes.cumsum() - sizes
    cuts = np.where(numbers > 0, np.inf, -np.inf).astype(values.dtype)
    large = np.flatnonzero((numbers > 0) & (numbers <= sizes))
    if values.size > 500 * numbers.size:
        # Few large groups: splitting each of them is faster than sorting all.
        order = _order(groups)
        for group in large:
            members = values[order[starts[group] : starts[group] + sizes[group]]]
            cuts[group] = np.partition(members, numbers[group] - 1)[numbers[group] - 1]
        return cuts
    at = (starts + numbers - 1)[large]
    if values.itemsize == 4:  # A group and a value fit into a number, which takes no order to sort.
        both = groups.astype(np.uint64)
        both <<= np.uint64(32)
        for start in range(0, values.size, PIECE):
            both[start : start + PIECE] |= to_keys(values[start : start + PIECE])
        both.sort()
        cuts[large] = to_floats(both[at].astype(np.uint32))
    else:
        order = values.argsort()
        order = order[_order(groups[order])]
        cuts[large] = values[order[at]]
    return cuts


def to_keys(values: Array) -> Array:
    """Give integers in the order of floats; 0 and -0 are equal."""
    size = values.dtype.itemsize
    bits = (values + values.dtype.type(0)).view(f"u{size}")
    sign = bits.dtype.type(1 << (8 * size - 1))
    keys: Array = np.where(bits & sign, ~bits, bits | sign)
    return keys


def to_floats(keys: Array) -> Array:
    """Give the floats back."""
    size = keys.dtype.itemsize
    sign = keys.dtype.type(1 << (8 * size - 1))
    floats: Array = np.where(keys & sign, keys ^ sign, ~keys).view(f"f{size}")
    return floats


def _order(groups: Array) -> Array:
    """Sort groups, stably; small integers are sorted by radix."""
    return groups.astype(np.min_scalar_type(int(groups.max(initial=0)))).argsort(kind="stable")


def smallest(values: Array, number: int) -> Array:
    """Find the positions of the smallest values, the first of equal ones; NaN is never small."""
    if number == 0:
        return np.empty(0, np.intp)
    cut = np.partition(values, number - 1)[number - 1]
    below, equal = np.flatnonzero(values < cut), np.flatnonzero(values == cut)
    return np.append(below, equal[: number - below.size])


def rank_in_group(groups: Array, *keys: Array) -> Array:
    """Rank rows within their groups, by the first key, then the next, then by position."""
    order = np.lexsort((*reversed(keys), groups))
    sizes = np.bincount(groups)
    rank = np.empty(groups.size, np.intp)
    rank[order] = np.arange(groups.size) - np.repeat(sizes.cumsum() - sizes, sizes)
    return rank


@dataclass(frozen=True, eq=False)
class NoiseCells:
    """The pairs of given and true label that are to lose rows.

    Parameters
    ----------
    pairs : ndarray of shape (n_cells,), intp
        ``given * n_classes + true``, ascending.
    numbers : ndarray of shape (n_cells,), intp
        How many rows to flag.
    lower : ndarray of shape (n_cells,), float
        Smaller margins than this are known not to be among them.
    n_classes : int
        K.
    """

    pairs: Array
    numbers: Array
    lower: Array
    n_classes: int

    @cached_property
    def given(self) -> Array:
        """The given label of each cell."""
        given: Array = self.pairs // self.n_classes
        return given

    @cached_property
    def true(self) -> Array:
        """The true label of each cell."""
        true: Array = self.pairs % self.n_classes
        return true

    @cached_property
    def lowest(self) -> Array:
        """By given label, what all margins that are large enough are not below; else infinite."""
        lowest = np.full(self.n_classes, np.inf, self.lower.dtype)
        np.minimum.at(lowest, self.given, self.lower - 1e-6)
        return lowest

    @cached_property
    def starts(self) -> Array:
        """The first cell of each given label, and one more."""
        return np.searchsorted(self.given, np.arange(self.n_classes + 1))

    @cached_property
    def dense(self) -> bool:
        """Whether so many pairs are cells that looking at all pairs is faster."""
        return self.pairs.size > self.n_classes**2 / 8

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The smallest type that holds the position of a cell, and -1."""
        return np.dtype(np.min_scalar_type(-self.pairs.size - 1))

    @cached_property
    def positions(self) -> Array:
        """Position of each pair among the cells, -1 where it is none; for dense cells."""
        positions = np.full(self.n_classes**2, -1, self.dtype)
        positions[self.pairs] = np.arange(self.pairs.size)
        return positions

    @cached_property
    def bounds(self) -> Array:
        """What p(true label) has to exceed p(given label) by, as a matrix."""
        bounds = np.full(self.n_classes**2, np.inf, self.lower.dtype)
        # Sums are rounded otherwise than margins; what this lets through is looked at again.
        bounds[self.pairs] = self.lower - 1e-6
        return bounds.reshape(self.n_classes, self.n_classes)

    def find(self, given: Array, true: Array) -> Array:
        """Find the cells of some pairs of labels; -1 where there is none."""
        found = np.empty(given.size, self.dtype)
        for start in range(0, given.size, PIECE):
            some = slice(start, start + PIECE)
            pairs = given[some].astype(np.intp) * self.n_classes + true[some]
            if self.dense:
                found[some] = self.positions[pairs]
            else:
                cell = np.searchsorted(self.pairs, pairs)
                cell[self.pairs.take(cell, mode="clip") != pairs] = -1
                found[some] = cell
        return found

    def keep(self, which: Array, lower: Array) -> NoiseCells:
        """Keep some of the cells, with other bounds."""
        return NoiseCells(self.pairs[which], self.numbers[which], lower[which], self.n_classes)


class CellMargins(NamedTuple):
    """Margins of rows in cells: p(true label) - p(given label).

    Attributes
    ----------
    row, cell : ndarray of shape (n,), int
    margin : ndarray of shape (n,), float
    """

    row: Array
    cell: Array
    margin: Array


def merge_margins(blocks: Sequence[CellMargins], starts: Sequence[int]) -> CellMargins:
    """Put the margins of blocks together, which begin at these rows."""
    rows = [found.row + np.intp(start) for found, start in zip(blocks, starts, strict=True)]
    _, cells, margins = zip(*blocks, strict=True)
    return CellMargins(*(np.concatenate(parts) for parts in (rows, cells, margins)))


def noise_cells(counts: Joint, pruned: Array, dtype: npt.DTypeLike) -> NoiseCells:
    """Take the off-diagonal cells of prune counts, for the given labels that may be pruned.

    Parameters
    ----------
    counts : Joint
        From `label_auditor.confident_learning.joint.prune_counts`.
    pruned : ndarray of shape (K,), bool
        Given labels that may be pruned.
    dtype : dtype
        Of the margins. The bounds are above 0 by the least amount.
    """
    which = counts.off_diagonal & (counts.count > 0) & pruned[counts.given]
    pairs = (counts.given * counts.n_classes + counts.true)[which]
    lower = np.full(pairs.size, np.finfo(dtype).tiny, dtype)
    return NoiseCells(pairs, counts.count[which], lower, counts.n_classes)


def cell_margins(
    rows: Array, given: Array, given_prob: Array, kept: Kept, cells: NoiseCells
) -> CellMargins:
    """Find margins of rows in the cells of their given labels, where they are large enough.

    Parameters
    ----------
    rows : ndarray of shape (n,), intp
        Positions in a block, ascending.
    given, given_prob : ndarray of shape (n,)
        Given labels and self-confidences there.
    kept : Whole or Entries
        Probabilities of the block.
    cells : NoiseCells
        The cells.

    Returns
    -------
    CellMargins
        In the order of the rows; positions and cells in small types.
    """
    if cells.dense:
        if isinstance(kept, Entries):
            at, true, prob = kept.find(rows, float(cells.lower.min()) - 2 * CLOSE)
        else:
            at, true, prob = _large_enough(rows, given, given_prob, kept, cells)
        cell = cells.find(given[at], true)
    else:
        first = cells.starts[given]
        sizes = cells.starts[given + 1] - first
        at = np.repeat(np.arange(rows.size), sizes)
        cell = np.arange(at.size) + np.repeat(first - (sizes.cumsum() - sizes), sizes)
        prob = kept.take(rows[at], cells.true[cell])
    margin = prob - given_prob[at]
    found = np.flatnonzero((cell >= 0) & (margin >= cells.lower[cell]))
    return CellMargins(
        rows[at[found]].astype(np.int32), cell[found].astype(cells.dtype), margin[found]
    )


def _large_enough(
    rows: Array, given: Array, given_prob: Array, kept: Whole, cells: NoiseCells
) -> tuple[Array, Array, Array]:
    """Find rows and true labels whose margins may be large enough, in pieces that stay cached."""
    found = [np.empty(0, np.intp)]
    probs = [np.empty(0, given_prob.dtype)]
    step = max(1, CACHE_BYTES // (4 * given_prob.itemsize * cells.n_classes))
    for start in range(0, rows.size, step):
        piece = slice(start, start + step)
        bounds = cells.bounds.take(given[piece], axis=0)
        bounds += given_prob[piece, None]
        part = take_rows(kept.probs, rows[piece])
        places = np.flatnonzero(part >= bounds)
        probs.append(part.ravel()[places])
        found.append(places + start * cells.n_classes)
    at, true = np.divmod(np.concatenate(found), cells.n_classes)
    return at, true, np.concatenate(probs)


def rank_by_noise_rate(given: Array, predicted: Array, margin: Array, counts: Joint) -> Array:
    """Rank candidates within their given label so that the first n keep to the noise rates.

    Each pair of given and predicted label gets places in proportion to its count, as parties get
    seats by the D'Hondt method, and fills them with its largest margins.

    Parameters
    ----------
    given, predicted : ndarray of shape (n,), int
        Labels of the candidates.
    margin : ndarray of shape (n,), float
        p(predicted label) - p(given label).
    counts : Joint
        From `label_auditor.confident_learning.joint.prune_counts`.

    Returns
    -------
    ndarray of shape (n,), intp
    """
    pairs, cell = np.unique(
        given.astype(np.intp) * counts.n_classes + predicted, return_inverse=True
    )
    counted = counts.given * counts.n_classes + counts.true
    at = np.searchsorted(counted, pairs)
    places = np.where(counted.take(at, mode="clip") == pairs, counts.count.take(at, mode="clip"), 0)
    with np.errstate(divide="ignore"):
        turn = (rank_in_group(cell, -margin) + 1) / places[cell]
    return rank_in_group(given, turn, -margin)
