import pickle

import numpy as np
import pytest

from label_auditor.confident_learning.selection import NoiseCells
from label_auditor.confident_learning.steps import (
    judge_block,
    keep_more,
    likeliest_margins,
    margins_above,
    margins_below,
    scan_block,
)
from oracle import make_rows

THRESHOLDS = np.full(12, 0.35)


@pytest.fixture(scope="module")
def block():
    codes, pred_probs = make_rows(4000, 12, sharpness=1.5)
    return codes.astype(np.int8), pred_probs


@pytest.fixture(scope="module")
def cells():
    pairs = np.flatnonzero(~np.eye(12, dtype=bool))
    return NoiseCells(pairs, np.ones(pairs.size, int), np.full(pairs.size, 0.05), 12)


def states_of(codes, pred_probs):
    """The states of a block in memory and of any other, as they travel."""
    return [
        pickle.loads(pickle.dumps(scan_block(codes, pred_probs, in_memory=in_memory)))
        for in_memory in (True, False)
    ]


def test_a_block_elsewhere_knows_what_one_in_memory_knows(block, cells):
    whole, kept = states_of(*block)
    assert kept.kept.bound <= THRESHOLDS.min() - 1e-6
    judged = [judge_block(state, THRESHOLDS, 1e-3) for state in (whole, kept)]
    joints, doubts = zip(*judged, strict=True)
    np.testing.assert_array_equal(*(joint.toarray() for joint in joints))
    for one, other in zip(*doubts, strict=True):
        np.testing.assert_array_equal(one, other)
    disputed = np.flatnonzero(block[0] != whole.scan.predicted)
    few = cells.keep((cells.given < 2) & (cells.true < 6), cells.lower)
    assert cells.dense
    assert not few.dense
    known = [disputed, disputed[::2]], [cells, few]
    for found in zip(margins_above(whole, *known), margins_above(kept, *known), strict=True):
        assert found[0].row.size
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)


def test_margins_of_the_likeliest_classes(block, cells):
    codes, pred_probs = block
    state, _ = states_of(*block)
    some = cells.keep(cells.given != 3, cells.lower)
    values, cell = likeliest_margins(state, some)
    likeliest = pred_probs.argmax(axis=1)
    rows = np.flatnonzero((likeliest != codes) & (codes != 3))
    np.testing.assert_array_equal(some.given[cell], codes[rows])
    np.testing.assert_array_equal(some.true[cell], likeliest[rows])
    np.testing.assert_array_equal(values, pred_probs[rows, codes[rows]] - pred_probs[rows].max(1))


def test_margins_of_the_other_classes(block, cells):
    codes, pred_probs = block
    state, _ = states_of(*block)
    disputed = np.flatnonzero(codes != state.scan.predicted)
    (found,) = margins_above(state, [disputed], [cells])
    own, likeliest = pred_probs[np.arange(4000), codes], pred_probs.argmax(axis=1)
    margin = pred_probs - own[:, None]
    margin[np.arange(4000), likeliest] = 0
    row, true = np.nonzero(margin >= 0.05)
    np.testing.assert_array_equal(found.row, row)
    np.testing.assert_array_equal(cells.true[found.cell], true)
    np.testing.assert_array_equal(found.margin, margin[row, true])


def test_margins_that_are_not_positive(block, cells):
    codes, pred_probs = block
    _, state = states_of(*block)
    reach = np.full(12, -np.inf)
    reach[3] = 0.2
    cells = cells.keep(cells.given == 3, np.full(132, -0.2))
    found = margins_below(state, pred_probs, cells, reach, 1.001)
    margin = pred_probs - pred_probs[:, [3]]
    row, true = np.nonzero((margin >= -0.2) & (codes == 3)[:, None] & (np.arange(12) != 3))
    np.testing.assert_array_equal(found.row, row)
    np.testing.assert_array_equal(cells.true[found.cell], true)


def test_more_is_kept_when_a_block_is_read_again(block):
    _, state = states_of(*block)
    assert state.kept.bound > 0.05
    more = keep_more(state, block[1], 0.05)
    assert more.kept.bound == 0.05
    assert more.kept.value.size > state.kept.value.size


def test_scores_come_with_the_scan(block):
    codes, pred_probs = block
    state = scan_block(codes, pred_probs, in_memory=False, score="normalized_margin")
    assert state.scores.shape == (4000,)
    assert scan_block(codes, pred_probs, in_memory=False).scores is None


def test_of_rows_that_are_refused_nothing_is_kept():
    pred_probs = np.array([[0.5, np.nan], [0.3, 0.7]])
    state = scan_block(np.array([0, 0]), pred_probs, in_memory=False)
    np.testing.assert_array_equal(state.scan.invalid, [0])
