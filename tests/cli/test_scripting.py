"""What scripts rely on: JSON, statuses, silence, and the formats of other people's tables."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from label_auditor import Corrections, LabelAudit
from label_auditor.cli.command_line import main
from label_auditor.corrections import Correction

OPTIONS = ["--text", "text", "--label", "label"]


def issues():
    with Path("in-audit/issues.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_json_is_all_of_stdout(reviews_csv, capsys):
    assert main(["in.csv", *OPTIONS, "--json"]) == 0
    out, err = capsys.readouterr()
    summary = json.loads(out)
    assert summary["n_rows"] == 40
    assert summary["n_flagged"] == len(issues()) == 1
    assert summary["worst"][0]["row"] == 7
    assert summary["worst"][0]["inputs"]["text"] == issues()[0]["text"]
    assert summary["files"] == [
        f"in-audit/{name}" for name in ("issues.csv", "audit.npz", "report.html")
    ]
    assert [f"warning: {each}" for each in summary["warnings"]] == err.splitlines()


def test_a_gate_is_status_1_once_the_work_is_done(reviews_csv, capsys):
    assert main(["in.csv", *OPTIONS, "--fail-on", "2", "--quiet"]) == 0
    assert main(["in.csv", *OPTIONS, "--fail-on", "5%", "--quiet"]) == 0
    assert main(["in.csv", *OPTIONS, "--fail-on", "2.5%", "--quiet"]) == 1
    capsys.readouterr()
    assert main(["in.csv", *OPTIONS, "--fail-on", "1", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["n_flagged"] == 1
    assert err.endswith(
        "label-audit: 1 of 40 rows (2.5%) are flagged and not decided yet, which is not below "
        "--fail-on 1.\n"
    )
    assert issues()[0]["row"] == "7"
    # What people have decided is no reason to fail any more.
    Corrections([Correction("7", "neg")]).to_json("c.json")
    assert main(["in.csv", *OPTIONS, "--fail-on", "1", "-q", "--corrections", "c.json"]) == 0


def test_quiet_prints_nothing_but_warnings(reviews_csv, capsys):
    assert main(["in.csv", *OPTIONS, "--quiet", "--max-rows", "5"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith("warning: the first 5 of 40 rows are in report.html")
    Corrections([Correction("7", "pos")]).to_json("c.json")
    for words in (
        ["next", "in-audit/audit.npz", "-q"],
        ["apply", "c.json", "in.csv", "--label", "label", "--quiet"],
    ):
        assert main(words) == 0
        assert capsys.readouterr() == ("", "")


def test_the_page_is_opened(reviews_csv, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert main(["in.csv", *OPTIONS, "--quiet", "--open"]) == 0
    assert opened == [Path("in-audit/report.html").absolute().as_uri()]


@pytest.mark.parametrize("labels", ["words", "numbers"])
def test_rows_without_a_label_are_refused_or_get_a_suggestion(reviews, in_tmp, capsys, labels):
    table = pd.DataFrame(reviews)
    if labels == "numbers":
        table["label"] = table["label"].map({"neg": 0, "pos": 1}).astype("Int64")
    right = table["label"].iloc[[10, 11]].tolist()
    table.loc[[10, 11], "label"] = None
    table.to_json("in.jsonl", orient="records", lines=True)
    assert main(["in.jsonl", *OPTIONS]) == 2
    error = capsys.readouterr().err
    assert "no label in 2 of 40 rows: rows 10, 11" in error
    assert "To have them suggested, pass --missing-labels suggest." in error
    Corrections([Correction("0", str(table["label"].iloc[0]))]).to_json("c.json")
    words = ["in.jsonl", *OPTIONS, "--missing-labels", "suggest", "--corrections", "c.json"]
    assert main(words) == 0
    assert "2 rows have no label; one is suggested for each" in capsys.readouterr().out
    listed = issues()
    assert [each["row"] for each in listed] == ["7", "10", "11"]
    assert [each["given_label"] for each in listed[1:]] == ["", ""]
    assert [each["suggested_label"] for each in listed[1:]] == list(map(str, right))
    audit = LabelAudit.load("in-audit/audit.npz")
    assert not audit.evaluated[[10, 11]].any()
    table["label"] = None
    table.to_json("in.jsonl", orient="records", lines=True)
    assert main(["in.jsonl", *OPTIONS, "--missing-labels", "suggest"]) == 2
    assert "no label in 40 of 40 rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "options", "character"),
    [("in.csv", ["--sep", "^"], "^"), ("in.tsv", [], "\t"), ("in.csv", ["--sep", "tab"], "\t")],
)
def test_cells_may_be_divided_by_anything(reviews, in_tmp, name, options, character):
    rows = [["text", "label"], *([each["text"], each["label"]] for each in reviews)]
    lines = "".join(character.join(row) + "\n" for row in rows)
    Path(name).write_text(lines)
    assert main([name, *OPTIONS, *options, "--quiet"]) == 0
    assert [each["row"] for each in issues()] == ["7"]
    Corrections([Correction("7", "pos")]).to_json("c.json")
    assert main(["apply", "c.json", name, "--label", "label", *options, "--json"]) == 0
    corrected = Path(name.replace(".", "-corrected.")).read_text().splitlines()
    expected = lines.splitlines()
    expected[8] = expected[8].replace("neg", "pos")
    assert corrected == expected


def test_a_workbook_is_audited_and_corrected(reviews, in_tmp, capsys):
    pytest.importorskip("openpyxl")
    table = pd.DataFrame(reviews)
    table.to_excel("in.xlsx", index=False)
    assert main(["in.xlsx", *OPTIONS, "--quiet"]) == 0
    assert [each["row"] for each in issues()] == ["7"]
    Corrections([Correction("7", "pos"), Correction("9", None, "discarded")]).to_json("c.json")
    words = ["apply", "c.json", "in.xlsx", "--label", "label", "--drop-discarded", "--json"]
    capsys.readouterr()
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["changed"], report["discarded"]) == ([7], [9])
    assert report["file"] == "in-corrected.xlsx"
    table.loc[7, "label"] = "pos"
    expected = table.drop(index=9).reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_excel("in-corrected.xlsx"), expected)


def test_the_rows_to_look_at_next_have_their_texts(reviews_csv, reviews, capsys):
    main(["in.csv", *OPTIONS, "--quiet"])
    words = ["next", "in-audit/audit.npz", "-n", "2", "--data", "in.csv"]
    assert main([*words, "--text", "text"]) == 0
    out = capsys.readouterr().out
    assert reviews[7]["text"] in out
    assert main([*words, "--json", "--out", "next.csv"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_reviewed"], found["n_left"]) == (0, 40)
    assert found["rows"][0]["inputs"] == {"text": reviews[7]["text"], "label": "neg"}
    written = pd.read_csv("next.csv")
    assert written["text"].tolist() == [each["inputs"]["text"] for each in found["rows"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text", "text"], "--text names a column of the table; name the table by --data."),
        (["--data", "in.csv", "--text", "x"], "there is no column 'x'"),
        (
            ["--data", "short.csv"],
            "short.csv has 1 rows, but in-audit/audit.npz 40; pass",
        ),
        (["--data", "in.csv", "--out", "in.csv"], "this would overwrite in.csv"),
    ],
)
def test_texts_of_another_table_are_refused(reviews_csv, capsys, words, message):
    Path("short.csv").write_text("text,label\na,b\n")
    main(["in.csv", *OPTIONS, "--quiet"])
    capsys.readouterr()
    assert main(["next", "in-audit/audit.npz", *words]) == 2
    assert message in capsys.readouterr().err
