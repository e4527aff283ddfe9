import datetime
import decimal
import enum

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from label_auditor.data.values import find_missing, kind_of, read_values


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b"],
        ["a", None],
        ["a\0", "b"],
        [1, None, 2**60 + 1],
        [2**63 + 1, 5],
        [2**70, -1],
        [True, None],
        [0.5, 1.5],
        [datetime.date(2024, 1, 1), datetime.date(2025, 1, 1)],
        [decimal.Decimal("0.1"), decimal.Decimal("0.2")],
        [pd.Interval(0, 1), pd.Interval(1, 2)],
        [Colour.RED, Colour.BLUE],
    ],
    ids=repr,
)
def test_values_keep_their_types(values):
    read = read_values(values, name="labels").tolist()
    assert read == values
    assert [type(value) for value in read] == [type(value) for value in values]


@pytest.mark.parametrize("convert", [pa.array, pl.Series, lambda v: pd.array(v, dtype="Int64")])
def test_integers_beside_missing_ones_keep_their_digits(convert):
    read = read_values(convert([1, None, 2**60 + 1]), name="labels")
    assert find_missing(read).tolist() == [False, True, False]
    assert read[2] == 2**60 + 1


def test_numpy_strings_and_numbers_of_a_list_have_numpy_types():
    assert read_values(["a", "bc"], name="labels").dtype == "<U2"
    assert read_values([1, 2], name="labels").dtype == np.int64
    assert read_values([2**63, 2], name="labels").dtype == np.uint64
    assert read_values([True, False], name="labels").dtype == bool


def test_floats_and_integers_that_are_equal_may_mix():
    assert read_values([1, 2.0, 0.5, None], name="y")[:3].tolist() == [1.0, 2.0, 0.5]
    assert read_values(np.array([1, 2.5], dtype=object), name="y").tolist() == [1.0, 2.5]


class Tensor:
    """A tensor of one number, as iterating over a tensor gives it."""

    shape = ()

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value


def test_single_numbers_of_tensors_and_pyarrow():
    assert read_values([Tensor(3), Tensor(5)], name="labels").tolist() == [3, 5]
    assert read_values(list(pa.array(["a", "b"])), name="labels").tolist() == ["a", "b"]


def test_the_values_under_a_mask_are_missing():
    masked = np.ma.MaskedArray([7, 5], [True, False])
    assert read_values(masked, name="labels").tolist() == [None, 5]
    assert read_values(masked[1:], name="labels").dtype == masked.dtype


def test_byte_order_and_width_are_this_machines():
    assert read_values(np.array([1, 2], ">i8"), name="y").dtype.isnative
    assert read_values(np.array(["a"], ">U1"), name="y").dtype == "=U1"
    assert read_values(np.array([0.5], np.float16), name="y").dtype == np.float64
    assert read_values(np.array([0.5], np.longdouble), name="y").dtype == np.float64
    assert read_values(np.array([0.5], np.float32), name="y").dtype == np.float32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", 1], r"labels mixes strings with other values \('a', 1\); make all of them strings"),
        ([1, "a"], r"labels mixes strings with other values \(1, 'a'\)"),
        (["a", b"a"], "labels mixes strings with other values"),
        ([True, 1], r"labels mixes values of several types \(True, 1\)"),
        ([True, 0.5], "labels mixes values of several types"),
        ([decimal.Decimal(1), 1], "labels mixes values of several types"),
        ([2**53 + 1, 0.5], r"labels holds 9007199254740993 \(row 0\), which would lose digits"),
        ([b"a"], "labels holds bytes; decode them"),
        (np.array([b"a"]), "labels holds bytes; decode them"),
        ([1j], "labels holds complex numbers.*Complex data not supported"),
        (np.array([1j]), "labels holds complex numbers"),
        (np.zeros(2, "i4,i4"), "labels holds records of several fields"),
        ({"a"}, r"labels is \{'a'\}, of type set; pass an array or a list"),
        ({"a": 0}, "of type dict; pass an array or a list"),
        ("abc", "labels is 'abc', of type str"),
        (3, "labels is 3, of type int"),
        (np.array([("a",), ("b", "c"), None], dtype=object), r"labels has \('a',\) where a single"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        read_values(values, name="labels")


def test_kinds():
    assert kind_of(np.array(["a"])) == kind_of(np.array(["a", None], dtype=object)) == "strings"
    assert kind_of(np.array([1])) == kind_of(np.array([0.5, None], dtype=object)) == "numbers"
    assert kind_of(np.array([True])) == "bools"
    assert kind_of(np.array([None])) == "empty"
