"""Parquet: read as Python's own values, and written again with other labels."""

import datetime
import decimal
import io
import sys

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from label_auditor.cli import memory
from label_auditor.cli.errors import InputError
from label_auditor.cli.formats import parquet
from label_auditor.cli.formats.text import Edit


def store(table):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def read(columns):
    return parquet.read(io.BytesIO(store(pa.table(columns))), "t.parquet")


def read_frame(frame, **options):
    return parquet.read(io.BytesIO(frame.to_parquet(**options)), "t.parquet")


def rewrite(source, target, column, labels, drop=()):
    target.write_bytes(
        b"".join(parquet.rewrite(io.BytesIO(source.read_bytes()), "t", Edit(column, labels, drop)))
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 3], pa.int64()),
        ([2**53 + 1, None, -(2**63)], pa.int64()),
        ([2**64 - 1, None], pa.uint64()),
        ([2**64 - 1, 0], pa.uint64()),
        ([0, None, 1], pa.int8()),
        ([True, None, False], pa.bool_()),
        ([0.5, None], pa.float64()),
        (["a", None], pa.string()),
        (["a", "b"], pa.large_string()),
        ([[0.5, 1.5], [], None], pa.list_(pa.float64())),
        ([["a"], ["b", "c"]], pa.list_(pa.string())),
        ([[1, 2], [3, 4]], pa.list_(pa.int32(), 2)),
        ([{"a": 1, "b": [None]}, None], pa.struct({"a": pa.int64(), "b": pa.list_(pa.string())})),
        ([None, None], pa.null()),
        ([decimal.Decimal("1.50"), None], pa.decimal128(5, 2)),
        ([datetime.date(9999, 12, 31), None], pa.date32()),
    ],
)
def test_values_are_those_that_python_has(values, kind):
    found = read({"a": pa.array(values, type=kind)})["a"].astype(object).tolist()
    assert found == values
    assert [type(each) for each in found] == [type(each) for each in values]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(3)])
def test_binary_is_text_where_it_is_utf_8(kind):
    found = read({"a": pa.array([b"a\xc3\xa9", None, b"\xff\xfe\xfd"], type=kind)})["a"]
    assert found.tolist() == ["aé", None, b"\xff\xfe\xfd"]
    packed = pa.array([b"a\xc3\xa9", b"abc"], type=pa.binary()).dictionary_encode()
    assert read({"a": packed})["a"].tolist() == ["aé", "abc"]


def test_a_dictionary_is_its_values():
    values = pa.array(["x", None, "y", "x"]).dictionary_encode()
    assert read({"a": values})["a"].astype(object).tolist() == ["x", None, "y", "x"]


@pytest.mark.parametrize(
    ("index", "name", "values"),
    [
        (pd.Index([7, 5], name="id"), "id", [7, 5]),
        (pd.Index(["x", "y"]), "index", ["x", "y"]),
        (pd.RangeIndex(10, 12, name="id"), "id", [10, 11]),
        (pd.RangeIndex(1, 3), "index", [1, 2]),
    ],
)
def test_an_index_of_pandas_is_a_column(index, name, values):
    frame = pd.DataFrame({"a": [0, 1]}, index=index)
    table = read_frame(frame)
    assert table[name].tolist() == values
    assert table.attrs["index"] == [name]
    assert table.index.tolist() == [0, 1]


def test_several_levels_and_an_index_that_only_numbers_the_rows():
    levels = pd.MultiIndex.from_tuples([(1, "x"), (2, "y")], names=["n", None])
    table = read_frame(pd.DataFrame({"a": [0, 1]}, index=levels))
    assert table.attrs["index"] == ["n", "level_1"]
    assert table["level_1"].tolist() == ["x", "y"]
    plain = read_frame(pd.DataFrame({"a": [0, 1]}))
    assert list(plain) == ["a"]
    assert plain.attrs["index"] == []


def test_names_of_columns_that_are_integers_are_text():
    table = pa.Table.from_pandas(pd.DataFrame({0: ["a"], 1: ["b"]}))
    assert list(parquet.read(io.BytesIO(store(table)), "t.parquet")) == ["0", "1"]


@pytest.mark.parametrize(
    "metadata",
    [
        b"no JSON",
        b"[]",
        b'{"index_columns": 3}',
        b'{"index_columns": [{"kind": "range"}]}',
        b"\xff",
        b'{"index_columns": ["none", {"start": 0, "stop": 9, "step": 0, "name": "id"}]}',
    ],
)
def test_metadata_that_pandas_has_not_written_are_ignored(metadata):
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({b"pandas": metadata})
    found = parquet.read(io.BytesIO(store(table)), "t.parquet")
    assert list(found) == ["a"]
    assert found.attrs["index"] == []


def test_several_columns_of_one_name_are_kept_for_the_error():
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["x"])], names=["a", "a"])
    assert list(parquet.read(io.BytesIO(store(table)), "t.parquet")) == ["a", "a"]


@pytest.mark.parametrize("cut", [0, 3, 40, -1])
def test_damaged_files_are_named(cut):
    content = store(pa.table({"a": ["x"] * 100}))
    with pytest.raises(InputError, match=r"^t\.parquet is no Parquet file, or damaged: "):
        parquet.read(io.BytesIO(content[:cut]), "t.parquet")


def test_what_a_small_file_unpacks_to_is_bounded(monkeypatch):
    large = store(pa.table({"a": pa.array(range(1_000_000))}))
    monkeypatch.setattr(memory, "free_memory", lambda: 100_000)
    with pytest.raises(InputError, match=r"^t\.parquet takes at least"):
        parquet.read(io.BytesIO(large), "t.parquet")


def test_without_pyarrow_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        InputError, match=r"pyarrow is needed to read Parquet: pip install pyarrow$"
    ):
        parquet.read(io.BytesIO(b"x"), "t.parquet")


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
    pq.write_table(table, source)
    rewrite(source, target, "label", {1: new})
    found = pq.read_table(target)
    assert found.schema.equals(pq.read_schema(source), check_metadata=True)
    assert found.column("a").equals(table.column("a"))
    assert found.column("label").to_pylist() == [values[0], new, values[2]]
    rewrite(source, target, "label", {1: new}, [0])
    assert pq.read_table(target).num_rows == 2


def test_a_table_with_an_index_of_pandas(tmp_path):
    source, target = tmp_path / "t.parquet", tmp_path / "new.parquet"
    frame = pd.DataFrame({"label": ["a", "b"]}, index=pd.Index([7, 5], name="id"))
    frame.to_parquet(source)
    rewrite(source, target, "label", {0: "c"}, [])
    expected = frame.assign(label=["c", "b"])
    pd.testing.assert_frame_equal(pd.read_parquet(target), expected)


def test_an_index_can_be_the_column_of_the_labels(tmp_path):
    source, target = tmp_path / "t.parquet", tmp_path / "new.parquet"
    pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"])).to_parquet(source)
    rewrite(source, target, "index", {1: "x"})
    assert pd.read_parquet(target).index.tolist() == ["x", "x"]


def test_binary_labels_stay_binary(tmp_path):
    source, target = tmp_path / "t.parquet", tmp_path / "new.parquet"
    pq.write_table(pa.table({"label": pa.array([b"a", b"b"])}), source)
    rewrite(source, target, "label", {0: "é"})
    assert pq.read_table(target)["label"].to_pylist() == ["é".encode(), b"b"]


def test_labels_that_a_type_cannot_hold_are_one_line(tmp_path):
    source = tmp_path / "t.parquet"
    pq.write_table(pa.table({"label": pa.array([1, 2], type=pa.int8()), "t": ["a", "b"]}), source)
    with pytest.raises(InputError, match="column 'label' of t, which is of type int8, can't hold"):
        rewrite(source, tmp_path / "new", "label", {0: 300})
    with pytest.raises(InputError, match="column 't' of t, which is of type string, can't hold"):
        rewrite(source, tmp_path / "new", "t", {0: "\ud800"})
