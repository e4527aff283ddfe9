import gzip
import json
import sys

import numpy as np
import pandas as pd
import pytest

from label_auditor.cli.data_file import read_data
from label_auditor.cli.errors import InputError
from label_auditor.cli.tables import get_column, get_labels, get_texts


def read_table(path):
    return read_data(str(path), None).read()


def write(path, text, *, encoding="utf-8"):
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


RECORDS = [
    {"text": 'said "no",\nthen left', "label": 2, "x": 0.5},
    {"text": "日本語 ✓", "label": 0, "x": None},
]
CSV = 'text,label,x\n"said ""no"",\nthen left",2,0.5\n日本語 ✓,0,\n'
JSON_LINES = "\n".join(json.dumps(record) for record in RECORDS) + "\n\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV),
        ("a.b.csv.gz", CSV),
        ("a.csv", "\ufeff" + CSV),
        ("a.csv", CSV.replace("\n", "\r\n")),
        ("a.jsonl", JSON_LINES),
        ("a.jsonl.gz", JSON_LINES),
        ("a.json", JSON_LINES),
    ],
)
def test_the_same_records_from_every_text_format(tmp_path, name, content):
    table = read_table(write(tmp_path / name, content))
    assert list(table) == ["text", "label", "x"]
    texts = [text.replace("\r\n", "\n") for text in get_texts(table, "text")]
    assert texts == [record["text"] for record in RECORDS]
    labels = get_labels(table, "label")
    assert labels.tolist() == [2, 0]
    assert labels.dtype.kind == "i"
    assert get_column(table, "x").isna().tolist() == [False, True]


def test_parquet_rows_are_counted_from_0_whatever_the_index(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame(RECORDS, index=[7, 3]).to_parquet(path)
    table = read_table(path)
    assert table.index.tolist() == [0, 1]
    assert get_texts(table, "text")[1] == "日本語 ✓"
    assert get_labels(table, "label").tolist() == [2, 0]


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
    ("name", "content", "message"),
    [
        ("a.csv", "", r"a\.csv holds no records"),
        ("a.csv", "text,label\n", "holds no records"),
        ("a.jsonl", "\n", "holds no records"),
        ("a.csv", "a,b\n1,2\n\n1,2,3\n", r"a\.csv, line 4: 3 cells, but the header has 2"),
        ("a.csv", "a,b\n1\n", "line 2: 1 cells, but the header has 2"),
        ("a.csv", 'a,b\n1,"2\n', r"a\.csv, line 2: unexpected end of data"),
        ("a.csv", "a,a\n1,2\n", "several columns named 'a'; rename"),
        ("a.jsonl", '{"a": 1}\n[2]\n', r"a\.jsonl, line 2: no JSON object"),
        (
            "a.json",
            '[\n{"a": 1}\n]\n',
            "line 1: no JSON object; JSON lines has one object per line",
        ),
        ("a.parquet", "not parquet", "no Parquet file, or damaged"),
        ("a.xlsx", "x", r"unknown format; the name should end in \.csv"),
        ("a.parquet.gz", "x", "unknown format"),
        ("data", "x", "unknown format"),
    ],
)
def test_bad_files_are_named_with_the_reason(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        read_table(write(tmp_path / name, content))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"can't read .*missing\.csv: No such file"):
        read_table(tmp_path / "missing.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="Is a directory"):
        read_table(tmp_path / "folder.csv")
    (tmp_path / "plain.csv.gz").write_text(CSV)
    with pytest.raises(InputError, match="Not a gzipped file"):
        read_table(tmp_path / "plain.csv.gz")
    whole = write(tmp_path / "cut.csv.gz", CSV).read_bytes()
    (tmp_path / "cut.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(InputError, match="can't read"):
        read_table(tmp_path / "cut.csv.gz")
    with pytest.raises(InputError, match=r"latin\.csv is not UTF-8"):
        read_table(write(tmp_path / "latin.csv", "text\ncafé\n", encoding="latin-1"))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    path = write(tmp_path / "a.parquet", "x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'label-auditor\[cli\]'"):
        read_table(path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", None, "b", ""], r"has no label in 2 of 4 rows: rows 1, 3 \(the first is row 0\)"),
        (["a", "a"], r"one class only \('a'\); at least two are needed"),
        ([1, "a"], "values of type int and str; labels must be all strings"),
        ([["a"], ["b"]], "values of type list"),
        ([0.5, 1.0], "values of type float"),
    ],
)
def test_bad_labels_are_named_with_the_reason(labels, message):
    with pytest.raises(InputError, match=message):
        get_labels(pd.DataFrame({"label": pd.Series(labels, dtype=object)}), "label")


def test_a_missing_column_names_the_columns_there_are():
    with pytest.raises(InputError, match="no column 'txt'; the columns are 'text', 'label'"):
        get_column(pd.DataFrame({"text": [1], "label": [2]}), "txt")
