"""What is known of the rows that a plan sampled, counted by stratum and by class."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import Corrections, audit_labels, plan_review
from label_auditor.corrections.collection import Correction
from label_auditor.review.sample import (
    DISCARDED,
    RIGHT,
    SKIPPED,
    UNSEEN,
    WRONG,
    Counts,
    ReviewedSample,
    read_sample,
    smallest_sample,
)
from label_auditor.review.sampling import Stratum

N = 400
rng = np.random.default_rng(0)
TRUE = rng.integers(0, 2, N)
GIVEN = np.where(rng.random(N) < 0.15, 1 - TRUE, TRUE)
LIKELY = rng.uniform(0.5, 1, N)
AUDIT = audit_labels(GIVEN, np.where(TRUE[:, None] == [0, 1], LIKELY[:, None], 1 - LIKELY[:, None]))
IS_WRONG = GIVEN != TRUE


def plan_count(n, audit=AUDIT, **options):
    return plan_review(audit, n, goal="count", random_state=0, **options)


def review(rows):
    return {row: int(TRUE[row]) for row in rows}


def make_counts(size, n, wrong, unknown=0, at_random=(True,)):
    size = np.array(size, dtype=float)
    n, wrong, unknown = (
        np.broadcast_to(each, size.shape).astype(float) for each in (n, wrong, unknown)
    )
    at_random = np.broadcast_to(at_random, size.shape[-1:])
    return Counts(size, n, wrong, unknown, n - unknown, at_random)


class TestCounts:
    def test_errors_are_projected_stratum_by_stratum(self):
        assert make_counts([100, 1000], [10, 50], [5, 1]).estimate() == 100 / 2 + 1000 / 50

    def test_strata_without_a_decision_count_as_the_others_do(self):
        counts = make_counts([100, 300, 40], [10, 10, 0], [5, 1, 0])
        assert counts.pooled_rate() == (50 + 30) / 400
        assert counts.estimate() == 50 + 30 + 40 * 80 / 400

    def test_known_rows_tell_nothing_of_the_others(self):
        counts = make_counts([10, 100, 50], [10, 20, 0], [10, 2, 0], at_random=[False, True, True])
        assert counts.pooled_rate() == 0.1
        assert counts.estimate() == 10 + 10 + 5

    def test_discarded_rows_are_left_out_of_the_rate(self):
        assert make_counts([100], [10], [2], [5]).estimate() == 100 * 2 / 5

    def test_nothing_is_known_without_a_decision(self):
        counts = make_counts([100, 50], [4, 0], [0, 0], [4, 0])
        assert np.isnan(counts.pooled_rate())
        assert np.isnan(counts.estimate())


class TestReadSample:
    def test_knows_the_rows_that_were_reviewed_and_no_others(self):
        plan = plan_count(60)
        sample = read_sample(AUDIT, review(plan), plan)
        expected = np.full(N, UNSEEN)
        expected[plan.rows] = np.where(IS_WRONG[plan.rows], WRONG, RIGHT)
        np.testing.assert_array_equal(sample.state, expected)
        assert (sample.n_drawn, sample.n_used, sample.n_skipped, sample.n_unused) == (60, 60, 0, 0)

    def test_ends_where_the_review_does(self):
        plan = plan_count(60)
        sample = read_sample(AUDIT, review(plan[:25]), plan)
        assert (sample.n_drawn, sample.n_used) == (25, 25)
        assert (sample.state[plan[25:]] == UNSEEN).all()

    def test_rows_out_of_turn_are_not_used(self):
        plan = plan_count(60)
        outside = sorted(set(range(N)) - set(plan))[:20]
        sample = read_sample(AUDIT, review([*plan[:30], *plan[50:], *outside]), plan)
        assert (sample.n_drawn, sample.n_used, sample.n_unused) == (30, 30, 10)
        assert (sample.state[[*plan[30:], *outside]] == UNSEEN).all()

    def test_a_few_skipped_rows_are_part_of_it(self):
        plan = plan_count(60)
        skipped = [plan[4], plan[30], plan[45]]
        sample = read_sample(AUDIT, review(set(plan) - set(skipped)), plan)
        assert (sample.n_drawn, sample.n_used, sample.n_skipped) == (60, 57, 3)
        assert (sample.state[skipped] == SKIPPED).all()

    def test_discarded_rows_are_known_as_such(self):
        plan = plan_count(40)
        sample = read_sample(AUDIT, {**review(plan), plan[3]: None}, plan)
        assert sample.state[plan[3]] == DISCARDED
        assert (sample.n_used, sample.n_skipped) == (40, 0)

    def test_rows_known_before_the_plan_are_in_it(self):
        before = review(range(50))
        plan = plan_count(40, reviewed=before)
        sample = read_sample(AUDIT, {**before, **review(plan)}, plan)
        assert (sample.state[:50] == np.where(IS_WRONG[:50], WRONG, RIGHT)).all()
        assert sample.n_used == 40
        assert sample.at_random.tolist() == [True] * (len(plan.strata) - 1) + [False]
        # Whoever forgets to pass them on is told by the skipped rows.
        assert read_sample(AUDIT, review(plan), plan).n_skipped == 50

    def test_corrections_are_read_as_a_mapping_is(self):
        plan = plan_count(30)
        corrections = Corrections(Correction(str(row), str(TRUE[row])) for row in plan)
        by_corrections = read_sample(AUDIT, corrections, plan)
        np.testing.assert_array_equal(
            by_corrections.state, read_sample(AUDIT, review(plan), plan).state
        )

    def test_refuses_a_plan_to_find_errors_and_one_for_other_data(self):
        with pytest.raises(ValueError, match="plan has the goal 'find'"):
            read_sample(AUDIT, {}, plan_review(AUDIT, 5))
        plan = plan_count(20)
        other = dataclasses.replace(plan, stratum_of=plan.stratum_of[:-1])
        with pytest.raises(ValueError, match=r"plan is for 399 rows, .* the audit has 400"):
            read_sample(AUDIT, {}, other)


class TestReviewedSample:
    def sample(self):
        plan = plan_count(100)
        reviewed = {**review(plan), plan[7]: None}
        del reviewed[plan[20]]
        return read_sample(AUDIT, reviewed, plan)

    def test_counts_by_stratum(self):
        sample = self.sample()
        counts = sample.counts()
        for k, stratum in enumerate(sample.strata):
            state = sample.state[sample.stratum_of == k]
            assert counts.size[k] == stratum.n_rows == len(state)
            assert counts.n[k] == (state != UNSEEN).sum()
            assert counts.wrong[k] == (state == WRONG).sum()
            assert counts.unknown[k] == (state >= DISCARDED).sum()
            assert counts.decided[k] == ((state == RIGHT) | (state == WRONG)).sum()
        assert counts.n.sum() == 100
        assert counts.unknown.sum() == 2

    def test_counts_of_parts_add_up(self):
        sample = self.sample()
        parts = [sample.counts(np.flatnonzero(AUDIT.issues == flag)) for flag in (False, True)]
        for name in ("size", "n", "wrong", "unknown", "decided"):
            total = sum(getattr(part, name) for part in parts)
            np.testing.assert_array_equal(total, getattr(sample.counts(), name))

    def test_tallies_the_states_of_rows(self):
        sample = self.sample()
        tally = sample.tally(np.arange(N))
        assert tally.tolist() == np.bincount(sample.state, minlength=5).tolist()
        assert tally[[DISCARDED, SKIPPED]].tolist() == [1, 1]

    def test_classes_with_few_rows_in_a_stratum_borrow_the_whole_of_it(self):
        strata = (Stratum("all", 1000, 1.0),)
        state = np.full(1000, UNSEEN, np.int8)
        state[:90] = RIGHT
        state[[0, 89]] = WRONG
        given_labels = np.zeros(1000, np.intp)
        given_labels[85:95] = 1  # about one row of ten is expected in the sample
        members = (np.arange(1000), given_labels)
        sample = ReviewedSample(strata, np.zeros(1000, np.int8), members, state, 90, 90, 0, 0)
        counts = sample.counts_by_class(2)
        assert counts.size.tolist() == [[990], [1000]]
        assert counts.n.tolist() == [[85], [90]]
        assert counts.wrong.tolist() == [[1], [1]]
        assert counts.decided.tolist() == [[85], [90]]


class TestSmallestSample:
    def test_is_the_least_that_is_good(self):
        sample = read_sample(AUDIT, review(plan := plan_count(40)), plan)
        for enough in (41, 77, N):
            assert smallest_sample(sample, lambda c, n=enough: c.n.sum() >= n) == enough - 40
        assert smallest_sample(sample, lambda counts: True) == 0
        assert smallest_sample(sample, lambda counts: False) is None

    def test_expects_errors_at_the_rate_of_now(self):
        sample = read_sample(AUDIT, review(plan := plan_count(40)), plan)
        now = sample.counts()
        seen = []
        smallest_sample(sample, lambda counts: seen.append(counts))
        whole = seen[0]  # all rows are looked at first
        np.testing.assert_array_equal(whole.n, whole.size)
        np.testing.assert_allclose(whole.wrong, np.rint(whole.size * now.wrong / now.decided))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_no_more_than_one_in_ten_rows_of_a_sample_is_skipped(is_reviewed):
    plan = plan_count(len(is_reviewed))
    reviewed = review(row for row, done in zip(plan, is_reviewed, strict=True) if done)
    sample = read_sample(AUDIT, reviewed, plan)
    assert sample.n_used + sample.n_skipped == sample.n_drawn
    assert sample.n_used >= 9 * sample.n_skipped
    assert sample.n_used + sample.n_unused == sum(is_reviewed)
    if sample.n_drawn:
        assert is_reviewed[sample.n_drawn - 1]
    if all(is_reviewed):
        assert sample.n_drawn == len(plan)
