import numpy as np
import pandas as pd
import pytest

from label_auditor.data.labels import check_labels, encode_labels


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


def test_nullable_ints_keep_their_values():
    values = check_labels(pd.Series([7, pd.NA, 2**60 + 1], dtype="Int64"))
    codes, classes = encode_labels(values)
    assert codes.tolist() == [0, -1, 1]
    assert classes.tolist() == [7, 2**60 + 1]
