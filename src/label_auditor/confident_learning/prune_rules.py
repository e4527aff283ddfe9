"""The prune rules: of each class, or of each pair of labels, as many rows as the joint expects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.scan import CLOSE, ClassGroups, RowScan, given_label_stands
from label_auditor.confident_learning.selection import (
    CellMargins,
    NoiseCells,
    cell_margins,
    group_cuts,
    noise_cells,
    rank_by_noise_rate,
    rank_in_group,
    smallest_of_each_group,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from label_auditor.confident_learning.joint import Joint
    from label_auditor.confident_learning.row_blocks import LabelledRows

__all__ = ["Disputes", "find_disputes", "merge_disputes", "prune"]

Array = npt.NDArray[Any]


class Disputes(NamedTuple):
    """The rows whose likeliest class is not the given one.

    Attributes
    ----------
    rows : ndarray of shape (n,), intp
        Their positions, ascending.
    given, predicted : ndarray of shape (n,), int
        Codes of the given label and of the likeliest class.
    own, highest : ndarray of shape (n,), float
        Probabilities of the given label and of the likeliest class.
    candidate : ndarray of shape (n,), bool
        The given label would not be the likeliest even with 1e-6 more.
    confident : ndarray of shape (n,), bool
        Besides, the row confidently belongs to another class.
    """

    rows: Array
    given: Array
    predicted: Array
    own: Array
    highest: Array
    candidate: Array
    confident: Array

    @property
    def margin(self) -> Array:
        """p(likeliest class) - p(given label)."""
        return self.highest - self.own

    def within(self, rows: slice) -> Disputes:
        """Cut out a block of rows."""
        part = slice(*np.searchsorted(self.rows, (rows.start, rows.stop)))
        return Disputes(*(column[part] for column in self))

    def shift(self, start: int) -> Disputes:
        """Turn positions in a block into positions in the whole."""
        return self._replace(rows=self.rows + start)


def find_disputes(codes: Array, scan: RowScan, classes: Array) -> Disputes:
    """Gather the disputed rows of a block.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    scan : RowScan
        The rows.
    classes : ndarray of shape (n,), int
        The classes that they confidently belong to, from `confident_classes`.
    """
    rows = np.flatnonzero((codes != scan.predicted) & (codes >= 0))
    part = scan.part(rows)
    given = codes[rows]
    candidate = ~given_label_stands(given, part)
    confident = candidate & (classes[rows] >= 0) & (classes[rows] != given)
    return Disputes(rows, given, part.predicted, part.own, part.highest, candidate, confident)


def merge_disputes(blocks: Sequence[Disputes]) -> Disputes:
    """Put the disputed rows of all blocks together."""
    return Disputes(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))


def prune(
    data: LabelledRows,
    own: Array,
    disputes: Disputes,
    groups: ClassGroups,
    counts: Joint,
    filter_by: str,
    min_examples_per_class: int,
    num_to_remove_per_class: Sequence[int] | None,
) -> Array:
    """Find the rows to flag by a prune rule; ascending positions."""
    pruned = groups.sizes > max(min_examples_per_class, 1)
    if num_to_remove_per_class is not None:
        number = np.minimum(num_to_remove_per_class, groups.sizes - min_examples_per_class)
        return _remove(disputes, counts, filter_by, np.where(pruned, number, 0))
    flagged = disputes.candidate.copy()
    if filter_by != "prune_by_noise_rate":
        errors = groups.sizes - counts.count[~counts.off_diagonal]
        flagged &= _prune_by_class(data, own, disputes, groups, np.where(pruned, errors, 0))
    if filter_by != "prune_by_class":
        cells = noise_cells(counts, pruned, own.dtype)
        flagged &= _prune_by_noise_rate(data, own, disputes, cells)
    return disputes.rows[flagged]


def _prune_by_class(
    data: LabelledRows, own: Array, disputes: Disputes, groups: ClassGroups, numbers: Array
) -> Array:
    """Tell which disputed rows have the lowest self-confidences of their classes."""
    cuts = np.full(numbers.size, -np.inf, own.dtype)
    picked = np.zeros(disputes.rows.size, bool)
    for k in np.flatnonzero(numbers > 0):
        values = np.concatenate(groups.parts(k))
        cuts[k] = cut = np.partition(values, numbers[k] - 1)[numbers[k] - 1]
        left = numbers[k] - np.count_nonzero(values < cut)
        if left < np.count_nonzero(values == cut):
            # Equal values cross the cut: the first rows are taken.
            tied = np.flatnonzero((own == cut) & (data.codes == k))[:left]
            picked[np.isin(disputes.rows, tied)] = True
            cuts[k] = np.nextafter(cut, cut.dtype.type(-1))
    return picked | (disputes.own <= cuts[disputes.given])


def _prune_by_noise_rate(
    data: LabelledRows, own: Array, disputes: Disputes, cells: NoiseCells
) -> Array:
    """Tell which disputed rows have the largest margins of their cells."""
    if cells.pairs.size == 0:
        return np.zeros(disputes.rows.size, bool)
    cells = replace(cells, lower=_lower_bounds(data, disputes, cells))
    found = _margins(data, disputes.rows, own, cells)
    flagged = _largest(data, found, cells.numbers)
    short = np.bincount(found.cell, minlength=cells.numbers.size) < cells.numbers
    left = disputes.candidate & ~flagged[disputes.rows]
    if short.any() and left.any():
        # Some cells take more rows than have a positive margin there. All rows compete that may
        # have as large a margin as the candidates left: at least -p(given label).
        reach = np.full(cells.n_classes, -np.inf, own.dtype)
        np.maximum.at(reach, disputes.given[left], disputes.own[left])
        reach[np.isin(np.arange(cells.n_classes), cells.given[short], invert=True)] = -np.inf
        whole = 1 + data.tolerance + CLOSE * cells.n_classes
        rows = np.flatnonzero((data.codes >= 0) & (own <= (whole + reach[data.codes]) / 2))
        cells = cells.keep(short, -reach[cells.given])
        flagged |= _largest(data, _margins(data, rows, own, cells), cells.numbers)
    return flagged[disputes.rows]


def _lower_bounds(data: LabelledRows, disputes: Disputes, cells: NoiseCells) -> Array:
    """Find how large the margins flagged in each cell are at least.

    Of the rows of a cell those are known already whose likeliest class is its true label.
    """
    cell = cells.find(disputes.given, disputes.predicted)
    known = np.flatnonzero(cell >= 0)
    cuts = _cuts(data, -disputes.margin[known], cell[known], cells.numbers)
    return np.maximum(cells.lower, -cuts)


def _cuts(data: LabelledRows, values: Array, cell: Array, numbers: Array) -> Array:
    """Find the n-th smallest value of each cell, with the cells shared out among the threads."""

    def cuts_of(cells: slice) -> Array:
        mine = np.flatnonzero((cell >= cells.start) & (cell < cells.stop))
        return group_cuts(values[mine], cell[mine] - cells.start, numbers[cells])

    return np.concatenate(data.share(cuts_of, numbers.size))


def _margins(data: LabelledRows, wanted: Array, own: Array, cells: NoiseCells) -> CellMargins:
    """Find the margins of some rows, block by block."""

    def margins_block(rows: slice) -> CellMargins:
        part = wanted[slice(*np.searchsorted(wanted, (rows.start, rows.stop)))]
        block = data.read(rows) if part.size else np.empty((0, cells.n_classes))
        found = cell_margins(part - rows.start, data.codes[part], own[part], block, cells)
        return found._replace(row=found.row + rows.start)

    return CellMargins(
        *(np.concatenate(part) for part in zip(*data.map(margins_block), strict=True))
    )


def _largest(data: LabelledRows, found: CellMargins, numbers: Array) -> Array:
    """Flag the rows with the largest margins of each cell."""
    values = -found.margin
    cuts = _cuts(data, values, found.cell, numbers)
    flagged = np.zeros(data.codes.size, bool)
    flagged[found.row[smallest_of_each_group(values, found.cell, numbers, cuts)]] = True
    return flagged


def _remove(disputes: Disputes, counts: Joint, filter_by: str, number: Array) -> Array:
    """Find a number of candidates of each class, in the order of the prune rule."""
    rows, given, predicted, own, highest, *_ = (column[disputes.candidate] for column in disputes)
    by_class = rank_in_group(given, own)
    by_noise_rate = rank_by_noise_rate(given, predicted, highest - own, counts)
    rank = {
        "prune_by_class": by_class,
        "prune_by_noise_rate": by_noise_rate,
        # Both lists grow until enough rows are on both of them.
        "both": np.maximum(by_class, by_noise_rate),
    }[filter_by]
    return rows[rank_in_group(given, rank) < number[given]]
