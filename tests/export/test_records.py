import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor import Corrections, apply_corrections, audit_labels
from label_auditor.export.records import Record, make_records

TEXTS = [f"text {i}" for i in range(12)]


def by_id(records):
    return {record.id: record for record in records}


def test_a_record_holds_all_that_a_reviewer_sees(audit):
    first = next(
        iter(make_records(audit, TEXTS, class_names={"a": "Apple", "b": "Bee", "c": "Cow"}))
    )
    assert first == Record(
        id=4,
        fields={"text": "text 4"},
        prediction={"Apple": 0.97, "Bee": 0.01, "Cow": 0.02},
        annotation="Bee",
        metadata={"label_error_candidate": 0, "label_quality": 0.01, "suggested_label": "Apple"},
    )


def test_flagged_rows_come_worst_first(audit):
    records = make_records(audit, TEXTS)
    assert len(records) == 3
    assert [record.id for record in records] == [4, 9, 1]
    assert [record.metadata["label_error_candidate"] for record in records] == [0, 1, 2]


def test_the_others_follow_by_score_then_position_and_nan_last(audit):
    scores = audit.scores.copy()
    scores[[0, 5]] = 0.2
    scores[2] = np.nan
    audit = dataclasses.replace(audit, quality=scores)
    records = list(make_records(audit, TEXTS, only_issues=False))
    assert [record.id for record in records] == [4, 9, 1, 0, 5, 3, 6, 7, 8, 10, 11, 2]
    assert [r.metadata.get("label_error_candidate") for r in records] == [0, 1, 2] + 9 * [None]
    assert "label_quality" not in records[-1].metadata


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 2500), st.integers(0, 2**32 - 1))
def test_every_row_comes_once_and_blocks_leave_no_trace(n, seed):
    rng = np.random.default_rng(seed)
    audit = audit_labels(rng.integers(0, 2, n), rng.dirichlet([1, 1], size=n), classes=[0, 1])
    records = list(make_records(audit, [str(i) for i in range(n)], only_issues=False))
    assert sorted(record.id for record in records) == list(range(n))
    for record in records:
        assert record.fields["text"] == str(record.id)
        assert record.annotation == str(audit.labels[record.id])
        assert list(record.prediction.values()) == audit.pred_probs[record.id].tolist()
    flagged = [record.id for record in records if "label_error_candidate" in record.metadata]
    assert flagged == audit.ranked.tolist() == [record.id for record in records[: len(flagged)]]


def test_records_can_be_iterated_again(audit):
    records = make_records(audit, TEXTS)
    assert list(records) == list(records)


def test_metadata_may_not_take_the_audits_names(audit):
    with pytest.raises(ValueError, match=r"metadata has a column 'label_quality', which the audit"):
        make_records(audit, TEXTS, metadata={"label_quality": range(12)})


def test_float32_probabilities_become_floats_that_hold(audit):
    audit = dataclasses.replace(audit, pred_probs=audit.pred_probs.astype(np.float32))
    first = next(iter(make_records(audit, TEXTS)))
    assert first.prediction == {
        k: float(np.float32(v)) for k, v in zip("abc", [0.97, 0.01, 0.02], strict=True)
    }


def test_probabilities_are_made_valid(audit):
    pred_probs = audit.pred_probs.copy()
    pred_probs[4] = [1 + 2e-16, -1e-9, 0]
    pred_probs[9] = [0.5, 0.5, 0.6]
    pred_probs[1] = [0.5, 0.50005, 0]
    first, second, third = make_records(dataclasses.replace(audit, pred_probs=pred_probs), TEXTS)
    assert first.prediction == {"a": 1.0, "b": 0.0, "c": 0.0}
    assert sum(second.prediction.values()) == pytest.approx(1, abs=1e-12)
    assert third.prediction == {"a": 0.5, "b": 0.50005, "c": 0}  # within what rounding explains


def test_rows_are_read_in_increasing_order(audit):
    class File:
        """Can be read as an h5py data set can."""

        shape, __array__ = (12, 3), None

        def __getitem__(self, rows):
            assert (np.diff(rows) > 0).all()
            return audit.pred_probs[rows]

    records = make_records(dataclasses.replace(audit, pred_probs=File()), TEXTS, only_issues=False)
    assert list(records) == list(make_records(audit, TEXTS, only_issues=False))


@pytest.mark.parametrize("chunks", [(5, 3), ((5, 0, 5, 2), (3,)), ((4, 7, 1), (3,)), None])
def test_each_chunk_is_read_once(audit, chunks, monkeypatch):
    monkeypatch.setattr("label_auditor.export.records._BLOCK", 5)

    class Slices:
        """Slices by rows, and counts how often each row is read."""

        shape = (12, 3)

        def __init__(self):
            self.chunks, self.reads = chunks, np.zeros(12, int)

        def __getitem__(self, rows):
            self.reads[rows] += 1
            return audit.pred_probs[rows]

    lazy = Slices()
    records = make_records(dataclasses.replace(audit, pred_probs=lazy), TEXTS, only_issues=False)
    assert list(records) == list(make_records(audit, TEXTS, only_issues=False))
    assert lazy.reads.tolist() == [1] * 12


def test_a_row_that_could_not_be_judged_has_no_prediction(audit):
    pred_probs, codes = audit.pred_probs.copy(), audit.codes.copy()
    pred_probs[3], codes[3] = np.nan, -1
    scores = np.where(np.arange(12) == 3, np.nan, audit.scores)
    audit = dataclasses.replace(
        audit, pred_probs=pred_probs, codes=codes, quality=scores, predicted=codes
    )
    record = by_id(make_records(audit, TEXTS, only_issues=False))[3]
    assert (record.prediction, record.annotation, record.metadata) == ({}, None, {})


def test_a_missing_label_keeps_its_suggestion(audit):
    codes = audit.codes.copy()
    codes[3] = -1
    record = by_id(make_records(dataclasses.replace(audit, codes=codes), TEXTS, only_issues=False))[
        3
    ]
    assert record.annotation is None
    assert record.metadata["suggested_label"] == "a"
    assert record.prediction == {"a": 0.9, "b": 0.05, "c": 0.05}


@pytest.mark.parametrize(
    ("labels", "class_names", "expected"),
    [
        ([0, 1, 1, 0], None, "0"),
        ([0, 1, 1, 0], ["World", "Business"], "World"),
        ([0, 1, 1, 0], {1: "Business", 0: "World"}, "World"),
        ([0, 1, 1, 0], {np.int64(1): "Business", np.int64(0): "World"}, "World"),
        ([0, 1, 1, 0], pd.Series(["World", "Business"]), "World"),
        ([7, 9, 9, 7], ["World", "Business"], "World"),
        ([False, True, True, False], {True: "yes", False: "no"}, "no"),
        (["x", "y", "y", "x"], {"x": "World", "y": "Business"}, "World"),
    ],
)
def test_class_names(labels, class_names, expected):
    audit = audit_labels(labels, [[0.1, 0.9], [0.2, 0.8], [0.1, 0.9], [0.8, 0.2]] @ np.eye(2))
    (record,) = make_records(audit, list("wxyz"), class_names=class_names)
    assert record.id == 0
    assert record.annotation == expected
    assert type(record.annotation) is str
    assert list(record.prediction) == [expected, record.metadata["suggested_label"]]


@pytest.mark.parametrize(
    ("class_names", "message"),
    [
        ({"a": "A", "b": "B"}, r"class_names has no name for 'c'; name every class: 'a', 'b', 'c'"),
        (["A", "B"], r"class_names has 2 names but there are 3 classes \('a', 'b', 'c'\)"),
        ("ABC", r"class_names has 3 names but"),
        ({"a": "A", "b": "B", "c": "A"}, r"class_names gives 'A' to more than one class"),
    ],
)
def test_class_names_that_fail(audit, class_names, message):
    with pytest.raises(ValueError, match=message):
        make_records(audit, TEXTS, class_names=class_names)


def test_ids_are_the_index_of_the_audit(audit):
    audit = dataclasses.replace(audit, index=pd.Index([f"row-{i}" for i in range(12)]))
    assert [record.id for record in make_records(audit, TEXTS)] == ["row-4", "row-9", "row-1"]


def test_ids_are_ints_or_strings(audit):
    ids = [np.int64(0), np.str_("x"), 2.5, True, pd.Timestamp("2020-01-01"), *range(20, 27)]
    found = {record.id for record in make_records(audit, TEXTS, ids=ids, only_issues=False)}
    assert found == {0, "x", "2.5", "True", "2020-01-01 00:00:00", *range(20, 27)}
    assert {type(each) for each in found} == {int, str}


def test_an_index_that_is_not_unique_gives_way_to_positions(audit):
    audit = dataclasses.replace(audit, index=pd.Index([0, 1] * 6))
    with pytest.warns(
        UserWarning, match=r"The index isn't unique \('0', '1' occur more than once\)"
    ):
        records = make_records(audit, TEXTS)
    assert [record.id for record in records] == [4, 9, 1]


@pytest.mark.parametrize("ids", [[0, *range(11)], ["3", *range(1, 12)]])
def test_ids_must_be_unique_as_strings(audit, ids):
    with pytest.raises(ValueError, match=r"ids must be unique, also as strings, but '[03]' occur"):
        make_records(audit, TEXTS, ids=ids)


def test_explanation(audit):
    attributions = {"text": [("t", {"a": np.float32(0.5), "b": -1}), ("u", {})]}
    explanation = [None] * 12
    explanation[4] = attributions
    first, second, _ = make_records(
        audit, TEXTS, explanation=explanation, class_names={"a": "A", "b": "B", "c": "C"}
    )
    assert first.explanation == {"text": [("t", {"A": 0.5, "B": -1.0}), ("u", {})]}
    assert type(first.explanation["text"][0][1]["A"]) is float
    assert second.explanation is None


@pytest.mark.parametrize(
    "bad", [{"text": [("t", {"z": 0.5})]}, {"text": ["t"]}, [("t", {})], "text"]
)
def test_a_malformed_explanation_is_refused(audit, bad):
    with pytest.raises(ValueError, match=r"explanation of row 4 is .*\{field: \[\(token,"):
        list(make_records(audit, TEXTS, explanation=[bad] * 12))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": TEXTS[:3]}, "inputs has 3 values but 12 labels were audited"),
        ({"inputs": {"q": TEXTS, "a": TEXTS[:3]}}, r"inputs\['a'\] has 3 values but 12"),
        ({"ids": range(3)}, "ids has 3 values but 12"),
        ({"metadata": {"k": [1]}}, r"metadata\['k'\] has 1 values but 12"),
        ({"explanation": [None]}, "explanation has 1 values but 12"),
        ({"inputs": {}}, "inputs has no columns"),
    ],
)
def test_lengths_must_match(audit, options, message):
    with pytest.raises(ValueError, match=message):
        make_records(audit, **{"inputs": TEXTS, **options})


class TestMultiLabel:
    def test_a_record_has_all_given_names(self, multi_audit):
        names = {"a": "Apple", "b": "Bee", "c": "Cow"}
        first, second = make_records(multi_audit, TEXTS[:8], class_names=names)
        assert first == Record(
            id=2,
            fields={"text": "text 2"},
            prediction={"Apple": 0.875, "Bee": 0.875, "Cow": 0.96875},
            annotation=("Bee",),
            metadata={
                "label_error_candidate": 0,
                "label_quality": multi_audit.scores[2],
                "suggested_label": "Apple, Bee, Cow",
            },
            multi_label=True,
        )
        assert second.annotation == ("Apple", "Cow")
        assert second.metadata["suggested_label"] == "Cow"

    def test_no_label_given_or_suggested(self, multi_audit):
        records = by_id(make_records(multi_audit, TEXTS[:8], only_issues=False))
        assert records[3].annotation == ()
        assert records[3].metadata["suggested_label"] == ""
        assert list(records)[:2] == [2, 5]

    def test_probabilities_keep_their_sums(self, multi_audit):
        pred_probs = multi_audit.pred_probs.astype(np.float32)
        audit = dataclasses.replace(multi_audit, pred_probs=pred_probs)
        for record in make_records(audit, TEXTS[:8], only_issues=False):
            assert list(record.prediction.values()) == pred_probs[record.id].tolist()

    def test_corrections_lead_back_to_the_labels(self, multi_audit):
        reviewed = [
            {
                "id": record.id,
                "annotation": record.metadata["suggested_label"].split(", "),
                "multi_label": record.multi_label,
                "status": "Validated",
            }
            for record in make_records(multi_audit, TEXTS[:8])
        ]
        corrections = Corrections.from_records(reviewed)
        assert corrections.by_row(multi_audit) == {2: ("a", "b", "c"), 5: ("c",)}
        corrected, _ = apply_corrections([list(each) for each in multi_audit.labels], corrections)
        assert corrected[:6] == [["a"], ["a", "b"], ["a", "b", "c"], [], ["c"], ["c"]]
