"""Sparse vectors in several parts, put together for the rows or the columns that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.intp]
    # From rows to some of their columns, and to the sums of the squares of all their columns.
    Reader = Callable[[slice], tuple[Any, NDArray[np.floating]]]

BLOCK_CELLS = 2**21


class SideBySide:
    """Sparse vectors that consist of several parts; put together for the rows that are asked for.

    Parameters
    ----------
    parts : list of sparse matrix
        All equally long. Instead of a matrix, a part may be what makes its rows anew each time that
        they are asked for, if it has a `shape`, and knows its `n_rows_with`. It may also have a
        `reader`, as a SideBySide has.

    Attributes
    ----------
    shape : tuple of int
        The number of rows, and that of the columns of all parts.
    """

    def __init__(self, parts: list[Any]) -> None:
        self.parts = [each if hasattr(each, "reader") else _Whole(each) for each in parts]
        self.shape = parts[0].shape[0], sum(part.shape[1] for part in parts)

    def __getitem__(self, rows: Any) -> Any:
        """Give some rows as a csr matrix."""
        return _put_beside([part[rows] for part in self.parts])

    @property
    def n_rows_with(self) -> Rows:
        """How many rows have something in each column."""
        return np.concatenate([part.n_rows_with for part in self.parts])

    def reader(self, columns: Rows) -> Reader:
        """Give what reads some columns of rows, in this order, and the squares of all of them."""
        ends = np.cumsum([0, *(part.shape[1] for part in self.parts)])
        of_parts = np.split(columns, np.searchsorted(columns, ends[1:-1]))
        readers = [
            part.reader(of_part - start)
            for part, of_part, start in zip(self.parts, of_parts, ends.tolist()[:-1], strict=True)
        ]

        def read(rows: slice) -> tuple[Any, NDArray[np.floating]]:
            found, squares = zip(*(each(rows) for each in readers), strict=True)
            return _put_beside(found), np.sum(squares, axis=0)

        return read


class _Whole:
    """Rows that can be asked for as a whole only."""

    def __init__(self, part: Any) -> None:
        self.part = part.tocsr() if sparse.issparse(part) else part
        self.shape = part.shape

    def __getitem__(self, rows: Any) -> Any:
        return self.part[rows]

    @property
    def n_rows_with(self) -> Rows:
        """How many rows have something in each column."""
        if sparse.issparse(self.part):
            return count(self.part.indices, self.shape[1])
        return self.part.n_rows_with  # type: ignore[no-any-return]

    def reader(self, columns: Rows) -> Reader:
        """Give what reads some columns of rows, and the squares of all of them."""

        def read(rows: slice) -> tuple[Any, NDArray[np.floating]]:
            X = tidy(self[rows])
            return X[:, columns], squares_of(X)

        return read


def _put_beside(parts: Sequence[Any]) -> Any:
    """Give the columns of all parts."""
    return parts[0] if len(parts) == 1 else sparse.hstack(parts, format="csr")


def tidy(X: Any) -> Any:
    """Give rows of floats as a csr matrix, in which each column comes once, in order."""
    X = sparse.csr_matrix(X)
    if X.dtype.kind != "f":
        X = X.astype(np.float64)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def squares_of(X: Any) -> NDArray[np.floating]:
    """Add up the squares of each row."""
    filled = np.flatnonzero(np.diff(X.indptr))
    squares = np.zeros(X.shape[0], dtype=X.dtype)
    squares[filled] = np.add.reduceat(X.data * X.data, X.indptr[filled])
    return squares


def to_scale(squares: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give what rows are to be multiplied by to have length 1."""
    return 1 / np.sqrt(np.where(squares > 0, squares, 1))


def count(columns: Rows, n_columns: int) -> Rows:
    """Count the columns, in blocks: NumPy makes larger numbers of them first."""
    counts = np.zeros(n_columns, dtype=np.intp)
    for start in range(0, len(columns), BLOCK_CELLS):
        counts += np.bincount(columns[start : start + BLOCK_CELLS], minlength=n_columns)
    return counts
