import numpy as np
import pytest

from label_auditor.confident_learning import row_blocks
from label_auditor.confident_learning.engines.threads import ThreadEngine
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.scan import ABSENT
from oracle import make_rows, score_labels


class Counted:
    """Rows of a source that is no array; it counts how often each is read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads = np.zeros(len(array), int)

    def __getitem__(self, rows):
        self.reads[rows] += 1
        return self.array[rows]


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(row_blocks, "SMALL_BYTES", 0)
    codes, pred_probs = make_rows(40_000, 5, dtype=np.float32)
    codes[-1] = -1
    made = ThreadEngine(LabelledRows(codes, Counted(pred_probs)))
    assert made.scan(None).size == 0
    assert len(made.starts) > 3
    return made


def test_what_the_scan_keeps_of_each_row(engine):
    data = engine.data
    own = data.pred_probs.array[np.arange(40_000), data.codes]
    np.testing.assert_array_equal(engine.given_prob[:-1], own[:-1])
    assert np.isnan(engine.given_prob[-1])
    sizes = np.bincount(data.codes[:-1], minlength=5)
    expected = [own[:-1][data.codes[:-1] == k].mean() for k in range(5)]
    np.testing.assert_array_equal(engine.class_means(sizes), expected)
    assert engine.class_means(np.array([0, *sizes[1:]]))[0] == ABSENT


def test_rows_that_are_no_probabilities_are_counted_from_the_first():
    codes, pred_probs = make_rows(40_000, 5)
    pred_probs[[7, 39_999]] = 3
    assert ThreadEngine(LabelledRows(codes, pred_probs)).scan(None).tolist() == [7, 39_999]


def test_only_blocks_that_lack_something_are_read_again(engine):
    bounds = engine.ask(lambda state: state.kept.bound)
    engine.know_from(float(np.median(bounds)))
    again = engine.data.pred_probs.reads == 2
    assert 0 < again.sum() < 40_000
    assert engine.ask(lambda state: state.kept.bound) != bounds
    np.testing.assert_array_equal(again[engine.starts], np.array(bounds) > float(np.median(bounds)))


@pytest.mark.parametrize("reason", ["bound", "margins", "none"])
def test_an_adjusted_score_takes_no_reading_of_its_own(engine, reason):
    thresholds = np.full(5, 0.5, np.float32)
    engine.score_when_read("adjusted_self_confidence", thresholds)
    if reason == "bound":
        engine.know_from(0.01)
    elif reason == "margins":
        sums = engine.read_again(lambda state, probs, factor: factor * len(probs), 3)
        assert sum(sums) == 3 * 40_000
    data = engine.data
    expected = score_labels(
        data.codes, data.pred_probs.array, "adjusted_self_confidence", thresholds=thresholds
    )
    np.testing.assert_array_equal(engine.scores(), expected)
    np.testing.assert_array_equal(data.pred_probs.reads, 2)


def test_steps_are_folded_in_order(engine):
    states = engine.ask(lambda state: state.codes)
    folded = engine.fold(lambda state: state.codes, np.concatenate)
    np.testing.assert_array_equal(folded, np.concatenate(states))
    np.testing.assert_array_equal(folded, engine.data.codes)
