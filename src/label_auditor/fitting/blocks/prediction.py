"""Probabilities of all blocks: left where they are on a cluster, else one array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.divided import join_blocks
from label_auditor.fitting.blocks.scheduler import compute, find_client, hold, in_turns, task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from label_auditor.fitting.blocks.reading import Blocks


def hold_probabilities(
    blocks: Blocks, predict: Callable[[int], Any]
) -> tuple[Any, NDArray[np.intp]]:
    """Predict all blocks.

    Parameters
    ----------
    blocks : Blocks
        The data.
    predict : callable
        Gives the probabilities of a block, as a task.

    Returns
    -------
    pred_probs : ndarray or dask array of shape (n_samples, n_classes)
        With a cluster in charge, a dask array whose blocks stay with the workers; else an array.
    missing : ndarray of int
        The rows that are NaN.
    """
    if find_client() is None:
        pred_probs = _gather(blocks, predict)
        missing = [np.isnan(pred_probs[:, 0])]
    else:
        parts = hold([predict(block) for block in range(len(blocks))])
        missing = compute([task(_find_missing, part) for part in parts])
        dtype = compute([task(_get_dtype, parts[0])])[0]
        lengths = np.diff(blocks.starts).tolist()
        pred_probs = join_blocks(parts, lengths, dtype, len(blocks.classes))
    return pred_probs, np.flatnonzero(np.concatenate(missing))


def _gather(blocks: Blocks, predict: Callable[[int], Any]) -> NDArray[np.floating]:
    """Put the probabilities of the blocks into one array, a few blocks at a time."""
    pred_probs: Any = None
    for turn in in_turns(len(blocks)):
        for block, part in zip(turn, compute([predict(block) for block in turn]), strict=True):
            if pred_probs is None:
                pred_probs = np.empty((len(blocks.codes), len(blocks.classes)), part.dtype)
            pred_probs[blocks.rows(block)] = part
    return pred_probs  # type: ignore[no-any-return]


def _find_missing(probs: NDArray[np.floating]) -> NDArray[np.bool_]:
    missing: NDArray[np.bool_] = np.isnan(probs[:, 0])
    return missing


def _get_dtype(probs: NDArray[np.floating]) -> np.dtype[Any]:
    return probs.dtype
