import threading

import numpy as np
import pytest
from joblib import cpu_count, parallel_config

from label_auditor.confident_learning.row_blocks import BLOCK_BYTES, LabelledRows, chunk_rows


class Chunked:
    def __init__(self, chunks):
        self.chunks = chunks


@pytest.mark.parametrize(
    ("chunks", "rows"), [((7, 2), 7), (((3, 9, 4), (2,)), 9), (None, 1), ((), 1)]
)
def test_chunk_rows(chunks, rows):
    assert chunk_rows(Chunked(chunks)) == rows


@pytest.mark.parametrize("n_jobs", [1, 2, 5])
@pytest.mark.parametrize("n_rows", [1, 20_000, 200_001])
def test_blocks_cover_the_rows_in_order(n_rows, n_jobs):
    data = LabelledRows(np.zeros(n_rows, int), np.broadcast_to(0.5, (n_rows, 1000)), n_jobs)
    for blocks in (
        data.map(lambda rows: rows),
        data.map_light(lambda rows: rows),
        data.share(lambda rows: rows, n_rows),
    ):
        covered = np.concatenate([np.arange(rows.start, rows.stop) for rows in blocks])
        np.testing.assert_array_equal(covered, np.arange(n_rows))
    assert all(
        (rows.stop - rows.start) * 8000 <= BLOCK_BYTES for rows in data.map(lambda rows: rows)
    )


def test_chunks_are_not_cut():
    stored = Chunked((7000, 10))
    stored.shape = (100_000, 10)
    data = LabelledRows(np.zeros(100_000, int), stored, 2)
    starts = data.map(lambda rows: rows.start)
    assert len(starts) > 1
    assert not any(start % 7000 for start in starts)


def thread_names(n_jobs):
    data = LabelledRows(np.zeros(10**6, int), np.broadcast_to(0.5, (10**6, 2)), n_jobs)
    # Tasks wait for one another, so that no thread does the work of two.
    barrier = threading.Barrier(data.n_threads, timeout=60)

    def name(rows):
        barrier.wait()
        return threading.current_thread().name

    return set(data.share(name, data.n_threads))


def test_as_many_threads_as_joblib_says():
    assert thread_names(1) == thread_names(None) == {threading.current_thread().name}
    most = min(2, cpu_count())
    assert len(thread_names(2)) == most
    with parallel_config(n_jobs=2):
        assert len(thread_names(None)) == most


def test_errors_in_threads_are_raised():
    def fail(rows):
        raise RuntimeError(f"row {rows.start}")

    data = LabelledRows(np.zeros(10**6, int), np.broadcast_to(0.5, (10**6, 2)), 2)
    with pytest.raises(RuntimeError, match="row 0"):
        data.map(fail)
