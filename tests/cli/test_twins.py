"""Near-identical rows in what `label-audit` says and writes."""

import json
import re
from pathlib import Path

import pandas as pd

from label_auditor.cli.command_line import main
from label_auditor.review import similar_rows

AUDIT = ["in.csv", "--label", "label", "--text", "text"]


def page_rows():
    page = Path("in-audit/report.html").read_text(encoding="utf-8")
    found = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])["rows"]


def test_twins_are_in_the_summary_the_table_and_the_page(reviews_csv, capsys):
    """Row 7 has the same text as row 47, up to its case, and another label."""
    text = reviews_csv.read_text().splitlines()
    copy = text[8].split(",")[0].upper()
    reviews_csv.write_text("\n".join([*text, f"{copy}!,pos"]) + "\n")
    assert main(AUDIT) == 0
    summary = " ".join(capsys.readouterr().out.split())
    found = re.search(r"(\d+) rows have near twins: (\d+) have a twin with another label", summary)
    issues = pd.read_csv("in-audit/issues.csv").set_index("row")
    assert issues.loc[7, "n_twins"] >= 1
    assert issues.loc[7, "n_twins_other_label"] == issues.loc[7, "n_twins"]
    rows = page_rows()
    assert rows["metadata_names"] == ["twins"]
    said = dict(zip(rows["ids"], rows["metadata"][0], strict=True))
    assert re.fullmatch(r"\d+ of \d+ near twins? (is|are) labelled pos", said["7"])
    assert int(found[1]) == sum(value is not None for value in said.values())
    assert int(found[2]) >= 2


def test_equal_rows_of_features_are_twins(in_tmp):
    rows = [f"{row % 7},{row % 3},{'ab'[row % 7 > 3]}" for row in range(60)]
    rows[10] = "3,1,b"
    Path("in.csv").write_text("\n".join(["x,z,label", *rows]) + "\n")
    assert main(["in.csv", "--label", "label"]) == 0
    alike = [row for row in range(60) if row % 7 == 3 and row % 3 == 1 and row != 10]
    found = page_rows()
    said = dict(zip(found["ids"], found["metadata"][0], strict=True))
    assert len(alike) >= 2
    assert said["10"] == f"{len(alike)} of {len(alike)} near twins are labelled a"
    assert said[str(alike[0])] == f"1 of {len(alike)} near twins are labelled b"


def test_too_many_twins_are_a_note(reviews_csv, monkeypatch, capsys):
    monkeypatch.setattr(similar_rows, "MOST_PRODUCTS", 1)
    assert main(AUDIT) == 0
    assert "warning: so many rows are nearly equal" in capsys.readouterr().err


def test_columns_of_that_name_are_renamed(reviews_csv):
    text = reviews_csv.read_text().replace("text,label", "n_twins,label")
    reviews_csv.write_text(text)
    assert main(["in.csv", "--label", "label", "--text", "n_twins"]) == 0
    columns = pd.read_csv("in-audit/issues.csv").columns
    assert list(columns[-3:]) == ["input_n_twins", "n_twins", "n_twins_other_label"]
