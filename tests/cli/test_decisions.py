"""`label-audit DATA --corrections FILE`: learn from the review, and go on with it."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from label_auditor import Corrections, LabelAudit
from label_auditor.cli.command_line import main
from label_auditor.cli.decisions import Decided, read_decided
from label_auditor.cli.errors import InputError
from label_auditor.corrections.collection import Correction

AUDIT = ["in.csv", "--text", "text", "--label", "label"]
LABELS = np.array(["neg", "pos"] * 20, dtype=object)


def write(*corrections, name="corrections.json"):
    made = Corrections([Correction(*each) for each in corrections])
    (made.to_csv if name.endswith("csv") else made.to_json)(name)
    return name


def page_data():
    page = Path("in-audit/report.html").read_text(encoding="utf-8")
    found = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


@pytest.mark.parametrize("name", ["corrections.json", "corrections.csv"])
def test_the_audit_learns_and_the_page_goes_on(reviews_csv, name, capsys):
    assert main(AUDIT) == 0
    before = LabelAudit.load("in-audit/audit.npz")
    corrections = write(("7", "pos"), ("8", "neg"), ("12", None, "discarded"), name=name)
    assert main([*AUDIT, "--corrections", corrections]) == 0
    after = LabelAudit.load("in-audit/audit.npz")
    np.testing.assert_array_equal(after.labels, before.labels)
    assert (after.pred_probs != before.pred_probs).any()
    out = capsys.readouterr().out
    assert "Learned from 3 decisions: 1 labels changed, 1 rows discarded." in out
    data = page_data()
    ids, classes = data["rows"]["ids"], data["classes"]
    found = {ids[at]: classes[label] if label >= 0 else None for at, label, *_ in data["decided"]}
    assert found == {"7": "pos", "8": "neg", "12": None}
    assert len(base64.b64decode(data["queue"]["other"]["values"])) == 40


def test_reviewed_rows_are_not_listed_to_be_looked_at_first(reviews_csv, capsys):
    assert main(AUDIT) == 0
    listed = capsys.readouterr().out.split("Look at these first")[1]
    assert re.search(r"^ *7 ", listed, re.MULTILINE)
    assert main([*AUDIT, "--corrections", write(("7", "pos"))]) == 0
    out = capsys.readouterr().out.split("Look at these first")
    assert len(out) == 1 or not re.search(r"^ *7 ", out[1], re.MULTILINE)


@pytest.mark.parametrize(
    ("corrections", "message"),
    [
        ([("40", "pos")], "has corrections for '40', but the rows of in.csv are numbered from 0"),
        ([("1", "great")], "chooses the labels 'great', which no row of column 'label' has"),
        ([("1", ("neg", "pos"))], "give each row one of these, or None"),
        ([(str(row), "neg") for row in range(40)], "leaves rows of 'neg' only to train on"),
    ],
)
def test_decisions_about_other_data_are_one_line(reviews_csv, corrections, message, capsys):
    assert main([*AUDIT, "--corrections", write(*corrections)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "corrections.json" in error
    assert not (reviews_csv.parent / "in-audit").exists()
    assert len([line for line in error.splitlines() if line.startswith("label-audit:")]) == 1


def test_files_that_are_no_corrections(reviews_csv, capsys):
    (reviews_csv.parent / "broken.json").write_text("{")
    for name in ("missing.json", "broken.json", "in.txt"):
        assert main([*AUDIT, "--corrections", name]) == 2
        assert name in capsys.readouterr().err
    assert not (reviews_csv.parent / "in-audit").exists()


def test_the_corrections_are_not_overwritten(reviews_csv, capsys):
    folder = reviews_csv.parent / "in-audit"
    folder.mkdir()
    corrections = write(("7", "pos"), name="in-audit/issues.csv")
    before = (folder / "issues.csv").read_bytes()
    assert main([*AUDIT, "--corrections", corrections]) == 2
    assert "this would overwrite" in capsys.readouterr().err
    assert (folder / "issues.csv").read_bytes() == before


def test_what_was_decided_is_counted(in_tmp):
    write(("1", "neg"), ("0", "neg"), ("4", None, "discarded"))
    decided = read_decided(in_tmp / "corrections.json", LABELS, "in.csv", "label")
    assert decided.rows == {0, 1, 4}
    assert (decided.n_changed, decided.n_discarded, decided.notes) == (1, 1, ())
    assert read_decided(None, LABELS, "in.csv", "label") == Decided()


def test_a_class_without_rows_is_a_note(in_tmp):
    labels = np.array([*LABELS, "odd"], dtype=object)
    write(("40", "neg"))
    decided = read_decided(in_tmp / "corrections.json", labels, "in.csv", "label")
    assert len(decided.notes) == 1
    assert "no row of the classes 'odd'" in decided.notes[0]


def test_the_rows_must_be_those_of_the_table(in_tmp):
    write(("x1", "neg"))
    with pytest.raises(InputError, match="is this the table that was reviewed"):
        read_decided(in_tmp / "corrections.json", LABELS, "in.csv", "label")
