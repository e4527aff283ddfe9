"""`label-audit next`."""

import dataclasses
import errno
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.cli.command_line import main
from label_auditor.corrections.collection import Correction
from label_auditor.data.findings import rows_in_order
from label_auditor.review.queue import order_by_queue


def make():
    """Audit 120 labels of three classes, of which some are wrong."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 120)
    labels = np.where(rng.random(120) < 0.2, rng.integers(0, 3, 120), true)
    probs = rng.dirichlet(np.ones(3), 120) + 0.7 * np.eye(3)[true]
    probs /= probs.sum(axis=1, keepdims=True)
    return audit_labels(labels, probs, classes=range(3)), true


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    audit, true = make()
    audit.save("audit.npz")
    rows = rows_in_order(audit)[:6]
    Corrections(Correction(str(row), str(true[row])) for row in rows).to_csv("c.csv")
    Corrections(Correction(str(row), str(true[row])) for row in rows).to_json("c.json")
    return audit, order_by_queue(audit, rows, true[rows])


@pytest.mark.parametrize("corrections", ["c.csv", "c.json"])
def test_table(files, capsys, corrections):
    audit, order = files
    assert main(["next", "audit.npz", corrections, "-n", "7"]) == 0
    out = capsys.readouterr().out
    assert "6 rows reviewed, 114 left" in out
    shown = [line.split() for line in out.splitlines() if "→" in line][1:]
    assert [int(line[0]) for line in shown] == order[:7].tolist()
    row = order[0]
    pair = [str(audit.labels[row]), "→", str(audit.suggested_labels[row])]
    assert shown[0][1:] == [f"{audit.scores[row]:.3f}", *pair]


def test_file(files, capsys):
    _, order = files
    assert main(["next", "audit.npz", "c.csv", "--out", "next.csv"]) == 0
    assert capsys.readouterr().out == ""
    written = pd.read_csv("next.csv")
    columns = ["row", "given_label", "suggested_label", "label_quality", "rank"]
    assert written.columns.tolist() == columns
    assert written["row"].tolist() == order[:50].tolist()


def test_without_corrections_and_with_names_of_rows(files, capsys):
    audit, _ = files
    named = dataclasses.replace(audit, index=pd.Index([f"x{i}" for i in range(120)]))
    named.save("named.npz")
    assert main(["next", "named.npz", "-n", "3", "--out", "n.csv"]) == 0
    assert pd.read_csv("n.csv")["id"].tolist() == [f"x{i}" for i in rows_in_order(audit)[:3]]
    assert main(["next", "named.npz", "-n", "1"]) == 0
    assert f"x{rows_in_order(audit)[0]}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.npz"], "can't read nothing.npz: No such file"),
        (["c.csv"], "not an audit"),
        (["empty.npz"], "empty.npz"),
        (["audit.npz", "--out", "audit.npz"], "--out audit.npz: this would overwrite audit.npz"),
        (["audit.npz", "c.csv", "--out", "./c.csv"], "this would overwrite c.csv"),
        (["audit.npz", "c.csv", "--out", "link.csv"], "--out link.csv: this would overwrite c.csv"),
        (["audit.npz", "nothing.csv"], "can't read nothing.csv: No such file"),
        (["audit.npz", "audit.npz"], "unknown format; the name should end in .csv or .json"),
        (["audit.npz", "other.csv"], "other.csv: corrections are for 1 ids"),
        (["audit.npz", "--out", "no/such/next.csv"], "can't write no/such/next.csv"),
    ],
)
def test_wrong_input(files, capsys, arguments, message):
    Corrections([Correction("500", "1")]).to_csv("other.csv")
    Path("empty.npz").touch()
    Path("link.csv").symlink_to("c.csv")
    before = Path("audit.npz").read_bytes(), Path("c.csv").read_bytes()
    assert main(["next", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert before == (Path("audit.npz").read_bytes(), Path("c.csv").read_bytes())


@pytest.mark.parametrize("n", ["0", "-3", "x", "1.5", "9" * 5000])
def test_a_number_of_rows_that_is_none(files, capsys, n):
    with pytest.raises(SystemExit, match="2"):
        main(["next", "audit.npz", f"-n{n}"])
    error = capsys.readouterr().err
    assert "a whole number of at least 1 is needed" in error
    assert error.count("\n") == 1
    assert len(error) < 300


def test_a_file_that_cannot_be_written_stays_as_it_was(files, capsys, monkeypatch):
    Path("next.csv").write_text("old")

    def fill_disk(table):
        yield b"half"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("label_auditor.cli.formats.csv.write", fill_disk)
    names = sorted(Path().iterdir())
    assert main(["next", "audit.npz", "--out", "next.csv"]) == 2
    said = "label-audit: can't write next.csv: No space left on device.\n"
    assert capsys.readouterr().err == said
    assert Path("next.csv").read_text() == "old"
    assert sorted(Path().iterdir()) == names


def test_it_is_listed_and_explained(capsys):
    for arguments in (["--help"], ["next", "--help"]):
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
        assert "the rows to look at next" in " ".join(capsys.readouterr().out.split()).lower()


@pytest.fixture
def sets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pred_probs = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.1], [0.9, 0.8]])
    labels = [["a", "b"], ["b"], [], ["a"]]
    audit = audit_labels(labels, pred_probs, classes=["a", "b"], multi_label=True)
    audit.save("audit.npz")
    Corrections([Correction("3", ("a",))]).to_json("c.json")


def test_audits_of_sets(sets, capsys):
    assert main(["next", "audit.npz"]) == 0
    lines = [line.split(None, 2) for line in capsys.readouterr().out.splitlines() if "→" in line]
    assert [(row, labels.strip()) for row, _, labels in lines[1:]] == [
        ("0", "a, b → a"),
        ("3", "a → a, b"),
        ("2", "no class → no class"),
        ("1", "b → b"),
    ]
    assert main(["next", "audit.npz", "c.json", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert "3" not in [str(each["row"]) for each in rows]
    assert rows[0]["given_label"] == ["a", "b"]
    assert main(["next", "audit.npz", "c.json", "--out", "next.csv"]) == 0
    written = pd.read_csv("next.csv")
    assert written["row"].tolist() == [each["row"] for each in rows]
    assert written["suggested_label"][0] == '["a"]'


def test_a_file_that_is_no_audit_of_either_kind(sets, capsys):
    Path("audit.npz").write_bytes(b"PK\x03\x04 cut short")
    assert main(["next", "audit.npz"]) == 2
    assert "LabelAudit.save or label-audit wrote" in capsys.readouterr().err
