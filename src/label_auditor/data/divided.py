"""Columns of so many rows that they stay on the workers of a cluster, as arrays of dask.

A column has one value for each row. All columns of an audit are divided into the same blocks, or
none is.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[Any]


def is_divided(column: Any) -> bool:
    """Tell whether a column is in blocks of dask: an array, a Series or an Index."""
    # dask.delayed objects pretend to have any method.
    return hasattr(type(column), "to_delayed")


def join_blocks(
    blocks: Sequence[Any], lengths: Sequence[int], dtype: npt.DTypeLike, *others: int
) -> Any:
    """Give an array of dask of what tasks on a cluster give; its blocks stay on the workers.

    Parameters
    ----------
    blocks : sequence of Delayed or Future
        The tasks.
    lengths : sequence of int
        How many rows each block has.
    dtype : dtype
        Of all blocks.
    *others : int
        The number of columns, if the blocks have any.
    """
    import dask.array as da
    from dask import delayed

    pairs = zip(blocks, lengths, strict=True)
    parts = [da.from_delayed(delayed(part), (n, *others), dtype) for part, n in pairs]
    return da.concatenate(parts)


def divide_as(column: Any, other: Any) -> Any:
    """Divide a column in memory as another one is, and hand it to the workers."""
    if is_divided(column) or not is_divided(other):
        return column
    import dask.array as da

    with warnings.catch_warnings():
        # The values are in the graph, so that it has all that lost tasks need.
        warnings.filterwarnings("ignore", "Sending large graph")
        return da.from_array(column, chunks=other.chunks).persist()


def join_indexes(index: Any) -> Any:
    """Join the names of the rows of all blocks; None if there are none, or each block counts.

    Parameters
    ----------
    index : dask Index or sequence
        The names of the rows of all blocks, or those of each.
    """
    import pandas as pd

    if is_divided(index):
        from dask import compute

        index = compute(*index.to_delayed())
    if not all(isinstance(each, pd.Index) for each in index):
        return None
    counted = [isinstance(each, pd.RangeIndex) and each.start == 0 for each in index]
    if len(index) > 1 and all(counted):
        return None
    return index[0].append(list(index[1:]))


def take_true(mask: Any, column: Any) -> tuple[Array, Array]:
    """Give the positions of the rows that a mask has, and the values of a column there."""
    if not is_divided(mask):
        rows = np.flatnonzero(mask)
        return rows, column[rows]
    from dask import compute, delayed

    blocks = zip(mask.to_delayed(), column.to_delayed(), strict=True)
    found = compute(*(delayed(take_true)(*each) for each in blocks))
    starts = np.cumsum((0, *mask.chunks[0][:-1]))
    positions = [rows + start for (rows, _), start in zip(found, starts, strict=True)]
    return np.concatenate(positions), np.concatenate([values for _, values in found])
