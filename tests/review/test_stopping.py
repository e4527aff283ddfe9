"""A bound on the errors left among the rows that nobody reviewed."""

import numpy as np
import pytest

from label_auditor import audit_labels, plan_review, stop_reviewing

N = 2_000
rng = np.random.default_rng(0)
TRUE = rng.integers(0, 2, N)
LABELS = np.where(rng.random(N) < 0.1, 1 - TRUE, TRUE)
likely = rng.beta(3, 1.5, N)
AUDIT = audit_labels(
    LABELS, np.where(TRUE[:, None] == [0, 1], likely[:, None], 1 - likely[:, None])
)
WRONG = LABELS != TRUE
WORST = AUDIT.ranked[:150]


def review(rows):
    return {int(row): TRUE[row] for row in rows}


def plan_count(n, reviewed=None, seed=0):
    return plan_review(AUDIT, n, goal="count", reviewed=reviewed, random_state=seed)


def test_the_bound_holds_as_often_as_it_says():
    found = review(WORST)
    held = []
    for seed in range(200):
        plan = plan_count(100, found, seed)
        reviewed = found | review(plan)
        left = stop_reviewing(AUDIT, reviewed, plan=plan)
        truth = np.delete(WRONG, list(reviewed)).sum()
        assert left.n_rows == N - 250
        held.append(truth <= left.high)
    assert np.mean(held) > 0.945 - 2 * np.sqrt(0.05 * 0.95 / 200)


def test_the_estimate_is_that_of_the_sample():
    found = review(WORST)
    plan = plan_count(200, found)
    left = stop_reviewing(AUDIT, found | review(plan), plan=plan)
    by_hand = 0
    for k, stratum in enumerate(plan.strata[:-1]):
        mine = WRONG[plan.rows][plan.stratum_of[plan.rows] == k]
        by_hand += (stratum.n_rows - len(mine)) * mine.mean()
    assert left.n_errors == pytest.approx(by_hand)
    assert left.n_sampled == 200
    assert left.high > left.n_errors
    assert repr(left) == (
        f"<of 1,650 rows not reviewed, at most {left.high} are wrong at 0.95 confidence; "
        f"estimated {left.n_errors:.0f}, from 200 reviewed at random>"
    )


def test_a_sample_of_all_rows_counts_what_was_found_since():
    plan = plan_count(200)
    before = stop_reviewing(AUDIT, review(plan), plan=plan)
    since = stop_reviewing(AUDIT, review({*plan, *WORST.tolist()}), plan=plan)
    n_found = WRONG[np.setdiff1d(WORST, plan.rows)].sum()
    assert since.high == before.high - n_found
    assert since.n_rows == before.n_rows - len(np.setdiff1d(WORST, plan.rows))


def test_more_confidence_is_a_higher_bound():
    plan = plan_count(200)
    highs = [
        stop_reviewing(AUDIT, review(plan), plan=plan, confidence=confidence).high
        for confidence in (0.5, 0.95, 0.999)
    ]
    assert highs[0] < highs[1] < highs[2]


@pytest.mark.parametrize("kind", ["none", "find", "not reviewed"])
def test_without_a_random_sample_there_is_no_bound_but_a_number_of_reviews(kind):
    found = review(WORST)
    count = plan_count(50, found)
    find = type(count)(WORST, "find", (), np.zeros(0, np.int8), None)
    plan = {"none": None, "find": find, "not reviewed": count}[kind]
    left = stop_reviewing(AUDIT, found, plan=plan)
    assert (left.n_rows, left.high, left.n_sampled) == (1_850, 1_850, 0)
    assert np.isnan(left.n_errors)
    needed = left.reviews_for(18)
    assert 299 * 0.6 < needed < 2 * 299
    assert f"If {needed} are reviewed by plan_review(audit, {needed}, goal='count'" in repr(left)
    assert "at most 18 (1%) are" in repr(left)
    # If all of them are right, they are as many as it takes, and none less is.
    for n, enough in ((needed, True), (needed - 1, False)):
        plan = plan_count(n, found)
        right = found | {row: LABELS[row] for row in plan}
        assert (stop_reviewing(AUDIT, right, plan=plan).high <= 18) == enough


def test_more_reviews_for_a_lower_bound():
    plan = plan_count(150)
    left = stop_reviewing(AUDIT, review(plan), plan=plan)
    assert left.reviews_for(left.high) == 0
    assert 0 < left.reviews_for(left.high * 0.8) < left.reviews_for(left.high * 0.4) <= N - 150
    assert N - 160 <= left.reviews_for(0) <= N - 150
    with pytest.raises(ValueError, match="n_errors is -1; pass the most errors that may be left"):
        left.reviews_for(-1)


def test_discarded_rows_are_no_longer_left_but_speak_for_others():
    plan = plan_count(200)
    reviewed = review(plan) | dict.fromkeys(plan[:20])
    left = stop_reviewing(AUDIT, reviewed, plan=plan)
    clean = stop_reviewing(AUDIT, review(plan), plan=plan)
    assert left.n_rows == clean.n_rows
    assert left.high > clean.high


def test_nothing_is_left_once_all_is_reviewed():
    for plan in (plan_count(N), None):
        left = stop_reviewing(AUDIT, review(range(N)), plan=plan)
        assert (left.n_rows, left.n_errors, left.high) == (0, 0, 0)
        assert "0" in repr(left)


def test_refuses_a_confidence_that_is_none():
    with pytest.raises(ValueError, match="confidence is 95; pass a number between 0 and 1"):
        stop_reviewing(AUDIT, {}, plan=None, confidence=95)
