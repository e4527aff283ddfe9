import numpy as np
import pytest

from label_auditor.confident_learning.engines.threads import ThreadEngine
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.selection import group_cuts, smallest, smallest_of_each_group
from label_auditor.confident_learning.steps import given_probs_of_classes
from label_auditor.confident_learning.worker_cuts import (
    find_lowest,
    lowest_rows,
    nth_of_groups,
)
from oracle import make_rows

N_CLASSES = 6


def own_by_class(state, factor):
    return factor * state.scan.given_prob, state.codes


@pytest.mark.parametrize("factor", [1, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tied", [False, True])
def test_the_nth_value_is_that_of_all_values_in_one_place(dtype, factor, tied):
    codes, pred_probs = make_rows(40_000, N_CLASSES, dtype=dtype)
    if tied:
        pred_probs = np.eye(N_CLASSES, dtype=dtype)[pred_probs.argmax(axis=1)]  # 0, 1 and -0
    engine = ThreadEngine(LabelledRows(codes, pred_probs))
    engine.scan(None)
    assert len(engine.starts) > 2
    sizes = np.bincount(codes)
    for numbers in (sizes // 2, np.ones(N_CLASSES, int), sizes, sizes + 1, sizes + [0, 1] * 3):
        found = nth_of_groups(engine, own_by_class, numbers, dtype, dtype(factor))
        expected = group_cuts(dtype(factor) * engine.given_prob, codes, numbers)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == dtype


def test_groups_without_values():
    codes, pred_probs = np.zeros(5, int), np.tile([0.75, 0.25, 0.0], (5, 1))
    engine = ThreadEngine(LabelledRows(codes, pred_probs))
    engine.scan(None)
    found = nth_of_groups(engine, own_by_class, np.array([5, 1, 3]), float, 1.0)
    np.testing.assert_array_equal(found, [0.75, np.inf, np.inf])


@pytest.mark.parametrize("tied", [False, True])
def test_the_lowest_values_are_those_of_all_values_in_one_place(tied):
    codes, pred_probs = make_rows(40_000, N_CLASSES)
    if tied:
        pred_probs = np.eye(N_CLASSES)[pred_probs.argmax(axis=1)]
    judged = np.where(np.arange(40_000) % 7, codes, -1)
    engine = ThreadEngine(LabelledRows(judged, pred_probs))
    engine.scan(None)
    rows = np.flatnonzero(judged >= 0)
    values, groups = engine.given_prob[rows], codes[rows]
    sizes = np.bincount(groups)
    for numbers in (sizes // 2, sizes * 0 + 1, sizes, sizes // [1, 2, 3, 4, 9, 9], sizes * 0):
        found = find_lowest(engine, given_probs_of_classes, numbers)
        expected = smallest_of_each_group(values, groups, numbers)
        np.testing.assert_array_equal(found.include(values, groups, rows), expected)
    for number in (1, 1_000, len(rows), 0):
        expected = smallest(engine.given_prob, number)
        np.testing.assert_array_equal(lowest_rows(engine, number), np.sort(expected))
