"""What every kind of audit holds, and the doors out of it: `export` and `review`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

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
        """Make records for Rubrix's client.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        **options
            As for :func:`label_auditor.export.rubrix.to_rubrix`.

        Returns
        -------
        rubrix.DatasetForTextClassification
            Records in the order of the audit.
        """
        from label_auditor.export import rubrix

        return rubrix.to_rubrix(self._held_audit(), inputs, **options)

    def push_to_rubrix(self, inputs: Any, name: str, **options: Any) -> PushReport:
        """Log records to a Rubrix server, without the package `rubrix`.

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

    labels: NDArray[Any]
    classes: NDArray[Any]
    pred_probs: Any
    issues: NDArray[np.bool_]
    scores: NDArray[np.float64]
    ranked: NDArray[np.intp]
    suggested_labels: NDArray[Any]
    evaluated: NDArray[np.bool_]
    index: Sequence[Any]
