"""Fits by `partial_fit`: a model travels from block to block, and learns where each lies."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone

from label_auditor._sklearn import _safe_indexing
from label_auditor.fitting.blocks.reading import BlockLabels, name_block
from label_auditor.fitting.blocks.scheduler import hold, in_turns, task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

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
    parts : list of Delayed
        All blocks of X, after the steps so far.
    steps : tuple
        These steps, fitted.
    """

    name: str
    blocks: NDArray[np.bool_]
    known: NDArray[np.intp]
    parts: list[Any]
    steps: tuple[Any, ...] = ()


def learn_in_blocks(
    estimator: Any,
    blocks: Blocks,
    used: NDArray[np.intp],
    fits: Sequence[Fit],
    learn: Callable[[Any, Any, BlockLabels, NDArray[np.intp]], None] | None = None,
) -> list[Any]:
    """Fit a clone of an estimator for each fit, in the order of the blocks.

    Parameters
    ----------
    estimator : estimator
        The classifier, or a step before it.
    blocks : Blocks
        The data.
    used : ndarray of shape (n_samples,), int
        Position of the class that each row trains with; -1 for a row that doesn't train.
    fits : sequence of Fit
        What each model learns from. A block is read once for all of them.
    learn : callable, default=None
        Lets a model learn from a block, given also the labels and the known classes;
        `learn_labels` if None.

    Returns
    -------
    list of Delayed
        The fitted estimators, where they are.
    """
    models = [task(clone, estimator) for _ in fits]
    for turn in in_turns(len(blocks)):
        for block in turn:
            labels = blocks.training_labels(block, used)
            for number, fit in enumerate(fits):
                if fit.blocks[block]:
                    where = f"{fit.name}, {name_block(block, len(blocks))},"
                    models[number] = task(
                        _learn_block,
                        learn or learn_labels,
                        models[number],
                        fit.parts[block],
                        labels,
                        fit.known,
                        where,
                    )
        models = hold(models)
    return models


def learn_labels(model: Any, X: Any, labels: BlockLabels, known: NDArray[np.intp]) -> None:
    """Let a classifier learn from the rows of a block that have a label."""
    X, codes, weights = take_labelled(X, labels)
    weighted = {} if weights is None else {"sample_weight": weights}
    # scikit-learn refuses rows of which none has a weight.
    if len(codes) and (weights is None or weights.any()):
        classes = labels.classes
        model.partial_fit(X, classes[codes], classes=classes[known], **weighted)


def take_labelled(
    X: Any, labels: BlockLabels
) -> tuple[Any, NDArray[np.signedinteger], NDArray[np.float64] | None]:
    """Give the rows of a block that have a label, their codes and their weights."""
    rows = np.flatnonzero(labels.codes >= 0)
    if len(rows) == len(labels.codes):
        return X, labels.codes, labels.weights
    weights = None if labels.weights is None else labels.weights[rows]
    return _safe_indexing(X, rows), labels.codes[rows], weights


def name_place(error: Exception, where: str) -> Exception:
    """Give an error that says where it was."""
    kind = ValueError if isinstance(error, ValueError) else RuntimeError
    return kind(f"{where} raised {type(error).__name__}: {error}")


def _learn_block(
    learn: Any, model: Any, X: Any, labels: BlockLabels, known: NDArray[np.intp], where: str
) -> Any:
    """Give a model that has learned from one more block."""
    # What a task gets may be used again, if a worker is lost.
    model = deepcopy(model)
    try:
        learn(model, X, labels, known)
    except Exception as error:
        raise name_place(error, where) from error
    return model
