"""`LabelAudit`, the result that all else reads, and `audit_labels`, which makes one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

import numpy as np
from scipy import sparse

from label_auditor.audit.multi_label import MultiLabelAudit, audit_label_sets
from label_auditor.audit.outputs import Audit
from label_auditor.confident_learning.find_issues import (
    find_label_issues,
    label_quality_scores,
    rank_issues,
)
from label_auditor.confident_learning.joint import Joint, noise_matrix
from label_auditor.confident_learning.scores import ADJUSTED
from label_auditor.data import labels as validation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    RankBy = str | Callable[[NDArray[np.intp], Any], ArrayLike]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class LabelAudit(Audit):
    """What an audit found: which labels are suspicious, how much, and what they might be.

    Made by :class:`LabelAuditor` and :func:`audit_labels`. It holds all that review, export and
    estimates need, and can be saved and loaded.

    Attributes
    ----------
    labels : ndarray of shape (n_samples,)
        The given labels.
    classes : ndarray of shape (n_classes,)
        The classes, in the order of the columns of `pred_probs`.
    pred_probs : array-like of shape (n_samples, n_classes)
        Out-of-sample probabilities, as they were given.
    issues : ndarray of bool, shape (n_samples,)
        The rows flagged as label issues.
    scores : ndarray of float64, shape (n_samples,)
        Label quality scores, in [0, 1] for the built-in ones; low is suspicious. NaN where the
        row was not evaluated.
    ranked : ndarray of int, shape (n_issues,)
        Positions of the flagged rows, worst first.
    suggested_labels : ndarray of shape (n_samples,)
        The likeliest class of every row; the given label where there are no probabilities.
    evaluated : ndarray of bool, shape (n_samples,)
        The rows that could be judged.
    index : sequence of length n_samples
        The names of the rows: the index of the data, or `range(n_samples)`.
    confident_joint : ndarray or scipy.sparse array of int, shape (n_classes, n_classes)
        Calibrated counts of given label (row) against confidently predicted label (column).
    filter_by : str
        The rule by which rows were flagged.
    rank_by : str
        The name of the label quality score.

    See Also
    --------
    audit_labels : Audit labels with the probabilities of any model.
    LabelAuditor : Cross-validate a classifier, then audit.
    """

    multi_label: ClassVar[bool] = False

    labels: NDArray[Any]
    classes: NDArray[Any]
    pred_probs: Any
    issues: NDArray[np.bool_]
    scores: NDArray[np.float64]
    ranked: NDArray[np.intp]
    suggested_labels: NDArray[Any]
    evaluated: NDArray[np.bool_]
    index: Sequence[Any]
    confident_joint: Any
    filter_by: str
    rank_by: str

    @property
    def noise_matrix(self) -> Any:
        """P(given label = row | true label = column), estimated from the confident joint.

        float64 of shape (n_classes, n_classes), sparse where the joint is; each column of a class
        that any row may truly belong to sums to 1.
        """
        rates = noise_matrix(_cells(self.confident_joint))
        if not sparse.issparse(self.confident_joint):
            return rates.toarray()
        shape = (rates.n_classes, rates.n_classes)
        return sparse.coo_array((rates.count, (rates.given, rates.true)), shape=shape).tocsr()

    def summary(self) -> pd.DataFrame:
        """Give one row per class: how often it is given, flagged, and confused with what.

        Returns
        -------
        pandas.DataFrame
            Indexed by class, in the order of `classes`: `given` and `flagged` (rows),
            `estimated_noise` (the share of the rows given this label that the confident joint
            places in other classes; a rough guide, off by a factor of two on human errors) and
            `most_confused_with` (the class where it places most of them, or missing).
        """
        import pandas as pd

        codes, _ = validation.encode_labels(self.labels, self.classes)
        joint = self.confident_joint
        placed = np.maximum(np.asarray(joint.sum(axis=1)), 1)
        given, suggested, counts = _off_diagonal(joint)
        by_count = np.lexsort((suggested, -counts))
        given, first = np.unique(given[by_count], return_index=True)
        confused_with = np.full(len(self.classes), None, dtype=object)
        confused_with[given] = self.classes[suggested[by_count][first]]
        return pd.DataFrame(
            {
                "given": np.bincount(codes[codes >= 0], minlength=len(self.classes)),
                "flagged": np.bincount(codes[self.issues], minlength=len(self.classes)),
                "estimated_noise": 1 - joint.diagonal() / placed,
                "most_confused_with": confused_with,
            },
            index=pd.Index(self.classes, name="class"),
        )

    def overlapping_classes(self) -> pd.DataFrame:
        """Give the pairs of classes that are confused with each other, most confused first.

        Such pairs may want a clearer definition, or to be one class.

        Returns
        -------
        pandas.DataFrame
            `class_a`, `class_b`, `n_overlapping` (rows that the confident joint places in one
            class though the other is given, either way round) and `joint_probability` (their
            share of all rows; a rough guide too). Pairs without any are left out.
        """
        import pandas as pd

        given, suggested, counts = _off_diagonal(self.confident_joint)
        pairs = pd.DataFrame(
            {
                "a": np.minimum(given, suggested),
                "b": np.maximum(given, suggested),
                "n_overlapping": counts,
            }
        )
        pairs = pairs.groupby(["a", "b"], as_index=False).sum()
        pairs = pairs.sort_values("n_overlapping", ascending=False, kind="stable")
        return pd.DataFrame(
            {
                "class_a": self.classes[pairs["a"]],
                "class_b": self.classes[pairs["b"]],
                "n_overlapping": pairs["n_overlapping"].to_numpy(),
                "joint_probability": pairs["n_overlapping"].to_numpy() / self.confident_joint.sum(),
            }
        )

    def _repr_html_(self) -> str:
        """Give a compact version for notebooks."""
        from label_auditor.report.notebook import compact

        return compact(self)


@overload
def audit_labels(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    classes: ArrayLike | None = ...,
    multi_label: Literal[False] = ...,
    filter_by: str = ...,
    rank_by: RankBy = ...,
    index: Sequence[Any] | None = ...,
    frac_noise: float = ...,
    min_examples_per_class: int = ...,
    num_to_remove_per_class: Sequence[int] | None = ...,
    n_jobs: int | None = ...,
) -> LabelAudit: ...


@overload
def audit_labels(
    labels: Any,
    pred_probs: Any,
    *,
    classes: ArrayLike | None = ...,
    multi_label: Literal[True],
    filter_by: str = ...,
    rank_by: RankBy = ...,
    index: Sequence[Any] | None = ...,
    frac_noise: float = ...,
    min_examples_per_class: int = ...,
    num_to_remove_per_class: Sequence[int] | None = ...,
    n_jobs: int | None = ...,
) -> MultiLabelAudit: ...


def audit_labels(
    labels: Any,
    pred_probs: Any,
    *,
    classes: ArrayLike | None = None,
    multi_label: bool = False,
    filter_by: str = "prune_by_noise_rate",
    rank_by: RankBy = "self_confidence",
    index: Sequence[Any] | None = None,
    frac_noise: float = 1.0,
    min_examples_per_class: int = 1,
    num_to_remove_per_class: Sequence[int] | None = None,
    n_jobs: int | None = None,
) -> LabelAudit | MultiLabelAudit:
    """Audit labels with the out-of-sample probabilities of any model.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
        The given labels: values of `classes`, never column positions. With `multi_label`: a matrix
        of 0 and 1, dense, sparse or a DataFrame, of shape (n_samples, n_classes); or for each row
        the list, tuple or set of its classes, empty where it has none.
    pred_probs : array-like of shape (n_samples, n_classes)
        Probabilities, float32 or float64, of models that did not see these rows: an array, a
        memmap, or anything that is sliced by rows, such as a zarr, h5py or dask array. It is read
        in blocks of rows and never copied whole. Rows sum to 1, unless `multi_label`: then each
        probability is one by itself.
    classes : array-like of shape (n_classes,), default=None
        The classes in the order of the columns. None: the sorted labels that occur; of a matrix,
        its columns.
    multi_label : bool, default=False
        Whether a row may have several labels, or none. Each class is then audited against the
        rest, and a row is flagged if any of its classes is.
    filter_by : str, default="prune_by_noise_rate"
        Which rows are flagged; see :class:`LabelAuditor`.
    rank_by : str or callable, default="self_confidence"
        The label quality score; see :class:`LabelAuditor`.
    index : sequence of length n_samples, default=None
        Names of the rows. None: the index of `labels` if that is a pandas Series, else
        `range(n_samples)`.
    frac_noise : float in (0, 1], default=1.0
        The share of the estimated issues that the prune rules flag, the likeliest first.
    min_examples_per_class : int, default=1
        The prune rules leave classes with no more rows than this alone.
    num_to_remove_per_class : sequence of int, shape (n_classes,), default=None
        How many rows of each class the prune rules flag, instead of the estimated number. With
        `multi_label`: of the rows that are given the class; no others are flagged then.
    n_jobs : int, default=None
        Threads over the blocks of rows, as in joblib.

    Returns
    -------
    LabelAudit or MultiLabelAudit
        Flags, scores, ranks and suggestions.

    Raises
    ------
    ValueError
        If labels are missing or not among the classes, the lengths or the number of columns
        don't fit, or `pred_probs` holds rows that are no probabilities.
    TypeError
        If `multi_label`, and labels are neither a matrix of numbers nor lists.

    References
    ----------
    Northcutt, Jiang, Chuang (2021). Confident Learning: Estimating Uncertainty in Dataset Labels.
    Journal of Artificial Intelligence Research 70.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> pred_probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
    >>> audit = audit_labels(["cat", "cat", "dog", "dog", "dog"], pred_probs)
    >>> audit.ranked
    array([4])
    >>> audit.to_frame()
      given_label suggested_label  label_quality  is_label_issue  rank
    0         cat             cat           0.90           False  <NA>
    1         cat             cat           0.80           False  <NA>
    2         dog             dog           0.80           False  <NA>
    3         dog             dog           0.90           False  <NA>
    4         dog             cat           0.05            True     0

    Several labels per row:

    >>> audit = audit_labels(
    ...     [["cat"], ["cat"], ["cat", "dog"], [], ["dog"], ["dog"]],
    ...     np.array([[0.9, 0.1], [0.8, 0.9], [0.9, 0.8], [0.1, 0.1], [0.2, 0.9], [0.1, 0.8]]),
    ...     multi_label=True,
    ... )
    >>> audit.to_frame().loc[audit.issues]
      given_label suggested_label  label_quality  is_label_issue  rank
    1      (cat,)      (cat, dog)           0.24            True     0
    """
    index = find_index(labels) if index is None else index
    options: dict[str, Any] = {
        "filter_by": filter_by,
        "rank_by": rank_by,
        "index": index,
        "frac_noise": frac_noise,
        "min_examples_per_class": min_examples_per_class,
        "num_to_remove_per_class": num_to_remove_per_class,
        "n_jobs": n_jobs,
    }
    if multi_label:
        return audit_label_sets(labels, pred_probs, classes=classes, **options)
    if validation.has_many_labels(labels):
        raise ValueError("labels has several labels per row: pass multi_label=True.")
    values = validation.check_labels(labels)
    validation.refuse_missing(values, name="labels", remedy="drop these rows")
    codes, columns = validation.encode_labels(values, classes)
    pred_probs = validation.to_rows(pred_probs)
    validation.check_columns(pred_probs.shape[1], columns, inferred=classes is None)
    return audit_codes(codes, pred_probs, labels=values, classes=columns, **options)


def audit_codes(
    codes: NDArray[np.intp],
    pred_probs: Any,
    *,
    labels: NDArray[Any],
    classes: NDArray[Any],
    filter_by: str,
    rank_by: RankBy,
    index: Sequence[Any] | None,
    evaluated: NDArray[np.bool_] | None = None,
    n_jobs: int | None = None,
    **rule: Any,
) -> LabelAudit:
    """Audit labels that are column positions already; only `evaluated` rows are judged."""
    validation.check_rank_by(rank_by)
    judged = codes if evaluated is None else np.where(evaluated, codes, -1)
    found = find_label_issues(judged, pred_probs, filter_by=filter_by, n_jobs=n_jobs, **rule)
    if rank_by == "self_confidence":
        scores = found.self_confidence.astype(np.float64)
    elif callable(rank_by):
        scores = _custom_scores(rank_by, judged, pred_probs)
    else:
        scores = label_quality_scores(
            judged,
            pred_probs,
            method=ADJUSTED.get(rank_by, rank_by),
            adjust=rank_by in ADJUSTED,
            thresholds=found.thresholds,
            n_jobs=n_jobs,
        )
    suggested = classes[found.predicted]
    suggested[found.predicted < 0] = labels[found.predicted < 0]
    return LabelAudit(
        labels=labels,
        classes=classes,
        pred_probs=pred_probs,
        issues=found.issues,
        scores=scores,
        ranked=rank_issues(found.issues, scores),
        suggested_labels=suggested,
        evaluated=judged >= 0,
        index=validation.check_index(index, len(labels)),
        confident_joint=found.confident_joint,
        filter_by=filter_by,
        rank_by=rank_by if isinstance(rank_by, str) else getattr(rank_by, "__name__", "custom"),
    )


def find_index(*data: Any) -> Sequence[Any] | None:
    """Give the index of the first of `data` that has one, as pandas' objects do."""
    return next((each.index for each in data if hasattr(each, "iloc")), None)


def _custom_scores(
    rank_by: Callable[[NDArray[np.intp], Any], ArrayLike], codes: NDArray[np.intp], pred_probs: Any
) -> NDArray[np.float64]:
    """Score the evaluated rows with the caller's function."""
    rows = np.flatnonzero(codes >= 0)
    every = len(rows) == len(codes)
    values = rank_by(codes, pred_probs) if every else rank_by(codes[rows], pred_probs[rows])
    scores = np.full(len(codes), np.nan)
    scores[rows] = validation.check_custom_scores(values, len(rows))
    return scores


def _off_diagonal(joint: Any) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Give the cells of a joint outside its diagonal: given class, true class, count."""
    cells = _cells(joint)
    off = cells.off_diagonal
    return cells.given[off], cells.true[off], cells.count[off]


def _cells(joint: Any) -> Joint:
    """Give a joint, dense or sparse, as its cells that aren't 0."""
    cells = sparse.coo_array(joint)
    return Joint(cells.row, cells.col, cells.data, cells.shape[0])
