"""Labels in containers of any kind: each label is read as it is, or refused."""

import decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from label_auditor import Corrections, apply_corrections
from label_auditor.corrections.collection import Correction
from label_auditor.corrections.label_containers import read_labels

BIG = 2**63


@pytest.mark.parametrize(
    ("y", "given", "classes"),
    [
        (["a", float("nan"), "b"], ["a", None, "b"], ["a", "b"]),
        (["a", None, pd.NA], ["a", None, None], ["a"]),
        ((2, float("nan"), 1), [2, None, 1], [1, 2]),
        ([BIG, BIG + 1, -1], [BIG, BIG + 1, -1], [-1, BIG, BIG + 1]),
        ([BIG + 1, 1], [BIG + 1, 1], [1, BIG + 1]),
        ([10**30, 10**30 + 1], [10**30, 10**30 + 1], [10**30, 10**30 + 1]),
        ([2**53 + 1, None], [2**53 + 1, None], [2**53 + 1]),
        ([True, False, None], [True, False, None], [False, True]),
        ([0.5, 1.5], [0.5, 1.5], [0.5, 1.5]),
        (np.ma.masked_array([1, 2, 3], [False, True, False]), [1, None, 3], [1, 3]),
        (pd.Series([2**53 + 1, None], dtype="Int64"), [2**53 + 1, None], [2**53 + 1]),
        (pd.Categorical(["b", None, "a"]), ["b", None, "a"], ["a", "b"]),
    ],
)
def test_one_label_per_row_is_read_as_it_is(y, given, classes):
    labels = read_labels(y)
    assert (list(labels.given), labels.classes) == (given, classes)
    assert [type(label) for label in labels.given] == [type(label) for label in given]
    assert not labels.several


def test_other_libraries():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    letters = ["a", "b", None]
    enum = pl.Series(letters, dtype=pl.Enum(["b", "a", "c"]))
    for y in (
        pl.Series(letters),
        pl.Series(letters, dtype=pl.Categorical),
        enum,
        pa.array(letters),
        range(3),
    ):
        labels = read_labels(y)
        assert len(labels.given) == 3
        y_new = labels.replace({0: labels.given[1]})
        assert isinstance(y_new, np.ndarray)
        assert y_new.tolist() == [labels.given[1], *labels.given[1:]]
    for y in (pl.DataFrame({"a": [1, 0], "b": [0, 0]}), pa.table({"a": [1, 0], "b": [0, 0]})):
        labels = read_labels(y)
        assert (labels.given, labels.classes) == ([{"a"}, set()], ["a", "b"])
        assert labels.replace({1: {"b"}}).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (["a", 1], ValueError, r"y mixes strings with other values \('a', 1\); make"),
        ([1, True], ValueError, r"y mixes values of several types \(1, True\)"),
        ([b"a", "a"], ValueError, "y mixes strings with other values"),
        (pd.Series(["a", 1.5]), ValueError, "y mixes strings with other values"),
        ([["a"], [1]], ValueError, r"y mixes strings with other values \('a', 1\)"),
        ([["a"], ["b", float("nan")]], ValueError, r"y holds \['b', nan\] in row 1, where a label"),
        ([["a"], ["b", None]], ValueError, "in row 1, where a label is missing"),
        ([["a"], ["b", "b"]], ValueError, "in row 1, where a label .* occurs more than once"),
        ([["a"], "b", None], ValueError, "y has lists of labels, but no list in rows 1, 2; an em"),
        ([["a"], [["b"]]], ValueError, r"y has \['b'\] where a single value is needed"),
        ([{"a": 1}], ValueError, r"y has \{'a': 1\} where a single value is needed"),
        ([float("inf"), 1.0], ValueError, "y is infinite in row 0"),
        (np.array([1.0, np.inf]), ValueError, "y is infinite in row 1"),
        ([], ValueError, "y is empty"),
        (np.zeros((2, 2, 2)), ValueError, "y has shape .* one label per row is needed"),
        (np.array(1), ValueError, r"y has shape \(\)"),
        (None, TypeError, "y is a NoneType, but labels in the order of the rows are needed"),
        ("ab", TypeError, "y is a str, but"),
        ({"a", "b"}, TypeError, "y is a set, but"),
        ({"a": "b"}, TypeError, "y is a dict, but"),
        (iter("ab"), TypeError, "y is a str.*iterator, but"),
        (np.array([[0, 2]]), ValueError, "y is a matrix that holds 2, but a matrix of labels"),
        (np.array([[0.0, np.nan]]), ValueError, "y is a matrix that holds nan, but"),
        (sparse.csr_array([[0, 3]]), ValueError, "y is a matrix that holds 3, but"),
        (np.array([["a"], ["b"]]), ValueError, r"y has shape \(2, 1\) and holds other values than"),
        (pd.DataFrame({"a": [1, None]}, dtype="Int64"), ValueError, "y is a matrix that holds nan"),
        (pd.DataFrame(np.eye(2), columns=["a", "a"]), ValueError, "several columns named 'a'"),
    ],
)
def test_what_cannot_be_labels_is_refused(y, error, message):
    with pytest.raises(error, match=message):
        read_labels(y)


@pytest.mark.parametrize(
    ("y", "label"),
    [
        (np.array([1, 2], dtype=np.int8), 300),
        (np.array([1, 2]), "x"),
        (np.array([1, 2]), 1.5),
        (np.array([True, False]), 2),
        (np.array([1, 2]), BIG),
        (pd.Series([1, 2]), 1.5),
        (pd.Series([1, 2]), "x"),
        (pd.Series([1, 2], dtype="Int64"), 1.5),
        (pd.Series(["1", "2"], dtype="string"), 5),
        (pd.array([True, False], dtype="boolean"), 2),
    ],
    ids=str,
)
def test_a_class_that_the_dtype_cannot_hold_is_refused(y, label):
    with pytest.raises(TypeError, match=f"the classes {label!r}, but labels of dtype .* can't"):
        read_labels(y).replace({1: label})


def test_a_masked_label_is_given_one():
    y = np.ma.masked_array([1, 2, 3], [False, True, False])
    y_new, report = apply_corrections(y, Corrections([Correction("1", "3")]))
    assert (y_new.tolist(), report.changed.tolist()) == ([1, 3, 3], [1])
    assert y.tolist() == [1, None, 3]


@pytest.mark.parametrize(
    "dtype", ["int8", "bool", "Int64", "boolean", "float32", "object", "Sparse[int]"]
)
def test_each_column_of_an_indicator_keeps_its_dtype(dtype):
    y = pd.DataFrame({"a": [1, 0, 0], "b": [0, 1, 0]}, index=[7, 8, 9])
    y["a"] = y["a"].astype(dtype)
    labels = read_labels(y)
    assert labels.given == [{"a"}, {"b"}, set()]
    y_new = labels.replace({0: {"b"}, 2: {"a", "b"}})
    assert y_new.dtypes.tolist() == y.dtypes.tolist()
    assert y_new.index.tolist() == [7, 8, 9]
    assert [y_new[name].tolist() for name in "ab"] == [[0, 0, 1], [1, 1, 1]]
    assert [y[name].tolist() for name in "ab"] == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("several_rows", [False, True])
def test_lists_of_the_same_length_are_collected(several_rows):
    y = pd.Series([["a"], ["b"], ["c"]], index=[5, 6, 7])
    labels = read_labels(y)
    y_new = labels.replace({0: {"c"}, 1: {"a"}} if several_rows else {0: {"c"}})
    assert y_new.tolist() == [["c"], ["a"] if several_rows else ["b"], ["c"]]
    assert y_new.index.tolist() == [5, 6, 7]
    array = np.fromiter(y.tolist(), object, 3)
    assert read_labels(array).replace({2: {"a", "c"}}).tolist() == [["a"], ["b"], ["a", "c"]]


def test_strings_of_fixed_length_within_rows_are_not_cut():
    y = [np.array(["a"]), np.array(["b", "a"])]
    y_new = read_labels(y).replace({0: {"longer", "a"}})
    assert y_new[0].tolist() == ["a", "longer"]


def test_numbers_of_one_row_are_read_as_python_has_them():
    labels = read_labels([np.array([1, 2]), np.array([], dtype=int)])
    assert labels.given == [{1, 2}, set()]
    assert {type(label) for label in labels.classes} == {int}


def test_any_type_that_can_be_compared_is_a_class():
    y = [decimal.Decimal("1.50"), decimal.Decimal("2")]
    assert read_labels(y).classes == y
