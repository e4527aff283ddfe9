"""Tables of several annotators' labels: read as they are meant, or refused."""

import numpy as np
import pandas as pd
import pytest

from label_auditor.data.annotated_tables import (
    columns_of_long,
    encode,
    is_long,
    read_long,
    read_wide,
)

NA = float("nan")


def cells(table):
    """Give who gave which row which label, as a dict."""
    return {
        (row, table.names[who]): value
        for row, who, value in zip(
            table.rows.tolist(), table.annotators.tolist(), table.values.tolist(), strict=True
        )
    }


EXPECTED = {(0, "a"): 0, (0, "b"): 1, (1, "b"): 1}


@pytest.mark.parametrize(
    "labels",
    [
        pd.DataFrame({"a": [0, NA], "b": [1, 1]}),
        pd.DataFrame({"a": pd.array([0, None], dtype="Int64"), "b": [1, 1]}),
        pd.DataFrame({"a": [0, None], "b": [1, 1]}, dtype=object),
        pd.DataFrame({"a": [0, NA], "b": [1, 1]}).astype("category"),
        {"a": [0, None], "b": [1, 1]},
    ],
)
def test_integers_beside_gaps_stay_integers(labels):
    found = cells(read_wide(labels))
    assert found == EXPECTED
    assert {type(value) for value in found.values()} == {int}


@pytest.mark.parametrize(
    "labels",
    [
        np.array([[0, NA], [1, 1]]),
        np.ma.masked_equal(np.array([[0, 9], [1, 1]]), 9),
        np.array([[0, None], [1, 1]], dtype=object),
        [[0, None], [1, 1]],
        ((0, NA), (1, 1)),
    ],
    ids=["nan", "masked", "None", "lists", "tuples"],
)
def test_arrays_and_lists_name_annotators_by_position(labels):
    table = read_wide(labels)
    assert cells(table) == {(0, 0): 0, (1, 0): 1, (1, 1): 1}
    assert (table.names, table.index, table.n_rows) == ((0, 1), None, 2)


def test_tables_of_other_packages():
    pl = pytest.importorskip("polars")
    pa = pytest.importorskip("pyarrow")
    frame = pl.DataFrame({"a": [0, None], "b": [1, 1]})
    for labels in (frame, frame.lazy(), pa.table({"a": [0, None], "b": [1, 1]})):
        assert cells(read_wide(labels)) == EXPECTED
    long = pl.DataFrame({"row": ["r", "s"], "annotator": ["x", "x"], "label": ["k", None]})
    for labels in (long, long.lazy(), long.to_arrow()):
        assert is_long(labels, None)
        assert cells(read_long(columns_of_long(labels, None))) == {(0, "x"): "k"}


def test_strings_bools_and_floats_keep_their_types():
    for values in (["x", None], pd.array(["x", None], dtype="string")):
        assert cells(read_wide(pd.DataFrame({"a": values}))) == {(0, "a"): "x"}
    assert cells(read_wide(pd.DataFrame({"a": [True, None]})))[0, "a"] is True
    halves = read_wide(pd.DataFrame({"a": [0.5, NA]}))
    assert cells(halves) == {(0, "a"): 0.5}
    whole = read_wide(pd.DataFrame({"a": [0.0, 1.0]}))
    assert whole.values.dtype == float


def test_the_index_is_kept_and_so_are_rows_and_annotators_without_labels():
    table = read_wide(pd.DataFrame({"a": ["x", None], "b": [None, None]}, index=["r", "s"]))
    assert (table.names, list(table.index), table.n_rows) == (("a", "b"), ["r", "s"], 2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["x", "y"], r"labels has shape \(2,\), but a table is needed"),
        (np.zeros((2, 2, 2)), r"labels has shape \(2, 2, 2\)"),
        (np.array([["x", NA]]), "'nan' occurs, which NumPy makes of a missing label"),
        (pd.DataFrame([["x", "y"]], columns=["a", "a"]), "more than one column called 'a'"),
        (pd.DataFrame({"a": ["x", 1]}), "labels mixes strings with other values"),
        (pd.DataFrame({"a": ["1"], "b": [1]}), "labels mixes strings with other values"),
        (pd.DataFrame({"a": []}), "labels is empty"),
        (pd.DataFrame(index=[0]), "labels is empty"),
        ({"a": ["x"], "b": ["x", "y"]}, "columns of 1, 2 rows"),
        (np.array([[0, np.inf], [1, 1]]), "labels is infinite in row 0"),
        (None, "labels is None"),
    ],
)
def test_what_is_no_table_of_labels_is_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        read_wide(labels)


def test_a_long_table_has_its_rows_in_the_order_of_the_index():
    parts = ["s", "r", "s"], ["x", "x", "y"], ["k", "l", None]
    table = read_long(parts)
    assert (list(table.index), cells(table)) == (["s", "r"], {(0, "x"): "k", (1, "x"): "l"})
    assert table.names == ("x", "y")
    table = read_long(parts, ["q", "r", "s"])
    assert (table.n_rows, cells(table)) == (3, {(2, "x"): "k", (1, "x"): "l"})


@pytest.mark.parametrize(
    ("parts", "index", "message"),
    [
        (([1, 1], ["x", "x"], ["k", "k"]), None, "more than one label by 'x' of row 1; keep"),
        (([1, None], ["x", "y"], ["k", "k"]), None, "no row in row 1 of the table"),
        (([1, 2], ["x", NA], ["k", "k"]), None, "no annotator in row 1 of the table"),
        (([1, 2], ["x", "y"], ["k", "k"]), [1, 3], r"1 rows that are not in the index \(2\)"),
        (([1, 2], ["x", "y"], ["k", "k"]), ["1", "2"], r"2 rows that are not in the index"),
        (([1, 2], ["x", "y"], ["k", "k"]), [1, 2, 2], "index has more than one row called 2"),
    ],
)
def test_what_is_wrong_with_a_long_table_is_named(parts, index, message):
    with pytest.raises(ValueError, match=message):
        read_long(parts, index)


def test_columns_have_other_names_if_it_is_said():
    frame = pd.DataFrame({"id": [1], "who": ["x"], "y": ["k"], "more": [0]})
    assert not is_long(frame, None)
    assert is_long(frame, ["id", "who", "y"])
    assert cells(read_long(columns_of_long(frame, ["id", "who", "y"]))) == {(0, "x"): "k"}
    with pytest.raises(ValueError, match="labels has no column 'row', 'annotator', 'label', but"):
        columns_of_long(frame, None)
    for columns, labels in ((["id"], frame), ("abc", frame), (["a", "b", "c"], [[1, 2, 3]])):
        with pytest.raises(ValueError, match="but columns= names the three columns of a table"):
            columns_of_long(labels, columns)


def test_a_table_that_could_be_either_is_asked_about():
    frame = pd.DataFrame({"task": [1, 1], "annotator": [0, 1], "label": [1, 0]})
    with pytest.raises(ValueError, match=r"labels has the columns 'task', .* by columns="):
        is_long(frame, None)
    assert is_long(frame, ["task", "annotator", "label"])


def test_a_column_of_ids_is_no_annotator():
    frame = pd.DataFrame({"id": range(100, 120), "a": [0, 1] * 10, "b": [0, 0, 1, 1] * 5})
    with pytest.raises(
        ValueError, match=r"columns whose values all differ \('id'\), which are ids"
    ):
        encode(read_wide(frame), None)
    assert len(encode(read_wide(frame[["a", "b"]]), None)[1]) == 2
    # Alone, or for a few rows, nobody can tell.
    assert len(encode(read_wide(frame[:9]), None)[1]) == 11


def test_labels_are_found_among_the_classes():
    table = read_wide(pd.DataFrame({"a": ["y", None], "b": ["x", "y"]}))
    codes, classes = encode(table, None)
    assert (codes.tolist(), classes.tolist()) == ([1, 0, 1], ["x", "y"])
    assert encode(table, ["z", "y", "x"])[0].tolist() == [1, 2, 1]
    with pytest.raises(ValueError, match=r"labels holds 'x' \(row 0\), not among the classes"):
        encode(table, ["y"])
    with pytest.raises(ValueError, match=r"missing .* everywhere"):
        encode(read_wide(pd.DataFrame({"a": [None, NA]})), None)


def test_minus_one_among_integers_is_asked_about():
    table = read_wide(np.array([[0, -1], [1, 1]]))
    with pytest.warns(UserWarning, match="labels holds -1, which often stands for a label that is"):
        assert encode(table, None)[1].tolist() == [-1, 0, 1]
    assert encode(table, [-1, 0, 1])[1].tolist() == [-1, 0, 1]
    assert encode(read_wide(np.array([[1, -1]])), None)[1].tolist() == [-1, 1]
