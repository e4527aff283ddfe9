"""Strata and the order in which their rows are sampled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from label_auditor import audit_labels
from label_auditor.review.sampling import Stratum, sampling_order, stratify, take_turns

NO_ROWS = np.zeros(0, np.intp)


def make_audit(n, seed=0, rank_by="self_confidence", dtype=np.float64):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    logits = rng.gumbel(size=(n, 3))
    logits[np.arange(n), np.where(rng.random(n) < 0.1, (labels + 1) % 3, labels)] += 3
    pred_probs = np.exp(logits)
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    return audit_labels(labels, pred_probs.astype(dtype), rank_by=rank_by)


def strata_of(audit, decided=NO_ROWS):
    return stratify(audit, decided)


@st.composite
def some_strata(draw):
    sizes = draw(st.lists(st.integers(1, 60), min_size=1, max_size=8))
    weights = np.array([draw(st.floats(0.01, 1)) for _ in sizes])
    shares = (weights / weights.sum()).tolist()
    strata = [Stratum("some", n, share) for n, share in zip(sizes, shares, strict=True)]
    if draw(st.booleans()):
        strata.append(Stratum("known", draw(st.integers(1, 5)), 0.0))
    return tuple(strata)


@given(some_strata(), st.integers(0, 2**32 - 1))
def test_the_order_holds_each_row_that_is_sampled_once(strata, seed):
    stratum_of = np.repeat(np.arange(len(strata)), [each.n_rows for each in strata]).astype(np.int8)
    order = sampling_order(stratum_of, strata, seed)
    sampled = np.isin(stratum_of, [k for k, each in enumerate(strata) if each.share > 0])
    np.testing.assert_array_equal(np.sort(order), np.flatnonzero(sampled))
    np.testing.assert_array_equal(stratum_of[order], take_turns(strata))


@given(some_strata(), st.integers(0, 2**32 - 1), st.integers(1, 100))
def test_the_beginning_of_the_order_is_that_of_the_whole(strata, seed, n):
    stratum_of = np.repeat(np.arange(len(strata)), [each.n_rows for each in strata]).astype(np.int8)
    whole = sampling_order(stratum_of, strata, seed)
    np.testing.assert_array_equal(sampling_order(stratum_of, strata, seed, n), whole[:n])
    np.testing.assert_array_equal(take_turns(strata, n), take_turns(strata)[:n])


def test_each_part_of_the_turns_keeps_to_the_shares():
    shares = np.array([0.5, 0.3, 0.15, 0.04, 0.01])
    turns = take_turns(tuple(Stratum(str(k), 1_000, share) for k, share in enumerate(shares)))
    np.testing.assert_array_equal(turns[:10], [0, 1, 2, 3, 4] * 2)
    for n in range(1, 1_000):
        n_of = np.bincount(turns[:n], minlength=5)
        # The first two rows of small strata are beyond their share.
        assert np.abs(n_of - n * shares).max() <= 4


def test_a_stratum_without_rows_left_leaves_its_turns_to_the_others():
    turns = take_turns((Stratum("a", 3, 0.9), Stratum("b", 10, 0.1)))
    np.testing.assert_array_equal(turns, [0, 1, 0, 1, 0] + [1] * 8)


def test_every_row_of_a_stratum_is_as_likely_as_every_other():
    strata = (Stratum("a", 5, 0.5), Stratum("b", 10, 0.5))
    stratum_of = np.repeat([0, 1], [5, 10]).astype(np.int8)
    times = np.zeros(15)
    for seed in range(4_000):
        times[sampling_order(stratum_of, strata, seed)[:6]] += 1
    np.testing.assert_allclose(times / 4_000, np.repeat([3 / 5, 3 / 10], [5, 10]), atol=0.03)


def test_strata_are_the_flagged_rows_and_parts_by_score():
    audit = make_audit(5_000)
    stratum_of, strata = strata_of(audit)
    assert [each.name for each in strata] == [
        "flagged",
        *(f"not flagged, part {k} of 5 by score" for k in range(1, 6)),
    ]
    np.testing.assert_array_equal(np.flatnonzero(stratum_of == 0), np.flatnonzero(audit.issues))
    highest = [audit.scores[stratum_of == k].max() for k in range(1, 6)]
    lowest = [audit.scores[stratum_of == k].min() for k in range(1, 6)]
    assert (np.array(lowest[1:]) >= highest[:-1]).all()
    sizes = [each.n_rows for each in strata]
    assert sizes == np.bincount(stratum_of).tolist()
    assert (np.diff(sizes[1:]) > 0).all()


def test_shares_are_half_proportional_and_favour_doubtful_rows():
    _, strata = strata_of(make_audit(5_000))
    shares = np.array([each.share for each in strata])
    proportional = np.array([each.n_rows for each in strata]) / 5_000
    assert shares.sum() == pytest.approx(1)
    assert (shares >= proportional / 2).all()
    assert shares[1] / proportional[1] > 1.5
    assert shares[-1] / proportional[-1] < 1


@pytest.mark.parametrize("rank_by", ["log_margin", lambda codes, probs: -codes * 1e6])
def test_any_score_makes_strata(rank_by):
    stratum_of, _ = strata_of(make_audit(2_000, rank_by=rank_by))
    assert set(stratum_of) == set(range(6))


def test_single_precision_makes_the_same_strata():
    # The scores are those of float32, so ties may be cut elsewhere, but no row is lost.
    single, _ = strata_of(make_audit(2_000, dtype=np.float32))
    double, _ = strata_of(make_audit(2_000))
    assert (single == double).mean() > 0.99


def test_few_rows_are_cut_less():
    assert [each.name for each in strata_of(make_audit(20))[1]][-1] == "not flagged"
    audit = audit_labels([0, 1], np.array([[0.9, 0.1], [0.2, 0.8]]))
    stratum_of, strata = strata_of(audit)
    np.testing.assert_array_equal(stratum_of, [0, 0])
    assert strata == (Stratum("not flagged", 2, 1.0),)


def test_rows_decided_before_are_not_sampled():
    audit = make_audit(200)
    decided = np.array([5, 3, 150])
    stratum_of, strata = strata_of(audit, decided)
    assert strata[-1] == Stratum("decided before", 3, 0.0)
    assert set(np.flatnonzero(stratum_of == len(strata) - 1)) == {3, 5, 150}
    assert not np.isin(decided, sampling_order(stratum_of, strata, 0)).any()


def test_nothing_is_left_to_sample_once_all_is_decided():
    audit = make_audit(30)
    stratum_of, strata = strata_of(audit, np.arange(30))
    assert [each.name for each in strata] == ["decided before"]
    assert len(sampling_order(stratum_of, strata, 0)) == 0
