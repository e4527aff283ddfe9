"""Categories are read by their codes, and give what their values give."""

import re
import sys
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from label_auditor.data import coded_labels
from label_auditor.data.coded_labels import _fixed_width_codes, read_labels
from label_auditor.data.labels import check_labels, encode_labels

VALUES = ["pear", "apple", "Ünï", "apple", "10", "pear", "9"]
ARROW = pa.array(VALUES).dictionary_encode()
OTHER = pa.array(["fig", "10", "apple", "fig", "pear"]).dictionary_encode()
CODED = {
    "Categorical": pd.Categorical(VALUES),
    "ordered": pd.Categorical(VALUES, categories=[*VALUES[:3], "9", "unused", "10"], ordered=True),
    "ints": pd.Categorical([3, 1, 3, -2]),
    "floats": pd.Categorical([0.5, 2.0, 0.5]),
    "bools": pd.Categorical([True, False, True]),
    "Series": pd.Series(VALUES, index=list("gfedcba"), dtype="category"),
    "CategoricalIndex": pd.CategoricalIndex(VALUES),
    "Arrow Series": pd.Series(pd.arrays.ArrowExtensionArray(ARROW), index=list("gfedcba")),
    "PyArrow": ARROW,
    "PyArrow slice": ARROW[2:6],
    "PyArrow chunks of other dictionaries": pa.chunked_array([ARROW, OTHER]),
    "PyArrow with a value twice": pa.DictionaryArray.from_arrays([0, 1, 2, 1], ["a", "b", "a"]),
    "PyArrow ints": pa.array([5, 3, 5]).dictionary_encode(),
    "plain PyArrow ints": pa.chunked_array([[5, -3], [5]], pa.int16()),
    "list of ints": [5, -3, 5],
    "tuple of ints": (5, -3, 5),
    "polars ints": pl.Series([5, -3, 5]),
    "polars": pl.Series(VALUES, dtype=pl.Categorical),
    "polars Enum": pl.Series(VALUES, dtype=pl.Enum(sorted({*VALUES, "unused"}))),
}


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("form", CODED)
@pytest.mark.parametrize("choose", [False, True])
def test_codes_give_what_values_give_and_no_row_becomes_a_value(form, choose, monkeypatch):
    labels = CODED[form]
    expected = encode_labels(check_labels(labels))
    classes = expected[1][::-1] if choose else None
    expected = encode_labels(check_labels(labels), classes)

    def refuse(*_):
        raise AssertionError("each row was read as a value")

    monkeypatch.setattr(coded_labels, "_read_values", refuse)
    assert_same(read_labels(labels, classes), expected)


@pytest.mark.parametrize("values", [[3, 1, 3], VALUES])
@pytest.mark.parametrize("shape", ["plain", "with other rows", "formatted", "nested"])
def test_a_column_of_hugging_face_is_read_at_once(values, shape, monkeypatch):
    datasets = pytest.importorskip("datasets", "4.0")  # older ones give lists
    more = [{"label": each} for each in values]
    data = datasets.Dataset.from_dict({"label": values, "more": more})
    if shape == "with other rows":
        data, values = data.select([2, 0, 1, 2]), [values[row] for row in (2, 0, 1, 2)]
    elif shape == "formatted":
        data = data.with_format("numpy")
    column = data["more"]["label"] if shape == "nested" else data["label"]
    expected = encode_labels(check_labels(values))
    monkeypatch.setattr(type(column), "__iter__", None)
    assert_same(read_labels(column), expected)


@pytest.mark.parametrize("labels", [[1, np.True_, 2], [1, True], [2**63, -1], [1, 2**64], [1, 2.5]])
def test_lists_that_only_begin_with_integers_are_read_as_before(labels):
    try:
        expected = encode_labels(check_labels(labels))
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            read_labels(labels)
    else:
        assert_same(read_labels(labels), expected)


@pytest.mark.parametrize(
    "labels",
    [
        [1, None, 2],
        pa.array([1, None, 2]),
        pl.Series([1, None, 2]),
        pd.Categorical(["a", None, "b"]),
        pa.array(["a", None, "b"]).dictionary_encode(),
        pl.Series(["a", None, "b"], dtype=pl.Categorical),
        pa.DictionaryArray.from_arrays([0, 1, 2], pa.array(["a", None, "b"])),
    ],
)
def test_missing_labels_are_named_by_their_rows(labels):
    with pytest.raises(ValueError, match=r"labels is missing .* for 1 of 3 rows: row 1"):
        read_labels(labels)


def test_labels_of_no_class_are_named_by_their_rows():
    labels = pd.Categorical(["a", "b", "a", "c", "c"])
    with pytest.raises(ValueError, match=r"labels holds 'c' \(rows 3, 4\), not among the classes"):
        read_labels(labels, iter(["b", "a"]))


@pytest.mark.parametrize("labels", [pd.Categorical([]), pa.array([], pa.string())])
def test_no_labels(labels):
    with pytest.raises(ValueError, match="labels is empty"):
        read_labels(labels)


STRINGS = {
    "list": VALUES,
    "tuple": tuple(VALUES),
    "array": np.array(VALUES),
    "array of NumPy strings": np.array([*map(np.str_, VALUES)], dtype=object),
    "objects": np.array(VALUES, dtype=object),
    "Series": pd.Series(VALUES, index=list("gfedcba")),
    "Series of objects": pd.Series(VALUES, dtype=object),
    "nullable": pd.Series(VALUES, dtype="string"),
    "Arrow Series": pd.Series(VALUES, dtype="string[pyarrow]"),
    "Index": pd.Index(VALUES, dtype=object),
    "PyArrow": pa.array(VALUES),
    "PyArrow of 64 bits": pa.array(VALUES, pa.large_string()),
    "PyArrow chunks": pa.chunked_array([VALUES[:3], VALUES[3:]]),
    "polars": pl.Series(VALUES),
    "NUL at the end": ["a", "a\0", "b", "a"],
    "empty strings": ["", "a", ""],
}


@pytest.mark.parametrize("form", STRINGS)
def test_strings_give_what_values_give_and_no_row_becomes_a_value(form, monkeypatch):
    expected = encode_labels(check_labels(STRINGS[form]))

    def refuse(*_):
        raise AssertionError("each row was read as a value")

    monkeypatch.setattr(coded_labels, "_read_values", refuse)
    assert_same(read_labels(STRINGS[form]), expected)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", None, "b"], "labels is missing .* row 1"),
        (["a", float("nan"), "b"], "labels is missing .* row 1"),
        (pd.Series(["a", None, "b"]), "labels is missing .* row 1"),
        (["a", 1, "b"], "labels mixes strings with other values"),
        (["a", b"b", "b"], "labels mixes strings with other values"),
        (["a", ["b", "c"], "b"], "several labels per row: pass multi_label=True"),
        (["a", "\ud800", "b"], "a text with half a character"),
        (np.array([["a", "b"]]), "several labels per row: pass multi_label=True"),
        (np.array(["a", ["b"]], dtype=object), "several labels per row: pass multi_label=True"),
        ({"a": 1}, "whose values have an order"),
    ],
)
def test_what_begins_with_a_string_is_refused_as_before(labels, message):
    with pytest.raises(ValueError, match=message):
        read_labels(labels)


def test_strings_are_read_without_arrow_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert_same(read_labels(VALUES), encode_labels(check_labels(VALUES)))


@pytest.mark.parametrize("labels", [VALUES, np.array([3, 1, 3]), pd.Series(VALUES)])
def test_values_are_read_as_before(labels):
    assert_same(read_labels(labels), encode_labels(check_labels(labels)))


@pytest.mark.parametrize("wrap", [np.asarray, pd.Series, lambda v: pd.Series(v, range(9, 3, -1))])
@pytest.mark.parametrize(
    "values",
    [
        np.array([3, 1, 3, 7, 1, 0]),
        np.array([-1, 1, 1, -1, 1, 1], np.int8),
        np.array([-128, 127, 0, 5, 127, 6], np.int8),
        np.array([2**40, 1, 2**40, 3, 4, 5]),
        np.array([-(2**62), 2**62, 0, 0, 1, 1]),
        np.array([-40_000, 40_000, 0, 0, 1, 1], np.int32),
        np.array([2**64 - 1, 0, 1, 1, 1, 1], np.uint64),
        np.array([True, False, True, True, False, True]),
        np.array([9, 300, 9, 2, 2, 2], ">i2"),
    ],
    ids=repr,
)
def test_integers_and_bools(values, wrap):
    assert_same(read_labels(wrap(values)), encode_labels(check_labels(values)))
    classes = np.unique(values)[::-1]
    assert_same(read_labels(wrap(values), classes), encode_labels(check_labels(values), classes))
    with pytest.raises(ValueError, match="not among the classes"):
        read_labels(wrap(values), classes[1:])


def test_many_integers_need_little_memory():
    labels = np.random.default_rng(0).integers(-5, 100, 10**6)
    tracemalloc.start()
    codes, classes = read_labels(labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(classes[codes], labels)
    assert peak < 12 * len(labels)  # the codes themselves take 8


@pytest.mark.parametrize("width", [1, 7, 64, 65])
@pytest.mark.parametrize("n", [0, 1, 40_000])
def test_strings_of_fixed_width_are_numbered(n, width):
    random = np.random.default_rng(0)
    names = np.array(["", "é" * width, "x", "ß\0y"[:width], "x" * width], dtype=f"<U{width}")
    values = names[random.integers(5, size=n)]
    codes = _fixed_width_codes(values)
    if width == 65:
        assert codes is None
        return
    assert len(codes) == n
    distinct, expected = np.unique(values, return_inverse=True)
    assert len({*zip(codes.tolist(), expected.tolist(), strict=True)}) == len(distinct)


def test_strings_with_equal_hashes_are_told_apart(monkeypatch):
    monkeypatch.setattr(coded_labels, "MULTIPLIER", np.uint64(0))  # the last character alone counts
    values = np.array(["ax", "bx", "ay"] * 3)
    assert _fixed_width_codes(values) is None
    codes, classes = read_labels(values)
    assert classes.tolist() == ["ax", "ay", "bx"]
    assert codes.tolist() == [0, 2, 1] * 3
