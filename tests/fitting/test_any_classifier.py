"""Classifiers of other packages, with labels of every kind; see the group `classifiers`."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs

from label_auditor import LabelAuditor

X, codes = make_blobs(240, 5, centers=3, random_state=0)
WRONG = [3, 77, 100]
KINDS = {
    "strings": ["a", "b", "c"],
    "digits": ["9", "10", "11"],
    "from 1": [1, 2, 3],
    "gaps": [5, 0, 70],
    "negative": [-1, 0, 1],
    "floats": [1.0, 2.0, 3.0],
    "bools": [False, True, True],
}


def make_xgboost():
    return pytest.importorskip("xgboost").XGBClassifier(n_estimators=10, n_jobs=1)


def make_lightgbm():
    lightgbm = pytest.importorskip("lightgbm")
    return lightgbm.LGBMClassifier(n_estimators=10, min_child_samples=5, verbose=-1, n_jobs=1)


def make_catboost(**params):
    return pytest.importorskip("catboost").CatBoostClassifier(
        iterations=20, verbose=0, allow_writing_files=False, thread_count=1, **params
    )


def make_skorch(n_outputs=3):
    skorch = pytest.importorskip("skorch")
    torch = pytest.importorskip("torch")

    class Float(torch.nn.Module):
        def __init__(self, n_outputs=3):
            super().__init__()
            layers = torch.nn.Linear(5, 16), torch.nn.ReLU(), torch.nn.Linear(16, n_outputs)
            self.layers = torch.nn.Sequential(*layers, torch.nn.Softmax(dim=-1))

        def forward(self, X):
            return self.layers(X.float())

    torch.set_num_threads(1)  # more would wait for each other
    torch.manual_seed(0)
    return skorch.NeuralNetClassifier(
        Float, module__n_outputs=n_outputs, max_epochs=30, lr=0.1, verbose=0, train_split=None
    )


MAKE = [make_xgboost, make_lightgbm, make_catboost, make_skorch]
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_finds_wrong_labels_of_every_kind(make, kind):
    values = KINDS[kind]
    n_classes = len(set(values))
    true = codes if n_classes == 3 else codes.clip(max=1)
    y = np.array(values)[true]
    given = y.copy()
    given[WRONG] = np.array(values)[(true[WRONG] + 1) % n_classes]
    classifier = make(n_classes) if make is make_skorch else make()
    auditor = LabelAuditor(classifier).fit(X, given)
    assert auditor.classes_.tolist() == sorted(set(values))
    assert set(WRONG) <= set(auditor.ranked_issues_[:8].tolist())
    assert auditor.n_label_issues_ < 15
    assert np.mean(auditor.suggested_labels_ == y) > 0.95
    predicted = auditor.predict(X)
    assert predicted.shape == (240,)
    assert set(predicted.tolist()) <= set(values)
    assert np.mean(predicted == y) > 0.95
    assert np.mean(auditor.estimator_.predict(X).ravel() == y) > 0.95
    likeliest = auditor.classes_[auditor.predict_proba(X).argmax(axis=1)]
    np.testing.assert_array_equal(likeliest, predicted)
    assert auditor.score(X, y) > 0.95
    assert auditor.audit(X, y).n_issues < 10


@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
@pytest.mark.parametrize("alone", [1, 3])
def test_a_class_of_one_row(make, alone):
    y = np.where(codes == alone, 3, codes)
    y[np.flatnonzero(codes == 1)[0]] = alone
    classifier = make(4) if make is make_skorch else make()
    with pytest.warns(UserWarning, match="fewer rows than the 5 folds"):
        auditor = LabelAuditor(classifier).fit(X, y)
    assert auditor.cv_probabilities_.shape == (240, 4)
    assert auditor.n_label_issues_ < 15


def test_pickled_and_encoded():
    y = np.array(["a", "b", "c"])[codes]
    auditor = LabelAuditor(make_xgboost()).fit(X, y)
    again = pickle.loads(pickle.dumps(auditor))
    np.testing.assert_array_equal(again.predict(X), auditor.predict(X))
    assert again.estimator_.feature_importances_.shape == (5,)


def test_more_outputs_than_classes():
    spare = LabelAuditor(make_catboost(loss_function="MultiClass", classes_count=5)).fit(X, codes)
    plain = LabelAuditor(make_catboost(loss_function="MultiClass")).fit(X, codes)
    assert spare.cv_probabilities_.shape == (240, 3)
    np.testing.assert_array_equal(spare.suggested_labels_, plain.suggested_labels_)
    message = r"NeuralNetClassifier gives probability .* fold 1 of 5: it gave shape \(48, 4\), its"
    with pytest.raises(ValueError, match=message):
        LabelAuditor(make_skorch(4)).fit(X, codes + 1)


def test_an_order_of_classes_of_its_own():
    ordered = LabelAuditor(make_catboost(class_names=(2, 0, 1))).fit(X, codes)
    assert ordered.estimator_.classes_.tolist() == [2, 0, 1]
    assert np.mean(ordered.suggested_labels_ == codes) > 0.95
    assert np.mean(ordered.cv_probabilities_.argmax(axis=1) == codes) > 0.95


@pytest.mark.parametrize("params", [{"cat_features": [0]}, {"class_weights": {0: 1, 1: 2, 2: 1}}])
def test_parameters_that_catboost_copies_are_named(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"doesn't keep {name} as it is .*pass {name} as a tuple"):
        LabelAuditor(make_catboost(**params)).fit(X, codes)


def test_names_of_columns_that_mix_strings_with_numbers():
    table = pd.DataFrame(X, columns=["age", 2020, 2021, 2022, 2023])
    auditor = LabelAuditor(make_lightgbm()).fit(table, codes)
    assert not hasattr(auditor, "feature_names_in_")
    assert auditor.n_features_in_ == 5
