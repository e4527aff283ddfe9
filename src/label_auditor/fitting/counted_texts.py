"""TF-IDF of counted texts: held as a matrix, or made anew for the rows that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms
from sklearn.utils.parallel import Parallel, delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Floats = NDArray[np.float64]

Result = TypeVar("Result")

BLOCK_CELLS = 2**20
# Rows of a block; a text of ten words has some two hundred runs of characters.
BLOCK_ROWS = 2**11


class Terms(Protocol):
    """What can be counted in texts: `Words` or `Characters`."""

    shape: tuple[int, int]

    def count(self, rows: Any) -> csr_matrix:
        """Count in some texts."""

    def spell(self, columns: NDArray[np.integer]) -> list[str]:
        """Give what columns stand for."""

    def select(self, columns: NDArray[np.integer]) -> Terms:
        """Give what counts these alone; they ascend."""


def hold(terms: Terms) -> csr_matrix:
    """Count all texts, and weigh the counts by TF-IDF.

    Parameters
    ----------
    terms : Terms
        What is counted.

    Returns
    -------
    csr_matrix of float, shape (n_texts, n_terms)
        What ``TfidfTransformer(sublinear_tf=True)`` gives.

    Examples
    --------
    >>> from label_auditor.fitting.ngrams import Words, split_texts
    >>> hold(Words(split_texts(["red red car", "red car", "a car"]))).toarray().round(3)
    array([[0.801, 0.367, 0.473],
           [0.62 , 0.481, 0.62 ],
           [0.   , 1.   , 0.   ]])
    """
    counts = terms.count(slice(None))
    counts.sort_indices()  # a matrix is read in order at several places; here it is sorted once
    n_texts_with = np.zeros(terms.shape[1], dtype=np.intp)
    for start in range(0, counts.nnz, BLOCK_CELLS):
        columns = counts.indices[start : start + BLOCK_CELLS]
        n_texts_with += np.bincount(columns, minlength=terms.shape[1])
    _weigh(counts, _find_rarity(n_texts_with, terms.shape[0]))
    return _scale(counts)


class CountedTexts:
    """What `hold` gives, for more texts than it could hold: rows are counted when they are read.

    Parameters
    ----------
    terms : Terms
        What is counted.
    n_jobs : int, default=1
        How many blocks of rows are worked on at a time.

    Attributes
    ----------
    shape : tuple of int
        The number of texts, and of terms.
    dtype : dtype
        That of the weights.
    n_rows_with : ndarray of int, shape (n_terms,)
        How many texts have each term.

    Examples
    --------
    >>> from label_auditor.fitting.ngrams import Words, split_texts
    >>> texts = CountedTexts(Words(split_texts(["red red car", "red car", "a car"])))
    >>> texts[1:].toarray().round(3), texts.n_rows_with
    (array([[0.62 , 0.481, 0.62 ],
           [0.   , 1.   , 0.   ]]), array([2, 3, 2]))
    """

    dtype = np.dtype(np.float64)

    def __init__(self, terms: Terms, n_jobs: int = 1) -> None:
        self.terms, self.n_jobs = terms, n_jobs
        self.shape = terms.shape
        self.n_rows_with = np.zeros(self.shape[1], dtype=np.intp)
        for found in self.over_blocks(lambda rows: terms.count(rows).indices):
            self.n_rows_with += np.bincount(found, minlength=self.shape[1])
        self._rarity = _find_rarity(self.n_rows_with, self.shape[0])
        self._norms = np.full(self.shape[0], np.nan)  # of the rows that have been read

    def __getitem__(self, rows: Any) -> csr_matrix:
        """Count and weigh some texts. In each row, columns are in no order."""
        found = self.terms.count(rows)
        _weigh(found, self._rarity)
        self._norms[rows] = row_norms(found)
        return _scale(found)

    def reader(self, columns: NDArray[np.integer]) -> Callable[[slice], tuple[csr_matrix, Floats]]:
        """Give what reads some columns of rows, as they are among all columns.

        This takes less time than to read all columns. Besides, it gives the sum of the squares of
        all columns of each row: 1, or 0 if there is nothing in the row.

        Parameters
        ----------
        columns : ndarray of int
            The columns, which ascend.

        Returns
        -------
        callable
            From a slice of rows to the columns and the squares.
        """
        if np.isnan(self._norms).any():
            for _ in self.over_blocks(self.__getitem__):
                pass
        terms, rarity = self.terms.select(columns), self._rarity[columns]

        def read(rows: slice) -> tuple[csr_matrix, Floats]:
            found, norms = terms.count(rows), self._norms[rows]
            _weigh(found, rarity)
            found.data /= np.repeat(norms, np.diff(found.indptr))
            return found, (norms > 0).astype(float)

        return read

    def over_blocks(self, function: Callable[[slice], Result]) -> Iterator[Result]:
        """Give what a function makes of each block of rows, in their order."""
        n_texts = self.shape[0]
        rows = (slice(a, min(a + BLOCK_ROWS, n_texts)) for a in range(0, n_texts, BLOCK_ROWS))
        parallel = Parallel(n_jobs=self.n_jobs, prefer="threads", return_as="generator")
        found: Iterator[Result] = parallel(delayed(function)(block) for block in rows)
        return found


def _find_rarity(n_texts_with: NDArray[np.intp], n_texts: int) -> Floats:
    """Give the weight of each term by how many texts have it."""
    rarity: Floats = np.log((n_texts + 1) / (n_texts_with + 1)) + 1
    return rarity


def _weigh(counts: csr_matrix, rarity: Floats) -> None:
    """Weigh counts in place: nothing else of their size is made."""
    for start in range(0, counts.nnz, BLOCK_CELLS):
        weights = counts.data[start : start + BLOCK_CELLS]
        np.log(weights, out=weights)
        weights += 1
        weights *= rarity[counts.indices[start : start + BLOCK_CELLS]]


def _scale(weights: csr_matrix) -> csr_matrix:
    """Scale rows to length 1, in place; scikit-learn has no norm where there are no columns."""
    return normalize(weights, copy=False) if weights.shape[1] else weights
