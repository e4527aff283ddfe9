import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import gmean
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from label_auditor import GeometricVotingClassifier
from label_auditor.fitting.voting import pool

X, codes = load_iris(return_X_y=True)
y = np.array(["setosa", "versicolor", "virginica"])[codes]
MEMBERS = [
    ("nb", GaussianNB()),
    ("knn", KNeighborsClassifier()),
    ("tree", make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))),
]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@parametrize_with_checks(
    [
        GeometricVotingClassifier([("nb", GaussianNB()), ("lr", LogisticRegression())]),
        GeometricVotingClassifier([("nb", GaussianNB()), ("knn", "drop")], weights=[2, 1]),
        GeometricVotingClassifier([("p", make_pipeline(StandardScaler(), LogisticRegression()))]),
    ]
)
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


def expected_probs(weights):
    member_probs = [clone(member).fit(X, codes).predict_proba(X) for _, member in MEMBERS]
    means = gmean(np.maximum(member_probs, 1e-6), axis=0, weights=weights)
    return means / means.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("weights", [None, [1, 1, 1], [3, 0.5, 1], np.array([0, 0, 2.0])], ids=str)
def test_gives_the_geometric_mean_of_its_members(weights):
    vote = GeometricVotingClassifier(MEMBERS, weights=weights).fit(X, y)
    shares = None if weights is None else np.reshape(weights, (-1, 1, 1)) * np.ones((3, 150, 3))
    np.testing.assert_allclose(vote.predict_proba(X), expected_probs(shares), rtol=1e-10)
    likeliest = vote.classes_[vote.predict_proba(X).argmax(axis=1)]
    np.testing.assert_array_equal(vote.predict(X), likeliest)


@given(
    arrays(np.float64, (3, 4, 3), elements=st.floats(0, 1)),
    arrays(np.float64, 3, elements=st.floats(0.01, 10)),
)
def test_a_pool_is_probabilities_that_no_order_and_no_scale_changes(raw, weights):
    probs = (raw + 1e-12) / (raw + 1e-12).sum(axis=2, keepdims=True)
    vote = GeometricVotingClassifier(MEMBERS, weights=weights)
    pooled = pool(vote, probs)
    np.testing.assert_allclose(pooled.sum(axis=1), 1)
    turned = GeometricVotingClassifier(MEMBERS, weights=7 * weights[::-1])
    np.testing.assert_allclose(pool(turned, probs[::-1]), pooled, rtol=1e-9)
    same = np.maximum(probs[:1], 1e-6)
    np.testing.assert_allclose(
        pool(vote, np.repeat(probs[:1], 3, axis=0)), (same / same.sum(axis=2, keepdims=True))[0]
    )


def test_no_member_has_a_veto():
    vote = GeometricVotingClassifier(MEMBERS)
    sure = np.array([[1.0, 0.0]])
    pooled = pool(vote, [1 - sure, sure, sure])
    np.testing.assert_allclose(pooled, [[1e-2 / (1e-2 + 1e-4), 1e-4 / (1e-2 + 1e-4)]])


def test_has_the_attributes_of_a_voting_classifier():
    frame = pd.DataFrame(X, columns=list("abcd"))
    ours = GeometricVotingClassifier(MEMBERS, weights=[1, 2, 1]).fit(frame, y)
    theirs = VotingClassifier(MEMBERS, voting="soft", weights=[1, 2, 1]).fit(frame, y)
    assert list(ours.named_estimators_) == list(theirs.named_estimators_)
    assert [type(each) for each in ours.estimators_] == [type(each) for each in theirs.estimators_]
    assert ours.n_features_in_ == 4
    for name in ("classes_", "feature_names_in_"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    np.testing.assert_array_equal(ours.le_.classes_, theirs.le_.classes_)
    np.testing.assert_array_equal(ours.transform(frame), theirs.transform(frame))
    assert ours.get_feature_names_out()[0] == "geometricvotingclassifier_nb0"
    assert set(ours.get_params(deep=False)) == {"estimators", "weights", "n_jobs"}
    assert "GeometricVotingClassifier" in repr(ours)
    assert "StandardScaler" in ours._repr_html_()


def test_nested_parameters_are_set_and_searched_and_members_dropped():
    vote = GeometricVotingClassifier(MEMBERS, weights=[1, 5, 2])
    vote.set_params(knn="drop", tree__decisiontreeclassifier__max_depth=2).fit(X, y)
    assert list(vote.named_estimators_) == ["nb", "knn", "tree"]
    assert vote.named_estimators_["knn"] == "drop"
    assert vote.named_estimators_["tree"][-1].max_depth == 2
    pair = [MEMBERS[0], ("tree", vote.get_params()["tree"])]
    alone = GeometricVotingClassifier(pair, weights=[1, 2]).fit(X, y)
    np.testing.assert_array_equal(vote.predict_proba(X), alone.predict_proba(X))
    grid = GridSearchCV(
        vote, {"nb__var_smoothing": [1e-9, 1e-2], "weights": [[1, 1, 1], [1, 1, 3]]}
    )
    assert grid.fit(X, y).best_score_ > 0.9


def test_survives_pickling_and_parallel_fits():
    vote = GeometricVotingClassifier(MEMBERS, n_jobs=2).fit(X, y)
    again = pickle.loads(pickle.dumps(vote))
    np.testing.assert_array_equal(again.predict_proba(X), vote.predict_proba(X))
    alone = GeometricVotingClassifier(MEMBERS).fit(X, y)
    np.testing.assert_array_equal(alone.predict_proba(X), vote.predict_proba(X))


def test_metadata_go_to_the_members():
    weights = np.random.default_rng(0).uniform(0.1, 2, 150)
    pair = [("nb", GaussianNB()), ("lda", LinearDiscriminantAnalysis())]
    with pytest.raises(TypeError, match="does not support sample weights"):
        GeometricVotingClassifier(pair).fit(X, y, sample_weight=weights)
    weighted = GeometricVotingClassifier(pair[:1]).fit(X, y, sample_weight=weights)
    alone = GaussianNB().fit(X, y, weights).predict_proba(X).clip(1e-6)
    alone /= alone.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weighted.predict_proba(X), alone)
    with config_context(enable_metadata_routing=True):
        pair[0] = ("nb", GaussianNB().set_fit_request(sample_weight=True))
        routed = GeometricVotingClassifier(pair).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(
        routed.named_estimators_.nb.predict_proba(X),
        GaussianNB().fit(X, y, weights).predict_proba(X),
    )


@pytest.mark.parametrize(
    "weights", [[1, -1, 1], [0, 0, 0], [np.nan, 1, 1], [np.inf, 1, 1]], ids=str
)
def test_weights_that_are_no_exponents_are_refused(weights):
    with pytest.raises(ValueError, match="but finite numbers from 0 are needed"):
        GeometricVotingClassifier(MEMBERS, weights=weights).fit(X, y)


def test_the_only_weight_must_not_be_that_of_a_dropped_member():
    vote = GeometricVotingClassifier([MEMBERS[0], ("knn", "drop")], weights=[0, 1])
    with pytest.raises(ValueError, match="above 0 for a member that is not dropped"):
        vote.fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"weights": 5}, "'weights' parameter"),
        ({"weights": [1, 1]}, "Number of `estimators` and weights must be equal"),
        ({"weights": ["a", "b", "c"]}, "could not convert"),
        ({"estimators": 3, "weights": [1]}, "'estimators' parameter"),
        ({"estimators": [("a", GaussianNB()), ("a", GaussianNB())]}, "not unique"),
        ({"estimators": [GaussianNB()], "weights": [1]}, "non-empty list of|not iterable"),
        ({"estimators": [("nb", "drop")], "weights": [1]}, "All estimators are dropped"),
    ],
    ids=str,
)
def test_what_is_no_vote_is_refused_as_scikit_learn_does(params, message):
    with pytest.raises((ValueError, TypeError), match=message):
        clone(GeometricVotingClassifier(MEMBERS)).set_params(**params).fit(X, y)
