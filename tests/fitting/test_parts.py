import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import is_classifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.utils import get_tags

from label_auditor import GeometricVotingClassifier, LabelAuditor
from label_auditor.fitting.folds import take_rows
from label_auditor.fitting.parts import OnPart, Parts
from label_auditor.fitting.voting import pool

X = np.arange(12).reshape(4, 3)
y = np.array([0, 1, 0, 1])


def test_all_parts_are_cut_by_the_same_rows():
    parts = Parts([csr_matrix(X), pd.DataFrame(X), ["a", "b", "c", "d"], Parts([X])])
    assert len(parts) == 4
    rows = np.array([3, 0])
    taken = take_rows(OnPart(MultinomialNB(), 0), parts, rows, rows)
    assert len(taken) == 2
    sparse, table, texts, nested = taken.parts
    np.testing.assert_array_equal(sparse.toarray(), X[rows])
    np.testing.assert_array_equal(table.index, rows)
    assert texts == ["d", "a"]
    np.testing.assert_array_equal(nested.parts[0], X[rows])


def test_parts_have_no_single_rows():
    """scikit-learn takes what has a first row of one number for data with one feature."""
    with pytest.raises(TypeError, match="by arrays of rows"):
        Parts([X])[0]


@pytest.mark.parametrize("cv", ["loo", 2])
def test_a_vote_on_parts_is_the_vote_of_its_members(cv):
    parts = Parts([csr_matrix(X), X[:, :1]])
    vote = GeometricVotingClassifier(
        [("all", OnPart(MultinomialNB(), 0)), ("first", OnPart(MultinomialNB(alpha=2), 1))]
    )
    auditor = LabelAuditor(vote, cv=cv, train_on=None).fit(parts, y)
    assert not hasattr(auditor, "n_features_in_")
    alone = [
        LabelAuditor(MultinomialNB(alpha=alpha), cv=cv).fit(part, y).cv_probabilities_
        for alpha, part in zip([1, 2], parts.parts, strict=True)
    ]
    np.testing.assert_allclose(auditor.cv_probabilities_, pool(vote, alone))


def test_the_types_of_all_columns_are_known():
    assert Parts([X, csr_matrix(X.astype(float))]).dtypes == [X.dtype, np.dtype(float)]
    assert Parts([["a"], Parts([X])]).dtypes == [None, X.dtype]
    assert Parts([pd.DataFrame({"a": [1.5], "b": [True]})]).dtypes == [
        np.dtype(float),
        np.dtype(bool),
    ]


@pytest.mark.parametrize("part", [0, 1])
def test_a_member_takes_its_own_part(part):
    parts = Parts([X, X[::-1]])
    member = OnPart(MultinomialNB(), part).fit(parts, y, sample_weight=[1, 2, 3, 4])
    alone = MultinomialNB().fit(parts.parts[part], y, [1, 2, 3, 4])
    expected = alone.predict_proba(parts.parts[part])
    np.testing.assert_array_equal(member.predict_proba(parts), expected)
    assert not hasattr(member.estimator, "classes_")


def test_a_member_is_what_it_stands_for():
    member = OnPart(MultinomialNB(), 0)
    assert is_classifier(member)
    assert get_tags(member) == get_tags(MultinomialNB())
    routing = member.get_metadata_routing()
    assert str(routing) == str(MultinomialNB().get_metadata_routing())
