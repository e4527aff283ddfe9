import numpy as np
import pandas as pd
import pytest

from label_auditor.data.labels import (
    check_labels,
    encode_labels,
    has_many_labels,
    index_classes,
)


@pytest.mark.parametrize("dtype", [str, "int64", "uint8", bool, float])
def test_codes_lead_back_to_the_labels(dtype):
    values = np.array([1, 0, 1, 1, 0]).astype(dtype)
    codes, classes = encode_labels(values)
    assert classes.dtype == values.dtype
    np.testing.assert_array_equal(classes[codes], values)
    np.testing.assert_array_equal(classes, np.unique(values))


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, float("nan")])
def test_missing_labels_have_no_code(missing):
    values = np.array(["b", missing, "a"], dtype=object)
    assert encode_labels(values)[0].tolist() == [1, -1, 0]
    assert encode_labels(values, ["b", "a"])[0].tolist() == [0, -1, 1]


def test_bools_are_not_ints():
    with pytest.raises(ValueError, match="not among the classes"):
        encode_labels(np.array([0, 1]), np.array([False, True]))


def test_classes_in_an_object_array_get_their_own_type():
    assert encode_labels(np.array([1, 0, 1], dtype=object))[1].dtype == np.int64
    assert encode_labels(np.array([True, None, False], dtype=object))[1].dtype == bool
    assert encode_labels(np.array(["a", None, "b"], dtype=object))[1].dtype == object


def test_durations_are_found_among_those_of_pandas():
    values = np.array([2, 1, 2], "m8[s]")
    codes, _ = encode_labels(values, pd.to_timedelta([2, 1], unit="s").tolist())
    assert codes.tolist() == [0, 1, 0]


def test_nullable_ints_keep_their_values():
    values = check_labels(pd.Series([7, pd.NA, 2**60 + 1], dtype="Int64"))
    codes, classes = encode_labels(values)
    assert codes.tolist() == [0, -1, 1]
    assert classes.tolist() == [7, 2**60 + 1]


@pytest.mark.parametrize("classes", [None, ["a", "b\ud800"]])
def test_half_characters_are_refused_as_no_table_holds_them(classes):
    name = "classes" if classes else "labels"
    with pytest.raises(ValueError, match=rf"{name} holds 'b\\ud800', a text with half a character"):
        encode_labels(np.array(["a", "b\ud800"]), classes)


def test_classes_without_an_order_are_refused():
    class Thing:
        pass

    things = np.array([Thing(), Thing()])
    with pytest.raises(ValueError, match="labels holds Thing objects, which have no order"):
        encode_labels(things)
    codes, _ = encode_labels(things, things[::-1])
    assert codes.tolist() == [1, 0]


@pytest.mark.parametrize("classes", [["a", None], ["a", "a"], [["a", "b"]]])
def test_classes_name_each_column_once(classes):
    with pytest.raises(ValueError, match="classes must name each column of pred_probs once"):
        encode_labels(np.array(["a"]), classes)


@pytest.mark.parametrize(
    ("labels", "many"),
    [
        (["a", "b"], False),
        ([["a"], ["b"]], False),
        ([["a"], ["b", "c"]], True),
        ([{"a"}, set()], True),
        (np.eye(2), True),
        (np.ones((2, 1)), False),
        (pd.Series([["a"], []]), True),
        (pd.Series([("a",), ("b",)]), True),
        (pd.Series(["a", "b"], dtype=object), False),
    ],
)
def test_several_labels_per_row_are_noticed(labels, many):
    assert has_many_labels(labels) is many


@pytest.mark.parametrize("classes", [[2**63, 2**53 + 1], [1, 2], [0.5, 1.5], [True, False]])
def test_an_index_of_classes_that_are_objects_keeps_their_types(classes):
    index = index_classes(np.array(classes, dtype=object))
    assert (index.name, index.dtype) == ("class", object)
    assert [type(each) for each in index] == [type(each) for each in classes]
