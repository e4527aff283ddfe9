"""The prune rules: of each class, or of each pair of labels, as many rows as the joint expects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.joint import prune_counts
from label_auditor.confident_learning.row_blocks import group_rows, split_rows
from label_auditor.confident_learning.scan import CLOSE
from label_auditor.confident_learning.selection import (
    CellMargins,
    NoiseCells,
    group_cuts,
    merge_margins,
    noise_cells,
    rank_by_noise_rate,
    rank_in_group,
    smallest_of_each_group,
)
from label_auditor.confident_learning.steps import (
    given_probs_of_classes,
    likeliest_margins,
    margins_above,
    margins_below,
)
from label_auditor.confident_learning.worker_cuts import Lowest, find_lowest, nth_of_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from label_auditor.confident_learning.disputes import Disputes, Grounds
    from label_auditor.confident_learning.engines.protocol import Engine
    from label_auditor.confident_learning.joint import Joint

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
    keep: Callable[[Grounds, Joint, Array], Array]


def prune_by_noise_rate(found: Grounds, **limits: Any) -> Array:
    """Flag, for each pair of given and true label, as many rows as the joint expects."""
    return _prune(found, (_BY_NOISE_RATE,), **limits)


def prune_by_class(found: Grounds, **limits: Any) -> Array:
    """Flag, for each given label, as many rows as the joint expects."""
    return _prune(found, (_BY_CLASS,), **limits)


def prune_by_both(found: Grounds, **limits: Any) -> Array:
    """Flag what the two rules above both flag."""
    return _prune(found, (_BY_CLASS, _BY_NOISE_RATE), **limits)


def _prune(
    found: Grounds,
    criteria: tuple[_Criterion, ...],
    *,
    frac_noise: float,
    min_examples_per_class: int,
    num_to_remove_per_class: Sequence[int] | None,
) -> Array:
    """Find the rows that all criteria flag."""
    sizes, disputes = found.sizes, found.disputes
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


def _keep_by_class(found: Grounds, counts: Joint, pruned: Array) -> Array:
    """Tell which disputed rows have the lowest self-confidences of their classes."""
    engine, disputes = found.engine, found.disputes
    numbers = np.where(pruned, found.sizes - counts.count[~counts.off_diagonal], 0)
    if engine.far:
        lowest = find_lowest(engine, given_probs_of_classes, numbers)
    else:
        lowest = _lowest_of_classes(engine, numbers)
    kept: Array = lowest.include(disputes.given_prob, disputes.given, disputes.rows)
    return kept


def _lowest_of_classes(engine: Engine, numbers: Array) -> Lowest:
    """Find where the lowest self-confidences of each class end."""
    codes, given_prob = engine.data.codes, engine.given_prob
    cuts = np.full(numbers.size, -np.inf, given_prob.dtype)
    last = np.full(numbers.size, codes.size)
    groups = group_rows(engine.data, given_prob)
    for k in np.flatnonzero(numbers > 0):
        values = np.concatenate(groups.parts(k))
        cuts[k] = cut = np.partition(values, numbers[k] - 1)[numbers[k] - 1]
        left = numbers[k] - np.count_nonzero(values < cut)
        if left < np.count_nonzero(values == cut):
            last[k] = np.flatnonzero((given_prob == cut) & (codes == k))[left - 1]
    return Lowest(cuts, last)


def _keep_by_noise_rate(found: Grounds, counts: Joint, pruned: Array) -> Array:
    """Tell which disputed rows have the largest margins of their cells."""
    engine, disputes = found.engine, found.disputes
    cells = noise_cells(counts, pruned, disputes.highest.dtype)
    if cells.pairs.size == 0:
        return np.zeros(disputes.rows.size, bool)
    cells, margins = _positive_margins(engine, disputes, cells)
    flagged = _largest(engine, margins, cells.numbers)
    short = np.bincount(margins.cell, minlength=cells.numbers.size) < cells.numbers
    left = disputes.candidate & ~flagged[disputes.rows]
    if short.any() and left.any():
        # Some cells take more rows than have a positive margin there. All rows compete that may
        # have as large a margin as the candidates left: at least -p(given label).
        reach = np.full(cells.n_classes, -np.inf, cells.lower.dtype)
        np.maximum.at(reach, disputes.given[left], disputes.given_prob[left])
        reach[np.isin(np.arange(cells.n_classes), cells.given[short], invert=True)] = -np.inf
        cells = cells.keep(short, -reach[cells.given])
        blocks = engine.read_again(margins_below, cells, reach, _whole(engine))
        flagged |= _largest(engine, merge_margins(blocks, engine.starts), cells.numbers)
    return flagged[disputes.rows]


def _whole(engine: Engine) -> float:
    """Give the most that a row may sum to, with room for how that is rounded."""
    return 1 + engine.data.tolerance + CLOSE * engine.data.n_classes


def _positive_margins(
    engine: Engine, disputes: Disputes, cells: NoiseCells
) -> tuple[NoiseCells, CellMargins]:
    """Find the margins among which the largest of each cell are, and how large these are at least.

    Of the rows of a cell those are known already whose likeliest class is its true label.
    """
    cell, rows = cells.find(disputes.given, disputes.predicted), disputes.rows
    negative = disputes.given_prob - disputes.highest
    known = cell >= 0
    if not known.all():
        cell, rows, negative = cell[known], rows[known], negative[known]
    if engine.far:
        dtype = negative.dtype
        cuts = nth_of_groups(engine, likeliest_margins, cells.numbers, dtype, cells)
    else:
        cuts = _cuts(engine, negative, cell, cells.numbers)
    cells = replace(cells, lower=np.maximum(cells.lower, -cuts))
    large = np.flatnonzero(negative <= -cells.lower[cell])
    likeliest = CellMargins(rows[large], cell[large], -negative[large])
    del cell, rows, negative, known
    # Where a cell has fewer such rows than it is to lose, any margin above 0 is large enough. Of
    # the other cells few rows may have one.
    short = ~np.isfinite(cuts)
    parts = [likeliest, *_other_margins(engine, disputes, cells, (~short, short))]
    return cells, CellMargins(*map(np.concatenate, zip(*parts, strict=True)))


def _other_margins(
    engine: Engine, disputes: Disputes, cells: NoiseCells, groups: Sequence[Array]
) -> list[CellMargins]:
    """Find the margins in groups of cells whose true label is not the likeliest class."""
    some = [cells.keep(which, cells.lower) for which in groups]
    rows = [_may_have_more(disputes, group, _whole(engine)) for group in some]
    if not any(each.size for each in rows):
        return []
    by_block = zip(*(split_rows(each, engine.starts) for each in rows), strict=True)
    blocks = engine.ask(margins_above, some, each=list(by_block))
    found = [merge_margins(parts, engine.starts) for parts in zip(*blocks, strict=True)]
    return [
        each._replace(cell=np.flatnonzero(which)[each.cell])
        for which, each in zip(groups, found, strict=True)
    ]


def _may_have_more(disputes: Disputes, cells: NoiseCells, whole: float) -> Array:
    """Find the rows that may have a margin large enough beside that of the likeliest class."""
    # A third class has no more than the likeliest and the given one leave.
    most = whole - disputes.highest
    most -= disputes.given_prob
    np.minimum(most, disputes.highest, out=most)
    most -= disputes.given_prob
    rows: Array = disputes.rows[most >= cells.lowest[disputes.given]]
    return rows


def _cuts(engine: Engine, values: Array, cell: Array, numbers: Array) -> Array:
    """Find the n-th smallest value of each cell, with the cells shared out among the threads."""
    if engine.data.n_threads == 1:
        return group_cuts(values, cell, numbers)

    def cuts_of(cells: slice) -> Array:
        mine = np.flatnonzero((cell >= cells.start) & (cell < cells.stop))
        return group_cuts(values[mine], cell[mine] - cells.start, numbers[cells])

    return np.concatenate(engine.data.share(cuts_of, numbers.size))


def _largest(engine: Engine, found: CellMargins, numbers: Array) -> Array:
    """Flag the rows with the largest margins of each cell, the first of equal ones."""
    values = -found.margin
    cuts = _cuts(engine, values, found.cell, numbers)
    picked = smallest_of_each_group(values, found.cell, numbers, cuts, rows=found.row)
    flagged = np.zeros(engine.data.codes.size, bool)
    flagged[found.row[picked]] = True
    return flagged


_BY_CLASS = _Criterion(_rank_by_class, _keep_by_class)
_BY_NOISE_RATE = _Criterion(_rank_by_noise_rate, _keep_by_noise_rate)
