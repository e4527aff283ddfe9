"""Fits by `partial_fit`: a model travels from block to block, and learns where each lies."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone

from label_auditor._sklearn import _safe_indexing
from label_auditor.fitting.blocks.reading import BlockLabels, read_features
from label_auditor.fitting.blocks.scheduler import hold, in_turns, task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from label_auditor.fitting.blocks.estimators import Learner
    from label_auditor.fitting.blocks.reading import Blocks


class Fit(NamedTuple):
    """A model that is to learn.

    Attributes
    ----------
    name : str
        What messages call it.
    blocks : ndarray of shape (n_blocks,), bool
        The blocks that it learns from.
    known : ndarray of int
        The classes that have rows there, as positions.
    """

    name: str
    blocks: NDArray[np.bool_]
    known: NDArray[np.intp]


def learn_in_blocks(
    learner: Learner, blocks: Blocks, used: NDArray[np.intp], fits: Sequence[Fit]
) -> list[Any]:
    """Fit a clone of the classifier for each fit, in the order of the blocks.

    Parameters
    ----------
    learner : Learner
        The classifier, and the steps before it.
    blocks : Blocks
        The data.
    used : ndarray of shape (n_samples,), int
        Position of the class that each row trains with; -1 for a row that doesn't train.
    fits : sequence of Fit
        What each model learns from. A block is read once for all of them.

    Returns
    -------
    list of Delayed
        The fitted classifiers, where they are.
    """
    models = [task(clone, learner.last) for _ in fits]
    for turn in in_turns(len(blocks)):
        for block in turn:
            labels = blocks.training_labels(block, used)
            features = read_block(learner, blocks, block)
            where = name_block(block, len(blocks))
            for number, fit in enumerate(fits):
                if fit.blocks[block]:
                    models[number] = task(
                        _learn_block, models[number], features, labels, fit.known, fit.name, where
                    )
        models = hold(models)
    return models


def read_block(learner: Learner, blocks: Blocks, block: int) -> Any:
    """Give a block of X as the classifier takes it, as a task."""
    where = name_block(block, len(blocks))
    return task(read_features, learner.before, blocks.parts[block], blocks.labels[block], where)


def name_block(block: int, n_blocks: int) -> str:
    """Name a block in a message."""
    return f"block {block + 1} of {n_blocks}"


def take_labelled(X: Any, labels: BlockLabels) -> tuple[Any, NDArray[np.signedinteger]]:
    """Give the rows of a block that have a label, and their codes."""
    rows = np.flatnonzero(labels.codes >= 0)
    if len(rows) == len(labels.codes):
        return X, labels.codes
    return _safe_indexing(X, rows), labels.codes[rows]


def _learn_block(
    model: Any, X: Any, labels: BlockLabels, known: NDArray[np.intp], name: str, where: str
) -> Any:
    """Give a model that has learned from one more block."""
    X, codes = take_labelled(X, labels)
    if len(codes) == 0:
        return model
    # What a task gets may be used again, if a worker is lost.
    model = deepcopy(model)
    try:
        model.partial_fit(X, labels.classes[codes], classes=labels.classes[known])
    except Exception as error:
        kind = ValueError if isinstance(error, ValueError) else RuntimeError
        raise kind(f"{name}, {where}, raised {type(error).__name__}: {error}") from error
    return model
