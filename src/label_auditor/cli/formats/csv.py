"""CSV: cells divided by commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import re
from itertools import chain, compress, islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.errors import InputError
from label_auditor.cli.formats.text import (
    check_text,
    encode,
    is_wanted,
    make_table,
    read_lines,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import pandas as pd

    from label_auditor.cli.formats.columns import Column
    from label_auditor.cli.formats.text import Edit

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# "007" and "1.0" are no plain integers: as numbers they would be written back as 7 and 1.
PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}").fullmatch
# The first line by which Excel is told the separator; it is no record.
_SEPARATOR_LINE = re.compile(r"sep=([,;|:\t^~])(?:\r\n|\r|\n)", re.IGNORECASE)
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?").fullmatch
_LINE_END = re.compile(r"\r\n|\r|\n")


class _Record(NamedTuple):
    """Lines of a file that belong together."""

    text: str  # as it stands in the file, with its line end
    cells: list[str]
    line: int  # the number of its first line


def read(
    file: IO[bytes],
    name: str,
    wanted: Collection[str] | None = None,
    *,
    separator: str | None = None,
) -> pd.DataFrame:
    """Read cells as strings, or as integers where all of a column are plain integers.

    The csv module does it, as pandas makes a missing cell of "NA", and shifts uneven rows.
    """
    from label_auditor.cli.formats.columns import BLOCK, Column, check_growth

    size = check_text(file, name)
    separator = separator or _find_separator(file, name)
    records = _skip_blank(_iterate(file, separator, name))
    header = next(records, _Record("", [], 0)).cells
    chosen = [is_wanted(each, wanted) for each in header]
    columns = [Column() for _ in compress(header, chosen)]
    n_rows = 0
    while block := _read_block(islice(records, BLOCK), len(header), separator, name):
        n_rows += len(block)
        for column, cells in zip(columns, compress(zip(*block, strict=True), chosen), strict=True):
            column.extend(cells)
        check_growth(columns, file, size, name)
    return make_table(header, chosen, map(_convert, columns), n_rows)


def _read_block(
    records: Iterable[_Record], width: int, separator: str, name: str
) -> list[list[str]]:
    """Give the cells of records; refuse a record that has more or fewer than the header."""
    block = []
    for record in records:
        if len(record.cells) != width:
            raise InputError(
                f"{name}, line {record.line}: {len(record.cells)} cells, but the header has "
                f"{width}; cells that hold {SEPARATORS.get(separator, repr(separator))} must "
                "be quoted."
            )
        block.append(record.cells)
    return block


def _convert(column: Column) -> pd.Series:
    """Give cells as integers if all of them are plain ones, else as they are."""
    import numpy as np
    import pandas as pd

    if all(map(PLAIN_INTEGER, column.distinct)):
        numbers = np.fromiter(map(int, column.distinct), dtype=np.int64)
        return pd.Series(column.spread(numbers))
    return column.to_series()


def rewrite(
    file: IO[bytes], name: str, edit: Edit, *, separator: str | None = None
) -> Iterator[bytes]:
    """Give the content with other labels; its quotes, separators and blank lines stay."""
    check_text(file, name)
    separator = separator or _find_separator(file, name)
    return encode(_rewrite(file, name, edit, separator), file)


def _rewrite(file: IO[bytes], name: str, edit: Edit, separator: str) -> Iterator[str]:
    """Give the records as text, and between them what is no record."""
    number: int | None = None  # of the record; the header is -1
    position = 0
    for record in _iterate(file, separator, name):
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


def _find_separator(file: IO[bytes], name: str) -> str:
    """Find what divides the header, and most of the rows into as many cells as the header has."""
    told = _SEPARATOR_LINE.match(next(read_lines(file), ""))
    if told:
        return told[1]
    widths = {separator: _count_columns(file, separator) for separator in SEPARATORS}
    candidates = [separator for separator, width in widths.items() if width > 1]
    if "\t" in candidates and ".tsv" in name.lower():
        return "\t"
    if len(candidates) < 2:
        return candidates[0] if candidates else ","
    fits = {each: (_count_fitting(file, each, widths[each]), widths[each]) for each in candidates}
    return max(candidates, key=lambda each: fits[each])


def _count_columns(file: IO[bytes], separator: str) -> int:
    """Count the cells of the header."""
    try:
        header = next(_skip_blank(_iterate(file, separator, "")), None)
    except InputError:
        return 0
    return len(header.cells) if header else 0


def _count_fitting(file: IO[bytes], separator: str, width: int) -> int:
    """Count the records that have as many cells as the header."""
    fitting = 0
    try:
        for record in _skip_blank(_iterate(file, separator, "")):
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


def _iterate(file: IO[bytes], separator: str, name: str) -> Iterator[_Record]:
    """Give all that is in the file, empty lines too, which are records without cells."""
    csv.field_size_limit(2**31 - 1)
    of_file = read_lines(file)
    lines: list[str] = []

    def take_lines(source: Iterable[str]) -> Iterator[str]:
        for line in source:
            lines.append(line)
            yield line

    first, before = 1, list(islice(of_file, 1))
    if before and _SEPARATOR_LINE.match(before[0]):
        yield _Record(before[0], [], first)
        first, before = 2, []
    reader = csv.reader(take_lines(chain(before, of_file)), delimiter=separator, strict=True)
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
