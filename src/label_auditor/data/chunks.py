"""Array-likes that are stored in chunks, each of which is read whole: of zarr, h5py and dask."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def chunk_ends(array: Any) -> NDArray[np.intp] | None:
    """Give the rows before which the chunks of an array-like end; None if it has no chunks."""
    chunks = getattr(array, "chunks", None)
    if not chunks:
        return None
    if isinstance(chunks[0], tuple):  # dask's chunks may be of different sizes
        return np.cumsum(chunks[0])
    return end_every(chunks[0], array.shape[0])


def end_every(step: int, n_rows: int) -> NDArray[np.intp]:
    """Give the rows before which parts of so many rows end; the last part may be shorter."""
    return np.append(np.arange(step, n_rows, step), n_rows)


def cut_rows(array: Any, step: int) -> list[slice]:
    """Cut the rows of an array-like into ranges of so many, or more if chunks would be cut in two.

    Parameters
    ----------
    array : array-like of shape (n_rows, n_columns)
        In chunks or not.
    step : int
        The number of rows; the last range may have fewer.

    Returns
    -------
    list of slice

    Examples
    --------
    >>> cut_rows(np.zeros((5, 2)), 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    ends = chunk_ends(array)
    if ends is None:
        ends = end_every(step, array.shape[0])
    cuts = [0]
    while cuts[-1] < ends[-1]:
        at = int(np.searchsorted(ends, cuts[-1] + step))
        cuts.append(int(ends[min(at, len(ends) - 1)]))
    return [slice(*rows) for rows in pairwise(cuts)]
