import numpy as np
import pandas as pd
import pytest

from label_auditor.data.coded_labels import read_labels
from label_auditor.data.lazy_labels import read_lazy_labels
from optional import dask_frames, needs_dask_frames

dask = pytest.importorskip("dask")
dask_array = pytest.importorskip("dask.array")

VALUES = {
    "ints": np.array([3, 1, 2, 3, 7, 1, 1]),
    "strings": np.array(["bee", "ant", "ant", "cow", "bee", "dog", "ant"]),
    "objects": np.array(["bee", "ant", "ant", "cow", "bee", "dog", "ant"], object),
    "bools": np.array([True, False, True, True, False, False, True]),
    "floats": np.array([1.5, 0.5, 0.5, 2.0, 1.5, 1.0, 0.5]),
}


def assert_same(found, expected):
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    assert found[1].dtype == expected[1].dtype


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("chunks", [7, 3, (0, 2, 5)])
def test_labels_are_those_in_memory(kind, chunks):
    values = VALUES[kind]
    lazy = dask_array.from_array(values, chunks=(chunks,))
    assert_same(read_lazy_labels(lazy), read_labels(values))
    classes = sorted(set(values.tolist()), reverse=True)
    assert_same(read_lazy_labels(lazy, classes), read_labels(values, classes))
    assert_same(read_lazy_labels(lazy, iter(classes)), read_labels(values, classes))


@pytest.mark.parametrize(
    ("values", "classes", "message"),
    [
        (np.array([1.0, 2.0, np.nan, 1.0]), None, "missing .* for 1 of 4 rows: row 2"),
        (np.array(["a", "b", "a", None], object), None, "missing .* for 1 of 4 rows: row 3"),
        (np.array(["a", 1, "a", 2], object), None, "labels mixes strings with other values"),
        (np.array(["a", "b", "a", "x"]), ["a", "b"], r"holds 'x' \(row 3\)"),
        (np.array([1, 2, 3, 4])[:0], None, "labels is empty"),
        (np.ones((4, 2)), None, "several labels per row"),
    ],
)
def test_labels_are_refused_as_those_in_memory(values, classes, message):
    lazy = dask_array.from_array(values, chunks=2)
    with pytest.raises(ValueError, match=message) as expected:
        read_labels(values, classes)
    with pytest.raises(ValueError, match=message) as found:
        read_lazy_labels(lazy, classes)
    assert str(found.value) == str(expected.value)


def test_blocks_of_several_types_are_refused():
    mixed = dask_array.concatenate(
        [dask_array.from_array(np.array(each, object), chunks=2) for each in (["a", "b"], [1, 2])]
    )
    with pytest.raises(ValueError, match="labels mixes strings with other values"):
        read_lazy_labels(mixed)


@needs_dask_frames
def test_values_stay_where_they_are(monkeypatch):
    """Categories of blocks may differ, and be unknown; their index is not asked for."""
    values = pd.Series(["bee", "ant", "cow", "ant"], index=[9, 8, 7, 6]).astype("category")
    lazy = dask_frames.from_pandas(values, npartitions=2, sort=False)
    monkeypatch.setattr(type(lazy), "compute", None)
    assert_same(read_lazy_labels(lazy), read_labels(values))
