"""`Findings`: what every kind of audit holds, and what all that comes after an audit reads."""

from __future__ import annotations

import dataclasses
import os
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

import numpy as np

from label_auditor.data.divided import is_divided, join_indexes
from label_auditor.data.findings_file import read_findings, write_findings
from label_auditor.data.naming import check_index, name_classes
from label_auditor.data.sorting import stable_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from typing_extensions import Self

Found = TypeVar("Found", bound="Findings")

# What findings hold of each row; of more than 1e8 rows on a cluster, these are arrays of dask.
COLUMNS = ("codes", "predicted", "issues", "quality", "evaluated")
# Scores by which flagged and other rows are ordered alike; docs/benchmarks.md has the evidence.
ORDERS_ALL_ROWS = ("log_margin",)


@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Findings(ABC):
    """What an audit found. :class:`LabelAudit` and :class:`MultiLabelAudit` add what it means.

    Attributes
    ----------
    codes : ndarray of int, shape (n_samples,), or csr_array of bool, shape (n_samples, n_classes)
        Position of the given label among the classes, -1 where it is missing; where a row has a
        set of labels, which classes are in it. Codes are in the smallest signed type that holds
        the number of classes: for arithmetic with them, make them larger by `astype` first.
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
    class_names : tuple of str, or None
        What outputs call the classes, where that is not what the classes are.
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
    class_names: tuple[str, ...] | None = None

    @abstractmethod
    def _decode(self, codes: Any, classes: NDArray[Any]) -> NDArray[Any]:
        """Turn codes into labels: values of `classes`, in the order of the audit's own."""

    @abstractmethod
    def summary(self) -> pd.DataFrame:
        """Give one row per class: how often it is given, and how often it is doubted."""

    @cached_property
    def labels(self) -> NDArray[Any]:
        """The given labels; shape (n_samples,)."""
        return self._decode(self.codes, self.classes)

    @cached_property
    def suggested_labels(self) -> NDArray[Any]:
        """The likeliest label of every row; shape (n_samples,)."""
        return self._decode(self.predicted, self.classes)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Label quality scores; float64 of shape (n_samples,), NaN where not evaluated."""
        return self.quality.astype(np.float64, copy=False)

    @cached_property
    def shown_classes(self) -> NDArray[Any]:
        """The classes as outputs call them, by name if they have one; shape (n_classes,)."""
        if self.class_names is None:
            return self.classes
        return np.array(self.class_names, dtype=object)

    @property
    def n_issues(self) -> int:
        """The number of flagged rows. It does not estimate the number of label errors."""
        return len(self.ranked)

    def __len__(self) -> int:
        return len(self.issues)

    def __iter__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} can't be iterated over; write audit.to_frame(inputs, "
            "only_issues=True, sort=True).itertuples() for the flagged rows, worst first, or "
            "audit.ranked for their positions."
        )

    def __repr__(self) -> str:
        unjudged = len(self) - int(self.evaluated.sum())
        return (
            f"<{type(self).__name__} of {len(self):,} rows in {len(self.classes):,} classes: "
            f"{self.n_issues:,} flagged by {self.filter_by}, ranked by {self.rank_by}"
            + (f"; {unjudged:,} not evaluated>" if unjudged else ">")
        )

    def shown_labels(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give the labels as outputs call them: by the names of their classes, if they have some.

        Returns
        -------
        given, suggested : ndarray of shape (n_samples,)
            The given and the suggested labels.
        """
        if self.class_names is None:
            return self.labels, self.suggested_labels
        shown = self.shown_classes
        return self._decode(self.codes, shown), self._decode(self.predicted, shown)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the audit to one file (NumPy's npz with a JSON header, no pickle).

        Parameters
        ----------
        path : str or path
            The file; if it exists, it is replaced when the new one is complete.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        TypeError
            If classes or index hold objects other than strings.
        """
        audit = gather(self)
        names = [field.name for field in dataclasses.fields(self)]
        fields = {name: getattr(audit, name) for name in names}
        write_findings(path, fields, multi_label=self.multi_label)
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mmap: bool = False) -> Self:
        """Read an audit that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path
            The file.
        mmap : bool, default=False
            Whether `pred_probs` stays in the file, as a memmap that is read where it is used: for
            audits that don't fit into memory. It is read once, to check it. The file must stay as
            it is while the audit is used.

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
        found = read_findings(path, multi_label=cls.multi_label, mmap=mmap)
        names = {field.name for field in dataclasses.fields(cls)}
        if names - found.keys():
            raise ValueError(
                f"{os.fspath(path)!r} is an audit without annotators; read it with LabelAudit.load."
            )
        return cls(**{name: found[name] for name in names})


def gather(findings: Found) -> Found:
    """Give findings that have in memory what they hold of each row; the probabilities stay.

    Of more than 1e8 rows, that is on the workers of a cluster.
    """
    if not is_divided(findings.issues):
        return findings
    import dask

    columns = {name: getattr(findings, name) for name in COLUMNS}
    index = join_indexes(findings.index) if is_divided(findings.index) else findings.index
    columns = dask.compute(columns)[0] | {"index": check_index(index, len(findings))}
    return dataclasses.replace(findings, **columns)


def names_of_classes(
    findings: Findings, class_names: Mapping[Any, str] | Sequence[str] | None
) -> dict[Any, str]:
    """Give the name of each class: what an output is told, else that of the audit, else its own."""
    chosen = findings.class_names if class_names is None else class_names
    return name_classes(findings.classes.tolist(), chosen)


def rows_in_order(findings: Findings) -> NDArray[np.intp]:
    """Give the position of every row, those to look at first first, not evaluated ones last.

    Rows ranked by their log margin are in the order of their scores. Ranked by any other score,
    the flagged rows come first, and then the others.
    """
    order = stable_order(findings.quality)
    if findings.rank_by in ORDERS_ALL_ROWS:
        return order
    return np.concatenate([findings.ranked, order[~findings.issues[order]]])
