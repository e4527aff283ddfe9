import numpy as np
import pytest

from label_auditor.data.chunks import chunk_ends, cut_rows


class Chunked:
    def __init__(self, chunks, n_rows=18):
        self.chunks, self.shape = chunks, (n_rows, 2)


@pytest.mark.parametrize(
    ("chunks", "ends"),
    [
        ((7, 2), [7, 14, 18]),
        ((9, 2), [9, 18]),
        ((50, 2), [18]),
        (((3, 0, 9, 6), (2,)), [3, 3, 12, 18]),
    ],
)
def test_chunks_end(chunks, ends):
    assert chunk_ends(Chunked(chunks)).tolist() == ends


@pytest.mark.parametrize("chunks", [None, ()])
def test_what_has_no_chunks(chunks):
    assert chunk_ends(Chunked(chunks)) is None
    assert chunk_ends(np.zeros((3, 2))) is None


@pytest.mark.parametrize(
    ("chunks", "step", "starts"),
    [
        (None, 5, [0, 5, 10, 15]),
        ((4, 2), 5, [0, 8, 16]),
        ((4, 2), 1, [0, 4, 8, 12, 16]),
        (((3, 0, 9, 0, 6, 0), (2,)), 3, [0, 3, 12]),
        (((3, 0, 9, 0, 6, 0), (2,)), 4, [0, 12]),
        (((0, 18), (2,)), 1, [0]),
    ],
)
def test_ranges_cover_the_rows_and_cut_no_chunk(chunks, step, starts):
    ranges = cut_rows(Chunked(chunks), step)
    assert [rows.start for rows in ranges] == starts
    assert [rows.stop for rows in ranges] == [*starts[1:], 18]
