"""`label-audit apply`."""

import json

import pandas as pd
import pytest

from label_auditor import Corrections
from label_auditor.cli.command_line import main
from label_auditor.corrections.collection import Correction

DATA = 'id,text,label\nx1,"a ""b""",cat\nx2, c ,dog\nx3,,cat\nx4,d,\nx5,e,cat\n'


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets.csv").write_text(DATA)
    by_id = [
        Correction("x1", "dog"),
        Correction("x2", "dog"),
        Correction("x3", None, "discarded"),
        Correction("x4", "cat"),
        Correction("x5", "dog", who="ann"),
        Correction("x5", "cat", who="bob"),
    ]
    Corrections(by_id).to_json("by-id.json")
    Corrections([Correction("0", "dog"), Correction("2", None, "discarded")]).to_csv("by-row.csv")

    def run(*arguments):
        status = main(["apply", *arguments])
        out, err = capsys.readouterr()
        return status, out + err

    return run


def test_joined_by_a_column_of_ids(run, tmp_path):
    status, said = run("by-id.json", "pets.csv", "--label", "label", "--id", "id")
    assert status == 0
    assert said == (
        "2 of 5 labels changed, 1 confirmed, 1 discarded (kept as given), 1 open (reviewers are "
        "divided; kept as given).\n"
        "Discarded by reviewers: row 2 (--drop-discarded leaves them out).\n"
        "Written: pets-corrected.csv\n"
    )
    assert (tmp_path / "pets-corrected.csv").read_text() == (
        'id,text,label\nx1,"a ""b""",dog\nx2, c ,dog\nx3,,cat\nx4,d,cat\nx5,e,cat\n'
    )
    assert (tmp_path / "pets.csv").read_text() == DATA


def test_joined_by_position_without_the_discarded_rows(run, tmp_path):
    arguments = ("by-row.csv", "pets.csv", "--label", "label", "--drop-discarded", "-o", "new.csv")
    status, said = run(*arguments)
    assert status == 0
    assert "row 2 (left out)" in said
    assert (tmp_path / "new.csv").read_text() == (
        'id,text,label\nx1,"a ""b""",dog\nx2, c ,dog\nx4,d,\nx5,e,cat\n'
    )


@pytest.mark.parametrize("ending", [".jsonl", ".json.gz", ".parquet"])
def test_other_formats(run, tmp_path, ending):
    frame = pd.DataFrame({"n": [1.5, 2.0, 3.0], "label": [0, 1, 1]})
    if ending == ".parquet":
        frame.to_parquet(f"t{ending}")
    else:
        frame.to_json(f"t{ending}", orient="records", lines=True)
    Corrections([Correction("2", "0")]).to_csv("c.csv")
    status, _ = run("c.csv", f"t{ending}", "--label", "label")
    assert status == 0
    read = pd.read_parquet if ending == ".parquet" else pd.read_json
    options = {} if ending == ".parquet" else {"lines": True}
    found = read(f"t-corrected{ending}", **options)
    pd.testing.assert_frame_equal(found, frame.assign(label=[0, 1, 0]))


def test_lists_of_labels(run, tmp_path):
    records = [{"tags": ["a"]}, {"tags": ["b", "a"]}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, records)))
    Corrections([Correction("0", ("b", "a"))]).to_json("c.json")
    assert run("c.json", "t.jsonl", "--label", "tags")[0] == 0
    lines = (tmp_path / "t-corrected.jsonl").read_text().splitlines()
    assert [json.loads(line)["tags"] for line in lines] == [["a", "b"], ["b", "a"]]


def test_labels_that_no_row_has_are_named(run):
    Corrections([Correction("0", "bird"), Correction("1", "cat")]).to_csv("c.csv")
    status, said = run("c.csv", "pets.csv", "--label", "label")
    assert status == 0
    assert "1 of 5 labels changed, 0 confirmed, 1 with unknown labels ('bird')." in said
    assert (
        "Not applied, as no row of column 'label' has the label they chose: corrections for the "
        "ids '0'." in said
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("by-id.json", "pets.csv", "--label", "label"),
            "by-id.json has corrections for 'x1', 'x2', 'x3', 'x4', 'x5', but the ids of the rows "
            "are their numbers, from 0: '0', '1', '2', '3', '4'; name the column of the ids by",
        ),
        (
            ("by-row.csv", "pets.csv", "--label", "label", "--id", "id"),
            "by-row.csv has corrections for '0', '2', but the ids of the rows are that column: ",
        ),
        (("by-id.json", "pets.csv", "--label", "l", "--id", "id"), "there is no column 'l'"),
        (("by-id.json", "pets.csv", "--label", "label", "--id", "i"), "there is no column 'i'"),
        (("by-row.csv", "pets.csv", "--label", "label", "-o", "pets.csv"), "is the data itself"),
        (("by-row.csv", "pets.csv", "--label", "label", "-o", "p.json"), "must end in .csv"),
        (("by-row.csv", "pets.csv", "--label", "label", "-o", "no/p.csv"), "can't write no/p.csv"),
        (("pets.csv", "pets.csv", "--label", "label"), "line 5: record 'x4' is validated with"),
        (("by-row.csv", "none.csv", "--label", "label"), "can't read none.csv"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run, tmp_path, arguments, message):
    status, said = run(*arguments)
    assert status == 2
    assert message in said
    assert said.count("\n") == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "by-id.json",
        "by-row.csv",
        "pets.csv",
    ]
