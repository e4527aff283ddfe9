import dask.array as da
import numpy as np
import pandas as pd
import pytest

from label_auditor.fitting.blocks.reading import read_blocks
from label_auditor.fitting.blocks.scheduler import compute
from label_auditor.fitting.blocks.weights import weigh_blocks
from optional import dask_frames, needs_dask_frames

X = da.from_array(np.zeros((10, 2)), chunks=(4, 2))
y = np.array(list("abababcabb"))
WEIGHTS = np.arange(10)
BLOCKS = read_blocks(X, y, allow_missing=False)


def weights_of(blocks):
    return [each.weights.tolist() for each in compute(blocks.labels)]


@pytest.mark.parametrize(
    "weights",
    [WEIGHTS, WEIGHTS.tolist(), da.from_array(WEIGHTS, chunks=3)],
    ids=["array", "list", "dask"],
)
def test_weights_are_cut_as_x_is(weights):
    blocks = weigh_blocks(BLOCKS, X, weights, BLOCKS.codes)
    assert weights_of(blocks) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert blocks.weights.tolist() == WEIGHTS.tolist()
    used = np.where(BLOCKS.codes == 2, -1, BLOCKS.codes)
    assert np.flatnonzero(~blocks.find_weighty(used)).tolist() == [0, 6]
    assert compute([blocks.training_labels(1, used)])[0].weights.tolist() == [4, 5, 6, 7]


def test_no_weights_change_nothing():
    assert weigh_blocks(BLOCKS, X, None, BLOCKS.codes) is BLOCKS
    assert BLOCKS.find_weighty(BLOCKS.codes).all()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (WEIGHTS[:9], r"shape \(9,\), but one weight for each row is needed: shape \(10,\)"),
        (WEIGHTS.astype(str), "no finite numbers"),
        (np.where(BLOCKS.codes == 2, 0, 1), "0 for all rows of the classes 'c'"),
    ],
)
@pytest.mark.parametrize("lazy", [np.asarray, lambda each: da.from_array(each, chunks=4)])
def test_weights_that_can_not_be_are_refused(weights, message, lazy):
    with pytest.raises(ValueError, match=message):
        weigh_blocks(BLOCKS, X, lazy(weights), BLOCKS.codes)


@needs_dask_frames
def test_blocks_without_rows_have_no_weights():
    frame = pd.DataFrame({"x": range(10), "y": y, "w": WEIGHTS})
    parts = dask_frames.from_pandas(frame, npartitions=4)
    parts = parts[(parts["x"] < 3) | (parts["x"] > 5)]
    blocks = read_blocks(parts[["x"]], parts["y"], allow_missing=False)
    assert len(blocks) == 3
    blocks = weigh_blocks(blocks, parts[["x"]], parts["w"], blocks.codes)
    assert weights_of(blocks) == [[0, 1, 2], [6, 7], [8, 9]]
