"""Evidence for a reviewer: the rows most like a row, and the words that speak for a label."""

from __future__ import annotations

import dataclasses
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.messages import list_rows
from label_auditor.data.naming import check_length
from label_auditor.review.nearest import nearest_rows
from label_auditor.review.side_by_side import SideBySide
from label_auditor.review.twins import ALIKE_WORDS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from label_auditor.data.findings import Findings


@dataclasses.dataclass(frozen=True, eq=False)
class Neighbors:
    """The rows most like each of some rows.

    Attributes
    ----------
    of : ndarray of int, shape (n_rows,)
        The positions of the rows whose neighbours these are.
    rows : ndarray of int, shape (n_rows, k)
        The positions of the neighbours, nearest first; -1 where there are fewer.
    cosines : ndarray of float, shape (n_rows, k)
        The cosines of their vectors; NaN where there are fewer.
    recall : float or None
        The share of the nearest rows that the search has found: 1 if it is exact, else as it was
        measured on some of the rows; None if nobody has measured it.
    twin_cosine : float or None
        The cosine from which a neighbour is a near twin; None where a cosine doesn't tell, as with
        the columns of a table, which may all point into about the same direction.
    """

    of: NDArray[np.intp]
    rows: NDArray[np.intp]
    cosines: NDArray[np.floating]
    recall: float | None = None
    twin_cosine: float | None = None

    def __post_init__(self) -> None:
        shapes = [np.shape(each) for each in (self.of, self.rows, self.cosines)]
        if len(shapes[1]) != 2 or shapes[1] != shapes[2] or shapes[0] != shapes[1][:1]:
            raise ValueError(
                f"of, rows and cosines have the shapes {shapes[0]}, {shapes[1]} and {shapes[2]}; "
                "needed are (n_rows,), (n_rows, k) and (n_rows, k)."
            )


@dataclasses.dataclass(frozen=True, eq=False)
class Words:
    """Words that speak for the suggested or for the given label, as spans of the texts.

    Attributes
    ----------
    rows : ndarray of int, shape (n_words,)
        The position of the row in whose text each word stands.
    starts, stops : ndarray of int, shape (n_words,)
        Where it begins and ends, in characters of the text: ``text[start:stop]`` is the word.
    weights : ndarray of float, shape (n_words,)
        What it adds to the log-odds of the suggested label against the given one. Words above 0
        speak for the suggested label, words below 0 for the given one.
    """

    rows: NDArray[np.intp]
    starts: NDArray[np.intp]
    stops: NDArray[np.intp]
    weights: NDArray[np.floating]

    def __post_init__(self) -> None:
        shapes = [np.shape(getattr(self, each.name)) for each in dataclasses.fields(self)]
        if len(shapes[0]) != 1 or len(set(shapes)) != 1:
            raise ValueError(
                "rows, starts, stops and weights have the shapes "
                f"{', '.join(map(str, shapes))}; pass one number of each for each word."
            )


@dataclasses.dataclass(frozen=True, eq=False)
class Evidence:
    """What a review page shows of a row besides its probabilities.

    Made by :meth:`LabelAuditor.evidence`, or of what you found in other ways.

    Attributes
    ----------
    neighbors : Neighbors or None
        The rows most like each row.
    words : Words or None
        The words that speak for the suggested or for the given label.

    Examples
    --------
    >>> neighbors = Neighbors(np.array([0]), np.array([[2]]), np.array([[0.9]]))
    >>> words = Words(np.array([0]), np.array([3]), np.array([7]), np.array([1.5]))
    >>> Evidence(neighbors, words).neighbors.rows
    array([[2]])
    """

    neighbors: Neighbors | None = None
    words: Words | None = None


def find_neighbors(
    audit: Findings, vectors: Any, rows: ArrayLike | None = None, k: int = 5
) -> Neighbors:
    """Find the rows most like each row, by the cosine of their vectors.

    Rows are compared in blocks. If there are many, not all pairs are: a sparse row is compared with
    at most 32 that share most of its heaviest terms, a dense one with those in the parts of space
    that are nearest to it. `recall` then says which share of the nearest rows this has found.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    vectors : array or sparse matrix of shape (n_samples, n_features)
        A vector for each row of the audit: TF-IDF of its words, or an embedding. Neighbours by
        sparse vectors are near twins from a cosine of .8.
    rows : array-like of int or bool, default=None
        Positions of the rows whose neighbours are looked for, or a mask; None: all rows.
        Neighbours are looked for among all rows.
    k : int, default=5
        How many neighbours.

    Returns
    -------
    Neighbors
        Rows and cosines. A row is not its own neighbour, and rows whose cosine is 0 are none.

    Raises
    ------
    ValueError
        If there is not one vector for each row, if vectors hold NaN or infinity, if rows are not
        positions in the audit, or k is less than 1.

    Examples
    --------
    >>> from label_auditor import audit_labels
    >>> pred_probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> audit = audit_labels(["cat", "dog", "dog"], pred_probs)
    >>> vectors = np.array([[1.0, 0.1], [0.1, 1.0], [1.0, 0.2]])
    >>> neighbors = audit.neighbors(vectors, rows=[2], k=1)
    >>> neighbors.rows, audit.labels[neighbors.rows], neighbors.cosines.round(3)
    (array([[0]]), array([['cat']], dtype='<U3'), array([[0.995]], dtype=float32))
    """
    from sklearn.utils import (
        check_array,
    )  # half a second, which importing the report needs not take

    n = len(audit)
    check_length("vectors", vectors.shape[0] if hasattr(vectors, "shape") else len(vectors), n)
    if not isinstance(vectors, SideBySide):  # whose parts a classifier has been fitted on
        vectors = check_array(
            vectors, accept_sparse="csr", dtype=[np.float64, np.float32], input_name="vectors"
        )
    of = read_rows(rows, n)
    if not isinstance(k, Integral) or k < 1:
        raise ValueError(f"k is {k!r}; pass how many neighbours to find, at least 1.")
    found = nearest_rows(vectors, of, min(int(k), max(1, n - 1)))
    twin_cosine = None if isinstance(vectors, np.ndarray) else ALIKE_WORDS
    return Neighbors(of, found.rows, found.cosines, found.recall, twin_cosine)


def read_rows(rows: ArrayLike | None, n: int) -> NDArray[np.intp]:
    """Give positions, which may be given as a mask."""
    if rows is None:
        return np.arange(n)
    found = np.asarray(rows)
    if found.dtype == bool:
        check_length("rows", len(found), n)
        return np.flatnonzero(found)
    if found.ndim != 1 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise ValueError(f"rows is {rows!r:.60}; pass positions of rows, or a mask.")
    found = found.astype(np.intp)
    wrong = found[(found < 0) | (found >= n)]
    if len(wrong):
        raise ValueError(f"rows has {list_rows(wrong)}, but the audit has rows 0 to {n - 1}.")
    return found
