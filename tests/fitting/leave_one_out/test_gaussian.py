import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

from label_auditor.fitting.leave_one_out import arithmetic
from label_auditor.fitting.leave_one_out.gaussian import Moments, join_moments
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from loo_oracle import assert_leaves_one_out

rng = np.random.default_rng(0)
codes = np.r_[0, 1, 2, rng.integers(0, 3, 37)]
weights = rng.uniform(0.2, 3, 40) * (np.arange(40) != 5)
plain = rng.normal(size=(40, 4)) + codes[:, None]


def with_odd_features():
    """Features of very different scales, constant in a class or in all, and a row far out."""
    X = plain * [1, 1e-3, 1e3, 1]
    X[:, 3] = 0
    X[codes == 1, 0] = 3.3
    X[8, 0] = 1e6
    return X


@pytest.mark.parametrize("sample_weight", [None, weights], ids=["", "weighted"])
@pytest.mark.parametrize(
    "classifier",
    [GaussianNB(), GaussianNB(priors=[0.2, 0.3, 0.5]), GaussianNB(var_smoothing=0.1)],
    ids=str,
)
@pytest.mark.parametrize("X", [plain, with_odd_features()], ids=["plain", "odd"])
def test_moments_lack_the_row(classifier, X, sample_weight):
    assert_leaves_one_out(classifier, X, codes, sample_weight)


def test_narrow_numbers_are_judged_by_moments_of_all_digits():
    narrow = plain.astype(np.float32)
    _, expected = leave_one_out(GaussianNB(), narrow.astype(float), codes, np.arange(3))
    _, pred_probs = leave_one_out(GaussianNB(), narrow, codes, np.arange(3))
    np.testing.assert_allclose(pred_probs, expected, atol=1e-12)


@pytest.mark.parametrize("distance", [1e2, 1e3, 1e6])
def test_classes_far_from_the_centre_of_all_keep_their_digits(distance):
    far = plain + distance * (codes == 2)[:, None]
    assert_leaves_one_out(GaussianNB(), far, codes)


@settings(deadline=None, max_examples=30)
@given(
    X=st.lists(
        st.lists(st.floats(-3, 3, width=16), min_size=2, max_size=2), min_size=7, max_size=10
    ),
    var_smoothing=st.sampled_from([1e-3, 0.1]),
    seed=st.integers(0, 2**16),
)
def test_any_small_data(X, var_smoothing, seed):
    random = np.random.default_rng(seed)
    some = np.r_[0, 1, 2, 0, 1, random.integers(0, 3, len(X) - 5)]
    X = np.array(X) + random.normal(size=(len(X), 2))
    sample_weight = random.uniform(0.1, 2, len(X))
    assert_leaves_one_out(GaussianNB(var_smoothing=var_smoothing), X, some, sample_weight)


def test_numbers_far_from_0_keep_their_digits():
    near, far = plain, plain + 1e7
    _, expected = leave_one_out(GaussianNB(), near, codes, np.arange(3))
    _, pred_probs = leave_one_out(GaussianNB(), far, codes, np.arange(3))
    np.testing.assert_allclose(pred_probs, expected, atol=1e-6)


def test_blocks_of_rows_change_nothing(monkeypatch):
    _, whole = leave_one_out(GaussianNB(), plain, codes, np.arange(3))
    monkeypatch.setattr(arithmetic, "BLOCK_CELLS", 20)
    _, in_blocks = leave_one_out(GaussianNB(), plain, codes, np.arange(3))
    np.testing.assert_allclose(in_blocks, whole, rtol=1e-12)


def test_sets_of_rows_that_are_far_from_0_are_joined_without_loss():
    sizes = np.random.default_rng(0).integers(0, 100, (50, 20)).astype(float)
    means = np.full((50, 20, 2), 1e8 + 0.1)
    means[:25, :, 1] += 1e-6
    _, mean, variance = join_moments(Moments(sizes, means, np.tile([0.0, 2], (50, 20, 1))))
    assert (mean[:, 0] == 1e8 + 0.1).all()
    assert (variance[:, 0] == 0).all()  # to the bit: constant in all
    share = sizes[:25].sum(axis=0) / sizes.sum(axis=0)
    distance = means[0, 0, 1] - means[-1, 0, 1]
    expected = 2 + share * (1 - share) * distance**2
    np.testing.assert_allclose(variance[:, 1], expected, rtol=1e-14)


def test_no_rows_are_joined_to_no_rows():
    none = Moments(np.zeros(2), np.zeros((2, 1)), np.zeros((2, 1)))
    assert [part.tolist() for part in join_moments(none)] == [0, [0], [0]]
