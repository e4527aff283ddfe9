import cleanlab.count
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor.confident_learning.joint import (
    Joint,
    _dense_row_sums,
    _dense_sum,
    calibrate,
    count_joint,
    merge_joints,
    noise_matrix,
    prune_counts,
)


def random_joint(n_classes, *, seed=0, filled=0.3):
    rng = np.random.default_rng(seed)
    dense = rng.integers(1, 50, (n_classes, n_classes)) * (rng.random((n_classes,) * 2) < filled)
    np.fill_diagonal(dense, rng.integers(1, 900, n_classes))
    given, true = np.nonzero(dense)
    return Joint(given, true, dense[given, true], n_classes), dense


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), n_classes=st.integers(1, 400), n=st.integers(0, 300))
def test_count_and_merge(seed, n_classes, n):
    rng = np.random.default_rng(seed)
    codes, classes = rng.integers(-1, n_classes, (2, n))
    dense = np.zeros((n_classes, n_classes), int)
    both = (codes >= 0) & (classes >= 0)
    np.add.at(dense, (codes[both], classes[both]), 1)
    joint = count_joint(codes, classes, n_classes)
    np.testing.assert_array_equal(joint.toarray(), dense)
    assert np.count_nonzero(~joint.off_diagonal) == n_classes
    parts = [count_joint(codes[i::3], classes[i::3], n_classes) for i in range(3)]
    merged = merge_joints(parts)
    np.testing.assert_array_equal(merged.toarray(), dense)
    np.testing.assert_array_equal(merged.given, joint.given)
    np.testing.assert_array_equal(merged.true, joint.true)


@pytest.mark.parametrize("size", [0, 1, 129, 1_000_000, 2**22 + 1, 10_000_001])
def test_dense_sum_is_numpys(size):
    rng = np.random.default_rng(size)
    dense = rng.random(size) * (rng.random(size) < 0.2)
    positions = np.flatnonzero(dense)
    total = _dense_sum(positions, dense[positions], 0, size)
    # The order in which NumPy adds very long vectors depends on its version.
    assert total == pytest.approx(dense.sum(), rel=0 if size <= 2**22 else 1e-14, abs=0)


def test_dense_row_sums_are_numpys_to_the_last_bit():
    dense = np.random.default_rng(0).random((700, 700)) ** 9
    row, column = np.nonzero(dense)
    np.testing.assert_array_equal(
        _dense_row_sums(row, column, dense[row, column], 700), dense.sum(axis=1)
    )


@pytest.mark.parametrize("n_classes", [1, 3, 40, 300])
def test_calibrated_rows_sum_to_the_label_counts(n_classes):
    joint, dense = random_joint(n_classes)
    class_counts = np.random.default_rng(1).integers(0, 5000, n_classes)
    calibrated = calibrate(joint, class_counts)
    assert calibrated.count.dtype.kind == "i"
    np.testing.assert_array_equal(calibrated.sum(axis=1), class_counts)
    scaled = dense / dense.sum(axis=1, keepdims=True) * class_counts[:, None]
    assert np.abs(calibrated.toarray() - scaled).max() < 1.5


def test_noise_matrix_is_cleanlabs():
    joint, dense = random_joint(5, filled=0.6)
    codes = np.repeat(np.arange(5), dense.sum(axis=1))
    _, expected, _ = cleanlab.count.estimate_latent(dense, codes)
    np.testing.assert_allclose(noise_matrix(joint).toarray(), expected)


def test_noise_matrix_of_classes_that_are_never_true():
    joint = Joint(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([0, 7, 0]), 2)
    np.testing.assert_array_equal(noise_matrix(joint).toarray(), [[0, 0], [1, 0]])


def test_prune_counts_keep_a_part_of_the_errors():
    joint, dense = random_joint(6, filled=0.8)
    counts = prune_counts(joint, frac_noise=0.5).toarray()
    errors = dense - np.diag(dense.diagonal())
    np.testing.assert_array_equal(counts - np.diag(counts.diagonal()), errors // 2)
    most = prune_counts(joint, min_examples_per_class=10_000).toarray()
    np.testing.assert_array_equal(most, 10_000 * np.eye(6))
