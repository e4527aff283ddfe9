"""What every kind of audit holds, and the doors out of it, which are imported on use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from label_auditor.data import findings_file as _storage

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from typing_extensions import Self

    from label_auditor.export.push import PushReport
    from label_auditor.review.estimate import ErrorEstimate
    from label_auditor.review.plan import ReviewPlan


class Doors:
    """What an audit can be turned into, and where it can be sent.

    Audits have these methods, and so has what holds one.
    """

    def _held_audit(self) -> Any:
        """Give the audit that goes through the door."""
        return self

    def to_rubrix(self, inputs: Any, **options: Any) -> Any:
        """Make records for the client of Rubrix or Argilla 1.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        **options
            As for :func:`label_auditor.export.rubrix.to_rubrix`.

        Returns
        -------
        rubrix.DatasetForTextClassification or argilla.DatasetForTextClassification
            Records in the order of the audit.
        """
        from label_auditor.export import rubrix

        return rubrix.to_rubrix(self._held_audit(), inputs, **options)

    def push_to_rubrix(self, inputs: Any, name: str, **options: Any) -> PushReport:
        """Log records to a server of Rubrix or Argilla 1, without the package of either.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        name : str
            The data set on the server.
        **options
            As for :func:`label_auditor.export.rubrix.push_to_rubrix`.

        Returns
        -------
        PushReport
            How many records were stored, which were left alone, which failed and why.
        """
        from label_auditor.export import rubrix

        return rubrix.push_to_rubrix(self._held_audit(), inputs, name, **options)

    def to_argilla(self, inputs: Any, **options: Any) -> tuple[Any, list[Any]]:
        """Make settings and records for the client of Argilla 2.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        **options
            As for :func:`label_auditor.export.argilla.to_argilla`.

        Returns
        -------
        settings : argilla.Settings
            What a data set for them needs.
        records : list of argilla.Record
            In the order of the audit.
        """
        from label_auditor.export import argilla

        return argilla.to_argilla(self._held_audit(), inputs, **options)

    def push_to_argilla(self, inputs: Any, name: str, **options: Any) -> PushReport:
        """Log records to an Argilla 2 server, without the package `argilla`.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        name : str
            The data set on the server.
        **options
            As for :func:`label_auditor.export.argilla.push_to_argilla`.

        Returns
        -------
        PushReport
            How many records were stored.
        """
        from label_auditor.export import argilla

        return argilla.push_to_argilla(self._held_audit(), inputs, name, **options)

    def to_datasets(self, inputs: Any, **options: Any) -> Any:
        """Make a data set of the Hugging Face library `datasets`.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        **options
            As for :func:`label_auditor.export.hub.to_datasets`.

        Returns
        -------
        datasets.Dataset
            Rows in the order of the audit.
        """
        from label_auditor.export import hub

        return hub.to_datasets(self._held_audit(), inputs, **options)

    def to_html(self, path: str | os.PathLike[str], inputs: Any, **options: Any) -> None:
        """Write the review page: one HTML file, for any browser, that needs no server.

        Parameters
        ----------
        path : str or path
            The file; if it exists, it is replaced when the new one is complete.
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields, each a column of length n_samples.
        **options
            As for :func:`label_auditor.report.page.write_page`.
        """
        from label_auditor.report import page

        page.write_page(self._held_audit(), inputs, path, **options)

    def plan_review(self, n: int, **options: Any) -> ReviewPlan:
        """Choose the rows to review next: to find errors, or to know how many there are.

        Parameters
        ----------
        n : int
            How many rows.
        **options
            As for :func:`label_auditor.plan_review`.

        Returns
        -------
        ReviewPlan
            A sequence of row positions.
        """
        from label_auditor.review.plan import plan_review

        return plan_review(self._held_audit(), n, **options)

    def estimate(self, reviewed: Any, **options: Any) -> ErrorEstimate:
        """Estimate the number of label errors from a reviewed sample.

        Parameters
        ----------
        reviewed : Corrections, or mapping from row position to label
            The labels that reviewers gave; None for a discarded row.
        **options
            As for :func:`label_auditor.estimate_label_errors`; `plan` is needed.

        Returns
        -------
        ErrorEstimate
            The number of errors, with an interval.
        """
        from label_auditor.review.estimate import estimate_label_errors

        return estimate_label_errors(self._held_audit(), reviewed, **options)


class Audit(Doors):
    """What every kind of audit holds, and the other side of each door reads."""

    # Whether a row has a set of labels, a tuple of classes, instead of one label.
    multi_label: ClassVar[bool]

    labels: NDArray[Any]
    classes: NDArray[Any]
    pred_probs: Any
    issues: NDArray[np.bool_]
    scores: NDArray[np.float64]
    ranked: NDArray[np.intp]
    suggested_labels: NDArray[Any]
    evaluated: NDArray[np.bool_]
    index: Sequence[Any]
    filter_by: str
    rank_by: str

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        unjudged = len(self) - int(self.evaluated.sum())
        return (
            f"<{type(self).__name__} of {len(self):,} rows in {len(self.classes):,} classes: "
            f"{self.n_issues:,} flagged by {self.filter_by}, ranked by {self.rank_by}"
            + (f"; {unjudged:,} not evaluated>" if unjudged else ">")
        )

    @property
    def n_issues(self) -> int:
        """The number of flagged rows. It is no estimate of the number of label errors."""
        return len(self.ranked)

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
        _storage.write_audit(path, vars(self), multi_label=self.multi_label)

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
        return cls(**_storage.read_audit(path, multi_label=cls.multi_label))
