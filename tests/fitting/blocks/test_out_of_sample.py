import dask.array as da
import numpy as np
import pytest
from sklearn.naive_bayes import MultinomialNB

from label_auditor.fitting.blocks.estimators import cut_estimator
from label_auditor.fitting.blocks.out_of_sample import predict_blocks, train_on_blocks
from label_auditor.fitting.blocks.reading import read_blocks
from label_auditor.fitting.training_labels import decide_labels

X = np.random.default_rng(0).poisson(2, (12, 3)).astype(float)
NONE = np.zeros(0, np.intp)


def predict(y, cv, *, final=True):
    blocks = read_blocks(
        da.from_array(X, chunks=(3, 3)), da.from_array(y, chunks=3), allow_missing=False
    )
    labels = decide_labels(blocks.codes, blocks.classes, NONE, NONE)
    learner = cut_estimator(MultinomialNB(), cv, "dask Array", share=True)
    return predict_blocks(learner, blocks, labels, cv, final=final)


def test_a_class_that_a_training_fold_lacks_is_warned_of_and_improbable():
    y = np.array(list("abcabcababab"))  # the rows of c are in the first two blocks
    with pytest.warns(UserWarning, match=r"1 of 2 training folds lack a class \('c'\).*random ord"):
        pred_probs, judged, _ = predict(y, 2)
    assert (pred_probs[:6, 2] == 0).all()
    assert (pred_probs[6:, 2] > 0).all()
    assert judged.all()


def test_the_only_row_of_a_class_is_not_judged_and_no_reason_to_warn():
    y = np.array(list("abababababac"))
    _, judged, trained = predict(y, 3)
    assert np.flatnonzero(~judged).tolist() == [11]
    assert trained.classes_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("cv", [2, "loo"])
def test_no_final_classifier_if_none_is_wanted(cv):
    assert predict(np.array(list("ab") * 6), cv, final=False)[2] is None


@pytest.mark.parametrize("cv", [2, "loo"])
def test_a_classifier_of_some_rows(cv):
    y = np.array(list("ab") * 6)
    blocks = read_blocks(
        da.from_array(X, chunks=(3, 3)), da.from_array(y, chunks=3), allow_missing=False
    )
    used = blocks.codes.copy()
    used[:4] = -1
    learner = cut_estimator(MultinomialNB(), cv, "dask Array", share=True)
    found = train_on_blocks(learner, blocks, used, cv)
    expected = MultinomialNB().fit(X[4:], y[4:])
    np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X))
