import numpy as np
import pytest

from label_auditor.confident_learning.kept import Whole, keep_entries, suggest_bound
from label_auditor.confident_learning.scan import scan_rows
from oracle import make_rows


@pytest.fixture(scope="module")
def block():
    codes, pred_probs = make_rows(3000, 12, sharpness=1.5)
    codes[::11] = -1
    return codes, pred_probs, scan_rows(codes, pred_probs)


def test_what_is_kept(block):
    codes, pred_probs, scan = block
    kept = keep_entries(codes, pred_probs, scan, 0.3)
    own = np.where(codes < 0, np.inf, pred_probs[np.arange(3000), codes])
    wanted = (pred_probs > own[:, None]) | (pred_probs >= 0.3)
    wanted[np.arange(3000), scan.predicted] = False  # the scan has it
    found = np.zeros_like(wanted)
    row, column, value = kept.find(np.arange(3000), 0)
    found[row, column] = True
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(value, pred_probs[row, column])
    assert kept.bound == 0.3
    rows = np.array([0, 5, 6, 2999])
    expected = np.where(wanted, pred_probs, 0)
    for least in (0.01, 0.35):
        for some in (rows, rows[:0], np.arange(3000)):
            at, column, value = kept.find(some, least)
            np.testing.assert_array_equal(
                np.stack([at, column]), np.nonzero(expected[some] >= least)
            )
            np.testing.assert_array_equal(value, expected[some][at, column])
            at, column, value = Whole(pred_probs).find(some, least)
            np.testing.assert_array_equal(
                np.stack([at, column]), np.nonzero(pred_probs[some] >= least)
            )
            np.testing.assert_array_equal(value, pred_probs[some][at, column])
    for k in range(12):
        np.testing.assert_array_equal(Whole(pred_probs).take(rows, k), pred_probs[rows, k])
        one = np.where(wanted[:, k], pred_probs[:, k], -1)
        np.testing.assert_array_equal(kept.take(np.arange(3000), np.full(3000, k)), one)
        np.testing.assert_array_equal(kept.take(rows, np.full(4, k)), one[rows])


def test_no_more_is_kept_than_an_entry_for_each_row(block):
    codes, pred_probs, scan = block
    codes = np.full_like(codes, -1)  # none is disputed
    kept = keep_entries(codes, pred_probs, scan, 0.0)
    row, column, value = kept.find(np.arange(3000), 0)
    assert 2900 < row.size <= 3000
    left = pred_probs.copy()
    left[np.arange(3000), scan.predicted] = 0
    left[row, column] = 0
    assert left.max() < kept.bound <= value.min()
    assert keep_entries(codes, pred_probs, scan, 0.0, limited=False).value.size == 3000 * 11


def test_a_block_of_nothing_kept():
    codes, pred_probs = np.zeros(4, int), np.tile([0.9, 0.1], (4, 1))
    kept = keep_entries(codes, pred_probs, scan_rows(codes, pred_probs), 0.5)
    assert [each.size for each in kept.find(np.arange(4), 0)] == [0, 0, 0]
    np.testing.assert_array_equal(kept.take(np.arange(4), np.ones(4, int)), -1)


def test_the_bound_is_somewhat_below_the_lowest_mean():
    codes, own = (
        np.repeat([0, 1, 2, -1], [100, 100, 5, 9]),
        np.repeat([0.5, 0.8, 0.1, np.nan], [100, 100, 5, 9]),
    )
    assert suggest_bound(codes, own, 4) == pytest.approx(0.4)  # few rows say nothing
    assert 0 < suggest_bound(codes[200:], own[200:], 4) < 0.1
    assert suggest_bound(codes[205:], own[205:], 4) == np.inf
