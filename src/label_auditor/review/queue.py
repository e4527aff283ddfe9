r"""The queue that learns: which rows to look at next, after what reviewers have decided.

A logistic regression of "this label is wrong", fitted to the decisions so far, orders the rows that
nobody has looked at yet. It is small enough to be fitted anew after each decision.

**What it sees of a row.** Numbers, each as a logistic score: a value that is at the fraction u of
all rows, from below, becomes ln(u / (1 - u)) · √3 / π, so that all have mean 0 and a standard
deviation of 1, whatever the model's probabilities look like. It is rounded to a multiple of
1 / 2048. They are

1. the row's place in the audit's own order, the first row highest;
2. p(given), the probability of the given label;
3. p(other), the highest probability of another class;
4. q(given) and
5. q(other), the same after each probability is divided by the frequency of its class among the
   given labels, and normalised;
6. the entropy of p;
7. and, if there are no more than 20 classes, the probability of each.

And three groups that it belongs to: its given class, its other class (that of p(other)), and the
pair of both. A group has an effect of its own if it has at least 3 decisions, and is among the 200
groups that have most.

Where a row has a set of labels, its worst class stands for it: the one whose given state, in the
set or not, is least likely. The numbers are the place, the probability of that state, that of the
whole set, and those of the classes. The groups are the worst class, whether it is given, and both.

**How it is fitted.** The log-odds of row i are the inner product of x_i = (1, the numbers, 0 or 1
for each group) with weights β, which minimise the loss

.. math::
    \sum_i \log(1 + e^{x_i β}) - t_i x_i β + \tfrac12 \sum_j λ_j (β_j - μ_j)^2,

where t is 1 for a wrong label and 0 for a right one; λ is 0.1 for the intercept, 20 for the
numbers, 3 for the groups; and μ is ¾ for the audit's own order, -¾ for p(given), 0 for all else:
a few decisions move the order little. Without any, it is the audit's own. From β = 0, exactly 20
steps are made, each to the minimum of the quadratic that touches the loss from above [1]_: they
never make it worse, whatever the decisions are, and no optimiser has to say when to stop. Records
that were discarded have no part in the fit.

**What it explores.** A class that the model believes to be clean would never be looked at again.
So each given class is owed a twentieth of the reviews that its size would give it at random: of a
class with n_k of n rows, the j-th is due after ⌈20 j n / n_k⌉ reviews. A row that is due goes
before those that the model finds likelier, but for rows that were due before it.

References
----------
.. [1] T. Jaakkola, M. Jordan, "Bayesian parameter estimation via variational methods", Statistics
   and Computing 10 (2000) 25-37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from label_auditor.confident_learning.row_blocks import LIGHT_BLOCK
from label_auditor.confident_learning.scan import group_by_class
from label_auditor.data.findings import rows_in_order
from label_auditor.data.sorting import stable_order
from label_auditor.review.decided import number_labels
from label_auditor.review.row_facts import JudgedRows, RowFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

STEPS = 20
INTERCEPT_RIDGE, NUMBER_RIDGE, GROUP_RIDGE = 0.1, 20.0, 3.0
# What the first weights are drawn to: the intercept, the audit's order, p(given); the others to 0.
PRIOR = (0.0, 0.75, -0.75)
FEWEST_DECISIONS, MOST_GROUPS = 3, 200
# One review in so many goes by the size of the classes alone, if the model would have it otherwise.
EXPLORE_EVERY = 20


class QueueModel(NamedTuple):
    """The fitted weights.

    Attributes
    ----------
    intercept : float
    numbers : ndarray of shape (n_numbers,), float64
        By column of `RowFacts.numbers`.
    groups : ndarray of shape (n_groups,), intp
        The groups that have an effect, in increasing order; see `RowFacts.groups`.
    effects : ndarray of shape (n_groups,), float64
    """

    intercept: float
    numbers: NDArray[np.float64]
    groups: NDArray[np.intp]
    effects: NDArray[np.float64]

    def log_odds(self, facts: RowFacts) -> NDArray[np.float64]:
        """Give the log-odds of a wrong label, by row of the facts."""
        log_odds = np.full(len(facts.rows), self.intercept)
        for weight, column in zip(self.numbers, facts.numbers.T, strict=True):
            log_odds += weight * column.astype(float)
        self.add_effects(log_odds, facts.given, facts.other, facts.n_classes)
        return log_odds

    def log_odds_of_all(self, judged: JudgedRows) -> NDArray[np.float64]:
        """Give the same by position in the audit, from one column of numbers at a time.

        Where a row is not judged, it has no meaning.
        """
        log_odds = np.full(len(judged.given), self.intercept)
        order, weight = judged.order, self.numbers[0]
        for some in _blocks(len(order)):
            places = np.arange(some.start, some.stop)
            log_odds[order[some]] += weight * judged.order_scores(places).astype(float)
        columns = judged.ranked_columns()
        for weight in self.numbers[1:]:
            buckets, scores = next(columns)
            gains = weight * scores.astype(float)
            for some in _blocks(len(log_odds)):
                log_odds[some] += gains.take(buckets[some], mode="clip")
            del buckets, scores, gains  # before the next column is measured
        self.add_effects(log_odds, judged.given, judged.other, len(judged.sizes))
        return log_odds

    def add_effects(
        self,
        log_odds: NDArray[np.float64],
        given: NDArray[np.signedinteger],
        other: NDArray[np.signedinteger],
        n_classes: int,
    ) -> None:
        """Add the effects of the groups that each row belongs to."""
        ends = np.searchsorted(self.groups, [n_classes, 2 * n_classes])
        own, others, pairs = np.split(self.groups, ends)
        of_own, of_other, of_pair = np.split(self.effects, ends)
        first, second = np.divmod(pairs - 2 * n_classes, n_classes)
        # Few classes are in any group. They count from 1, and all others are 0.
        row, n_rows = _count_from_1(np.concatenate([own, first]), n_classes)
        column, n_columns = _count_from_1(np.concatenate([others - n_classes, second]), n_classes)
        table = np.zeros((n_rows, n_columns))
        table[row[own]] += of_own[:, None]
        table[:, column[others - n_classes]] += of_other
        table[row[first], column[second]] += of_pair
        for some in _blocks(len(log_odds)):
            log_odds[some] += table[row[given[some]], column[other[some]]]


def order_by_queue(
    audit: Findings,
    rows: NDArray[np.intp],
    codes: NDArray[np.intp],
    n: int | None = None,
) -> NDArray[np.intp]:
    """Give the rows that were evaluated and not reviewed, best to look at first.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    rows, codes : ndarray of int, shape (n_reviewed,)
        Reviewed rows, and the number of the decided label of each; -1 for discarded rows. This
        is what :func:`label_auditor.review.decided.decided_rows` gives.
    n : int, default=None
        How many rows; None: all.

    Returns
    -------
    ndarray of int
        Row positions. Without any decision this is the audit's own order. It doesn't depend on the
        order in which the decisions were made.

    Examples
    --------
    >>> from label_auditor import audit_labels
    >>> pred_probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6], [0.95, 0.05]])
    >>> audit = audit_labels([0, 0, 0, 0, 1], pred_probs)
    >>> order_by_queue(audit, np.array([4]), np.array([0]))
    array([1, 3, 2, 0])
    """
    left = audit.evaluated.copy()
    left[rows] = False
    if not (codes >= 0).any():
        order = rows_in_order(audit)
        return order[left[order]][:n]
    judged = JudgedRows(audit)
    model = _fit_to_decisions(judged, number_labels(audit), rows[codes >= 0], codes[codes >= 0])
    log_odds = model.log_odds_of_all(judged)
    n_left = np.bincount(judged.given[left], minlength=len(judged.sizes))
    candidates = left
    if n is not None and n < n_left.sum():
        candidates = left & _may_be_first(log_odds, judged, left, n_left, n)
    first = judged.order[candidates[judged.order]]
    facts = RowFacts(
        first, np.empty((0, 0), np.float32), judged.given[first], judged.other[first], judged.sizes
    )
    return first[explore(facts, stable_order(-log_odds[first]), n_left)][:n]


def _fit_to_decisions(
    judged: JudgedRows,
    given: NDArray[np.signedinteger],
    rows: NDArray[np.intp],
    codes: NDArray[np.intp],
) -> QueueModel:
    """Fit the model to the decisions about rows that were judged."""
    decided = np.zeros(len(given), dtype=bool)
    decided[rows] = True
    facts = judged.facts(np.flatnonzero(decided[judged.order]))
    by_row = np.argsort(rows)
    found = codes[by_row][np.searchsorted(rows, facts.rows, sorter=by_row)]
    return fit_queue(facts, np.arange(len(facts.rows)), found != given[facts.rows])


def _may_be_first(
    log_odds: NDArray[np.float64],
    judged: JudgedRows,
    left: NDArray[np.bool_],
    n_left: NDArray[np.intp],
    n: int,
) -> NDArray[np.bool_]:
    """Mark the rows among which the first n are: those that are likeliest, or due by then."""
    values = log_odds[left]
    lowest = np.partition(values, -n)[-n]
    # So many of each class are due, of all that are left.
    n_reviewed = judged.sizes.sum() - n_left.sum()
    due = (n + n_reviewed) * judged.sizes // (EXPLORE_EVERY * judged.sizes.sum())
    due = np.minimum(due - (judged.sizes - n_left), n_left)
    bounds = np.full(len(due), lowest)
    here = left & (log_odds >= lowest)
    lacking = due > np.bincount(judged.given[here], minlength=len(due))
    codes = np.where(left & lacking[judged.given], judged.given, -1)
    values, counts = group_by_class(codes, log_odds, len(due))
    for k, of_class in enumerate(np.split(values, np.cumsum(counts)[:-1])):
        if lacking[k]:
            bounds[k] = np.partition(of_class, -due[k])[-due[k]]
    marked: NDArray[np.bool_] = log_odds >= bounds[judged.given]
    return marked


def _blocks(n: int) -> Iterator[slice]:
    """Cut rows into blocks of which a few numbers stay in the cache."""
    return (slice(start, min(start + LIGHT_BLOCK, n)) for start in range(0, n, LIGHT_BLOCK))


def _count_from_1(classes: NDArray[np.intp], n_classes: int) -> tuple[NDArray[np.intp], int]:
    """Give each of some classes a number from 1 up, and all others 0; and how many there are."""
    some = np.unique(classes)
    number = np.zeros(n_classes, np.intp)
    number[some] = np.arange(1, len(some) + 1)
    return number, len(some) + 1


def fit_queue(facts: RowFacts, known: NDArray[np.intp], wrong: NDArray[np.bool_]) -> QueueModel:
    """Fit the model to decisions.

    Parameters
    ----------
    facts : RowFacts
        What is known of all rows.
    known : ndarray of shape (n_decisions,), intp
        The rows of the facts that were decided on.
    wrong : ndarray of shape (n_decisions,), bool
        Whether the given label was found wrong.

    Returns
    -------
    QueueModel
    """
    in_order = np.argsort(known)
    known, wrong = known[in_order], wrong[in_order]
    member = facts.groups(known)
    groups = _pick_groups(member)
    n_numbers = facts.numbers.shape[1]
    seen = np.column_stack([np.ones(len(known)), facts.numbers[known]])
    # One entry per row and group: values, columns, and where each row ends.
    has = np.isin(member, groups)
    ends = np.append(0, has.sum(axis=1).cumsum())
    members = (np.ones(ends[-1]), np.searchsorted(groups, member[has]), ends)
    x = sparse.hstack(
        [sparse.csr_array(seen), sparse.csr_array(members, shape=(len(known), len(groups)))],
        format="csr",
    )
    ridge = [INTERCEPT_RIDGE] + [NUMBER_RIDGE] * n_numbers + [GROUP_RIDGE] * len(groups)
    prior = np.zeros(x.shape[1])
    prior[: len(PRIOR)] = PRIOR
    weights = _fit_logistic(x, wrong, np.array(ridge), prior)
    numbers, effects = np.split(weights[1:], [n_numbers])
    return QueueModel(float(weights[0]), numbers, groups, effects)


def explore(
    facts: RowFacts, order: NDArray[np.intp], n_left: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Move rows of classes that are looked at too seldom forward, to their latest place.

    Parameters
    ----------
    facts : RowFacts
        What is known of all rows.
    order : ndarray of shape (n_left,), intp
        The rows of the facts that are not reviewed yet, the likeliest errors first.
    n_left : ndarray of shape (n_classes,), intp, default=None
        How many rows of each class are not reviewed yet, if `order` has only the first of them.

    Returns
    -------
    ndarray of shape (n_left,), intp
    """
    sizes = facts.sizes
    n = sizes.sum()
    given = facts.given[order]
    here = np.bincount(given, minlength=facts.n_classes)
    left = here if n_left is None else n_left
    by_class = np.argsort(given, kind="stable")
    # 1 for the row of its class that comes first, 2 for the next.
    nth = np.empty(len(order), np.intp)
    nth[by_class] = np.arange(len(order)) - (np.cumsum(here) - here)[given[by_class]] + 1
    nth += (sizes - left)[given]
    latest = -(-EXPLORE_EVERY * n * nth // sizes[given]) - 1 - (n - left.sum())
    return order[np.argsort(np.minimum(np.arange(len(order)), latest), kind="stable")]


def _pick_groups(member: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the groups with enough decisions to have an effect, in increasing order."""
    groups, counts = np.unique(member, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:MOST_GROUPS]
    return np.sort(groups[most[counts[most] >= FEWEST_DECISIONS]])


def _fit_logistic(
    x: Any,
    wrong: NDArray[np.bool_],
    ridge: NDArray[np.float64],
    prior: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fit a logistic regression with a normal prior, in a fixed number of steps."""
    weights = np.zeros(x.shape[1])
    target = x.T @ (wrong - 0.5) + ridge * prior
    for _ in range(STEPS):
        half = np.abs(x @ weights) / 2
        # The curvature of the quadratic: tanh(h) / (4 h), which is 1/4 at 0.
        curvature = np.divide(
            np.tanh(half), 4 * half, out=np.full(len(half), 0.25), where=half > 1e-6
        )
        bound = (x.T @ x.multiply(curvature[:, None])).toarray()
        bound[np.diag_indices(len(ridge))] += ridge
        weights = np.linalg.solve(bound, target)
    return weights
