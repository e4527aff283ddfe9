"""Label issues and label quality scores of a whole data set: row blocks on threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.joint import (
    Joint,
    calibrate,
    count_joint,
    merge_joints,
    prune_counts,
)
from label_auditor.confident_learning.prune_rules import (
    Disputes,
    find_disputes,
    merge_disputes,
    prune,
)
from label_auditor.confident_learning.row_blocks import LabelledRows
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
from label_auditor.confident_learning.scores import score_rows
from label_auditor.confident_learning.selection import smallest
from label_auditor.data.labels import check_pred_probs, check_rule, check_score, refuse_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def find_label_issues(
    codes: Array,
    pred_probs: Any,
    *,
    filter_by: str = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    min_examples_per_class: int = 1,
    num_to_remove_per_class: Sequence[int] | None = None,
    n_jobs: int | None = None,
) -> LabelIssues:
    """Flag the rows whose label is likely wrong, by confident learning.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    pred_probs : array-like of shape (n, K), float
        Out-of-sample probabilities: an array of any memory order, a memmap, or anything that
        slices by rows, such as a zarr, h5py or dask array. Read once in row blocks; a few rows
        are read again.
    filter_by : str, default="prune_by_noise_rate"
        Which rows are flagged. All rules but the low_* ones leave out rows whose given label is
        the likeliest, or would be with a probability of 1e-6 more.

        - "prune_by_noise_rate": for each pair of given and true label, as many rows as the joint
          expects, by the largest p(true) - p(given).
        - "prune_by_class": for each given label, as many rows as the joint expects, by the lowest
          self-confidence.
        - "both": flagged by the two rules above.
        - "confident_learning": rows that confidently belong to another class.
        - "predicted_neq_given": rows whose likeliest class is another.
        - "low_normalized_margin", "low_self_confidence": the estimated number of issues, by the
          lowest score.
    frac_noise : float in [0, 1], default=1.0
        The part of the expected errors to flag; the prune rules only.
    min_examples_per_class : int, default=1
        The prune rules flag nothing in classes of this size or smaller, nor in classes of one
        row, and expect at least this many correct labels in each class.
    num_to_remove_per_class : sequence of int, shape (K,), optional
        Flag this many rows of each given label instead of the expected number, or all its
        candidates if there are fewer; at least `min_examples_per_class` rows are left. The prune
        rules only.
    n_jobs : int, optional
        Threads, as in joblib: None is 1 unless a `joblib.parallel_config` says otherwise.

    Returns
    -------
    LabelIssues

    Raises
    ------
    ValueError
        If `pred_probs` is not a matrix of probabilities with a row for each code, or a parameter
        is out of range or does not go with `filter_by`.

    References
    ----------
    .. [1] C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
       Dataset Labels", Journal of Artificial Intelligence Research 70 (2021) 1373-1411.

    Examples
    --------
    >>> codes = np.array([0, 0, 0, 1, 1, 1])
    >>> p = np.array([0.9, 0.8, 0.1, 0.1, 0.2, 0.2])
    >>> find_label_issues(codes, np.column_stack([p, 1 - p])).issues
    array([False, False,  True, False, False, False])
    """
    codes = np.asarray(codes, np.intp)
    pred_probs = check_pred_probs(pred_probs, codes)
    check_rule(
        filter_by,
        frac_noise,
        min_examples_per_class,
        num_to_remove_per_class,
        pred_probs.shape[1],
    )
    data = LabelledRows(codes, pred_probs, n_jobs)
    scan = _scan(data)
    groups = _group(data, scan)
    thresholds = class_thresholds(groups)
    joint, disputes = _count(data, scan, _confident(data, scan, thresholds))
    joint = calibrate(joint, groups.sizes)
    n_estimated = int(np.count_nonzero(disputes.confident))
    own, predicted = scan.own, scan.predicted
    del scan  # The highest probabilities are not needed any more.
    if filter_by == "predicted_neq_given":
        rows = disputes.rows[disputes.candidate]
    elif filter_by == "confident_learning":
        rows = disputes.rows[disputes.confident]
    elif filter_by == "low_self_confidence":
        rows = smallest(own, n_estimated)
    elif filter_by == "low_normalized_margin":
        # The given label is the likeliest in all other rows: their margins are not negative.
        rows = disputes.rows[smallest((1 - disputes.margin) / 2, n_estimated)]
    else:
        counts = prune_counts(
            joint, min_examples_per_class=min_examples_per_class, frac_noise=frac_noise
        )
        rows = prune(
            data,
            own,
            disputes,
            groups,
            counts,
            filter_by,
            min_examples_per_class,
            num_to_remove_per_class,
        )
    issues = np.zeros(codes.size, bool)
    issues[rows] = True
    return LabelIssues(issues, predicted, own, thresholds, joint, n_estimated)


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
    n_rows, n_classes = data.pred_probs.shape
    own = np.empty(n_rows, float_dtype(data.dtype))
    highest = np.empty_like(own)
    predicted = np.empty(n_rows, code_dtype(n_classes))

    def scan_block(rows: slice) -> Array:
        block = scan_rows(data.codes[rows], data.read(rows))
        own[rows], highest[rows], predicted[rows] = block.own, block.highest, block.predicted
        invalid: Array = block.invalid + rows.start
        return invalid

    invalid = np.concatenate(data.map(scan_block))
    if invalid.size:
        refuse_rows(data.pred_probs, invalid)
    return RowScan(own, highest, predicted, invalid)


def _group(data: LabelledRows, scan: RowScan) -> ClassGroups:
    """Group the self-confidences by class."""
    n_classes = data.pred_probs.shape[1]

    def group_block(rows: slice) -> tuple[Array, Array]:
        return group_by_class(data.codes[rows], scan.own[rows], n_classes)

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
    n_classes = data.pred_probs.shape[1]

    def count_block(rows: slice) -> tuple[Joint, Disputes]:
        given, block_classes = data.codes[rows], classes[rows]
        disputes = find_disputes(given, scan.part(rows), block_classes)
        return count_joint(given, block_classes, n_classes), disputes.shift(rows.start)

    joints, disputes = zip(*data.map_light(count_block), strict=True)
    return merge_joints(joints), merge_disputes(disputes)


def label_quality_scores(
    codes: Array,
    pred_probs: Any,
    *,
    method: str = "self_confidence",
    adjust: bool = False,
    thresholds: Array | None = None,
    n_jobs: int | None = None,
) -> Array:
    """Score every row: how likely it is that its given label is right.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    pred_probs : array-like of shape (n, K), float
        Out-of-sample probabilities, as for `find_label_issues`, which checks their values: here
        that is not done again.
    method : str, default="self_confidence"
        "self_confidence", "normalized_margin", "confidence_weighted_entropy" or "log_margin"; see
        `label_auditor.scores`.
    adjust : bool, default=False
        Adjust for class imbalance; the first two methods only.
    thresholds : ndarray of shape (K,), optional
        Average self-confidence of each class, where it is known already; for `adjust`.
    n_jobs : int, optional
        Threads, as in joblib.

    Returns
    -------
    ndarray of shape (n,), float64
        In [0, 1], low is suspicious; NaN where the row is not judged.

    Raises
    ------
    ValueError
        If `pred_probs` is not a numeric matrix with a row for each code, there is no such method,
        or it can't be adjusted.

    Examples
    --------
    >>> label_quality_scores(np.array([0, 1]), np.array([[0.75, 0.25], [0.75, 0.25]]))
    array([0.75, 0.25])
    """
    check_score(method, adjust=adjust)
    codes = np.asarray(codes, np.intp)
    data = LabelledRows(codes, check_pred_probs(pred_probs, codes), n_jobs)
    if adjust and thresholds is None:
        thresholds = class_thresholds(_group(data, _scan(data)))
    scores = np.empty(codes.size)

    def score_block(rows: slice) -> None:
        block = data.read(rows)
        scores[rows] = score_rows(data.codes[rows], block, method, thresholds if adjust else None)

    data.map(score_block)
    return scores
