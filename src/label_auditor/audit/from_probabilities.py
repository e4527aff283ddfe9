"""`audit_labels`: an audit of labels by the probabilities of any model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from label_auditor.audit.multi_label import MultiLabelAudit, audit_label_sets
from label_auditor.audit.single_label import LabelAudit
from label_auditor.confident_learning.engines.cluster import find_client, is_far
from label_auditor.confident_learning.find_issues import (
    find_label_issues,
    rank_issues,
)
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import FilterBy, Rule
from label_auditor.confident_learning.scores import (
    RankBy,
    check_custom_scores,
    check_rank_by,
    name_of_score,
)
from label_auditor.data.class_names import find_named, read_names
from label_auditor.data.coded_labels import read_labels
from label_auditor.data.divided import divide_as, is_divided
from label_auditor.data.lazy_labels import read_lazy_labels
from label_auditor.data.naming import check_index
from label_auditor.data.tables import arrange, name_rows
from label_auditor.data.values import in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@overload
def audit_labels(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    classes: ArrayLike | None = ...,
    class_names: Mapping[Any, str] | Sequence[str] | None = ...,
    multi_label: Literal[False] = ...,
    filter_by: FilterBy = ...,
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
    class_names: Mapping[Any, str] | Sequence[str] | None = ...,
    multi_label: Literal[True],
    filter_by: FilterBy = ...,
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
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    multi_label: bool = False,
    filter_by: FilterBy = "prune_by_noise_rate",
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
        The given labels: values of `classes`, never column positions. Those of a dask array or
        Series are read by dask, or by the workers of the cluster that is in charge. With
        `multi_label`: a matrix of 0 and 1, dense, sparse or a DataFrame, of shape (n_samples,
        n_classes); or for each row the list, tuple or set of its classes, which is empty where the
        row has none.
    pred_probs : array-like or table of shape (n_samples, n_classes)
        Probabilities, float32 or float64, of models that did not see these rows: an array, a
        memmap, or anything that can be sliced by rows, such as a zarr, h5py or dask array. It is
        read in blocks of rows and never copied whole; a dask array or DataFrame whose cluster is in
        charge is read by the workers. Each row sums to 1; with `multi_label`, rows
        need not, as each class has a probability of its own. Of a table, such as a DataFrame, the
        columns are found by the names of the classes and the rows by the index of `labels`, where
        these are the names that the table has.
    classes : array-like of shape (n_classes,), default=None
        The classes in the order of the columns. By default, these are the sorted labels that
        occur, or the columns of `labels` if that is a matrix; or the classes that `class_names`
        names.
    class_names : mapping or sequence of str, default=None
        The names of classes that are codes, such as integers that count the columns from 0. A
        sequence has them in the order of the columns; a mapping has them by class. They stay with
        the audit: tables, pages, exports and files have the names, and `labels` and
        `suggested_labels` the codes.
    multi_label : bool, default=False
        Whether a row may have several labels, or none. Each class is then audited against all
        others together, and a row is flagged if one of its classes is.
    filter_by : str, default="prune_by_noise_rate"
        Which rows are flagged; see :class:`LabelAuditor`.
    rank_by : str or callable, default="self_confidence"
        The label quality score; see :class:`LabelAuditor`.
    index : sequence of length n_samples, default=None
        Names of the rows. By default, these are the index of `labels` if it has one, as a pandas
        Series does, and otherwise `range(n_samples)`.
    frac_noise : float in (0, 1], default=1.0
        The share of the estimated issues that the prune rules flag, starting with the likeliest.
    min_examples_per_class : int, default=1
        The prune rules flag nothing in classes that have no more rows than this.
    num_to_remove_per_class : sequence of int, shape (n_classes,), default=None
        How many rows of each class the prune rules flag, instead of the estimated number. With
        `multi_label`, only rows that are given the class are flagged then.
    n_jobs : int, default=None
        The number of threads that work on the blocks of rows, as in joblib.

    Returns
    -------
    LabelAudit or MultiLabelAudit
        Flags, scores, ranks and suggestions. Where the workers of a cluster have audited more than
        1e8 rows, what there is of each row stays with them: flags, scores, labels and suggestions
        are dask arrays then.

    Raises
    ------
    ValueError
        If labels are missing, of mixed types, or not among the classes; if lengths, numbers of
        columns or names don't fit together; or if rows of `pred_probs` are not probabilities.
    TypeError
        If `multi_label` is set, and labels are neither a matrix of numbers nor lists.

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

    Labels that count the columns, and the names of these:

    >>> audit = audit_labels([0, 0, 1, 1, 1], pred_probs, class_names=["cat", "dog"])
    >>> audit.to_frame().loc[audit.issues]
      given_label suggested_label  label_quality  is_label_issue  rank
    4         dog             cat           0.05            True     0
    >>> audit.suggested_labels[audit.ranked]
    array([0])

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
    rule = Rule(filter_by, frac_noise, min_examples_per_class, num_to_remove_per_class)
    check_rank_by(rank_by)
    if multi_label:
        return audit_label_sets(
            labels,
            pred_probs,
            rule,
            classes=classes,
            class_names=class_names,
            rank_by=rank_by,
            index=index,
            n_jobs=n_jobs,
        )
    if is_divided(labels):
        codes, columns = read_lazy_labels(labels, classes)
    else:
        labels = in_memory(labels)
        codes, columns = read_labels(labels, classes)
    if classes is None and class_names is not None:
        positions, columns = find_named(columns, class_names)
        codes = positions[codes]
    names = read_names(columns, class_names)
    far_index = _find_far_index(labels, pred_probs, len(codes)) if index is None else None
    index, row_names = name_rows(labels if far_index is None else None, index, len(codes))
    data = LabelledRows(codes, arrange(pred_probs, columns, row_names, names), n_jobs)
    del codes  # Those of the data take an eighth of their memory.
    data.check_columns(columns, inferred=classes is None and class_names is None)
    audit = audit_codes(data.codes, data, rule, classes=columns, rank_by=rank_by, index=index)
    own = {} if far_index is None else {"index": far_index}
    return dataclasses.replace(audit, class_names=names, **own)


def _find_far_index(labels: Any, pred_probs: Any, n_samples: int) -> Any:
    """Give the index of labels of dask, if it is to stay there as all that is known of a row."""
    far = is_divided(labels) and is_far(n_samples) and find_client(pred_probs) is not None
    return getattr(labels, "index", None) if far else None


def audit_codes(
    codes: NDArray[np.intp],
    judged: LabelledRows,
    rule: Rule,
    *,
    classes: NDArray[Any],
    rank_by: RankBy,
    index: Sequence[Any] | None,
) -> LabelAudit:
    """Audit labels that are column positions already.

    Parameters
    ----------
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where it is missing.
    judged : LabelledRows
        The same for the rows that can be judged, -1 for all others; and their probabilities.
    rule : Rule
        Which rows are flagged.
    classes : ndarray of shape (n_classes,)
        The classes, in the order of the columns.
    rank_by : str or callable
        The label quality score.
    index : sequence of length n_samples or None
        Names of the rows.

    Returns
    -------
    LabelAudit
    """
    check_rank_by(rank_by)
    index = check_index(index, len(codes))
    codes = judged.in_smallest_type(codes)
    if callable(rank_by):
        found = find_label_issues(judged, rule)
        quality = _custom_scores(rank_by, judged)
    else:
        found = find_label_issues(judged, rule, rank_by)
        quality = found.quality
    codes, evaluated, quality = (
        divide_as(column, found.issues) for column in (codes, judged.codes >= 0, quality)
    )
    return LabelAudit(
        codes=codes,
        predicted=np.where(found.predicted < 0, codes, found.predicted),
        classes=classes,
        pred_probs=judged.pred_probs,
        issues=found.issues,
        quality=quality,
        ranked=rank_issues(found.issues, quality),
        evaluated=evaluated,
        index=index,
        confident_joint=found.confident_joint,
        filter_by=rule.filter_by,
        rank_by=name_of_score(rank_by),
    )


def _custom_scores(
    rank_by: Callable[[NDArray[np.intp], Any], ArrayLike], judged: LabelledRows
) -> NDArray[np.float64]:
    """Score the evaluated rows with the caller's function."""
    codes, pred_probs = judged.codes.astype(np.intp), judged.pred_probs
    rows = np.flatnonzero(codes >= 0)
    every = len(rows) == len(codes)
    values = rank_by(codes, pred_probs) if every else rank_by(codes[rows], pred_probs[rows])
    scores = np.full(len(codes), np.nan)
    scores[rows] = check_custom_scores(values, len(rows))
    return scores
