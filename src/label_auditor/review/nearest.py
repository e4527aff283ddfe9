"""The nearest rows by cosine, in blocks: exact where that is quick, else with a known recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from label_auditor.review.side_by_side import SideBySide, count, squares_of, tidy, to_scale

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
# Sparse rows from which it is guessed how much all rows have in common.
N_SAMPLED = 2000
# A sparse row is looked up by some of its heaviest terms, by so many that it meets this number of
# rows; those that have most of them are then compared in full.
LEAST_TERMS, MOST_TERMS = 4, 64
MOST_MET = 5000
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
    vectors : ndarray, csr matrix or SideBySide of float, shape (n_samples, n_features)
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
    ways: Any = (_DenseRows if isinstance(vectors, np.ndarray) else _SparseRows)(vectors, k)
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
        if len(others) > n_compared + 1:  # the row itself is among them
            others = others[np.argpartition(weights, -n_compared - 1)[-n_compared - 1 :]]
        found.append(others[others != row])
    return found


class _SparseRows:
    """Sparse rows of a matrix, or of what makes them anew each time that they are asked for."""

    def __init__(self, vectors: Any, k: int) -> None:
        self.vectors = vectors if isinstance(vectors, SideBySide) else SideBySide([vectors])
        self.k = k
        n = vectors.shape[0]
        some = np.random.default_rng(0).choice(n, min(n, N_SAMPLED), replace=False)
        sample, _ = self._read(np.sort(some))
        counts = count(sample.indices, sample.shape[1]).astype(np.float64)
        self.length = max(1, sample.nnz // len(some))
        n_pairs = max(1, len(some) * (len(some) - 1))
        # How many terms two rows have in common.
        self.n_common = (counts @ counts - counts.sum()) / n_pairs

    def is_quick(self, n_rows: int) -> bool:
        """Say whether all rows can be compared, by the terms that rows have in common."""
        return bool(n_rows * (self.vectors.shape[0] * self.n_common + self.length) <= MOST_SPARSE)

    def _read(self, rows: Any) -> tuple[Any, NDArray[np.floating]]:
        """Give some rows, and by what their numbers are to be multiplied to give length 1."""
        X = tidy(self.vectors[rows])
        return X, to_scale(squares_of(X))

    def _read_all(self, columns: Rows) -> Iterator[tuple[int, Any, NDArray[np.floating]]]:
        """Give some columns of all rows in blocks, each with the position of its first row.

        Rows are scaled as if all of their columns were there.
        """
        size, n_rows = max(1, BLOCK_CELLS // (4 * self.length)), self.vectors.shape[0]
        read = self.vectors.reader(columns)
        for start in range(0, n_rows, size):
            X, squares = read(slice(start, min(start + size, n_rows)))
            yield start, X, to_scale(squares)

    def _read_asked(self, rows: Rows) -> Any:
        """Give rows that are asked for, scaled to length 1."""
        X, scale = self._read(rows)
        return _scale_rows(X, scale)

    def compare_all(self, rows: Rows) -> Iterator[tuple[Rows, Floats]]:
        """Compare each row with all others, which are read once."""
        asked = self._read_asked(rows)
        columns = np.unique(asked.indices)
        asked = asked[:, columns]
        found = np.zeros((len(rows), self.k), dtype=np.intp)
        cosines = np.full((len(rows), self.k), -1, dtype=np.float32)
        for start, block, scale in self._read_all(columns):
            n_others = block.shape[0]
            for at in _blocks(np.arange(len(rows)), max(1, BLOCK_CELLS // n_others)):
                values = (block @ asked[at].T).toarray()
                values = (values * scale[:, None]).T.astype(np.float32)
                own = rows[at] - start
                inside = np.flatnonzero((own >= 0) & (own < n_others))
                values[inside, own[inside]] = -1
                others = np.broadcast_to(np.arange(start, start + n_others), values.shape)
                places, cosines[at] = _largest(np.hstack([cosines[at], values]), self.k)
                found[at] = np.take_along_axis(np.hstack([found[at], others]), places, 1)
        yield found, cosines

    def compare_some(self, rows: Rows) -> Iterator[tuple[Rows, Floats]]:
        """Compare each row with those that have most of its heaviest terms [1]_.

        References
        ----------
        .. [1] D. Carmel et al., "Static index pruning for information retrieval systems",
           SIGIR 2001.
        """
        asked = self._read_asked(rows)
        heavy, n_met = self._heaviest(asked)
        terms = np.unique(heavy.indices)
        blocks = [_scale_rows(block, scale) for _, block, scale in self._read_all(terms)]
        by_row = sparse.vstack(blocks, format="csr")
        del blocks
        by_term = by_row.T.tocsr()
        del by_row
        heavy = heavy[:, terms]
        n_compared = max(2 * self.k, min(N_COMPARED, MOST_READ // self.length))
        costs = np.cumsum(np.maximum(n_met, n_compared * self.length))
        for at in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(costs // BLOCK_CELLS)) + 1):
            others = _most_shared(heavy[at] @ by_term, rows[at], n_compared)
            yield self._compare(asked[at], others)

    def _compare(self, asked: Any, others: list[Rows]) -> tuple[Rows, Floats]:
        """Compare each row in full with some others."""
        found = np.zeros((len(others), self.k), dtype=np.intp)
        cosines = np.full((len(others), self.k), -1, dtype=np.float32)
        theirs, scale = self._read(np.concatenate(others))
        ends = np.cumsum([0, *map(len, others)])
        buffer = np.zeros(asked.shape[1], dtype=asked.dtype)
        products = np.zeros(theirs.nnz + 1)  # so that empty rows at the end have a place
        for i in range(len(others)):
            own = slice(asked.indptr[i], asked.indptr[i + 1])
            at = slice(theirs.indptr[ends[i]], theirs.indptr[ends[i + 1]])
            buffer[asked.indices[own]] = asked.data[own]
            np.multiply(buffer[theirs.indices[at]], theirs.data[at], out=products[at])
            buffer[asked.indices[own]] = 0
        sums = np.add.reduceat(products, theirs.indptr[:-1]) if ends[-1] else products[:0]
        sums *= scale
        for i, met in enumerate(others):
            values = sums[ends[i] : ends[i + 1]]
            nearest = np.argsort(-values, kind="stable")[: self.k]
            found[i, : len(nearest)], cosines[i, : len(nearest)] = met[nearest], values[nearest]
        return found, cosines

    def _heaviest(self, asked: Any) -> tuple[Any, Rows]:
        """Give the heaviest terms of rows by which they meet few enough others; and how many."""
        n_rows_with = self.vectors.n_rows_with
        terms, weights, ends, n_met = [], [], [0], []
        for i in range(asked.shape[0]):
            own = slice(asked.indptr[i], asked.indptr[i + 1])
            size = -np.abs(asked.data[own])
            n_first = min(MOST_TERMS, len(size))
            first = np.argpartition(size, n_first - 1)[:n_first] if n_first else np.arange(0)
            first = first[np.argsort(size[first])]
            met = np.cumsum(n_rows_with[asked.indices[own][first]])
            n_terms = min(
                n_first, max(LEAST_TERMS, int(np.searchsorted(met, MOST_MET, side="right")))
            )
            terms.append(asked.indices[own][first[:n_terms]])
            weights.append(asked.data[own][first[:n_terms]])
            ends.append(ends[-1] + n_terms)
            n_met.append(met[n_terms - 1] if n_terms else 0)
        data = np.concatenate(weights), np.concatenate(terms), ends
        return sparse.csr_matrix(data, shape=asked.shape), np.array(n_met)


def _scale_rows(X: Any, scale: NDArray[np.floating]) -> Any:
    """Multiply each row by a number; the numbers of the result are short."""
    data = (X.data * np.repeat(scale, np.diff(X.indptr))).astype(np.float32)
    return sparse.csr_matrix((data, X.indices, X.indptr), shape=X.shape)
