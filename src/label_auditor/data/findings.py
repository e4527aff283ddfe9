"""`Findings`: what every kind of audit holds, and what all that comes after an audit reads."""

from __future__ import annotations

import dataclasses
import os
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from label_auditor.data.findings_file import read_findings, write_findings
from label_auditor.data.sorting import stable_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from typing_extensions import Self

__all__ = ["Findings", "rows_in_order"]

# Scores by which flagged and other rows are ordered alike; docs/benchmarks.md has the evidence.
ORDERS_ALL_ROWS = ("log_margin",)


@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Findings(ABC):
    """What an audit found. :class:`LabelAudit` and :class:`MultiLabelAudit` add what it means.

    Attributes
    ----------
    codes : ndarray of int, shape (n_samples,), or csr_array of bool, shape (n_samples, n_classes)
        Position of the given label among the classes, -1 where it is missing; where a row has a
        set of labels, which classes are in it.
    predicted : ndarray of int, shape (n_samples,), or csr_array of bool, shape (n_samples, \
n_classes)
        The same for the suggested label.
    classes : ndarray of shape (n_classes,)
        The classes, in the order of the columns of `pred_probs`.
    pred_probs : array-like of shape (n_samples, n_classes)
        Out-of-sample probabilities, as they were given.
    issues : ndarray of bool, shape (n_samples,)
        The rows flagged as label issues.
    quality : ndarray of float32 or float64, shape (n_samples,)
        Label quality scores, in the precision in which they were computed.
    ranked : ndarray of int, shape (n_issues,)
        Positions of the flagged rows, worst first.
    evaluated : ndarray of bool, shape (n_samples,)
        The rows that could be judged.
    index : sequence of length n_samples
        The names of the rows: the index of the data, or `range(n_samples)`.
    confident_joint : ndarray or scipy.sparse array of int
        Calibrated counts of given label against confidently predicted label.
    filter_by : str
        The rule by which rows were flagged.
    rank_by : str
        The name of the label quality score.
    """

    # Whether a row has a set of labels, a tuple of classes, instead of one label.
    multi_label: ClassVar[bool]

    codes: Any
    predicted: Any
    classes: NDArray[Any]
    pred_probs: Any
    issues: NDArray[np.bool_]
    quality: NDArray[np.floating]
    ranked: NDArray[np.intp]
    evaluated: NDArray[np.bool_]
    index: Sequence[Any]
    confident_joint: Any
    filter_by: str
    rank_by: str

    @abstractmethod
    def _decode(self, codes: Any) -> NDArray[Any]:
        """Turn codes into labels."""

    @abstractmethod
    def summary(self) -> pd.DataFrame:
        """Give one row per class: how often it is given, and how often it is doubted."""

    @cached_property
    def labels(self) -> NDArray[Any]:
        """The given labels; shape (n_samples,)."""
        return self._decode(self.codes)

    @cached_property
    def suggested_labels(self) -> NDArray[Any]:
        """The likeliest label of every row; shape (n_samples,)."""
        return self._decode(self.predicted)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Label quality scores; float64 of shape (n_samples,), NaN where not evaluated."""
        return self.quality.astype(np.float64, copy=False)

    @property
    def n_issues(self) -> int:
        """The number of flagged rows. It does not estimate the number of label errors."""
        return len(self.ranked)

    def __len__(self) -> int:
        return len(self.issues)

    def __repr__(self) -> str:
        unjudged = len(self) - int(self.evaluated.sum())
        return (
            f"<{type(self).__name__} of {len(self):,} rows in {len(self.classes):,} classes: "
            f"{self.n_issues:,} flagged by {self.filter_by}, ranked by {self.rank_by}"
            + (f"; {unjudged:,} not evaluated>" if unjudged else ">")
        )

    def to_frame(self) -> pd.DataFrame:
        """Give one row per label, in the order and with the index of the data.

        Returns
        -------
        pandas.DataFrame
            `given_label`, `suggested_label` (of a multi-label audit: tuples of classes),
            `label_quality` (float64, NaN where not evaluated), `is_label_issue` (bool), `rank`
            (Int64: 0 is worst, missing where not flagged).
        """
        import pandas as pd

        rank = pd.array(np.zeros(len(self), dtype=np.int64), dtype="Int64")
        rank[~self.issues] = pd.NA
        rank[self.ranked] = np.arange(self.n_issues)
        return pd.DataFrame(
            {
                "given_label": self.labels,
                "suggested_label": self.suggested_labels,
                "label_quality": self.scores,
                "is_label_issue": self.issues,
                "rank": rank,
            },
            index=self.index,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the audit to one file (NumPy's npz with a JSON header, no pickle).

        Parameters
        ----------
        path : str or path
            The file; if it exists, it is replaced when the new one is complete.

        Raises
        ------
        TypeError
            If classes or index hold objects other than strings.
        """
        names = [field.name for field in dataclasses.fields(self)]
        fields = {name: getattr(self, name) for name in names}
        write_findings(path, fields, multi_label=self.multi_label)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an audit that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        LabelAudit or MultiLabelAudit
            Equal to the one saved; missing labels come back as None (NaN among floats), and the
            name of a pandas index as a string.

        Raises
        ------
        ValueError
            If the file is not an audit of this kind.
        """
        found = read_findings(path, multi_label=cls.multi_label)
        names = {field.name for field in dataclasses.fields(cls)}
        if names - found.keys():
            raise ValueError(
                f"{os.fspath(path)!r} is an audit without annotators; read it with LabelAudit.load."
            )
        return cls(**{name: found[name] for name in names})


def rows_in_order(findings: Findings) -> NDArray[np.intp]:
    """Give the position of every row, those to look at first first, not evaluated ones last.

    Rows ranked by their log margin are in the order of their scores. Ranked by any other score,
    the flagged rows come first, and then the others.
    """
    order = stable_order(findings.quality)
    if findings.rank_by in ORDERS_ALL_ROWS:
        return order
    return np.concatenate([findings.ranked, order[~findings.issues[order]]])
