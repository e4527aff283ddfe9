"""The decisions of reviewers, as rows of an audit."""

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.corrections.collection import Correction
from label_auditor.review.decided import decided_rows, number_labels, read_set_decisions

PRED_PROBS = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])


@pytest.fixture
def audit():
    labels = pd.Series(["cat", "cat", "dog", "dog", "dog"], index=[10, 11, 12, 13, 14])
    return audit_labels(labels, PRED_PROBS)


def test_corrections_are_joined_by_the_index(audit):
    corrections = Corrections(
        [Correction("14", "cat"), Correction("10", None, "discarded"), Correction("12", "dog")]
    )
    rows, codes = decided_rows(audit, corrections)
    np.testing.assert_array_equal(rows, [4, 0, 2])
    np.testing.assert_array_equal(codes, [0, -1, 1])


@pytest.mark.parametrize(
    ("reviewed", "error", "message"),
    [
        ([3], TypeError, "reviewed is a list; pass Corrections"),
        ({5: "cat"}, ValueError, "reviewed has 5 for row positions, but .* from 0 to 4"),
        ({True: "cat"}, ValueError, "reviewed has True for row positions"),
        ({1: "bird"}, ValueError, "reviewed holds the labels 'bird', but the classes"),
    ],
)
def test_reviews_that_fit_no_row_are_refused(audit, reviewed, error, message):
    with pytest.raises(error, match=message):
        decided_rows(audit, reviewed)


def test_reviews_by_row_position_in_numpy_values():
    audit = audit_labels(np.array([0, 0, 1, 1, 1]), PRED_PROBS)
    rows, codes = decided_rows(audit, {np.int64(4): np.int64(0), 1: None})
    np.testing.assert_array_equal(rows, [4, 1])
    np.testing.assert_array_equal(codes, [0, -1])
    assert [len(each) for each in decided_rows(audit, None)] == [0, 0]


def test_the_order_of_the_review_is_kept(audit):
    rows, codes = decided_rows(audit, {3: "dog", 0: "dog", 2: None})
    assert rows.tolist() == [3, 0, 2]
    assert codes.tolist() == [1, 1, -1]


def test_an_empty_review_has_no_rows(audit):
    for reviewed in ({}, None, Corrections([])):
        rows, codes = decided_rows(audit, reviewed)
        assert rows.dtype == codes.dtype == np.intp
        assert rows.shape == codes.shape == (0,)


@pytest.fixture(scope="module")
def sets():
    """Audit the sets {a}, {b, a}, {} and {a} of the classes a, b and c."""
    labels = [["a"], ["b", "a"], [], ["a"]]
    return audit_labels(labels, np.full((4, 3), 0.4), classes=["a", "b", "c"], multi_label=True)


def test_equal_sets_have_equal_numbers(sets, audit):
    assert number_labels(sets).tolist() == [0, 1, 2, 0]
    assert number_labels(audit) is audit.codes


def test_a_decision_that_keeps_the_set_has_its_number(sets):
    reviewed = {3: ("a",), 1: {"b", "a"}, 2: np.array(["c"]), 0: None}
    rows, codes = decided_rows(sets, reviewed)
    assert rows.tolist() == [3, 1, 2, 0]
    given = number_labels(sets)
    assert (codes == given[rows]).tolist() == [True, True, False, False]
    assert codes[3] == -1
    assert (codes[:3] >= 0).all()


def test_sets_come_from_corrections_and_a_series_too(sets):
    named = Corrections([Correction("1", ("B", "A")), Correction("2", None, "discarded")])
    names = {"a": "A", "b": "B", "c": "C"}
    found = read_set_decisions(named, range(4), sets.classes, class_names=names)
    assert found == {1: (0, 1), 2: None}
    series = pd.Series([["c", "a"], None, []], index=[3, 0, 1])
    assert read_set_decisions(series, range(4), sets.classes) == {3: (0, 2), 0: None, 1: ()}


@pytest.mark.parametrize(
    ("reviewed", "error", "message"),
    [
        ({0: "a"}, TypeError, "reviewed has 'a' for row 0, but a row of this audit has a set"),
        ({0: 1}, TypeError, "reviewed has 1 for row 0, but a row of this audit has a set"),
        ({0: ["a", "d"]}, ValueError, "reviewed holds the labels 'd', but the classes"),
        ({0: [["a"]]}, ValueError, "but the classes of the audit are 'a', 'b', 'c'"),
        ({4: ["a"]}, ValueError, "reviewed has 4 for row positions"),
        (Corrections([Correction("0", "a")]), TypeError, "reviewed has 'a' for row 0"),
        (["a"], TypeError, "reviewed is a list"),
    ],
)
def test_what_is_no_decision_about_sets_is_refused(sets, reviewed, error, message):
    with pytest.raises(error, match=message):
        decided_rows(sets, reviewed)
