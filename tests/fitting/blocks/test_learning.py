import dask.array as da
import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

from label_auditor.fitting.blocks.estimators import cut_estimator
from label_auditor.fitting.blocks.learning import Fit, learn_in_blocks, name_block, take_labelled
from label_auditor.fitting.blocks.reading import BlockLabels, read_blocks
from label_auditor.fitting.blocks.scheduler import compute

X = np.random.default_rng(0).random((9, 2))
y = np.array(list("abcabcaab"))
BLOCKS = read_blocks(
    da.from_array(X, chunks=(3, 2)), da.from_array(y, chunks=3), allow_missing=False
)
MODEL = SGDClassifier(loss="log_loss", random_state=0)
LEARNER = cut_estimator(MODEL, None, "dask Array")


def test_models_learn_from_their_blocks_in_order():
    codes = BLOCKS.codes.copy()
    codes[[2, 6, 7, 8]] = -1
    fits = [
        Fit("first", np.array([True, False, True]), np.array([0, 1])),
        Fit("second", np.array([True, True, True]), np.array([0, 1, 2])),
    ]
    first, second = compute(learn_in_blocks(LEARNER, BLOCKS, codes, fits))
    expected = SGDClassifier(loss="log_loss", random_state=0).partial_fit(X[:2], y[:2], ["a", "b"])
    np.testing.assert_array_equal(first.coef_, expected.coef_)
    expected = SGDClassifier(loss="log_loss", random_state=0)
    expected.partial_fit(X[:2], y[:2], ["a", "b", "c"]).partial_fit(X[3:6], y[3:6])
    np.testing.assert_array_equal(second.coef_, expected.coef_)
    assert not hasattr(MODEL, "coef_")


def test_an_error_says_where_it_was():
    class Picky(SGDClassifier):
        def partial_fit(self, X, y, classes=None):
            if "c" in y:
                raise TypeError("no c")
            return self

    fit = Fit("fold 2 of 3", np.ones(3, bool), np.arange(3))
    with pytest.raises(RuntimeError, match="fold 2 of 3, block 1 of 3, raised TypeError: no c"):
        learn_in_blocks(cut_estimator(Picky(), None, "dask Array"), BLOCKS, BLOCKS.codes, [fit])


def test_rows_without_a_label_are_left_out():
    labels = BlockLabels(np.array([1, -1, 0]), np.array(["a", "b"]), None)
    taken, codes = take_labelled(X[:3], labels)
    np.testing.assert_array_equal(taken, X[[0, 2]])
    assert codes.tolist() == [1, 0]


def test_names_of_blocks_count_from_1():
    assert name_block(0, 3) == "block 1 of 3"
