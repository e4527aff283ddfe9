import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler

from label_auditor import LabelAuditor, audit_labels
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from loo_oracle import fit_without_each

rng = np.random.default_rng(0)
codes = np.r_[0, 1, 2, rng.integers(0, 3, 47)]
X = rng.normal(size=(50, 4)) + 2 * codes[:, None]
y = np.array(["a", "b", "c"])[codes]


def test_an_auditor_judges_each_row_by_all_others():
    auditor = LabelAuditor(GaussianNB(), cv="loo").fit(X, y)
    expected = cross_val_predict(GaussianNB(), X, y, cv=LeaveOneOut(), method="predict_proba")
    np.testing.assert_allclose(auditor.cv_probabilities_, expected, atol=1e-9)
    assert auditor.evaluated_.all()
    np.testing.assert_array_equal(auditor.ranked_issues_, audit_labels(y, expected).ranked)
    np.testing.assert_array_equal(auditor.predict_proba(X), GaussianNB().fit(X, y).predict_proba(X))
    one_by_one = LabelAuditor(GaussianNB(), cv=LeaveOneOut()).fit(X, y)
    np.testing.assert_array_equal(one_by_one.cv_probabilities_, expected)


@pytest.mark.parametrize("estimator", [RandomForestClassifier(), LogisticRegressionCV()], ids=str)
def test_others_are_refused_with_those_that_can(estimator):
    with pytest.raises(ValueError, match="has none; pass one of BernoulliNB, CategoricalNB, Com"):
        LabelAuditor(estimator, cv="loo").fit(X, y)


def test_subclasses_are_refused():
    class Mine(GaussianNB):
        pass

    with pytest.raises(ValueError, match=r"but Mine has none; .*not a subclass"):
        LabelAuditor(Mine(), cv="loo").fit(X, y)


def test_label_free_steps_are_fitted_once_on_all_rows():
    pipeline = make_pipeline(MinMaxScaler(), MultinomialNB())
    auditor = LabelAuditor(pipeline, cv="loo").fit(X, y)
    expected = fit_without_each(MultinomialNB(), MinMaxScaler().fit_transform(X), codes)
    np.testing.assert_allclose(auditor.cv_probabilities_, expected, atol=1e-9)
    np.testing.assert_array_equal(auditor.predict_proba(X), pipeline.fit(X, y).predict_proba(X))


@pytest.mark.parametrize(
    ("pipeline", "share", "step"),
    [
        (make_pipeline(SelectKBest(k=2), GaussianNB()), "auto", "selectkbest"),
        (make_pipeline(StandardScaler(), GaussianNB()), False, "standardscaler"),
    ],
    ids=["labels", "unshared"],
)
def test_steps_that_would_have_to_learn_without_each_row_are_refused(pipeline, share, step):
    with pytest.raises(ValueError, match=f"step '{step}' can't do without labels, or is not"):
        LabelAuditor(pipeline, cv="loo", share_preprocessing=share).fit(X, y)


@pytest.mark.parametrize("share", ["auto", False])
def test_what_X_is_to_blame_for_is_said_of_X(share):
    spoilt = X.copy()
    spoilt[3, 1] = np.inf
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    for estimator in (pipeline, VotingClassifier([("scaled", pipeline)], voting="soft")):
        with pytest.raises(ValueError, match="Input X contains infinity"):
            LabelAuditor(estimator, cv="loo", share_preprocessing=share).fit(spoilt, y)


def test_steps_that_learn_nothing_need_not_be_shared():
    pipeline = make_pipeline(Normalizer(), "passthrough", GaussianNB())
    unshared = LabelAuditor(pipeline, cv="loo", share_preprocessing=False).fit(X, y)
    shared = LabelAuditor(pipeline, cv="loo").fit(X, y)
    np.testing.assert_array_equal(unshared.cv_probabilities_, shared.cv_probabilities_)
    np.testing.assert_array_equal(unshared.predict_proba(X), shared.predict_proba(X))


def test_the_only_row_of_a_class_is_not_judged_and_the_others_know_the_class():
    some = codes.copy()
    some[7] = 3
    _, pred_probs = leave_one_out(GaussianNB(var_smoothing=0.1), X, some, np.arange(4))
    expected = fit_without_each(GaussianNB(var_smoothing=0.1), X, some)
    np.testing.assert_allclose(pred_probs, expected, atol=1e-9)
    assert np.flatnonzero(np.isnan(pred_probs[:, 0])) == [7]
    auditor = LabelAuditor(GaussianNB(var_smoothing=0.1), cv="loo").fit(X, some)
    assert np.flatnonzero(~auditor.evaluated_) == [7]
    assert not auditor.label_issues_[7]


def test_the_only_row_with_weight_in_a_class_is_not_judged():
    weights = np.where((codes == 2) & (np.arange(50) != 2), 0.0, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        _, pred_probs = leave_one_out(
            GaussianNB(), X, codes, np.arange(3), {"sample_weight": weights}
        )
    assert np.isnan(pred_probs[2]).all()


def test_rows_without_a_label_are_predicted_by_the_model_of_all_others():
    labels = y.astype(object)
    labels[[5, 9]] = None
    auditor = LabelAuditor(GaussianNB(), cv="loo", missing_labels="suggest").fit(X, labels)
    kept = np.setdiff1d(np.arange(50), [5, 9])
    alone = GaussianNB().fit(X[kept], y[kept])
    np.testing.assert_array_equal(auditor.cv_probabilities_[[5, 9]], alone.predict_proba(X[[5, 9]]))
    expected = fit_without_each(GaussianNB(), X[kept], codes[kept])
    np.testing.assert_allclose(auditor.cv_probabilities_[kept], expected, atol=1e-9)
    assert not auditor.evaluated_[[5, 9]].any()


def test_sample_weights_reach_the_end_of_a_pipeline():
    weights = rng.uniform(0.2, 3, 50)
    scaled = StandardScaler().fit_transform(X)
    expected = fit_without_each(GaussianNB(), scaled, codes, weights)
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    by_name = LabelAuditor(pipeline, cv="loo").fit(X, y, gaussiannb__sample_weight=weights)
    np.testing.assert_allclose(by_name.cv_probabilities_, expected, atol=1e-9)
    with config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            GaussianNB().set_fit_request(sample_weight=True),
        )
        routed = LabelAuditor(pipeline, cv="loo").fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(routed.cv_probabilities_, expected, atol=1e-9)
    bare = LabelAuditor(GaussianNB(), cv="loo").fit(scaled, y, sample_weight=weights)
    np.testing.assert_allclose(bare.cv_probabilities_, expected, atol=1e-9)


def test_trains_again_on_what_it_is_told_to_and_keeps_nothing(tmp_path):
    labels = y.copy()
    labels[:3] = ["c", "a", "b"]
    auditor = LabelAuditor(GaussianNB(), cv="loo", train_on="unflagged", memory=tmp_path)
    auditor.fit(X, labels)
    assert auditor.label_issues_.any()
    kept = ~auditor.label_issues_
    alone = GaussianNB().fit(X[kept], labels[kept])
    np.testing.assert_array_equal(auditor.predict_proba(X), alone.predict_proba(X))
    assert not any(tmp_path.iterdir())


def test_the_default_classifier_is_a_logistic_regression():
    auditor = LabelAuditor(cv="loo").fit(X, y)
    _, expected = leave_one_out(LogisticRegression(), X, codes, np.arange(3))
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)
