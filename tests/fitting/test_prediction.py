import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from label_auditor import LabelAuditor

X, codes = make_blobs(60, 3, centers=3, cluster_std=3, random_state=0)
y = np.array(["a", "b", "c"])[codes]


class Backwards(ClassifierMixin, BaseEstimator):
    """A logistic regression with its classes in descending order."""

    def fit(self, X, y):
        self.inner_ = LogisticRegression().fit(X, y)
        self.classes_ = self.inner_.classes_[::-1]
        return self

    def predict(self, X):
        return self.inner_.predict(X)[:, np.newaxis]  # a column, as CatBoost gives it

    def predict_proba(self, X):
        return self.inner_.predict_proba(X)[:, ::-1]

    def predict_log_proba(self, X):
        return self.inner_.predict_log_proba(X)[:, ::-1]

    def decision_function(self, X):
        scores = self.inner_.decision_function(X)
        return -scores if scores.ndim == 1 else scores[:, ::-1]


@pytest.mark.parametrize("labels", [y, np.where(codes > 0, "yes", "no")], ids=["3", "2"])
@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "decision_function"]
)
def test_every_method_speaks_in_the_order_of_classes(labels, method):
    auditor = LabelAuditor(Backwards()).fit(X, labels)
    plain = LogisticRegression().fit(X, labels)
    np.testing.assert_array_equal(auditor.classes_, plain.classes_)
    np.testing.assert_array_equal(getattr(auditor, method)(X), getattr(plain, method)(X))
    assert auditor.score(X, labels) == plain.score(X, labels)


def test_predictions_are_ys_own_values():
    class Ints(GaussianNB):
        def predict(self, X):
            return super().predict(X).astype(int)

    labels = codes > 0
    predicted = LabelAuditor(Ints()).fit(X, labels).predict(X)
    assert predicted.dtype == bool
    np.testing.assert_array_equal(predicted, GaussianNB().fit(X, labels).predict(X))
    predicted = LabelAuditor(Ints()).fit(X, codes / 2 * 2).predict(X)
    assert predicted.dtype == float


def test_a_decision_for_each_pair_of_classes_is_passed_on():
    class WithProbabilities(SVC):
        def predict_proba(self, X):
            return np.tile([0.5, 0.3, 0.2], (len(X), 1))

    model = WithProbabilities(decision_function_shape="ovo")
    auditor = LabelAuditor(model).fit(X, y)
    expected = SVC(decision_function_shape="ovo").fit(X, y).decision_function(X)
    np.testing.assert_array_equal(auditor.decision_function(X), expected)


def test_decisions_of_unknown_columns_are_refused():
    class Pairs(Backwards):
        def decision_function(self, X):
            return np.zeros((len(X), 6))

    with pytest.raises(ValueError, match=r"Pairs gave shape \(60, 6\), whose columns can't be"):
        LabelAuditor(Pairs()).fit(X, y).decision_function(X)


def test_without_a_final_classifier_there_are_no_predictions():
    auditor = LabelAuditor(GaussianNB(), train_on=None).fit(X, y)
    with pytest.raises(AttributeError) as caught:
        auditor.predict(X)
    assert "no predict with train_on=None" in str(caught.value.__cause__)
