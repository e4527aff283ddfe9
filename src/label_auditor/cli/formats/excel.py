"""Excel's .xlsx, with openpyxl: the first sheet, whose first row that isn't empty is the header."""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from itertools import compress
from typing import IO, TYPE_CHECKING, Any

from label_auditor.cli.errors import InputError, needs
from label_auditor.cli.formats.text import is_wanted, make_table
from label_auditor.cli.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pandas as pd

    from label_auditor.cli.formats.text import Edit

# What openpyxl raises for files that are damaged, or something else.
_DAMAGED = (
    *(AttributeError, EOFError, IndexError, KeyError, OSError, SyntaxError, TypeError, ValueError),
    zipfile.BadZipFile,
)
# Parts of a workbook that openpyxl does not write again.
_LOST = ("xl/charts/", "xl/media/", "xl/drawings/", "xl/vbaProject", "xl/pivot")


def read(file: IO[bytes], name: str, wanted: Collection[str] | None = None) -> pd.DataFrame:
    """Read values as Excel has them; of formulas their last results, and times as ISO 8601."""
    import pandas as pd

    content = file.read()
    rows = _records(_load(content, name), name)
    values = _load(content, name, results=True)
    header, width = rows[0][1], len(rows[0][1])
    chosen = [is_wanted(each, wanted) for each in header]
    numbers = [row for row, _ in rows[1:]]
    columns = (
        [_plain(values.cell(row, at).value) for row in numbers]
        for at in compress(range(1, width + 1), chosen)
    )
    series = (pd.Series(cells, dtype=object) for cells in columns)
    return make_table(header, chosen, series, len(numbers))


def rewrite(file: IO[bytes], name: str, edit: Edit) -> Iterator[bytes]:
    """Give the workbook with other labels; its other cells, formats and sheets stay."""
    sheet = _load(file.read(), name, keep=True)
    from openpyxl.utils.exceptions import IllegalCharacterError

    rows = _records(sheet, name)
    position = rows[0][1].index(edit.column) + 1
    numbers = [row for row, _ in rows[1:]]
    if edit.drop and any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row):
        raise InputError(
            f"{name} has formulas, which would name the wrong cells without the rows that are left "
            "out; leave out --drop-discarded, or save the table with values in place of formulas."
        )
    for record, label in edit.labels.items():
        cell = sheet.cell(numbers[record], position)
        try:
            cell.value = label
        except (ValueError, IllegalCharacterError) as error:
            raise InputError(f"{name} can't hold the label {label!r:.60}: {error}.") from error
        if isinstance(label, str):
            cell.data_type = "s"  # also if it begins as formulas do
    for record in sorted(edit.drop, reverse=True):
        sheet.delete_rows(numbers[record])
    new = io.BytesIO()
    sheet.parent.save(new)
    yield new.getvalue()


def _load(content: bytes, name: str, *, results: bool = False, keep: bool = False) -> Any:
    """Load the first sheet: with the results of formulas, or so that it can be written again."""
    try:
        import openpyxl
    except ImportError as error:
        raise needs("openpyxl", "read .xlsx") from error
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_memory(3 * sum(each.file_size for each in archive.infolist()), name)
            lost = [part for part in archive.namelist() if part.startswith(_LOST)]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=results)
        sheet = book.worksheets[0]
    except _DAMAGED as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is no .xlsx file, or damaged: {error}") from error
    lost += [str(each.message) for each in caught if "not supported" in str(each.message)]
    if keep and lost:
        raise InputError(
            f"{name} holds what would be lost if it were written again, such as charts, pictures "
            f"or macros ({lost[0]}); save the sheet as a workbook of its own, or as CSV."
        )
    return sheet


def _records(sheet: Any, name: str) -> list[tuple[int, list[str]]]:
    """Give the number and the texts of each row that isn't empty, the header first."""
    rows = [
        (number, ["" if value is None else str(value) for value in values])
        for number, values in enumerate(sheet.iter_rows(min_row=1, min_col=1, values_only=True), 1)
        if any(value is not None for value in values)
    ]
    if not rows:
        raise InputError(f"{name} holds no records in its first sheet.")
    width = max(at for at, cell in enumerate(rows[0][1], 1) if cell)
    wide = next((number for number, cells in rows if any(cells[width:])), None)
    if wide is not None:
        raise InputError(
            f"{name}, row {wide}: there are more cells than the header has ({width}); name every "
            "column in the first row."
        )
    return [(number, cells[:width]) for number, cells in rows]


def _plain(value: Any) -> Any:
    """Give a value as text, number, boolean or None."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, datetime.timedelta) else value
