"""Reading any array-like in blocks of rows, and working on the blocks on threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
from joblib import cpu_count
from joblib.parallel import get_active_backend

from label_auditor.confident_learning.scan import sum_tolerance

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LabelledRows"]

Array = npt.NDArray[Any]
Result = TypeVar("Result")

# A few blocks of this size may be in memory at once.
BLOCK_BYTES = 2**25
# Most rows of a task that reads a few numbers of each row, so that they stay in the cache.
LIGHT_BLOCK = 2**17
# Fewer rows are not worth a task.
FEWEST_ROWS = 2**13


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Codes and probabilities that are worked on in blocks of rows.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    pred_probs : array-like of shape (n, K)
        Anything with a shape that slices by rows.
    n_jobs : int, optional
        Threads, as in joblib: None is 1 unless a `joblib.parallel_config` says otherwise.
    """

    codes: Array
    pred_probs: Any
    n_jobs: int | None = None

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The type of the probabilities."""
        return self.read(slice(0)).dtype

    @property
    def tolerance(self) -> float:
        """How far from 1 the sum of a row may be."""
        return sum_tolerance(self.dtype, self.pred_probs.shape[1])

    def read(self, rows: slice) -> Array:
        """Read a block of probabilities: a view of a NumPy array, a copy of any other."""
        return np.asarray(self.pred_probs[rows])

    def map(self, function: Callable[[slice], Result]) -> list[Result]:
        """Call a function for every block that is small enough to be read, in row order."""
        chunk = chunk_rows(self.pred_probs)
        most = BLOCK_BYTES // (8 * self.pred_probs.shape[1])
        step = -(-self._rows_per_task(most) // chunk) * chunk
        return self._map(function, self.codes.size, step)

    def map_light(self, function: Callable[[slice], Result]) -> list[Result]:
        """Call a function for every block, in row order, that reads a few numbers of each row."""
        return self._map(function, self.codes.size, self._rows_per_task(LIGHT_BLOCK))

    def share(self, function: Callable[[slice], Result], number: int) -> list[Result]:
        """Call a function for one range of a number of things per thread, in order."""
        return self._map(function, number, -(-number // self.n_threads))

    @cached_property
    def n_threads(self) -> int:
        """How many threads work on the blocks."""
        n_jobs = get_active_backend()[1] if self.n_jobs is None else self.n_jobs
        threads, _ = get_active_backend(prefer="threads")
        return min(int(threads.effective_n_jobs(n_jobs)), int(cpu_count()))

    def _rows_per_task(self, most: int) -> int:
        """Cut small data too, so that all threads have work to the end."""
        return max(1, min(most, max(FEWEST_ROWS, self.codes.size // (8 * self.n_threads))))

    def _map(self, function: Callable[[slice], Result], number: int, step: int) -> list[Result]:
        blocks = [slice(i, min(i + step, number)) for i in range(0, number, step)]
        if len(blocks) == 1 or self.n_threads == 1:
            return [function(rows) for rows in blocks]
        # NumPy frees the interpreter lock. joblib says how many threads there may be, but waits
        # for its own in steps of 10 ms, longer than most of these calls take.
        with ThreadPoolExecutor(self.n_threads) as threads:
            return list(threads.map(function, blocks))


def chunk_rows(array: Any) -> int:
    """Rows of a chunk of a zarr, h5py or dask array, the largest where they differ; else 1."""
    chunks = getattr(array, "chunks", None)
    return int(np.max(chunks[0])) if chunks else 1
