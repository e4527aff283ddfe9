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

from label_auditor.confident_learning.row_blocks import LIGHT_BLOCK, LabelledRows
from label_auditor.confident_learning.scan import code_dtype
from label_auditor.data.findings import rows_in_order
from label_auditor.data.sorting import stable_order
from label_auditor.review.decided import number_labels
from label_auditor.review.measures import measure
from label_auditor.review.set_measures import measure_sets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

    # Given and other classes, and columns of numbers; all of them by row of the audit.
    _Classes: TypeAlias = NDArray[np.signedinteger]
    _Description: TypeAlias = tuple[_Classes, _Classes, Iterable[NDArray[np.float32]]]

NUMBERS = ("order", "p_given", "p_other", "q_given", "q_other", "entropy")
SET_NUMBERS = ("order", "p_worst", "p_set")
STEPS = 20
INTERCEPT_RIDGE, NUMBER_RIDGE, GROUP_RIDGE = 0.1, 20.0, 3.0
# What the first weights are drawn to: the intercept, the audit's order, p(given); the others to 0.
PRIOR = (0.0, 0.75, -0.75)
# With more classes, a few decisions can't tell what the probability of each has to do with errors.
MOST_CLASSES = 20
FEWEST_DECISIONS, MOST_GROUPS = 3, 200
# One review in so many goes by the size of the classes alone, if the model would have it otherwise.
EXPLORE_EVERY = 20
# Numbers are multiples of one through this, so that two bytes hold each of them in a review page.
NUMBER_SCALE = 2048
# Values are ranked by the bucket that they are in, of 2 to this power.
BUCKET_BITS = 20


class RowFacts(NamedTuple):
    """What the queue knows of each row that was evaluated, in the audit's own order.

    Attributes
    ----------
    rows : ndarray of shape (n,), intp
        Position of each row in the audit.
    numbers : ndarray of shape (n, n_numbers), float32
        Logistic scores: those of `NUMBERS` or `SET_NUMBERS`, then of each class if there are at
        most `MOST_CLASSES`.
    given, other : ndarray of shape (n,), int
        Column of the given class, and of the likeliest other one, in the smallest type. Of a set of
        labels, the worst class, and whether it is given (1) or missing (0).
    sizes : ndarray of shape (n_classes,), int
        How many rows of the audit have each given class, whether they are in here or not.
    """

    rows: NDArray[np.intp]
    numbers: NDArray[np.float32]
    given: NDArray[np.signedinteger]
    other: NDArray[np.signedinteger]
    sizes: NDArray[np.intp]

    @property
    def n_classes(self) -> int:
        """The number of given classes; at least 2 where rows have sets."""
        return len(self.sizes)

    def groups(self, rows: slice | NDArray[np.intp] = slice(None)) -> NDArray[np.intp]:
        """Give the three groups of some rows as numbers: shape (n, 3).

        Given class k is k, other class k is K + k, the pair (j, k) is 2 K + j K + k.
        """
        K = self.n_classes
        given, other = self.given[rows].astype(np.intp), self.other[rows].astype(np.intp)
        return np.column_stack([given, K + other, (2 + given) * K + other])


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
        for start in range(0, len(log_odds), LIGHT_BLOCK):
            rows = slice(start, start + LIGHT_BLOCK)
            log_odds[rows] += facts.numbers[rows].astype(float) @ self.numbers
            if self.groups.size:
                groups = facts.groups(rows)
                at = np.minimum(np.searchsorted(self.groups, groups), len(self.groups) - 1)
                effects = np.where(self.groups[at] == groups, self.effects[at], 0)
                log_odds[rows] += effects.sum(axis=1)
        return log_odds


def order_by_queue(
    audit: Findings, rows: NDArray[np.intp], codes: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Give the rows that were evaluated and not reviewed, best to look at first.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    rows, codes : ndarray of int, shape (n_reviewed,)
        Reviewed rows, and the number of the decided label of each; -1 for discarded rows. This
        is what :func:`label_auditor.review.decided.decided_rows` gives.

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
    if not (codes >= 0).any():
        order = rows_in_order(audit)
        left = audit.evaluated.copy()
        left[rows] = False
        return order[left[order]]
    facts = row_facts(audit)
    place = np.full(len(audit), -1)
    place[facts.rows] = np.arange(len(facts.rows))
    judged = (codes >= 0) & (place[rows] >= 0)
    known = place[rows[judged]]
    wrong = codes[judged] != number_labels(audit)[rows[judged]]
    model = fit_queue(facts, known, wrong)
    left = np.ones(len(facts.rows), dtype=bool)
    left[place[rows[place[rows] >= 0]]] = False
    log_odds = model.log_odds(facts)
    facts = facts._replace(numbers=facts.numbers[:0].copy())  # most of the memory, not needed now
    order = stable_order(-log_odds)
    return facts.rows[explore(facts, order[left[order]])]


def row_facts(audit: Findings, places: NDArray[np.intp] | None = None) -> RowFacts:
    """Gather what the queue knows of each row of an audit, or of those at places of its order.

    A few columns are measured and ranked at a time, so that little beside the result is in memory.
    """
    order = rows_in_order(audit)
    rows = order if audit.evaluated.all() else order[audit.evaluated[order]]
    n_classes = len(audit.classes)
    n_each = n_classes if n_classes <= MOST_CLASSES else 0
    describe, names = (
        (_describe_sets, SET_NUMBERS) if audit.multi_label else (_describe_labels, NUMBERS)
    )
    given, other, columns = describe(audit, rows, n_each)
    # A column is written and read at a time: it lies in one piece.
    at = slice(None) if places is None else places[places < len(rows)]
    chosen = rows[at]
    numbers = np.empty((len(names) + n_each, len(chosen)), np.float32).T
    numbers[:, 0] = _logistic(np.arange(0.5, len(rows))[::-1][at] / max(len(rows), 1))
    for column, values in enumerate(columns, 1):
        # Ranks are those among all rows.
        numbers[:, column] = logistic_scores(values[rows])[at]
    # Groups of a set are told apart by two numbers at least.
    n_groups = max(n_classes, 2) if audit.multi_label else n_classes
    sizes = np.bincount(given[rows], minlength=n_groups)
    return RowFacts(chosen, numbers, given[chosen].astype(other.dtype), other[chosen], sizes)


def _describe_labels(audit: Findings, rows: NDArray[np.intp], n_each: int) -> _Description:
    """Give the given and the other class of all rows, the latter once all columns are read."""
    data = LabelledRows(np.where(audit.evaluated, audit.codes, -1), audit.pred_probs)
    sizes = np.bincount(data.codes[rows], minlength=data.n_classes).astype(float)
    # A class that is never given counts as one of average size.
    sizes[sizes == 0] = max(len(rows), 1) / data.n_classes
    other = np.empty(len(audit), code_dtype(data.n_classes))
    return data.codes, other, measure(data, sizes, other, n_each)


def _describe_sets(audit: Findings, _: NDArray[np.intp], n_each: int) -> _Description:
    """Give the worst class of all rows, and whether it is given."""
    data = LabelledRows(np.zeros(len(audit), np.intp), audit.pred_probs)
    worst, is_given = np.empty((2, len(audit)), code_dtype(data.n_classes))
    return worst, is_given, measure_sets(audit.codes, data, worst, is_given, n_each)


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


def explore(facts: RowFacts, order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Move rows of classes that are looked at too seldom forward, to their latest place.

    Parameters
    ----------
    facts : RowFacts
        What is known of all rows.
    order : ndarray of shape (n_left,), intp
        The rows of the facts that are not reviewed yet, the likeliest errors first.

    Returns
    -------
    ndarray of shape (n_left,), intp
    """
    n = len(facts.rows)
    sizes = facts.sizes
    given = facts.given[order]
    left = np.bincount(given, minlength=facts.n_classes)
    by_class = np.argsort(given, kind="stable")
    # 1 for the row of its class that comes first, 2 for the next.
    nth = np.empty(len(order), np.intp)
    nth[by_class] = np.arange(len(order)) - (np.cumsum(left) - left)[given[by_class]] + 1
    nth += (sizes - left)[given]
    latest = -(-EXPLORE_EVERY * n * nth // sizes[given]) - 1 - (n - len(order))
    return order[np.argsort(np.minimum(np.arange(len(order)), latest), kind="stable")]


def logistic_scores(values: NDArray[Any]) -> NDArray[np.float32]:
    """Replace values by the logistic quantiles of their ranks; equal values share a rank.

    Values count as equal if they are in the same of some million buckets between the lowest
    and the highest, as wide as they are large: if they agree in about the first four digits. To
    count what is in the buckets takes a fifth of the time of a sort.
    """
    bits = _ascending_bits(values)
    if len(bits) == 0:
        return np.zeros(0, np.float32)
    bits -= bits.min()
    bits >>= np.uint32(max(0, int(bits.max()).bit_length() - BUCKET_BITS))
    counts = np.bincount(bits)
    buckets = np.flatnonzero(counts)
    counts = counts[buckets]
    table = np.empty(int(buckets[-1]) + 1, np.float32)
    table[buckets] = _logistic((np.cumsum(counts) - counts / 2) / len(bits))
    scores: NDArray[np.float32] = table[bits]
    return scores


def _ascending_bits(values: NDArray[Any]) -> NDArray[np.uint32]:
    """Give the bits of each number as a float32, so that they ascend as unsigned integers."""
    # Adding 0 makes -0 a 0, which is equal to it.
    bits: NDArray[np.uint32] = (values.astype(np.float32) + np.float32(0)).view(np.uint32)
    if len(bits) and values.min() < 0:
        sign = np.uint32(2**31)
        bits = np.where(bits & sign, ~bits, bits | sign)
    return bits


def _logistic(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the logistic quantiles at fractions, with a standard deviation of 1, rounded."""
    odds = 1 - u
    np.divide(u, odds, out=odds)
    np.log(odds, out=odds)
    odds *= np.sqrt(3) / np.pi * NUMBER_SCALE
    np.rint(odds, out=odds)
    odds /= NUMBER_SCALE
    return odds


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
