"""Pipelines and votes are looked into."""

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import GeometricVotingClassifier
from label_auditor.fitting.encoded_labels import EncodedLabels
from label_auditor.fitting.members import find_members
from label_auditor.fitting.parts import OnPart, Parts

TEXTS = ["red car", "blue car", "red bus", "a blue bus"] * 3
LABELS = np.array(["a", "b", "a", "b", "b", "a"] * 2)


def test_a_classifier_alone_sees_what_it_is_given():
    X = np.arange(12.0).reshape(-1, 1)
    (member,) = find_members(EncodedLabels(GaussianNB()).fit(X, LABELS), X)
    assert isinstance(member.classifier, GaussianNB)
    assert member.X is X
    assert (member.share, member.vectorizer) == (1, None)


def test_members_have_the_shares_of_the_vote():
    words = make_pipeline(TfidfVectorizer(), MultinomialNB())
    inner = VotingClassifier([("c", words), ("d", "drop")], voting="soft", weights=[1, 5])
    vote = GeometricVotingClassifier([("a", words), ("b", inner), ("x", "drop")], weights=[3, 1, 9])
    found = list(find_members(vote.fit(TEXTS, LABELS), TEXTS))
    assert [member.share for member in found] == [0.75, 0.25]
    assert all(member.X.shape == (12, 4) for member in found)
    equal = GeometricVotingClassifier([("a", words), ("b", words)]).fit(TEXTS, LABELS)
    assert [member.share for member in find_members(equal, TEXTS)] == [0.5, 0.5]


def test_members_on_parts_see_their_parts():
    X = Parts([np.ones((12, 2)), np.arange(12.0).reshape(-1, 1)])
    vote = GeometricVotingClassifier(
        [(name, OnPart(GaussianNB(var_smoothing=1), part)) for name, part in (("a", 1), ("b", 0))]
    ).fit(X, LABELS)
    assert [member.X.shape for member in find_members(vote, X)] == [(12, 1), (12, 2)]


@pytest.mark.parametrize(
    ("steps", "n_terms"),
    [
        ([CountVectorizer(), TfidfTransformer(), "passthrough"], 4),
        ([CountVectorizer(), SelectKBest(k=2)], 2),
        ([CountVectorizer(), TruncatedSVD(2)], None),
        ([CountVectorizer(analyzer=str.split)], None),
    ],
)
def test_columns_keep_their_terms_as_long_as_they_are_terms(steps, n_terms):
    pipeline = make_pipeline(*steps, LogisticRegression()).fit(TEXTS, LABELS)
    (member,) = find_members(pipeline, TEXTS)
    if n_terms is None:
        assert member.vectorizer is None
        return
    assert member.X.shape == (12, n_terms)
    names = CountVectorizer().fit(TEXTS).get_feature_names_out()
    kept = names if n_terms == 4 else names[pipeline[-2].get_support()]
    assert sorted(member.vectorizer.vocabulary_, key=member.vectorizer.vocabulary_.get) == list(
        kept
    )
    assert len(pipeline[0].vocabulary_) == 4
