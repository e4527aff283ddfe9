"""The number of label errors: exact where all is known, bounded where it is not."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import (
    Corrections,
    audit_labels,
    estimate_label_errors,
    plan_review,
    stop_reviewing,
)
from label_auditor.corrections.collection import Correction

N = 3_000


def make_data(n=N, rate=0.1, n_classes=3, seed=0):
    """Give an audit, and the true labels of its rows."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    wrong = rng.random(n) < rate
    given_labels = np.where(wrong, (true + 1) % n_classes, true)
    logits = rng.gumbel(size=(n, n_classes))
    logits[np.arange(n), true] += 2.5
    pred_probs = np.exp(logits)
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    return audit_labels(given_labels, pred_probs, classes=range(n_classes)), true


AUDIT, TRUE = make_data()
WRONG = AUDIT.labels != TRUE


def review(rows, true=TRUE):
    return {int(row): true[row] for row in rows}


def plan_count(n, audit=AUDIT, seed=0, **options):
    return plan_review(audit, n, goal="count", random_state=seed, **options)


def parts_of(estimate):
    return [estimate, estimate.flagged, *estimate.by_class.values()]


class TestTheSample:
    def test_is_weighted_by_its_strata(self):
        plan = plan_count(200)
        estimate = AUDIT.estimate(review(plan), plan=plan)
        by_hand = sum(
            stratum.n_rows * WRONG[plan.rows][plan.stratum_of[plan.rows] == k].mean()
            for k, stratum in enumerate(plan.strata)
        )
        assert estimate.n_errors == pytest.approx(by_hand)
        assert (estimate.n_rows, estimate.n_reviewed, estimate.confidence) == (N, 200, 0.95)
        assert (estimate.n_discarded, estimate.n_skipped, estimate.n_unused) == (0, 0, 0)

    def test_is_unbiased_and_its_intervals_hold(self):
        numbers, held, flagged_held, class_held = [], [], [], []
        for seed in range(200):
            plan = plan_count(100, seed=seed)
            estimate = estimate_label_errors(AUDIT, review(plan), plan=plan)
            numbers.append(estimate.n_errors)
            held.append(estimate.low <= WRONG.sum() <= estimate.high)
            in_list = WRONG[AUDIT.issues].sum()
            flagged_held.append(estimate.flagged.low <= in_list <= estimate.flagged.high)
            class_held += [
                each.low <= WRONG[AUDIT.labels == label].sum() <= each.high
                for label, each in estimate.by_class.items()
            ]
        assert abs(np.mean(numbers) - WRONG.sum()) < 3 * np.std(numbers) / np.sqrt(200)
        assert min(np.mean(held), np.mean(flagged_held), np.mean(class_held)) > 0.92

    def test_alone_is_used(self):
        plan = plan_count(100)
        alone = estimate_label_errors(AUDIT, review(plan), plan=plan)
        everything = review([*plan, *np.flatnonzero(WRONG)])
        assert estimate_label_errors(AUDIT, everything, plan=plan) == alone

    def test_comes_from_corrections_as_well(self):
        plan = plan_count(50)
        corrections = Corrections(Correction(str(row), str(TRUE[row])) for row in plan)
        named = audit_labels(AUDIT.labels.astype(str), AUDIT.pred_probs)
        found = estimate_label_errors(named, corrections, plan=plan)
        expected = estimate_label_errors(AUDIT, review(plan), plan=plan)
        assert (found.n_errors, found.low, found.high) == (
            expected.n_errors,
            expected.low,
            expected.high,
        )

    def test_of_a_longer_plan_keeps_what_was_reviewed(self):
        plan = plan_count(100).extend(100)
        assert estimate_label_errors(AUDIT, review(plan[:100]), plan=plan).n_reviewed == 100
        assert estimate_label_errors(AUDIT, review(plan), plan=plan) == estimate_label_errors(
            AUDIT, review(plan), plan=plan_count(200)
        )


class TestAnInterval:
    @settings(max_examples=30, deadline=None)
    @given(
        n=st.integers(2, 120),
        rate=st.sampled_from([0, 0.02, 0.3, 1]),
        n_planned=st.integers(1, 150),
        n_classes=st.integers(2, 4),
        confidence=st.sampled_from([0.5, 0.9, 0.99]),
        seed=st.integers(0, 99),
        data=st.data(),
    )
    def test_holds_the_estimate_and_possible_numbers(
        self, n, rate, n_planned, n_classes, confidence, seed, data
    ):
        audit, true = make_data(n, rate, n_classes, seed)
        plan = plan_count(n_planned, audit, seed)
        reviewed = review(plan[: data.draw(st.integers(1, len(plan)))], true)
        for row in list(reviewed):
            if data.draw(st.integers(0, 9)) == 0:
                reviewed[row] = None
        estimate = estimate_label_errors(audit, reviewed, plan=plan, confidence=confidence)
        for part in parts_of(estimate):
            assert 0 <= part.low <= part.high <= part.n_rows
            if part.n_rows and part.n_reviewed > part.n_discarded:
                assert part.low <= part.n_errors <= part.high
            elif part.n_rows:
                assert np.isnan(part.n_errors)
        found = sum(
            label is not None and label != audit.labels[row] for row, label in reviewed.items()
        )
        assert estimate.low >= found
        assert sum(each.n_rows for each in estimate.by_class.values()) == n

    @pytest.mark.parametrize("rate", [0, 0.1, 1])
    def test_is_exact_once_all_rows_are_reviewed(self, rate):
        audit, true = make_data(200, rate)
        wrong = audit.labels != true
        plan = plan_count(500, audit)
        estimate = estimate_label_errors(audit, review(plan, true), plan=plan)
        assert estimate.n_errors == estimate.low == estimate.high == wrong.sum()
        flagged = estimate.flagged
        assert flagged.n_errors == flagged.low == flagged.high == wrong[audit.issues].sum()
        for label, part in estimate.by_class.items():
            assert part.n_errors == part.low == part.high == wrong[audit.labels == label].sum()

    def test_has_an_upper_end_though_no_error_was_found(self):
        audit, true = make_data(10_000, rate=0)
        plan = plan_count(200, audit)
        estimate = estimate_label_errors(audit, review(plan, true), plan=plan)
        assert estimate.n_errors == estimate.low == 0
        # A simple random sample would say at most 3.7 in 200.
        assert 3.7 / 200 * 10_000 <= estimate.high <= 2 * 3.7 / 200 * 10_000

    def test_stands_with_a_row_for_each_stratum_or_not_even_that(self):
        plan = plan_count(6)
        assert len(plan.strata) == 6
        for n in (1, 3, 6):
            estimate = estimate_label_errors(AUDIT, review(plan[:n]), plan=plan)
            assert estimate.low <= WRONG.sum() <= estimate.high
            assert np.isfinite(estimate.n_errors)

    def test_narrows_with_reviews_and_widens_with_confidence(self):
        plan = plan_count(800)
        widths = [
            (each.high - each.low)
            for n in (50, 200, 800)
            for each in [estimate_label_errors(AUDIT, review(plan[:n]), plan=plan)]
        ]
        assert widths[0] > widths[1] > widths[2]
        sure = estimate_label_errors(AUDIT, review(plan), plan=plan, confidence=0.999)
        assert sure.high - sure.low > widths[2]
        assert sure.confidence == 0.999


class TestUnknownRows:
    def test_discarded_ones_are_bounded_both_ways(self):
        plan = plan_count(150)
        reviewed = review(plan)
        given_labels = {row: AUDIT.labels[row] for row in plan[40:50]}
        other = {row: (AUDIT.labels[row] + 1) % 3 for row in plan[40:50]}
        best = estimate_label_errors(AUDIT, reviewed | given_labels, plan=plan)
        worst = estimate_label_errors(AUDIT, reviewed | other, plan=plan)
        estimate = estimate_label_errors(AUDIT, reviewed | dict.fromkeys(plan[40:50]), plan=plan)
        assert (estimate.low, estimate.high) == (best.low, worst.high)
        assert best.n_errors < estimate.n_errors < worst.n_errors
        assert (estimate.n_reviewed, estimate.n_discarded) == (150, 10)

    def test_are_all_that_is_left_open_once_all_rows_are_reviewed(self):
        audit, true = make_data(100)
        plan = plan_count(100, audit)
        reviewed = review(plan, true) | {3: None, 5: None}
        estimate = estimate_label_errors(audit, reviewed, plan=plan)
        found = sum(audit.labels[row] != true[row] for row in plan if row not in (3, 5))
        assert (estimate.low, estimate.high) == (found, found + 2)

    def test_say_nothing_if_there_are_no_others(self):
        plan = plan_count(20)
        estimate = estimate_label_errors(AUDIT, dict.fromkeys(plan), plan=plan)
        assert np.isnan(estimate.n_errors)
        assert (estimate.low, estimate.high) == (0, N)

    def test_skipped_ones_count_as_discarded_ones(self):
        plan = plan_count(100)
        reviewed = review(plan)
        skipped = {row: label for row, label in reviewed.items() if row not in plan[30:35]}
        estimate = estimate_label_errors(AUDIT, skipped, plan=plan)
        assert (estimate.n_reviewed, estimate.n_skipped, estimate.n_discarded) == (95, 5, 0)
        discarded = estimate_label_errors(AUDIT, reviewed | dict.fromkeys(plan[30:35]), plan=plan)
        assert (estimate.low, estimate.high) == (discarded.low, discarded.high)
        assert "5 skipped rows widen the interval" in repr(estimate)

    def test_reviewing_the_worst_rows_of_a_plan_first_can_not_mislead(self):
        plan = plan_count(300)
        worst_first = sorted(plan, key=AUDIT.scores.__getitem__)
        held = []
        for n in (50, 100, 200, 300):
            # The first row of the plan is always reviewed, or there would be no sample at all.
            reviewed = review([*worst_first[:n], *plan[:20]])
            estimate = estimate_label_errors(AUDIT, reviewed, plan=plan)
            held.append(estimate.low <= WRONG.sum() <= estimate.high)
            n_planned = len(reviewed)
            assert estimate.n_reviewed + estimate.n_unused == n_planned
        assert all(held)

    def test_decisions_before_the_plan_are_a_stratum_of_their_own(self):
        before = review(AUDIT.ranked[:100])
        plan = plan_count(100, reviewed=before)
        estimate = estimate_label_errors(AUDIT, before | review(plan), plan=plan)
        assert estimate.n_reviewed == 200
        assert estimate.low >= WRONG[AUDIT.ranked[:100]].sum()
        assert estimate.low <= WRONG.sum() <= estimate.high
        without = estimate_label_errors(AUDIT, review(plan), plan=plan)
        assert without.n_skipped == 100
        assert without.high - without.low >= estimate.high - estimate.low


class TestTheList:
    def test_its_precision_is_that_of_its_first_rows(self):
        audit, true = make_data(400, 0.2)
        plan = plan_count(400, audit)
        estimate = estimate_label_errors(audit, review(plan, true), plan=plan)
        for k in (1, 10, audit.n_issues):
            part = estimate.precision_at(k)
            wrong = (audit.labels != true)[audit.ranked[:k]]
            assert part.rate == part.rate_low == part.rate_high == wrong.mean()
            assert (part.n_rows, part.n_reviewed) == (k, k)

    def test_its_precision_is_bounded_by_the_sample(self):
        plan = plan_count(300)
        estimate = estimate_label_errors(AUDIT, review(plan), plan=plan)
        for k in (1, 20, 100, AUDIT.n_issues):
            part = estimate.precision_at(k)
            assert part.low <= WRONG[AUDIT.ranked[:k]].sum() <= part.high
            assert part.n_reviewed == np.isin(AUDIT.ranked[:k], plan.rows).sum()
        assert part == estimate.flagged

    @pytest.mark.parametrize("k", [0, 10_000])
    def test_has_no_more_rows_than_it_has(self, k):
        plan = plan_count(30)
        estimate = estimate_label_errors(AUDIT, review(plan), plan=plan)
        with pytest.raises(ValueError, match=f"k is {k}, but the list has {AUDIT.n_issues} "):
            estimate.precision_at(k)

    def test_may_be_empty(self):
        labels = np.arange(100) % 2
        audit = audit_labels(labels, np.where(labels[:, None] == [0, 1], 0.9, 0.1))
        plan = plan_count(30, audit)
        flagged = estimate_label_errors(audit, review(plan, labels), plan=plan).flagged
        assert (flagged.n_rows, flagged.n_errors, flagged.low, flagged.high) == (0, 0, 0, 0)
        assert np.isnan(flagged.rate)


class TestReviewsFor:
    def test_so_many_reviews_make_the_interval_about_so_narrow(self):
        plan = plan_count(100)
        estimate = estimate_label_errors(AUDIT, review(plan), plan=plan)
        wanted = (estimate.high - estimate.low) / 2 / 2
        more = estimate.reviews_for(wanted)
        assert 150 < more < 500  # half the width takes about four times the reviews
        longer = plan.extend(more)
        later = estimate_label_errors(AUDIT, review(longer), plan=longer)
        assert (later.high - later.low) / 2 == pytest.approx(wanted, rel=0.35)

    def test_a_census_leaves_nothing_open(self):
        plan = plan_count(100)
        estimate = estimate_label_errors(AUDIT, review(plan), plan=plan)
        assert N - 110 <= estimate.reviews_for(0.1) <= N - 100
        assert estimate.reviews_for(N) == 0

    def test_discarded_rows_can_make_it_impossible(self):
        plan = plan_count(100)
        reviewed = review(plan) | dict.fromkeys(plan[:30])
        estimate = estimate_label_errors(AUDIT, reviewed, plan=plan)
        with pytest.raises(ValueError, match=r"half_width=5 can't be reached: the discarded"):
            estimate.reviews_for(5)

    def test_a_width_is_needed(self):
        plan = plan_count(10)
        estimate = estimate_label_errors(AUDIT, review(plan), plan=plan)
        with pytest.raises(ValueError, match="half_width is 0; pass a positive number"):
            estimate.reviews_for(0)


def test_rows_that_were_not_evaluated_are_counted_and_those_without_a_label_are_not():
    codes = np.array([0, 1] * 40)
    probs = np.where(codes[:, None] == [0, 1], 0.8, 0.2).astype(np.float32)
    audit = audit_labels(codes, probs)
    evaluated = np.arange(80) >= 20
    audit = dataclasses.replace(
        audit,
        codes=np.where(np.arange(80) < 5, -1, codes),
        evaluated=evaluated,
        issues=audit.issues & evaluated,
    )
    plan = plan_count(80, audit)
    estimate = estimate_label_errors(audit, review(plan, 1 - codes), plan=plan)
    assert estimate.n_rows == estimate.n_errors == estimate.low == estimate.high == 75


def test_tables_and_names_tell_the_same():
    plan = plan_count(200)
    estimate = estimate_label_errors(AUDIT, review(plan), plan=plan)
    frame = estimate.to_frame()
    assert frame.index.tolist() == ["all", "flagged", "given 0", "given 1", "given 2"]
    for part, (_, record) in zip(parts_of(estimate), frame.iterrows(), strict=True):
        assert record["n_errors"] == part.n_errors
        assert (record["low"], record["high"]) == (part.low, part.high)
    text = repr(estimate)
    assert f"{estimate.n_errors:,.0f} ({estimate.low:,} to {estimate.high:,}) label errors" in text
    assert "at 0.95 confidence; 200 reviewed" in text
    assert f"among the {AUDIT.n_issues:,} flagged" in text
    assert repr(estimate.flagged).startswith(f"<{estimate.flagged.n_errors:,.0f} (")


class TestRefuses:
    def test_plans_to_find_errors(self):
        plan = plan_count(5)
        find = type(plan)(plan.rows, "find", (), np.zeros(0, np.int8), None)
        with pytest.raises(ValueError, match="goal 'find': its rows were chosen because they are"):
            estimate_label_errors(AUDIT, review(find), plan=find)

    def test_plans_for_other_data(self):
        plan = plan_count(5, make_data(100)[0])
        with pytest.raises(ValueError, match=r"plan is for 100 rows, .* but the audit has 3000"):
            estimate_label_errors(AUDIT, {}, plan=plan)

    def test_plans_of_which_the_first_rows_are_not_reviewed(self):
        plan = plan_count(50)
        with pytest.raises(ValueError, match=rf"0 of the 50 .*\(row {plan[0]} and so on\)"):
            estimate_label_errors(AUDIT, {}, plan=plan)
        with pytest.raises(ValueError, match="5 of the 50 planned rows are reviewed, but not the"):
            estimate_label_errors(AUDIT, review(plan[45:]), plan=plan)

    @pytest.mark.parametrize("confidence", [0, 1, 95])
    def test_a_confidence_that_is_none(self, confidence):
        plan = plan_count(5)
        with pytest.raises(ValueError, match=f"confidence is {confidence}; pass a number between"):
            estimate_label_errors(AUDIT, review(plan), plan=plan, confidence=confidence)


class TestSetsOfLabels:
    """An error is a row whose set of labels changed."""

    @pytest.fixture
    def sets(self):
        rng = np.random.default_rng(3)
        true = rng.random((500, 4)) < 0.3
        given_sets = true ^ (rng.random((500, 4)) < 0.04)
        pred_probs = np.where(true, 0.8, 0.2) + rng.uniform(-0.2, 0.2, (500, 4))
        return audit_labels(given_sets.astype(int), pred_probs, multi_label=True), true

    def test_reviewing_all_rows_is_exact(self, sets):
        audit, true = sets
        given_sets = audit.codes.toarray()
        wrong = (given_sets != true).any(axis=1)
        plan = plan_count(500, audit)
        found = audit.estimate({row: np.flatnonzero(true[row]) for row in plan}, plan=plan)
        for part, rows in [
            (found, np.ones(500, bool)),
            (found.flagged, audit.issues),
            *zip(found.by_class.values(), given_sets.T, strict=True),
        ]:
            assert part.n_rows == rows.sum()
            assert part.low == part.n_errors == part.high == wrong[rows].sum()

    def test_a_sample_bounds_the_number(self, sets):
        audit, true = sets
        wrong = int((audit.codes.toarray() != true).any(axis=1).sum())
        for seed in range(20):
            plan = plan_count(80, audit, seed=seed)
            decided = {row: np.flatnonzero(true[row]) for row in plan}
            found = audit.estimate(decided, plan=plan)
            assert found.low <= wrong <= found.high
            assert stop_reviewing(audit, decided, plan=plan).high >= found.low - len(plan)

    def test_the_order_of_the_classes_and_their_number_do_not_matter(self, sets):
        audit, _ = sets
        plan = plan_count(60, audit)
        kept = {row: audit.labels[row][::-1] for row in plan}
        assert audit.estimate(kept, plan=plan).n_errors == 0
        emptied = {row: [] for row in plan}
        n_empty = sum(len(audit.labels[row]) == 0 for row in plan)
        found = audit.estimate(emptied, plan=plan)
        assert found.low >= 60 - n_empty
