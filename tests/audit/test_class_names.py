"""Labels that count the columns, and the names of these: they stay with the audit everywhere."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, LabelAudit, MultiLabelAudit, audit_labels
from label_auditor.corrections import Correction
from label_auditor.plots import ConfidentJointDisplay

NAMES = ["World", "Sports", "Business", "Sci/Tech"]
LABELS = [0, 0, 1, 1, 1, 3, 3, 0, 1]
TEXTS = [f"text {row}" for row in range(len(LABELS))]
# Row 4 is of class 0, not 1; no row is of class 2.
TRUE = [0, 0, 1, 1, 0, 3, 3, 0, 1]
P = np.full((len(LABELS), 4), 0.05)
P[np.arange(len(LABELS)), TRUE] = 0.85


@pytest.fixture(scope="module")
def audit():
    return audit_labels(LABELS, P, class_names=NAMES)


def test_tables_have_the_names_and_attributes_the_labels(audit):
    assert audit.classes.tolist() == [0, 1, 2, 3]
    assert audit.class_names == tuple(NAMES)
    assert audit.labels.tolist() == LABELS
    assert audit.suggested_labels.tolist() == TRUE
    frame = audit.to_frame()
    assert frame["given_label"].tolist() == [NAMES[label] for label in LABELS]
    assert frame["suggested_label"].tolist() == [NAMES[label] for label in TRUE]
    assert audit.summary().index.tolist() == NAMES
    assert audit.summary()["most_confused_with"]["Sports"] == "World"
    pairs = audit.overlapping_classes()
    assert pairs[["class_a", "class_b"]].to_numpy().tolist() == [["World", "Sports"]]
    assert '<td dir="auto">Sports</td><td dir="auto">World</td>' in audit._repr_html_()


def test_a_mapping_and_a_sequence_are_the_same(audit):
    other = audit_labels(LABELS, P, class_names=dict(enumerate(NAMES)))
    pd.testing.assert_frame_equal(audit.to_frame(), other.to_frame())
    explicit = audit_labels(LABELS, P, classes=range(4), class_names=NAMES)
    pd.testing.assert_frame_equal(audit.to_frame(), explicit.to_frame())


def test_columns_of_a_table_are_found_by_the_names(audit):
    shuffled = pd.DataFrame(P, columns=NAMES)[["Business", "World", "Sci/Tech", "Sports"]]
    other = audit_labels(LABELS, shuffled, class_names=NAMES)
    pd.testing.assert_frame_equal(audit.to_frame(), other.to_frame())
    with pytest.raises(ValueError, match="pred_probs has the columns 'World', 'Sports', 'x', 'y'"):
        audit_labels(
            LABELS, pd.DataFrame(P, columns=["World", "Sports", "x", "y"]), class_names=NAMES
        )


def test_the_error_names_the_one_way():
    with pytest.raises(ValueError, match="count the columns from 0, pass class_names= in place of"):
        audit_labels(LABELS, P, classes=NAMES)
    with pytest.raises(ValueError, match="names of the columns, pass classes= in place of class_n"):
        audit_labels([NAMES[label] for label in LABELS], P, class_names=NAMES)
    with pytest.raises(ValueError, match="pred_probs has 4 columns but classes has 5 names"):
        audit_labels(LABELS, P, class_names=[*NAMES, "Other"])


def test_exports_have_the_names_unless_told_others(audit, tmp_path):
    def annotations(**options):
        return [each.annotation for each in make(audit, TEXTS, **options)]

    from label_auditor.export.records import make_records as make

    assert annotations() == ["Sports"]
    assert annotations(class_names=["a", "b", "c", "d"]) == ["b"]
    for options, names in [({}, NAMES), ({"class_names": list("abcd")}, list("abcd"))]:
        audit.to_html(tmp_path / "page.html", TEXTS, **options)
        page = (tmp_path / "page.html").read_text("utf-8")
        data = json.loads(page.split('type="application/json" id="data">')[1].split("</script>")[0])
        assert data["classes"] == names
    assert ConfidentJointDisplay.from_audit(audit).display_labels == NAMES


def test_files_keep_the_names(audit, tmp_path):
    audit.save(tmp_path / "audit.npz")
    for loaded in (LabelAudit.load(tmp_path / "audit.npz"), pickle.loads(pickle.dumps(audit))):
        assert loaded.class_names == tuple(NAMES)
        pd.testing.assert_frame_equal(loaded.to_frame(), audit.to_frame())
    audit_labels(LABELS, P, classes=range(4)).save(tmp_path / "audit.npz")
    assert LabelAudit.load(tmp_path / "audit.npz").class_names is None


def test_decisions_may_have_the_names_or_the_labels(audit):
    by_name = Corrections([Correction("4", "World"), Correction("2", "Sports")])
    assert by_name.by_row(audit) == {4: 0, 2: 1}
    plans = [
        audit.plan_review(3, reviewed=decided)[:]
        for decided in (by_name, {4: "World", 2: "Sports"}, {4: 0, 2: 1}, pd.Series({4: 0, 2: 1}))
    ]
    assert plans[1:] == plans[:-1]
    with pytest.raises(ValueError, match="reviewed holds the labels 'Nothing'"):
        audit.plan_review(3, reviewed={4: "Nothing"})
    plan = audit.plan_review(9, goal="count", random_state=0)
    estimate = audit.estimate({row: TRUE[row] for row in plan}, plan=plan)
    assert set(estimate.by_class) == {"World", "Sports", "Sci/Tech"} | {"Business"} & set(
        estimate.by_class
    )


SETS = [[0], [0, 1], [1], [], [3, 0], [3], [1]]
SET_P = np.full((len(SETS), 4), 0.1)
for row, each in enumerate(SETS):
    SET_P[row, each] = 0.9
SET_P[1, 1] = 0.02


@pytest.mark.parametrize("form", ["lists", "matrix"])
def test_sets_of_labels_have_names_too(form, tmp_path):
    matrix = np.zeros((len(SETS), 4), int)
    for row, each in enumerate(SETS):
        matrix[row, each] = 1
    given = SETS if form == "lists" else matrix
    audit = audit_labels(given, SET_P, multi_label=True, class_names=NAMES)
    assert audit.labels[1] == (0, 1)
    assert audit.to_frame()["given_label"][4] == ("World", "Sci/Tech")
    assert audit.summary().index.tolist() == NAMES
    assert audit.summary()["given"].tolist() == [3, 3, 0, 2]
    audit.save(tmp_path / "audit.npz")
    loaded = MultiLabelAudit.load(tmp_path / "audit.npz")
    pd.testing.assert_frame_equal(loaded.to_frame(), audit.to_frame())


def test_a_matrix_of_other_columns_than_names_is_refused():
    with pytest.raises(ValueError, match="class_names has 4 names but there are 3 classes"):
        audit_labels(np.ones((3, 3), int), SET_P[:3], multi_label=True, class_names=NAMES)
