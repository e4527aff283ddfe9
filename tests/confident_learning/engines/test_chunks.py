import operator

import numpy as np
import pytest

from label_auditor.confident_learning.engines import chunks
from label_auditor.confident_learning.engines.chunks import share_chunks

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
pytest.importorskip("distributed")


class Source:
    """A store that is sliced, as zarr's arrays are."""

    shape, ndim, dtype = (100, 3), 2, np.dtype(float)

    def __getitem__(self, where):
        return np.arange(300.0).reshape(100, 3)[where]


def whole(array):
    """Read all chunks by the functions of the parts; None where there are tasks in their place."""
    parts = share_chunks(array, 2)
    assert [k for part in parts for k in part.blocks] == list(range(array.numblocks[0]))
    if not all(part.alone for part in parts):
        assert all(len(part.blocks) == 1 for part in parts)
        return None
    return np.concatenate([chunk() for part in parts for chunk in part.chunks])


@pytest.mark.parametrize("slices", [slice(None), slice(15, 80), slice(None, None, -1)])
def test_chunks_that_need_nothing_in_common(slices):
    array = da.from_array(Source(), chunks=(10, -1))[slices].map_blocks(np.sqrt) + 1
    parts = share_chunks(array, 2)
    assert [len(part.blocks) for part in parts] == [len(parts[0].chunks), len(parts[1].chunks)]
    np.testing.assert_array_equal(whole(array), np.sqrt(Source()[slices]) + 1)


def test_a_part_is_not_large(monkeypatch):
    array = da.ones((100, 3), chunks=(10, -1))
    assert len(share_chunks(array, 1)) == 1
    monkeypatch.setattr(chunks, "MOST_READ", array.nbytes // 4)
    assert [len(part.blocks) for part in share_chunks(array, 1)] == [2, 3, 2, 3]
    assert len(share_chunks(array, 99)) == 10


def test_chunks_that_have_work_or_data_in_common():
    made = dask.delayed(np.ones)((5, 3))
    sums = [da.from_delayed(dask.delayed(operator.add)(made, i), (5, 3), float) for i in range(3)]
    ones = da.ones((100, 3), chunks=(10, -1))
    for array in (
        da.concatenate(sums),
        ones.cumsum(axis=0),
        ones.rechunk((7, -1)),
        da.from_array(np.ones((10_000, 3)), chunks=(5_000, -1)),
    ):
        assert whole(array) is None


def test_how_tasks_run_may_be_annotated():
    with dask.annotate(resources={"GPU": 1}):
        array = da.ones((100, 3), chunks=(10, -1)).map_blocks(np.sqrt)
    assert whole(array) is None


def test_chunks_that_need_what_workers_hold(dask_client):
    ones = da.ones((100, 3), chunks=(10, -1))
    kept = ones.persist()
    assert whole(kept) is None
    assert whole(kept.map_blocks(np.sqrt)) is None
    assert whole(ones.map_blocks(np.add, dask_client.scatter(1), dtype=float)) is None
