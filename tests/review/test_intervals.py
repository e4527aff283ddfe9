"""Bounds for the number of errors: exact, conservative, and how often they hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from label_auditor.review.intervals import bounds, lower_bound, upper_bound


@st.composite
def reviewed_strata(draw, max_size=300):
    """Strata of which some rows were reviewed and some of those are wrong."""
    strata = draw(st.lists(st.integers(0, max_size), min_size=1, max_size=8))
    n = [draw(st.integers(0, size)) for size in strata]
    found = [draw(st.integers(0, each)) for each in n]
    return np.array(strata), np.array(n), np.array(found)


@settings(deadline=None, max_examples=50)
@given(reviewed_strata(max_size=60), st.sampled_from([0.613, 0.947, 0.9991]))
def test_one_stratum_has_the_exact_bounds(strata, confidence):
    size, n, found = (each[:1] for each in strata)
    size, n = size + 1, n + (n == 0)
    low, high = bounds(size, n, found, confidence)
    numbers = np.arange(found[0], size[0] - n[0] + found[0] + 1)
    level = (1 - confidence) / 2
    at_least = stats.hypergeom.sf(found[0] - 1, size[0], numbers, n[0])
    at_most = stats.hypergeom.cdf(found[0], size[0], numbers, n[0])
    assert low == numbers[at_least > level].min()
    assert high == numbers[at_most > level].max()


def test_an_endless_population_has_the_bounds_of_clopper_and_pearson():
    low, high = bounds(np.array([10**8]), np.array([200]), np.array([3]), 0.95)
    assert low / 10**8 == pytest.approx(stats.beta.ppf(0.025, 3, 198), rel=1e-4)
    assert high / 10**8 == pytest.approx(stats.beta.ppf(0.975, 4, 197), rel=1e-4)


@settings(deadline=None, max_examples=50)
@given(reviewed_strata(), st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_bounds_are_possible_numbers_around_the_estimate(strata, confidence):
    size, n, found = strata
    low, high = bounds(size, n, found, confidence)
    assert low == int(low)
    assert high == int(high)
    assert found.sum() <= low <= high <= (size - n + found).sum()
    if (n > 0).all() and confidence > 0.5:  # a narrower interval may leave the estimate out
        estimate = (size * found / n).sum()
        assert low <= estimate + 1e-6
        assert high >= estimate - 1e-6


@settings(deadline=None, max_examples=50)
@given(reviewed_strata(), st.data())
def test_bounds_rise_with_errors_and_widen_with_the_confidence(strata, data):
    size, n, found = strata
    narrow, wide = (bounds(size, n, found, confidence) for confidence in (0.8, 0.95))
    assert wide[0] <= narrow[0]
    assert wide[1] >= narrow[1]
    # With several strata, one error in the only row that was looked at in a large one may say less
    # about the number of errors than about how little is known of it.
    stratum = data.draw(st.integers(0, len(size) - 1))
    one = slice(stratum, stratum + 1)
    fewer = np.array([data.draw(st.integers(0, found[stratum]))])
    below = np.array(bounds(size[one], n[one], fewer, 0.95))
    assert (below <= np.array(bounds(size[one], n[one], found[one], 0.95))).all()


@settings(deadline=None, max_examples=50)
@given(reviewed_strata())
def test_known_strata_shift_the_bounds_and_unseen_ones_widen_them(strata):
    size, n, found = strata
    low, high = bounds(size, n, found, 0.95)
    known = bounds(np.append(size, 7), np.append(n, 7), np.append(found, 3), 0.95)
    assert known == (low + 3, high + 3)
    unseen = bounds(np.append(size, 7), np.append(n, 0), np.append(found, 0), 0.95)
    assert unseen == (low, high + 7)


@settings(deadline=None, max_examples=50)
@given(reviewed_strata(), st.integers(0, 3))
def test_many_samples_at_a_time_have_the_bounds_of_each(strata, seed):
    size, n, _ = strata
    found = np.random.default_rng(seed).integers(0, n + 1, (2, 3, len(n)))
    low, high = bounds(size, n, found, 0.9)
    assert low.shape == high.shape == (2, 3)
    for at in np.ndindex(2, 3):
        assert (low[at], high[at]) == bounds(size, n, found[at], 0.9)


def test_no_error_found_is_a_rule_of_three_for_the_stratum_looked_at_least():
    size, n = np.array([5_000, 95_000]), np.array([150, 50])
    high = upper_bound(size, n, np.array([0, 0]), 0.95)
    exact = upper_bound(size[1:], n[1:], np.array([0]), 0.95)
    assert exact == pytest.approx(3 / 50 * 95_000, rel=0.05)
    assert exact <= high <= 1.1 * exact


@pytest.mark.parametrize("level", [0.9, 0.95, 0.975, 0.995])
@pytest.mark.parametrize(
    ("size", "wrong", "n"),
    [
        ([500, 2_000, 7_500], [400, 300, 100], [30, 30, 40]),
        ([500, 2_000, 7_500], [5, 0, 0], [30, 30, 40]),
        ([500, 2_000, 7_500], [0, 0, 60], [60, 30, 10]),
        ([50, 50, 900], [50, 49, 890], [10, 10, 30]),
        ([14, 11, 9], [0, 1, 3], [9, 5, 2]),
        ([400, 20, 20, 20], [200, 1, 1, 1], [30, 2, 2, 2]),
    ],
)
def test_each_bound_holds_as_often_as_it_says(size, wrong, n, level):
    size, wrong, n = np.array(size), np.array(wrong), np.array(n)
    rng = np.random.default_rng(0)
    found = rng.hypergeometric(wrong, size - wrong, n, (20_000, len(size)))
    samples, times = np.unique(found, axis=0, return_counts=True)
    below = lower_bound(size, n, samples, level) <= wrong.sum()
    above = upper_bound(size, n, samples, level) >= wrong.sum()
    # A tenth more misses than there should be is what the approximation may cost.
    least = level - 0.1 * (1 - level) - 3 * np.sqrt(level * (1 - level) / 20_000)
    assert times[below].sum() / 20_000 >= least
    assert times[above].sum() / 20_000 >= least
