"""Write a table again with other labels in some rows, and all else byte for byte as it was."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

from label_auditor.cli.tables import ending_of, open_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

_CELL = re.compile(r'"(?:[^"]|"")*"|[^,\r\n]*')
_SPACE = re.compile(r"[ \t\r\n]*")


def rewrite_table(
    source: Path, target: Path, column: str, labels: Mapping[int, Any], drop: Collection[int] = ()
) -> None:
    """Write a table that :func:`~label_auditor.cli.tables.read_table` has read again.

    Parameters
    ----------
    source, target : Path
        Files of the same format.
    column : str
        The column of the labels.
    labels : mapping from int to label
        New labels, by the position of the record.
    drop : collection of int, default=()
        Positions of the records to leave out.
    """
    if ending_of(source) == ".parquet":
        _rewrite_parquet(source, target, column, labels, drop)
        return
    rewrite = _rewrite_csv if ".csv" in ending_of(source) else _rewrite_json_lines
    # A byte order mark is part of the text here, so that it stays.
    with open_text(source, encoding="utf-8") as old, open_text(target, "wt", "utf-8") as new:
        new.writelines(rewrite(old, column, labels, drop))


def _rewrite_csv(
    stream: Iterator[str], column: str, labels: Mapping[int, Any], drop: Collection[int]
) -> Iterator[str]:
    """Give the lines of CSV, those of a record together."""
    lines: list[str] = []

    def read() -> Iterator[str]:
        for line in stream:
            lines.append(line)
            yield line.removeprefix("\ufeff") if len(lines) == 1 and number == -1 else line

    number = -1  # of the record; the header comes first
    position = 0
    for cells in csv.reader(read(), strict=True):
        text = "".join(lines)
        lines.clear()
        if not cells:  # a blank line is no record
            yield text
            continue
        if number == -1:
            position = cells.index(column)
        elif number in labels:
            text = _replace_cell(text, position, str(labels[number]))
        if number not in drop:
            yield text
        number += 1
    yield "".join(lines)


def _replace_cell(text: str, position: int, value: str) -> str:
    """Replace a cell in the text of a record; quoted, if it was or has to be."""
    start = 0
    for _ in range(position):
        start = _end(text, start) + 1
    end = _end(text, start)
    if text[start : start + 1] == '"' or re.search('[",\r\n]', value):
        value = '"' + value.replace('"', '""') + '"'
    return text[:start] + value + text[end:]


def _end(text: str, start: int) -> int:
    """Give the end of the cell that starts here."""
    cell = _CELL.match(text, start)
    return cell.end() if cell else start


def _rewrite_json_lines(
    stream: Iterator[str], column: str, labels: Mapping[int, Any], drop: Collection[int]
) -> Iterator[str]:
    """Give the lines of JSON lines."""
    number = 0
    for line in stream:
        if line.isspace():  # no record
            yield line
            continue
        if number not in drop:
            yield _replace_value(line, column, labels[number]) if number in labels else line
        number += 1


def _replace_value(line: str, key: str, value: Any) -> str:
    """Replace the value of a key in the text of an object; of a key that it lacks, add it."""
    decode = json.JSONDecoder().raw_decode
    found: slice | None = None
    position = _skip(line, line.index("{") + 1)
    first = position
    while line[position] != "}":
        name, position = decode(line, position)
        start = _skip(line, _skip(line, position) + 1)  # after the colon
        _, position = decode(line, start)
        if name == key:  # the last one counts
            found = slice(start, position)
        position = _skip(line, position)
        if line[position] == ",":
            position = _skip(line, position + 1)
    new = json.dumps(value, ensure_ascii=line.isascii())
    if found is None:
        comma = ", " if position > first else ""
        return f"{line[:position]}{comma}{json.dumps(key)}: {new}{line[position:]}"
    return line[: found.start] + new + line[found.stop :]


def _skip(line: str, position: int) -> int:
    """Give the position after the white space that starts here."""
    space = _SPACE.match(line, position)
    return space.end() if space else position


def _rewrite_parquet(
    source: Path, target: Path, column: str, labels: Mapping[int, Any], drop: Collection[int]
) -> None:
    """Write Parquet with pyarrow: the other columns, types and metadata as they were."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(source)
    position = table.schema.get_field_index(column)
    field = table.schema.field(position)
    values = table.column(position).to_pylist()
    for row, value in labels.items():
        values[row] = value
    new = pa.array(values, type=field.type)
    table = table.set_column(position, field, new)
    if drop:
        table = table.filter(pa.array(~np.isin(np.arange(table.num_rows), list(drop))))
    parquet.write_table(table, target)
