"""Label issues and label quality scores of a whole data set: row blocks on threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.disputes import (
    Disputes,
    Doubts,
    Grounds,
    merge_disputes,
    settle,
)
from label_auditor.confident_learning.engines import choose_engine
from label_auditor.confident_learning.joint import Joint, calibrate, merge_joints
from label_auditor.confident_learning.row_blocks import LabelledRows, refuse_rows
from label_auditor.confident_learning.rules import Rule
from label_auditor.confident_learning.scan import CLOSE, set_thresholds
from label_auditor.confident_learning.scores import SCORES, ScoreName, check_method, score_rows
from label_auditor.confident_learning.steps import (
    judge_block,
    judge_far_block,
)
from label_auditor.data.divided import take_true

if TYPE_CHECKING:
    from label_auditor.confident_learning.engines.protocol import Engine

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
    quality : ndarray of shape (n,), float32 or float64
        The label quality scores that were asked for.

    Where the workers of a cluster have found the issues among more than 1e8 rows, what has a value
    for each row stays with them, as an array of dask.
    """

    issues: Array
    predicted: Array
    self_confidence: Array
    thresholds: Array
    joint: Joint
    n_estimated: int
    quality: Array

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
    data: LabelledRows, rule: Rule | None = None, score: ScoreName = "self_confidence"
) -> LabelIssues:
    """Flag the rows whose label is likely wrong, by confident learning, and score all rows.

    The probabilities are read once, in blocks of rows. They are read again, where they are no array
    in memory, for an adjusted score, by a rule that takes rows whose given label is the likeliest,
    and where the threshold of a class turns out lower than the first rows made it seem.

    Parameters
    ----------
    data : LabelledRows
        Columns of the given labels, and out-of-sample probabilities.
    rule : Rule, optional
        Which rows are flagged. None: ``Rule()``, which prunes by noise rate.
    score : str, default="self_confidence"
        A name in `label_auditor.scores`.

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
    check_method(score)
    data.check_codes()
    engine = choose_engine(data)
    sizes = _class_sizes(data)
    thresholds = _scan(engine, sizes, None if _needs_thresholds(score) else score)
    engine.score_when_read(score, thresholds)
    _know_enough(engine, thresholds)
    joint, predicted, disputes = _judge(engine, thresholds)
    found = Grounds(engine, disputes, sizes, calibrate(joint, sizes))
    return LabelIssues(
        engine.mark(rule.flag(found)),
        predicted,
        engine.given_prob,
        thresholds,
        found.joint,
        found.n_estimated,
        engine.given_prob if score == "self_confidence" else engine.scores(),
    )


def rank_issues(issues: Array, scores: Array) -> Array:
    """Positions of the flagged rows, lowest score first, equal ones in row order.

    Parameters
    ----------
    issues : ndarray or dask array of shape (n,), bool
    scores : ndarray or dask array of shape (n,), float

    Returns
    -------
    ndarray of shape (n_issues,), intp
    """
    rows, low = take_true(issues, scores)
    return np.asarray(rows[low.argsort(kind="stable")])


def _scan(engine: Engine, sizes: Array, score: ScoreName | None = None) -> Array:
    """Read all rows, raise if some of them hold no probabilities, and give the thresholds."""
    invalid = engine.scan(score)
    if invalid.size:
        refuse_rows(engine.data.pred_probs, invalid)
    return set_thresholds(engine.class_means(sizes))


def _needs_thresholds(score: ScoreName) -> bool:
    """Tell whether the first reading can't give a score; self-confidence is known anyway."""
    return SCORES[score].adjusted or score == "self_confidence"


def _class_sizes(data: LabelledRows) -> Array:
    """Count the rows of each class."""

    def count(rows: slice) -> Array:
        return np.bincount(data.codes[rows] + 1, minlength=data.n_classes + 1)

    return np.asarray(np.sum(data.map_light(count), axis=0)[1:])


def _know_enough(engine: Engine, thresholds: Array) -> None:
    """See to it that the probabilities are known that may be above the thresholds."""
    lowest = float(thresholds.min()) - CLOSE
    # Only a class with less than half may be above its threshold and not be the likeliest.
    if lowest <= (1 + engine.data.tolerance + CLOSE * thresholds.size) / 2:
        engine.know_from(lowest)


def _judge(engine: Engine, thresholds: Array) -> tuple[Joint, Any, Disputes]:
    """Give the confident joint, the likeliest class of each row, and the disputed rows."""
    data, far = engine.data, engine.far
    judge = judge_far_block if far else judge_block
    joints, doubts = zip(*engine.ask(judge, thresholds, data.tolerance), strict=True)
    engine.let_go()
    stops = [*engine.starts[1:], data.codes.size]
    blocks = [slice(*ends) for ends in zip(engine.starts, stops, strict=True)]
    predicted = engine.predicted
    told = np.empty_like(data.codes) if predicted is None else None

    def settle_block(rows: slice, found: Doubts) -> Disputes:
        known = () if far else (engine.given_prob[rows], None if told is None else told[rows])
        return settle(found, data.codes[rows], *known).shift(rows.start, data.codes.size)

    disputes = merge_disputes(data.map_over(settle_block, blocks, doubts))
    return merge_joints(joints), told if predicted is None else predicted, disputes


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
        thresholds = _scan(choose_engine(data), _class_sizes(data))
    scores = np.empty(data.codes.size)

    def score_rows_of(rows: slice) -> None:
        scores[rows] = score_rows(data.codes[rows], data.read(rows), method, thresholds)

    data.map(score_rows_of)
    return scores
