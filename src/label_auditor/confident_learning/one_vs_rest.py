"""Confident learning where a row has a set of labels: each class against the rest.

Whether a row is of class k is a problem of two classes, with the probabilities 1 - p and p. Each is
worked on by itself, and a row is flagged if any of its classes is. The label quality score of a row
is cleanlab's [1]_: the exponential moving average over the scores of its classes, the lowest last.

References
----------
.. [1] A. Thyagarajan, E. Snorrason, C. Northcutt, J. Mueller, "Identifying Incorrect Annotations in
   Multi-Label Classification Data", ICLR 2023 Workshop on Pitfalls of Limited Data and Computation
   for Trustworthy ML.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from label_auditor.confident_learning.find_issues import LabelIssues, find_label_issues
from label_auditor.confident_learning.row_blocks import LabelledRows, refuse_rows
from label_auditor.confident_learning.rules import Rule
from label_auditor.confident_learning.scan import CLOSE, float_dtype
from label_auditor.confident_learning.scores import SCORES, ScoreName, check_method, score_rows
from label_auditor.confident_learning.selection import smallest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Array = npt.NDArray[Any]

# Probabilities are read again for each group of classes whose columns fit into this.
COLUMN_BYTES = 2**27
# How much the lower of two scores counts in the average.
ALPHA = 0.8
# So many lowest scores decide the average: the next has a weight of (1 - ALPHA) ** 24 < 2e-17.
N_LOWEST = 24


class LabelSetIssues(NamedTuple):
    """What `find_label_set_issues` found.

    Attributes
    ----------
    issues : ndarray of shape (n,), bool
        Flagged rows.
    class_issues : csr_array of shape (n, K), bool
        Flagged classes of these rows: given but doubtful, or not given but likely.
    predicted : csr_array of shape (n, K), bool
        Classes with a probability above one half.
    thresholds : ndarray of shape (K, 2), float
        Average probability of the rows without and with each class; 2 where there are none.
    confident_joint : ndarray of shape (K, 2, 2), int
        For each class, calibrated counts of rows given it (0: not, 1: yes) against rows
        confidently predicted to be of it.
    """

    issues: Array
    class_issues: sparse.csr_array
    predicted: sparse.csr_array
    thresholds: Array
    confident_joint: Array


def find_label_set_issues(
    given: sparse.csr_array, data: LabelledRows, rule: Rule | None = None
) -> LabelSetIssues:
    """Flag the rows whose set of labels is likely wrong.

    Parameters
    ----------
    given : csr_array of shape (n, K), bool
        Which row is given which label.
    data : LabelledRows
        Out-of-sample probabilities of each class by itself, (n, K); every row is judged, so that
        all codes are 0. Threads share the classes.
    rule : Rule, optional
        The rule for each class. The low_* rules, both of them, flag the rows with the lowest score
        by self-confidence, as many as "confident_learning" flags. `num_to_remove_per_class` flags
        this many of the rows that are given each class, and none of the others.

    Returns
    -------
    LabelSetIssues

    Raises
    ------
    ValueError
        If `pred_probs` is not a matrix of numbers from 0 to 1 of the shape of `given`, or a
        parameter is out of range or does not go with `filter_by`.

    Examples
    --------
    >>> given = sparse.csr_array([[1, 0], [1, 0], [1, 1], [0, 0], [0, 1], [0, 1]], dtype=bool)
    >>> p = np.array([[0.9, 0.1], [0.8, 0.9], [0.9, 0.8], [0.1, 0.1], [0.2, 0.9], [0.1, 0.8]])
    >>> data = LabelledRows(np.zeros(6, dtype=int), p)
    >>> found = find_label_set_issues(given, data)
    >>> found.issues
    array([False,  True, False, False, False, False])
    >>> found.class_issues.toarray()[1]
    array([False,  True])
    """
    rule = Rule() if rule is None else rule
    _check_shape(given, data)
    rule.check_classes(data.n_classes)
    each = replace(rule, filter_by="confident_learning") if rule.counts_only else rule
    by_class = sparse.csc_array(given)

    def find(column: Array, k: int) -> tuple[Array, Array, LabelIssues]:
        codes = np.zeros(given.shape[0], np.intp)
        codes[by_class.indices[slice(*by_class.indptr[k : k + 2])]] = 1
        number = rule.num_to_remove_per_class
        remove = None if number is None else (0, int(number[k]))
        mine = replace(each, num_to_remove_per_class=remove)
        found = find_label_issues(LabelledRows(codes, _pairs(column), n_jobs=1), mine)
        return np.flatnonzero(found.issues), np.flatnonzero(found.predicted), found

    flagged, predicted, found = zip(*_map_classes(data, find), strict=True)
    class_issues, likely = (_matrix(rows, given.shape) for rows in (flagged, predicted))
    issues = np.diff(class_issues.indptr) > 0
    if rule.counts_only:
        lowest = smallest(label_set_scores(given, data), int(issues.sum()))
        issues = np.zeros_like(issues)
        issues[lowest] = True
        doubted = (given != likely).tocoo()
        kept = issues[doubted.row]
        cells = (doubted.data[kept], (doubted.row[kept], doubted.col[kept]))
        class_issues = sparse.csr_array(cells, shape=given.shape)
    return LabelSetIssues(
        issues,
        class_issues,
        likely,
        np.stack([each.thresholds for each in found]),
        np.stack([each.confident_joint for each in found]),
    )


def label_set_scores(
    given: sparse.csr_array,
    data: LabelledRows,
    method: ScoreName = "self_confidence",
    *,
    thresholds: Array | None = None,
) -> Array:
    """Score every row: how likely it is that its set of labels is right.

    Parameters
    ----------
    given : csr_array of shape (n, K), bool
        Which row is given which label.
    data : LabelledRows
        As for `find_label_set_issues`, which checks the values: here that is not done again.
    method : str, default="self_confidence"
        The score of each class by itself; see `label_auditor.scores`.
    thresholds : ndarray of shape (K, 2), optional
        From `find_label_set_issues`, where they are known already; for adjusted scores.

    Returns
    -------
    ndarray of shape (n,), float64
        In [0, 1], low is suspicious.

    Raises
    ------
    ValueError
        If there is no such method, or `pred_probs` is not of the shape of `given`.

    Examples
    --------
    >>> given = sparse.csr_array([[0, 1, 0], [1, 0, 1]], dtype=bool)
    >>> p = np.array([[0.1, 0.9, 0.1], [0.4, 0.1, 0.9]])
    >>> label_set_scores(given, LabelledRows(np.zeros(2, dtype=int), p))
    array([0.9, 0.5])
    """
    check_method(method)
    _check_shape(given, data)
    if SCORES[method].adjusted and thresholds is None:
        thresholds = find_label_set_issues(given, data).thresholds
    scores = np.empty(given.shape[0])

    def score_block(rows: slice) -> None:
        probs = data.read(rows).astype(float_dtype(data.dtype), copy=False)
        codes = given[rows].toarray().astype(np.intp)
        by_class = np.empty(probs.shape[::-1])
        for k, column in enumerate(probs.T):
            limits = None if thresholds is None else thresholds[k]
            by_class[k] = score_rows(codes[:, k], _pairs(column), method, limits)
        scores[rows] = _average(by_class)

    data.map(score_block)
    return scores


def _check_shape(given: sparse.csr_array, data: LabelledRows) -> None:
    """Check that there is a probability for each row and class."""
    shape = tuple(data.pred_probs.shape)
    if shape != given.shape:
        raise ValueError(
            f"pred_probs has shape {shape} but given has {given.shape}; "
            "pass a row for each row of given, and a column for each of its columns."
        )


def _map_classes(data: LabelledRows, function: Any) -> list[Any]:
    """Call a function with the probabilities of each class and its position, in order."""
    results = []
    for first, columns in _read_columns(data):

        def part(classes: slice, first: int = first, columns: Array = columns) -> list[Any]:
            return [function(columns[k], first + k) for k in range(classes.start, classes.stop)]

        results += [each for part in data.share(part, len(columns)) for each in part]
    return results


def _read_columns(data: LabelledRows) -> Iterator[tuple[int, Array]]:
    """Read columns, a group of them at a time, and give the first one's position and all."""
    n, n_classes = data.codes.size, data.n_classes
    dtype = float_dtype(data.dtype)
    step = max(1, COLUMN_BYTES // (n * dtype.itemsize))
    for first in range(0, n_classes, step):
        group = slice(first, min(first + step, n_classes))
        columns = np.empty((group.stop - group.start, n), dtype)

        def read(rows: slice, group: slice = group, columns: Array = columns) -> Array:
            columns[:, rows] = data.read(rows)[:, group].T
            part = columns[:, rows]
            valid = (part >= -CLOSE) & (part <= 1 + CLOSE)
            invalid: Array = np.flatnonzero(~valid.all(axis=0)) + rows.start
            return invalid

        invalid = np.concatenate(data.map(read))
        if invalid.size:
            refuse_rows(data.pred_probs, invalid, multi_label=True)
        yield first, columns


def _pairs(column: Array) -> Array:
    """Give the probabilities of not being and of being of a class, as two columns."""
    return np.stack([1 - column, column], axis=1)


def _matrix(rows: Sequence[Array], shape: tuple[int, int]) -> sparse.csr_array:
    """Give the rows that are marked in each column as a matrix."""
    ends = np.cumsum([0, *map(len, rows)])
    indices = np.concatenate(rows)
    by_class = sparse.csc_array((np.ones(len(indices), bool), indices, ends), shape=shape)
    return sparse.csr_array(by_class)


def _average(by_class: Array) -> Array:
    """Average the scores of the classes, (K, n), exponentially, the lowest last."""
    if len(by_class) > N_LOWEST:
        by_class = np.partition(by_class, N_LOWEST - 1, axis=0)[:N_LOWEST]
    highest, *lower = np.sort(by_class, axis=0)[::-1]
    average: Array = highest
    for scores in lower:
        average = ALPHA * scores + (1 - ALPHA) * average
    return average
