import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from label_auditor.data.naming import check_index, check_length, find_rows, name_classes, unique_ids
from optional import dask_frames, needs_dask_frames


def test_a_length_that_differs_is_said():
    check_length("ids", 3, 3)
    with pytest.raises(ValueError, match="texts has 2 values but 3 labels were audited; give one"):
        check_length("texts", 2, 3)


def test_ids_are_ints_or_strings():
    index = [1, np.int64(2), "a", 0.5, True, np.str_("b"), pd.Timestamp("2024-01-02")]
    ids = unique_ids(index, 7, None)
    assert ids == [1, 2, "a", "0.5", "True", "b", "2024-01-02 00:00:00"]
    assert {type(each) for each in ids} == {int, str}


def test_chosen_ids_must_be_unique_as_strings():
    assert unique_ids([0, 0], 2, ids=["a", "b"]) == ["a", "b"]
    with pytest.raises(ValueError, match="ids must be unique, also as strings, but '1' occur"):
        unique_ids(range(3), 3, ids=[1, "1", 2])
    with pytest.raises(ValueError, match="ids has 2 values but 3 labels"):
        unique_ids(range(3), 3, ids=[1, 2])


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_chosen_ids_must_not_be_missing(missing):
    with pytest.raises(ValueError, match=r"ids is missing \(None, NaN or NA\) in row 1; give each"):
        unique_ids(range(3), 3, ids=["a", missing, "c"])
    assert unique_ids(["a", missing, "c"], 3, None) == ["a", str(missing), "c"]


def test_an_index_that_repeats_gives_way_to_positions():
    with pytest.warns(UserWarning, match=r"The index isn't unique \('a' occur more than once\)"):
        assert unique_ids(["a", "a", "b"], 3, None) == range(3)


@pytest.mark.parametrize("names", [["no", "yes"], ("no", "yes"), {1: "yes", 0: "no", 7: "more"}])
def test_names_of_classes(names):
    assert name_classes([0, 1], names) == {0: "no", 1: "yes"}


def test_classes_without_names_are_named_by_themselves():
    assert name_classes([0.5, "a"], None) == {0.5: "0.5", "a": "a"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({0: "no"}, "class_names has no name for 1; name every class: 0, 1"),
        (["no"], r"class_names has 1 names but there are 2 classes \(0, 1\)"),
        ("ab", "class_names has 2 names but there are 2 classes.*or a mapping"),
        (["same", "same"], "class_names gives 'same' to more than one class"),
        ({0: 1, 1: "1"}, "class_names gives '1' to more than one class"),
    ],
)
def test_names_that_reviewers_could_not_use(names, message):
    with pytest.raises(ValueError, match=message):
        name_classes([0, 1], names)


@pytest.mark.parametrize(
    "index",
    [
        ["a", "b"],
        ("a", "b"),
        np.array(["a", "b"]),
        pd.Index(["a", "b"]),
        pd.Series(["a", "b"]),
        pa.array(["a", "b"]),
        iter(["a", "b"]),
    ],
    ids=lambda index: type(index).__name__,
)
def test_every_form_of_an_index(index):
    names = check_index(index, 2)
    assert list(names) == ["a", "b"]
    assert len(names) == 2


@needs_dask_frames
def test_an_index_of_dask():
    series = pd.Series([0, 1], index=["a", "b"])
    assert list(check_index(dask_frames.from_pandas(series, npartitions=1).index, 2)) == ["a", "b"]


def test_positions_without_an_index():
    assert check_index(None, 3) == range(3)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (["a"], "index has 1 names but there are 2 labels; name every row"),
        (iter("abc"), "index has 3 names but there are 2 labels"),
        ({"a", "b"}, "of type set; pass a sequence with the name of each row"),
        ({"a": 0, "b": 1}, "of type dict; pass a sequence"),
        ("ab", "index is 'ab', of type str; pass a sequence"),
        (np.zeros((2, 2)), "of type ndarray; pass a sequence"),
    ],
)
def test_what_names_no_rows(index, message):
    with pytest.raises(ValueError, match=message):
        check_index(index, 2)


@pytest.mark.parametrize(
    "index", [range(5), pd.Index([3, 1, 2]), pd.Index(["b", "a"]), pd.RangeIndex(1, 9, 2)]
)
def test_an_index_that_is_known_to_be_unique_is_not_copied(index, monkeypatch):
    expected = [each if isinstance(each, str) else int(each) for each in index]

    def refuse(*_):
        raise AssertionError("all ids were listed")

    monkeypatch.setattr("label_auditor.data.naming.repeated", refuse)
    ids = unique_ids(index, len(index), None)
    assert list(ids) == expected
    assert [type(each) for each in ids] == [type(each) for each in expected]


@pytest.mark.parametrize("index", [pd.Index([1, "1"], dtype=object), pd.Index([2, 2])])
def test_an_index_of_pandas_that_repeats_as_text_gives_way_to_positions(index):
    with pytest.warns(UserWarning, match="The index isn't unique"):
        assert unique_ids(index, 2, None) == range(2)


@pytest.mark.parametrize(
    "index",
    [
        range(5, 10),
        pd.RangeIndex(5, 10),
        pd.Index([9, 8, 5, 6, 7]),
        pd.Index([9, 8, 5, 6, 7], dtype="uint64"),
        pd.Index(pd.array([9, 8, 5, 6, 7], dtype="Int64")),
        pd.Index(["5", "6", "9", "7", "8"], dtype=object),
        [5, "6", 7, 8.5, "9"],
    ],
    ids=repr,
)
def test_rows_are_found_by_their_ids(index):
    names = ["9", "5", "5", "05", "5.0", "-5", "x", "11", str(2**63), "9" * 20, "9" * 5000]
    ids = unique_ids(index, 5, None)
    every = {str(name): row for row, name in enumerate(ids)}
    assert find_rows(names, ids) == {name: every[name] for name in ("9", "5")}


def test_large_numbers_are_found_exactly():
    ids = unique_ids(pd.Index([2**62, 2**62 + 1, 3]), 3, None)
    assert find_rows([str(2**62 + 1), str(2**63 + 2**62)], ids) == {str(2**62 + 1): 1}


def test_nothing_is_made_of_all_ids():
    ids = unique_ids(pd.RangeIndex(1, 10**6), 10**6 - 1, None)
    tracemalloc.start()
    assert find_rows(map(str, range(100, 200)), ids)["150"] == 149
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 10**6
