"""Which vectors are alike: all pairs whose cosine reaches a threshold, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from label_auditor.data.messages import warn
from label_auditor.review.side_by_side import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Cells of a dense block, or products of numbers in a sparse one: some tens of megabytes.
BLOCK_CELLS = 2**20
# The cosine of equal vectors may come out as a little less than 1.
ROUNDING = 1e-6
# Ten thousand texts need about a million; these take about ten seconds.
MOST_PRODUCTS = 1e8


def alike_pairs(vectors: Any, threshold: float) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Give all pairs of rows whose cosine is at least `threshold`, a block of first rows at a time.

    Sparse vectors are compared with those only that share one of their rarer terms with them. A
    row may forget its most frequent terms as long as the norm of what it forgets is below the
    threshold: two rows that then have no term in common can't reach it. This is prefix filtering
    [1]_; no pair is lost.

    Parameters
    ----------
    vectors : array or sparse matrix of shape (n_samples, n_features)
        The vectors; rows of zeros are like no other. Sparse ones are changed: there may be no room
        for a copy.
    threshold : float in (0, 1]
        The least cosine.

    Yields
    ------
    first, second : ndarray of int
        Positions of the rows of each pair. Each pair comes in both orders.

    Warns
    -----
    UserWarning
        If so many sparse rows are nearly equal that comparing them would take too long; then no
        pairs are given.

    References
    ----------
    .. [1] R. Bayardo, Y. Ma, R. Srikant, "Scaling up all pairs similarity search", WWW 2007.

    Examples
    --------
    >>> pairs = alike_pairs(np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]]), 0.9)
    >>> [(first.tolist(), second.tolist()) for first, second in pairs]
    [([0, 2], [2, 0])]
    """
    from sklearn.preprocessing import normalize

    least = threshold - ROUNDING
    if vectors.shape[0] == 0:
        return
    if sparse.issparse(vectors):
        X = _most_frequent_first(sparse.csr_array(vectors))
        yield from _alike_sparse(normalize(X, copy=False), least)
    else:
        yield from _alike_dense(normalize(np.asarray(vectors)), least)


def _alike_dense(X: NDArray[Any], least: float) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Multiply blocks of rows with all rows that don't come before them."""
    size = max(1, BLOCK_CELLS // max(1, len(X)))
    for start in range(0, len(X), size):
        first, second = np.nonzero(X[start : start + size] @ X[start:].T >= least)
        before = first < second
        yield _in_both_orders(first[before] + start, second[before] + start)


def _in_both_orders(first: NDArray[Any], second: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.concatenate([first, second]), np.concatenate([second, first])


class _Rare(NamedTuple):
    """The rarer terms of each row, which it keeps, and the norm of those that it forgot.

    `begin` is the first term that a row keeps; it keeps all that come after it.
    """

    terms: sparse.csr_array
    forgotten: NDArray[np.float64]
    begin: NDArray[np.int64]


def _alike_sparse(X: sparse.csr_array, least: float) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Find the rows that share a rarer term, and compare these."""
    size = max(1, BLOCK_CELLS * X.shape[0] // max(1, X.nnz))
    blocks = [_forget(X[start : start + size], least) for start in range(0, X.shape[0], size)]
    n_products = _count_products([terms for terms, _ in blocks])
    if n_products[-1] > MOST_PRODUCTS:
        warn(
            "so many rows are nearly equal, as texts made from one template are, that they can't "
            "all be compared; only rows that are equal are counted as twins.",
        )
        return
    rare = _join(blocks)
    del blocks
    by_term = rare.terms.T.tocsr()
    norm_before = _NormBefore(X)
    for start, stop in _cut(n_products):
        shared = (rare.terms[start:stop] @ by_term).tocoo()
        before = np.flatnonzero(shared.row + start < shared.col)
        first, second = shared.row[before] + start, shared.col[before]
        may = _may_be_alike(first, second, shared.data[before], rare, norm_before, least)
        first, second = first[may], second[may]
        alike = _cosines(X, first, second) >= least
        yield _in_both_orders(first[alike], second[alike])


def _may_be_alike(
    first: NDArray[Any],
    second: NDArray[Any],
    shared: NDArray[Any],
    rare: _Rare,
    norm_before: _NormBefore,
    least: float,
) -> NDArray[np.intp]:
    """Say which pairs may reach `least`, by the product of the terms that both rows keep.

    What this product lacks is that of the terms before the first one that both rows keep. One of
    the rows has forgotten all of these, so that their norms are known in both rows, and the
    product of two vectors is at most that of their norms.
    """
    later = rare.begin[first] >= rare.begin[second]
    forgets, keeps = np.where(later, (first, second), (second, first))
    may = np.flatnonzero(shared + rare.forgotten[forgets] >= least)  # no norm is above 1
    forgets, keeps = forgets[may], keeps[may]
    norms = rare.forgotten[forgets] * norm_before(keeps, rare.begin[forgets])
    near: NDArray[np.intp] = may[shared[may] + norms >= least - ROUNDING]
    return near


class _NormBefore:
    """Gives the norm of the terms of rows that come before other terms."""

    def __init__(self, X: sparse.csr_array) -> None:
        self._begins, self._n_terms = X.indptr, X.shape[1]
        row_of = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        self._places = row_of * self._n_terms + X.indices
        self._squares = _cumulate_squares(X)

    def __call__(self, rows: NDArray[Any], terms: NDArray[Any]) -> NDArray[np.float64]:
        ends = np.searchsorted(self._places, rows * self._n_terms + terms)
        squares = self._squares[ends] - self._squares[self._begins[rows]]
        return np.sqrt(np.maximum(squares, 0))  # type: ignore[no-any-return]


def _most_frequent_first(X: sparse.csr_array) -> sparse.csr_array:
    """Put the columns in the order of how many rows have them."""
    counts = count(X.indices, X.shape[1])
    place = np.empty(X.shape[1], dtype=X.indices.dtype)
    place[np.argsort(-counts, kind="stable")] = np.arange(X.shape[1])
    for start in range(0, X.nnz, BLOCK_CELLS):
        X.indices[start : start + BLOCK_CELLS] = place[X.indices[start : start + BLOCK_CELLS]]
    data = X.data.astype(np.result_type(X.dtype, np.float32), copy=False)
    ordered = sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)
    ordered.sort_indices()
    return ordered


def _count_products(blocks: list[sparse.csr_array]) -> NDArray[np.int64]:
    """Count the pairs of numbers that rows share a term in, up to each row."""
    n_rows_with: Any = sum(np.bincount(X.indices, minlength=X.shape[1]) for X in blocks)
    of_blocks = [_ones(X) @ n_rows_with for X in blocks]
    return np.cumsum(np.concatenate(of_blocks))


def _join(blocks: list[tuple[sparse.csr_array, NDArray[np.float64]]]) -> _Rare:
    """Put together what was kept and forgotten in each block of rows."""
    terms = sparse.vstack([terms for terms, _ in blocks], format="csr")
    begin = np.zeros(terms.shape[0], dtype=np.int64)
    keeps = np.flatnonzero(np.diff(terms.indptr))
    begin[keeps] = terms.indices[terms.indptr[keeps]]
    return _Rare(terms, np.concatenate([forgotten for _, forgotten in blocks]), begin)


def _forget(X: sparse.csr_array, least: float) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """Drop the most frequent terms of each row, as long as their norm stays below `least`.

    Give what rows keep, and the norm of what each of them forgets.
    """
    squares = _cumulate_squares(X)
    n_rows = X.shape[0]
    row_of = np.repeat(np.arange(n_rows), np.diff(X.indptr))
    so_far = squares[1:] - squares[X.indptr[:-1]][row_of]
    kept = so_far >= least**2 - ROUNDING
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row_of[kept], minlength=n_rows))])
    terms = sparse.csr_array((X.data[kept], X.indices[kept], indptr), shape=X.shape)
    forgotten = np.bincount(row_of[~kept], X.data[~kept] ** 2.0, minlength=n_rows)
    return terms, np.sqrt(forgotten)


def _cumulate_squares(X: sparse.csr_array) -> NDArray[np.float64]:
    """Sum the squares of all numbers before each one, row after row."""
    return np.concatenate([[0.0], np.cumsum(X.data.astype(np.float64) ** 2)])


def _ones(X: sparse.csr_array) -> sparse.csr_array:
    ones = np.ones(X.nnz, dtype=np.int64)
    return sparse.csr_array((ones, X.indices, X.indptr), shape=X.shape)


def _cut(cumulated: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Cut rows into blocks of so many products, or of a single row that has more."""
    start = 0
    while start < len(cumulated):
        done = cumulated[start - 1] if start else 0
        stop = int(np.searchsorted(cumulated, done + BLOCK_CELLS, side="right"))
        stop = max(stop, start + 1)
        yield start, stop
        start = stop


def _cosines(
    X: sparse.csr_array, first: NDArray[Any], second: NDArray[Any]
) -> NDArray[np.floating]:
    """Give the products of pairs of rows, some at a time."""
    size = max(1, int(BLOCK_CELLS // max(1, X.nnz / X.shape[0])))
    found = [
        X[first[at : at + size]].multiply(X[second[at : at + size]]).sum(axis=1)
        for at in range(0, len(first), size)
    ]
    return np.concatenate(found) if found else np.zeros(0)
