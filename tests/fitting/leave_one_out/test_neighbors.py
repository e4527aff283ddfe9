import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import KNeighborsClassifier

from label_auditor.fitting.leave_one_out.registry import leave_one_out
from loo_oracle import assert_leaves_one_out

rng = np.random.default_rng(0)
codes = np.r_[0, 1, 2, rng.integers(0, 3, 37)]
X = rng.normal(size=(40, 3)) + codes[:, None]


@pytest.mark.parametrize(
    "classifier",
    [
        KNeighborsClassifier(),
        KNeighborsClassifier(3, weights="distance"),
        KNeighborsClassifier(weights=lambda distances: np.exp(-distances)),
        KNeighborsClassifier(algorithm="brute", metric="cosine"),
        KNeighborsClassifier(algorithm="ball_tree", p=1),
    ],
)
def test_a_row_is_not_its_own_neighbour(classifier):
    assert_leaves_one_out(classifier, X, codes)
    if classifier.algorithm != "ball_tree":
        assert_leaves_one_out(classifier, sparse.csr_matrix(X), codes)


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**16),
    k=st.integers(1, 5),
    weights=st.sampled_from(["uniform", "distance"]),
)
def test_any_small_data(seed, k, weights):
    random = np.random.default_rng(seed)
    some = np.r_[0, 1, 2, random.integers(0, 3, random.integers(4, 9))]
    features = random.normal(size=(len(some), 2))
    assert_leaves_one_out(KNeighborsClassifier(k, weights=weights), features, some)


def test_a_twin_at_distance_0_counts_alone():
    twins = np.array([[0.0], [0.0], [1.0], [1.1], [1.3]])
    some = np.array([0, 1, 1, 0, 0])
    assert_leaves_one_out(KNeighborsClassifier(2, weights="distance"), twins, some)


def test_distances_may_be_given():
    distances = pairwise_distances(X)
    _, expected = leave_one_out(KNeighborsClassifier(), X, codes, np.arange(3))
    given = KNeighborsClassifier(metric="precomputed")
    _, pred_probs = leave_one_out(given, distances, codes, np.arange(3))
    np.testing.assert_array_equal(pred_probs, expected)
    missing = codes.copy()
    missing[[4, 9]] = -1
    _, of_some = leave_one_out(given, distances, missing, np.arange(3))
    _, expected = leave_one_out(KNeighborsClassifier(), X, missing, np.arange(3))
    np.testing.assert_array_equal(of_some, expected)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"metric": lambda a, b: abs(a - b).sum()}, "metric is a function"),
        ({"metric": "seuclidean"}, "metric 'seuclidean' learns from the rows"),
    ],
)
def test_metrics_that_may_depend_on_the_rows_are_refused(params, reason):
    with pytest.raises(ValueError, match=f"KNeighborsClassifier: {reason}"):
        leave_one_out(KNeighborsClassifier(**params), X, codes, np.arange(3))
