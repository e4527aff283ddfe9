"""The prune rules: of each class, or of each pair of labels, as many rows as the joint expects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.joint import prune_counts
from label_auditor.confident_learning.scan import CLOSE
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
    from collections.abc import Callable, Sequence

    from label_auditor.confident_learning.evidence import Disputes, Evidence
    from label_auditor.confident_learning.joint import Joint
    from label_auditor.confident_learning.row_blocks import LabelledRows

__all__ = ["prune_by_both", "prune_by_class", "prune_by_noise_rate"]

Array = npt.NDArray[Any]


class _Criterion(NamedTuple):
    """How a prune rule chooses among candidates.

    Attributes
    ----------
    rank : callable
        Ranks candidates within their given label, so that the first n of it are to be flagged.
    keep : callable
        Tells which disputed rows are among as many as the joint expects.
    """

    rank: Callable[[Disputes, Joint], Array]
    keep: Callable[[Evidence, Joint, Array], Array]


def prune_by_noise_rate(found: Evidence, **limits: Any) -> Array:
    """Flag, for each pair of given and true label, as many rows as the joint expects."""
    return _prune(found, (_BY_NOISE_RATE,), **limits)


def prune_by_class(found: Evidence, **limits: Any) -> Array:
    """Flag, for each given label, as many rows as the joint expects."""
    return _prune(found, (_BY_CLASS,), **limits)


def prune_by_both(found: Evidence, **limits: Any) -> Array:
    """Flag what the two rules above both flag."""
    return _prune(found, (_BY_CLASS, _BY_NOISE_RATE), **limits)


def _prune(
    found: Evidence,
    criteria: tuple[_Criterion, ...],
    *,
    frac_noise: float,
    min_examples_per_class: int,
    num_to_remove_per_class: Sequence[int] | None,
) -> Array:
    """Find the rows that all criteria flag."""
    sizes, disputes = found.groups.sizes, found.disputes
    counts = prune_counts(
        found.joint, min_examples_per_class=min_examples_per_class, frac_noise=frac_noise
    )
    pruned = sizes > max(min_examples_per_class, 1)
    if num_to_remove_per_class is not None:
        number = np.minimum(num_to_remove_per_class, sizes - min_examples_per_class)
        return _remove(disputes.candidates(), counts, criteria, np.where(pruned, number, 0))
    flagged = disputes.candidate.copy()
    for criterion in criteria:
        flagged &= criterion.keep(found, counts, pruned)
    rows: Array = disputes.rows[flagged]
    return rows


def _remove(
    candidates: Disputes, counts: Joint, criteria: tuple[_Criterion, ...], number: Array
) -> Array:
    """Find a number of candidates of each class, in the order of the criteria."""
    # Several lists grow until enough rows are on all of them.
    ranks = [criterion.rank(candidates, counts) for criterion in criteria]
    rank = rank_in_group(candidates.given, np.maximum.reduce(ranks))
    rows: Array = candidates.rows[rank < number[candidates.given]]
    return rows


def _rank_by_class(candidates: Disputes, _counts: Joint) -> Array:
    """Rank candidates within their given label, by the lowest self-confidence."""
    return rank_in_group(candidates.given, candidates.given_prob)


def _rank_by_noise_rate(candidates: Disputes, counts: Joint) -> Array:
    """Rank candidates within their given label so that the first n keep to the noise rates."""
    return rank_by_noise_rate(candidates.given, candidates.predicted, candidates.margin, counts)


def _keep_by_class(found: Evidence, counts: Joint, pruned: Array) -> Array:
    """Tell which disputed rows have the lowest self-confidences of their classes."""
    data, given_prob, disputes, groups, _ = found
    numbers = np.where(pruned, groups.sizes - counts.count[~counts.off_diagonal], 0)
    cuts = np.full(numbers.size, -np.inf, given_prob.dtype)
    picked = np.zeros(disputes.rows.size, bool)
    for k in np.flatnonzero(numbers > 0):
        values = np.concatenate(groups.parts(k))
        cuts[k] = cut = np.partition(values, numbers[k] - 1)[numbers[k] - 1]
        left = numbers[k] - np.count_nonzero(values < cut)
        if left < np.count_nonzero(values == cut):
            # Equal values cross the cut: the first rows are taken.
            tied = np.flatnonzero((given_prob == cut) & (data.codes == k))[:left]
            picked[np.isin(disputes.rows, tied)] = True
            cuts[k] = np.nextafter(cut, cut.dtype.type(-1))
    return picked | (disputes.given_prob <= cuts[disputes.given])


def _keep_by_noise_rate(found: Evidence, counts: Joint, pruned: Array) -> Array:
    """Tell which disputed rows have the largest margins of their cells."""
    data, given_prob, disputes, *_ = found
    cells = noise_cells(counts, pruned, given_prob.dtype)
    if cells.pairs.size == 0:
        return np.zeros(disputes.rows.size, bool)
    cells = replace(cells, lower=_lower_bounds(data, disputes, cells))
    margins = _margins(data, disputes.rows, given_prob, cells)
    flagged = _largest(data, margins, cells.numbers)
    short = np.bincount(margins.cell, minlength=cells.numbers.size) < cells.numbers
    left = disputes.candidate & ~flagged[disputes.rows]
    if short.any() and left.any():
        # Some cells take more rows than have a positive margin there. All rows compete that may
        # have as large a margin as the candidates left: at least -p(given label).
        reach = np.full(cells.n_classes, -np.inf, given_prob.dtype)
        np.maximum.at(reach, disputes.given[left], disputes.given_prob[left])
        reach[np.isin(np.arange(cells.n_classes), cells.given[short], invert=True)] = -np.inf
        whole = 1 + data.tolerance + CLOSE * cells.n_classes
        rows = np.flatnonzero((data.codes >= 0) & (given_prob <= (whole + reach[data.codes]) / 2))
        cells = cells.keep(short, -reach[cells.given])
        flagged |= _largest(data, _margins(data, rows, given_prob, cells), cells.numbers)
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


def _margins(
    data: LabelledRows, wanted: Array, given_prob: Array, cells: NoiseCells
) -> CellMargins:
    """Find the margins of some rows, block by block."""

    def margins_block(rows: slice) -> CellMargins:
        part = wanted[slice(*np.searchsorted(wanted, (rows.start, rows.stop)))]
        block = data.read(rows) if part.size else np.empty((0, cells.n_classes))
        found = cell_margins(part - rows.start, data.codes[part], given_prob[part], block, cells)
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


_BY_CLASS = _Criterion(_rank_by_class, _keep_by_class)
_BY_NOISE_RATE = _Criterion(_rank_by_noise_rate, _keep_by_noise_rate)
