"""Naive Bayes over counts, exactly: what a row added to them is taken out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.preprocessing import binarize
from sklearn.utils import check_array

from label_auditor.fitting.leave_one_out.arithmetic import (
    Data,
    blocks,
    log,
    normalise,
    rows_by_class,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]


class Entries:
    """The nonzero entries of some rows of a class, one after another.

    Attributes
    ----------
    rows : ndarray of int
        Which rows these are.
    code : int
        Their class.
    X : csr_matrix
        The rows themselves.
    values, columns : ndarray of shape (n_entries,)
        The entries.
    removed : ndarray of float, shape (n_entries,)
        What each entry added to the counts of its column: its value times the row's weight.
    """

    def __init__(self, X: csr_matrix, rows: Codes, code: int, weights: Floats) -> None:
        self.X = X
        self.rows = rows
        self.code = code
        self.values = X.data
        self.columns = X.indices
        self.removed = self.values
        if (weights != 1).any():
            self.removed = self.values * self.for_entries(weights)

    def for_entries(self, of_rows: NDArray[Any]) -> NDArray[Any]:
        """Repeat what is given for each row for all entries of the row."""
        return np.repeat(of_rows, np.diff(self.X.indptr))

    def sum_by_row(self, terms: Floats) -> Floats:
        """Add up what is given for each entry, row by row."""
        sums = np.zeros((self.X.shape[0], *terms.shape[1:]))
        filled = np.flatnonzero(np.diff(self.X.indptr))
        if len(filled):
            sums[filled] = np.add.reduceat(terms, self.X.indptr[filled], axis=0)
        return sums


def _read_entries(X: Any, data: Data, cells_per_entry: int = 1) -> Iterator[Entries]:
    """Give the entries of a sparse or dense matrix, class by class, in blocks of rows."""
    width = X.nnz / X.shape[0] if issparse(X) else X.shape[1]
    for code, rows in enumerate(rows_by_class(data.codes, len(data.classes))):
        for at in blocks(len(rows), int(width + 1) * cells_per_entry):
            block = csr_matrix(X[rows[at]], dtype=np.float64)
            block.sum_duplicates()
            yield Entries(block, rows[at], code, data.weights[rows[at]])


def _check_counts(estimator: Any, X: Any) -> Any:
    """Give X as `fit` has read it: an array, or a sparse matrix with rows."""
    X = check_array(X, accept_sparse="csr", dtype=None)
    threshold = getattr(estimator, "binarize", None)
    return X if threshold is None else binarize(X, threshold=threshold)


def count_adding_rows(estimator: Any, data: Data) -> NDArray[np.int32]:
    """Count, for each class and column, the rows that add something to the sum.

    A sum of floats that is taken out again leaves a trace; whether nothing is left can only be
    known by counting.
    """
    return _count_rows(_check_counts(estimator, data.X), data)


def _count_rows(X: Any, data: Data) -> NDArray[np.int32]:
    """Count the rows that add something, unless that was done for more rows than these."""
    if data.known is not None:
        return data.known  # type: ignore[no-any-return]
    found = np.zeros((len(data.classes), X.shape[1]), dtype=np.int32)
    for entries in _read_entries(X, data):
        adding = entries.columns[entries.removed != 0]
        found[entries.code] += np.bincount(adding, minlength=X.shape[1])
    return found


def log_prior(fitted: Any, codes: Codes, weights: Floats) -> Floats:
    """Give the log prior of each class for each row; constants of a row are left out.

    The prior that the data give to a class is its share of the weights.
    """
    if fitted.class_prior is not None or not fitted.fit_prior:
        return np.tile(fitted.class_log_prior_, (len(codes), 1))
    counts = np.tile(fitted.class_count_, (len(codes), 1))
    counts[np.arange(len(codes)), codes] -= weights
    return log(np.maximum(counts, 0))  # type: ignore[no-any-return]


def leave_out_multinomial(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a MultinomialNB."""
    X = _check_counts(fitted, data.X)
    judge = judge_multinomial(fitted, _count_rows(X, data))
    scores = log_prior(fitted, data.codes, data.weights)
    for entries in _read_entries(X, data):
        scores[entries.rows] += judge(entries)
    return normalise(scores)


def judge_multinomial(
    fitted: Any, n_rows: NDArray[np.int32] | None = None
) -> Callable[[Entries], Floats]:
    """Give what scores rows by a MultinomialNB of all other rows, but for the prior.

    A row is in the counts of its own class alone, so that only one score of each row changes, and
    in that only the columns where the row is not 0. Without `n_rows`, a count of nothing may keep
    a trace of rounding, which is nothing beside a smoothing such as .01.
    """
    counts, alpha = fitted.feature_count_, read_alpha(fitted, fitted.feature_count_.shape[1])
    totals = counts.sum(axis=1) + alpha.sum()
    log_probs = np.ascontiguousarray(fitted.feature_log_prob_.T)

    def judge(entries: Entries) -> Floats:
        own, columns = entries.code, entries.columns
        n_parts = None if n_rows is None else n_rows[own, columns]
        left = _take_out(counts[own, columns], entries.removed, n_parts)
        of_words = entries.values * log(left + alpha[columns])
        length = entries.sum_by_row(entries.values)
        total = totals[own] - entries.sum_by_row(entries.removed)
        block: Floats = entries.X @ log_probs
        block[:, own] = entries.sum_by_row(of_words) - length * log(total)
        return block

    return judge


def leave_out_complement(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a ComplementNB.

    A class is described by the counts of all other classes: a row is in the complement of each
    class but its own, so that all scores change but that one.
    """
    X = _check_counts(fitted, data.X)
    n_features, n_classes = X.shape[1], len(data.classes)
    alpha, n_rows = read_alpha(fitted, n_features), _count_rows(X, data)
    # One row for each column of X: what the classes other than each one have there.
    rest = np.ascontiguousarray((fitted.feature_all_ - fitted.feature_count_).T)
    n_rest = np.ascontiguousarray((n_rows.sum(axis=0) - n_rows).T)
    logs, totals = log(rest + alpha[:, None]), (rest + alpha[:, None]).sum(axis=0)
    log_probs = np.ascontiguousarray(fitted.feature_log_prob_.T)
    scores = np.empty((len(data.codes), n_classes))
    for entries in _read_entries(X, data, cells_per_entry=n_classes):
        own, column = entries.code, entries.columns
        left = _take_out(rest[column], entries.removed[:, None], n_rest[column])
        log_left = log(left + alpha[column][:, None])
        length = entries.sum_by_row(entries.values)[:, None]
        log_total = log(totals - entries.sum_by_row(entries.removed)[:, None])
        block = length * log_total - entries.sum_by_row(entries.values[:, None] * log_left)
        if fitted.norm:
            changes = entries.sum_by_row(log_left - logs[column])
            with np.errstate(divide="ignore", invalid="ignore"):
                block /= n_features * log_total - logs.sum(axis=0) - changes
        block[:, own] = entries.X @ log_probs[:, own]
        scores[entries.rows] = block
    return normalise(scores)


def read_alpha(fitted: Any, n_features: int) -> Floats:
    """Give the smoothing of each column, as `fit` has used it."""
    alpha = np.asarray(fitted.alpha, dtype=np.float64)
    if not fitted.force_alpha and alpha.min() < 1e-10:
        alpha = np.maximum(alpha, 1e-10)  # `fit` has warned of it
    return np.broadcast_to(alpha, n_features)


def _take_out(sums: Floats, parts: Floats, n_parts: NDArray[np.int32] | None) -> Floats:
    """Take a part out of each sum; what had no other part is 0, to the bit if that is known."""
    left = np.maximum(sums - parts, 0)
    if n_parts is not None:
        left[n_parts - (parts != 0) == 0] = 0
    return left


def refuse_bernoulli(estimator: Any, X: Any) -> str | None:  # noqa: ARG001 - as for all
    """Say which BernoulliNB has no leave-one-out."""
    if np.ndim(estimator.alpha):
        return "alpha must be one number"
    return None


def leave_out_bernoulli(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a BernoulliNB.

    Here the columns where a row is 0 count as well. Without the row, each of them lacks the row's
    weight among the zeros; their sum is that of the row's whole class less the columns where the
    row is not 0.
    """
    X = _check_counts(fitted, data.X)
    alpha = float(read_alpha(fitted, 1)[0])
    counts, sizes, n_rows = fitted.feature_count_, fitted.class_count_, _count_rows(X, data)
    zeros = log(sizes[:, None] - counts + alpha)
    odds = np.ascontiguousarray((log(counts + alpha) - zeros).T)
    scores = log_prior(fitted, data.codes, data.weights)
    of_zeros = _sum_log_zeros(data, counts, sizes, alpha)
    for entries in _read_entries(X, data):
        own, columns, weights = entries.code, entries.columns, data.weights[entries.rows]
        left = _take_out(counts[own, columns], entries.removed, n_rows[own, columns])
        lacking = sizes[own] - counts[own, columns]
        weight = entries.for_entries(weights)
        changed = entries.values * log(left + alpha)
        changed += (1 - entries.values) * log(lacking - weight + entries.removed + alpha)
        changed -= log(_without(lacking, weight, sizes[own]) + alpha)
        block = entries.X @ odds + zeros.sum(axis=1)
        block -= X.shape[1] * log(sizes + 2 * alpha)
        block[:, own] = (
            of_zeros[entries.rows]
            + entries.sum_by_row(changed)
            - X.shape[1] * log(sizes[own] - weights + 2 * alpha)
        )
        scores[entries.rows] += block
    return normalise(scores)


def _without(lacking: Floats, weight: Any, size: Any) -> Floats:
    """Take a row's weight out of the weight of rows that are 0; a trace of rounding is 0."""
    left = lacking - weight
    return np.where(left > 1e-13 * size, left, 0)


def _sum_log_zeros(data: Data, counts: Floats, sizes: Floats, alpha: float) -> Floats:
    """Sum over all columns the log weight of the other rows of the class that are 0 there.

    Columns with the same count, and rows with the same weight, have the same terms.
    """
    sums = np.empty(len(data.codes))
    for code, rows in enumerate(rows_by_class(data.codes, len(data.classes))):
        values, n_columns = np.unique(counts[code], return_counts=True)
        weights, place = np.unique(data.weights[rows], return_inverse=True)
        of_weight = np.empty(len(weights))
        for block in blocks(len(weights), len(values)):
            left = _without(sizes[code] - values, weights[block, None], sizes[code])
            of_weight[block] = log(left + alpha) @ n_columns
        sums[rows] = of_weight[place]
    return sums


def count_rows_of_categories(fitted: Any, data: Data) -> list[NDArray[np.intp]]:
    """Count, for each feature, the rows of each category.

    A row of the result counts the rows of a class that have weight; the last one counts all rows.
    """
    X = check_array(data.X, dtype="int")
    n_classes = len(data.classes)
    weighty = data.weights != 0
    found = []
    for column, counts in zip(X.T, fitted.category_count_, strict=True):
        n_categories = counts.shape[1]
        cells = data.codes[weighty] * n_categories + column[weighty]
        n_rows = np.bincount(cells, minlength=counts.size).reshape(n_classes, n_categories)
        found.append(np.vstack([n_rows, np.bincount(column, minlength=n_categories)]))
    return found


def leave_out_categorical(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a CategoricalNB.

    Without the only row that has the highest category of a feature, the model knows one category
    less, and can't predict the row; unless `min_categories` says that there is one.
    """
    X = check_array(data.X, dtype="int")
    alpha = float(read_alpha(fitted, 1)[0])
    codes, weights = data.codes, data.weights
    at_own = np.arange(len(codes)), codes
    own_size = fitted.class_count_[codes] - weights
    scores = log_prior(fitted, data.codes, data.weights)
    promised = np.broadcast_to(
        0 if fitted.min_categories is None else fitted.min_categories, X.shape[1]
    )
    n_rows = count_rows_of_categories(fitted, data) if data.known is None else data.known
    for feature, counts in enumerate(fitted.category_count_):
        column, n_categories = X[:, feature], counts.shape[1]
        left = _take_out(counts[codes, column], weights, n_rows[feature][codes, column])
        terms = fitted.feature_log_prob_[feature][:, column].T.copy()
        terms[at_own] = log(left + alpha) - log(own_size + alpha * n_categories)
        scores += terms
        highest = n_categories - 1
        if n_rows[feature][-1, highest] == 1 and highest >= promised[feature]:
            scores[column == highest] = np.nan
    return normalise(scores)
