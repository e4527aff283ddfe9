"""Tables written again: other labels, and every other byte as it was."""

import csv
import gzip
import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from label_auditor.cli.data_file import read_data


def read_table(path):
    return read_data(str(path), None).read()


def rewrite_table(source, target, column, labels, drop=()):
    with target.open("wb") as file:
        read_data(str(source), None).write(file, column, labels, drop)

CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from('",\r\n ')
)


def rewrite(path, content, *arguments):
    """Write the content to a file, rewrite it, and give what is then there."""
    target = path.with_name(f"new-{path.name}")
    path.write_bytes(content)
    rewrite_table(path, target, *arguments)
    return target.read_bytes()


CSV = '\ufeff"id",label, text \r\n\r\n1,"a","x ""y"",\nz"\n002,b, é\r\n3,,\n\n4,"b,c",'.encode()


def test_csv_keeps_its_quotes_line_ends_and_blank_lines(tmp_path):
    path = tmp_path / "t.csv"
    assert rewrite(path, CSV, "label", {}) == CSV
    labels = {0: "d", 1: 'e"f', 2: "g", 3: "h"}
    assert rewrite(path, CSV, "label", labels, [2]) == (
        '\ufeff"id",label, text \r\n\r\n1,"d","x ""y"",\nz"\n002,"e""f", é\r\n\n4,"h",'.encode()
    )
    assert rewrite(path, CSV, "id", {0: 7}).startswith(CSV[:22] + b'\r\n7,"a"')


def test_gzip(tmp_path):
    found = rewrite(tmp_path / "t.csv.gz", gzip.compress(CSV), "label", {0: "d"})
    assert gzip.decompress(found) == CSV.replace(b'"a"', b'"d"')


@settings(deadline=None)  # it writes files
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5),
    # With another line end, Python's csv doesn't quote a cell that holds "\r".
    form=st.sampled_from(
        [(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r")]
    ),
    row=st.integers(0, 4),
    label=CELLS,
)
def test_any_csv(tmp_path_factory, rows, form, row, label):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerow(["a", "label", "b"])
    quoting, end = form
    csv.writer(stream, quoting=quoting, lineterminator=end).writerows(rows)
    row %= len(rows)
    found = rewrite(path, stream.getvalue().encode(), "label", {row: label})
    expected = [list(each) for each in rows]
    expected[row][1] = label
    read = list(csv.reader(io.StringIO(found.decode(), newline=""), strict=True))
    assert read[1:] == expected
    if label == rows[row][1] and quoting == csv.QUOTE_ALL:
        assert found == stream.getvalue().encode()


JSON = b'{"a": 1.50, "label":"x" ,"b":[1,{"label":2}]}\n\n{ "label" : 3e0 }\r\n{}\n{"a": "\\u00e9"}'


def test_json_lines(tmp_path):
    path = tmp_path / "t.jsonl"
    assert rewrite(path, JSON, "label", {}) == JSON
    labels = {0: "é", 1: True, 2: None, 3: ["x", "y"]}
    assert rewrite(path, JSON, "label", labels) == (
        b'{"a": 1.50, "label":"\\u00e9" ,"b":[1,{"label":2}]}\n\n{ "label" : true }\r\n'
        b'{"label": null}\n{"a": "\\u00e9", "label": ["x", "y"]}'
    )
    assert rewrite(path, JSON, "label", {1: 7}, [0, 3]) == b'\n{ "label" : 7 }\r\n{}\n'
    assert rewrite(path, b'{"label": 1, "label": 2}', "label", {0: 3}) == (
        b'{"label": 1, "label": 3}'
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)  # it writes files
@given(
    record=st.dictionaries(st.text() | st.just("label"), VALUES, max_size=4),
    label=st.text() | st.integers() | st.lists(st.text(), max_size=2),
    ascii_only=st.booleans(),
)
def test_any_json(tmp_path_factory, record, label, ascii_only):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    line = json.dumps(record, ensure_ascii=ascii_only).encode(errors="backslashreplace")
    found = json.loads(rewrite(path, line, "label", {0: label}))
    assert found == record | {"label": label}


@pytest.mark.parametrize(
    ("values", "kind", "new"),
    [
        (["a", None, "b"], pa.string(), "b"),
        (["a", None, "b"], pa.dictionary(pa.int8(), pa.string()), "c"),
        ([1, 2, None], pa.int16(), 1),
        ([1, 2, None], pa.int64(), 2.0),
        ([True, False, None], pa.bool_(), True),
        ([["a"], [], ["b"]], pa.list_(pa.string()), ["a", "b"]),
    ],
)
def test_parquet(tmp_path, values, kind, new):
    source, target = tmp_path / "t.parquet", tmp_path / "new.parquet"
    other = pa.array([b"\0", None, b"x"], type=pa.large_binary())
    schema = pa.schema([("a", other.type), ("label", kind)], metadata={"k": "v"})
    table = pa.table([other, pa.array(values, type=kind)], schema=schema)
    parquet.write_table(table, source)
    rewrite_table(source, target, "label", {1: new})
    found = parquet.read_table(target)
    assert found.schema.equals(parquet.read_schema(source), check_metadata=True)
    assert found.column("a").equals(table.column("a"))
    assert found.column("label").to_pylist() == [values[0], new, values[2]]
    rewrite_table(source, target, "label", {1: new}, [0])
    assert parquet.read_table(target).num_rows == 2


def test_a_table_with_an_index_of_pandas(tmp_path):
    source, target = tmp_path / "t.parquet", tmp_path / "new.parquet"
    frame = pd.DataFrame({"label": ["a", "b"]}, index=pd.Index([7, 5], name="id"))
    frame.to_parquet(source)
    rewrite_table(source, target, "label", {0: "c"}, [])
    expected = frame.assign(label=["c", "b"])
    pd.testing.assert_frame_equal(pd.read_parquet(target), expected)
    assert np.array_equal(read_table(target)["label"], ["c", "b"])
