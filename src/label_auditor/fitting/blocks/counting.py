"""Leave-one-out naive Bayes in two passes: blocks are counted and added, then each is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from label_auditor.data.messages import list_rows, warn
from label_auditor.fitting.blocks.learning import name_place, take_labelled
from label_auditor.fitting.blocks.prediction import hold_probabilities
from label_auditor.fitting.blocks.reading import BlockLabels, name_block
from label_auditor.fitting.blocks.scheduler import hold, in_turns, task
from label_auditor.fitting.blocks.sums import COUNTING
from label_auditor.fitting.leave_one_out.arithmetic import Data
from label_auditor.fitting.leave_one_out.registry import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from label_auditor.fitting.blocks.estimators import Learner
    from label_auditor.fitting.blocks.reading import Blocks

# Counts that are added at a time: more would have to be in the memory of one worker together.
ADDED_AT_A_TIME = 4


class Sums(NamedTuple):
    """What blocks add up to.

    Attributes
    ----------
    total : Delayed
        The sum of all blocks, with a model that can predict.
    levels : list of list of Delayed
        The sums on the way: those of single blocks, of a few, of a few of these, and so on; none
        if nobody needs them.
    places : ndarray of shape (n_blocks,), int
        The place of each block among those that add something; -1 if it adds nothing.
    """

    total: Any
    levels: list[list[Any]]
    places: NDArray[np.intp]

    def list_others(self, block: int) -> list[Any]:
        """Give sums that together are those of all blocks but one."""
        others = []
        place = int(self.places[block])
        for level in self.levels[:-1] if place >= 0 else []:
            first = place - place % ADDED_AT_A_TIME
            group = range(first, min(first + ADDED_AT_A_TIME, len(level)))
            others += [level[each] for each in group if each != place]
            place //= ADDED_AT_A_TIME
        return others


def count_blocks(learner: Learner, blocks: Blocks, used: NDArray[np.intp]) -> Any:
    """Count all blocks.

    Parameters
    ----------
    learner : Learner
        The naive Bayes classifier.
    blocks : Blocks
        The data, after the steps before the classifier.
    used : ndarray of shape (n_samples,), int
        Position of the class that each row trains with; -1 for a row that doesn't train.

    Returns
    -------
    Delayed
        The classifier of all rows that train.
    """
    known = np.unique(used[used >= 0])
    return task(_give_model, _add_blocks(learner, blocks, used, known, keep=False).total)


def leave_out_blocks(
    learner: Learner,
    blocks: Blocks,
    used: NDArray[np.intp],
    known: NDArray[np.intp],
) -> tuple[Any, Any, NDArray[np.intp]]:
    """Count all blocks, and judge each row by a model of all others.

    Returns
    -------
    model : Delayed
        The classifier of all rows.
    pred_probs : array of shape (n_samples, n_classes)
        A row is NaN where a model without it can't be fitted.
    missing : ndarray of int
        These rows.
    """
    kind = COUNTING[type(learner.last)]
    sums = _add_blocks(learner, blocks, used, known, keep=kind.needs_others)
    weighty = blocks.find_weighty(used)
    n_weighty = np.bincount(used[weighty], minlength=len(blocks.classes))
    alone = known[n_weighty[known] == 1]

    def judge(block: int) -> Any:
        labels = blocks.training_labels(block, used)
        others = sums.list_others(block)
        return task(_judge_block, sums.total, others, blocks.parts[block], labels, known, alone)

    pred_probs, missing = hold_probabilities(blocks, judge)
    failed = missing[~(np.isin(used[missing], alone) & weighty[missing])]
    if len(failed):
        name = type(learner.last).__name__
        warn(
            f"cv='loo' can't judge {list_rows(failed)}: {name} can't be fitted to all others "
            f"({METHODS[type(learner.last)].failure}). Such rows are not evaluated.",
        )
    return task(_give_model, sums.total), pred_probs, missing


def _add_blocks(
    learner: Learner,
    blocks: Blocks,
    used: NDArray[np.intp],
    known: NDArray[np.intp],
    *,
    keep: bool,
) -> Sums:
    """Add what the blocks add, and keep the sums of which the total is made, if they are needed."""
    trains = np.add.reduceat(used >= 0, blocks.starts[:-1]) > 0
    level: list[Any] = []
    for turn in in_turns(len(blocks)):
        counts = [
            task(
                _count_block,
                learner.last,
                blocks.parts[block],
                blocks.training_labels(block, used),
                known,
                name_block(block, len(blocks)),
            )
            for block in turn
            if trains[block]
        ]
        level = [*level, *hold(counts)] if keep else hold(_add_up([*level, *counts]))
    levels = [level]
    while len(levels[-1]) > 1:
        levels.append(hold(_add_groups(levels[-1])))
    total = hold([task(_finish, levels[-1][0])])[0]
    places = np.where(trains, np.cumsum(trains) - 1, -1)
    return Sums(total, levels if keep else [], places)


def _add_up(counts: list[Any]) -> list[Any]:
    """Add counts, a few at a time, until one is left."""
    while len(counts) > 1:
        counts = _add_groups(counts)
    return counts


def _add_groups(counts: list[Any]) -> list[Any]:
    """Add counts, a few at a time."""
    return [
        task(_add, counts[first : first + ADDED_AT_A_TIME])
        for first in range(0, len(counts), ADDED_AT_A_TIME)
    ]


def _count_block(
    classifier: Any, X: Any, labels: BlockLabels, known: NDArray[np.intp], where: str
) -> Any:
    """Count a block."""
    data = _take_data(X, labels, known)
    try:
        return COUNTING[type(classifier)].of_rows(classifier, data)
    except Exception as error:
        raise name_place(error, where) from error


def _take_data(X: Any, labels: BlockLabels, known: NDArray[np.intp]) -> Data:
    """Give the rows of a block that train, with the classes that have rows anywhere."""
    taken, codes, weights = take_labelled(X, labels)
    weights = np.ones(len(codes)) if weights is None else weights
    return Data(taken, np.searchsorted(known, codes), labels.classes[known], weights, {})


def _add(counts: list[Any]) -> Any:
    """Add the counts of some blocks."""
    return counts[0].add(counts[1:])


def _finish(counts: Any) -> Any:
    """Make the model of all blocks."""
    return counts.finish()


def _judge_block(
    total: Any,
    others: list[Any],
    X: Any,
    labels: BlockLabels,
    known: NDArray[np.intp],
    alone: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Predict each row of a block by a model of all other rows."""
    model, codes = total.model, labels.codes
    pred_probs = np.zeros((len(codes), len(labels.classes)))
    rows = codes >= 0
    if not rows.all():
        pred_probs[:, known] = model.predict_proba(X)
    if rows.any():
        data = _take_data(X, labels, known)._replace(known=total.know(others))
        judge: Callable[[Any, Data], NDArray[np.float64]] = METHODS[type(model)].predict
        found = judge(model, data)
        found[~np.isfinite(found).all(axis=1)] = np.nan
        found[np.isin(codes[rows], alone) & (data.weights != 0)] = np.nan
        pred_probs[np.ix_(rows, known)] = found
    pred_probs[np.isnan(pred_probs).any(axis=1)] = np.nan
    return pred_probs


def _give_model(counts: Any) -> Any:
    return counts.model
