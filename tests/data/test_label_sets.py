import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from label_auditor.data.label_sets import decode_label_sets, encode_label_sets

INDICATOR = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]])
SETS = [("a", "c"), (), ("b",), ("a", "b", "c")]


@pytest.mark.parametrize(
    "labels",
    [
        INDICATOR,
        INDICATOR.astype(bool),
        INDICATOR.astype(np.float32),
        INDICATOR.astype(object),
        sparse.csr_matrix(INDICATOR),
        sparse.coo_array(INDICATOR.astype(float)),
        pd.DataFrame(INDICATOR, columns=list("abc")),
        pd.DataFrame(INDICATOR, columns=list("abc")).astype("boolean"),
        pd.DataFrame(INDICATOR[:, [2, 0, 1]], columns=list("cab")),
        SETS,
        [list(each)[::-1] for each in SETS],
        [set(each) for each in SETS],
        pd.Series(SETS, index=list("wxyz")),
        np.array([np.array(each, dtype=object) for each in SETS], dtype=object),
    ],
    ids=lambda labels: type(labels).__name__,
)
def test_every_form_gives_the_same_matrix(labels):
    matrix, classes = encode_label_sets(labels, ["a", "b", "c"])
    assert matrix.dtype == bool
    assert matrix.nnz == INDICATOR.sum()
    np.testing.assert_array_equal(matrix.toarray(), INDICATOR)
    assert classes.tolist() == ["a", "b", "c"]
    assert decode_label_sets(matrix, classes).tolist() == SETS


def test_classes_of_a_data_frame_are_its_columns_of_a_matrix_its_positions():
    frame = pd.DataFrame(INDICATOR, columns=list("cab"))
    assert encode_label_sets(frame)[1].tolist() == ["c", "a", "b"]
    assert encode_label_sets(INDICATOR)[1].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("sets", "classes"),
    [
        ([["b", "a"], [], ["c"]], ["a", "b", "c"]),
        ([[3, 1], [2]], [1, 2, 3]),
        ([np.array([1.0, 3.0]), [2.0]], [1.0, 2.0, 3.0]),
        ([[True], [False]], [False, True]),
        ([["a"], ["a"]], ["a"]),
    ],
)
def test_classes_of_lists_are_the_sorted_values(sets, classes):
    matrix, found = encode_label_sets(sets)
    assert found.tolist() == classes
    assert [set(each) for each in decode_label_sets(matrix, found)] == [set(s) for s in sets]


def test_floats_are_found_among_ints():
    matrix, _ = encode_label_sets([[1.0], [0.0, 1.0]], classes=[0, 1])
    np.testing.assert_array_equal(matrix.toarray(), [[0, 1], [1, 1]])


def test_a_matrix_with_stored_zeros_and_unsorted_columns():
    labels = sparse.csr_matrix((np.array([1, 0, 1]), [2, 1, 0], [0, 3]), shape=(1, 3))
    matrix, _ = encode_label_sets(labels)
    assert matrix.indices.tolist() == [0, 2]
    assert decode_label_sets(matrix, np.array(["a", "b", "c"])).tolist() == [("a", "c")]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sets(st.sampled_from("abcde")), min_size=1, max_size=20))
def test_sets_come_back(sets):
    matrix, classes = encode_label_sets(sets, list("edcba"))
    again = decode_label_sets(matrix, classes)
    assert again.dtype == object
    assert again.tolist() == [tuple(sorted(each, reverse=True)) for each in sets]


@pytest.mark.parametrize(
    ("labels", "classes", "error", "message"),
    [
        ([], None, ValueError, "labels is empty"),
        (np.empty((0, 2)), None, ValueError, "labels is empty"),
        (["a", "b"], None, TypeError, r"labels is 'a' in row 0, but with multi_label=True each"),
        ([["a"], None], None, TypeError, "labels is None in row 1"),
        ([0, 1], None, TypeError, "labels is 0 in row 0"),
        ([["a"], ["b", None]], None, ValueError, "None, NaN or NA among the classes of row 1"),
        ([["a"], [], ["b", "z"]], ["a", "b"], ValueError, r"labels holds 'z' \(row 2\), not among"),
        ([["a"], ["a", 1]], None, ValueError, "(labels|y) mixes strings with other values"),
        (
            [["a"], ["b", "a", "b"]],
            None,
            ValueError,
            r"names 'b' more than once in row 1.*as an array",
        ),
        (INDICATOR.tolist(), None, ValueError, "names 1 more than once in row 0.*as an array"),
        (INDICATOR * 2, None, ValueError, r"labels holds 2 in rows 0, 2, 3, but a matrix"),
        (INDICATOR - 0.5, None, ValueError, r"labels holds 0.5 in rows 0, 1, 2, 3"),
        (sparse.csr_array(INDICATOR * 3), None, ValueError, r"labels holds 3 in rows 0, 2, 3"),
        (np.array([[1, np.nan]]), None, ValueError, "labels is missing in row 0; drop"),
        (sparse.csr_array([[1, np.nan]]), None, ValueError, "labels holds nan in row 0"),
        (
            pd.DataFrame({"a": [1, 0], "b": pd.array([0, pd.NA], dtype="Int64")}),
            None,
            ValueError,
            "labels is missing in row 1; drop",
        ),
        (np.array([["a", "b"], ["b", "c"]]), None, TypeError, "matrix of dtype <U1.*list of lists"),
        (INDICATOR, ["a", "b"], ValueError, "labels has 3 columns but classes is 'a', 'b'"),
        (pd.DataFrame({"a": [1], "z": [0]}), ["a", "b"], ValueError, "'z'.*not among the classes"),
        (pd.DataFrame({"a": [1]}), ["a", "b"], ValueError, "labels has no column 'b'"),
    ],
)
def test_what_is_wrong_is_said(labels, classes, error, message):
    with pytest.raises(error, match=message):
        encode_label_sets(labels, classes)
