import io

import pandas as pd
import pytest

from label_auditor.cli import memory
from label_auditor.cli.errors import InputError
from label_auditor.cli.formats import columns
from label_auditor.cli.formats.columns import Column, check_growth
from label_auditor.cli.packed_texts import PackedDtype


def fill(*parts):
    column = Column()
    for part in parts:
        column.extend(part)
    assert len(column) == sum(map(len, parts))
    return column


@pytest.mark.parametrize("most", [1, 10])
@pytest.mark.parametrize("last", [["red"], [None], [1, True], [["a"]]])
def test_cells_come_out_as_they_went_in(monkeypatch, most, last):
    monkeypatch.setattr(columns, "MOST_SHARED", most)
    parts = ["red", "blue"], ["green", "red"], last, ["blue"]
    found = fill(*parts).to_series().tolist()
    expected = [cell for part in parts for cell in part]
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_few_strings_are_kept_once_and_many_are_packed(monkeypatch):
    monkeypatch.setattr(columns, "MOST_SHARED", 2)
    few = fill(["re" + "d", "blue"], ["r" + "ed"]).to_series()
    assert few.dtype == object
    assert few[0] is few[2]
    many = fill(["red", "blue", "green"], ["grey"], ["white"]).to_series()
    assert isinstance(many.dtype, PackedDtype)
    assert many.tolist() == ["red", "blue", "green", "grey", "white"]


def test_values_are_found_for_different_cells_only():
    column = fill(["7", "3", "7"])
    assert column.spread(pd.Series(column.distinct).astype(int).to_numpy()).tolist() == [7, 3, 7]


def test_a_file_is_refused_by_what_its_first_records_take(monkeypatch):
    column, file = fill(["red"] * 100), io.BytesIO(b"x" * 1000)
    file.seek(10)
    monkeypatch.setattr(memory, "free_memory", lambda: 99_500)
    check_growth([column], file, 1000, "t.csv")
    monkeypatch.setattr(memory, "free_memory", lambda: 98_500)
    with pytest.raises(InputError, match=r"^t\.csv takes at least .* audit a part of the rows"):
        check_growth([column], file, 1000, "t.csv")
