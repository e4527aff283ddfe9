"""Weights of rows, in the blocks of X."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.lazy_labels import list_parts
from label_auditor.fitting.blocks.reading import (
    BlockLabels,
    Blocks,
    align,
    is_lazy,
    refuse_other_blocks,
)
from label_auditor.fitting.blocks.scheduler import compute, hold, task
from label_auditor.fitting.inputs import check_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray


def weigh_blocks(blocks: Blocks, X: Any, sample_weight: Any, used: NDArray[np.intp]) -> Blocks:
    """Give blocks weights.

    Parameters
    ----------
    blocks : Blocks
        The data.
    X : dask array, DataFrame or Series
        What they were read from.
    sample_weight : array-like, dask array or Series, or None
        A weight for each row; of dask, in the same blocks as X.
    used : ndarray of shape (n_samples,), int
        Position of the class that each row trains with; -1 for a row that doesn't train.

    Returns
    -------
    Blocks

    Raises
    ------
    ValueError
        If a fit in memory would refuse the weights, or they have other blocks.
    """
    if sample_weight is None:
        return blocks
    if is_lazy(sample_weight):
        parts = hold([task(np.asarray, part) for part in list_parts(align(sample_weight, X))])
        found = compute(parts)
        full = [number for number, part in enumerate(found) if len(part)]
        parts, found = [parts[number] for number in full], [found[number] for number in full]
        weights = np.concatenate(found) if found else np.zeros(0)
        check_weights(weights, used, blocks.classes)
        if not np.array_equal(list(map(len, found)), np.diff(blocks.starts)):
            refuse_other_blocks("the blocks of sample_weight and X have other rows")
    else:
        weights = np.asarray(sample_weight)
        check_weights(weights, used, blocks.classes)
        parts = np.split(weights, blocks.starts[1:-1])
    # Held, so that weights are sent once.
    labels = hold([task(_weigh, *both) for both in zip(blocks.labels, parts, strict=True)])
    return replace(blocks, labels=labels, weights=weights.astype(np.float64))


def _weigh(labels: BlockLabels, weights: NDArray[Any]) -> BlockLabels:
    """Give the rows of a block weights."""
    return labels._replace(weights=weights.astype(np.float64))
