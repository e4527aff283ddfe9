"""Corrections put into labels of every kind."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from label_auditor import Corrections, apply_corrections
from label_auditor.corrections.apply import UnknownLabelsError
from label_auditor.corrections.collection import Correction
from optional import dask_frames, needs_dask_frames


def corrections_of(labels):
    """Give a correction for each id; None discards the record."""
    return Corrections(
        [
            Correction(key, label, "discarded" if label is None else "validated")
            for key, label in labels.items()
        ]
    )


KINDS = {
    "int": (np.array([0, 1, 1, 2]), {"0": "1", "3": "2"}, [1, 1, 1, 2]),
    "int8": (np.array([0, 1, 1, 2], dtype=np.int8), {"0": "1"}, [1, 1, 1, 2]),
    "big-endian": (np.array([0, 1, 1], dtype=">i4"), {"0": "1"}, [1, 1, 1]),
    "big-endian strings": (np.array(["a", "b"], dtype=">U1"), {"0": "b"}, ["b", "b"]),
    "float16": (np.array([1, 2], dtype=np.float16), {"0": "2.0"}, [2, 2]),
    "bool": (np.array([True, False]), {"0": "False"}, [False, False]),
    "float": (np.array([0.0, np.nan, 1.0]), {"1": "1.0"}, [0.0, 1.0, 1.0]),
    "fixed": (np.array(["a", "bb"]), {"0": "bb"}, ["bb", "bb"]),
    "object": (np.array(["a", None, "b"], dtype=object), {"1": "a"}, ["a", "a", "b"]),
    "list": (["a", "b"], {"1": "a"}, ["a", "a"]),
    "list of ints": ([3, 5], {"1": "3"}, [3, 3]),
    "tuple": (("a", "b"), {"1": "a"}, ("a", "a")),
    "Categorical": (
        pd.Categorical(["a", "b"], categories=["c", "b", "a"]),
        {"1": "c"},
        ["a", "c"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_any_kind(kind):
    y, labels, expected = KINDS[kind]
    before = y.copy() if hasattr(y, "copy") else y
    y_new, report = apply_corrections(y, corrections_of(labels))
    assert type(y_new) is type(y)
    assert getattr(y_new, "dtype", None) == getattr(y, "dtype", None)
    assert list(y_new) == list(expected)
    assert all(a is b or a == b or a != a for a, b in zip(y, before, strict=True))
    assert len(report.changed) + len(report.confirmed) == len(labels)


@pytest.mark.parametrize(
    "dtype", ["int64", "Int64", "float64", "object", "category", "string", "boolean", "bool"]
)
def test_a_series_keeps_its_index_name_and_dtype(dtype):
    values = {"string": ["a", "b", "b"], "boolean": [True, False, False], "bool": [True, False, 0]}
    y = pd.Series(values.get(dtype, [5, 7, 7]), index=["x", "y", "z"], name="label", dtype=dtype)
    expected = y.copy()
    expected.iloc[2] = expected.iloc[0]
    y_new, report = apply_corrections(y, corrections_of({"z": str(y.iloc[0])}))
    pd.testing.assert_series_equal(y_new, expected)
    assert report.changed.tolist() == [2]


def test_a_missing_label_is_given_one():
    y = pd.Series([1, None, 2], dtype="Int64")
    y_new, report = apply_corrections(y, corrections_of({"1": "2"}))
    assert (y_new.tolist(), report.changed.tolist()) == ([1, 2, 2], [1])


def test_everything_is_reported():
    corrections = Corrections(
        [
            Correction("a", "dog"),
            Correction("b", "dog"),
            Correction("c", None, "discarded"),
            Correction("d", "dog", who="ann"),
            Correction("d", "cat", who="bob"),
            Correction("q", "dog"),
            Correction("e", "bird"),
        ]
    )
    y = ["cat", "dog", "cat", "cat", "cat", "cat"]
    with pytest.warns(
        UserWarning,
        match=r"1 correction has a label .* not applied: 'bird' \(ids 'e'\), where the classes",
    ):
        y_new, report = apply_corrections(y, corrections, ids="abcdef")
    assert y_new == ["dog", "dog", "cat", "cat", "cat", "cat"]
    for name, rows in {"changed": [0], "confirmed": [1], "discarded": [2], "open": [3]}.items():
        assert getattr(report, name).tolist() == rows
    assert report.unknown_ids == ("q",)
    assert report.unknown_labels == {"e": "bird"}
    assert repr(report) == (
        "<CorrectionReport: 1 of 6 labels changed, 1 confirmed, 1 discarded (kept as given), 1 "
        "open (reviewers are divided; kept as given), 1 for unknown ids ('q'), 1 with unknown "
        "labels ('bird')>"
    )


@settings(deadline=None)  # pandas is imported on first use
@given(st.data())
def test_every_correction_is_accounted_for_and_no_other_row_changes(data):
    names = st.sampled_from(["a", "b", "c", "d"])
    y = data.draw(st.lists(names, min_size=1, max_size=8))
    vote = st.tuples(st.integers(0, 9), names | st.none(), st.sampled_from(["ann", "bob", None]))
    votes = data.draw(st.lists(vote, max_size=12))
    corrections = Corrections(
        [Correction(i, n, "discarded" if n is None else "validated", w) for i, n, w in votes]
    )
    decisions = corrections.decisions
    if decisions and all(int(key) >= len(y) for key in decisions):
        with pytest.raises(ValueError, match="pass the ids="):
            apply_corrections(y, corrections)
        return
    y_new, report = apply_corrections(y, corrections, class_names={n: n for n in "abcd"})
    parts = (report.changed, report.confirmed, report.discarded, report.open, report.unknown_ids)
    assert sum(map(len, parts)) == len(decisions)
    for row, given_label in enumerate(y):
        decision = decisions.get(str(row))
        decided = decision is not None and decision.status == "validated"
        assert y_new[row] == (decision.label if decided else given_label)
        assert (row in report.changed) is (y_new[row] != given_label)


# Names of classes


def test_names_that_reviewers_read_lead_back_to_classes():
    y = np.array([7, 3, 3])
    for class_names in (["three", "seven"], {3: "three", 7: "seven"}):
        y_new, _ = apply_corrections(y, corrections_of({"2": "seven"}), class_names=class_names)
        assert y_new.tolist() == [7, 3, 7]


def test_a_mapping_may_name_a_class_that_no_row_has():
    class_names = {"a": "A", "long": "Long"}
    y_new, _ = apply_corrections(
        np.array(["a", "a"]), corrections_of({"1": "Long"}), class_names=class_names
    )
    assert y_new.tolist() == ["a", "long"]


def test_a_class_that_the_dtype_cannot_hold_is_refused():
    with pytest.raises(TypeError, match=r"the classes 1\.5, but labels of dtype int64 can't"):
        apply_corrections(
            np.array([0, 1]), corrections_of({"1": "x"}), class_names={0: "a", 1: "b", 1.5: "x"}
        )
    y = pd.Categorical(["a", "b"])
    with pytest.warns(UserWarning, match="not applied: 'C'"):
        y_new, _ = apply_corrections(
            y, corrections_of({"0": "B", "1": "C"}), class_names={"a": "A", "b": "B", "c": "C"}
        )
    assert list(y_new) == ["b", "b"]


def test_corrections_of_which_none_can_be_applied_are_refused():
    y = ["a", "b", "b"]
    with pytest.raises(
        UnknownLabelsError,
        match=r"None of the corr.* 2 corrections have a label that .*'A', 'B' \(ids '1'",
    ) as raised:
        apply_corrections(y, corrections_of({"1": "A", "2": "B", "7": "a"}))
    assert raised.value.report.unknown_labels == {"1": "A", "2": "B"}
    with pytest.warns(UserWarning, match="1 correction has a label that isn't among the classes"):
        y_new, report = apply_corrections(y, corrections_of({"1": "A", "2": None}))
    assert (y_new, report.discarded.tolist()) == (y, [2])


# Ids


def test_an_index_that_is_not_unique_gives_way_to_positions():
    y = pd.Series(["a", "b", "b"], index=[5, 5, 6])
    with pytest.warns(UserWarning, match="index isn't unique"):
        y_new, _ = apply_corrections(y, corrections_of({"1": "a"}))
    assert y_new.tolist() == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("y", "corrections", "options", "error", "message"),
    [
        (["a"], [], {}, TypeError, "corrections is a list, but .* with Corrections.from_json"),
        (
            ["a", "b"],
            {"x": "a"},
            {},
            ValueError,
            "for the ids 'x', but the rows of y have '0', '1'",
        ),
        (["a", "b"], {"0": "a"}, {"ids": "xx"}, ValueError, "ids must be unique"),
        (["a", "b"], {"0": "a"}, {"ids": "x"}, ValueError, "ids has 1 values but 2 labels"),
        (["a", "b"], {"0": "a"}, {"class_names": ["A"]}, ValueError, "class_names has 1 names"),
        (
            ["a", "b"],
            {"0": ("a",)},
            {},
            ValueError,
            "y has one label per row, but corrections have",
        ),
        (
            [["a"], ["b"]],
            {"0": "a"},
            {},
            ValueError,
            "y has several labels per row, but correction",
        ),
    ],
)
def test_what_cannot_be_joined_is_refused(y, corrections, options, error, message):
    if isinstance(corrections, dict):
        corrections = corrections_of(corrections)
    with pytest.raises(error, match=message):
        apply_corrections(y, corrections, **options)


def test_no_corrections_change_nothing():
    y_new, report = apply_corrections(np.array([1, 2]), Corrections([]))
    assert y_new.tolist() == [1, 2]
    assert repr(report) == "<CorrectionReport: 0 of 2 labels changed, 0 confirmed>"


# Several labels per row

INDICATOR = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]], dtype=np.int8)
EXPECTED = np.array([[0, 1, 1], [0, 1, 1], [0, 0, 0]])
CHOSEN = {"0": ("c", "b"), "1": ("b", "c"), "2": None}


@pytest.mark.parametrize(
    "y",
    [
        INDICATOR,
        INDICATOR.astype(bool),
        INDICATOR.astype(float),
        sparse.csr_matrix(INDICATOR),
        sparse.csc_array(INDICATOR),
        pd.DataFrame(INDICATOR, columns=["a", "b", "c"]),
    ],
    ids=["int8", "bool", "float", "csr_matrix", "csc_array", "DataFrame"],
)
def test_an_indicator_matrix(y):
    before = y.copy()
    names = None if hasattr(y, "columns") else ["a", "b", "c"]
    y_new, report = apply_corrections(y, corrections_of(CHOSEN), class_names=names)
    assert type(y_new) is type(y)
    dense = [each.toarray() if sparse.issparse(each) else np.asarray(each) for each in (y_new, y)]
    np.testing.assert_array_equal(dense[0], EXPECTED)
    assert dense[0].dtype == dense[1].dtype
    assert getattr(y_new, "format", None) == getattr(y, "format", None)
    assert not np.any(np.asarray(abs(before - y).max()) if sparse.issparse(y) else before != y)
    assert [r.tolist() for r in (report.changed, report.confirmed, report.discarded)] == [
        [0],
        [1],
        [2],
    ]


def test_columns_without_names_are_numbered():
    y_new, _ = apply_corrections(INDICATOR, corrections_of({"2": ("0", "2"), "1": ()}))
    assert y_new.tolist() == [[1, 0, 0], [0, 0, 0], [1, 0, 1]]
    with pytest.warns(UserWarning, match=r"not applied: \('0', '3'\)"):
        apply_corrections(INDICATOR, corrections_of({"2": ("0", "3"), "1": None}))


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, np.array])
def test_lists_of_labels(kind):
    y = [kind(["a"]), kind(["c", "b"]), kind(["a", "b"])]
    y_new, report = apply_corrections(y, corrections_of(CHOSEN))
    assert [sorted(each) for each in y_new] == [["b", "c"], ["b", "c"], ["a", "b"]]
    assert [type(each) for each in y_new] == [type(each) for each in y]
    assert y_new[1] is y[1]
    assert report.confirmed.tolist() == [1]


def test_a_series_of_lists_of_labels():
    y = pd.Series([[1], [3, 2], []], index=["0", "1", "2"], name="tags")
    names = {1: "a", 2: "b", 3: "c", 4: "d"}
    chosen = {"0": ("c", "b"), "2": ("d",)}
    y_new, _ = apply_corrections(y, corrections_of(chosen), class_names=names)
    assert y_new.tolist() == [[2, 3], [3, 2], [4]]
    assert (y_new.name, y_new.index.tolist()) == ("tags", ["0", "1", "2"])
    array = np.empty(3, dtype=object)
    array[:] = y.tolist()
    y_new, _ = apply_corrections(array, corrections_of(chosen), class_names=names)
    assert (type(y_new), y_new.tolist()) == (np.ndarray, [[2, 3], [3, 2], [4]])


@needs_dask_frames
def test_labels_of_dask_are_found_by_their_index():
    y = pd.Series([1, 2, 1, 2], index=[10, 3, 2, 1], name="label")
    y_new, report = apply_corrections(
        dask_frames.from_pandas(y, npartitions=2, sort=False), {1: 1, 10: None}
    )
    pd.testing.assert_series_equal(y_new, pd.Series([1, 2, 1, 1], index=y.index, name="label"))
    assert (report.changed.tolist(), report.discarded.tolist()) == ([3], [0])
