"""Corrections: what reviewers decided, joined with the rows of an audit."""

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.corrections.collection import Correction

PRED_PROBS = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])


@pytest.fixture
def audit():
    labels = pd.Series(["cat", "cat", "dog", "dog", "dog"], index=[10, 11, 12, 13, 14])
    return audit_labels(labels, PRED_PROBS)


def test_majority_decides_and_a_tie_stays_open():
    corrections = Corrections(
        [
            Correction("1", "dog", who="ann"),
            Correction("1", "cat", who="bob"),
            Correction("1", "cat", who="eve"),
            Correction("2", "cat", who="ann"),
            Correction("2", None, "discarded", who="bob"),
        ]
    )
    decisions = corrections.decisions
    assert (decisions["1"].label, decisions["1"].status) == ("cat", "validated")
    assert (decisions["2"].label, decisions["2"].status) == (None, "open")
    assert [vote.who for vote in decisions["1"].votes] == ["ann", "bob", "eve"]


def test_the_latest_vote_of_a_reviewer_counts():
    corrections = Corrections(
        [Correction("1", "dog", who="ann"), Correction("1", "cat", who="ann")]
    )
    assert corrections.decisions["1"].label == "cat"
    assert len(corrections) == 2


def test_rows_are_found_by_the_index_as_strings(audit):
    corrections = Corrections(
        [Correction("14", "cat"), Correction("10", None, "discarded"), Correction("12", "dog")]
    )
    assert corrections.by_row(audit) == {4: "cat", 0: None, 2: "dog"}


def test_ids_and_names_of_the_records_lead_back(audit):
    corrections = Corrections([Correction("e", "Katze")])
    by_row = corrections.by_row(audit, ids="abcde", class_names={"cat": "Katze", "dog": "Hund"})
    assert by_row == {4: "cat"}


def test_strange_ids_and_labels_are_refused(audit):
    with pytest.raises(ValueError, match=r"1 ids that no row has \('4'\); .* Use the same here"):
        Corrections([Correction("4", "cat")]).by_row(audit)
    with pytest.raises(ValueError, match=r"the labels 'Katze', but .* named 'cat', 'dog'; pass"):
        Corrections([Correction("14", "Katze")]).by_row(audit)


def test_several_labels_are_names_sorted_and_lead_back_to_classes(audit):
    corrections = Corrections(
        [Correction(14, ("dog", "cat", "dog"), who="ann"), Correction("14", ("cat", "dog"))]
    )
    assert corrections.decisions["14"].label == ("cat", "dog")
    assert corrections.by_row(audit) == {4: ("cat", "dog")}
    with pytest.raises(ValueError, match="hold the labels 'bird', but"):
        Corrections([Correction("14", ("bird", "dog"))]).by_row(audit)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (("7", "dog", "Validated"), ValueError, "the status is 'Validated', not 'validated' or"),
        (("7", None), ValueError, "record '7' is validated with None"),
        (("7", "dog", "discarded"), ValueError, "record '7' is discarded with 'dog'"),
        ((None, "dog"), ValueError, r"the id of a record is missing \(None\); give the id"),
        ((float("nan"), "dog"), ValueError, r"the id of a record is missing \(nan\)"),
        ((pd.NA, "dog"), ValueError, r"the id of a record is missing \(<NA>\)"),
        ((pd.NaT, "dog"), ValueError, r"the id of a record is missing \(NaT\)"),
        (("7", 3), TypeError, "record '7' has 3 where the name of a class"),
        (("7", "dog", "validated", 3), TypeError, "record '7' has 3 where"),
    ],
)
def test_what_is_no_decision_is_refused(values, error, message):
    with pytest.raises(error, match=message):
        Correction(*values)


def test_an_id_that_is_a_word_for_missing_is_an_id():
    assert [Correction(each, "dog").id for each in ("None", "nan", "", 7)] == [
        "None",
        "nan",
        "",
        "7",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("dog", "corrections is a str, but an iterable of Correction is needed"),
        ({"7": "dog"}, "corrections is a dict, but"),
        (None, "corrections is a NoneType, but"),
        (
            [Correction("7", "dog"), ("8", "cat")],
            r"corrections\[1\] is \('8', 'cat'\), but a Correction is needed",
        ),
    ],
)
def test_what_are_no_corrections_is_refused(given, message):
    with pytest.raises(TypeError, match=message):
        Corrections(given)
