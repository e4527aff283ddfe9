import dataclasses
import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from label_auditor import audit_labels
from label_auditor.export.columns import check_utf8, take, utf8
from label_auditor.export.records import make_records
from optional import dask_frames, needs_dask_frames

TEXTS = [f"text {i}" for i in range(12)]


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS, index=range(100, 112)),
        pl.Series(TEXTS),
        pl.LazyFrame({"text": TEXTS}),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS[:5], TEXTS[5:]]),
        pa.table({"text": TEXTS}),
    ],
    ids=lambda texts: f"{type(texts).__module__}.{type(texts).__name__}",
)
def test_texts(audit, texts):
    found = [record.fields for record in make_records(audit, texts)]
    assert found == [{"text": "text 4"}, {"text": "text 9"}, {"text": "text 1"}]
    assert type(found[0]["text"]) is str


@needs_dask_frames
@pytest.mark.parametrize("form", ["Series", "DataFrame", "array", "array of unknown chunks"])
def test_columns_of_dask_are_read_where_they_are(audit, form):
    frame = dask_frames.from_pandas(pd.DataFrame({"text": TEXTS}, dtype=object), npartitions=5)
    array = frame["text"].map_partitions(np.array, dtype=object, meta=np.empty(0, object))
    texts = {
        "Series": frame["text"],
        "DataFrame": frame,
        "array": array.copy().compute_chunk_sizes(),
        "array of unknown chunks": array,
    }[form]
    found = [record.fields for record in make_records(audit, texts)]
    assert found == [{"text": "text 4"}, {"text": "text 9"}, {"text": "text 1"}]
    assert audit.to_frame(texts)["text"].tolist() == TEXTS
    found = [each.metadata for each in make_records(audit, TEXTS, metadata={"t": frame["text"]})]
    assert [each["t"] for each in found] == ["text 4", "text 9", "text 1"]


@needs_dask_frames
def test_a_series_of_dask_in_another_order_is_refused(audit):
    texts = pd.Series(TEXTS, index=range(100, 112), dtype=object)
    audit = dataclasses.replace(audit, index=texts.index)
    make_records(audit, dask_frames.from_pandas(texts, npartitions=3))
    turned = dask_frames.from_pandas(texts[::-1], npartitions=3, sort=False)
    with pytest.raises(ValueError, match="inputs has the rows of the audit in another order"):
        make_records(audit, turned)


def test_stored_texts_are_read_once_in_the_order_of_the_rows(audit, monkeypatch):
    monkeypatch.setattr("label_auditor.export.columns.READ_AT_ONCE", 4)
    read = []

    class Stored:
        shape, chunks = (12,), (3,)

        def __getitem__(self, rows):
            read.append((rows.start, rows.stop))
            return np.array(TEXTS)[rows]

    Stored.__module__ = "zarr.core"
    records = make_records(audit, Stored(), only_issues=False)
    assert [record.fields["text"] for record in records] == [
        TEXTS[row] for row in records.positions
    ]
    assert read == [(0, 6), (6, 12)]
    read.clear()
    assert len(list(make_records(audit, Stored()))) == 3
    assert read == [(0, 6), (6, 12)]
    assert take(Stored(), np.array([11, 9])) == ["text 11", "text 9"]
    assert read[2:] == [(6, 12)]


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame])
def test_named_fields(audit, make):
    inputs = make(
        {"title": TEXTS, "n": list(range(12)), "gap": [None, *TEXTS[1:4], None, *TEXTS[5:]]}
    )
    first, second, _ = make_records(audit, inputs)
    assert first.fields == {"title": "text 4", "n": "4", "gap": ""}
    assert second.fields == {"title": "text 9", "n": "9", "gap": "text 9"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.arange(12), [4, 9, 1]),
        (np.arange(12, dtype=np.float32) / 2, [2.0, 4.5, 0.5]),
        (np.arange(12) > 4, [False, True, False]),
        (pd.Series([None] * 9 + ["x"] * 3), [None, "x", None]),
        (pd.array([1] * 9 + [pd.NA] * 3, dtype="Int64"), [1, None, 1]),
        (pd.date_range("2020-01-01", periods=12), [f"2020-01-{d:02}T00:00:00" for d in (5, 10, 2)]),
        (
            np.arange("2020-01", "2021-01", dtype="M8[M]"),
            [f"2020-{m:02}-01T00:00:00" for m in (5, 10, 2)],
        ),
        ([datetime.date(2020, 1, 1)] * 12, ["2020-01-01"] * 3),
        ([pd.NaT] * 12, [None] * 3),
        ([float("nan")] * 12, [None] * 3),
        (pd.Categorical(["u", "v"] * 6), ["u", "v", "v"]),
        (pl.Series([1, None] * 6), [1, None, None]),
    ],
)
def test_metadata_is_plain_and_missing_values_are_left_out(audit, values, expected):
    records = list(make_records(audit, TEXTS, metadata={"key": values}))
    found = [record.metadata.get("key") for record in records]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]
    assert ["key" in record.metadata for record in records] == [e is not None for e in expected]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_metadata_of_a_frame(audit, make):
    first = next(iter(make_records(audit, TEXTS, metadata=make({"source": TEXTS, "n": range(12)}))))
    assert first.metadata == {
        "label_error_candidate": 0,
        "label_quality": 0.01,
        "suggested_label": "a",
        "source": "text 4",
        "n": 4,
    }


def test_metadata_of_another_type_is_refused(audit):
    with pytest.raises(TypeError, match=r"metadata\['key'\] holds \['x'\] in row 4, a list; only"):
        list(make_records(audit, TEXTS, metadata={"key": [["x"]] * 12}))


def test_metadata_must_be_columns(audit):
    with pytest.raises(TypeError, match=r"metadata is a list, .* pandas\.DataFrame\(metadata\)"):
        make_records(audit, TEXTS, metadata=[{"key": 1}] * 12)


@pytest.mark.parametrize(
    "inputs",
    ["text", np.zeros((12, 2)), (text for text in TEXTS), 3],
    ids=["str", "2d", "gen", "int"],
)
def test_inputs_must_be_texts(audit, inputs):
    with pytest.raises(TypeError, match=r"inputs is a .*, but a sequence of texts is needed, or"):
        make_records(audit, inputs)


def test_a_text_of_another_type_is_refused(audit):
    with pytest.raises(TypeError, match=r"inputs\['text'\] holds \{'a': 1\} in row 4, a dict"):
        list(make_records(audit, [{"a": 1}] * 12))


def test_columns_of_the_same_name_are_refused(audit):
    with pytest.raises(
        ValueError, match=r"metadata has columns of the same name among 1, '1'; rename"
    ):
        make_records(audit, TEXTS, metadata={1: range(12), "1": range(12)})


def test_a_table_that_names_its_columns_itself(audit):
    class Table:
        """Has the columns of a `datasets.Dataset`."""

        column_names = ("key",)

        def __getitem__(self, name):
            return {"key": list(range(12))}[name]

    first = next(iter(make_records(audit, TEXTS, metadata=Table())))
    assert first.metadata["key"] == 4


def test_a_set_of_texts_has_no_order(audit):
    with pytest.raises(TypeError, match=r"inputs is a set .*, but a sequence of texts is needed"):
        make_records(audit, {*TEXTS})


def test_names_that_utf_8_cannot_hold_are_refused():
    check_utf8("class_names", ["é", "\U0001f600", 7])
    with pytest.raises(ValueError, match=r"class_names 'b\\udc80' can't be sent: half of a surrog"):
        check_utf8("class_names", ["a", "b\udc80"])
    assert utf8("b\udc80é") == "b?é"


@pytest.fixture
def named_audit():
    """Audit labels whose rows have names."""
    pred_probs = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    return audit_labels(pd.Series([0, 0, 1, 1], index=list("wxyz")), pred_probs)


@pytest.mark.parametrize("form", ["inputs", "field", "metadata", "explanation"])
def test_rows_in_another_order_are_refused(named_audit, form):
    texts = pd.Series(["a", "b", "c", "d"], index=list("xwyz"))
    options = {
        "inputs": {"inputs": texts},
        "field": {"inputs": pd.DataFrame({"title": texts})},
        "metadata": {"inputs": texts.to_numpy(), "metadata": {"m": texts}},
        "explanation": {
            "inputs": texts.to_numpy(),
            "explanation": pd.Series("", texts.index),
        },
    }[form]
    with pytest.raises(
        ValueError, match=r"rows of the audit in another order: its row 0 is 'x', an"
    ):
        make_records(named_audit, **options)


def test_rows_in_the_order_of_the_audit_or_with_names_of_their_own(named_audit):
    texts = pd.Series(["a", "b", "c", "d"], index=list("xwyz"))
    for inputs in (texts.loc[named_audit.index], texts.set_axis([4, 3, 2, 1]), texts.tolist()):
        (record,) = make_records(named_audit, inputs)
        assert (record.id, record.fields["text"]) == ("x", list(inputs)[1])
    unnamed = audit_labels(named_audit.labels, named_audit.pred_probs)
    (record,) = make_records(unnamed, texts.set_axis([3, 2, 1, 0]))
    assert (record.id, record.fields["text"]) == (1, "b")
