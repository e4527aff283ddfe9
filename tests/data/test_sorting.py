"""Sorting by digits: the order of NumPy's stable sort."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor.data.sorting import stable_order

TINY = np.nextafter(0, 1)


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(0, 300),
    dtype=st.sampled_from([np.float16, np.float32, np.float64]),
    special=st.lists(
        st.sampled_from(
            [0.0, -0.0, 1.0, 1 + 1e-12, 1 - 1e-12, np.inf, -np.inf, np.nan, -np.nan, TINY, 1e300]
        ),
        max_size=20,
    ),
)
def test_the_order_is_that_of_numpys_stable_sort(seed, n, dtype, special):
    rng = np.random.default_rng(seed)
    values = rng.choice([-1, 1, 1], n) * rng.integers(0, 50, n) / 49 + 1e-9 * rng.integers(0, 3, n)
    with np.errstate(over="ignore"):
        values = rng.permutation(np.concatenate([values, special])).astype(dtype)
    np.testing.assert_array_equal(stable_order(values), np.argsort(values, kind="stable"))


@pytest.mark.parametrize("step", [1e-9, 1e-12])
def test_numbers_that_differ_beyond_float32_are_told_apart(step):
    rng = np.random.default_rng(0)
    values = 0.7 + step * rng.permutation(70_000)
    values[::7] = 0.3
    assert len(np.unique(values.astype(np.float32))) < len(np.unique(values))
    np.testing.assert_array_equal(stable_order(values), np.argsort(values, kind="stable"))
