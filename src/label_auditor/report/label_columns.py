"""What the review page knows of the labels of its rows, as columns.

Columns of numbers are little-endian bytes in base64, in types as small as can be: the smaller a
page is, the sooner it opens. A label is a number: the position of a class,
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
        self.probabilities = np.zeros((len(rows), n_top))
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
            "given": pack_whole(self.audit.codes[self.rows]),
            "suggested": pack_whole(np.where(judged, self.audit.predicted[self.rows], -1)),
            "n_top": self.top.shape[1],
            "top": pack_whole(self.top),
            "shares": pack_shares(self.probabilities),
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

    def packed(self) -> dict[str, Any]:
        """Give the columns; those of classes hold, for each row, from one start to the next."""
        numbers: dict[tuple[int, ...], int] = {}
        given, suggested = (
            np.array([numbers.setdefault(each, len(numbers)) for each in as_tuples(matrix)])
            for matrix in (self.given, self.predicted)
        )
        return {
            "sets": [list(each) for each in numbers],
            "given": pack_whole(given),
            "suggested": pack_whole(suggested),
            "starts": pack_whole(np.cumsum([0, *map(len, self.top)])),
            "top": pack_whole(np.concatenate(self.top)),
            "shares": pack_shares(np.concatenate(self.probabilities)),
            "n_top_flagged": pack_whole(np.diff(self.flagged.indptr)),
            "doubted": (self.given != self.predicted).sum(axis=0).tolist(),
        }


def _marked(matrix: sparse.csr_array, row: int) -> NDArray[np.bool_]:
    """Tell of each column whether a row of a matrix has it."""
    found = np.zeros(matrix.shape[1], bool)
    found[matrix.indices[slice(*matrix.indptr[row : row + 2])]] = True
    return found


def pack_whole(values: NDArray[np.integer]) -> dict[str, Any]:
    """Give whole numbers in the smallest signed type that holds them, and its size."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    dtype = next(
        each
        for each in ("<i1", "<i2", "<i4")
        if np.iinfo(each).min <= low and high <= np.iinfo(each).max
    )
    return {"bytes": np.dtype(dtype).itemsize, "values": pack(values, dtype)}


def pack_shares(values: NDArray[np.float64]) -> str:
    """Give probabilities in 16 bits; what isn't quite 0 or 1 doesn't become so."""
    most = np.iinfo(np.uint16).max
    steps = np.clip(np.rint(values * most), values > 0, most - (values < 1))
    return pack(steps, "<u2")


def pack(values: NDArray[Any], dtype: DTypeLike) -> str:
    """Give numbers as bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode()
