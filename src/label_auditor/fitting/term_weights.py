"""What each term of a row adds to the log-odds of one label against another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.preprocessing import binarize

from label_auditor.fitting.leave_one_out.arithmetic import log
from label_auditor.fitting.leave_one_out.counted import CountedNB
from label_auditor.fitting.leave_one_out.naive_bayes import read_alpha

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Codes = NDArray[np.intp]
    Floats = NDArray[np.float64]


class Entries(NamedTuple):
    """The nonzero entries of some rows, one after another.

    Attributes
    ----------
    X : csr_matrix
        The rows.
    row : ndarray of int, shape (n_entries,)
        The row of each entry.
    own : ndarray of int, shape (n_entries,)
        The class that the row has taught the model; -1 where it has taught none.
    """

    X: sparse.csr_matrix
    row: Codes
    own: Codes

    def without(self, sums: Floats, of: Codes) -> Floats:
        """Give a sum of each entry's class and column, less what the row has added to it."""
        found = sums[of, self.X.indices]
        left = found - np.where(self.own == of, self.X.data, 0)
        return np.where(left > 1e-12 * found, left, 0)

    def total_without(self, totals: Floats, of: Codes, lengths: Floats) -> Floats:
        """Give the total of each entry's class, less the length of its row."""
        return totals[of] - np.where(self.own == of, lengths[self.row], 0)


def term_weights(
    classifier: Any, X: Any, own: Codes, favoured: Codes, rival: Codes
) -> sparse.csr_matrix | None:
    """Give what each term adds to the log-odds of one class against another.

    For naive Bayes, these are the contributions in the model of all other rows: what the row has
    taught is taken out. For a linear model they are its terms: value times coefficient.

    Parameters
    ----------
    classifier : classifier
        Fitted.
    X : array or sparse matrix of shape (n_rows, n_features)
        Rows that it was fitted on, or others.
    own : ndarray of int, shape (n_rows,)
        Position of the class, in the classifier's, that each row was fitted with; -1 for others.
    favoured, rival : ndarray of int, shape (n_rows,)
        Positions of the two classes that are compared.

    Returns
    -------
    csr_matrix of shape (n_rows, n_features) or None
        Positive where a term speaks for `favoured`; None if the classifier has no such terms.

    Examples
    --------
    >>> X, y = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0], [0.0, 3.0]]), np.array([0, 0, 1, 1])
    >>> classifier = MultinomialNB().fit(X, y)
    >>> term_weights(classifier, X[:1], y[:1], np.array([1]), np.array([0])).toarray().round(3)
    array([[-2.506,  0.   ]])
    >>> others = MultinomialNB().fit(X[1:], y[1:]).feature_log_prob_
    >>> print((2 * (others[1, 0] - others[0, 0])).round(3))
    -2.506
    """
    weigh = WAYS.get(type(classifier), _weigh_linear if _is_linear(classifier, X) else None)
    if weigh is None or getattr(classifier, "norm", False):
        return None
    X = sparse.csr_matrix(X, dtype=np.float64)
    if type(classifier) is BernoulliNB and classifier.binarize is not None:
        X = binarize(X, threshold=classifier.binarize)
    X.sum_duplicates()
    row = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    entries = Entries(X, row, own[row])
    with np.errstate(invalid="ignore"):
        weights = X.data * weigh(classifier, entries, favoured[row], rival[row])
    # Without smoothing, what no other row has weighs infinitely much.
    weights[~np.isfinite(weights)] = 0
    return sparse.csr_matrix((weights, X.indices, X.indptr), shape=X.shape)


def _is_linear(classifier: Any, X: Any) -> bool:
    """Say whether a classifier has a coefficient of each column for each class, or one of two."""
    shape, n_classes = np.shape(getattr(classifier, "coef_", ())), len(classifier.classes_)
    return shape in ((n_classes, X.shape[1]), (1, X.shape[1])) and (shape[0] > 1 or n_classes == 2)


def _lengths(X: sparse.csr_matrix) -> Floats:
    return np.asarray(X.sum(axis=1)).ravel()


def _weigh_multinomial(fitted: Any, entries: Entries, favoured: Codes, rival: Codes) -> Floats:
    """Compare the shares that a term has in the classes."""
    counts, alpha = fitted.feature_count_, read_alpha(fitted, entries.X.shape[1])
    totals, lengths = (counts + alpha).sum(axis=1), _lengths(entries.X)

    def share(of: Codes) -> Floats:
        left = entries.without(counts, of) + alpha[entries.X.indices]
        return log(left) - log(entries.total_without(totals, of, lengths))  # type: ignore[no-any-return]

    return share(favoured) - share(rival)


def _weigh_complement(fitted: Any, entries: Entries, favoured: Codes, rival: Codes) -> Floats:
    """Compare the shares that a term has outside of the classes, where a row is in all but one."""
    alpha = read_alpha(fitted, entries.X.shape[1])
    counts = fitted.feature_all_ - fitted.feature_count_ + alpha
    totals, lengths = counts.sum(axis=1), _lengths(entries.X)

    def share(of: Codes) -> Floats:
        elsewhere = (entries.own >= 0) & (entries.own != of)
        left = counts[of, entries.X.indices] - np.where(elsewhere, entries.X.data, 0)
        total = totals[of] - np.where(elsewhere, lengths[entries.row], 0)
        return log(np.maximum(left, alpha[entries.X.indices])) - log(total)  # type: ignore[no-any-return]

    return share(rival) - share(favoured)


def _weigh_bernoulli(fitted: Any, entries: Entries, favoured: Codes, rival: Codes) -> Floats:
    """Compare the odds that a row of the classes has a term."""
    counts, sizes = fitted.feature_count_, fitted.class_count_
    alpha = read_alpha(fitted, entries.X.shape[1])[entries.X.indices]

    def odds(of: Codes) -> Floats:
        lacking = sizes[of] - counts[of, entries.X.indices]
        return log(entries.without(counts, of) + alpha) - log(lacking + alpha)  # type: ignore[no-any-return]

    return odds(favoured) - odds(rival)


def _weigh_linear(fitted: Any, entries: Entries, favoured: Codes, rival: Codes) -> Floats:
    """Compare the coefficients; for two classes there are those of the second alone."""
    coef = sparse.csr_matrix(fitted.coef_).toarray()
    if len(coef) == 1:
        coef = np.concatenate([np.zeros_like(coef), coef])
    return coef[favoured, entries.X.indices] - coef[rival, entries.X.indices]  # type: ignore[no-any-return]


WAYS: dict[type, Callable[[Any, Entries, Codes, Codes], Floats]] = {
    MultinomialNB: _weigh_multinomial,
    CountedNB: _weigh_multinomial,
    BernoulliNB: _weigh_bernoulli,
    ComplementNB: _weigh_complement,
}
