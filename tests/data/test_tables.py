import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from datasets import Dataset

from label_auditor import audit_labels
from label_auditor.data.tables import arrange, find_index, is_table, name_rows, read_table
from optional import dask_frames, needs_dask_frames

PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
NAMES = np.array(["art", "news", "sport"])


def columns_of(frame, classes):
    """Give which columns are taken, in the order of the classes."""
    found = arrange(frame, np.asarray(classes), [])
    return [int(np.flatnonzero(PROBS[0] == value)[0]) for value in found[0]]


@pytest.mark.parametrize(
    ("columns", "classes", "order"),
    [
        (["sport", "art", "news"], NAMES, [1, 2, 0]),
        ([2, 0, 1], [0, 1, 2], [1, 2, 0]),
        (["2", "0", "1"], [0, 1, 2], [1, 2, 0]),
        ([3, 1, 2], ["1", "2", "3"], [1, 2, 0]),
        ([True, False], [0, 1], [1, 0]),
        (["3", "1", "2"], [1.0, 2.0, 3.0], [1, 2, 0]),
        ([1.5, 0.5, 1.0], [0.5, 1.0, 1.5], [1, 2, 0]),
        (["x", "y", "z"], NAMES, [0, 1, 2]),  # no classes
        ([0, 1, 2], NAMES, [0, 1, 2]),
        ([0, 1, 2], [1, 2, 3], [0, 1, 2]),  # counted, though some are classes
        (["0", "1", "2"], [1, 2, 3], [0, 1, 2]),
        (range(3), [2, 0, 1], [0, 1, 2]),  # nobody named them: classes= says what they are
        (range(1, 4), [3, 1, 2], [2, 0, 1]),
        (range(2, -1, -1), [0, 1, 2], [2, 1, 0]),
    ],
)
def test_columns_are_found_by_name_where_they_are_the_classes(columns, classes, order):
    columns = columns if isinstance(columns, range) else pd.Index(columns, dtype=object)
    assert columns_of(pd.DataFrame(PROBS[:, : len(order)], columns=columns), classes) == order


def test_of_several_levels_the_innermost_names_the_columns():
    columns = pd.MultiIndex.from_product([["probability"], ["sport", "art", "news"]])
    assert columns_of(pd.DataFrame(PROBS, columns=columns), NAMES) == [1, 2, 0]


def test_bools_are_no_counted_names():
    probs, bools = PROBS[:, :2], np.array([False, True])
    for columns in ([True, False], ["True", "False"], [1, 0], ["1", "0"]):
        frame = pd.DataFrame(probs, columns=pd.Index(columns, dtype=object))
        np.testing.assert_array_equal(arrange(frame, bools, []), probs[:, ::-1])
    for classes in (bools, bools[::-1]):
        np.testing.assert_array_equal(arrange(pd.DataFrame(probs), classes, []), probs)


@pytest.mark.parametrize(
    ("columns", "classes", "message"),
    [
        (["art", "news", "x"], NAMES, r"columns 'art', 'news', 'x', but the classes are 'art'"),
        (["art", "news", "art"], NAMES, r"columns 'art', 'news', 'art'.*\.to_numpy\(\)"),
        ([1, 2, 4], [1, 2, 3], "columns 1, 2, 4, but the classes are 1, 2, 3"),
        (["0", "1", "2"], [2, 0, 1], "but classes= says that they are 2, 0, 1; leave out classes="),
    ],
)
def test_names_that_contradict_are_refused(columns, classes, message):
    frame = pd.DataFrame(PROBS, columns=pd.Index(columns, dtype=object))
    with pytest.raises(ValueError, match=message):
        arrange(frame, np.asarray(classes), [])


def rows_of(index, *names):
    frame = pd.DataFrame(PROBS, columns=NAMES, index=index)
    found = arrange(frame, NAMES, names)
    return [int(np.flatnonzero((row == PROBS).all(axis=1))[0]) for row in found]


@pytest.mark.parametrize(
    ("index", "names", "order"),
    [
        (["a", "b", "c"], [], [0, 1, 2]),
        (["a", "b", "c"], [["a", "b", "c"]], [0, 1, 2]),
        (["b", "c", "a"], [["a", "b", "c"]], [2, 0, 1]),
        ([1, 2, 0], [range(3)], [2, 0, 1]),
        (range(3), [[1, 2, 0]], [1, 2, 0]),
        (range(3), [["a", "b", "c"]], [0, 1, 2]),  # nobody named these rows
        ([7, 8, 9], [range(3)], [0, 1, 2]),
        (["a", "a", "b"], [["a", "a", "b"]], [0, 1, 2]),
        (["a", "a", "b"], [range(3)], [0, 1, 2]),
        (["b", "c", "a"], [["x", "y", "z"], ["a", "b", "c"]], [2, 0, 1]),
        (["b", "c", "a"], [["a", "b", "c"], ["b", "c", "a"]], [0, 1, 2]),
        ([(0, "b"), (0, "a"), (1, "a")], [[(0, "a"), (0, "b"), (1, "a")]], [1, 0, 2]),
    ],
)
def test_rows_are_found_by_name(index, names, order):
    assert rows_of(index, *names) == order


@pytest.mark.parametrize(
    ("index", "names"),
    [
        (["a", "b", "d"], ["a", "b", "c"]),
        (["x", "y", "z"], ["a", "b", "c"]),
        (["1", "2", "3"], [1, 2, 3]),
        (["a", "b", "a"], ["a", "a", "b"]),
    ],
)
def test_rows_of_other_names_are_refused(index, names):
    with pytest.raises(ValueError, match=r"pred_probs has the index .* but the labels have .*same"):
        rows_of(index, names)


def test_types_of_numbers():
    frame = pd.DataFrame(PROBS, columns=NAMES)
    assert read_table(frame.astype("Float32"), name="p").values.dtype == np.float32
    assert read_table(frame.astype("Float64"), name="p").values.dtype == np.float64
    arrow = frame.astype(pd.ArrowDtype(pa.float32()))
    assert read_table(arrow, name="p").values.dtype == np.float32
    frame = frame.astype("Float64")
    frame.iloc[1, 2] = pd.NA
    np.testing.assert_array_equal(
        np.isnan(read_table(frame, name="p").values), [[0] * 3, [0, 0, 1], [0] * 3]
    )


def test_what_holds_no_numbers_is_named():
    frame = pd.DataFrame(PROBS, columns=NAMES).assign(news=["a", "b", "c"])
    with pytest.raises(ValueError, match="pred_probs has columns that don't hold numbers: 'news'"):
        arrange(frame, NAMES, [])


def test_every_kind_of_table_has_its_names():
    frame = pd.DataFrame(PROBS, columns=NAMES)[["sport", "art", "news"]]
    tables = [
        frame,
        pl.DataFrame(dict(frame)),
        pl.DataFrame(dict(frame)).lazy(),
        pa.Table.from_pandas(frame),
        pa.RecordBatch.from_pandas(frame),
        Dataset.from_pandas(frame),
    ]
    for table in tables:
        assert is_table(table)
        np.testing.assert_array_equal(arrange(table, NAMES, []), PROBS)
    assert not is_table(PROBS)
    assert not is_table(PROBS.tolist())


def test_an_index_is_not_lost():
    series = pd.Series(["a", "b"], index=["x", "y"])
    assert find_index([1], series).tolist() == ["x", "y"]
    assert find_index(["a"], ("b",), "c", np.zeros(2), pl.Series([1])) is None


@needs_dask_frames
def test_names_and_index_of_dask():
    frame = pd.DataFrame(PROBS, columns=NAMES, index=["x", "y", "z"])[["sport", "art", "news"]]
    lazy = dask_frames.from_pandas(frame, npartitions=2)
    assert is_table(lazy)
    np.testing.assert_array_equal(arrange(lazy, NAMES, []), PROBS)
    assert find_index(lazy["art"]).tolist() == ["x", "y", "z"]


@needs_dask_frames
@pytest.mark.filterwarnings("error")
def test_numbers_of_dask_stay_where_they_are_and_follow_the_names():
    frame = pd.DataFrame(PROBS, columns=NAMES, index=["x", "y", "z"])[["sport", "art", "news"]]
    lazy = dask_frames.from_pandas(frame, npartitions=2)
    for names, rows in ((["x", "y", "z"], [0, 1, 2]), (["z", "x", "y"], [2, 0, 1])):
        found = arrange(lazy, NAMES, [names])
        assert hasattr(found, "__dask_graph__")
        assert found.shape == (3, 3)
        np.testing.assert_array_equal(found, PROBS[rows])
    with pytest.raises(ValueError, match="pred_probs has the index 'x', 'y', 'z', but"):
        arrange(lazy, NAMES, [["x", "y", "q"]])
    with pytest.raises(ValueError, match="pred_probs has the columns"):
        arrange(lazy.rename(columns={"art": "arts"}), NAMES, [])
    nullable = dask_frames.from_pandas(frame.astype("Float64"), npartitions=2)
    assert type(arrange(nullable, NAMES, [])) is np.ndarray
    # Blocks that each count their rows give these no names.
    counted = dask_frames.concat([dask_frames.from_pandas(frame.reset_index(drop=True))] * 2)
    np.testing.assert_array_equal(arrange(counted, NAMES, [list("abcdef")]), np.tile(PROBS, (2, 1)))


def test_names_of_rows():
    series = pd.Series(["a", "b"], index=["x", "y"])
    assert name_rows(["a", "b"], None, 2) == (range(2), [])
    names, known = name_rows(series, None, 2)
    assert list(names) == [*known[0]] == ["x", "y"]
    names, known = name_rows(series, ["p", "q"], 2)
    assert names == ["p", "q"]
    assert [list(each) for each in known] == [["p", "q"], ["x", "y"]]


class TestMultiLabel:
    CODES = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]])
    SURE = CODES * 0.8 + 0.1

    @pytest.mark.parametrize("columns", [["sport", "art", "news"], NAMES.tolist()])
    def test_columns(self, columns):
        labels = pd.DataFrame(self.CODES, columns=NAMES)
        probs = pd.DataFrame(self.SURE, columns=NAMES)[columns]
        lists = [NAMES[row == 1].tolist() for row in self.CODES]
        for given in (labels, labels[["news", "sport", "art"]], pl.DataFrame(dict(labels)), lists):
            audit = audit_labels(given, probs, multi_label=True)
            assert audit.n_issues == 0
            assert [set(row) for row in audit.labels] == [set(row) for row in lists]
            assert [set(row) for row in audit.suggested_labels] == [set(row) for row in lists]

    def test_rows(self):
        index = list("abcd")
        labels = pd.DataFrame(self.CODES, columns=NAMES, index=index)
        probs = pd.DataFrame(self.SURE, columns=NAMES, index=index)
        audit = audit_labels(labels, probs.iloc[[2, 0, 3, 1]], multi_label=True)
        np.testing.assert_array_equal(audit.pred_probs, self.SURE)
        with pytest.raises(ValueError, match="pred_probs has the index"):
            audit_labels(labels, probs.rename(index={"a": "z"}), multi_label=True)
