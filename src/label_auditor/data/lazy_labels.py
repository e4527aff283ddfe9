"""Labels of dask as column positions: their values stay where they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.coded_labels import read_labels
from label_auditor.data.labels import check_labels, encode_labels

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
    from dask import compute, delayed

    if isinstance(classes, Iterator):
        classes = list(classes)  # they are read for each block
    read = delayed(_read_block, pure=False)
    try:
        found = compute(*(read(part, classes) for part in list_parts(labels)))
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


def list_parts(data: Any) -> list[Any]:
    """Give the blocks of rows of a collection of dask, each with all columns, as tasks."""
    if hasattr(data, "rechunk"):
        data = data.rechunk(dict.fromkeys(range(1, data.ndim), -1))
        return list(data.to_delayed().ravel())
    return list(data.to_delayed())


def unite_classes(
    found: list[NDArray[Any]],
) -> tuple[list[NDArray[np.signedinteger]], NDArray[Any]]:
    """Give the place of each block's classes among those of all blocks, and these; -1 at the end.

    So that a code of -1, which counts from the end, stays -1.
    """
    present = [each for each in found if len(each)] or found[:1]
    if len({each.dtype.kind for each in present}) > 1:
        # NumPy would make strings of numbers; as objects, mixed types are seen and refused.
        present = [each.astype(object) for each in present]
    codes, classes = encode_labels(check_labels(np.concatenate(present), name="y"))
    ends = np.cumsum([len(each) for each in found])[:-1]
    small = codes.astype(np.min_scalar_type(-len(classes) - 1))
    return [np.append(each, small.dtype.type(-1)) for each in np.split(small, ends)], classes


def _read_block(
    labels: Any, classes: ArrayLike | None
) -> tuple[NDArray[np.signedinteger], NDArray[Any]]:
    """Read the labels of a block, which may have none."""
    if len(labels) == 0:
        return np.zeros(0, np.int8), np.zeros(0, object)
    codes, columns = read_labels(labels, classes)
    return codes.astype(np.min_scalar_type(-len(columns) - 1)), columns
