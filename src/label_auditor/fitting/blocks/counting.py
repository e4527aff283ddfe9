"""Leave-one-out naive Bayes in two passes: counts add up over blocks, then each block is judged."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone

from label_auditor.data.messages import list_rows, warn
from label_auditor.fitting.blocks.learning import name_block, read_block, take_labelled
from label_auditor.fitting.blocks.prediction import hold_probabilities
from label_auditor.fitting.blocks.scheduler import hold, in_turns, task
from label_auditor.fitting.leave_one_out.arithmetic import Data
from label_auditor.fitting.leave_one_out.naive_bayes import count_adding_rows
from label_auditor.fitting.leave_one_out.registry import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from label_auditor.fitting.blocks.estimators import Learner
    from label_auditor.fitting.blocks.reading import BlockLabels, Blocks

# Counts that are added at a time: more would have to be in the memory of one worker together.
ADDED_AT_A_TIME = 4


class Counts(NamedTuple):
    """What some blocks add to a model.

    Attributes
    ----------
    model : classifier
        One of `COUNTING`, fitted on the blocks by its counts; its logarithms may be older.
    n_adding : ndarray of int, shape (n_classes, n_features)
        How many rows add something to each count.
    """

    model: Any
    n_adding: NDArray[np.int32]


def count_blocks(
    learner: Learner, blocks: Blocks, used: NDArray[np.intp], known: NDArray[np.intp]
) -> Any:
    """Count all blocks.

    Parameters
    ----------
    learner : Learner
        The naive Bayes classifier, and the steps before it.
    blocks : Blocks
        The data.
    used : ndarray of shape (n_samples,), int
        Position of the class that each row trains with; -1 for a row that doesn't train.
    known : ndarray of int
        The classes that have rows, as positions.

    Returns
    -------
    Delayed
        The `Counts` of all rows, with a model that can predict.
    """
    trains = np.add.reduceat(used >= 0, blocks.starts[:-1]) > 0
    counts: list[Any] = []
    for turn in in_turns(len(blocks)):
        for block in turn:
            if trains[block]:
                labels = blocks.training_labels(block, used)
                features = read_block(learner, blocks, block)
                where = name_block(block, len(blocks))
                counts.append(task(_count_block, learner.last, features, labels, known, where))
        counts = hold(_add_up(counts))
    return hold([task(_finish, counts[0])])[0]


def leave_out_blocks(
    learner: Learner,
    blocks: Blocks,
    used: NDArray[np.intp],
    known: NDArray[np.intp],
) -> tuple[Any, Any]:
    """Count all blocks, and judge each row by a model of all others.

    Returns
    -------
    model : Delayed
        The classifier of all rows.
    pred_probs : array of shape (n_samples, n_classes)
        A row is NaN where a model without it can't be fitted.
    """
    counts = count_blocks(learner, blocks, used, known)
    alone = known[np.bincount(used[used >= 0], minlength=len(blocks.classes))[known] == 1]

    def judge(block: int) -> Any:
        labels = blocks.training_labels(block, used)
        features = read_block(learner, blocks, block)
        return task(_judge_block, counts, features, labels, known, alone)

    pred_probs, missing = hold_probabilities(blocks, judge)
    failed = missing[~np.isin(used[missing], alone)]
    if len(failed):
        name = type(learner.last).__name__
        warn(
            f"cv='loo' can't judge {list_rows(failed)}: {name} can't be fitted to all others "
            f"({METHODS[type(learner.last)].failure}). Such rows are not evaluated.",
        )
    return task(_give_model, counts), pred_probs


def _add_up(counts: list[Any]) -> list[Any]:
    """Add counts, a few at a time, until one is left."""
    while len(counts) > 1:
        counts = [
            task(_add, counts[first : first + ADDED_AT_A_TIME])
            for first in range(0, len(counts), ADDED_AT_A_TIME)
        ]
    return counts


def _count_block(
    classifier: Any, X: Any, labels: BlockLabels, known: NDArray[np.intp], where: str
) -> Counts:
    """Count a block."""
    X, codes = take_labelled(X, labels)
    classes = labels.classes[known]
    codes = np.searchsorted(known, codes)
    try:
        with np.errstate(divide="ignore", invalid="ignore"):  # of logarithms, not used here
            model = clone(classifier).partial_fit(X, classes[codes], classes=classes)
    except ValueError as error:
        raise ValueError(f"{where} raised {type(error).__name__}: {error}") from error
    data = Data(X, codes, classes, np.ones(len(codes)), {})
    return Counts(model, count_adding_rows(model, data))


def _add(counts: list[Counts]) -> Counts:
    """Add the counts of some blocks."""
    model = deepcopy(counts[0].model)
    for each in counts[1:]:
        model.feature_count_ += each.model.feature_count_
        model.class_count_ += each.model.class_count_
    n_adding: NDArray[np.int32] = sum(each.n_adding for each in counts[1:]) + counts[0].n_adding
    return Counts(model, n_adding)


def _finish(counts: Counts) -> Counts:
    """Let a model find the logarithms of its counts: it learns from a row that adds nothing."""
    import pandas as pd

    model = deepcopy(counts.model)
    nothing = np.zeros((1, model.n_features_in_))
    names = getattr(model, "feature_names_in_", None)
    row = nothing if names is None else pd.DataFrame(nothing, columns=names)
    model.class_count_[0] -= 1  # the row adds itself
    model.partial_fit(row, model.classes_[:1])
    return counts._replace(model=model)


def _judge_block(
    counts: Counts,
    X: Any,
    labels: BlockLabels,
    known: NDArray[np.intp],
    alone: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Predict each row of a block by a model of all other rows."""
    pred_probs = np.zeros((len(labels.codes), len(labels.classes)))
    rows = labels.codes >= 0
    if not rows.all():
        pred_probs[:, known] = counts.model.predict_proba(X)
    if rows.any():
        taken, codes = take_labelled(X, labels)
        codes = np.searchsorted(known, codes)
        weights = np.ones(len(codes))
        data = Data(taken, codes, counts.model.classes_, weights, {}, counts.n_adding)
        judge: Callable[[Any, Data], NDArray[np.float64]] = METHODS[type(counts.model)].predict
        found = judge(counts.model, data)
        found[~np.isfinite(found).all(axis=1)] = np.nan
        pred_probs[np.ix_(rows, known)] = found
    pred_probs[np.isnan(pred_probs).any(axis=1) | np.isin(labels.codes, alone)] = np.nan
    return pred_probs


def _give_model(counts: Counts) -> Any:
    return counts.model
