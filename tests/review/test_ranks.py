"""Values as logistic scores of their ranks."""

import numpy as np
import pytest

from label_auditor.review.ranks import logistic_quantiles, rank, shorten
from oracle import logistic_scores


def test_logistic_scores():
    scores = logistic_scores(np.arange(10_000))
    assert scores.dtype == np.float32
    assert scores.mean(dtype=float) == pytest.approx(0, abs=1e-4)
    assert scores.std() == pytest.approx(1, abs=2e-3)
    assert (np.diff(scores) >= 0).all()
    np.testing.assert_allclose(logistic_scores(np.array([2.0, 2, 2])), 0, atol=1e-12)
    up, down = logistic_scores(np.array([0.0, 1])), logistic_scores(np.array([1.0, 0]))
    np.testing.assert_allclose(up, -down, rtol=1e-14)
    assert logistic_scores(np.zeros(0)).shape == (0,)
    np.testing.assert_array_equal(
        logistic_scores(np.array([0.0, -1, -0.0, -3]))[[0, 3]] > 0, [1, 0]
    )


def test_the_ranks_of_many_values_are_close_to_exact_and_their_order_is_kept():
    rng = np.random.default_rng(0)
    values = rng.beta(0.5, 3, 200_000)
    order = values.argsort()
    scores = logistic_scores(values)[order].astype(float)
    assert (np.diff(scores) >= 0).all()
    u = np.arange(0.5, len(values)) / len(values)
    exact = np.log(u / (1 - u)) * np.sqrt(3) / np.pi
    np.testing.assert_allclose(scores[20:-20], exact[20:-20], atol=0.01)


@pytest.mark.parametrize("low", [0, -1])
def test_values_that_are_not_counted_have_no_part_in_the_ranks(low):
    rng = np.random.default_rng(0)
    values = rng.uniform(low, 1, 5000).astype(np.float32)
    counted = rng.random(5000) < 0.7
    values[~counted] = rng.choice([np.nan, -5, 0, 5, np.inf], 5000)[~counted]
    buckets, scores = rank(values.copy(), counted)
    expected = logistic_scores(values[counted])
    np.testing.assert_array_equal(scores[buckets[counted]], expected)
    none, empty = rank(values.copy(), np.zeros(5000, bool))
    assert none.shape == (5000,)
    assert empty.shape == (1,)


def test_two_bytes_hold_every_score_of_a_billion_rows():
    u = np.array([0.5e-9, 0.3, 0.5, 1 - 0.5e-9])
    scores = logistic_quantiles(u).astype(np.float32)
    buckets, possible = shorten(np.array([3, 0, 1, 2, 1, 9]), scores)
    assert buckets.itemsize == 2
    np.testing.assert_array_equal(possible[buckets], scores[[3, 0, 1, 2, 1, 3]])
