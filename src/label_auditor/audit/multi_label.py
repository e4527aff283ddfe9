"""`MultiLabelAudit`, the result where a row has a set of labels, and what makes one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from label_auditor.audit.outputs import Audit
from label_auditor.confident_learning.find_issues import rank_issues
from label_auditor.confident_learning.one_vs_rest import find_label_set_issues, label_set_scores
from label_auditor.confident_learning.scores import ADJUSTED
from label_auditor.data import labels as validation
from label_auditor.data.label_sets import decode_label_sets, encode_label_sets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from scipy import sparse

__all__ = ["MultiLabelAudit", "audit_label_sets"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class MultiLabelAudit(Audit):
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

    See Also
    --------
    audit_labels : Audit labels with the probabilities of any model.
    LabelAudit : The same where each row has one label.
    """

    multi_label: ClassVar[bool] = True

    labels: NDArray[Any]
    classes: NDArray[Any]
    pred_probs: Any
    issues: NDArray[np.bool_]
    scores: NDArray[np.float64]
    ranked: NDArray[np.intp]
    suggested_labels: NDArray[Any]
    evaluated: NDArray[np.bool_]
    index: Sequence[Any]
    class_issues: sparse.csr_array
    confident_joint: NDArray[np.intp]
    filter_by: str
    rank_by: str

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

        given, _ = encode_label_sets(self.labels, self.classes)
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
            index=pd.Index(self.classes, name="class"),
        )


def audit_label_sets(
    labels: Any,
    pred_probs: Any,
    *,
    classes: ArrayLike | None,
    rank_by: str | Callable[[NDArray[np.bool_], Any], ArrayLike],
    index: Sequence[Any] | None,
    n_jobs: int | None,
    **rule: Any,
) -> MultiLabelAudit:
    """Audit sets of labels; :func:`label_auditor.audit_labels` says what is what."""
    validation.check_rank_by(rank_by)
    given, columns = encode_label_sets(labels, classes)
    pred_probs = validation.check_pred_probs(pred_probs, np.zeros(given.shape[0], np.intp))
    validation.check_columns(pred_probs.shape[1], columns, inferred=classes is None)
    found = find_label_set_issues(given, pred_probs, n_jobs=n_jobs, **rule)
    if callable(rank_by):
        scores = validation.check_custom_scores(
            rank_by(given.toarray(), pred_probs), given.shape[0]
        )
    else:
        scores = label_set_scores(
            given,
            pred_probs,
            method=ADJUSTED.get(rank_by, rank_by),
            thresholds=found.thresholds if rank_by in ADJUSTED else None,
            n_jobs=n_jobs,
        )
    return MultiLabelAudit(
        labels=decode_label_sets(given, columns),
        classes=columns,
        pred_probs=pred_probs,
        issues=found.issues,
        scores=scores,
        ranked=rank_issues(found.issues, scores),
        suggested_labels=decode_label_sets(found.predicted, columns),
        evaluated=np.ones(given.shape[0], bool),
        index=validation.check_index(index, given.shape[0]),
        class_issues=found.class_issues,
        confident_joint=found.confident_joint,
        filter_by=rule["filter_by"],
        rank_by=rank_by if isinstance(rank_by, str) else getattr(rank_by, "__name__", "custom"),
    )
