"""The nearest rows by cosine, in blocks: exact where that is quick, else with a known recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Rows = NDArray[np.intp]
    Floats = NDArray[np.float32]
    # From rows to the neighbours of some of them at a time, and the cosines of these.
    Search = Callable[[Rows], Iterator[tuple[Rows, Floats]]]

# Cells of a dense block, or products of numbers in a sparse one: some tens of megabytes.
BLOCK_CELLS = 2**21
# The products up to which all rows are compared: some seconds of sparse ones, and of dense ones,
# which take a hundredth of the time; finding the largest cosines is as many products more.
MOST_SPARSE = 3e8
MOST_DENSE = 1e11
SELECTION = 64
# A sparse row is looked up by at most so many of its heaviest terms, by so many that it meets this
# number of rows; those that share most are then compared in full.
MOST_TERMS = 64
MOST_MET = 8000
N_COMPARED = 32
MOST_READ = 8000  # numbers of these; fewer rows are compared where they are long
# A dense row is compared with the rows of so many cells, of which there are about the square root
# of the number of rows.
N_CELLS = 16
# The rows for which an approximate search is compared with an exact one.
N_CHECKED = 32


class Nearest(NamedTuple):
    """The nearest rows of some rows.

    Attributes
    ----------
    rows : ndarray of int, shape (n_rows, k)
        Positions, nearest first; -1 where a row has fewer neighbours.
    cosines : ndarray of float32, shape (n_rows, k)
        Their cosines; NaN where there is none.
    recall : float
        The share of the nearest rows that is found: 1 if all rows were compared, else as seen with
        some of them.
    """

    rows: Rows
    cosines: Floats
    recall: float


def nearest_rows(vectors: Any, rows: Rows, k: int) -> Nearest:
    """Find the rows whose vectors have the largest cosine with that of each row.

    Parameters
    ----------
    vectors : ndarray or csr matrix of float, shape (n_samples, n_features)
        The vectors of all rows.
    rows : ndarray of int, shape (n_rows,)
        The rows whose neighbours are looked for. No row is its own neighbour.
    k : int
        How many neighbours. A row whose cosine is 0 or less is none.

    Returns
    -------
    Nearest
        The neighbours.

    Examples
    --------
    >>> found = nearest_rows(np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]]), np.array([0]), 2)
    >>> found.rows, found.cosines.round(3), found.recall
    (array([[ 2, -1]]), array([[0.994,   nan]], dtype=float32), 1.0)
    """
    ways: Any = _SparseRows(vectors, k) if sparse.issparse(vectors) else _DenseRows(vectors, k)
    if ways.is_quick(len(rows)):
        return Nearest(*_gather(ways.compare_all, rows, k), 1.0)
    found, cosines = _gather(ways.compare_some, rows, k)
    checked = np.random.default_rng(0).choice(len(rows), min(N_CHECKED, len(rows)), replace=False)
    _, true = _gather(ways.compare_all, rows[checked], k)
    least = np.where(true > 0, true, np.inf).min(axis=1, keepdims=True)
    n_found = int(np.count_nonzero(cosines[checked] >= least * (1 - 1e-5)))
    return Nearest(found, cosines, n_found / max(1, int(np.count_nonzero(true > 0))))


def _gather(search: Search, rows: Rows, k: int) -> tuple[Rows, Floats]:
    """Put the blocks of a search together."""
    found = np.full((len(rows), k), -1, dtype=np.intp)
    cosines = np.full((len(rows), k), np.nan, dtype=np.float32)
    start = 0
    for others, values in search(rows):
        at = slice(start, start + len(others)), slice(0, others.shape[1])
        near = values > 0
        found[at], cosines[at] = np.where(near, others, -1), np.where(near, values, np.nan)
        start += len(others)
    return found, cosines


def _blocks(rows: Rows, size: int) -> Iterator[Rows]:
    """Cut rows into blocks."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _count(columns: Rows, n_columns: int) -> Rows:
    """Count the columns, in blocks: NumPy makes larger numbers of them first."""
    counts = np.zeros(n_columns, dtype=np.intp)
    for block in _blocks(columns, BLOCK_CELLS):
        counts += np.bincount(block, minlength=n_columns)
    return counts


def _largest(values: Floats, k: int) -> tuple[Rows, Floats]:
    """Give the places of the k largest of each row, in order, and these."""
    k = min(k, values.shape[1])
    places = np.argpartition(-values, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(values, places, 1), axis=1, kind="stable")
    places = np.take_along_axis(places, order, 1)
    return places, np.take_along_axis(values, places, 1)


class _DenseRows:
    """Rows of a dense array, scaled to length 1."""

    def __init__(self, vectors: NDArray[Any], k: int) -> None:
        self.k = k
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        self.X = np.divide(vectors, np.where(norms > 0, norms, 1)[:, None], dtype=np.float32)

    def is_quick(self, n_rows: int) -> bool:
        """Say whether all rows can be compared."""
        return bool(n_rows * len(self.X) * (self.X.shape[1] + SELECTION) <= MOST_DENSE)

    def compare_all(self, rows: Rows) -> Iterator[tuple[Rows, Floats]]:
        """Compare each row with all others."""
        for block in _blocks(rows, max(1, BLOCK_CELLS // len(self.X))):
            cosines = self.X[block] @ self.X.T
            cosines[np.arange(len(block)), block] = -1
            yield _largest(cosines, self.k)

    def compare_some(self, rows: Rows) -> Iterator[tuple[Rows, Floats]]:
        """Compare each row with those in the cells nearest to it [1]_.

        References
        ----------
        .. [1] J. Sivic, A. Zisserman, "Video Google: a text retrieval approach to object matching
           in videos", ICCV 2003; J. Johnson, M. Douze, H. Jégou, "Billion-scale similarity search
           with GPUs", IEEE Transactions on Big Data, 2021.
        """
        centres = self._cut_into_cells()
        cell_of = np.concatenate(
            [
                np.argmax(self.X[b] @ centres.T, axis=1)
                for b in _blocks(np.arange(len(self.X)), 4096)
            ]
        )
        members = np.split(
            np.argsort(cell_of, kind="stable"),
            np.cumsum(np.bincount(cell_of, minlength=len(centres)))[:-1],
        )
        for block in _blocks(rows, 16384):
            cells, _ = _largest(self.X[block] @ centres.T, N_CELLS)
            yield self._look_into(block, cells, members)

    def _cut_into_cells(self) -> Floats:
        """Give the centres of cells in which about as many rows are as there are cells."""
        from sklearn.cluster import MiniBatchKMeans

        n_cells = max(N_CELLS, round(len(self.X) ** 0.5))
        some = np.random.default_rng(0).permutation(len(self.X))[: 32 * n_cells]
        model = MiniBatchKMeans(
            n_cells, batch_size=4096, max_iter=10, n_init=1, init="random", random_state=0
        )
        return model.fit(self.X[np.sort(some)]).cluster_centers_.astype(np.float32)  # type: ignore[no-any-return]

    def _look_into(self, rows: Rows, cells: Rows, members: list[Rows]) -> tuple[Rows, Floats]:
        """Compare rows with the members of the cells of each."""
        shape = (*cells.shape, self.k)
        found, cosines = np.zeros(shape, dtype=np.intp), np.full(shape, -1, dtype=np.float32)
        by_cell = np.argsort(cells, axis=None, kind="stable")
        ends = np.cumsum(np.bincount(cells.ravel(), minlength=len(members)))
        for inside, looking in zip(members, np.split(by_cell, ends[:-1]), strict=True):
            if not len(inside) or not len(looking):
                continue
            at, nth = np.divmod(looking, cells.shape[1])
            values = self.X[rows[at]] @ self.X[inside].T
            values[rows[at][:, None] == inside] = -1
            places, values = _largest(values, self.k)
            width = slice(0, places.shape[1])
            found[at, nth, width], cosines[at, nth, width] = inside[places], values
        places, values = _largest(cosines.reshape(len(rows), -1), self.k)
        return np.take_along_axis(found.reshape(len(rows), -1), places, 1), values


def _most_shared(shared: Any, rows: Rows, n_compared: int) -> list[Rows]:
    """Give for each row those that share most with it, which share something."""
    found = []
    for i, row in enumerate(rows.tolist()):
        met = slice(shared.indptr[i], shared.indptr[i + 1])
        others, weights = shared.indices[met], shared.data[met]
        if len(others) > n_compared:
            others = others[np.argpartition(weights, -n_compared)[-n_compared:]]
        found.append(others[others != row])
    return found


class _SparseRows:
    """Rows of a sparse matrix, and their lengths."""

    def __init__(self, vectors: Any, k: int) -> None:
        self.k = k
        self.X = sparse.csr_matrix(vectors)
        if not self.X.has_canonical_format:
            self.X = self.X.copy()
            self.X.sum_duplicates()
        n_rows = self.X.shape[0]
        size = max(1, BLOCK_CELLS * n_rows // max(1, self.X.nnz))
        squares = np.concatenate(
            [
                np.asarray(self.X[at : at + size].power(2).sum(axis=1)).ravel()
                for at in range(0, n_rows, size)
            ]
        )
        self.scale = 1 / np.sqrt(np.where(squares > 0, squares, 1))

    def is_quick(self, n_rows: int) -> bool:
        """Say whether all rows can be compared: by the products of a row as it is on average."""
        counts = _count(self.X.indices, self.X.shape[1]).astype(np.float64)
        return bool(n_rows * (counts @ counts) / max(1, self.X.shape[0]) <= MOST_SPARSE)

    def compare_all(self, rows: Rows) -> Iterator[tuple[Rows, Floats]]:
        """Compare each row with all others."""
        for block in _blocks(rows, max(1, BLOCK_CELLS // self.X.shape[0])):
            cosines = (self.X @ self.X[block].T).toarray().T
            cosines *= self.scale
            cosines *= self.scale[block, None]
            cosines[np.arange(len(block)), block] = -1
            yield _largest(cosines.astype(np.float32), self.k)

    def compare_some(self, rows: Rows) -> Iterator[tuple[Rows, Floats]]:
        """Compare each row with those that share most of its heaviest terms [1]_.

        References
        ----------
        .. [1] D. Carmel et al., "Static index pruning for information retrieval systems",
           SIGIR 2001.
        """
        heavy = self._heaviest(rows)
        by_term = heavy.T.tocsr()
        length = max(1, self.X.nnz // self.X.shape[0])
        n_compared = max(2 * self.k, min(N_COMPARED, MOST_READ // length))
        width = n_compared * length
        for block in _blocks(rows, max(1, BLOCK_CELLS // max(width, MOST_MET))):
            yield self._compare(block, _most_shared(heavy[block] @ by_term, block, n_compared))

    def _compare(self, rows: Rows, others: list[Rows]) -> tuple[Rows, Floats]:
        """Compare each row in full with some others."""
        found = np.zeros((len(rows), self.k), dtype=np.intp)
        cosines = np.full((len(rows), self.k), -1, dtype=np.float32)
        all_others = np.concatenate(others)
        theirs, ends = self.X[all_others], np.cumsum([0, *map(len, others)])
        buffer = np.zeros(self.X.shape[1], dtype=self.X.dtype)
        products = np.zeros(len(theirs.data) + 1)  # so that empty rows at the end have a place
        for i, row in enumerate(rows.tolist()):
            own = slice(self.X.indptr[row], self.X.indptr[row + 1])
            at = slice(theirs.indptr[ends[i]], theirs.indptr[ends[i + 1]])
            buffer[self.X.indices[own]] = self.X.data[own]
            np.multiply(buffer[theirs.indices[at]], theirs.data[at], out=products[at])
            buffer[self.X.indices[own]] = 0
        sums = np.add.reduceat(products, theirs.indptr[:-1]) if len(all_others) else products[:0]
        sums *= self.scale[all_others] * np.repeat(self.scale[rows], np.diff(ends))
        for i, met in enumerate(others):
            values = sums[ends[i] : ends[i + 1]]
            nearest = np.argsort(-values, kind="stable")[: self.k]
            found[i, : len(nearest)], cosines[i, : len(nearest)] = met[nearest], values[nearest]
        return found, cosines

    def _heaviest(self, rows: Rows) -> Any:
        """Give a matrix of the heaviest terms of each row, as many as `rows` may meet others by."""
        X, n = self.X, self.X.shape[0]
        terms = np.zeros((n, MOST_TERMS), dtype=X.indices.dtype)
        weights = np.zeros((n, MOST_TERMS), dtype=np.float32)
        starts = X.indptr.tolist()
        for row in range(n):
            own = X.data[starts[row] : starts[row + 1]]
            size = -np.abs(own)
            first = np.argpartition(size, MOST_TERMS)[:MOST_TERMS] if len(own) > MOST_TERMS else ...
            order = np.argsort(size[first])
            place = slice(0, len(order))
            weights[row, place] = own[first][order]
            terms[row, place] = X.indices[starts[row] : starts[row + 1]][first][order]
        weights *= self.scale[:, None].astype(np.float32)
        n_terms = self._count_terms(terms, weights != 0, rows)
        terms, weights = terms[:, :n_terms], weights[:, :n_terms]
        indptr = np.arange(0, n * n_terms + 1, n_terms)
        heavy = sparse.csr_matrix((weights.ravel(), terms.ravel(), indptr), shape=X.shape)
        heavy.eliminate_zeros()
        return heavy

    def _count_terms(self, terms: Any, is_term: Any, rows: Rows) -> int:
        """Give the number of terms by which rows meet few enough others."""
        for n_terms in range(MOST_TERMS, 4, -4):
            kept = is_term[:, :n_terms]
            counts = _count(terms[:, :n_terms][kept], self.X.shape[1])
            n_met = counts[terms[rows, :n_terms][kept[rows]]].sum()
            if n_met <= MOST_MET * len(rows):
                return n_terms
        return 4
