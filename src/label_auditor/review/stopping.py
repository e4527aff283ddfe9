"""`stop_reviewing`: a bound on the errors that are left."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from label_auditor.data.findings import gather
from label_auditor.review.decided import decided_rows, number_labels
from label_auditor.review.intervals import upper_bound
from label_auditor.review.plan import plan_review
from label_auditor.review.sample import Counts, ReviewedSample, read_sample, smallest_sample

if TYPE_CHECKING:
    from label_auditor.data.findings import Findings
    from label_auditor.review.decided import Reviewed
    from label_auditor.review.plan import ReviewPlan


@dataclasses.dataclass(frozen=True, repr=False)
class ErrorsLeft:
    """How many label errors may be left among the rows that nobody reviewed.

    Made by :func:`stop_reviewing`.

    Attributes
    ----------
    n_rows : int
        The number of rows that have a given label and no decision.
    n_errors : float
        How many of them are estimated to be wrong; NaN without a random sample.
    high : int
        An upper bound on how many of them are wrong. Without a random sample it is `n_rows`,
        because all of them may be wrong.
    confidence : float
        The share of random samples for which the bound holds.
    n_sampled : int
        How many reviewed rows of a random sample the bound is computed from; 0 without a sample.
    """

    n_rows: int
    n_errors: float
    high: int
    confidence: float
    n_sampled: int
    _sample: ReviewedSample = dataclasses.field(repr=False, compare=False)
    _n_found: int = dataclasses.field(repr=False, compare=False)

    def reviews_for(self, n_errors: float) -> int:
        """Tell how many rows of a random sample must be reviewed for a wanted bound.

        Parameters
        ----------
        n_errors : float
            The wanted bound on the errors that are left.

        Returns
        -------
        int
            How many more rows of the plan to review, if errors turn up as often as they have so
            far; extend the plan if it is too short. Without a sample: how many rows of a new plan
            with the goal "count", if all of them turn out to be right. 0 if the bound holds
            already.

        Raises
        ------
        ValueError
            If `n_errors` is negative.
        """
        if not n_errors >= 0:
            raise ValueError(f"n_errors is {n_errors!r}; pass the most errors that may be left.")
        if self.high <= n_errors:
            return 0
        before = self._sample.counts()

        def few(counts: Counts) -> bool:
            more = counts.wrong.sum() - before.wrong.sum()
            discarded = counts.unknown.sum() - before.unknown.sum()
            left = _upper(counts, self.confidence) - self._n_found - more - discarded
            return bool(left <= n_errors)

        found = smallest_sample(self._sample, few)
        # Once all rows are reviewed, no error is left.
        return self.n_rows if found is None else found

    def __repr__(self) -> str:
        if self.n_sampled:
            return (
                f"<of {self.n_rows:,} rows not reviewed, at most {self.high:,} are wrong at "
                f"{self.confidence:.4g} confidence; estimated {self.n_errors:,.0f}, from "
                f"{self.n_sampled:,} reviewed at random>"
            )
        one_percent = self.n_rows // 100
        n = self.reviews_for(one_percent)
        return (
            f"<of {self.n_rows:,} rows not reviewed, all may be wrong: no random sample of them "
            f"was reviewed. If {n:,} are reviewed by plan_review(audit, {n}, goal='count', "
            f"reviewed=...) and none is wrong, at most {one_percent:,} (1%) are, at "
            f"{self.confidence:.4g} confidence>"
        )


def stop_reviewing(
    audit: Findings,
    reviewed: Reviewed,
    *,
    plan: ReviewPlan | None,
    confidence: float = 0.95,
) -> ErrorsLeft:
    """Bound the label errors among the rows that were not reviewed.

    When the queue finds no more errors, this tells little about the rows that it never showed. A
    random sample of those rows does: ``plan_review(audit, n, goal="count", reviewed=reviewed)``.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    reviewed : Corrections, mapping from row position to label, or Series
        All decisions, including those made before and after the sample; None for a discarded row.
    plan : ReviewPlan or None
        The plan by which the sample was drawn. If it is None, if its goal is "find", or if none of
        its rows was reviewed, there is no bound; the result then tells how many reviews it takes to
        get one.
    confidence : float in (0, 1), default=0.95
        The confidence of the bound, which has one side.

    Returns
    -------
    ErrorsLeft
        The bound, which can also tell how many reviews a smaller bound takes.

    Raises
    ------
    ValueError
        If the plan is for other data, or `reviewed` doesn't fit the audit.

    See Also
    --------
    estimate_label_errors : The number of errors in all rows.

    Notes
    -----
    This assumes the same as :func:`estimate_label_errors`: reviewers are right, and the sample was
    reviewed in the order of the plan. The bound is an upper bound on the errors in all rows, minus
    the errors that were found. Discarded rows count as wrong in both.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels, plan_review, stop_reviewing
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.integers(0, 2, 5_000)
    >>> pred_probs = np.where(labels[:, None] == [0, 1], 0.9, 0.1)
    >>> audit = audit_labels(labels, pred_probs)
    >>> stop_reviewing(audit, {}, plan=None)
    <of 5,000 rows not reviewed, all may be wrong: no random sample of them was reviewed. If 294
    are reviewed by plan_review(audit, 294, goal='count', reviewed=...) and none is wrong, at most
    50 (1%) are, at 0.95 confidence>
    >>> plan = plan_review(audit, 294, goal="count", random_state=0)
    >>> stop_reviewing(audit, {row: labels[row] for row in plan}, plan=plan)
    <of 4,706 rows not reviewed, at most 50 are wrong at 0.95 confidence; estimated 0, from 294
    reviewed at random>
    """
    audit = gather(audit)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence!r}; pass a number between 0 and 1.")
    given = number_labels(audit)
    rows, decided = decided_rows(audit, reviewed)
    rows, decided = rows[given[rows] >= 0], decided[given[rows] >= 0]
    n_left = int((given >= 0).sum()) - len(rows)
    # Discarded rows count as wrong, in the bound and among what was found.
    n_found = int((decided != given[rows]).sum())
    n_wrong = int((decided[decided >= 0] != given[rows][decided >= 0]).sum())
    if plan is None or plan.goal != "count":
        plan = plan_review(audit, 1, goal="count", reviewed=reviewed, random_state=0)
    sample = read_sample(audit, reviewed, plan)
    counts = sample.counts()
    n_errors, high = np.nan, n_left
    if sample.n_used or n_left == 0:
        high = int(np.clip(_upper(counts, confidence) - n_found, 0, n_left))
        n_errors = float(np.clip(counts.estimate() - n_wrong, 0, high))
    return ErrorsLeft(
        n_left, n_errors, high, confidence, sample.n_used, _sample=sample, _n_found=n_found
    )


def _upper(counts: Counts, confidence: float) -> float:
    most = counts.wrong + counts.unknown
    return float(upper_bound(counts.size, counts.n, most, confidence))
