"""Labels of dask as column positions: their values stay where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.confident_learning.engines.cluster import find_client, is_far
from label_auditor.confident_learning.scan import code_dtype
from label_auditor.data.coded_labels import read_labels
from label_auditor.data.divided import is_divided
from label_auditor.fitting.blocks.reading import list_parts, unite_classes
from label_auditor.fitting.blocks.scheduler import compute, task

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def read_lazy_labels(
    labels: Any, classes: ArrayLike | None = None
) -> tuple[NDArray[np.signedinteger], NDArray[Any]]:
    """Give labels of dask as `read_labels` of `label_auditor.data` gives labels in memory.

    Parameters
    ----------
    labels : dask array, Series or Bag
        The labels. The blocks are read where they are, on a cluster by its workers.
    classes : array-like of shape (n_classes,), default=None
        The classes; by default, the sorted labels that occur.

    Returns
    -------
    codes : ndarray of shape (n_samples,), int
        In a small type.
    classes : ndarray of shape (n_classes,)
    """
    try:
        found = compute([task(_read_block, part, classes) for part in list_parts(labels)])
        if classes is None:
            positions, columns = unite_classes([columns for _, columns in found])
            coded = [of[codes] for of, (codes, _) in zip(positions, found, strict=True)]
        else:
            columns = next(columns for codes, columns in found if len(codes))
            coded = [codes for codes, _ in found]
    except (ValueError, StopIteration):
        # Its message would name rows of a block: all labels are read, and refused.
        return read_labels(labels.compute(), classes)
    return np.concatenate(coded), columns


def find_far_index(labels: Any, pred_probs: Any, n_samples: int) -> Any:
    """Give the index of labels of dask where it stays there, as all that is known of a row."""
    far = is_divided(labels) and is_far(n_samples) and find_client(pred_probs) is not None
    return getattr(labels, "index", None) if far else None


def _read_block(
    labels: Any, classes: ArrayLike | None
) -> tuple[NDArray[np.signedinteger], NDArray[Any]]:
    """Read the labels of a block, which may have none."""
    if len(labels) == 0:
        return np.zeros(0, np.int8), np.zeros(0, object)
    codes, columns = read_labels(labels, classes)
    return codes.astype(code_dtype(len(columns))), columns
