"""The steps of confident learning over one block of rows, wherever the block lies.

`scan_block` reads the probabilities and makes a `BlockState`, which stays with the block. Every
other step is a function of that state, and of what is known of the whole data by then; what it
gives is small. So threads can share the blocks, and so can the workers of a cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.disputes import Doubts, find_doubts
from label_auditor.confident_learning.joint import Joint, count_joint
from label_auditor.confident_learning.kept import Kept, Whole, keep_entries, suggest_bound
from label_auditor.confident_learning.scan import (
    RowScan,
    confident_classes,
    scan_rows,
)
from label_auditor.confident_learning.scores import ScoreName, score_rows
from label_auditor.confident_learning.selection import CellMargins, NoiseCells, cell_margins

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[Any]


class BlockState(NamedTuple):
    """What is kept of a block.

    Attributes
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    scan : RowScan
        What is kept of each row.
    kept : Whole or Entries
        What is kept of the probabilities.
    scores : ndarray of shape (n,), float64, or None
        Label quality scores, where the first reading gives them.
    """

    codes: Array
    scan: RowScan
    kept: Kept
    scores: Array | None


@np.errstate(invalid="ignore")
def scan_block(
    codes: Array, probs: Array, *, in_memory: bool, score: ScoreName | None = None
) -> BlockState:
    """Read a block, check it, and keep what later steps need.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    probs : ndarray of shape (n, K), float
    in_memory : bool
        Whether the probabilities can be looked at again at no cost.
    score : str, optional
        The label quality score to compute meanwhile; not an adjusted one.
    """
    scan = scan_rows(codes, probs)
    scores = None if score is None else score_rows(codes, probs, score)
    if in_memory or scan.invalid.size:  # Rows that are no probabilities will be refused.
        return BlockState(codes, scan, Whole(probs), scores)
    bound = suggest_bound(codes, scan.given_prob, probs.shape[1])
    return BlockState(codes, scan, keep_entries(codes, probs, scan, bound), scores)


def keep_more(state: BlockState, probs: Array, bound: float) -> BlockState:
    """Read a block again whose bound was too high, and keep more of it."""
    kept = keep_entries(state.codes, probs, state.scan, bound, limited=False)
    return state._replace(kept=kept)


def judge_block(state: BlockState, thresholds: Array, tolerance: float) -> tuple[Joint, Doubts]:
    """Count the confident joint of a block, in small types, and gather its doubtful rows."""
    classes = confident_classes(state.scan, thresholds, state.kept.find, tolerance=tolerance)
    joint = count_joint(state.codes, classes, thresholds.size).in_small_types()
    rows = np.flatnonzero(state.codes != state.scan.predicted)
    return joint, find_doubts(state.codes, state.scan, rows, classes[rows])


def judge_far_block(state: BlockState, thresholds: Array, tolerance: float) -> tuple[Joint, Doubts]:
    """Do the same, with the probabilities of the given labels of the doubtful rows."""
    joint, doubts = judge_block(state, thresholds, tolerance)
    return joint, doubts._replace(
        given_prob=state.scan.given_prob[state.codes != state.scan.predicted]
    )


def given_probs(state: BlockState) -> Array:
    """Give the probability of the given label of each row."""
    return state.scan.given_prob


def likeliest_classes(state: BlockState) -> Array:
    """Give the code of the likeliest class of each row; -1 where there are no probabilities."""
    return state.scan.predicted


def first_scores(state: BlockState) -> Array:
    """Give the label quality scores that the first reading gave."""
    return cast("Array", state.scores)


def mark_rows(state: BlockState, rows: Array) -> Array:
    """Mark some rows among all of the block."""
    return mark(state.codes.size, rows)


def mark(n: int, rows: Array) -> Array:
    """Mark some of n rows."""
    marked = np.zeros(n, bool)
    marked[rows] = True
    return marked


def given_probs_of_classes(state: BlockState) -> tuple[Array, Array, Array]:
    """Give the probability of the given label of each judged row, its class and its position."""
    rows = np.flatnonzero(state.codes >= 0)
    return state.scan.given_prob[rows], state.codes[rows], rows


def given_probs_of_all(state: BlockState) -> tuple[Array, Array, Array]:
    """Give the same, with all judged rows in one group."""
    values, groups, rows = given_probs_of_classes(state)
    return values, np.zeros_like(groups), rows


def likeliest_margins(state: BlockState, cells: NoiseCells) -> tuple[Array, Array]:
    """Give the margins of the likeliest classes of disputed rows, times -1, and their cells."""
    codes, scan = state.codes, state.scan
    rows = np.flatnonzero((codes != scan.predicted) & (codes >= 0))
    cell = cells.find(codes[rows], scan.predicted[rows])
    rows, cell = rows[cell >= 0], cell[cell >= 0]
    return scan.given_prob[rows] - scan.highest[rows], cell


def margins_above(
    state: BlockState, rows: Sequence[Array], groups: Sequence[NoiseCells]
) -> tuple[CellMargins, ...]:
    """Find the margins of disputed rows that are large enough for their cells.

    Those of the likeliest classes, which are known already, are left out.

    Parameters
    ----------
    state : BlockState
    rows : sequence of ndarray of int
        For each group of cells, positions in the block, ascending.
    groups : sequence of NoiseCells
        With bounds above 0 for the margins.

    Returns
    -------
    tuple of CellMargins
        Of each group of cells.
    """

    def margins_in(some: Array, cells: NoiseCells) -> CellMargins:
        own = state.scan.given_prob[some]
        found = cell_margins(some, state.codes[some], own, state.kept, cells)
        other = cells.true[found.cell] != state.scan.predicted[found.row]
        return CellMargins(*(each[other] for each in found))

    return tuple(map(margins_in, rows, groups))


def margins_below(
    state: BlockState, probs: Array, cells: NoiseCells, reach: Array, whole: float
) -> CellMargins:
    """Find all margins of a block that are at least as large as those of the rows left.

    Parameters
    ----------
    state : BlockState
    probs : ndarray of shape (n, K), float
        Read again: margins that are not positive are not among what is kept.
    cells : NoiseCells
        With bounds for the margins.
    reach : ndarray of shape (K,), float
        By given label, the highest self-confidence of the rows left.
    whole : float
        The largest sum of a row.
    """
    given, own = state.codes, state.scan.given_prob
    rows = np.flatnonzero((given >= 0) & (own <= (whole + reach[given]) / 2))
    return cell_margins(rows, given[rows], own[rows], Whole(probs), cells)
