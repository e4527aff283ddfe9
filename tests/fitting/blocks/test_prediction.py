import dask.array as da
import numpy as np
import pytest

from label_auditor.fitting.blocks.prediction import hold_probabilities
from label_auditor.fitting.blocks.reading import read_blocks
from label_auditor.fitting.blocks.scheduler import task

y = np.array(list("abab") * 3)
BLOCKS = read_blocks(
    da.from_array(np.zeros((12, 1)), chunks=(5, 1)), da.from_array(y, chunks=5), allow_missing=False
)
PROBS = np.random.default_rng(0).random((12, 2)).astype(np.float32)
PROBS[[3, 11]] = np.nan


def predict(block):
    return task(np.copy, PROBS[BLOCKS.rows(block)])


def test_without_a_cluster_probabilities_are_one_array():
    found, missing = hold_probabilities(BLOCKS, predict)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, PROBS)
    assert missing.tolist() == [3, 11]


def test_with_a_cluster_they_stay_in_their_blocks():
    distributed = pytest.importorskip("distributed")
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ):
        found, missing = hold_probabilities(BLOCKS, predict)
        assert isinstance(found, da.Array)
        assert found.chunks == ((5, 5, 2), (2,))
        np.testing.assert_array_equal(found.compute(), PROBS)
    assert missing.tolist() == [3, 11]
