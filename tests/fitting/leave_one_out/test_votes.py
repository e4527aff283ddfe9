import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler

from label_auditor import GeometricVotingClassifier, LabelAuditor
from loo_oracle import fit_without_each

rng = np.random.default_rng(0)
codes = np.r_[0, 1, 2, rng.integers(0, 3, 47)]
X = rng.normal(size=(50, 4)) + 2 * codes[:, None]
y = np.array(["a", "b", "c"])[codes]
WORDS = np.array(["red", "round", "sweet", "sour", "long", "green", "soft", "hard"])
texts = [" ".join(rng.choice(np.roll(WORDS, 3 * code)[:5], 6)) for code in codes]


def soft(members, **params):
    return VotingClassifier(members, voting="soft", **params)


VOTES = [soft, GeometricVotingClassifier]


@pytest.mark.parametrize("make", VOTES)
@pytest.mark.parametrize("weights", [None, [2, 1, 0.5]], ids=["alike", "weighted"])
def test_each_member_is_left_one_out_and_then_they_vote(make, weights):
    members = [
        ("nb", GaussianNB()),
        ("knn", KNeighborsClassifier(3)),
        ("none", "drop"),
        ("norm", make_pipeline(Normalizer(), GaussianNB())),
    ]
    weights = weights and [*weights[:2], 9, weights[2]]
    vote = make(members, weights=weights)
    auditor = LabelAuditor(vote, cv="loo").fit(X, y)
    np.testing.assert_allclose(
        auditor.cv_probabilities_, fit_without_each(vote, X, codes), atol=1e-9
    )
    whole = clone(vote).fit(X, y)
    np.testing.assert_array_equal(auditor.predict_proba(X), whole.predict_proba(X))
    np.testing.assert_array_equal(auditor.predict(X), whole.predict(X))
    fitted = auditor.estimator_
    assert type(fitted) is type(vote)
    assert list(fitted.named_estimators_) == ["nb", "knn", "none", "norm"]
    assert fitted.named_estimators_["none"] == "drop"
    assert [type(each) for each in fitted.estimators_] == [type(each) for each in whole.estimators_]
    assert str(fitted.get_params()) == str(vote.get_params())
    np.testing.assert_array_equal(fitted.le_.classes_, ["a", "b", "c"])


@pytest.mark.parametrize("make", VOTES)
def test_label_free_steps_of_each_member_are_fitted_once_on_all_rows(make):
    words, chars = TfidfVectorizer(), CountVectorizer(analyzer="char_wb", ngram_range=(2, 3))
    vote = make(
        [
            ("words", make_pipeline(words, MultinomialNB(alpha=0.1))),
            ("chars", make_pipeline(chars, ComplementNB())),
        ]
    )
    auditor = LabelAuditor(vote, cv="loo").fit(texts, y)
    features = [clone(step).fit_transform(texts) for step in (words, chars)]
    bare = make([("words", MultinomialNB(alpha=0.1)), ("chars", ComplementNB())])
    expected = []
    for row in range(50):
        others = np.delete(np.arange(50), row)
        fitted = [
            clone(member).fit(part[others], codes[others]).predict_proba(part[[row]])
            for part, (_, member) in zip(features, bare.estimators, strict=True)
        ]
        mean = np.mean(fitted, axis=0)
        if make is GeometricVotingClassifier:
            mean = np.exp(np.mean(np.log(np.maximum(fitted, 1e-6)), axis=0))
        expected.append(mean[0] / mean.sum())
    np.testing.assert_allclose(auditor.cv_probabilities_, expected, atol=1e-9)
    whole = clone(vote).fit(texts, y)
    np.testing.assert_allclose(
        auditor.predict_proba(texts[:9]), whole.predict_proba(texts[:9]), rtol=1e-12
    )
    for ours, theirs in zip(auditor.estimator_.estimators_, whole.estimators_, strict=True):
        assert ours[0].vocabulary_ == theirs[0].vocabulary_


def test_steps_before_the_vote_and_nested_votes():
    inner = soft([("nb", make_pipeline(StandardScaler(), GaussianNB())), ("b", BernoulliNB())])
    vote = GeometricVotingClassifier([("vote", inner), ("knn", KNeighborsClassifier(3))])
    auditor = LabelAuditor(make_pipeline(MinMaxScaler(), vote), cv="loo").fit(X, y)
    scaled = MinMaxScaler().fit_transform(X)
    whole_scaled = StandardScaler().fit_transform(scaled)
    nb = fit_without_each(GaussianNB(), whole_scaled, codes)
    arithmetic = (nb + fit_without_each(BernoulliNB(), scaled, codes)) / 2
    knn = fit_without_each(KNeighborsClassifier(3), scaled, codes)
    expected = np.sqrt(np.maximum(arithmetic, 1e-6) * np.maximum(knn, 1e-6))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(auditor.cv_probabilities_, expected, atol=1e-9)
    whole = make_pipeline(MinMaxScaler(), vote).fit(X, y)
    np.testing.assert_array_equal(auditor.predict_proba(X), whole.predict_proba(X))


def test_a_pipeline_of_steps_that_learn_nothing_ends_in_a_vote():
    vote = soft([("nb", GaussianNB()), ("knn", KNeighborsClassifier(3))])
    pipeline = make_pipeline(Normalizer(), vote)
    auditor = LabelAuditor(pipeline, cv="loo", share_preprocessing=False).fit(X, y)
    expected = fit_without_each(pipeline, X, codes)
    np.testing.assert_allclose(auditor.cv_probabilities_, expected, atol=1e-9)
    np.testing.assert_array_equal(auditor.predict_proba(X), pipeline.fit(X, y).predict_proba(X))
    with pytest.raises(ValueError, match="only the last step 'votingclassifier' of the pipeline"):
        LabelAuditor(pipeline, cv="loo", share_preprocessing=False).fit(X, y, nothing__here=1)


@pytest.mark.parametrize("make", VOTES)
@pytest.mark.parametrize("before", [(), (StandardScaler(),)], ids=["alone", "piped"])
def test_members_without_it_are_refused_by_name_before_any_fit(make, before):
    class Counting(GaussianNB):
        def fit(self, *args, **kwargs):
            raise AssertionError("it is fitted")

    vote = make(
        [
            ("good", GaussianNB()),
            ("forest", RandomForestClassifier()),
            ("l1", LogisticRegression(solver="liblinear")),
            ("selected", make_pipeline(SelectKBest(k=2), GaussianNB())),
            ("own", Counting()),
        ]
    )
    with pytest.raises(ValueError, match=r"4 of 5 can't be left one out\. ") as refused:
        LabelAuditor(make_pipeline(*before, vote) if before else vote, cv="loo").fit(X, y)
    message = str(refused.value)
    assert "'forest': cv='loo' needs a classifier" in message
    assert "'l1': cv='loo' can't be done for this LogisticRegression" in message
    assert "'selected': cv='loo' with a pipeline whose step 'selectkbest'" in message
    assert "'own'" in message
    assert "'good'" not in message


def test_members_whose_steps_are_not_shared_are_refused():
    vote = soft([("scaled", make_pipeline(StandardScaler(), GaussianNB())), ("nb", GaussianNB())])
    with pytest.raises(ValueError, match=r"Member 'scaled': .* pass share_preprocessing='auto'"):
        LabelAuditor(vote, cv="loo", share_preprocessing=False).fit(X, y)


def test_hard_votes_and_subclasses_are_refused():
    class Mine(VotingClassifier):
        pass

    members = [("nb", GaussianNB())]
    with pytest.raises(ValueError, match="VotingClassifier, which has no predict_proba"):
        LabelAuditor(VotingClassifier(members), cv="loo").fit(X, y)
    with pytest.raises(ValueError, match="but Mine has none"):
        LabelAuditor(Mine(members, voting="soft"), cv="loo").fit(X, y)


def test_rows_that_one_member_cant_judge_are_not_evaluated():
    some = np.r_[np.repeat([0, 1], 20), 2, 2]
    points = np.random.default_rng(1).normal(size=(42, 1)) + some[:, None]
    vote = soft([("qda", QuadraticDiscriminantAnalysis()), ("nb", GaussianNB())])
    with pytest.warns(UserWarning, match=r"can't judge .*40.*41.*Such rows are not evaluated"):
        auditor = LabelAuditor(vote, cv="loo").fit(points, some)
    np.testing.assert_array_equal(np.flatnonzero(~auditor.evaluated_), [40, 41])
    assert np.isnan(auditor.cv_probabilities_[40:]).all()
    expected = fit_without_each(vote, points, some)
    np.testing.assert_allclose(auditor.cv_probabilities_[:40], expected[:40], atol=1e-9)


def test_the_only_row_of_a_class_is_not_evaluated():
    some = codes.copy()
    some[7] = 3
    vote = GeometricVotingClassifier(
        [("nb", GaussianNB(var_smoothing=0.1)), ("k", MultinomialNB())]
    )
    auditor = LabelAuditor(vote, cv="loo").fit(np.abs(X), some)
    assert np.flatnonzero(~auditor.evaluated_) == [7]
    expected = fit_without_each(vote, np.abs(X), some)
    np.testing.assert_allclose(auditor.cv_probabilities_, expected, atol=1e-9)


def test_rows_without_a_label_get_the_vote_of_all_others():
    labels = y.astype(object)
    labels[[5, 9]] = None
    vote = GeometricVotingClassifier(
        [("nb", make_pipeline(StandardScaler(), GaussianNB())), ("knn", KNeighborsClassifier(3))]
    )
    auditor = LabelAuditor(vote, cv="loo", missing_labels="suggest").fit(X, labels)
    kept = np.setdiff1d(np.arange(50), [5, 9])
    scaled = StandardScaler().fit_transform(X)
    probs = [
        GaussianNB().fit(scaled[kept], y[kept]).predict_proba(scaled[[5, 9]]),
        KNeighborsClassifier(3).fit(X[kept], y[kept]).predict_proba(X[[5, 9]]),
    ]
    mean = np.sqrt(np.maximum(probs, 1e-6).prod(axis=0))
    mean /= mean.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(auditor.cv_probabilities_[[5, 9]], mean, atol=1e-12)
    assert not auditor.evaluated_[[5, 9]].any()


def test_sample_weights_go_where_the_vote_sends_them():
    weights = rng.uniform(0.2, 3, 50)
    plain = soft([("nb", GaussianNB()), ("lr", BernoulliNB())])
    auditor = LabelAuditor(plain, cv="loo").fit(X, y, sample_weight=weights)
    expected = fit_without_each(plain, X, codes, weights)
    np.testing.assert_allclose(auditor.cv_probabilities_, expected, atol=1e-9)
    with config_context(enable_metadata_routing=True):
        scaled = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            GaussianNB().set_fit_request(sample_weight=True),
        )
        routed = soft([("scaled", scaled), ("knn", KNeighborsClassifier(3))])
        auditor = LabelAuditor(routed, cv="loo").fit(X, y, sample_weight=weights)
    nb = fit_without_each(GaussianNB(), StandardScaler().fit_transform(X), codes, weights)
    knn = fit_without_each(KNeighborsClassifier(3), X, codes)
    np.testing.assert_allclose(auditor.cv_probabilities_, (nb + knn) / 2, atol=1e-9)


def test_members_that_take_no_sample_weights_are_an_error():
    vote = soft([("nb", GaussianNB()), ("knn", KNeighborsClassifier(3))])
    with pytest.raises(TypeError, match="sample_weight"):
        LabelAuditor(vote, cv="loo").fit(X, y, sample_weight=np.ones(50))


@pytest.mark.parametrize(
    ("members", "params", "message"),
    [
        ([("a", GaussianNB()), ("b", GaussianNB())], {"weights": [1]}, "must be equal"),
        ([("a", GaussianNB()), ("a", GaussianNB())], {}, "with different names"),
        ([("a", "drop")], {}, "All estimators are dropped"),
        ([GaussianNB()], {}, "must be a list of"),
    ],
    ids=str,
)
@pytest.mark.parametrize("make", VOTES)
def test_what_is_no_vote_is_refused(make, members, params, message):
    with pytest.raises(ValueError, match=message):
        LabelAuditor(make(members, **params), cv="loo").fit(X, y)


@pytest.mark.parametrize("train_on", ["unflagged", "corrected", None])
def test_trains_on_what_it_is_told_to(train_on):
    labels = y.copy()
    labels[:3] = ["c", "a", "b"]
    vote = GeometricVotingClassifier(
        [("nb", make_pipeline(StandardScaler(), GaussianNB())), ("knn", KNeighborsClassifier(3))]
    )
    auditor = LabelAuditor(vote, cv="loo", train_on=train_on).fit(X, labels)
    assert auditor.label_issues_.any()
    if train_on is None:
        assert not hasattr(auditor, "predict_proba")
        return
    kept = ~auditor.label_issues_ if train_on == "unflagged" else np.full(50, fill_value=True)
    given = (
        labels
        if train_on == "unflagged"
        else np.where(auditor.label_issues_, auditor.suggested_labels_, labels)
    )
    scaled = StandardScaler().fit(X)
    bare = GeometricVotingClassifier([("nb", GaussianNB())]).fit(
        scaled.transform(X)[kept], given[kept]
    )
    nb = auditor.estimator_.named_estimators_["nb"]
    np.testing.assert_allclose(
        nb.predict_proba(X), bare.estimators_[0].predict_proba(scaled.transform(X)), rtol=1e-12
    )


def test_warns_of_nothing_else():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vote = GeometricVotingClassifier(
            [("nb", MultinomialNB()), ("knn", KNeighborsClassifier(3))]
        )
        LabelAuditor(vote, cv="loo").fit(np.abs(X), y)
