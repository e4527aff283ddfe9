"""Excel: the first sheet, read as its values, and written again with other labels."""

import datetime
import io
import sys
import zipfile

import pytest

from label_auditor.cli import memory
from label_auditor.cli.errors import InputError
from label_auditor.cli.formats import excel
from label_auditor.cli.formats.text import Edit

openpyxl = pytest.importorskip("openpyxl")

ROWS = [
    [None, None, None],
    ["text", "label", 2024],
    ["a\nb", "cat", 1],
    [None, None, None],
    ["=1+1", "dog", 2.5],
    ["c", "cat", None],
    ["d", True, datetime.datetime(2024, 1, 2, 3)],
]


def store(rows=ROWS, *, change=None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("other").append(["more"])
    if change is not None:
        change(book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_text(sheet):
    sheet["A5"].data_type = "s"  # a text that begins as formulas do


def rewrite(content, column, labels, drop=()):
    return b"".join(excel.rewrite(io.BytesIO(content), "t.xlsx", Edit(column, labels, drop)))


def cells(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()], book


def test_values_are_those_of_excel():
    table = excel.read(io.BytesIO(store(change=as_text)), "t.xlsx")
    assert table.columns.tolist() == ["text", "label", "2024"]
    assert table["text"].tolist() == ["a\nb", "=1+1", "c", "d"]
    assert table["label"].tolist() == ["cat", "dog", "cat", True]
    assert table["2024"].tolist() == [1, 2.5, None, "2024-01-02T03:00:00"]


def test_other_cells_formats_and_sheets_stay():
    def change(sheet):
        as_text(sheet)
        sheet["B3"].font = openpyxl.styles.Font(bold=True)

    before = store(change=change)
    after, book = cells(rewrite(before, "label", {0: "=dog", 3: "cat"}))
    expected, _ = cells(before)
    expected[2][1], expected[6][1] = "=dog", "cat"
    assert after == expected
    assert book.sheetnames == ["Sheet", "other"]
    assert book.active["B3"].font.bold
    assert book.active["B3"].data_type == "s"  # no formula


def test_rows_are_left_out():
    after, _ = cells(rewrite(store(change=as_text), "label", {2: "dog"}, {0, 1}))
    assert [row[:2] for row in after] == [
        [None, None],
        ["text", "label"],
        [None, None],
        ["c", "dog"],
        ["d", True],
    ]


def test_formulas_are_read_by_their_results_and_not_moved():
    content = store([["text", "label"], ["a", "x"], ["=A2", "y"]])
    assert excel.read(io.BytesIO(content), "t.xlsx")["text"].tolist() == [
        "a",
        None,
    ]  # never calculated
    assert cells(rewrite(content, "label", {0: "z"}))[0][2] == ["=A2", "y"]
    with pytest.raises(InputError, match="has formulas, which would name the wrong cells"):
        rewrite(content, "label", {}, {0})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x", "t.xlsx is no .xlsx file, or damaged: File is not a zip file"),
        (store([]), "t.xlsx holds no records in its first sheet"),
        (store([["a"], ["b", "c"]]), r"t.xlsx, row 2: there are more cells than the header has"),
    ],
    ids=["no archive", "empty", "too many cells"],  # files hold the time at which they were made
)
def test_what_is_no_table_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        excel.read(io.BytesIO(content), "t.xlsx")


def test_another_archive_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(InputError, match=r"is no \.xlsx file, or damaged"):
        excel.read(io.BytesIO(file.getvalue()), "t.xlsx")


def test_charts_are_not_lost_without_a_word():
    def draw(sheet):
        as_text(sheet)
        sheet.add_chart(openpyxl.chart.BarChart())

    content = store(change=draw)
    assert len(excel.read(io.BytesIO(content), "t.xlsx")) == 4
    with pytest.raises(InputError, match="holds what would be lost if it were written again"):
        rewrite(content, "label", {0: "dog"})


def test_a_label_that_excel_cannot_hold():
    with pytest.raises(InputError, match="can't hold the label"):
        rewrite(store(change=as_text), "label", {0: "a\0b"})


def test_what_does_not_fit_into_memory_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 100)
    with pytest.raises(InputError, match="memory"):
        excel.read(io.BytesIO(store()), "t.xlsx")


def test_without_openpyxl_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match=r"openpyxl is needed to read .xlsx: pip install openpyxl"):
        excel.read(io.BytesIO(b""), "t.xlsx")
