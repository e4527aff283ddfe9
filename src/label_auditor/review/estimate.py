"""`estimate_label_errors`: how many label errors there are, from a reviewed sample."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.findings import gather
from label_auditor.review.intervals import bounds
from label_auditor.review.plan import restore_plan
from label_auditor.review.sample import (
    DISCARDED,
    RIGHT,
    WRONG,
    Counts,
    ReviewedSample,
    read_sample,
    smallest_sample,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.review.decided import Reviewed
    from label_auditor.review.plan import ReviewPlan


@dataclasses.dataclass(frozen=True, repr=False)
class Estimate:
    """The number of label errors in a part of the data, with an interval.

    Attributes
    ----------
    n_rows : int
        The number of rows in this part.
    n_errors : float
        The estimate; NaN if none of its rows was decided.
    low, high : int
        The interval. If all rows were decided, both are the exact number.
    confidence : float
        The share of random samples whose interval contains the true number.
    n_reviewed : int
        How many rows were reviewed and used for the estimate, including discarded rows.
    n_discarded : int
        How many of those were discarded. They count as right for `low` and as wrong for `high`,
        and are left out of `n_errors`.
    """

    n_rows: int
    n_errors: float
    low: int
    high: int
    confidence: float
    n_reviewed: int
    n_discarded: int

    @property
    def rate(self) -> float:
        """The share of the rows that are wrong."""
        return self._share(self.n_errors)

    @property
    def rate_low(self) -> float:
        """The lower bound of the share."""
        return self._share(self.low)

    @property
    def rate_high(self) -> float:
        """The upper bound of the share."""
        return self._share(self.high)

    def __repr__(self) -> str:
        discarded = f", {self.n_discarded:,} discarded" if self.n_discarded else ""
        return (
            f"<{self._describe()} label errors in {self.n_rows:,} rows, at {self.confidence:.4g} "
            f"confidence; {self.n_reviewed:,} reviewed{discarded}>"
        )

    def _share(self, number: float) -> float:
        return number / self.n_rows if self.n_rows else float("nan")

    def _describe(self) -> str:
        number = "?" if np.isnan(self.n_errors) else f"{self.n_errors:,.0f}"
        return f"{number} ({self.low:,} to {self.high:,})"


@dataclasses.dataclass(frozen=True, repr=False)
class ErrorEstimate(Estimate):
    """The number of label errors in a data set, with an interval.

    Made by :func:`estimate_label_errors`.

    Attributes
    ----------
    n_rows : int
        The number of rows that have a given label.
    n_errors : float
        The estimate; NaN if no row was decided.
    low, high : int
        The interval. If all rows were decided, both are the exact number.
    confidence : float
        The share of random samples whose interval contains the true number.
    n_reviewed : int
        How many rows were reviewed and used for the estimate, including discarded rows.
    n_discarded : int
        How many of those were discarded. They count as right for `low` and as wrong for `high`,
        and are left out of `n_errors`.
    n_skipped : int
        How many rows of the sample have no decision; they count as discarded rows do.
    n_unused : int
        How many decisions about planned rows could not be used, because too many rows before
        them in the plan have no decision.
    flagged : Estimate
        The estimate for the flagged rows.
    by_class : dict of label to Estimate
        The estimate for the rows of each given class. If the sample has few rows of a class, its
        interval is wide; if it has none, `n_errors` is NaN.
    """

    n_skipped: int
    n_unused: int
    flagged: Estimate
    by_class: dict[Any, Estimate]
    _sample: ReviewedSample = dataclasses.field(repr=False, compare=False)
    _ranked: NDArray[np.intp] = dataclasses.field(repr=False, compare=False)

    def precision_at(self, k: int) -> Estimate:
        """Tell how many of the first k rows of the list are wrong.

        Parameters
        ----------
        k : int
            The number of flagged rows, worst first, in the order of `audit.ranked`.

        Returns
        -------
        Estimate
            The precision is its `rate`, from `rate_low` to `rate_high`.

        Raises
        ------
        ValueError
            If k isn't from 1 to the number of flagged rows.
        """
        if not 1 <= k <= len(self._ranked):
            raise ValueError(
                f"k is {k!r}, but the list has {len(self._ranked)} flagged rows; pass a number "
                f"from 1 to {len(self._ranked)}."
            )
        return _estimate_part(self._sample, self._ranked[:k], self.confidence)

    def reviews_for(self, half_width: float) -> int:
        """Tell how many more reviews are needed for an interval of a given width.

        Parameters
        ----------
        half_width : float
            Half of the wanted difference between `high` and `low`, in errors.

        Returns
        -------
        int
            How many more rows of the plan to review, if errors and discarded rows turn up as often
            as they have so far; extend the plan if it is too short. 0 if the interval is narrow
            enough already.

        Raises
        ------
        ValueError
            If the width isn't positive, or if the discarded and skipped rows alone make the
            interval wider.
        """
        if not half_width > 0:
            raise ValueError(f"half_width is {half_width!r}; pass a positive number of errors.")
        if self.high - self.low <= 2 * half_width:
            return 0

        def narrow(counts: Counts) -> bool:
            low, high = _bounds(counts, self.confidence)
            return bool(high - low <= 2 * half_width)

        found = smallest_sample(self._sample, narrow)
        if found is None:
            raise ValueError(
                f"half_width={half_width!r} can't be reached: the discarded or skipped rows alone "
                "make the interval wider; decide about them first."
            )
        return found

    def to_frame(self) -> pd.DataFrame:
        """Give the estimates as a table.

        Returns
        -------
        pandas.DataFrame
            One row for all rows, the flagged ones and each given class: `n_rows`, `n_errors`,
            `low`, `high`, `n_reviewed`, `n_discarded`.
        """
        import pandas as pd

        parts = {"all": self, "flagged": self.flagged}
        parts.update({f"given {label}": each for label, each in self.by_class.items()})
        columns = ("n_rows", "n_errors", "low", "high", "n_reviewed", "n_discarded")
        records = [[getattr(each, name) for name in columns] for each in parts.values()]
        return pd.DataFrame(records, columns=list(columns), index=pd.Index(parts, name="part"))

    def __repr__(self) -> str:
        flagged = self.flagged
        text = (
            f"{super().__repr__()[1:-1]}; {flagged._describe()} of them among the "
            f"{flagged.n_rows:,} flagged"
        )
        if self.n_skipped:
            text += f"; {self.n_skipped:,} skipped rows widen the interval"
        if self.n_unused:
            text += f"; {self.n_unused:,} decisions unused: review the rows before them in the plan"
        return f"<{text}>"


def estimate_label_errors(
    audit: Findings,
    reviewed: Reviewed,
    *,
    plan: ReviewPlan | None = None,
    confidence: float = 0.95,
) -> ErrorEstimate:
    """Estimate the number of label errors from a reviewed sample.

    An error is a row whose decided label, or set of labels, differs from the given one. Only the
    rows that the plan sampled are used, so that rows which were reviewed because they looked
    suspicious can't bias the estimate.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    reviewed : Corrections, mapping from row position to label, or Series
        The labels that reviewers gave, in the audit's own values (lists of them where the audit has
        sets of labels); None for a discarded row. It may hold more rows than the plan.
    plan : ReviewPlan, default=None
        The plan, made by :func:`plan_review` with ``goal="count"``. None: the one that the review
        page followed, which Corrections from its JSON file hold.
    confidence : float in (0, 1), default=0.95
        The confidence of each interval. Intervals have two sides, and each side is exceeded with
        a probability of at most half of ``1 - confidence``.

    Returns
    -------
    ErrorEstimate
        The number of errors, in the data, among the flagged rows and by given class.

    Raises
    ------
    ValueError
        If there is no plan, if it doesn't have the goal "count" or is for other data, if none of
        its first rows is reviewed, or if `reviewed` doesn't fit the audit.

    See Also
    --------
    plan_review : Choose the rows to review.

    Notes
    -----
    This assumes that the reviewers are right, and that rows were reviewed in the order of the plan:
    then the rows reviewed so far are a stratified random sample. A plan need not be reviewed to
    its end. Rows that were skipped on the way count as right for `low` and as wrong for `high`, as
    discarded rows do, so the reason for skipping them doesn't matter. The estimate uses the plan
    up to the last row at which nine of ten rows are reviewed.

    The estimate is the usual one of a stratified sample [1]_, and unbiased if no row was discarded
    or skipped. The intervals are explained in :doc:`/review`.

    References
    ----------
    .. [1] W. G. Cochran (1977). Sampling Techniques, chapter 5. Wiley.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels, estimate_label_errors, plan_review
    >>> rng = np.random.default_rng(0)
    >>> true = rng.integers(0, 2, 2_000)
    >>> given = np.where(rng.random(2_000) < 0.1, 1 - true, true)
    >>> likely = rng.uniform(0.5, 1, 2_000)
    >>> pred_probs = np.column_stack([likely, 1 - likely])
    >>> pred_probs[true == 1] = pred_probs[true == 1, ::-1]
    >>> audit = audit_labels(given, pred_probs)
    >>> plan = plan_review(audit, 200, goal="count", random_state=0)
    >>> reviewed = {row: true[row] for row in plan}
    >>> estimate = estimate_label_errors(audit, reviewed, plan=plan)
    >>> estimate
    <229 (212 to 271) label errors in 2,000 rows, at 0.95 confidence; 200 reviewed;
    229 (208 to 229) of them among the 229 flagged>
    >>> int((given != true).sum())
    229
    """
    audit = gather(audit)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence!r}; pass a number between 0 and 1.")
    if plan is None:
        plan = _plan_of(audit, reviewed)
    sample = read_sample(audit, reviewed, plan)
    if not sample.n_used:
        raise ValueError(
            f"{sample.n_unused} of the {len(plan)} planned rows are reviewed, but not the first "
            f"ones (row {plan[0] if len(plan) else '?'} and so on); an estimate needs rows that "
            "were reviewed in the order of the plan."
        )
    return ErrorEstimate(
        **vars(_estimate_part(sample, np.arange(len(audit)), confidence)),
        n_skipped=sample.n_skipped,
        n_unused=sample.n_unused,
        flagged=_estimate_part(sample, audit.ranked, confidence),
        by_class=_estimate_classes(sample, audit.shown_classes, confidence),
        _sample=sample,
        _ranked=audit.ranked,
    )


def _plan_of(audit: Findings, reviewed: Reviewed) -> ReviewPlan:
    """Give the plan that a review page followed."""
    sample = getattr(reviewed, "sample", None)
    if sample is None:
        raise ValueError(
            "plan is None, and reviewed holds no random sample; pass the plan by which the rows "
            "were drawn, or Corrections from the JSON file of a review page (CSV holds none)."
        )
    return restore_plan(audit, sample)


def _estimate_part(sample: ReviewedSample, rows: NDArray[np.intp], confidence: float) -> Estimate:
    """Estimate the errors among some rows."""
    counts = sample.counts(rows)
    low, high = (float(each) for each in _bounds(counts, confidence))
    return _estimate(sample.tally(rows), float(counts.estimate()), low, high, confidence)


def _estimate_classes(
    sample: ReviewedSample, classes: NDArray[Any], confidence: float
) -> dict[Any, Estimate]:
    """Estimate the errors among the rows of each given class."""
    counts = sample.counts_by_class(len(classes))
    low, high = _bounds(counts, confidence)
    n_errors = counts.estimate()
    rows, given = sample.members
    by_class = np.argsort(given, kind="stable")
    ends = np.searchsorted(given[by_class], np.arange(len(classes) + 1))
    estimates = {}
    for k, label in enumerate(classes.tolist()):
        tally = sample.tally(rows[by_class[ends[k] : ends[k + 1]]])
        # Counts of whole strata are not limited to the rows of the class.
        most = tally.sum() - tally[RIGHT]
        known = n_errors[k] if tally[RIGHT] + tally[WRONG] else np.nan
        number, lowest, highest = np.minimum([known, low[k], high[k]], most).tolist()
        estimates[label] = _estimate(tally, number, lowest, highest, confidence)
    return estimates


def _estimate(
    tally: NDArray[np.intp], n_errors: float, low: float, high: float, confidence: float
) -> Estimate:
    return Estimate(
        n_rows=int(tally.sum()),
        n_errors=n_errors,
        # At low confidence, rounding could leave the estimate outside.
        low=int(np.fmin(low, np.floor(n_errors))),
        high=int(np.fmax(high, np.ceil(n_errors))),
        confidence=confidence,
        n_reviewed=int(tally[[RIGHT, WRONG, DISCARDED]].sum()),
        n_discarded=int(tally[DISCARDED]),
    )


def _bounds(counts: Counts, confidence: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bound the errors; rows about which nothing is known are right below and wrong above."""
    most = counts.wrong + counts.unknown
    return bounds(counts.size, counts.n, counts.wrong, confidence, most=most)
