import dataclasses

import numpy as np
import pandas as pd
import pytest

from label_auditor.data.findings import Findings, rows_in_order


class Decoded(Findings):
    """Findings whose labels are letters."""

    multi_label = False

    def _decode(self, codes, classes):
        self.__dict__.setdefault("decoded", []).append(codes)
        return np.array(["a", "b"])[codes]

    def summary(self):
        return pd.DataFrame()


@pytest.fixture
def findings():
    """Five rows: the third is flagged as the worst, then the first; the last was not judged."""
    return Decoded(
        codes=np.array([0, 1, 0, 1, 1]),
        predicted=np.array([1, 1, 1, 1, 0]),
        classes=np.array(["a", "b"]),
        pred_probs=np.full((5, 2), 0.5),
        issues=np.array([True, False, True, False, False]),
        quality=np.array([0.2, 0.9, 0.1, 0.8, np.nan], np.float32),
        ranked=np.array([2, 0]),
        evaluated=np.array([True, True, True, True, False]),
        index=list("vwxyz"),
        confident_joint=np.eye(2, dtype=int),
        filter_by="some_rule",
        rank_by="some_score",
    )


def test_what_is_abstract_is_not_made():
    with pytest.raises(TypeError, match="abstract"):
        Findings()


def test_labels_are_decoded_once_and_when_they_are_asked_for(findings):
    assert "decoded" not in findings.__dict__
    assert findings.labels.tolist() == ["a", "b", "a", "b", "b"]
    assert findings.suggested_labels.tolist() == ["b", "b", "b", "b", "a"]
    assert findings.labels is findings.labels
    assert len(findings.__dict__["decoded"]) == 2


def test_scores_are_float64_whatever_they_were_computed_in(findings):
    assert findings.scores.dtype == np.float64
    np.testing.assert_array_equal(findings.scores, findings.quality.astype(float))


def test_length_and_number_of_issues(findings):
    assert len(findings) == 5
    assert findings.n_issues == 2


def test_repr(findings):
    assert repr(findings) == (
        "<Decoded of 5 rows in 2 classes: 2 flagged by some_rule, ranked by some_score; "
        "1 not evaluated>"
    )
    judged = dataclasses.replace(findings, evaluated=np.ones(5, bool))
    assert repr(judged).endswith("ranked by some_score>")


def test_outputs_call_classes_by_their_names(findings):
    assert findings.shown_classes.tolist() == findings.classes.tolist()
    assert findings.shown_labels()[0] is findings.labels
    named = dataclasses.replace(findings, class_names=("x", "y"))
    assert named.shown_classes.tolist() == ["x", "y"]


def test_findings_are_no_collection_of_rows(findings):
    with pytest.raises(TypeError, match=r"can't be iterated over; write audit.to_frame\(inputs"):
        list(findings)


def test_rows_in_order_are_flagged_then_by_score_then_not_evaluated(findings):
    assert rows_in_order(findings).tolist() == [2, 0, 3, 1, 4]


def test_rows_ranked_by_log_margin_are_in_the_order_of_their_scores(findings):
    quality = np.array([0.2, 0.15, 0.1, 0.8, np.nan])
    findings = dataclasses.replace(findings, quality=quality, rank_by="log_margin")
    assert rows_in_order(findings).tolist() == [2, 1, 0, 3, 4]
    assert findings.ranked.tolist() == [2, 0]


def test_findings_are_frozen(findings):
    with pytest.raises(dataclasses.FrozenInstanceError):
        findings.issues = None
