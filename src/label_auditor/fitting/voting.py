"""`GeometricVotingClassifier`: a vote by the geometric mean of probabilities."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax
from sklearn.ensemble import VotingClassifier
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

# What a member takes for impossible counts as this, so that no member has a veto.
LEAST_PROBABILITY = 1e-6


class GeometricVotingClassifier(VotingClassifier):
    """Vote of several classifiers by the geometric mean of their probabilities.

    The probability of a class is the weighted geometric mean of what the members give it, divided
    by the sum over all classes, so that each row sums to 1. This is called a logarithmic opinion
    pool [1]_. Unlike the arithmetic mean of :class:`~sklearn.ensemble.VotingClassifier`, it takes
    a class for likely only if no member takes it for unlikely. Probabilities below 1e-6 count as
    1e-6, so that no single member can rule a class out. `predict` gives the likeliest class, and
    all other methods are those of :class:`~sklearn.ensemble.VotingClassifier`.

    Parameters
    ----------
    estimators : list of (str, classifier) tuples
        The members, each with `predict_proba`. They are cloned, never touched. "drop" in place of
        a classifier leaves it out.
    weights : array-like of shape (n_classifiers,), default=None
        How much each member counts: its share of the sum of the weights is the exponent of its
        probabilities. None: all the same.
    n_jobs : int, default=None
        Members fitted at a time; None is 1 unless in a :class:`joblib.parallel_config` context.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted members that are not dropped. They are fitted on the positions of the labels in
        `classes_`.
    named_estimators_ : :class:`~sklearn.utils.Bunch`
        The fitted members by name.
    le_ : :class:`~sklearn.preprocessing.LabelEncoder`
        Turns labels into their positions, and back.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    n_features_in_ : int
        Number of features seen in fit, where the first member counts them.
    feature_names_in_ : ndarray of str, shape (n_features,)
        Names of features seen in fit, where a member keeps them.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : The vote by the arithmetic mean, or by predicted labels.
    LabelAuditor : Audits labels with this or any other classifier.

    References
    ----------
    .. [1] Genest, Zidek (1986). Combining Probability Distributions: A Critique and an Annotated
       Bibliography. Statistical Science 1(1).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from label_auditor import GeometricVotingClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> vote = GeometricVotingClassifier([("nb", GaussianNB()), ("knn", KNeighborsClassifier())])
    >>> vote.fit(X, y).predict_proba(X[[70]]).round(3)
    array([[0.   , 0.259, 0.741]])
    >>> vote.named_estimators_.nb.predict_proba(X[[70]]).round(3)
    array([[0.   , 0.154, 0.846]])
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        "estimators": [list],
        "weights": ["array-like", None],
        "n_jobs": [None, Integral],
    }

    # Parameters of VotingClassifier that are none here.
    voting = "soft"
    flatten_transform = True
    verbose = False

    def __init__(
        self,
        estimators: list[tuple[str, Any]],
        *,
        weights: ArrayLike | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimators = estimators
        self.weights = weights
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> GeometricVotingClassifier:
        """Fit the members.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data, in any form that the members take.
        y : array-like of shape (n_samples,)
            The labels.
        **fit_params : dict
            Metadata. With metadata routing, as the members request; without, only
            `sample_weight`, which goes to all of them.

        Returns
        -------
        GeometricVotingClassifier
            The vote itself, fitted.

        Raises
        ------
        ValueError
            If there are no members, a weight is negative or not finite, or all weights are 0.
        """
        _check_weights(self)
        super().fit(X, y, **fit_params)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Predict the geometric mean of the members' probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        check_is_fitted(self)
        return pool(self, [member.predict_proba(X) for member in self.estimators_])

    @property
    def n_features_in_(self) -> int:
        """Number of features seen in fit, where the first member counts them."""
        return int(super().n_features_in_)


def pool(vote: Any, member_probs: Sequence[Any]) -> NDArray[np.floating]:
    """Combine the probabilities of the members of a vote as the vote does.

    Parameters
    ----------
    vote : VotingClassifier with voting="soft", or GeometricVotingClassifier
        Says how; it need not be fitted.
    member_probs : sequence of arrays of shape (n_rows, n_classes)
        One for each member that is not dropped, all with the same columns.

    Returns
    -------
    ndarray of float, shape (n_rows, n_classes)
        Their weighted mean; NaN in the rows where a member has NaN.

    Examples
    --------
    >>> vote = GeometricVotingClassifier([("a", None), ("b", None)], weights=[3, 1])
    >>> pool(vote, [np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])]).round(3)
    array([[0.969, 0.031]])
    """
    weights = member_weights(vote)
    if not isinstance(vote, GeometricVotingClassifier):
        mean: NDArray[np.floating] = np.average(np.asarray(member_probs), axis=0, weights=weights)
        return mean
    shares = np.ones(len(member_probs)) if weights is None else weights
    log_probs = np.zeros(np.shape(member_probs[0]))
    for probs, share in zip(member_probs, shares / shares.sum(), strict=True):
        log_probs += share * np.log(np.maximum(probs, LEAST_PROBABILITY))
    pooled: NDArray[np.float64] = softmax(log_probs, axis=1)
    return pooled


def member_weights(vote: Any) -> NDArray[np.float64] | None:
    """Give the weights of the members that are not dropped; None if all count the same."""
    if vote.weights is None:
        return None
    takes_part = [not is_dropped(member) for _, member in vote.estimators]
    weights: NDArray[np.float64] = np.asarray(vote.weights, dtype=float)[takes_part]
    return weights


def is_soft_vote(estimator: Any) -> bool:
    """Say whether a classifier is a vote whose members' probabilities `pool` combines."""
    if type(estimator) is VotingClassifier:
        return bool(estimator.voting == "soft")
    return type(estimator) is GeometricVotingClassifier


def has_members(vote: Any) -> bool:
    """Say whether the members of a vote have the form and the different names that they need."""
    pairs = vote.estimators
    if not isinstance(pairs, list):
        return False
    return all(
        isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[0], str)
        for pair in pairs
    ) and len({name for name, _ in pairs}) == len(pairs)


def is_dropped(member: Any) -> bool:
    """Say whether "drop" stands in place of a classifier."""
    return isinstance(member, str) and member == "drop"


def _check_weights(vote: GeometricVotingClassifier) -> None:
    """Refuse weights that are no exponents; scikit-learn refuses those of a wrong form."""
    if vote.weights is None or np.ndim(vote.weights) != 1 or not has_members(vote):
        return
    weights = np.asarray(vote.weights, dtype=float)
    takes_part = np.array([not is_dropped(member) for _, member in vote.estimators])
    if len(weights) != len(takes_part) or not takes_part.any():
        return
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights[takes_part].any():
        raise ValueError(
            f"weights is {vote.weights!r}, but finite numbers from 0 are needed, at least one of "
            "them above 0 for a member that is not dropped; pass None to weigh all the same."
        )
