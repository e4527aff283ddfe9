import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_blobs
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import LabelAuditor
from label_auditor.fitting.encoded_labels import EncodedLabels, LabelForm, encode_last

X, codes = make_blobs(60, 3, centers=3, cluster_std=3, random_state=0)
y = np.array(["a", "b", "c"])[codes]
FITS = []


@pytest.fixture(autouse=True)
def start_anew():
    FITS.clear()


class CodesOnly(LogisticRegression):
    """Refuses all labels but 0 … K - 1, as XGBoost does."""

    def fit(self, X, y, sample_weight=None):
        FITS.append(np.unique(y).tolist())
        if np.unique(y).tolist() != list(range(len(np.unique(y)))):
            raise TypeError("labels must be codes")
        return super().fit(X, y, sample_weight)


class Broken(ClassifierMixin, BaseEstimator):
    """Raises another error each time."""

    def fit(self, X, y):
        FITS.append(np.unique(y).tolist())
        raise ValueError(f"error {len(FITS)}")

    def predict_proba(self, X):
        raise NotImplementedError


@pytest.mark.parametrize(
    "values", [["a", "b", "c"], [1, 2, 3], [5, 0, 70], [-1, 0, 1], [1.0, 2.0, 3.0]], ids=str
)
def test_labels_are_encoded_where_they_are_refused_and_decoded_in_all_that_comes_out(values):
    labels = np.array(values)[codes]
    auditor = LabelAuditor(CodesOnly()).fit(X, labels)
    plain = LabelAuditor(LogisticRegression()).fit(X, labels)
    np.testing.assert_array_equal(auditor.cv_probabilities_, plain.cv_probabilities_)
    np.testing.assert_array_equal(auditor.suggested_labels_, plain.suggested_labels_)
    np.testing.assert_array_equal(auditor.estimator_.classes_, np.unique(labels))
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        expected = getattr(plain, method)(X)
        np.testing.assert_array_equal(getattr(auditor, method)(X), expected)
        np.testing.assert_array_equal(getattr(auditor.estimator_, method)(X), expected)
    assert auditor.score(X, labels) == plain.score(X, labels)
    np.testing.assert_array_equal(auditor.audit(X, labels).scores, plain.audit(X, labels).scores)
    np.testing.assert_array_equal(auditor.estimator_.coef_, plain.estimator_.coef_)


def test_labels_stay_as_they_are_where_they_are_taken():
    auditor = LabelAuditor(CodesOnly()).fit(X, codes)
    assert type(auditor.estimator_) is CodesOnly
    assert type(LabelAuditor(GaussianNB()).fit(X, y).estimator_) is GaussianNB


def test_it_is_decided_on_the_first_fit_that_raises():
    LabelAuditor(CodesOnly()).fit(X, y)
    assert FITS == [["a", "b", "c"]] + 6 * [[0, 1, 2]]


@pytest.mark.parametrize("values", [[False, True], [0.0, 1.0]])
def test_what_only_equals_codes_is_encoded_too(values):
    class Ints(LogisticRegression):
        def fit(self, X, y):
            if y.dtype.kind != "i":
                raise TypeError("expected Long")
            return super().fit(X, y)

    labels = np.array(values)[codes.clip(max=1)]
    auditor = LabelAuditor(Ints()).fit(X, labels)
    plain = LabelAuditor(LogisticRegression()).fit(X, labels)
    np.testing.assert_array_equal(auditor.cv_probabilities_, plain.cv_probabilities_)
    np.testing.assert_array_equal(auditor.predict(X), plain.predict(X))


def test_a_class_of_one_row():
    labels = np.where(codes == 1, 3, codes)
    labels[np.flatnonzero(codes == 1)[0]] = 1
    with pytest.warns(UserWarning, match="fewer rows than the 5 folds"):
        auditor = LabelAuditor(CodesOnly()).fit(X, labels)
    with pytest.warns(UserWarning, match="fewer rows than the 5 folds"):
        plain = LabelAuditor(LogisticRegression()).fit(X, labels)
    np.testing.assert_array_equal(auditor.cv_probabilities_, plain.cv_probabilities_)


@pytest.mark.parametrize("memory", [False, True])
def test_codes_are_tried_once_and_then_the_first_error_stands(tmp_path, memory):
    options = {"memory": tmp_path} if memory else {}
    with pytest.raises(ValueError, match=r"error 1$"):
        LabelAuditor(Broken(), train_on=None, **options).fit(X, y)
    assert FITS[:2] == [["a", "b", "c"], [0, 1, 2]]
    assert [0, 1, 2] not in FITS[2:]


def test_labels_that_are_codes_are_tried_once():
    with pytest.raises(ValueError, match=r"error 1$"):
        LabelAuditor(Broken()).fit(X, codes)
    assert FITS == [[0, 1, 2]]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: make_pipeline(SelectKBest(k=2), model),
        lambda model: make_pipeline(StandardScaler(), make_pipeline(SelectKBest(k=2), model)),
        lambda model: GridSearchCV(model, {"C": [1.0]}, cv=2, error_score="raise"),
    ],
    ids=["shared", "with labels", "nested", "search"],
)
def test_inside_of_pipelines_and_searches(wrap):
    auditor, plain = (
        LabelAuditor(wrap(model)).fit(X, y) for model in (CodesOnly(), LogisticRegression())
    )
    np.testing.assert_array_equal(auditor.cv_probabilities_, plain.cv_probabilities_)
    np.testing.assert_array_equal(auditor.estimator_.predict(X), plain.estimator_.predict(X))


def test_weights_by_label_are_translated():
    weights = {"a": 1.0, "b": 20.0, "c": 1.0}
    auditor, plain = (
        LabelAuditor(make_pipeline(StandardScaler(), model(class_weight=weights))).fit(X, y)
        for model in (CodesOnly, LogisticRegression)
    )
    np.testing.assert_array_equal(auditor.cv_probabilities_, plain.cv_probabilities_)
    assert auditor.estimator.get_params()["codesonly__class_weight"] == weights


def test_metadata_reach_the_classifier():
    weight = np.random.default_rng(0).random(60)
    auditor, plain = (
        LabelAuditor(model).fit(X, y, sample_weight=weight)
        for model in (CodesOnly(), LogisticRegression())
    )
    np.testing.assert_array_equal(auditor.cv_probabilities_, plain.cv_probabilities_)
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, CodesOnly().set_fit_request(sample_weight=True))
        routed = LabelAuditor(model, share_preprocessing=False).fit(X, y, sample_weight=weight)
    scaled = LabelAuditor(
        make_pipeline(StandardScaler(), LogisticRegression()), share_preprocessing=False
    ).fit(X, y, logisticregression__sample_weight=weight)
    np.testing.assert_array_equal(routed.cv_probabilities_, scaled.cv_probabilities_)


def test_is_an_estimator_that_can_be_cloned_and_pickled():
    encoded = EncodedLabels(GaussianNB()).fit(X, y)
    again = pickle.loads(pickle.dumps(encoded))
    np.testing.assert_array_equal(again.predict(X), encoded.predict(X))
    assert again.theta_.shape == (3, 3)
    assert not hasattr(clone(encoded), "theta_")
    assert not hasattr(encoded, "decision_function")
    assert isinstance(encode_last(make_pipeline(GaussianNB()))[-1], EncodedLabels)


def test_out_of_memory_is_no_matter_of_labels():
    class Huge(GaussianNB):
        def fit(self, X, y):
            FITS.append(1)
            raise MemoryError

    with pytest.raises(MemoryError):
        LabelForm().fit(Huge(), X, y, {})
    assert FITS == [1]


class ThreeOutputs(CodesOnly):
    """Has three outputs whatever the labels are, as a neural network does."""

    def predict_proba(self, X):
        probs = np.full((len(X), 3), 1e-4)
        probs[:, self.classes_] = super().predict_proba(X)
        return probs / probs.sum(axis=1, keepdims=True)


def test_more_outputs_than_the_classes_of_a_fold_are_refused_with_what_to_do():
    rare = np.where(codes == 1, 0, codes)
    rare[0] = 1  # in a fold of its own, which is the first
    labels = np.array(["a", "b", "c"])[rare]
    message = r"^fold 1 of 5 .* has 3 outputs, .* on 2 classes \('a', 'c'\) .*fit_transform\(y\)"
    with (
        pytest.warns(UserWarning, match="fewer rows than the 5 folds"),
        pytest.raises(ValueError, match=message),
    ):
        LabelAuditor(ThreeOutputs()).fit(X, labels)
