"""Which columns of a table to show first: those in which a row is most unlike its class.

A value is as unlike as it is surprising: minus the logarithm of its share among the rows of the
class, or of the density of a normal distribution where it is a number. The surprise that is usual
in that column and class is taken off, so that all columns can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# More columns than these are folded.
N_FIRST = 8
NUMBERS = ("integer", "floating", "mixed-integer-float")


def first_columns(
    fields: Mapping[str, Any], codes: NDArray[np.intp], rows: NDArray[np.intp]
) -> NDArray[np.intp] | None:
    """Choose the columns to show first, by row.

    Parameters
    ----------
    fields : mapping of str to column of length n_samples
        The columns.
    codes : ndarray of int, shape (n_samples,)
        The position of the class of each row; -1 where it is missing.
    rows : ndarray of int, shape (n,)
        The rows to show.

    Returns
    -------
    ndarray of int, shape (n, N_FIRST), or None
        Positions of columns: texts first, then the most unlike. None if all of them can be shown.

    Examples
    --------
    >>> fields = {f"column {i}": [0.0, 0.1, 0.2, 0.1] for i in range(20)}
    >>> fields["column 13"] = [0.0, 0.1, 0.2, 9.0]
    >>> first_columns(fields, np.zeros(4, int), np.array([3]))[0, 0].tolist()
    13
    """
    if len(fields) <= N_FIRST:
        return None
    surprise = np.empty((len(rows), len(fields)), np.float32)
    for number, column in enumerate(fields.values()):
        surprise[:, number] = _surprise(column, codes)[rows]
    surprise[codes[rows] < 0] = 0
    order: NDArray[np.intp] = np.argsort(-surprise, axis=1, kind="stable")[:, :N_FIRST]
    return order


def _surprise(column: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Give the surprise of each value of a column; infinite for texts, which come first."""
    import pandas as pd

    cells = np.asarray(column)
    # pandas 3 makes texts of objects, and can't hold half of a surrogate pair in them.
    values = pd.Series(cells, dtype=object if cells.dtype.kind in "OU" else None)
    # Rows without a class are of none of them.
    classes = np.where(codes < 0, codes.max() + 1, codes)
    if pd.api.types.infer_dtype(values, skipna=True) in NUMBERS:
        return _of_numbers(pd.to_numeric(values).to_numpy(dtype=float), classes)
    kinds, distinct = pd.factorize(values)
    if len(distinct) > len(values) / 2:
        return np.full(len(values), np.inf)
    return _of_kinds(kinds + 1, classes)  # a missing value is a kind, too


def _of_numbers(values: NDArray[np.float64], classes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Give half of the squared distance from the mean of the class, in standard deviations."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0)
    count = np.maximum(np.bincount(classes, known), 1)
    off = filled - (np.bincount(classes, filled) / count)[classes]
    variance = (np.bincount(classes, known * off**2) / count)[classes]
    squared = np.divide(off**2, variance, out=np.zeros(len(off)), where=known & (variance > 0))
    surprise: NDArray[np.float64] = np.where(known, squared / 2 - 1 / 2, 0)
    return surprise


def _of_kinds(kinds: NDArray[np.intp], classes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Give minus the logarithm of the share of rows of the class that have the value."""
    cells = classes * (kinds.max() + 1) + kinds
    _, which, count = np.unique(cells, return_inverse=True, return_counts=True)
    n_rows = np.bincount(classes)
    rarity = np.log(n_rows[classes] / count[which])
    usual = np.bincount(classes, rarity) / np.maximum(n_rows, 1)
    surprise: NDArray[np.float64] = rarity - usual[classes]
    return surprise
