import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from label_auditor import GeometricVotingClassifier, LabelAuditor
from label_auditor.fitting.parts import Parts
from label_auditor.fitting.shared_steps import Shared
from label_auditor.fitting.votes import SharedVote, share_label_free

rng = np.random.default_rng(0)
codes = np.r_[0, 1, 2, rng.integers(0, 3, 57)]
y = np.array(["a", "b", "c"])[codes]
X = rng.normal(size=(60, 4)) + 2 * codes[:, None]
WORDS = np.array(["red", "round", "sweet", "sour", "long", "green", "soft", "hard"])
texts = [" ".join(rng.choice(np.roll(WORDS, 3 * code)[:5], 6)) for code in codes]


def soft(members, **params):
    return VotingClassifier(members, voting="soft", **params)


VOTES = [soft, GeometricVotingClassifier]
WORD_NB = make_pipeline(TfidfVectorizer(min_df=2), MultinomialNB(alpha=0.1))
CHAR_NB = make_pipeline(CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)), ComplementNB())
HASHED = make_pipeline(HashingVectorizer(n_features=64), LogisticRegression())
TEXT_MEMBERS = [("words", WORD_NB), ("chars", CHAR_NB), ("hashed", HASHED)]


def predict_folds(estimator, X, cv=None, **params):
    with threadpool_limits(1, user_api="blas"):
        return cross_val_predict(estimator, X, y, cv=cv, method="predict_proba", params=params)


KERNEL = KNeighborsClassifier(metric="precomputed")


class Counted(TransformerMixin, BaseEstimator):
    """Centres, and counts its fits."""

    n_fits = 0

    def fit(self, X, y=None):
        type(self).n_fits += 1
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


@pytest.mark.parametrize("make", VOTES)
@pytest.mark.parametrize("weights", [None, [1, 3, 0.5]], ids=["alike", "weighted"])
def test_votes_over_texts_are_cross_val_predicts_to_the_bit(make, weights):
    vote = make(TEXT_MEMBERS, weights=weights)
    expected = predict_folds(vote, texts, cv=4)
    with threadpool_limits(1, user_api="blas"):
        whole = clone(vote).fit(texts, y)
    for n_jobs in (None, 2):
        auditor = LabelAuditor(vote, cv=4, n_jobs=n_jobs).fit(texts, y)
        np.testing.assert_array_equal(auditor.cv_probabilities_, expected)
        np.testing.assert_array_equal(auditor.predict_proba(texts), whole.predict_proba(texts))
        np.testing.assert_array_equal(auditor.predict(texts), whole.predict(texts))


@pytest.mark.parametrize("make", VOTES)
def test_the_final_vote_is_an_ordinary_one(make):
    vote = make([*TEXT_MEMBERS[:1], ("gone", "drop"), *TEXT_MEMBERS[1:]])
    fitted = LabelAuditor(vote, cv=3).fit(texts, y).estimator_
    whole = clone(vote).fit(texts, y)
    assert vars(fitted).keys() == vars(whole).keys()
    assert str(fitted.get_params()) == str(vote.get_params())
    assert list(fitted.named_estimators_) == ["words", "gone", "chars", "hashed"]
    assert fitted.named_estimators_["gone"] == "drop"
    for ours, theirs in zip(fitted.estimators_, whole.estimators_, strict=True):
        assert [type(step) for _, step in ours.steps] == [type(step) for _, step in theirs.steps]
        assert getattr(ours[0], "vocabulary_", 0) == getattr(theirs[0], "vocabulary_", 0)
    np.testing.assert_array_equal(fitted.classes_, ["a", "b", "c"])
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(texts), fitted.predict_proba(texts))
    np.testing.assert_array_equal(again.transform(texts), fitted.transform(texts))
    assert "on_part" not in repr(fitted)
    refitted = clone(fitted).fit(texts, y)
    np.testing.assert_array_equal(refitted.predict(texts), whole.predict(texts))


def test_steps_that_learn_are_fitted_once_and_all_members_use_the_same_folds():
    Counted.n_fits = 0
    members = [("scaled", make_pipeline(Counted(), KNeighborsClassifier(3))), ("nb", GaussianNB())]
    auditor = LabelAuditor(soft(members), cv=5).fit(X, y)
    assert Counted.n_fits == 1
    centred = X - X.mean(axis=0)
    expected = np.mean(
        [predict_folds(KNeighborsClassifier(3), centred), predict_folds(GaussianNB(), X)], axis=0
    )
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)
    np.testing.assert_array_equal(
        auditor.predict_proba(X), clone(soft(members)).fit(X, y).predict_proba(X)
    )
    LabelAuditor(soft(members), cv=5, share_preprocessing=False, train_on=None).fit(X, y)
    assert Counted.n_fits == 1 + 1 + 5


def test_nothing_is_shared_unless_it_is_asked_for():
    vote = soft([("scaled", make_pipeline(StandardScaler(), GaussianNB())), ("nb", BernoulliNB())])
    cv = StratifiedKFold(3)
    for options in ({"cv": cv}, {"cv": 3, "share_preprocessing": False}):
        auditor = LabelAuditor(vote, **options).fit(X, y)
        np.testing.assert_array_equal(auditor.cv_probabilities_, predict_folds(vote, X, cv))
    shared = LabelAuditor(vote, cv=cv, share_preprocessing=True).fit(X, y)
    assert (shared.cv_probabilities_ != auditor.cv_probabilities_).any()


def test_names_of_features_are_kept():
    frame = pd.DataFrame(X, columns=list("pqrs"))
    scaled = make_pipeline(StandardScaler().set_output(transform="pandas"), GaussianNB())
    vote = soft([("scaled", scaled), ("nb", GaussianNB())])
    auditor = LabelAuditor(vote).fit(frame, y)
    assert list(auditor.estimator_.feature_names_in_) == list("pqrs")
    assert auditor.estimator_.n_features_in_ == 4
    whole = clone(vote).fit(frame, y)
    np.testing.assert_array_equal(auditor.predict_proba(frame), whole.predict_proba(frame))


def test_steps_before_the_vote_and_nested_votes_are_shared():
    inner = GeometricVotingClassifier(
        [("centred", make_pipeline(Counted(), GaussianNB())), ("b", BernoulliNB())]
    )
    vote = soft([("inner", inner), ("tree", DecisionTreeClassifier(random_state=0))])
    pipeline = make_pipeline(MinMaxScaler(), "passthrough", vote)
    Counted.n_fits = 0
    auditor = LabelAuditor(pipeline, cv=3).fit(X, y)
    assert Counted.n_fits == 1
    scaled = MinMaxScaler().fit_transform(X)
    centred = scaled - scaled.mean(axis=0)
    both = [predict_folds(GaussianNB(), centred, 3), predict_folds(BernoulliNB(), scaled, 3)]
    geometric = np.sqrt(np.maximum(both, 1e-6).prod(axis=0))
    geometric /= geometric.sum(axis=1, keepdims=True)
    tree = predict_folds(DecisionTreeClassifier(random_state=0), scaled, 3)
    np.testing.assert_allclose(auditor.cv_probabilities_, (geometric + tree) / 2, rtol=1e-10)
    whole = clone(pipeline).fit(X, y)
    np.testing.assert_array_equal(auditor.predict_proba(X), whole.predict_proba(X))
    assert list(auditor.estimator_.named_steps) == list(pipeline.named_steps)


@pytest.mark.parametrize(
    ("estimator", "data"),
    [
        (
            make_pipeline(
                SelectKBest(k=2), soft([("s", make_pipeline(StandardScaler(), GaussianNB()))])
            ),
            X,
        ),
        (soft([("s", make_pipeline(SelectKBest(k=2), GaussianNB())), ("nb", GaussianNB())]), X),
        (
            make_pipeline(TfidfVectorizer(), soft([("nb", MultinomialNB()), ("b", BernoulliNB())])),
            texts,
        ),
        (type("Mine", (VotingClassifier,), {})(TEXT_MEMBERS, voting="soft"), texts),
    ],
    ids=["labels before", "labels inside", "tokens before", "subclass"],
)
def test_what_cant_be_shared_is_cross_fitted_as_it_is(estimator, data):
    auditor = LabelAuditor(estimator, cv=3).fit(data, y)
    np.testing.assert_array_equal(auditor.cv_probabilities_, predict_folds(estimator, data, 3))
    np.testing.assert_array_equal(
        auditor.predict_proba(data), clone(estimator).fit(data, y).predict_proba(data)
    )


@pytest.mark.parametrize("make", VOTES)
def test_folds_that_lack_a_class(make):
    vote = make(TEXT_MEMBERS[:2], weights=[2, 1])
    splits = [
        (np.flatnonzero(codes != lacking), np.flatnonzero(codes == lacking)) for lacking in range(3)
    ]
    for share in (False, True):
        with pytest.warns(UserWarning, match="3 of 3 training folds lack a class"):
            auditor = LabelAuditor(vote, cv=splits, share_preprocessing=share).fit(texts, y)
        if not share:
            plain = auditor.cv_probabilities_
    np.testing.assert_array_equal(auditor.cv_probabilities_, plain)
    assert (plain[codes == 1, 1] == 0).all()


def test_repetitions_are_averaged_after_the_vote():
    vote = GeometricVotingClassifier(TEXT_MEMBERS[:2])
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    shared = LabelAuditor(vote, cv=cv, share_preprocessing=True).fit(texts, y)
    plain = LabelAuditor(vote, cv=cv, share_preprocessing=False).fit(texts, y)
    np.testing.assert_array_equal(shared.cv_probabilities_, plain.cv_probabilities_)


@pytest.mark.parametrize("train_on", ["unflagged", "corrected", None])
def test_trains_on_what_it_is_told_to(train_on):
    labels = y.copy()
    labels[3:9] = np.array(["b", "c", "a"])[codes[3:9]]
    vote = GeometricVotingClassifier(TEXT_MEMBERS[:2])
    shared, plain = (
        LabelAuditor(vote, cv=3, train_on=train_on, share_preprocessing=share).fit(texts, labels)
        for share in (True, False)
    )
    assert shared.label_issues_.any()
    np.testing.assert_array_equal(shared.label_issues_, plain.label_issues_)
    assert hasattr(shared, "predict_proba") == (train_on is not None)
    if train_on:
        np.testing.assert_array_equal(shared.predict_proba(texts), plain.predict_proba(texts))


def test_rows_without_a_label_are_suggested_one():
    labels = y.astype(object)
    labels[[5, 9]] = None
    vote = GeometricVotingClassifier(TEXT_MEMBERS[:2])
    shared, plain = (
        LabelAuditor(vote, cv=3, missing_labels="suggest", share_preprocessing=share).fit(
            texts, labels
        )
        for share in (True, False)
    )
    np.testing.assert_array_equal(shared.cv_probabilities_, plain.cv_probabilities_)
    np.testing.assert_array_equal(shared.predict_proba(texts), plain.predict_proba(texts))


def test_finished_folds_are_kept_and_a_changed_member_or_weight_is_seen(tmp_path):
    def count_files():
        return len(list(tmp_path.rglob("output.pkl")))

    vote = GeometricVotingClassifier(TEXT_MEMBERS[:2], weights=[1, 2])
    first = LabelAuditor(vote, cv=3, memory=tmp_path).fit(texts, y)
    assert count_files() == 3
    again = LabelAuditor(vote, cv=3, memory=tmp_path, rank_by="normalized_margin").fit(texts, y)
    assert count_files() == 3
    np.testing.assert_array_equal(again.cv_probabilities_, first.cv_probabilities_)
    for change in ({"weights": [2, 1]}, {"words__multinomialnb__alpha": 1}, {"words": "drop"}):
        before = count_files()
        changed = clone(vote).set_params(**change)
        kept = LabelAuditor(changed, cv=3, memory=tmp_path).fit(texts, y)
        assert count_files() == before + 3
        np.testing.assert_array_equal(kept.cv_probabilities_, predict_folds(changed, texts, 3))


def test_sample_weights_without_routing_go_to_all_members():
    weights = rng.uniform(0.2, 3, 60)
    vote = soft([("nb", GaussianNB()), ("b", BernoulliNB())])
    auditor = LabelAuditor(vote, cv=3).fit(X, y, sample_weight=weights)
    expected = predict_folds(vote, X, 3, sample_weight=weights)
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)


def test_what_scikit_learn_refuses_it_refuses_in_its_own_words():
    vote = soft([("scaled", make_pipeline(StandardScaler(), GaussianNB())), ("nb", GaussianNB())])
    with pytest.raises(
        ValueError, match=r"Pipeline\.fit does not accept the sample_weight parameter"
    ):
        LabelAuditor(vote, cv=3).fit(X, y, sample_weight=np.ones(60))
    with pytest.raises(ValueError, match="The estimator StandardScaler should be a classifier"):
        LabelAuditor(soft([("scaled", StandardScaler()), *vote.estimators[1:]]), cv=3).fit(X, y)
    with pytest.raises(ValueError, match="Number of `estimators` and weights must be equal"):
        LabelAuditor(clone(vote).set_params(weights=[1]), cv=3).fit(X, y)
    with pytest.raises(ValueError, match="not unique"):
        LabelAuditor(soft([vote.estimators[0]] * 2), cv=3).fit(X, y)


def test_metadata_are_routed_to_members():
    weights = rng.uniform(0.2, 3, 60)
    with config_context(enable_metadata_routing=True):
        scaled = make_pipeline(Counted(), GaussianNB().set_fit_request(sample_weight="w"))
        weighted = make_pipeline(
            StandardScaler().set_fit_request(sample_weight="w"), KNeighborsClassifier(3)
        )
        vote = soft([("scaled", scaled), ("weighted", weighted), ("nb", BernoulliNB())])
        vote.set_params(nb=BernoulliNB().set_fit_request(sample_weight=False))
        Counted.n_fits = 0
        auditor = LabelAuditor(vote, cv=3).fit(X, y, w=weights)
        assert Counted.n_fits == 1
        centred = X - X.mean(axis=0)
        nb = cross_val_predict(
            GaussianNB().set_fit_request(sample_weight="w"),
            centred, y, cv=3, method="predict_proba", params={"w": weights},
        )  # fmt: skip
        knn = predict_folds(weighted, X, 3, w=weights)  # its scaler takes weights: not shared
        b = predict_folds(BernoulliNB(), X, 3)
        whole = clone(vote).fit(X, y, w=weights)
    np.testing.assert_allclose(auditor.cv_probabilities_, (nb + knn + b) / 3, rtol=1e-12)
    np.testing.assert_array_equal(auditor.predict_proba(X), whole.predict_proba(X))


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_any_vote_is_cross_val_predicts(data):
    names = data.draw(st.permutations(["words", "chars", "hashed", "bare"]))
    pool = {
        **dict(TEXT_MEMBERS),
        "bare": make_pipeline(CountVectorizer(binary=True), SelectKBest(k=3), BernoulliNB()),
    }
    members = [(name, data.draw(st.sampled_from([pool[name], "drop"]))) for name in names[1:]]
    members.append((names[0], pool[names[0]]))
    weights = data.draw(st.none() | st.lists(st.integers(1, 5), min_size=4, max_size=4))
    vote = data.draw(st.sampled_from(VOTES))(members, weights=weights)
    cv = data.draw(st.integers(2, 5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # SelectKBest of constant features
        auditor = LabelAuditor(vote, cv=cv, train_on=None).fit(texts, y)
        expected = predict_folds(vote, texts, cv)
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)


class TestShareLabelFree:
    def test_members_of_the_same_data_share_one_part(self):
        vote = soft(
            [
                ("s", make_pipeline(StandardScaler(), GaussianNB())),
                ("a", GaussianNB()),
                ("b", BernoulliNB()),
            ]
        )
        shared = share_label_free(vote, X)
        assert isinstance(shared, SharedVote)
        assert [len(part) for part in shared.X.parts] == [60, 60]
        assert shared.X.parts[1] is X
        assert [member.part for _, member in shared.rest.estimators] == [0, 1, 1]

    @pytest.mark.parametrize(
        "estimator",
        [
            GaussianNB(),
            soft([("a", GaussianNB()), ("b", BernoulliNB())]),
            VotingClassifier([("s", make_pipeline(StandardScaler(), GaussianNB()))]),
            soft([("k", KERNEL), ("s", make_pipeline(StandardScaler(), KERNEL))]),
            soft([]),
            soft("abc"),
            soft([("s", "drop")]),
        ],
        ids=["no vote", "no steps", "hard", "kernel", "empty", "text", "dropped"],
    )  # fmt: skip
    def test_gives_the_estimator_as_it_is_where_nothing_can_be_shared(self, estimator):
        shared = share_label_free(estimator, X)
        assert shared == Shared(None, X, estimator)

    def test_the_vote_that_was_given_stays_as_it_is(self):
        vote = soft(TEXT_MEMBERS)
        before = str(vote.get_params())
        LabelAuditor(vote, cv=2).fit(texts, y)
        assert str(vote.get_params()) == before
        assert not hasattr(vote, "estimators_")

    def test_texts_run_in_processes_and_numbers_on_threads(self):
        assert None in Parts([X, texts]).dtypes
        assert all(dtype.kind == "f" for dtype in Parts([X, pd.DataFrame(X)]).dtypes)
