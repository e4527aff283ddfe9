"""The decisions of reviewers, as rows of an audit."""

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.corrections.collection import Correction
from label_auditor.review.decided import decided_rows

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


def test_label_sets_are_refused():
    sets = audit_labels([["a"], ["a", "b"]], np.full((2, 2), 0.4), multi_label=True)
    with pytest.raises(TypeError, match="with labels that say whether the row has it"):
        decided_rows(sets, {0: "a"})
