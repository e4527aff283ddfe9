"""What the review page knows of the labels of its rows, as columns.

Columns of numbers are little-endian bytes in base64. A label is a number: the position of a class,
or, where rows have sets of labels, that of a set in the list of those that occur in the page.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.label_sets import as_tuples

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray
    from scipy import sparse

    from label_auditor.data.findings import Findings

# Classes that the card shows, where a row has one label.
N_CANDIDATES = 5
# Where it has a set of labels; besides these, all that are given or suggested.
N_DOUBTED = 6


class LabelColumns:
    """The labels of rows that have one each, and their likeliest classes.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    rows : ndarray of int, shape (n,)
        The rows, in the order of the page.
    """

    def __init__(self, audit: Findings, rows: NDArray[np.intp]) -> None:
        n_top = min(N_CANDIDATES, len(audit.classes))
        self.audit, self.rows = audit, rows
        self.top = np.full((len(rows), n_top), -1)
        self.probabilities = np.full((len(rows), n_top), np.nan)
        self.of_given = np.full(len(rows), np.nan)

    def add(self, i: int, probabilities: NDArray[np.float64]) -> None:
        """Take in the probabilities of the i-th row, one for each class."""
        self.top[i] = np.argsort(-probabilities, kind="stable")[: self.top.shape[1]]
        self.probabilities[i] = probabilities[self.top[i]]
        given = self.audit.codes[self.rows[i]]
        self.of_given[i] = probabilities[given] if given >= 0 else np.nan

    def packed(self) -> dict[str, Any]:
        """Give the columns."""
        judged = self.top[:, 0] >= 0
        return {
            "given": pack(self.audit.codes[self.rows], "<i4"),
            "suggested": pack(np.where(judged, self.audit.predicted[self.rows], -1), "<i4"),
            "n_top": self.top.shape[1],
            "top": pack(self.top, "<i4"),
            "probabilities": pack(self.probabilities, "<f4"),
            "given_probability": pack(self.of_given, "<f4"),
        }


class SetColumns:
    """The sets of labels of rows, and their classes, the doubted ones first.

    A class is in doubt by the probability that its given state is wrong. Those that the rule
    flagged come first.

    Parameters
    ----------
    audit : MultiLabelAudit
        The audit.
    rows : ndarray of int, shape (n,)
        The rows, in the order of the page.
    """

    def __init__(self, audit: Any, rows: NDArray[np.intp]) -> None:
        self.given, self.predicted = audit.codes[rows], audit.predicted[rows]
        self.flagged = audit.class_issues[rows]
        self.top: list[NDArray[np.intp]] = []
        self.probabilities: list[NDArray[np.float64]] = []
        self.is_flagged: list[NDArray[np.bool_]] = []

    def add(self, i: int, probabilities: NDArray[np.float64]) -> None:
        """Take in the probabilities of the i-th row, one for each class."""
        given, predicted, flagged = (
            _marked(matrix, i) for matrix in (self.given, self.predicted, self.flagged)
        )
        doubt = np.where(given, 1 - probabilities, probabilities)
        order = np.lexsort((-doubt, ~flagged))
        is_shown = given | predicted | flagged
        is_shown[order[:N_DOUBTED]] = True
        top = order[is_shown[order]]
        self.top.append(top)
        self.probabilities.append(probabilities[top])
        self.is_flagged.append(flagged[top])

    def packed(self) -> dict[str, Any]:
        """Give the columns; those of classes hold, for each row, from one start to the next."""
        numbers: dict[tuple[int, ...], int] = {}
        given, suggested = (
            np.array([numbers.setdefault(each, len(numbers)) for each in as_tuples(matrix)])
            for matrix in (self.given, self.predicted)
        )
        starts = np.cumsum([0, *map(len, self.top)])
        return {
            "sets": [list(each) for each in numbers],
            "given": pack(given, "<i4"),
            "suggested": pack(suggested, "<i4"),
            "starts": pack(starts, "<i4"),
            "top": pack(np.concatenate(self.top), "<i4"),
            "probabilities": pack(np.concatenate(self.probabilities), "<f4"),
            "top_flagged": pack(np.concatenate(self.is_flagged), "u1"),
        }


def _marked(matrix: sparse.csr_array, row: int) -> NDArray[np.bool_]:
    """Tell of each column whether a row of a matrix has it."""
    found = np.zeros(matrix.shape[1], bool)
    found[matrix.indices[slice(*matrix.indptr[row : row + 2])]] = True
    return found


def pack(values: NDArray[Any], dtype: DTypeLike) -> str:
    """Give numbers as bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode()
