"""The classifiers that a fitted estimator consists of, and how each of them sees the data."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.pipeline import Pipeline

from label_auditor.fitting.encoded_labels import EncodedLabels
from label_auditor.fitting.parts import OnPart
from label_auditor.fitting.voting import is_soft_vote, member_weights

if TYPE_CHECKING:
    from collections.abc import Iterator


class Member(NamedTuple):
    """A classifier that has a part in a prediction.

    Attributes
    ----------
    share : float
        Its share of the votes; 1 if there is no vote.
    classifier : classifier
        Fitted.
    X : array-like or sparse matrix, n_samples long
        The data as it sees them.
    vectorizer : CountVectorizer, TfidfVectorizer or None
        What has made the columns of X of texts; its `vocabulary_` has the column of each term.
    """

    share: float
    classifier: Any
    X: Any
    vectorizer: Any


def find_members(
    estimator: Any, X: Any, *, share: float = 1.0, vectorizer: Any = None
) -> Iterator[Member]:
    """Look into pipelines and votes for the classifiers that judge.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data.
    share : float, default=1.0
        Its share of the votes.
    vectorizer : CountVectorizer or TfidfVectorizer, default=None
        What has made the columns of X of texts.

    Yields
    ------
    Member
        Each classifier.

    Examples
    --------
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import make_pipeline
    >>> texts = ["red car", "blue car"]
    >>> pipeline = make_pipeline(TfidfVectorizer(), MultinomialNB()).fit(texts, [0, 1])
    >>> (member,) = find_members(pipeline, texts)
    >>> member.share, member.classifier, member.X.shape, member.vectorizer.vocabulary_
    (1.0, MultinomialNB(), (2, 3), {'red': 2, 'car': 1, 'blue': 0})
    """
    if isinstance(estimator, EncodedLabels):
        yield from find_members(estimator.estimator_, X, share=share, vectorizer=vectorizer)
    elif isinstance(estimator, OnPart):
        yield from find_members(estimator.estimator_, X.parts[estimator.part], share=share)
    elif isinstance(estimator, Pipeline):
        before = estimator[:-1]
        for _, step in before.steps:
            vectorizer = _follow(vectorizer, step)
        X = before.transform(X) if before.steps else X
        yield from find_members(estimator[-1], X, share=share, vectorizer=vectorizer)
    elif is_soft_vote(estimator):
        weights = member_weights(estimator)
        weights = np.ones(len(estimator.estimators_)) if weights is None else weights
        parts = (weights / weights.sum()).tolist()
        for part, member in zip(parts, estimator.estimators_, strict=True):
            yield from find_members(member, X, share=share * part, vectorizer=vectorizer)
    else:
        yield Member(share, estimator, X, vectorizer)


def _follow(vectorizer: Any, step: Any) -> Any:
    """Give the vectoriser of the columns after a step; None if they are no terms any more."""
    if type(step) in (CountVectorizer, TfidfVectorizer):
        return step if isinstance(step.analyzer, str) else None
    if step in (None, "passthrough") or isinstance(step, OneToOneFeatureMixin):
        return vectorizer
    if vectorizer is None or not hasattr(step, "get_support"):
        return None
    places = {column: place for place, column in enumerate(step.get_support(indices=True).tolist())}
    chosen = copy(vectorizer)
    chosen.vocabulary_ = {
        term: places[column] for term, column in vectorizer.vocabulary_.items() if column in places
    }
    return chosen
