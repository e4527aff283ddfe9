import functools

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from label_auditor.fitting.blocks.reading import (
    is_lazy,
    name_block,
    read_blocks,
)
from label_auditor.fitting.blocks.scheduler import compute
from optional import dask_frames, needs_dask_frames

X = np.arange(20.0).reshape(10, 2)
y = np.array(["b", "a", "b", "b", "c", "a", "c", "b", "a", "a"])


def lazy(values, rows=4):
    return da.from_array(values, chunks=(rows, *values.shape[1:]))


def codes_of(blocks, used=None):
    used = blocks.codes if used is None else used
    labels = compute([blocks.training_labels(block, used) for block in range(len(blocks))])
    return np.concatenate([each.codes for each in labels]).tolist()


def test_what_is_lazy():
    assert is_lazy(lazy(X))
    assert not any(map(is_lazy, (X, pd.DataFrame(X), ["text"])))


@pytest.mark.parametrize("labels", [y, pd.Series(y, index=range(5, 15)), lazy(y, 3), y.tolist()])
def test_labels_are_cut_as_x_is(labels):
    blocks = read_blocks(da.from_array(X, chunks=(4, 1)), labels, allow_missing=False)
    assert blocks.codes.tolist() == [1, 0, 1, 1, 2, 0, 2, 1, 0, 0]
    assert blocks.classes.tolist() == ["a", "b", "c"]
    assert blocks.starts.tolist() == [0, 4, 8, 10]
    assert codes_of(blocks) == blocks.codes.tolist()
    assert [part.shape for part in compute(blocks.parts)] == [(4, 2), (4, 2), (2, 2)]
    assert blocks.index[0] == (5 if isinstance(labels, pd.Series) else 0)


def test_labels_that_differ_in_training():
    blocks = read_blocks(lazy(X), lazy(y), allow_missing=False)
    used = blocks.codes.copy()
    used[[1, 8]] = -1, 2
    assert codes_of(blocks, used) == used.tolist()


def test_classes_that_only_some_blocks_have_are_sorted_together():
    labels = lazy(np.array([30, 30, 30, 30, 10, 10, 10, 10, 20, 30]))
    blocks = read_blocks(lazy(X), labels, allow_missing=False)
    assert blocks.classes.tolist() == [10, 20, 30]
    assert codes_of(blocks) == [2, 2, 2, 2, 0, 0, 0, 0, 1, 2]


def test_missing_labels():
    gaps = y.astype(object)
    gaps[[2, 9]] = None
    with pytest.raises(ValueError, match=r"y is missing .* 2 of 10 rows: rows 2, 9; drop"):
        read_blocks(lazy(X), lazy(gaps), allow_missing=False)
    blocks = read_blocks(lazy(X), lazy(gaps), allow_missing=True)
    assert np.flatnonzero(blocks.codes < 0).tolist() == [2, 9]
    assert codes_of(blocks) == blocks.codes.tolist()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lazy(y[:8]), "X has 3 blocks and y has 2, but a row must be in the same block"),
        (y[:8], "X has 10 rows, y has 8 labels"),
        (lazy(np.array(["a", 1] * 5, dtype=object)), "block [123] of 3, .*: y mixes strings"),
        (lazy(np.array(["a"] * 4 + [1] * 6, dtype=object)), "y mixes strings with other values"),
        (lazy(np.array(["a"] * 10)), "y holds one class only"),
        (lazy(np.eye(10)), "several labels per row"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        read_blocks(lazy(X), labels, allow_missing=False)


@needs_dask_frames
class TestFrames:
    frame = pd.DataFrame({"x": X[:, 0], "y": y}, index=[f"r{row}" for row in range(10)])

    def parts(self, frame=None):
        frame = self.frame if frame is None else frame
        return dask_frames.from_pandas(frame, npartitions=3, sort=False)

    @pytest.mark.parametrize("column", ["y", ["y"]])
    def test_the_index_is_kept(self, column):
        parts = self.parts()
        blocks = read_blocks(parts[["x"]], parts[column], allow_missing=False)
        assert blocks.index.tolist() == self.frame.index.tolist()
        assert blocks.features["feature_names_in_"].tolist() == ["x"]

    def test_categories(self):
        parts = self.parts(self.frame.astype({"y": "category"}))
        blocks = read_blocks(parts[["x"]], parts["y"], allow_missing=False)
        assert blocks.classes[blocks.codes].tolist() == y.tolist()

    def test_the_index_of_x_if_y_has_none(self):
        blocks = read_blocks(self.parts()[["x"]], y, allow_missing=False)
        assert blocks.index.tolist() == self.frame.index.tolist()

    def test_an_index_that_each_block_counts_for_itself_names_no_rows(self):
        numbered = self.frame.reset_index(drop=True)
        pieces = [numbered[start : start + 5].reset_index(drop=True) for start in (0, 5)]
        parts = dask_frames.from_map(lambda piece: pieces[piece], [0, 1], meta=numbered[:0])
        blocks = read_blocks(parts[["x"]], parts["y"], allow_missing=False)
        assert blocks.index == range(10)

    def test_blocks_without_rows_are_left_out(self):
        parts = self.parts()
        parts = parts[parts["x"] > 8]
        blocks = read_blocks(parts[["x"]], parts["y"], allow_missing=False)
        assert len(blocks) == 2
        assert blocks.starts.tolist() == [0, 2, 5]

    def test_other_divisions_are_refused(self):
        numbered = self.frame.reset_index(drop=True)
        parts = dask_frames.from_pandas(numbered, npartitions=2)
        other = dask_frames.from_pandas(numbered.set_index(numbered.index + 1), npartitions=2)
        with pytest.raises(ValueError, match="the divisions of X and y differ"):
            read_blocks(parts[["x"]], other["y"], allow_missing=False)


class TestBlocks:
    def test_are_given_as_they_are(self):
        matrix = sparse.csr_array(X)
        parts = da.from_array(X, chunks=(4, 2)).map_blocks(sparse.csr_array)
        blocks = read_blocks(parts, y, allow_missing=False)
        first = compute(blocks.parts)[0]
        assert isinstance(first, sparse.csr_array)
        assert (first != matrix[:4]).nnz == 0

    @needs_dask_frames
    def test_of_another_length_are_refused(self):
        pieces = [pd.DataFrame({"x": X[:rows, 0]}) for rows in (4, 6)]
        parts = dask_frames.from_map(lambda piece: pieces[piece], [0, 1], meta=pieces[0][:0])
        blocks = read_blocks(parts, lazy(y, 5), allow_missing=False)
        with pytest.raises(ValueError, match="block 2 of 2 has 6 rows in X and 5 in y"):
            compute(blocks.parts[1:])

    @needs_dask_frames
    @pytest.mark.parametrize("n_blocks", [1, 2, 3])
    @pytest.mark.parametrize("is_lazy", [False, True])
    def test_in_another_order_are_refused(self, n_blocks, is_lazy):
        names = pd.Series(y, index=range(10))
        frame = pd.DataFrame({"x": X[:, 0]}, index=names.index[::-1])
        divide = functools.partial(dask_frames.from_pandas, npartitions=n_blocks, sort=False)
        with pytest.raises(ValueError, match="name the same rows in another order"):
            read_blocks(divide(frame), divide(names) if is_lazy else names, allow_missing=False)


def test_names_of_blocks_count_from_1():
    assert name_block(0, 3) == "block 1 of 3"
