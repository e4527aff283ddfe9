"""Review plans: what they hold, how they grow, and how they are kept."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import Corrections, LabelAuditor, audit_labels, plan_review
from label_auditor.corrections.collection import Correction
from label_auditor.data.findings import rows_in_order
from label_auditor.review.plan import ReviewPlan

rng = np.random.default_rng(0)
LABELS = rng.choice(["ant", "bee", "cat"], 600)
AUDIT = audit_labels(LABELS, rng.dirichlet([1, 1, 1], 600))


def plan_count(n, seed=0, **options):
    return plan_review(AUDIT, n, goal="count", random_state=seed, **options)


class TestToCount:
    def test_is_a_sequence_of_row_positions(self):
        plan = plan_count(50)
        assert len(plan) == len(set(plan)) == 50
        assert all(type(row) is int and 0 <= row < 600 for row in plan)
        assert plan[:3] == list(plan)[:3]
        np.testing.assert_array_equal(LABELS[plan], LABELS[plan.rows])
        assert pd.Series(LABELS).iloc[plan[:]].tolist() == LABELS[plan.rows].tolist()

    def test_knows_how_each_row_came_in(self):
        plan = plan_count(100)
        assert plan.goal == "count"
        assert sum(stratum.n_rows for stratum in plan.strata) == 600
        for k, stratum in enumerate(plan.strata):
            mine = plan.stratum_of[plan.rows] == k
            assert (plan.stratum_of == k).sum() == stratum.n_rows
            np.testing.assert_allclose(plan.inclusion[mine], mine.sum() / stratum.n_rows)
        # Horvitz and Thompson: the weights of the sample add up to the population.
        assert (1 / plan.inclusion).sum() == pytest.approx(600)

    @settings(max_examples=25, deadline=None)
    @given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 2**32 - 1))
    def test_a_longer_plan_begins_with_the_shorter(self, n, more, seed):
        plan = plan_count(n, seed)
        longer = plan.extend(more)
        assert longer[: len(plan)] == plan[:]
        assert longer == plan_count(n + more, seed)
        assert len(longer) == min(n + more, 600)
        assert len(plan) == min(n, 600)

    def test_the_seed_decides(self):
        assert plan_count(50, 1) == plan_count(50, 1)
        assert plan_count(50, 1) != plan_count(50, 2)
        assert plan_count(50, None) != plan_count(50, None)
        state = np.random.RandomState(3)
        first, second = plan_count(50, state), plan_count(50, state)
        assert first != second
        assert first == plan_count(50, np.random.RandomState(3)) == plan_count(50, first.seed)

    def test_a_kept_plan_is_the_same_and_goes_on_the_same(self, tmp_path):
        plan = plan_count(40)
        plan.save(tmp_path / "plan.json")
        loaded = ReviewPlan.load(tmp_path / "plan.json")
        assert loaded == plan
        assert hash(loaded) == hash(plan)
        assert loaded.extend(10) == plan.extend(10)
        assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]

    def test_rows_decided_before_are_not_planned_again(self):
        reviewed = dict.fromkeys(range(0, 600, 3), "ant")
        plan = plan_count(600, reviewed=reviewed)
        assert sorted(plan) == sorted(set(range(600)) - set(reviewed))
        corrections = Corrections(Correction(str(row), "ant") for row in reviewed)
        assert plan == plan_count(600, reviewed=corrections)

    def test_rows_without_a_label_are_left_out_and_unevaluated_ones_are_not(self):
        X = np.random.default_rng(0).normal(size=(80, 2))
        y = np.repeat(["a", "b"], 40).astype(object)
        y[[3, 50]] = None
        y[7] = "only"
        with pytest.warns(UserWarning, match="class"):
            auditor = LabelAuditor(missing_labels="suggest").fit(X, y)
        plan = auditor.plan_review(80, goal="count", random_state=0)
        assert sorted(plan) == sorted(set(range(80)) - {3, 50})
        assert (plan.strata[-1].name, plan.strata[-1].n_rows) == ("not evaluated", 1)
        assert plan.stratum_of[7] == len(plan.strata) - 1
        np.testing.assert_array_equal(plan.stratum_of[[3, 50]], -1)

    def test_says_what_it_is(self):
        assert repr(plan_count(20, 5)) == (
            "<ReviewPlan to count errors: 20 of 600 rows, at random in "
            f"{len(plan_count(20).strata)} strata, seed 5>"
        )


class TestToFind:
    def test_is_the_front_of_the_queue(self):
        plan = plan_review(AUDIT, 30)
        assert plan.goal == "find"
        assert plan[:] == plan_review(AUDIT, 60)[:30]
        assert np.isnan(plan.inclusion).all()
        assert repr(plan) == "<ReviewPlan to find errors: 30 rows, the likeliest first>"

    def test_reviewed_rows_are_not_planned_again(self):
        first = plan_review(AUDIT, 30)
        reviewed = {row: AUDIT.suggested_labels[row] for row in first}
        assert not set(plan_review(AUDIT, 30, reviewed=reviewed)) & set(first)

    def test_is_kept_but_not_extended(self, tmp_path):
        plan = plan_review(AUDIT, 30)
        plan.save(tmp_path / "plan.json")
        assert ReviewPlan.load(tmp_path / "plan.json") == plan
        with pytest.raises(ValueError, match=r'"find" is not extended: .* call plan_review'):
            plan.extend(10)


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_a_number_of_rows_is_needed(n):
    with pytest.raises(ValueError, match=rf"n is {n!r}; pass how many rows to review"):
        plan_count(n)
    with pytest.raises(ValueError, match=rf"n is {n!r}; pass how many rows to review"):
        plan_count(5).extend(n)


def test_a_goal_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="goal is 'guess'; pass 'find' or 'count'"):
        plan_review(AUDIT, 5, goal="guess")


@pytest.mark.parametrize(
    "content",
    ["no JSON", "[]", "{}", json.dumps({"format": "label-auditor review plan, version 9"})],
)
def test_other_files_are_no_plans(tmp_path, content):
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="is not a review plan that this version can read"):
        ReviewPlan.load(path)


def test_a_kept_plan_with_another_goal_is_refused(tmp_path):
    path = tmp_path / "plan.json"
    plan_count(5).save(path)
    path.write_text(path.read_text().replace('"count"', '"guess"'))
    with pytest.raises(ValueError, match="is not a review plan that this version can read"):
        ReviewPlan.load(path)


@pytest.fixture(scope="module")
def sets():
    """Audit 400 sets of 3 classes; give the true ones as well."""
    rng = np.random.default_rng(0)
    true = rng.random((400, 3)) < 0.3
    given = true ^ (rng.random((400, 3)) < 0.05)
    pred_probs = np.where(true, 0.8, 0.2) + rng.uniform(-0.2, 0.2, (400, 3))
    return audit_labels(given.astype(int), pred_probs, multi_label=True), true


def test_sets_of_labels_are_planned(sets):
    audit, true = sets
    wrong = (audit.codes.toarray() != true).any(axis=1)
    first = audit.plan_review(20)
    assert first[:] == rows_in_order(audit)[:20].tolist()
    reviewed = {row: np.flatnonzero(true[row]) for row in first}
    then = audit.plan_review(20, reviewed=reviewed)
    assert not set(then) & set(first)
    assert wrong[then].mean() > 2 * wrong.mean()
    count = audit.plan_review(60, goal="count", random_state=0)
    assert sum(stratum.n_rows for stratum in count.strata) == 400
    assert set(count.stratum_of[audit.ranked]) == {0}


def test_audits_have_the_door():
    assert AUDIT.plan_review(9, goal="count", random_state=0) == plan_count(9)


@pytest.mark.parametrize("goal", ["find", "count"])
def test_a_plan_is_a_table_in_its_order(goal):
    rng = np.random.default_rng(0)
    audit = audit_labels(rng.integers(0, 3, 200), rng.dirichlet([1, 1, 1], 200))
    plan = plan_review(audit, 20, goal=goal, random_state=0)
    table = plan.to_frame()
    assert table["row"].tolist() == list(plan)
    np.testing.assert_array_equal(table["inclusion"], plan.inclusion)
    if goal == "find":
        assert table["stratum"].isna().all()
    else:
        names = [plan.strata[number].name for number in plan.stratum_of[plan.rows]]
        assert table["stratum"].tolist() == names
