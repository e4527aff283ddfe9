import dask.array as da
import numpy as np
import pytest
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB

from label_auditor.fitting.blocks.counting import count_blocks, leave_out_blocks
from label_auditor.fitting.blocks.estimators import cut_estimator
from label_auditor.fitting.blocks.reading import read_blocks
from label_auditor.fitting.blocks.scheduler import compute
from label_auditor.fitting.leave_one_out.registry import leave_one_out

rng = np.random.default_rng(0)
X = rng.poisson(1, (40, 5)).astype(float)
y = np.array([*"abcb" * 9, "a", "a", "b", "d"])  # the only row of d is the last one
KNOWN = np.arange(4)


def blocks_of(X, rows=7):
    return read_blocks(
        da.from_array(X, chunks=(rows, -1)), da.from_array(y, chunks=rows), allow_missing=False
    )


def learner_of(estimator):
    return cut_estimator(estimator, "loo", "dask Array", share=True)


@pytest.mark.parametrize("estimator", [MultinomialNB(), ComplementNB(), BernoulliNB(binarize=1)])
def test_counts_of_blocks_make_the_model_of_all_rows(estimator):
    blocks = blocks_of(X)
    model = compute([count_blocks(learner_of(estimator), blocks, blocks.codes)])[0]
    expected = type(estimator)(**estimator.get_params()).fit(X, y)
    np.testing.assert_allclose(model.class_count_, expected.class_count_, rtol=1e-15)
    np.testing.assert_allclose(model.feature_log_prob_, expected.feature_log_prob_)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))


def test_rows_that_do_not_train_are_judged_by_all_others():
    blocks, used = blocks_of(X), np.searchsorted(list("abcd"), y)
    used[[0, 13]] = -1
    model, pred_probs, missing = leave_out_blocks(learner_of(MultinomialNB()), blocks, used, KNOWN)
    _, expected = leave_one_out(MultinomialNB(), X, used, np.array(list("abcd")))
    np.testing.assert_allclose(pred_probs, expected, atol=1e-12)
    assert np.flatnonzero(np.isnan(pred_probs[:, 0])).tolist() == missing.tolist() == [39]
    expected = MultinomialNB().fit(X[used >= 0], y[used >= 0]).predict_proba(X)
    np.testing.assert_allclose(compute([model])[0].predict_proba(X), expected)


# NumPy's own setting reaches the threads of dask from NumPy 2 on alone.
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_rows_that_can_not_be_judged_are_named():
    only = X.copy()
    only[:, 0] = 0
    only[5, 0] = 1  # no other row has this feature, and nothing is smoothed
    blocks = blocks_of(only)
    model = MultinomialNB(alpha=0, force_alpha=True)
    with (
        np.errstate(divide="ignore", invalid="ignore"),  # as in memory
        pytest.warns(
            UserWarning, match="can't judge .*MultinomialNB can't be fitted to all others"
        ),
    ):
        _, pred_probs, missing = leave_out_blocks(learner_of(model), blocks, blocks.codes, KNOWN)
    assert np.isnan(pred_probs[5]).all()
    assert missing.tolist() == [5, 39]


def test_an_error_says_where_it_was():
    wrong = X.copy()
    wrong[20, 2] = -1
    blocks = blocks_of(wrong)
    with pytest.raises(ValueError, match="block 3 of 6 raised ValueError: Negative values"):
        count_blocks(learner_of(MultinomialNB()), blocks, blocks.codes)
