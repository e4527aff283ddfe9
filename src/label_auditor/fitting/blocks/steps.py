"""The steps of a pipeline before its classifier, learned by `partial_fit`, one pass for each."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from label_auditor._sklearn import _num_samples
from label_auditor.fitting.blocks.learning import Fit, learn_in_blocks, take_labelled
from label_auditor.fitting.blocks.scheduler import task
from label_auditor.fitting.shared_steps import learns_from_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from label_auditor.fitting.blocks.estimators import Learner
    from label_auditor.fitting.blocks.reading import BlockLabels, Blocks


def share_in_blocks(learner: Learner, blocks: Blocks) -> tuple[Learner, Blocks]:
    """Learn the shared steps from all rows.

    Parameters
    ----------
    learner : Learner
        The estimator.
    blocks : Blocks
        The data.

    Returns
    -------
    learner : Learner
        With these steps fitted.
    blocks : Blocks
        The data after these steps.
    """
    everything = Fit("", np.ones(len(blocks), bool), np.zeros(0, np.intp), blocks.parts)
    fit = _learn_steps(learner.shared, blocks, blocks.codes, [everything], _learn_rows)[0]
    return learner._replace(shared=fit.steps), replace(blocks, parts=fit.parts)


def learn_own_steps(
    learner: Learner, blocks: Blocks, used: NDArray[np.intp], fits: Sequence[Fit]
) -> list[Fit]:
    """Learn the steps that are not shared, for each fit from the rows that it trains with.

    Parameters
    ----------
    learner : Learner
        The estimator.
    blocks : Blocks
        The data, after the shared steps.
    used : ndarray of shape (n_samples,), int
        Position of the class that each row trains with; -1 for a row that doesn't train.
    fits : sequence of Fit
        What each model learns from.

    Returns
    -------
    list of Fit
        With the steps, and the data after them.
    """
    return _learn_steps(learner.own, blocks, used, fits, _learn_labelled_rows)


def _learn_steps(
    steps: Sequence[tuple[str, Any]],
    blocks: Blocks,
    used: NDArray[np.intp],
    fits: Sequence[Fit],
    learn: Any,
) -> list[Fit]:
    """Learn each step from the blocks after the steps before it."""
    for name, step in steps:
        learned = [clone(step, safe=False)] * len(fits)
        if learns_from_data(step):
            named = [fit._replace(name=_name_step(name, fit)) for fit in fits]
            learned = learn_in_blocks(step, blocks, used, named, learn)
        fits = [
            fit._replace(steps=(*fit.steps, each)) for fit, each in zip(fits, learned, strict=True)
        ]
        if step not in (None, "passthrough"):
            fits = [
                fit._replace(parts=[task(_transform, fit.steps[-1], part) for part in fit.parts])
                for fit in fits
            ]
    return list(fits)


def _name_step(name: str, fit: Fit) -> str:
    return f"the step {name!r}" + (f" in {fit.name}" if fit.name else "")


def _transform(step: Any, X: Any) -> Any:
    """Give a block after a step."""
    return step.transform(X)


def _learn_rows(step: Any, X: Any, *_: Any) -> None:
    """Let a step learn from a block."""
    n_rows, needed = _num_samples(X), getattr(step, "n_components", None)
    try:
        step.partial_fit(X)
    except ValueError as error:
        if not isinstance(needed, Integral) or n_rows >= needed:
            raise
        raise ValueError(
            f"{error} The block has {n_rows} rows that it may learn from, and n_components is "
            f"{needed}; divide X and y into larger blocks, by rechunk or repartition."
        ) from error


def _learn_labelled_rows(step: Any, X: Any, labels: BlockLabels, _known: Any) -> None:
    """Let a step learn from the rows of a block that have a label, but not from the labels."""
    X = take_labelled(X, labels)[0]
    if _num_samples(X):
        _learn_rows(step, X)
