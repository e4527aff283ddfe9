"""`audit_annotators`: labels of any form, in the right rows, with the consensus of a method."""

import warnings

import numpy as np
import pandas as pd
import pytest

from crowds import make_crowd, make_probabilities
from label_auditor import AnnotatorAudit, Corrections, LabelAudit, audit_annotators, audit_labels
from label_auditor.corrections import Correction

LABELS = pd.DataFrame(
    {
        "ann": ["x", "y", "x", None],
        "bob": ["x", "x", None, None],
        "eve": ["x", "y", "y", None],
    },
    index=[10, 11, 12, 13],
)
PRED_PROBS = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5]])
LONG = (
    LABELS.rename_axis("row")
    .reset_index()
    .melt("row", var_name="annotator", value_name="label")
    .sample(frac=1, random_state=0)
)


@pytest.fixture(scope="module")
def crowd():
    return make_crowd(600, 12)


def test_it_is_an_audit_of_the_consensus(crowd):
    pred_probs = make_probabilities(crowd.true)
    audit = audit_annotators(crowd.table, pred_probs)
    assert isinstance(audit, LabelAudit)
    expected = audit_labels(audit.labels, pred_probs)
    for name in ("issues", "scores", "ranked", "confident_joint", "suggested_labels", "evaluated"):
        np.testing.assert_array_equal(getattr(audit, name), getattr(expected, name))
    assert audit.pred_probs is pred_probs
    assert (audit.labels == crowd.true).mean() > 0.9
    assert "the consensus of 12 annotators with 1,800 labels by dawid_skene" in repr(audit)


@pytest.mark.parametrize("method", ["dawid_skene", "majority"])
def test_without_a_model_other_labels_judge(crowd, method):
    audit = audit_annotators(crowd.table, method=method)
    assert audit.evaluated.all() or method == "majority"
    # Rows that the consensus has wrong are more often suspicious than others.
    wrong = (audit.labels != crowd.true) & audit.evaluated
    assert audit.scores[wrong].mean() < audit.scores[~wrong & audit.evaluated].mean() - 0.1


def test_rows_that_nothing_can_judge_are_kept_and_said():
    audit = audit_annotators(LABELS)
    assert (audit.labels.tolist(), list(audit.index)) == (["x", "y", "x", None], [10, 11, 12, 13])
    assert audit.evaluated.tolist() == [True, True, True, False]
    assert "1 without a label" in repr(audit)
    single = audit_annotators(pd.DataFrame({"a": ["x", "y"], "b": [None, "y"]}))
    assert single.labels.tolist() == ["x", "y"]
    assert single.evaluated.tolist() == [False, True]
    tied = audit_annotators(pd.DataFrame({"a": ["x", "y"], "b": ["y", "x"]}))
    assert (tied.labels.tolist(), tied.evaluated.any()) == ([None, None], False)
    assert "2 undecided" in repr(tied)
    with_model = audit_annotators(LABELS, PRED_PROBS)
    assert with_model.evaluated.tolist() == [True, True, True, False]
    assert with_model.suggested_labels[:3].tolist() == ["x", "y", "x"]


@pytest.mark.parametrize("method", ["dawid_skene", "crowdlab", "majority"])
def test_every_method_says_the_same_of_what_is_plain(method):
    audit = audit_annotators(LABELS, PRED_PROBS, method=method)
    assert audit.labels.tolist() == ["x", "y", "x", None]
    assert audit.annotations.method == method


def test_one_table_in_all_its_forms():
    def found(labels, pred_probs=None, **options):
        audit = audit_annotators(labels, pred_probs, **options)
        labels = audit.each_label().astype({"row": str}).sort_values(["row", "annotator"])
        return labels.round(4).to_dict("list"), list(map(str, audit.index))

    expected = found(LABELS)
    assert found(LONG, index=LABELS.index) == expected
    renamed = LONG.set_axis(["id", "who", "said"], axis=1)
    columns = ["id", "who", "said"]
    assert found(renamed, index=LABELS.index, columns=columns) == expected
    decided = LONG.dropna()
    corrections = Corrections(
        Correction(str(row), label, who=who) for row, who, label in decided.itertuples(index=False)
    )
    assert found(corrections, index=LABELS.index) == expected
    named = pd.DataFrame(PRED_PROBS[::-1, ::-1], index=LABELS.index[::-1], columns=["y", "x"])
    with_model, order = found(LABELS, PRED_PROBS)
    assert found(LABELS, named) == (with_model, order)
    for labels in (LONG, corrections):
        assert found(labels, named) == (with_model, order[::-1])


def test_rows_of_probabilities_are_never_guessed():
    with pytest.raises(ValueError, match=r"pred_probs has no names for its rows.*pass index="):
        audit_annotators(LONG, PRED_PROBS)
    positions = LONG.assign(row=LONG["row"] - 10)
    audit = audit_annotators(positions, PRED_PROBS)
    assert audit.labels.tolist() == ["x", "y", "x", None]
    corrections = Corrections([Correction("2", "x", who="a"), Correction("0", "y", who="a")])
    assert audit_annotators(corrections, PRED_PROBS).labels.tolist() == ["y", None, "x", None]
    foreign = Corrections([Correction("r", "x"), Correction("0", "y")])
    with pytest.raises(ValueError, match="pass index="):
        audit_annotators(foreign, PRED_PROBS)
    with pytest.raises(ValueError, match="1 rows that are not in the index"):
        audit_annotators(LONG, pd.DataFrame(PRED_PROBS[:3], index=[10, 11, 12]))


@pytest.mark.parametrize(
    ("pred_probs", "message"),
    [
        (PRED_PROBS[:3], "pred_probs has 3 rows but there are 4 labels"),
        (PRED_PROBS * 2, "pred_probs holds no probabilities in rows 0, 1, 2, 3"),
        (np.full((4, 3), 1 / 3), r"pred_probs has 3 columns but labels has 2 classes.*classes="),
        (np.where([[False], [True], [False], [False]], np.nan, PRED_PROBS), "row 1 has NaN"),
    ],
)
def test_what_is_wrong_with_probabilities_is_said(pred_probs, message):
    with pytest.raises(ValueError, match=message):
        audit_annotators(LABELS, pred_probs)


def test_a_row_without_label_needs_no_probabilities():
    absent = np.where([[False], [False], [False], [True]], np.nan, PRED_PROBS)
    assert audit_annotators(LABELS, absent).labels.tolist() == ["x", "y", "x", None]


def test_classes_that_nobody_gave():
    audit = audit_annotators(LABELS, classes=["z", "y", "x"])
    assert audit.summary()["given"].to_dict() == {"z": 0, "y": 1, "x": 2}


def test_reviewers_of_records():
    corrections = Corrections(
        [
            Correction("1", "cat", who="ann"),
            Correction("1", "dog", who="ann"),
            Correction("1", "dog", who="bob"),
            Correction("2", None, "discarded", who="ann"),
            Correction("2", "cat"),
        ]
    )
    audit = audit_annotators(corrections)
    labels = audit.each_label()[["row", "annotator", "label"]]
    assert labels.to_numpy().tolist() == [
        ["1", "ann", "dog"],
        ["1", "bob", "dog"],
        ["2", "unnamed", "cat"],
    ]
    numbers = audit_annotators(corrections, class_names={0: "cat", 1: "dog"})
    assert numbers.labels.tolist() == [1, 0]
    same = audit_annotators(corrections, class_names=["cat", "dog"], classes=[0, 1])
    assert same.labels.tolist() == [1, 0]


def test_what_corrections_cannot_be_is_said():
    corrections = Corrections([Correction("1", "cat")])
    with pytest.raises(ValueError, match="the labels 'cat', but the classes are named 'Katze'"):
        audit_annotators(corrections, class_names={0: "Katze"})
    with pytest.raises(ValueError, match="class_names is a sequence; pass classes= too"):
        audit_annotators(corrections, class_names=["cat"])
    with pytest.raises(ValueError, match=r"several labels \('1'\).*decide"):
        audit_annotators(Corrections([Correction("1", ("a", "b"))]))
    with pytest.raises(ValueError, match="columns= is for a table"):
        audit_annotators(corrections, columns=["a", "b", "c"])
    with pytest.raises(ValueError, match="class_names= is for Corrections"):
        audit_annotators(LABELS, class_names={"x": "X"})


def test_outputs_and_files(tmp_path):
    audit = audit_annotators(LABELS, PRED_PROBS)
    audit.to_html(tmp_path / "page.html", list("abcd"))
    _, tasks = audit.to_label_studio(list("abcd"), only_issues=False)
    given = {int(each["data"]["record_id"]): each["data"].get("given_label") for each in tasks}
    assert given == dict(zip(audit.index, audit.labels, strict=True))
    audit.save(tmp_path / "audit.npz")
    again = AnnotatorAudit.load(tmp_path / "audit.npz")
    for table in ("consensus", "each_label", "annotators", "to_frame"):
        pd.testing.assert_frame_equal(
            getattr(again, table)(), getattr(audit, table)(), check_dtype=False
        )
    assert repr(again) == repr(audit)
    plain = LabelAudit.load(tmp_path / "audit.npz")
    assert type(plain) is LabelAudit
    plain.save(tmp_path / "plain.npz")
    with pytest.raises(ValueError, match="an audit without annotators; read it with LabelAudit"):
        AnnotatorAudit.load(tmp_path / "plain.npz")


def test_options_are_checked_first():
    with pytest.raises(ValueError, match="method is 'mean'"):
        audit_annotators(LABELS, method="mean")
    with pytest.raises(ValueError, match="filter_by"):
        audit_annotators(LABELS, filter_by="nothing")


def test_labels_are_not_changed_and_nothing_is_random(crowd):
    table = crowd.table
    before = table.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = audit_annotators(table), audit_annotators(table)
    assert (table == before).all()
    pd.testing.assert_frame_equal(first.annotators(), second.annotators())
