import gzip
import json

import numpy as np
import pandas as pd
import pytest

from label_auditor.cli.data_file import read_data
from label_auditor.cli.errors import InputError
from label_auditor.cli.tables import find_unreadable, get_column, get_ids, get_labels, get_texts


def read_table(path):
    return read_data(str(path), None).read()


def write(path, text, *, encoding="utf-8"):
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    "cells",
    [
        ["NA", "None", "null", "nan", "N/A"],
        ["007", "7"],
        ["1.0", "1", "1e3"],
        ["True", "False"],
        ["-0", "0"],
        [" a", "a", "a "],
        ["-", "#N/A"],
    ],
)
def test_csv_labels_stay_as_they_stand(tmp_path, cells):
    path = write(tmp_path / "a.csv", "label\n" + "".join(f"{cell}\n" for cell in cells))
    labels = get_labels(read_table(path), "label")
    assert labels.tolist() == cells
    assert labels.dtype == object


def test_csv_integers_are_integers(tmp_path):
    path = write(tmp_path / "a.csv", "label\n10\n-2\n0\n")
    assert get_labels(read_table(path), "label").tolist() == [10, -2, 0]


@pytest.mark.parametrize("labels", [["1", "0"], [True, False], [3, 4], [1.0, 0.0]])
def test_json_and_parquet_labels_keep_their_type(tmp_path, labels):
    lines = "".join(json.dumps({"label": label}) + "\n" for label in labels)
    from_json = get_labels(read_table(write(tmp_path / "a.jsonl", lines)), "label")
    pd.DataFrame({"label": labels}).to_parquet(tmp_path / "a.parquet")
    from_parquet = get_labels(read_table(tmp_path / "a.parquet"), "label")
    for found in (from_json, from_parquet):
        assert found.tolist() == labels
        assert [type(label) for label in found.tolist()] == [type(label) for label in labels]


def test_categories_and_nullable_integers_are_labels():
    table = pd.DataFrame(
        {"c": pd.Categorical(["x", "y"]), "i": pd.array([1, 2], dtype="Int64"), "n": ["a", None]}
    )
    assert get_labels(table, "c").tolist() == ["x", "y"]
    assert get_labels(table, "i").dtype == np.int64


def test_a_missing_text_is_an_empty_text():
    table = pd.DataFrame({"text": ["a", None, np.nan, "", 3]}, dtype=object)
    assert get_texts(table, "text") == ["a", "", "", "", "3"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", None, "b", ""], r"has no label in 2 of 4 rows: rows 1, 3 \(the first is row 0\)"),
        (["a", "a"], r"one class only \('a'\); at least two are needed"),
        ([1, "a"], "values of type int and str; labels must be all strings"),
        (
            [["a"], ["b"]],
            r"values of type list; .* in Python: audit_labels\(labels, pred_probs, mu",
        ),
        ([0.5, 1.0], "values of type float"),
    ],
)
def test_bad_labels_are_named_with_the_reason(labels, message):
    with pytest.raises(InputError, match=message):
        get_labels(pd.DataFrame({"label": pd.Series(labels, dtype=object)}), "label")


def test_a_missing_column_names_the_columns_there_are():
    with pytest.raises(InputError, match="no column 'txt'; the columns are 'text', 'label'"):
        get_column(pd.DataFrame({"text": [1], "label": [2]}), "txt")


@pytest.mark.parametrize(
    "labels", [[2**63, 5], [-(2**63) - 1, 5], [10**30, 10**30 + 1], [2**63, 2**63 + 1, -1]]
)
def test_integers_of_more_than_64_bits_are_text_with_all_digits(labels):
    found = get_labels(pd.DataFrame({"label": pd.Series(labels, dtype=object)}), "label")
    assert found.tolist() == [str(label) for label in labels]


@pytest.mark.parametrize("label", ["a\0", "\0", "a\0b", "a\ud800", "\udfffb"])
def test_labels_that_files_cannot_hold(label):
    table = pd.DataFrame({"label": pd.Series(["x", label, "y", label], dtype=object)})
    with pytest.raises(
        InputError, match=r"holds labels that files can't hold .*rows 1, 3"
    ) as found:
        get_labels(table, "label")
    assert repr(label) in str(found.value)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (["a"], "a list"),
        ((), "a list"),
        ({"a": 1}, "an object"),
        (b"\xff", "bytes that are not UTF"),
    ],
)
def test_lists_objects_and_bytes_are_no_texts(cell, kind):
    table = pd.DataFrame({"tokens": pd.Series(["a", cell], dtype=object)})
    with pytest.raises(InputError, match=f"'tokens' can't be the texts: row 1 holds {kind}"):
        get_texts(table, "tokens")
    assert find_unreadable(table["tokens"]).startswith(f"row 1 holds {kind}")


def test_ids_are_the_cells_and_one_that_is_missing_matches_nothing():
    table = pd.DataFrame({"id": pd.Series([7, None, "x", ""], dtype=object)})
    ids = get_ids(table, "id", "t.csv")
    assert [ids[0], ids[2]] == [7, "x"]
    assert len(set(ids)) == 4
    assert not {"None", "nan", ""} & set(map(str, ids))
    assert list(get_ids(table, None, "t.csv")) == [0, 1, 2, 3]


@pytest.mark.parametrize("cells", [["a", "b", "a"], [1, 2, "1"]])
def test_ids_that_are_repeated_are_a_fault_of_the_table(cells):
    table = pd.DataFrame({"id": pd.Series(cells, dtype=object)})
    with pytest.raises(InputError, match=r"'id' of t\.csv has '.' more than once \(rows 0, 2\)"):
        get_ids(table, "id", "t.csv")
