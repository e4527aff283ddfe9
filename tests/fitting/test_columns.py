import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_blobs
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import LabelAuditor
from label_auditor.fitting.columns import (
    NoProbabilitiesError,
    find_columns,
    name_estimator,
    place_columns,
    read_probabilities,
)

X, codes = make_blobs(60, 3, centers=3, random_state=0)
y = np.array(["a", "b", "c"])[codes]


class Net(ClassifierMixin, BaseEstimator):
    """Naive Bayes whose classes and probabilities come in another form."""

    def __init__(self, output=None, classes=None):
        self.output = output
        self.classes = classes

    def fit(self, X, y):
        self.inner_ = GaussianNB().fit(X, y)
        found = self.inner_.classes_
        classes = found if self.classes is None else self.classes(found)
        if classes is not None:
            self.classes_ = classes
        return self

    def predict_proba(self, X):
        probs = self.inner_.predict_proba(X)
        return probs if self.output is None else self.output(probs)

    def predict(self, X):
        return self.inner_.predict(X)


def fit(net, y=y):
    return LabelAuditor(net).fit(X, y)


@pytest.mark.parametrize("labels", [y, codes, codes + 1, np.array([5, 0, 70])[codes]])
@pytest.mark.parametrize("order", [[2, 1, 0], [1, 2, 0]])
def test_the_order_of_classes_does_not_matter(labels, order):
    net = Net(lambda probs: probs[:, order], lambda found: found[order])
    shuffled, plain = fit(net, labels), fit(Net(), labels)
    np.testing.assert_array_equal(shuffled.cv_probabilities_, plain.cv_probabilities_)
    np.testing.assert_array_equal(shuffled.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(shuffled.audit(X, labels).scores, plain.audit(X, labels).scores)
    assert shuffled.score(X, labels) == plain.score(X, labels)


@pytest.mark.parametrize("train_on", ["unflagged", "corrected"])
def test_the_order_of_classes_does_not_matter_to_the_final_classifier(train_on):
    net = Net(lambda probs: probs[:, ::-1], lambda found: found[::-1])
    shuffled, plain = (LabelAuditor(each, train_on=train_on).fit(X, y) for each in (net, Net()))
    np.testing.assert_array_equal(shuffled.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize(
    "labels", [y, codes + 1, np.array([0, 2, 5])[codes]], ids=["strings", "from 1", "gaps"]
)
def test_codes_in_place_of_labels_are_refused(labels):
    net = Net(classes=lambda found: np.arange(len(found)))
    with pytest.raises(ValueError, match=r"classes_ of Net is 0, 1, 2, but it was fitted on the"):
        fit(net, labels)


def test_codes_are_refused_where_a_fold_lacks_a_class():
    labels = np.where(codes == 1, 3, codes)
    labels[np.flatnonzero(codes == 1)[0]] = 1
    net = Net(classes=lambda found: np.arange(len(found)))
    with (
        pytest.warns(UserWarning, match="fewer rows than the 5 folds"),
        pytest.raises(ValueError, match=r"in fold \d of 5 is 0, 1, 2, but .* labels 0, 2, 3"),
    ):
        fit(net, labels)


def test_labels_are_positions_of_columns_where_there_are_more_columns_than_classes():
    # As of a neural network with four outputs, in a fold that lacks a class.
    labels = np.where(codes == 1, 3, codes)
    labels[np.flatnonzero(codes == 1)[0]] = 1

    class Outputs(Net):
        def predict_proba(self, X):
            probs = np.zeros((len(X), 4))
            probs[:, self.classes_] = super().predict_proba(X)
            return probs

    with pytest.warns(UserWarning, match="fewer rows than the 5 folds"):
        outputs, plain = fit(Outputs(), labels), fit(Net(), labels)
    np.testing.assert_array_equal(outputs.cv_probabilities_, plain.cv_probabilities_)
    np.testing.assert_array_equal(
        fit(Outputs(), codes + 1).cv_probabilities_, fit(Net(), codes + 1).cv_probabilities_
    )


def test_a_class_named_twice_is_refused():
    with pytest.raises(ValueError, match="classes_ of Net is 'a', 'b', 'b', but it was fitted on"):
        fit(Net(classes=lambda found: found[[0, 1, 1]]))


def test_classes_that_y_lacks_are_dropped_if_they_are_empty():
    pad = lambda probs: np.c_[probs, np.zeros(len(probs))]  # noqa: E731
    auditor = fit(Net(pad, lambda found: np.append(found, "d")))
    np.testing.assert_array_equal(auditor.cv_probabilities_, fit(Net()).cv_probabilities_)
    assert auditor.predict_proba(X).shape == (60, 3)


def test_classes_that_y_lacks_are_refused_if_they_get_probability():
    share = lambda probs: np.c_[0.9 * probs, np.full(len(probs), 0.1)]  # noqa: E731
    with pytest.raises(
        ValueError, match=r"to classes that y does not have in fold 1 of 5: .*'d', y has .* 0\.9 in"
    ):
        fit(Net(share, lambda found: np.append(found, "d")))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (lambda probs: probs[:, 1], r"gave shape \(12,\), but an array of shape \(12, 3\)"),
        (lambda probs: probs[:, 1:2], r"gave shape \(12, 1\), but"),
        (lambda probs: probs[1:], r"gave shape \(11, 3\), but"),
        (lambda probs: probs.T, r"gave shape \(3, 12\), but"),
        (lambda probs: np.c_[probs, probs[:, :1]], r"gave shape \(12, 4\), but"),
        (lambda probs: [np.c_[1 - p, p] for p in probs.T], "gave a list of 3 arrays, but"),
        (lambda probs: None, "gave a NoneType of object, which holds no numbers"),
        (lambda probs: probs.astype(str), "gave a ndarray of <U32, which holds no numbers"),
        (sparse.csr_array, "gave a csr_array of object, which holds no numbers"),
    ],
)
def test_another_shape_is_refused_by_classifier_fold_and_shape(output, message):
    with pytest.raises(ValueError, match=f"^predict_proba of Net in fold 1 of 5 {message}"):
        fit(Net(output))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (lambda probs: probs * np.nan, "sum to nan, not 1"),
        (lambda probs: probs + 0.1, "sum to 1.3, not 1"),
        (lambda probs: probs + np.array([0.5, -0.25, -0.25]), "hold negative numbers"),
    ],
)
def test_what_is_no_probability_is_refused_by_row(output, message):
    with pytest.raises(ValueError, match=rf"in fold 1 of 5: rows \d.* \(12 in all\) {message}"):
        fit(Net(output))


def test_a_classifier_without_classes_is_refused():
    with pytest.raises(ValueError, match=r"^Net has no classes_ after fit, .*set self.classes_"):
        fit(Net(classes=lambda found: None))


def test_several_outputs_are_refused():
    with pytest.raises(ValueError, match=r"classes_ of Net has shape \(2, 3\)"):
        fit(Net(classes=lambda found: [found, found]))


@pytest.mark.parametrize(
    "output",
    [
        lambda probs: (probs >= probs.max(axis=1, keepdims=True)).astype(int),
        lambda probs: probs >= probs.max(axis=1, keepdims=True),
    ],
    ids=["ints", "bools"],
)
def test_hard_predictions_are_probabilities_of_0_and_1(output):
    auditor = fit(Net(output))
    assert auditor.cv_probabilities_.dtype == float
    expected = output(fit(Net()).cv_probabilities_)
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)


class TestTables:
    @pytest.mark.parametrize("order", ["abc", "cab"])
    def test_names_of_columns_are_classes(self, order):
        table = lambda probs: pd.DataFrame(probs, columns=list("abc"))[list(order)]  # noqa: E731
        np.testing.assert_array_equal(
            fit(Net(table)).cv_probabilities_, fit(Net()).cv_probabilities_
        )

    def test_names_may_be_classes_as_strings(self):
        table = lambda probs: pd.DataFrame(probs, columns=list("012"))[["2", "0", "1"]]  # noqa: E731
        np.testing.assert_array_equal(
            fit(Net(table), codes).cv_probabilities_, fit(Net(), codes).cv_probabilities_
        )

    @pytest.mark.parametrize("names", [range(3), ["p0", "p1", "p2"]])
    def test_other_names_say_nothing(self, names):
        table = lambda probs: pd.DataFrame(probs, columns=names)  # noqa: E731
        np.testing.assert_array_equal(
            fit(Net(table)).cv_probabilities_, fit(Net()).cv_probabilities_
        )

    def test_columns_that_nobody_named_are_in_the_order_of_classes_(self):
        net = Net(lambda probs: pd.DataFrame(probs[:, ::-1]), lambda found: found[::-1])
        shuffled, plain = fit(net, codes), fit(Net(), codes)
        np.testing.assert_array_equal(shuffled.cv_probabilities_, plain.cv_probabilities_)
        np.testing.assert_array_equal(shuffled.predict_proba(X), plain.predict_proba(X))

    @pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "decision_function"])
    def test_predictions_are_in_the_order_of_classes_(self, method):
        class Table(Net):
            def predict_proba(self, X):
                return pd.DataFrame(self.inner_.predict_proba(X), columns=list("abc"))[list("cab")]

            def predict_log_proba(self, X):
                return np.log(self.predict_proba(X))

            decision_function = predict_log_proba

        X_new = pd.DataFrame(X, index=np.arange(60)[::-1])  # which is not that of the table
        auditor = LabelAuditor(Table()).fit(X_new, y)
        found = getattr(auditor, method)(X_new)
        expected = GaussianNB().fit(X_new, y).predict_proba(X_new)
        expected = expected if method == "predict_proba" else np.log(expected)
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(
            auditor.audit(X_new, y).suggested_labels, auditor.predict(X_new)
        )

    @pytest.mark.parametrize("make", [pd.DataFrame, lambda table: table.astype("Float64")])
    def test_classifiers_that_are_fitted_on_codes(self, make):
        class OfCodes(Net):
            def fit(self, X, y):
                assert y.dtype.kind == "i", "codes are needed"
                return super().fit(X, y)

        table = lambda probs: make(pd.DataFrame(probs, columns=list("012"))[["2", "0", "1"]])  # noqa: E731
        found, plain = fit(OfCodes(table)), fit(Net())
        np.testing.assert_array_equal(found.cv_probabilities_, plain.cv_probabilities_)
        np.testing.assert_array_equal(found.predict_proba(X), plain.predict_proba(X))

    def test_contradictions_are_refused(self):
        table = lambda probs: pd.DataFrame(probs, columns=["a", "c", "x"])  # noqa: E731
        with pytest.raises(
            ValueError, match=r"Net in fold 1 of 5 gave a table with the columns 'a"
        ):
            fit(Net(table))

    def test_nullable_numbers_are_read(self):
        table = lambda probs: pd.DataFrame(probs).convert_dtypes()  # noqa: E731
        np.testing.assert_array_equal(
            fit(Net(table)).cv_probabilities_, fit(Net()).cv_probabilities_
        )


def test_an_array_that_is_used_again_is_copied():
    buffer = np.empty((12, 3))

    def reuse(probs):
        if len(probs) != len(buffer):
            return probs
        buffer[:] = probs
        return buffer

    auditor = LabelAuditor(Net(reuse)).fit(X, y)
    np.testing.assert_array_equal(auditor.cv_probabilities_, fit(Net()).cv_probabilities_)


def test_the_parts_of_this_module_agree():
    fitted = GaussianNB().fit(X, y)
    classes = np.array(["b", "d", "c", "a"])
    columns = find_columns(fitted, classes, trained_on=y)
    assert columns.tolist() == [3, 0, 2]
    probs = fitted.predict_proba(X)
    read, known = read_probabilities(fitted, probs, np.arange(60), classes, trained_on=y)
    np.testing.assert_array_equal(read, probs[:, [1, 1, 2, 0]] * [1, 0, 1, 1])
    assert known.tolist() == [0, 2, 3]
    np.testing.assert_array_equal(place_columns(probs, columns, 4, -1)[:, 1], -1)
    assert place_columns(probs, np.arange(3), 3) is probs
    with pytest.raises(NoProbabilitiesError):
        read_probabilities(fitted, probs[1:], np.arange(60), classes)


def test_a_pipeline_has_the_name_of_its_last_step():
    assert name_estimator(make_pipeline(StandardScaler(), make_pipeline(GaussianNB()))) == (
        "GaussianNB"
    )
