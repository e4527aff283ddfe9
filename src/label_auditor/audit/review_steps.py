"""What an audit offers for its review: what to look at next, and how many errors there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from label_auditor.corrections.collection import Corrections
    from label_auditor.data.findings import Findings
    from label_auditor.review.estimate import ErrorEstimate
    from label_auditor.review.plan import Goal, ReviewPlan


class ReviewSteps:
    """The methods for review of what holds an audit. Each imports what it needs on use."""

    def _held_audit(self) -> Findings:
        """Give the audit that this is, or holds."""
        return self  # type: ignore[return-value]  # audits are findings too

    def plan_review(
        self,
        n: int,
        *,
        goal: Goal = "find",
        reviewed: Corrections | Mapping[int, Any] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> ReviewPlan:
        """Choose the rows to review next: to find errors, or to know how many there are.

        :func:`label_auditor.plan_review` says more.

        Parameters
        ----------
        n : int
            How many rows; the plan has fewer if not so many are left.
        goal : {"find", "count"}, default="find"
            "find": the rows most likely wrong. "count": a random sample, from which
            :meth:`estimate` tells the number of errors.
        reviewed : Corrections, or mapping from row position to label, default=None
            The decisions so far; None for a discarded row.
        random_state : int, RandomState instance or None, default=None
            Draws the sample of the goal "count".

        Returns
        -------
        ReviewPlan
            A sequence of row positions.
        """
        from label_auditor.review.plan import plan_review

        return plan_review(
            self._held_audit(), n, goal=goal, reviewed=reviewed, random_state=random_state
        )

    def estimate(
        self,
        reviewed: Corrections | Mapping[int, Any],
        *,
        plan: ReviewPlan | None = None,
        confidence: float = 0.95,
    ) -> ErrorEstimate:
        """Estimate the number of label errors from a reviewed sample.

        :func:`label_auditor.estimate_label_errors` says more.

        Parameters
        ----------
        reviewed : Corrections, or mapping from row position to label
            The labels that reviewers gave; None for a discarded row.
        plan : ReviewPlan, default=None
            The plan by which the sample was drawn, made with ``goal="count"``. None: the one that
            the review page followed, which Corrections from its JSON file hold.
        confidence : float in (0, 1), default=0.95
            The confidence of each interval.

        Returns
        -------
        ErrorEstimate
            The number of errors, with an interval.
        """
        from label_auditor.review.estimate import estimate_label_errors

        return estimate_label_errors(self._held_audit(), reviewed, plan=plan, confidence=confidence)
