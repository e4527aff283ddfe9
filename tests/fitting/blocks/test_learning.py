import dask.array as da
import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

from label_auditor.fitting.blocks.learning import Fit, learn_in_blocks, learn_labels, take_labelled
from label_auditor.fitting.blocks.reading import BlockLabels, read_blocks
from label_auditor.fitting.blocks.scheduler import compute

X = np.random.default_rng(0).random((9, 2))
y = np.array(list("abcabcaab"))
BLOCKS = read_blocks(
    da.from_array(X, chunks=(3, 2)), da.from_array(y, chunks=3), allow_missing=False
)
MODEL = SGDClassifier(loss="log_loss", random_state=0)


def test_models_learn_from_their_blocks_in_order():
    codes = BLOCKS.codes.copy()
    codes[[2, 6, 7, 8]] = -1
    fits = [
        Fit("first", np.array([True, False, True]), np.array([0, 1]), BLOCKS.parts),
        Fit("second", np.array([True, True, True]), np.array([0, 1, 2]), BLOCKS.parts),
    ]
    first, second = compute(learn_in_blocks(MODEL, BLOCKS, codes, fits))
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

    fit = Fit("fold 2 of 3", np.ones(3, bool), np.arange(3), BLOCKS.parts)
    with pytest.raises(RuntimeError, match="fold 2 of 3, block 1 of 3, raised TypeError: no c"):
        learn_in_blocks(Picky(), BLOCKS, BLOCKS.codes, [fit])


def test_rows_without_a_label_are_left_out():
    labels = BlockLabels(np.array([1, -1, 0]), np.array(["a", "b"]), None, np.array([2.0, 1, 3]))
    taken, codes, weights = take_labelled(X[:3], labels)
    np.testing.assert_array_equal(taken, X[[0, 2]])
    assert codes.tolist() == [1, 0]
    assert weights.tolist() == [2, 3]


def test_rows_without_weight_teach_nothing():
    labels = BlockLabels(np.array([1, 0, 1]), np.array(["a", "b"]), None, np.zeros(3))
    model = SGDClassifier(loss="log_loss")
    learn_labels(model, X[:3], labels, np.arange(2))
    assert not hasattr(model, "coef_")
    learn_labels(model, X[:3], labels._replace(weights=np.array([0, 1.0, 0])), np.arange(2))
    assert (model.predict(X) == "a").all()
