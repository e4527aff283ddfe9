"""Decisions that somebody holds in a dict or a Series."""

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, apply_corrections, audit_labels
from label_auditor.corrections import Correction
from label_auditor.corrections.mappings import is_decided, read_mapping

EXPECTED = [Correction("7", "dog"), Correction("9", None, "discarded")]


@pytest.mark.parametrize(
    "decided",
    [
        {7: "dog", 9: None},
        {"7": np.str_("dog"), np.int64(9): float("nan")},
        {7: "dog", 9: pd.NA},
        pd.Series({7: "dog", 9: None}),
        pd.Series(["dog", None], index=["7", "9"], dtype="string"),
        pd.Series(pd.Categorical(["dog", None], ["cat", "dog"]), index=[7, 9]),
    ],
)
def test_keys_are_ids_and_what_is_missing_is_discarded(decided):
    assert is_decided(decided)
    assert read_mapping(decided) == EXPECTED
    assert Corrections.from_mapping(decided) == Corrections(EXPECTED)


@pytest.mark.parametrize(
    ("decided", "labels"),
    [
        ({"a": 1, "b": True}, ["1", "True"]),
        (pd.Series({"a": 1, "b": None}), ["1", None]),  # pandas makes floats of these
        (pd.Series({"a": 1.5, "b": None}), ["1.5", None]),
        (pd.Series({"a": 1.0, "b": 2.0}), ["1.0", "2.0"]),
        ({"a": ["x", "y"], "b": set(), "c": np.array(["z"])}, [("x", "y"), (), ("z",)]),
    ],
)
def test_labels_of_any_kind_have_the_names_of_their_classes(decided, labels):
    assert [each.label for each in read_mapping(decided)] == labels


@pytest.mark.parametrize(
    ("decided", "error", "message"),
    [
        ({1: "a", "1": "b"}, ValueError, "the decisions name '1' more than once"),
        (pd.Series(["a", "a"], index=[3, 3]), ValueError, "name '3' more than once"),
        ({None: "a"}, ValueError, "the id of a record is missing"),
        ([("a", "b")], TypeError, "a list is given, but a mapping or a Series is needed"),
        (pd.DataFrame({"a": [1]}), TypeError, "a DataFrame is given, but a mapping"),
    ],
)
def test_what_says_no_decisions_is_refused(decided, error, message):
    with pytest.raises(error, match=message):
        Corrections.from_mapping(decided)


@pytest.mark.parametrize("given", [{"7": "dog"}, pd.Series({"7": "dog"})])
def test_the_constructor_names_what_takes_them(given):
    with pytest.raises(TypeError, match=r"Corrections.from_mapping takes \{id: label\} and a Seri"):
        Corrections(given)


@pytest.mark.parametrize("form", [dict, pd.Series])
def test_they_are_applied_as_they_are(form):
    y = pd.Series(["cat", "dog", "dog"], index=[10, 11, 12])
    new, report = apply_corrections(y, form({12: "cat", 10: None}))
    assert new.tolist() == ["cat", "dog", "cat"]
    assert (report.changed.tolist(), report.discarded.tolist()) == ([2], [0])
    new, report = apply_corrections(np.array([0, 1, 1]), form({2: 0, 0: None}))
    assert new.tolist() == [0, 1, 0]
    new, _ = apply_corrections([0, 1, 1], form({2: "no"}), class_names=["no", "yes"])
    assert new == [0, 1, 0]
    with pytest.raises(ValueError, match="corrections are for the ids '99', but the rows of y"):
        apply_corrections(y, form({99: "cat"}))


def test_reviewed_takes_a_mapping_by_position_and_a_series_by_its_index():
    P = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
    labels = pd.Series(["cat", "cat", "dog", "dog", "dog"], index=[4, 3, 2, 1, 0])
    audit = audit_labels(labels, P)
    left = {
        name: set(audit.plan_review(5, reviewed=reviewed))
        for name, reviewed in {
            "mapping": {4: "cat"},
            "series": pd.Series({0: "cat"}),
            "corrections": Corrections.from_mapping({0: "cat"}),
        }.items()
    }
    assert all(rows == {0, 1, 2, 3} for rows in left.values())
