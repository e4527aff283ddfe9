"""CSV: cells divided by commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.errors import InputError
from label_auditor.cli.formats.text import decode, encode, make_table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    import pandas as pd

    from label_auditor.cli.formats.text import Edit

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# "007" and "1.0" are no plain integers: as numbers they would be written back as 7 and 1.
PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}").fullmatch
# So many different cells are looked for among the others, to be kept once.
MOST_SHARED = 10_000
# The first line by which Excel is told the separator; it is no record.
_SEPARATOR_LINE = re.compile(r"sep=([,;|:\t^~])(?:\r\n|\r|\n)", re.IGNORECASE)
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?").fullmatch
_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class _Record(NamedTuple):
    """Lines of a file that belong together."""

    text: str  # as it stands in the file, with its line end
    cells: list[str]
    line: int  # the number of its first line


def read(content: bytes, name: str, separator: str | None = None) -> pd.DataFrame:
    """Read cells as strings, or as integers where all of a column are plain integers.

    The csv module does it, as pandas makes a missing cell of "NA", and shifts uneven rows.
    """
    text = decode(content, name)
    separator = separator or _find_separator(text, name)
    records = _skip_blank(_iterate(text, separator, name))
    header = next(records, _Record("", [], 0)).cells
    columns: list[list[str]] = [[] for _ in header]
    share = _share_cells()
    for record in records:
        if len(record.cells) != len(header):
            raise InputError(
                f"{name}, line {record.line}: {len(record.cells)} cells, but the header has "
                f"{len(header)}; cells that hold {SEPARATORS.get(separator, repr(separator))} must "
                "be quoted."
            )
        for column, cell in zip(columns, record.cells, strict=True):
            column.append(share(cell))
    n_rows = len(columns[0]) if columns else 0
    return make_table(header, (_convert(cells) for cells in columns), n_rows)


def _share_cells() -> Callable[[str], str]:
    """Give what returns the same object for equal cells, as those of labels are."""
    known: dict[str, str] = {}

    def share(cell: str) -> str:
        return (known.setdefault if len(known) < MOST_SHARED else known.get)(cell, cell)

    return share


def _convert(cells: Collection[str]) -> pd.Series:
    """Give cells as integers if all of them are plain ones, else as they are."""
    import pandas as pd

    if all(map(PLAIN_INTEGER, cells)):
        return pd.Series([int(cell) for cell in cells], dtype="int64")
    return pd.Series(list(cells), dtype=object)


def rewrite(content: bytes, name: str, edit: Edit, separator: str | None = None) -> Iterator[bytes]:
    """Give the content with other labels; its quotes, separators and blank lines stay."""
    text = decode(content, name)
    separator = separator or _find_separator(text, name)
    return encode(_rewrite(text, name, edit, separator), content)


def _rewrite(text: str, name: str, edit: Edit, separator: str) -> Iterator[str]:
    """Give the records as text, and between them what is no record."""
    number: int | None = None  # of the record; the header is -1
    position = 0
    for record in _iterate(text, separator, name):
        if not record.cells or (number is None and not any(map(str.strip, record.cells))):
            yield record.text  # no record
            continue
        if number is None:
            number, position = -1, record.cells.index(edit.column)
            yield record.text
            continue
        number += 1
        if number in edit.drop:
            continue
        if number in edit.labels:
            yield _replace_cell(record, separator, position, edit.labels[number])
        else:
            yield record.text


def quote(value: str, separator: str = ",") -> str:
    """Give a cell in quotes if it holds what divides cells or lines, on every version of Python."""
    if re.search(f'[{re.escape(separator)}"\r\n]', value):
        return '"' + value.replace('"', '""') + '"'
    return value


def write(table: pd.DataFrame, *, run_nothing: bool = False) -> Iterator[bytes]:
    """Give a table as CSV: missing cells are empty, and half surrogate pairs are escaped.

    With `run_nothing`, an apostrophe stands before each text that a spreadsheet would take for a
    formula, and run.
    """
    columns = (
        column.astype(object).mask(column.isna(), "").tolist() for _, column in table.items()
    )
    for cells in (list(table.columns), *zip(*columns, strict=True)):
        texts = (f"'{cell}" if run_nothing and _is_formula(cell) else str(cell) for cell in cells)
        yield (",".join(map(quote, texts)) + "\n").encode("utf-8", "backslashreplace")


def _is_formula(cell: Any) -> bool:
    """Tell whether a spreadsheet would run a text; "-1.5" is a number."""
    return isinstance(cell, str) and bool(_FORMULA.match(cell)) and not _NUMBER(cell)


def _find_separator(text: str, name: str) -> str:
    """Find what divides the header, and most of the rows into as many cells as the header has."""
    told = _SEPARATOR_LINE.match(text)
    if told:
        return told[1]
    widths = {separator: _count_columns(text, separator) for separator in SEPARATORS}
    candidates = [separator for separator, width in widths.items() if width > 1]
    if "\t" in candidates and ".tsv" in name.lower():
        return "\t"
    if len(candidates) < 2:
        return candidates[0] if candidates else ","
    fits = {each: (_count_fitting(text, each, widths[each]), widths[each]) for each in candidates}
    return max(candidates, key=lambda each: fits[each])


def _count_columns(text: str, separator: str) -> int:
    """Count the cells of the header."""
    try:
        header = next(_skip_blank(_iterate(text, separator, "")), None)
    except InputError:
        return 0
    return len(header.cells) if header else 0


def _count_fitting(text: str, separator: str, width: int) -> int:
    """Count the records that have as many cells as the header."""
    fitting = 0
    try:
        for record in _skip_blank(_iterate(text, separator, "")):
            fitting += len(record.cells) == width
    except InputError:
        return fitting
    return fitting


def _skip_blank(records: Iterable[_Record]) -> Iterator[_Record]:
    """Leave out empty lines and, before the header, lines of empty cells."""
    started = False
    for record in records:
        started = started or any(map(str.strip, record.cells))
        if started and record.cells:
            yield record


def _iterate(text: str, separator: str, name: str) -> Iterator[_Record]:
    """Give all that is in the file, empty lines too, which are records without cells."""
    csv.field_size_limit(2**31 - 1)
    lines: list[str] = []

    def take_lines() -> Iterator[str]:
        # A line at a time: io.StringIO would take four bytes for each character of the file.
        for line in _LINE.finditer(text, start):
            lines.append(line[0])
            yield line[0]

    first, start = 1, 0
    told = _SEPARATOR_LINE.match(text)
    if told:
        yield _Record(told[0], [], first)
        first, start = 2, told.end()
    reader = csv.reader(take_lines(), delimiter=separator, strict=True)
    line = first
    try:
        for cells in reader:
            yield _Record("".join(lines), cells, line)
            line = first + reader.line_num
            lines.clear()
    except csv.Error as error:
        problem = _find_problem("".join(lines), separator, line) or f"line {line}: {error}"
        raise InputError(f"{name}, {problem}.") from error


def _find_problem(text: str, separator: str, line: int) -> str | None:
    """Say which quotes in the text of a record, whose first line is `line`, are wrong."""
    start = 0
    while start < len(text):
        end = _end_of_cell(text, separator, start)
        if text[start] == '"':
            opened = line + len(_LINE_END.findall(text, 0, start))
            if end == start:
                return f"line {opened}: the quotes that open a cell in this line are never closed"
            if text[end : end + 1] not in (separator, "\r", "\n", ""):
                closed = line + len(_LINE_END.findall(text, 0, end))
                return (
                    f"line {closed}: text follows the closing quotes of a cell (they open in line "
                    f"{opened}); quotes within a cell in quotes must be doubled"
                )
        start = end + 1
    return None


def _replace_cell(record: _Record, separator: str, position: int, label: Any) -> str:
    """Replace a cell in the text of a record; quoted, if it was or has to be."""
    text, value, start = record.text, str(label), 0
    for _ in range(position):
        start = _end_of_cell(text, separator, start) + 1
    end = _end_of_cell(text, separator, start)
    new = quote(value, separator)
    if text[start : start + 1] == '"' and new == value:
        new = f'"{value}"'
    return text[:start] + new + text[end:]


def _end_of_cell(text: str, separator: str, start: int) -> int:
    """Give the end of the cell that starts here; the start, if its quotes are never closed."""
    in_quotes = r'"[^"]*(?:""[^"]*)*"'
    cell = re.compile(rf'{in_quotes}|(?!")[^{re.escape(separator)}\r\n]*').match(text, start)
    return cell.end() if cell else start
