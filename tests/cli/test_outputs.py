"""The files that an audit writes; tests/cli/test_audit.py reads them."""

import argparse
import shlex

import numpy as np
import pandas as pd
import pytest

from label_auditor import audit_labels
from label_auditor.cli.decisions import Decided
from label_auditor.cli.errors import InputError
from label_auditor.cli.outputs import put_beside, write_files

P = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])


def write(out, **options):
    audit = audit_labels(["a", "a", "b", "b"], P, filter_by="predicted_neq_given")
    twins = pd.DataFrame(
        {"n_twins": 0, "n_twins_other_label": 0, "twin_label": None, "n_twin_label": 0},
        index=range(4),
    )
    given = {"data": "d.csv", "label": "y", "format": None, "sep": None, "max_rows": 9}
    arguments = argparse.Namespace(**(given | {"spreadsheet": False} | options))
    shown = pd.DataFrame({"rank": list("wxyz")})
    return write_files(audit, shown, out, arguments, Decided(), twins, {})


def test_files_are_named_and_columns_that_clash_are_renamed(tmp_path):
    files, notes = write(tmp_path / "new" / "out")
    assert [path.name for path in files] == ["issues.csv", "audit.npz", "report.html"]
    assert all(path.is_file() for path in files)
    issues = pd.read_csv(files[0])
    assert issues["row"].tolist() == [1]
    assert issues["input_rank"].tolist() == ["x"]
    assert notes == [
        "column 'rank' of the data is called 'input_rank' in issues.csv, which has its own 'rank'"
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["d.csv", "--label", "y"]),
        ({"sep": "\t"}, ["d.csv", "--label", "y", "--sep", "tab"]),
        ({"sep": ";", "format": "csv"}, ["d.csv", "--label", "y", "--format", "csv", "--sep", ";"]),
        ({"data": "-", "label": "-y"}, ["DATA", "--label=-y"]),
    ],
)
def test_the_page_says_how_its_decisions_are_applied(tmp_path, options, words):
    write(tmp_path, **options)
    command = shlex.join(["label-audit", "apply", "corrections.json", *words])
    assert f'"apply_command": "{command}"' in (tmp_path / "report.html").read_text("utf-8")


def test_a_folder_that_cannot_be_written_to_stays_as_it_was(tmp_path):
    (tmp_path / "report.html").mkdir()
    with pytest.raises(InputError, match="can't write to"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_inputs_take_names_that_are_free():
    found = pd.DataFrame({"row": [1]}, index=["x"])
    shown = pd.DataFrame({"row": [2], "input_row": [3], "n": [4]})
    table, names = put_beside(found, shown, taken=["n"])
    assert names == {"row": "input_input_row", "input_row": "input_row", "n": "input_n"}
    assert table.loc["x"].to_dict() == {
        "row": 1,
        "input_input_row": 2,
        "input_row": 3,
        "input_n": 4,
    }
