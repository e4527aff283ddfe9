"""`MultiLabelAudit`, the result where a row has a set of labels, and what makes one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from label_auditor.audit.outputs import Outputs
from label_auditor.confident_learning.find_issues import rank_issues
from label_auditor.confident_learning.one_vs_rest import find_label_set_issues, label_set_scores
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.scores import (
    RankBy,
    check_custom_scores,
    check_rank_by,
    name_of_score,
)
from label_auditor.data.class_names import find_named, read_names
from label_auditor.data.findings import Findings
from label_auditor.data.label_sets import (
    decode_label_sets,
    encode_label_sets,
    is_matrix,
    place_columns,
)
from label_auditor.data.labels import index_classes
from label_auditor.data.own_methods import own_methods
from label_auditor.data.tables import arrange, name_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from scipy import sparse

    from label_auditor.confident_learning.rules import Rule


@own_methods
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MultiLabelAudit(Findings, Outputs):
    """What an audit of label sets found: which are suspicious, how much, and what they might be.

    Made by :func:`audit_labels` with ``multi_label=True``. Each class is judged against the rest,
    and a row is flagged if any of its classes is.

    Attributes
    ----------
    labels : ndarray of object, shape (n_samples,)
        The given labels of each row: a tuple of classes in the order of `classes`, maybe empty.
    classes : ndarray of shape (n_classes,)
        The classes, in the order of the columns of `pred_probs`.
    pred_probs : array-like of shape (n_samples, n_classes)
        Out-of-sample probabilities of each class by itself, as they were given.
    issues : ndarray of bool, shape (n_samples,)
        The rows flagged as label issues.
    scores : ndarray of float64, shape (n_samples,)
        Label quality scores, in [0, 1] for the built-in ones; low is suspicious: over the scores
        of the classes, an exponential moving average in which the lowest counts most.
    ranked : ndarray of int, shape (n_issues,)
        Positions of the flagged rows, worst first.
    suggested_labels : ndarray of object, shape (n_samples,)
        The classes of each row with a probability above one half, as tuples.
    evaluated : ndarray of bool, shape (n_samples,)
        The rows that could be judged: all.
    index : sequence of length n_samples
        The names of the rows: the index of the data, or `range(n_samples)`.
    class_issues : scipy.sparse.csr_array of bool, shape (n_samples, n_classes)
        Which classes of the flagged rows are doubted: given but unlikely, or likely but not given.
        Under the low_* rules, which look at rows as a whole, a row may have none.
    confident_joint : ndarray of int, shape (n_classes, 2, 2)
        For each class, calibrated counts of rows that are given it (first axis; 0 is no) against
        rows that are confidently predicted to be of it.
    filter_by : str
        The rule by which rows were flagged.
    rank_by : str
        The name of the label quality score.
    class_names : tuple of str, or None
        What the tables, the pages and the exports of this audit call the classes, in the order of
        `classes`; None where they are called what they are. `labels` and `suggested_labels` hold
        the classes themselves.

    See Also
    --------
    audit_labels : Audit labels with the probabilities of any model.
    LabelAudit : The same where each row has one label.
    """

    multi_label: ClassVar[bool] = True

    class_issues: sparse.csr_array

    def _decode(self, codes: sparse.csr_array, classes: NDArray[Any]) -> NDArray[Any]:
        return decode_label_sets(codes, classes)

    def summary(self) -> pd.DataFrame:
        """Give one row per class: how often it is given, and doubted either way.

        Returns
        -------
        pandas.DataFrame
            Indexed by class, in the order of `classes`: `given` (rows), `flagged_given` (of them,
            those where the class is doubted), `flagged_missing` (rows without the class where it
            is likely) and `estimated_noise` (the share of all rows in which the confident joint
            says otherwise than the given label; a rough guide, off by a factor of two on human
            errors).
        """
        import pandas as pd

        given = self.codes
        doubted = self.class_issues.multiply(given)
        n_doubted = np.asarray(doubted.sum(axis=0))
        joint = self.confident_joint
        return pd.DataFrame(
            {
                "given": np.asarray(given.sum(axis=0)),
                "flagged_given": n_doubted,
                "flagged_missing": np.asarray(self.class_issues.sum(axis=0)) - n_doubted,
                "estimated_noise": (joint[:, 0, 1] + joint[:, 1, 0]) / len(self),
            },
            index=index_classes(self.shown_classes),
        )

    def _repr_html_(self) -> str:
        """Give a compact version for notebooks."""
        from label_auditor.report.notebook import compact

        return compact(self)


def audit_label_sets(
    labels: Any,
    pred_probs: Any,
    rule: Rule,
    *,
    classes: ArrayLike | None,
    class_names: Mapping[Any, str] | Sequence[str] | None,
    rank_by: RankBy,
    index: Sequence[Any] | None,
    n_jobs: int | None,
) -> MultiLabelAudit:
    """Audit sets of labels; :func:`label_auditor.audit_labels` says what is what."""
    check_rank_by(rank_by)
    given, columns = encode_label_sets(labels, classes)
    if classes is None and class_names is not None and not is_matrix(labels):
        positions, columns = find_named(columns, class_names)
        given = place_columns(given, positions, len(columns))
    names = read_names(columns, class_names)
    n = given.shape[0]
    index, row_names = name_rows(labels, index, n)
    probabilities = arrange(pred_probs, columns, row_names, names)
    data = LabelledRows(np.zeros(n, np.intp), probabilities, n_jobs)
    data.check_columns(columns, inferred=classes is None and class_names is None)
    found = find_label_set_issues(given, data, rule)
    if callable(rank_by):
        scores = check_custom_scores(rank_by(given.toarray(), data.pred_probs), n)
    else:
        scores = label_set_scores(given, data, rank_by, thresholds=found.thresholds)
    return MultiLabelAudit(
        codes=given,
        predicted=found.predicted,
        classes=columns,
        pred_probs=data.pred_probs,
        issues=found.issues,
        quality=scores,
        ranked=rank_issues(found.issues, scores),
        evaluated=np.ones(n, bool),
        index=index,
        confident_joint=found.confident_joint,
        class_issues=found.class_issues,
        class_names=names,
        filter_by=rule.filter_by,
        rank_by=name_of_score(rank_by),
    )
