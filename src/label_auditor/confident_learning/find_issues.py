"""Label issues and label quality scores of a whole data set: row blocks on threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.evidence import (
    Disputes,
    Evidence,
    find_disputes,
    merge_disputes,
)
from label_auditor.confident_learning.joint import Joint, calibrate, count_joint, merge_joints
from label_auditor.confident_learning.row_blocks import LabelledRows, refuse_rows
from label_auditor.confident_learning.rules import Rule
from label_auditor.confident_learning.scan import (
    ClassGroups,
    RowScan,
    class_thresholds,
    code_dtype,
    confident_classes,
    float_dtype,
    group_by_class,
    scan_rows,
)
from label_auditor.confident_learning.scores import SCORES, ScoreName, check_method, score_rows

__all__ = ["LabelIssues", "find_label_issues", "label_quality_scores", "rank_issues"]

Array = npt.NDArray[Any]

# With more classes than this the joint is handed out as a sparse matrix.
DENSE_CLASSES = 2000


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """What `find_label_issues` found.

    Attributes
    ----------
    issues : ndarray of shape (n,), bool
        Flagged rows.
    predicted : ndarray of shape (n,), int
        Code of the likeliest class, the first of equal ones; -1 where a row has no probabilities.
        The smallest integer type that holds K.
    self_confidence : ndarray of shape (n,), float32 or float64
        Probability of the given label; NaN where the row was not judged.
    thresholds : ndarray of shape (K,), float32 or float64
        Average self-confidence of each class; 2 for a class without rows.
    joint : Joint
        Calibrated confident joint, as coordinates.
    n_estimated : int
        Rows that confidently belong to another class than the given one: the estimated number of
        issues.
    """

    issues: Array
    predicted: Array
    self_confidence: Array
    thresholds: Array
    joint: Joint
    n_estimated: int

    @property
    def confident_joint(self) -> Any:
        """Calibrated confident joint: an int ndarray of shape (K, K), CSR above 2000 classes."""
        if self.joint.n_classes <= DENSE_CLASSES:
            return self.joint.toarray()
        from scipy.sparse import coo_array

        cells = (self.joint.count, (self.joint.given, self.joint.true))
        matrix = coo_array(cells, shape=(self.joint.n_classes,) * 2).tocsr()
        matrix.eliminate_zeros()
        return matrix


def find_label_issues(data: LabelledRows, rule: Rule | None = None) -> LabelIssues:
    """Flag the rows whose label is likely wrong, by confident learning.

    The probabilities are read once in row blocks; a few rows are read again.

    Parameters
    ----------
    data : LabelledRows
        Columns of the given labels, and out-of-sample probabilities.
    rule : Rule, optional
        Which rows are flagged. None: ``Rule()``, which prunes by noise rate.

    Returns
    -------
    LabelIssues

    Raises
    ------
    ValueError
        If rows hold no probabilities, a code has no column, or the numbers to remove are not one
        for each class.

    References
    ----------
    .. [1] C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
       Dataset Labels", Journal of Artificial Intelligence Research 70 (2021) 1373-1411.

    Examples
    --------
    >>> p = np.array([0.9, 0.8, 0.1, 0.1, 0.2, 0.2])
    >>> data = LabelledRows(np.array([0, 0, 0, 1, 1, 1]), np.column_stack([p, 1 - p]))
    >>> find_label_issues(data).issues
    array([False, False,  True, False, False, False])
    """
    rule = Rule() if rule is None else rule
    rule.check_classes(data.n_classes)
    data.check_codes()
    scan = _scan(data)
    groups = _group(data, scan)
    thresholds = class_thresholds(groups)
    joint, disputes = _count(data, scan, _confident(data, scan, thresholds))
    given_prob, predicted = scan.given_prob, scan.predicted
    del scan  # The highest probabilities are not needed any more.
    found = Evidence(data, given_prob, disputes, groups, calibrate(joint, groups.sizes))
    issues = np.zeros(data.codes.size, bool)
    issues[rule.flag(found)] = True
    return LabelIssues(issues, predicted, given_prob, thresholds, found.joint, found.n_estimated)


def rank_issues(issues: Array, scores: Array) -> Array:
    """Positions of the flagged rows, lowest score first, equal ones in row order.

    Parameters
    ----------
    issues : ndarray of shape (n,), bool
    scores : ndarray of shape (n,), float

    Returns
    -------
    ndarray of shape (n_issues,), intp
    """
    rows = np.flatnonzero(issues)
    return np.asarray(rows[scores[rows].argsort(kind="stable")])


def _scan(data: LabelledRows) -> RowScan:
    """Read all rows once; raise if some of them hold no probabilities."""
    n_rows = data.codes.size
    given_prob = np.empty(n_rows, float_dtype(data.dtype))
    highest = np.empty_like(given_prob)
    predicted = np.empty(n_rows, code_dtype(data.n_classes))

    def scan_block(rows: slice) -> Array:
        block = scan_rows(data.codes[rows], data.read(rows))
        given_prob[rows], highest[rows], predicted[rows] = (
            block.given_prob,
            block.highest,
            block.predicted,
        )
        invalid: Array = block.invalid + rows.start
        return invalid

    invalid = np.concatenate(data.map(scan_block))
    if invalid.size:
        refuse_rows(data.pred_probs, invalid)
    return RowScan(given_prob, highest, predicted, invalid)


def _group(data: LabelledRows, scan: RowScan) -> ClassGroups:
    """Group the self-confidences by class."""
    n_classes = data.n_classes

    def group_block(rows: slice) -> tuple[Array, Array]:
        return group_by_class(data.codes[rows], scan.given_prob[rows], n_classes)

    return ClassGroups(data.map_light(group_block))


def _confident(data: LabelledRows, scan: RowScan, thresholds: Array) -> Array:
    """Find the class that each row confidently belongs to."""
    classes = np.empty_like(scan.predicted)

    def block_classes(rows: slice) -> None:
        def read(positions: Array) -> Array:
            return data.read(rows)[positions]

        block = scan.part(rows)
        classes[rows] = confident_classes(block, thresholds, read, tolerance=data.tolerance)

    data.map(block_classes)
    return classes


def _count(data: LabelledRows, scan: RowScan, classes: Array) -> tuple[Joint, Disputes]:
    """Count the confident joint, and gather the rows whose likeliest class is not the given one."""
    n_classes = data.n_classes

    def count_block(rows: slice) -> tuple[Joint, Disputes]:
        given, block_classes = data.codes[rows], classes[rows]
        disputes = find_disputes(given, scan.part(rows), block_classes)
        return count_joint(given, block_classes, n_classes), disputes.shift(rows.start)

    joints, disputes = zip(*data.map_light(count_block), strict=True)
    return merge_joints(joints), merge_disputes(disputes)


def label_quality_scores(
    data: LabelledRows, method: ScoreName = "self_confidence", *, thresholds: Array | None = None
) -> Array:
    """Score every row: how likely it is that its given label is right.

    Parameters
    ----------
    data : LabelledRows
        Columns of the given labels, and out-of-sample probabilities. `find_label_issues` checks
        the values of these: here that is not done again.
    method : str, default="self_confidence"
        A name in `label_auditor.scores`.
    thresholds : ndarray of shape (K,), optional
        Average self-confidence of each class, where it is known already; for adjusted scores.

    Returns
    -------
    ndarray of shape (n,), float64
        In [0, 1], low is suspicious; NaN where the row is not judged.

    Raises
    ------
    ValueError
        If there is no such method.

    Examples
    --------
    >>> data = LabelledRows(np.array([0, 1]), np.array([[0.75, 0.25], [0.75, 0.25]]))
    >>> label_quality_scores(data)
    array([0.75, 0.25])
    """
    check_method(method)
    if SCORES[method].adjusted and thresholds is None:
        thresholds = class_thresholds(_group(data, _scan(data)))
    scores = np.empty(data.codes.size)

    def score_block(rows: slice) -> None:
        scores[rows] = score_rows(data.codes[rows], data.read(rows), method, thresholds)

    data.map(score_block)
    return scores
