import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from label_auditor.cli.packed_texts import PackedTexts, Packer

TEXTS = ["red", "", "grün 日本", "\ud800", "red", "x\ny"]


def pack(texts):
    packer = Packer()
    for start in range(0, len(texts), 4):
        packer.extend(texts[start : start + 4])
    assert len(packer) == len(texts)
    return pd.Series(packer.pack())


@given(st.lists(st.text(st.characters(exclude_categories=()))))
def test_texts_come_out_as_they_went_in(texts):
    column = pack(texts)
    assert list(column) == [column[row] for row in range(len(texts))] == texts
    assert column.astype(object).tolist() == texts


@pytest.mark.parametrize(
    "rows", [[2, 0, 0], [True, False] * 3, slice(1, None, 2), np.array([-1, 3]), []]
)
def test_rows_are_those_of_a_column_of_objects(rows):
    column, objects = pack(TEXTS), pd.Series(TEXTS, dtype=object)
    taken = column.iloc[rows]
    assert taken.tolist() == objects.iloc[rows].tolist()
    assert taken.index.tolist() == objects.iloc[rows].index.tolist()
    assert taken.array._data is column.array._data


def test_missing_rows_are_none():
    column = pack(TEXTS).reindex([5, 9, 0])
    assert column.tolist() == ["x\ny", None, "red"]
    assert column.isna().tolist() == [False, True, False]
    twice = pd.concat([column, column])
    assert isinstance(twice.array, PackedTexts)
    assert twice.tolist() == 2 * ["x\ny", None, "red"]
    assert column.equals(column.copy())
    assert (column == ["x\ny", "", "red"]).tolist() == [True, False, True]


def test_they_take_little_more_than_their_characters():
    column = pack(["0123456789" * 5] * 1000)
    assert column.array.nbytes < 70_000
