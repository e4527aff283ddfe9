"""The worst class of a set of labels, and how likely it and the whole set are."""

import numpy as np
import pytest
from scipy import sparse

from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.review.set_measures import measure_sets


def measure(given, probs, n_each=0):
    worst, is_given = np.zeros((2, len(probs)), dtype=np.int8)
    data = LabelledRows(np.zeros(len(probs), int), probs)
    columns = measure_sets(sparse.csr_array(given), data, worst, is_given, n_each)
    return columns, worst, is_given


@pytest.mark.parametrize("n_each", [0, 3])
def test_each_row_is_measured_by_its_own(n_each):
    rng = np.random.default_rng(0)
    # More rows than a block holds.
    n = 20_000
    given, probs = rng.random((n, 3)) < 0.4, rng.random((n, 3))
    columns, worst, is_given = measure(given, probs, n_each)
    likely = np.where(given, probs, 1 - probs)
    np.testing.assert_array_equal(worst, likely.argmin(axis=1))
    np.testing.assert_array_equal(is_given, given[np.arange(n), worst])
    np.testing.assert_array_equal(columns[0], likely.min(axis=1))
    np.testing.assert_allclose(np.exp(columns[1]), likely.prod(axis=1), rtol=1e-9)
    np.testing.assert_array_equal(columns[2:], probs[:, :n_each].T)


def test_certain_and_rounded_probabilities_stay_finite():
    columns, worst, is_given = measure([[True, False]], np.array([[0.0, 1 + 1e-7]]))
    assert np.isfinite(columns).all()
    assert columns[0] == 0
    assert (worst, is_given) == (0, 1)
