"""What reviewers found in the rows that a plan sampled, counted by stratum."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from label_auditor.review.decided import decided_rows, number_labels
from label_auditor.review.sampling import take_turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.review.decided import Reviewed
    from label_auditor.review.plan import ReviewPlan
    from label_auditor.review.sampling import Stratum

_Column: TypeAlias = "NDArray[np.float64]"
_Columns: TypeAlias = "tuple[_Column, _Column, _Column, _Column, _Column]"

# What is known of a row.
UNSEEN, RIGHT, WRONG, DISCARDED, SKIPPED = range(5)
# So many rows must be reviewed for each one that was skipped.
PER_SKIPPED = 9
FEW = 5


class Counts(NamedTuple):
    """Rows of each stratum, and what was found in them; arrays of shape (..., n_strata).

    `size` counts all rows of a stratum and `n` those in the sample, of which `wrong` are wrong and
    `unknown` were discarded or skipped. `decided` counts the rows of the sample to which the rate
    of wrong rows refers. `at_random`, of shape (n_strata,), tells whether the rows were drawn at
    random, so that their rate may be applied to other strata.
    """

    size: NDArray[np.float64]
    n: NDArray[np.float64]
    wrong: NDArray[np.float64]
    unknown: NDArray[np.float64]
    decided: NDArray[np.float64]
    at_random: NDArray[np.bool_]

    def estimate(self) -> NDArray[np.float64]:
        """Estimate the number of errors; NaN where nothing was decided.

        Strata without a decided row are given the pooled rate of the others.
        """
        # Multiplied first: whole numbers stay whole.
        of_known = np.where(self.decided > 0, self.size * self.wrong / self._at_least_1, 0)
        open_rows = np.where(self.decided > 0, 0, self.size).sum(axis=-1)
        of_open = np.where(open_rows > 0, open_rows * self.pooled_rate(), 0)
        estimate: NDArray[np.float64] = of_known.sum(axis=-1) + of_open
        return estimate

    def pooled_rate(self) -> NDArray[np.float64]:
        """Estimate the rate of errors in all strata that were sampled; NaN if there are none."""
        sampled = np.where((self.decided > 0) & self.at_random, self.size, 0)
        with np.errstate(invalid="ignore"):
            errors = (sampled * self.wrong / self._at_least_1).sum(axis=-1)
            rate: NDArray[np.float64] = errors / sampled.sum(axis=-1)
        return rate

    @property
    def _at_least_1(self) -> NDArray[np.float64]:
        return np.maximum(self.decided, 1)


@dataclasses.dataclass(frozen=True, eq=False)
class ReviewedSample:
    """The rows that a plan sampled, as far as they can be used, and what is known of them.

    Attributes
    ----------
    strata : tuple of Stratum
        The strata.
    stratum_of : ndarray of int8, shape (n_samples,)
        The stratum of each row; -1 for none.
    members : pair of ndarray of int, shape (n_given,)
        Rows, and the position among the classes of a label that they are given: one for each row
        that has one, or as many as its set of labels has.
    state : ndarray of int8, shape (n_samples,)
        What is known of each row of the sample; `UNSEEN` for all other rows.
    n_drawn : int
        How many rows of the plan belong to the sample.
    n_used : int
        How many of those were reviewed.
    n_skipped : int
        How many rows of the sample have no decision.
    n_unused : int
        How many planned rows were reviewed but are not used, because too many rows before them in
        the plan were skipped.
    """

    strata: tuple[Stratum, ...]
    stratum_of: NDArray[np.int8]
    members: tuple[NDArray[np.intp], NDArray[np.intp]]
    state: NDArray[np.int8]
    n_drawn: int
    n_used: int
    n_skipped: int
    n_unused: int

    @property
    def at_random(self) -> NDArray[np.bool_]:
        """The strata that were sampled."""
        return np.array([stratum.share > 0 for stratum in self.strata])

    def counts(self, rows: NDArray[np.intp] | None = None) -> Counts:
        """Count by stratum: all rows, or only the given ones.

        Given their number, those of the rows that are in the sample are a simple random sample of
        the rows of the stratum.
        """
        number, state = self.stratum_of, self.state
        if rows is not None:
            number, state = number[rows], state[rows]
        inside = number >= 0
        found = _count(number[inside], state[inside], len(self.strata))
        return Counts(*found, at_random=self.at_random)

    def counts_by_class(self, n_classes: int) -> Counts:
        """Count the errors among the rows of each given class; shape (n_classes, n_strata).

        Where at least `FEW` rows of the class are expected in the sample of a stratum, the class is
        counted separately in that stratum. Elsewhere the whole sample of the stratum is used to
        estimate how many of its rows belong to the class and are wrong.
        """
        n_strata = len(self.strata)
        rows, labels = self.members
        cells, state = labels * n_strata + self.stratum_of[rows], self.state[rows]
        inside = self.stratum_of[rows] >= 0
        size, n, wrong, unknown, decided = (
            each.reshape(n_classes, n_strata)
            for each in _count(cells[inside], state[inside], n_classes * n_strata)
        )
        whole = self.counts()
        apart = whole.n * size >= FEW * whole.size
        # Nothing to find, or nothing to go by.
        apart |= (size == 0) | (whole.n == 0)
        return Counts(
            size=np.where(apart, size, whole.size),
            n=np.where(apart, n, whole.n),
            wrong=wrong,
            unknown=unknown,
            decided=np.where(apart, decided, whole.decided),
            at_random=self.at_random,
        )

    def tally(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Count in how many of the rows, of those in a stratum, each state occurs."""
        return np.bincount(self.state[rows][self.stratum_of[rows] >= 0], minlength=5)


def read_sample(audit: Findings, reviewed: Reviewed, plan: ReviewPlan) -> ReviewedSample:
    """Find what is known of the rows that a plan sampled.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    reviewed : Corrections, mapping from row position to label, or Series
        The decisions.
    plan : ReviewPlan
        The plan.

    Returns
    -------
    ReviewedSample
        The first rows of the plan, as many as can be used, and the rows decided before the plan.

    Raises
    ------
    ValueError
        If the plan doesn't have the goal "count", or is for other data.
    """
    if plan.goal != "count":
        raise ValueError(
            f"plan has the goal {plan.goal!r}: its rows were chosen because they are suspicious, "
            'and tell nothing about other rows; pass a plan_review(audit, n, goal="count").'
        )
    given = number_labels(audit)
    if len(plan.stratum_of) != len(audit) or ((plan.stratum_of >= 0) != (given >= 0)).any():
        raise ValueError(
            f"plan is for {len(plan.stratum_of)} rows, {(plan.stratum_of >= 0).sum()} of them with "
            f"a label, but the audit has {len(audit)} and {(given >= 0).sum()}; pass the plan that "
            "was made for this audit."
        )
    rows, decided = decided_rows(audit, reviewed)
    found = np.full(len(audit), UNSEEN, np.int8)
    found[rows] = np.where(decided < 0, DISCARDED, np.where(decided == given[rows], RIGHT, WRONG))
    planned = found[plan.rows]
    n_drawn = _usable(planned != UNSEEN)
    known_before = [k for k, stratum in enumerate(plan.strata) if stratum.share == 0]
    sampled = np.isin(plan.stratum_of, known_before)
    sampled[plan.rows[:n_drawn]] = True
    state = np.where(sampled, np.where(found == UNSEEN, SKIPPED, found), UNSEEN).astype(np.int8)
    n_used = int((planned[:n_drawn] != UNSEEN).sum())
    return ReviewedSample(
        plan.strata,
        plan.stratum_of,
        _members(audit),
        state,
        n_drawn=n_drawn,
        n_used=n_used,
        n_skipped=int((state == SKIPPED).sum()),
        n_unused=int((planned != UNSEEN).sum()) - n_used,
    )


def _members(audit: Findings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the rows that have a label, and that label; one entry for each label of a set."""
    if audit.multi_label:
        labels = audit.codes.indices.astype(np.intp)
        return np.repeat(np.arange(len(audit)), np.diff(audit.codes.indptr)), labels
    rows = np.flatnonzero(audit.codes >= 0)
    return rows, audit.codes[rows].astype(np.intp)


def smallest_sample(sample: ReviewedSample, good: Callable[[Counts], bool]) -> int | None:
    """Find how many more rows of the plan must be reviewed until the counts are good.

    Errors and discarded rows are expected to occur as often as they have so far.

    Parameters
    ----------
    sample : ReviewedSample
        The rows reviewed so far.
    good : function from Counts to bool
        Whether the counts are good; once true, true for any larger number of rows.

    Returns
    -------
    int or None
        The number of rows; None if even all rows are not enough.
    """
    now = sample.counts()
    # Strata without a decision have the pooled rate; if no row was decided at all, the rate is 0.
    pooled = np.nan_to_num(now.pooled_rate())
    rate = np.where(now.decided > 0, now.wrong / np.maximum(now.decided, 1), pooled)
    unknown = now.unknown / np.maximum(now.n, 1)
    turns = take_turns(sample.strata)
    known_before = np.array([each.n_rows * (each.share == 0) for each in sample.strata])

    def expected(n_rows: int) -> Counts:
        n = known_before + np.bincount(turns[:n_rows], minlength=len(sample.strata))
        wrong = n * (1 - unknown) * rate
        whole = np.where(n == now.size, np.rint(wrong), wrong)
        decided = n * (1 - unknown)
        return Counts(now.size, n.astype(float), whole, n * unknown, decided, now.at_random)

    low, high = sample.n_drawn, len(turns)
    if not good(expected(high)):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if good(expected(middle)) else (middle + 1, high)
    return high - sample.n_drawn


def _count(number: NDArray[Any], state: NDArray[np.int8], n_strata: int) -> _Columns:
    """Count the first five columns of `Counts`."""

    def count(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(number[mask], minlength=n_strata).astype(float)

    n, wrong, unknown = count(state != UNSEEN), count(state == WRONG), count(state >= DISCARDED)
    return count(state >= UNSEEN), n, wrong, unknown, n - unknown


def _usable(is_reviewed: NDArray[np.bool_]) -> int:
    """Tell how many rows of the plan can be used: up to where nine of ten were reviewed.

    Rows may have been skipped because of what they contain, or reviewed out of turn because the
    queue showed them. Beyond this point the reviewed rows are not a random sample.
    """
    gain = np.cumsum(np.where(is_reviewed, 1, -PER_SKIPPED))
    if not len(gain) or gain.max() <= 0:
        return 0
    return len(gain) - int(gain[::-1].argmax())
