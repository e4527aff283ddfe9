import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from label_auditor.fitting.out_of_sample import Settings, predict_out_of_sample, share
from label_auditor.fitting.progress import Silent
from label_auditor.fitting.shared_steps import Shared
from label_auditor.fitting.training_labels import TrainingLabels

codes = np.arange(40) % 2
X = np.random.default_rng(0).normal(size=(40, 2)) + codes[:, None]
CLASSES = np.array(["a", "b"])
ROUTED = Bunch(fit={}, split={})


def predict(estimator, codes=codes, **settings):
    settings = {
        "cv": None,
        "train_on": "all",
        "n_jobs": None,
        "memory": None,
        "verbose": 0,
    } | settings
    shared = Shared(None, X, estimator)
    labels = TrainingLabels(codes, codes, np.zeros(len(codes), dtype=bool))
    return predict_out_of_sample(Settings(**settings), shared, X, labels, CLASSES, ROUTED, Silent())


def test_folds_are_those_of_cross_val_predict():
    probs, judged, trained = predict(GaussianNB(), cv=4)
    expected = cross_val_predict(GaussianNB(), X, CLASSES[codes], cv=4, method="predict_proba")
    np.testing.assert_array_equal(probs, expected)
    assert judged.all()
    np.testing.assert_array_equal(trained.classes_, CLASSES)


def test_rows_that_nobody_can_judge():
    one_way = [(np.arange(20, 40), np.arange(20))]
    lonely = codes.copy()
    lonely[[3, 5]] = -1
    _, judged, trained = predict(GaussianNB(), lonely, cv=one_way, train_on=None)
    expected = np.arange(40) < 20
    expected[[3, 5]] = False
    np.testing.assert_array_equal(judged, expected)
    assert trained is None


def test_the_only_member_of_a_class_is_not_judged():
    alone = np.zeros(40, dtype=int)
    alone[7] = 1
    _, judged, _ = predict(GaussianNB(), alone, cv=[(np.arange(20), np.arange(20, 40))])
    assert not judged[7]
    assert judged[20:].all()


def test_out_of_bag_needs_one_fit():
    probs, judged, trained = predict(RandomForestClassifier(50, random_state=0), cv="oob")
    np.testing.assert_array_equal(probs, trained.oob_decision_function_)
    assert judged.all()


@pytest.mark.parametrize(
    ("cv", "wanted", "shares"),
    [
        (None, "auto", True),
        (5, "auto", True),
        ("oob", "auto", True),
        (KFold(3), "auto", False),
        (KFold(3), True, True),
        (5, False, False),
    ],
)
def test_when_steps_are_shared(cv, wanted, shares):
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    shared = share(pipeline, X, {}, cv, wanted)
    assert (shared.fitted is not None) == shares
    assert (shared.X is X) == (not shares)
