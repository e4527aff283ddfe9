"""The queue that learns from what reviewers have decided."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from label_auditor import audit_labels
from label_auditor.audit.from_probabilities import audit_codes
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import Rule
from label_auditor.data.findings import rows_in_order
from label_auditor.review.decided import number_labels
from label_auditor.review.queue import (
    EXPLORE_EVERY,
    FEWEST_DECISIONS,
    GROUP_RIDGE,
    INTERCEPT_RIDGE,
    MOST_GROUPS,
    NUMBER_RIDGE,
    PRIOR,
    QueueModel,
    explore,
    fit_queue,
    order_by_queue,
)
from label_auditor.review.row_facts import JudgedRows, row_facts


def make(n=600, n_classes=4, seed=0, noise=0.2, wrong_class=None, strength=0.7):
    """Audit labels of which some are wrong; all errors in one given class if it is named.

    `strength` is how much the model knows of the true class.
    """
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    labels = np.where(rng.random(n) < noise, rng.integers(0, n_classes, n), true)
    if wrong_class is not None:
        labels = np.where(labels == wrong_class, labels, true)
    probs = rng.dirichlet(np.ones(n_classes), n) + strength * np.eye(n_classes)[true]
    probs /= probs.sum(axis=1, keepdims=True)
    return audit_labels(labels, probs, classes=range(n_classes)), true


def run_queue(audit, true, budget, batch=10, decide=None):
    """Review batch by batch; give the rows in the order in which they were seen."""
    decide = decide or (lambda rows: true[rows])
    seen = np.empty(0, np.intp)
    while len(seen) < budget:
        following = order_by_queue(audit, seen, decide(seen))
        seen = np.concatenate([seen, following[: min(batch, budget - len(seen))]])
    return seen


def test_without_decisions_the_order_is_the_audits():
    audit, _ = make()
    none = np.empty(0, np.intp)
    np.testing.assert_array_equal(order_by_queue(audit, none, none), rows_in_order(audit))
    # Discarded rows say nothing about the others, and aren't shown again.
    first = rows_in_order(audit)[:7]
    order = order_by_queue(audit, first, np.full(7, -1))
    np.testing.assert_array_equal(order, rows_in_order(audit)[7:])


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 80),
    n_classes=st.integers(2, 12),
    share=st.floats(0, 1),
)
def test_each_row_not_reviewed_comes_once_whatever_was_decided(seed, n, n_classes, share):
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(n_classes, 0.2), n)  # many of them near 0 and 1
    audit = audit_labels(rng.integers(0, n_classes, n), probs, classes=range(n_classes))
    rows = rng.permutation(n)[: int(share * n)]
    codes = rng.integers(-1, n_classes, len(rows))
    order = order_by_queue(audit, rows, codes)
    assert sorted([*order, *rows]) == list(range(n))
    again = rng.permutation(len(rows))
    np.testing.assert_array_equal(order_by_queue(audit, rows[again], codes[again]), order)


@pytest.mark.parametrize("n_classes", [2, 3, 40])
@pytest.mark.parametrize("rounded", [False, True])
def test_the_first_rows_are_those_of_the_whole_order(n_classes, rounded):
    audit, true = make(3000, n_classes, seed=n_classes)
    if rounded:  # many rows are alike, and have the same log-odds
        probs = np.maximum(np.round(audit.pred_probs * 4), 0.01)
        probs /= probs.sum(axis=1, keepdims=True)
        audit = audit_labels(audit.codes, probs, classes=range(n_classes))
    # Nothing but the first class is reviewed, so that rows of the others are due.
    rows = np.flatnonzero(audit.codes == 0)
    rows = rows[: min(len(rows) - 3, 400)]
    order = order_by_queue(audit, rows, true[rows])
    for n in (1, 2, 10, 100, 500, len(order) - 1, len(order), 5000):
        np.testing.assert_array_equal(order_by_queue(audit, rows, true[rows], n), order[:n])


@pytest.mark.parametrize("n_classes", [4, 30])
def test_rows_are_judged_in_one_go_as_by_their_facts(n_classes):
    audit, true = make(2000, n_classes)
    judged = JudgedRows(audit)
    facts = judged.facts(np.arange(2000))
    known = np.arange(0, 400)
    model = fit_queue(facts, known, (true != audit.labels)[facts.rows[known]])
    assert model.effects.any()
    np.testing.assert_array_equal(model.log_odds_of_all(judged)[facts.rows], model.log_odds(facts))


def test_columns_of_numbers_are_never_all_in_memory():
    most = []
    for n_classes in (3, 20):  # 9 and 26 columns
        audit, true = make(50_000, n_classes)
        rows = rows_in_order(audit)[:100]
        tracemalloc.start()
        order_by_queue(audit, rows, true[rows], 10)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < most[0] + 30 * len(audit)  # 17 columns more would be 68 bytes a row


def test_rows_not_evaluated_are_never_asked_for():
    audit, true = make(60)
    audit = audit_rows(audit, missing=[3, 10, 44])
    rows = np.array([1, 2, 3, 5])  # of which row 3 was reviewed although it was not judged
    order = order_by_queue(audit, rows, true[rows])
    assert sorted([*order, 1, 2, 5]) == sorted(set(range(60)) - {3, 10, 44})


def test_no_row_is_asked_for_where_none_could_be_judged():
    audit, true = make(60)
    audit = dataclasses.replace(audit, evaluated=np.zeros(60, bool))
    rows = np.arange(10)
    assert order_by_queue(audit, rows, true[rows]).size == 0
    assert order_by_queue(audit, rows, true[rows], 5).size == 0


def audit_rows(audit, missing):
    judged = audit.codes.copy()
    judged[missing] = -1
    return audit_codes(
        audit.codes,
        LabelledRows(judged, audit.pred_probs),
        Rule(audit.filter_by),
        classes=audit.classes,
        rank_by=audit.rank_by,
        index=None,
    )


@pytest.mark.parametrize("answer", ["right", "wrong"])
@pytest.mark.parametrize("n", [1, 5, 300])
def test_all_right_and_all_wrong(answer, n):
    audit, _ = make()
    rows = rows_in_order(audit)[:n]
    codes = audit.labels[rows] if answer == "right" else (audit.labels[rows] + 1) % 4
    facts = row_facts(audit)
    model = fit_queue(facts, np.arange(n), np.full(n, answer == "wrong"))
    assert np.isfinite(model.log_odds(facts)).all()
    assert np.abs([model.intercept, *model.numbers, *model.effects]).max() < 20
    assert len(order_by_queue(audit, rows, codes)) == 600 - n


def test_five_decisions_move_the_order_little():
    audit, true = make(2000)
    own = rows_in_order(audit)
    for answers in (true[own[:5]], audit.labels[own[:5]], (audit.labels[own[:5]] + 1) % 4):
        order = order_by_queue(audit, own[:5], answers)
        assert len(set(order[:200]) & set(own[5:205])) > 120


def test_it_learns_which_class_is_wrong_and_finds_more_errors():
    audit, true = make(3000, wrong_class=2, noise=0.5, seed=1, strength=0.05)
    wrong = audit.labels != true
    budget = wrong.sum() // 2
    own = wrong[rows_in_order(audit)[:budget]].mean()
    learned = wrong[run_queue(audit, true, budget, batch=25)].mean()
    assert learned > own + 0.1


def test_a_reviewer_who_errs_does_little_harm():
    audit, true = make(3000, wrong_class=2, noise=0.5, seed=1, strength=0.05)
    wrong = audit.labels != true
    budget = wrong.sum() // 2
    rng = np.random.default_rng(0)
    # One decision in five is wrong: another class than the true one, the given one or not.
    said = np.where(rng.random(3000) < 0.2, rng.integers(0, 4, 3000), true)
    own = wrong[rows_in_order(audit)[:budget]].mean()
    learned = wrong[run_queue(audit, said, budget, batch=25)].mean()
    assert learned > own + 0.05


def test_a_class_that_seems_clean_is_still_looked_at():
    audit, true = make(2000, wrong_class=2, noise=0.6)
    seen = run_queue(audit, true, 400, batch=20)
    given_labels = audit.labels[seen]
    sizes = np.bincount(audit.labels, minlength=4)
    for k in range(4):
        due = np.arange(1, 401) * sizes[k] // (EXPLORE_EVERY * 2000)
        # A row that is due may come after one that was due before it.
        assert (np.cumsum(given_labels == k) >= due - 1).all()
        assert due[-1] >= 3


def test_exploration_moves_forward_only_what_is_due():
    facts = row_facts(make(400, n_classes=2)[0])
    of_class = [np.flatnonzero(facts.given == k) for k in (0, 1)]
    last = np.concatenate(of_class)  # class 1 after all of class 0
    order = explore(facts, last)
    places = np.flatnonzero(facts.given[order] == 1)
    n_before, n_last = map(len, of_class)
    due = -(-EXPLORE_EVERY * 400 * np.arange(1, n_last + 1) // n_last) - 1
    early = due[due < n_before]
    assert len(early) >= 4
    # Each row that went forward holds up those behind it by one place.
    np.testing.assert_array_equal(places[: len(early)], early + np.arange(1, len(early) + 1))
    for k in (0, 1):  # within a class, nothing changes
        np.testing.assert_array_equal(order[facts.given[order] == k], of_class[k])


def test_rows_reviewed_already_count_towards_what_a_class_is_owed():
    facts = row_facts(make(400, n_classes=2)[0])
    first, second = (np.flatnonzero(facts.given == k) for k in (0, 1))
    order = explore(facts, np.concatenate([first, second[2:]]))
    due = -(-EXPLORE_EVERY * 400 * 3 // len(second)) - 1 - 2  # the third, after two reviews
    assert np.flatnonzero(facts.given[order] == 1)[0] == due + 1


def test_discarded_rows_have_no_part_in_the_fit():
    audit, true = make()
    facts = row_facts(audit)
    model = fit_queue(facts, np.arange(30), (audit.labels != true)[facts.rows[:30]])
    order = np.argsort(-model.log_odds(facts), kind="stable")
    expected = facts.rows[explore(facts, order[order >= 50])]
    codes = np.where(np.arange(50) < 30, true[facts.rows[:50]], -1)
    np.testing.assert_array_equal(order_by_queue(audit, facts.rows[:50], codes), expected)


def test_the_weights_minimise_the_loss_that_the_docstring_states():
    audit, true = make(800)
    facts = row_facts(audit)
    known = np.arange(150)
    wrong = (audit.labels != true)[facts.rows[known]]
    model = fit_queue(facts, known, wrong)
    member = facts.groups()[known]
    groups, counts = np.unique(member, return_counts=True)
    np.testing.assert_array_equal(model.groups, groups[counts >= FEWEST_DECISIONS])
    x = np.column_stack(
        [
            np.ones(150),
            facts.numbers[known],
            *[(member == group).any(axis=1) for group in model.groups],
        ]
    )
    n_numbers = 6 + facts.n_classes
    ridge = np.repeat(
        [INTERCEPT_RIDGE, NUMBER_RIDGE, GROUP_RIDGE], [1, n_numbers, len(model.groups)]
    )
    weights = np.concatenate([[model.intercept], model.numbers, model.effects])
    prior = np.append(PRIOR, np.zeros(len(weights) - len(PRIOR)))
    odds = x @ weights
    slope = x.T @ (1 / (1 + np.exp(-odds)) - wrong) + ridge * (weights - prior)
    at_start = x.T @ (0.5 - wrong) - ridge * prior
    assert np.abs(slope).max() < 1e-3 * np.abs(at_start).max()
    np.testing.assert_allclose(model.log_odds(facts)[known], odds)


def test_without_prior_it_is_scikit_learns_ridge():
    """The steps end where scikit-learn's own optimiser does."""
    from label_auditor.review.queue import _fit_logistic

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5))
    wrong = rng.random(200) < 1 / (1 + np.exp(-x[:, 0]))
    found = _fit_logistic(sparse.csr_array(x), wrong, np.full(5, 2.0), np.zeros(5))
    peer = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10).fit(x, wrong).coef_[0]
    np.testing.assert_allclose(found, peer, atol=1e-4)


def test_groups_are_bounded_and_the_ones_with_most_decisions():
    rng = np.random.default_rng(0)
    n, n_classes = 6000, 150
    labels = rng.integers(0, n_classes, n)
    audit = audit_labels(labels, rng.dirichlet(np.ones(n_classes), n), classes=range(n_classes))
    facts = row_facts(audit)
    model = fit_queue(facts, np.arange(4000), rng.random(4000) < 0.5)
    assert len(model.groups) == MOST_GROUPS
    groups, counts = np.unique(facts.groups()[:4000], return_counts=True)
    kept = np.isin(groups, model.groups)
    assert counts[kept].min() >= counts[~kept].max()


def test_a_group_without_decisions_has_no_effect():
    facts = row_facts(make(30)[0])
    n_numbers = facts.numbers.shape[1]
    model = QueueModel(0.5, np.zeros(n_numbers), np.array([2]), np.array([1.0]))
    np.testing.assert_array_equal(model.log_odds(facts), 0.5 + (facts.given == 2))


def test_a_hundred_thousand_rows_and_probabilities_in_blocks():
    class Blocks:
        """Rows that are read in slices only, and never all at once."""

        def __init__(self, values):
            self._values, self.shape, self.dtype = values, values.shape, values.dtype

        def __len__(self):
            return len(self._values)

        def __getitem__(self, rows):
            assert isinstance(rows, slice)
            found = self._values[rows]
            assert found.nbytes < 2**26
            return found

    rng = np.random.default_rng(0)
    n, n_classes = 100_000, 100
    probs = rng.dirichlet(np.ones(n_classes), n).astype(np.float32)
    labels = rng.integers(0, n_classes, n)
    audit = audit_labels(labels, probs, classes=range(n_classes))
    rows = rows_in_order(audit)[:1000]
    codes = np.where(rng.random(1000) < 0.5, labels[rows], (labels[rows] + 1) % n_classes)
    streamed = dataclasses.replace(audit, pred_probs=Blocks(probs))
    order = order_by_queue(streamed, rows, codes)
    assert len(order) == n - 1000
    np.testing.assert_array_equal(order, order_by_queue(audit, rows, codes))


def make_sets(n=1500, n_classes=5, seed=0):
    """Audit sets of labels, in which the first class is often forgotten."""
    rng = np.random.default_rng(seed)
    true = rng.random((n, n_classes)) < 0.25
    forgotten = np.where(np.arange(n_classes) == 0, 0.3, 0.01)
    labels = true & (rng.random((n, n_classes)) >= forgotten)
    logits = np.where(true, 1.2, -1.2) + rng.normal(size=(n, n_classes))
    return audit_labels(labels.astype(int), 1 / (1 + np.exp(-logits)), multi_label=True), true


def test_a_single_class_is_a_set_too():
    audit, true = make_sets(80, n_classes=1)
    facts = row_facts(audit)
    groups = facts.groups()
    assert len(set(groups[:, 1]) & set(groups[:, 2])) == 0
    reviewed = np.arange(30)
    order = order_by_queue(audit, reviewed, true[reviewed, 0].astype(int))
    assert sorted(order) == list(range(30, 80))


def test_the_queue_learns_which_class_is_forgotten():
    audit, true = make_sets()
    wrong = (audit.codes.toarray() != true).any(axis=1)
    given = number_labels(audit)
    seen = run_queue(audit, None, 150, decide=lambda rows: given[rows] + wrong[rows])
    assert wrong[seen].sum() > 1.1 * wrong[rows_in_order(audit)[:150]].sum()
