import io

import pandas as pd
import pytest

from label_auditor.cli import memory
from label_auditor.cli.errors import InputError
from label_auditor.cli.formats.text import decode, encode, make_table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_text_and_stays(encoding):
    content = "é,日本\n".encode(encoding)
    text = decode(content, "t.csv")
    assert text == "é,日本\n"
    assert b"".join(encode([text[:2], text[2:]], io.BytesIO(content))) == content


@pytest.mark.parametrize(
    ("encoding", "where"), [("latin-1", "at byte 5"), ("utf-16", "at byte 0"), ("cp1252", "byte 5")]
)
def test_other_encodings_are_named(encoding, where):
    with pytest.raises(InputError, match=rf"^t\.csv is not UTF-8 text \(.*{where}\); save or conv"):
        decode("text\né,ü\n".encode(encoding), "t.csv")


def test_a_table_holds_several_columns_of_one_name_and_any_name():
    names = ["a", "a", "é\ud800"]
    table = make_table(names, [True] * 3, map(pd.Series, [[1], ["x"], [None]]), 1)
    assert list(table) == ["a", "a", "é\\ud800"]
    assert table.iloc[0].tolist() == [1, "x", None]


def test_a_table_that_does_not_fit_into_memory_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 10**6)
    with pytest.raises(InputError, match="a table of 1,000 rows and 1,000 columns takes at least"):
        make_table(["a"] * 1000, [True] * 1000, [], 1000)
