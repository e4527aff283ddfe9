import numpy as np
import pytest

from label_auditor.confident_learning.scan import (
    FEW_CLASSES,
    ClassGroups,
    RowScan,
    class_thresholds,
    code_dtype,
    confident_classes,
    given_is_likeliest,
    group_by_class,
    scan_rows,
    sum_tolerance,
)


@pytest.mark.parametrize("n_classes", [1, 2, FEW_CLASSES, FEW_CLASSES + 1, 300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scan(n_classes, dtype):
    rng = np.random.default_rng(n_classes)
    weights = rng.integers(0, 4, (5000, n_classes)) + 1.0
    pred_probs = (weights / weights.sum(axis=1, keepdims=True)).astype(dtype)
    codes = rng.integers(-1, n_classes, 5000)
    scan = scan_rows(codes, pred_probs)
    given_prob = np.where(codes < 0, np.nan, pred_probs[np.arange(5000), codes])
    np.testing.assert_array_equal(scan.given_prob, given_prob)
    np.testing.assert_array_equal(scan.highest, pred_probs.max(axis=1))
    np.testing.assert_array_equal(scan.predicted, pred_probs.argmax(axis=1))
    assert scan.given_prob.dtype == scan.highest.dtype == dtype
    assert scan.invalid.size == 0


@pytest.mark.parametrize("n_classes", [4, 70])
def test_scan_finds_rows_that_are_no_probabilities(n_classes):
    pred_probs = np.full((20_000, n_classes), 1 / n_classes)
    pred_probs[[3, 9], 1] = np.nan
    pred_probs[5] += 0.01
    pred_probs[15_000, :2] = [-0.5, 2 / n_classes + 0.5]
    pred_probs[19_998, :2] = [np.inf, -np.inf]
    pred_probs[19_999, 0] = np.inf
    codes = np.zeros(20_000, int)
    codes[9] = -1
    scan = scan_rows(codes, pred_probs)
    np.testing.assert_array_equal(scan.invalid, [3, 5, 15_000, 19_998, 19_999])
    assert scan.predicted[9] == -1


def test_code_dtype_holds_all_codes():
    for n_classes in (1, 126, 127, 128, 129, 32_766, 32_767, 32_768, 40_000):
        limits = np.iinfo(code_dtype(n_classes))
        assert limits.min <= -1
        assert limits.max >= n_classes
    assert code_dtype(10) == np.int8
    assert code_dtype(10_000) == np.int16


@pytest.mark.parametrize("n_classes", [127, 128, 129, 200])
def test_grouping_at_the_edge_of_the_small_types(n_classes):
    codes = np.arange(-1, n_classes).repeat(2)
    values, sizes = group_by_class(codes, np.arange(codes.size), n_classes)
    np.testing.assert_array_equal(values, np.arange(2, codes.size))
    np.testing.assert_array_equal(sizes, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_thresholds_of_blocks_are_those_of_the_whole(dtype):
    rng = np.random.default_rng(0)
    codes, given_prob = rng.integers(0, 3, 10_000), rng.random(10_000).astype(dtype)
    whole = np.array([given_prob[codes == k].mean() for k in range(3)])
    for step in (1, 137, 10_000):
        cuts = [slice(i, i + step) for i in range(0, 10_000, step)]
        groups = ClassGroups([group_by_class(codes[cut], given_prob[cut], 3) for cut in cuts])
        np.testing.assert_array_equal(class_thresholds(groups), whole)
        np.testing.assert_array_equal(groups.sizes, np.bincount(codes))


def test_confident_classes_of_the_paper():
    thresholds = np.array([0.6, 0.2, 0.3])
    pred_probs = np.array(
        [
            [0.7, 0.2, 0.1],  # two confident classes: the likeliest
            [0.5, 0.25, 0.25],  # only the second, which is not the likeliest
            [0.5, 0.2, 0.3],  # two, neither of them the likeliest: the likeliest all the same
            [0.59, 0.19, 0.22],  # only the ...
            [0.55, 0.1, 0.35],  # only the last
            [0.58, 0.19, 0.23],
        ]
    )
    read = []

    def find(positions, least):
        read.extend(positions)
        at, column = np.nonzero(pred_probs[positions] >= least)
        return at, column, pred_probs[positions[at], column]

    scan = scan_rows(np.zeros(6, int), pred_probs)
    classes = confident_classes(scan, thresholds, find, tolerance=1e-3)
    np.testing.assert_array_equal(classes, [0, 1, 0, -1, 2, -1])
    assert 0 not in read
    # No class but the likeliest can have more than half.
    confident_classes(scan, np.array([0.6, 0.6, 0.6]), pytest.fail, tolerance=1e-3)


def test_given_label_is_likeliest_within_a_millionth():
    given_prob = np.array([0.5, 0.4, 0.4999995, 0.499999, 0.499998])
    scan = RowScan(given_prob, np.full(5, 0.5), np.array([1, 1, 1, 1, 1]), np.empty(0, int))
    stands = given_is_likeliest(np.array([1, 0, 0, 0, 0]), scan)
    np.testing.assert_array_equal(stands, [True, False, True, given_prob[3] + 1e-6 >= 0.5, False])


def test_tolerance_grows_with_rounding():
    assert 5e-4 < sum_tolerance(np.float64, 2) < 2e-3
    assert sum_tolerance(np.float16, 10) > sum_tolerance(np.float32, 10)
    assert sum_tolerance(np.float32, 10_000) > sum_tolerance(np.float32, 10)
