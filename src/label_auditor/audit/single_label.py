"""`LabelAudit`: the result where each row has one label."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from label_auditor.audit.outputs import Outputs
from label_auditor.confident_learning.joint import Joint, noise_matrix
from label_auditor.data.divided import is_divided
from label_auditor.data.findings import Findings
from label_auditor.data.labels import decode_labels, index_classes
from label_auditor.data.own_methods import own_methods

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@own_methods
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LabelAudit(Findings, Outputs):
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
    class_names : tuple of str, or None
        What the tables, the pages and the exports of this audit call the classes, in the order of
        `classes`; None where they are called what they are. `labels` and `suggested_labels` hold
        the classes themselves.

    Notes
    -----
    Of more than 1e8 rows that the workers of a cluster have audited, `labels`, `suggested_labels`,
    `issues`, `scores` and `evaluated` are dask arrays, which stay there. Methods that need all of
    a column fetch it.

    See Also
    --------
    audit_labels : Audit labels with the probabilities of any model.
    LabelAuditor : Cross-validate a classifier, then audit.
    """

    multi_label: ClassVar[bool] = False

    def _decode(self, codes: Any, classes: NDArray[Any]) -> NDArray[Any]:
        if not is_divided(codes):
            return decode_labels(codes, classes)
        # A block without a missing label is to have the type of the others.
        some = (0, -1) if (codes < 0).any().compute() else (0,)
        dtype = decode_labels(np.array(some), classes).dtype
        decode = partial(_decode_block, classes=classes, dtype=dtype)
        decoded: NDArray[Any] = codes.map_blocks(decode, dtype=dtype)
        return decoded

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

        codes, joint = self.codes, self.confident_joint
        placed = np.maximum(np.asarray(joint.sum(axis=1)), 1)
        given, suggested, counts = _off_diagonal(joint)
        by_count = np.lexsort((suggested, -counts))
        given, first = np.unique(given[by_count], return_index=True)
        confused_with = np.full(len(self.classes), None, dtype=object)
        confused_with[given] = self.shown_classes[suggested[by_count][first]]
        return pd.DataFrame(
            {
                "given": self._count(codes),
                "flagged": self._count(np.where(self.issues, codes, -1)),
                "estimated_noise": 1 - joint.diagonal() / placed,
                "most_confused_with": confused_with,
            },
            index=index_classes(self.shown_classes),
        )

    def _count(self, codes: Any) -> NDArray[np.intp]:
        """Count the rows of each class, in memory or where they are."""
        return np.asarray(np.bincount(codes + 1, minlength=len(self.classes) + 1))[1:]

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
                "class_a": self.shown_classes[pairs["a"]],
                "class_b": self.shown_classes[pairs["b"]],
                "n_overlapping": pairs["n_overlapping"].to_numpy(),
                "joint_probability": pairs["n_overlapping"].to_numpy() / self.confident_joint.sum(),
            }
        )

    def _repr_html_(self) -> str:
        """Give a compact version for notebooks."""
        from label_auditor.report.notebook import compact

        return compact(self)


def _decode_block(
    codes: NDArray[np.intp], classes: NDArray[Any], dtype: np.dtype[Any]
) -> NDArray[Any]:
    return decode_labels(codes, classes).astype(dtype, copy=False)


def _off_diagonal(joint: Any) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Give the cells of a joint outside its diagonal: given class, true class, count."""
    cells = _cells(joint)
    off = cells.off_diagonal
    return cells.given[off], cells.true[off], cells.count[off]


def _cells(joint: Any) -> Joint:
    """Give a joint, dense or sparse, as its cells that aren't 0."""
    cells = sparse.coo_array(joint)
    return Joint(cells.row, cells.col, cells.data, cells.shape[0])
