"""Sets of labels, where a row may be of several classes or of none: checked, and as a matrix."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from label_auditor.data.labels import encode_labels, read_classes
from label_auditor.data.messages import list_rows, quote_values
from label_auditor.data.tables import is_table, read_table
from label_auditor.data.values import find_missing, read_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def encode_label_sets(
    labels: Any, classes: ArrayLike | None = None
) -> tuple[sparse.csr_array, NDArray[Any]]:
    """Turn sets of labels into a matrix that tells which row is of which class.

    Parameters
    ----------
    labels : array-like, sparse matrix or DataFrame of shape (n, K), or sequence of n iterables
        An indicator matrix, which holds 0 and 1; or the classes of each row, in any order.
    classes : array-like of shape (K,), optional
        The classes in the order of the columns. None: the columns of a DataFrame, the column
        positions of another matrix, the sorted values that occur in lists. A DataFrame's columns
        are found by their names.

    Returns
    -------
    matrix : csr_array of shape (n, K), bool
        Sorted, without stored zeros.
    classes : ndarray of shape (K,)

    Raises
    ------
    ValueError
        If there are no rows, a label is missing or not among the classes, or a matrix holds
        other numbers.
    TypeError
        If a row of a list is no list of classes, or a matrix holds no numbers.

    Examples
    --------
    >>> matrix, classes = encode_label_sets([["b", "a"], [], ["c"]])
    >>> matrix.toarray().astype(int)
    array([[1, 1, 0],
           [0, 0, 0],
           [0, 0, 1]])
    >>> classes
    array(['a', 'b', 'c'], dtype='<U1')
    """
    matrix, found = (_read_matrix if is_matrix(labels) else _read_lists)(labels, classes)
    if matrix.shape[0] == 0:
        raise ValueError("labels is empty: found 0 sample(s), while a minimum of 1 is required.")
    matrix.sort_indices()
    return matrix, found


def is_matrix(labels: Any) -> bool:
    """Tell whether sets of labels are a matrix of 0 and 1, not a list for each row."""
    return is_table(labels) or getattr(labels, "ndim", 1) == 2


def place_columns(
    matrix: sparse.csr_array, positions: NDArray[np.intp], n_columns: int
) -> sparse.csr_array:
    """Give a matrix whose columns stand at these positions among more columns, which are empty.

    Parameters
    ----------
    matrix : csr_array of shape (n, K), bool
        The matrix.
    positions : ndarray of int, shape (K,)
        Where each of its columns goes.
    n_columns : int
        How many columns there will be.

    Returns
    -------
    csr_array of shape (n, n_columns), bool
        Sorted, without stored zeros.
    """
    parts = matrix.data, positions[matrix.indices], matrix.indptr
    placed = sparse.csr_array(parts, shape=(matrix.shape[0], n_columns))
    placed.sort_indices()
    return placed


def decode_label_sets(matrix: sparse.csr_array, classes: NDArray[Any]) -> NDArray[Any]:
    """Turn a matrix that tells which row is of which class into tuples of classes.

    Parameters
    ----------
    matrix : csr_array of shape (n, K), bool
        Sorted, without stored zeros.
    classes : ndarray of shape (K,)
        The classes.

    Returns
    -------
    ndarray of object, shape (n,)
        Tuples, in the order of `classes`.
    """
    values = classes.tolist()
    sets = (tuple(values[column] for column in columns) for columns in as_tuples(matrix))
    return np.fromiter(sets, dtype=object, count=matrix.shape[0])


def as_tuples(matrix: sparse.csr_array) -> list[tuple[int, ...]]:
    """Give the columns that each row of a matrix has."""
    columns = matrix.indices.tolist()
    return [tuple(columns[start:end]) for start, end in pairwise(matrix.indptr.tolist())]


def _read_matrix(labels: Any, classes: ArrayLike | None) -> tuple[sparse.csr_array, NDArray[Any]]:
    """Read an indicator matrix."""
    names = None
    if is_table(labels):
        table = read_table(labels, name="labels")
        labels, names = table.values, table.columns
    matrix = sparse.csr_array(labels if sparse.issparse(labels) else _read_numbers(labels))
    wrong = (matrix.data != 0) & (matrix.data != 1)
    if wrong.any():
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[wrong]
        raise ValueError(
            f"labels holds {matrix.data[wrong][0]:.6g} in {list_rows(np.unique(rows))}, but a "
            "matrix of labels holds 1 where a row is of a class and 0 where it isn't."
        )
    matrix = matrix.astype(bool)
    matrix.eliminate_zeros()
    if names is None:
        found = np.arange(matrix.shape[1]) if classes is None else read_classes(classes)
        if found.shape != (matrix.shape[1],):
            raise ValueError(
                f"labels has {matrix.shape[1]} columns but classes is {quote_values(found)}; "
                "name every column of labels and pred_probs, in order."
            )
        return matrix, found
    columns = read_values(names, name="the names of the columns of labels")
    if classes is None:
        return matrix, read_classes(columns)
    # encode_labels says which columns are no classes.
    codes, found = encode_labels(columns, classes)
    if len(np.unique(codes)) < len(codes):
        raise ValueError(f"labels has columns of the same name ({quote_values(names)}).")
    if len(codes) < len(found):
        absent = np.delete(found, codes)
        raise ValueError(f"labels has no column {quote_values(absent)}, which classes names.")
    return matrix[:, np.argsort(codes)], found


def _read_numbers(labels: Any) -> NDArray[Any]:
    """Give a dense matrix as numbers."""
    values = read_values(labels, name="labels")
    rows = np.flatnonzero(find_missing(values).any(axis=1))
    if len(rows):
        raise ValueError(f"labels is missing in {list_rows(rows)}; drop these rows.")
    if values.dtype == object:
        with contextlib.suppress(TypeError, ValueError):
            values = values.astype(float)
    if values.dtype.kind not in "biuf":
        raise TypeError(
            f"labels is a matrix of dtype {values.dtype}, but a matrix of labels holds 0 and 1; "
            "pass the classes of each row as a list of lists."
        )
    return values


def _read_lists(labels: Any, classes: ArrayLike | None) -> tuple[sparse.csr_array, NDArray[Any]]:
    """Read the classes of each row."""
    sets = list(labels.to_pylist() if hasattr(labels, "to_pylist") else labels)
    for row, each in enumerate(sets):
        if isinstance(each, str | bytes | Mapping) or not isinstance(each, Collection):
            raise TypeError(
                f"labels is {each!r:.60} in row {row}, but with multi_label=True each row is a "
                "list of classes, empty where it has none; or pass a matrix of 0 and 1."
            )
    sizes = [len(each) for each in sets]
    values = read_values(list(chain.from_iterable(sets)), name="labels")
    rows = np.repeat(np.arange(len(sets)), sizes)
    missing = find_missing(values)
    if missing.any():
        raise ValueError(
            f"labels has None, NaN or NA among the classes of {list_rows(np.unique(rows[missing]))}"
            "; a row without a class is an empty list."
        )
    if set(sizes) == {2} and any(list(each) == [1, 0] for each in sets):
        raise ValueError(
            "labels has rows such as [1, 0], which are those of a matrix of 0 and 1; pass it as an "
            "array (np.array(labels)), or the classes of each row in ascending order."
        )
    codes, found = encode_labels(values, classes, rows=rows)
    shape = (len(sets), len(found))
    count = sparse.csr_array((np.ones(len(codes), np.int32), (rows, codes)), shape=shape)
    if count.nnz < len(codes):
        row, code = (int(cells[0]) for cells in (count > 1).nonzero())
        raise ValueError(
            f"labels names {quote_values(found[[code]])} more than once in row {row}; "
            "name each class once. (A matrix of 0 and 1 is passed as an array, not as lists.)"
        )
    return count.astype(bool), found
