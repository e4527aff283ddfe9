import gzip
import json

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
