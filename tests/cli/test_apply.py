"""`label-audit apply`."""

import errno
import json
import os

import pandas as pd
import pytest

from label_auditor import Corrections
from label_auditor.cli.command_line import main
from label_auditor.cli.data_file import DataFile
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


def test_numbers_hold_no_sets(run, tmp_path):
    pd.DataFrame({"tags": [1, 2]}).to_csv("t.csv", index=False)
    Corrections([Correction("0", ("1", "2"))]).to_json("c.json")
    status, said = run("c.json", "t.csv", "--label", "tags")
    assert status == 2
    assert "how column 'tags' holds sets can't be told" in said
    assert "They are 1, 2." in said
    assert not (tmp_path / "t-corrected.csv").exists()


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
        (
            ("by-row.csv", "pets.csv", "--label", "label", "-o", "pets.csv"),
            "--out pets.csv: this would overwrite pets.csv, which the command reads",
        ),
        (("by-row.csv", "pets.csv", "--label", "label", "-o", "p.json"), "must end in .csv"),
        (("by-row.csv", "pets.csv", "--label", "label", "-o", "no/p.csv"), "can't write no/p.csv"),
        (("pets.csv", "pets.csv", "--label", "label"), "line 5: record 'x4' is validated with"),
        (("by-row.csv", "none.csv", "--label", "label"), "can't read none.csv"),
        (
            ("by-row.csv", "pets.csv", "--label", "label", "-o", "by-row.csv"),
            "overwrite by-row.csv",
        ),
        (("none.json", "pets.csv", "--label", "label", "-o", "pets.csv"), "overwrite pets.csv"),
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


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
@pytest.mark.parametrize("source", ["pets.csv", "by-row.csv"])
def test_inputs_are_not_overwritten_through_links(run, tmp_path, link, source):
    getattr(tmp_path / "link.csv", link)(tmp_path / source)
    before = (tmp_path / source).read_bytes()
    status, said = run("by-row.csv", "pets.csv", "--label", "label", "-o", "link.csv")
    assert status == 2
    assert f"--out link.csv: this would overwrite {source}, which the command reads" in said
    assert (tmp_path / source).read_bytes() == before


def test_integers_of_parquet_beside_nulls_are_exact(run, tmp_path):
    big = 2**53 + 1
    frame = pd.DataFrame(
        {
            "id": pd.array([big, big + 1, None], dtype="Int64"),
            "label": pd.array([1, 0, None], "Int64"),
        }
    )
    frame.to_parquet("t.parquet")
    Corrections([Correction(str(big + 1), "1")]).to_csv("c.csv")
    status, said = run("c.csv", "t.parquet", "--label", "label", "--id", "id")
    assert status == 0
    assert "1 of 3 labels changed" in said
    frame.loc[1, "label"] = 1
    pd.testing.assert_frame_equal(pd.read_parquet("t-corrected.parquet"), frame)


@pytest.mark.parametrize("name", ["id", None])
def test_an_index_of_pandas_is_a_column_of_ids(run, name):
    frame = pd.DataFrame({"label": ["a", "b", "a"]}, index=pd.Index([7, 5, 3], name=name))
    frame.to_parquet("t.parquet")
    Corrections([Correction("5", "a")]).to_csv("c.csv")
    assert run("c.csv", "t.parquet", "--label", "label", "--id", name or "index")[0] == 0
    frame.loc[5, "label"] = "a"
    pd.testing.assert_frame_equal(pd.read_parquet("t-corrected.parquet"), frame)


def test_lists_of_parquet(run):
    frame = pd.DataFrame({"tags": [["x", "y"], ["y"], []], "emb": [[0.5], [1.5], [2.5]]})
    frame.to_parquet("t.parquet")
    Corrections([Correction("0", ("y",))]).to_json("c.json")
    assert run("c.json", "t.parquet", "--label", "tags")[0] == 0
    found = pd.read_parquet("t-corrected.parquet")
    assert [list(tags) for tags in found["tags"]] == [["y"], ["y"], []]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separators_stay(run, tmp_path, separator):
    text = f"id{separator}label\r\n1{separator}cat\r\n2{separator}dog, big\r\n"
    (tmp_path / "t.csv").write_bytes(text.encode())
    Corrections([Correction("0", "dog, big")]).to_csv("c.csv")
    assert run("c.csv", "t.csv", "--label", "label")[0] == 0
    assert (tmp_path / "t-corrected.csv").read_bytes() == text.replace("cat", "dog, big").encode()


def test_an_array_of_json_stays_one(run, tmp_path):
    (tmp_path / "t.json").write_text('[\n {"label": "a"},\n {"label": "b", "n": 1.0}\n]\n')
    Corrections([Correction("1", "a"), Correction("0", None, "discarded")]).to_csv("c.csv")
    assert run("c.csv", "t.json", "--label", "label", "--drop-discarded")[0] == 0
    assert (tmp_path / "t-corrected.json").read_text() == '[\n {"label": "a", "n": 1.0}\n]\n'


def test_ids_that_are_repeated_are_blamed_on_the_table(run, tmp_path):
    (tmp_path / "t.csv").write_text("id,label\nx1,cat\nx2,dog\nx2,cat\n")
    Corrections([Correction("x1", "dog")]).to_csv("c.csv")
    status, said = run("c.csv", "t.csv", "--label", "label", "--id", "id")
    assert status == 2
    assert said.startswith("label-audit: column 'id' of t.csv has 'x2' more than once (rows 1, 2)")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"label": 1}', '{"label": "a"}'], "label-audit: t.jsonl, column 'label': "),
        (['{"label": ["a"]}', '{"label": "a"}'], "label-audit: t.jsonl, column 'label': "),
        (['{"label": ["a"]}', '{"label": null}'], "label-audit: t.jsonl, column 'label': "),
        (['{"label": {"a": 1}}', '{"label": "a"}'], "label-audit: t.jsonl, column 'label': "),
        (['{"label": ["a"]}', '{"label": ["b"]}'], "label-audit: c.csv: "),
    ],
)
def test_what_is_wrong_is_said_of_the_file_where_it_is(run, tmp_path, lines, message):
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    Corrections([Correction("0", "a")]).to_csv("c.csv")
    status, said = run("c.csv", "t.jsonl", "--label", "label")
    assert status == 2
    assert said.startswith(message)
    assert said.count("\n") == 1


def test_corrections_all_of_unknown_labels_are_refused(run, tmp_path):
    Corrections([Correction("0", "bird"), Correction("1", "fish")]).to_csv("c.csv")
    status, said = run("c.csv", "pets.csv", "--label", "label")
    assert status == 2
    assert said == (
        "label-audit: c.csv chooses the labels 'bird', 'fish', none of which a row of column "
        "'label' has; the labels there are 'cat', 'dog'. Is this the right column?\n"
    )
    assert not (tmp_path / "pets-corrected.csv").exists()
    # A decision that does apply is reason enough to write.
    Corrections([Correction("0", "bird"), Correction("1", None, "discarded")]).to_csv("c.csv")
    assert run("c.csv", "pets.csv", "--label", "label")[0] == 0


def test_the_table_is_read_once(run, tmp_path, monkeypatch):
    table = tmp_path / "pets.csv"
    original = DataFile.read

    def read_and_reorder(data, *wanted):
        found = original(data, *wanted)
        header, *rows = table.read_text().splitlines(keepends=True)
        table.write_text("".join([header, *reversed(rows)]))
        return found

    monkeypatch.setattr(DataFile, "read", read_and_reorder)
    assert run("by-id.json", "pets.csv", "--label", "label", "--id", "id")[0] == 0
    assert (tmp_path / "pets-corrected.csv").read_text() == (
        'id,text,label\nx1,"a ""b""",dog\nx2, c ,dog\nx3,,cat\nx4,d,cat\nx5,e,cat\n'
    )


def test_a_full_disk_leaves_what_was_there(run, tmp_path, monkeypatch):
    def fill_disk(self, file, *_):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(DataFile, "write", fill_disk)
    (tmp_path / "pets-corrected.csv").write_text("old")
    names = sorted(tmp_path.iterdir())
    status, said = run("by-row.csv", "pets.csv", "--label", "label")
    assert status == 2
    assert said == "label-audit: can't write pets-corrected.csv: No space left on device.\n"
    assert (tmp_path / "pets-corrected.csv").read_text() == "old"
    assert sorted(tmp_path.iterdir()) == names


def test_the_mode_of_a_file_that_is_replaced_is_kept(run, tmp_path):
    (tmp_path / "pets-corrected.csv").touch(0o600)
    assert run("by-row.csv", "pets.csv", "--label", "label")[0] == 0
    assert (tmp_path / "pets-corrected.csv").stat().st_mode & 0o777 == 0o600


def test_output_to_a_device(run):
    assert run("by-row.csv", "pets.csv", "--label", "label", "-o", os.devnull)[0] == 0
    assert not os.path.isfile(os.devnull)  # noqa: PTH113


@pytest.mark.parametrize(
    ("out", "status"), [("new.csv", 0), ("new.txt", 0), ("new.jsonl", 2), ("new.csv.gz", 2)]
)
def test_the_name_of_the_output_fits_a_format_that_is_named(run, tmp_path, out, status):
    (tmp_path / "pets").write_text(DATA)
    found, said = run("by-row.csv", "pets", "--format", "csv", "--label", "label", "-o", out)
    assert found == status
    assert status == 0 or said.startswith(f"label-audit: --out {out}: the name must end")


SETS = [["a", "b"], ["b"], [], ["a"]]
DECIDED = [["a"], ["b"], ["a", "b"], ["a"]]


def decide_sets():
    decided = [Correction("0", ("a",)), Correction("1", ("b",)), Correction("2", ("a", "b"))]
    Corrections([*decided, Correction("3", None, "discarded")]).to_json("sets.json")


@pytest.mark.parametrize(
    "write",
    [json.dumps, str, ";".join, ", ".join],
    ids=["JSON", "Python", "semicolons", "commas"],
)
def test_sets_in_cells_of_text(run, write):
    decide_sets()
    pd.DataFrame({"labels": map(write, SETS), "n": range(4)}).to_csv("t.csv", index=False)
    status, said = run("sets.json", "t.csv", "--label", "labels")
    assert (status, said.partition(" (")[0]) == (
        0,
        "2 of 4 labels changed, 1 confirmed, 1 discarded",
    )
    expected = pd.DataFrame({"labels": map(write, DECIDED), "n": range(4)}).to_csv(index=False)
    assert pd.read_csv("t-corrected.csv").to_csv(index=False) == expected


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_sets_as_lists(run, ending):
    decide_sets()
    frame = pd.DataFrame({"labels": SETS, "n": range(4)})
    if ending == ".parquet":
        frame.to_parquet("t.parquet")
    else:
        frame.to_json("t.jsonl", orient="records", lines=True)
    assert run("sets.json", f"t{ending}", "--label", "labels")[0] == 0
    is_json = ending == ".jsonl"
    name = f"t-corrected{ending}"
    found = pd.read_json(name, lines=True) if is_json else pd.read_parquet(name)
    assert [list(each) for each in found["labels"]] == DECIDED


def test_a_column_that_holds_no_sets_is_named(run):
    decide_sets()
    status, said = run("sets.json", "pets.csv", "--label", "label")
    assert status == 2
    assert said.startswith(
        "label-audit: sets.json has sets of labels, and how column 'label' holds"
    )
    assert said.count("\n") == 1
