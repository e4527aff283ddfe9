"""JSON: one object per line, or one array of objects."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from label_auditor.cli.errors import InputError
from label_auditor.cli.formats.text import (
    check_text,
    decode,
    encode,
    escape,
    is_wanted,
    make_table,
    read_lines,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import pandas as pd

    from label_auditor.cli.formats.text import Edit

_SPACE = re.compile(r"[ \t\r\n]*")
_HINT = "JSON is read as one object per line, or as one array of objects"


def read(file: IO[bytes], name: str, wanted: Collection[str] | None = None) -> pd.DataFrame:
    """Read values as JSON has them; pandas would turn the string "1" into a number."""
    from label_auditor.cli.formats.columns import BLOCK, Column, check_growth

    size = check_text(file, name)
    records = _iterate(file, name)
    keys: dict[str, None] = {}  # in the order in which they appear
    columns: dict[str, Column] = {}
    n_rows = 0
    while block := list(islice(records, BLOCK)):
        keys.update(dict.fromkeys(key for record in block for key in record))
        for key in keys:
            if is_wanted(key, wanted):
                column = columns.setdefault(key, Column())
                column.extend([None] * (n_rows - len(column)))
                column.extend([record.get(key) for record in block])
        n_rows += len(block)
        check_growth(columns.values(), file, size, name)
    series = (column.to_series() for column in columns.values())
    return make_table(list(keys), [key in columns for key in keys], series, n_rows)


def rewrite(file: IO[bytes], name: str, edit: Edit) -> Iterator[bytes]:
    """Give the content with other values of one key; all else stays, spaces and escapes too."""
    check_text(file, name)
    keys = (key for record in _iterate(file, name) for key in record)
    key = next((key for key in keys if escape(key) == edit.column), edit.column)
    edit = edit._replace(column=key)
    if _is_array(file):
        return encode(_rewrite_array(_read_all(file, name), name, edit), file)
    return encode(_rewrite_lines(read_lines(file), name, edit), file)


def _is_array(file: IO[bytes]) -> bool:
    filled = (line for line in read_lines(file) if _skip(line, 0) < len(line))
    line = next(filled, "")
    return line[_skip(line, 0) :].startswith("[")


def _read_all(file: IO[bytes], name: str) -> str:
    """Give an array, which is in memory as a whole."""
    file.seek(0)
    return decode(file.read(), name)


def _iterate(file: IO[bytes], name: str) -> Iterator[dict[str, Any]]:
    """Give the records."""
    if _is_array(file):
        yield from (record for _, _, record in _iterate_array(_read_all(file, name), name))
    else:
        lines = _iterate_lines(read_lines(file), name)
        yield from (record for _, record in lines if record is not None)


def _iterate_lines(lines: Iterable[str], name: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Give each line and its object; an empty line has none."""
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            yield line, None
            continue
        record, end = _decode(line, _skip(line, 0), name, number)
        rest = _skip(line, end)
        if rest < len(line):
            place = _place(line, rest, number)
            raise InputError(f"{name}, {place}: something follows the object; {_HINT}.")
        yield line, record


def _iterate_array(text: str, name: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Give the start, the end and the value of each object in an array."""
    position = _skip(text, text.index("[") + 1)
    more = text[position : position + 1] != "]"
    while more:
        record, end = _decode(text, position, name)
        yield position, end, record
        position = _skip(text, end)
        more = text[position : position + 1] == ","
        if more:
            position = _skip(text, position + 1)
    rest = _skip(text, position + 1)
    if text[position : position + 1] != "]":
        problem = "the array needs a comma or its closing bracket here"
        raise InputError(f"{name}, {_place(text, position)}: {problem}.")
    if rest < len(text):
        raise InputError(f"{name}, {_place(text, rest)}: something follows the array; {_HINT}.")


def _decode(text: str, start: int, name: str, line: int = 1) -> tuple[dict[str, Any], int]:
    """Read the object that starts here, in a text that starts in `line`; give it and its end."""
    place = _place(text, start, line)
    try:
        record, end = json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError as error:
        place = _place(text, error.pos, line)
        raise InputError(f"{name}, {place}: {error.msg}; {_HINT}.") from error
    except RecursionError as error:
        raise InputError(
            f"{name}, {place}: its arrays or objects are nested too deeply."
        ) from error
    except ValueError as error:  # an integer of more digits than Python reads
        raise InputError(f"{name}, {place}: {str(error).partition(':')[0]}.") from error
    if not isinstance(record, dict):
        kind = "an array" if isinstance(record, list) else "a single value"
        raise InputError(f"{name}, {place}: no JSON object, but {kind}; {_HINT}.")
    return record, end


def _place(text: str, position: int, line: int = 1) -> str:
    """Name a place as editors do, in a text that starts in `line`."""
    column = position - text.rfind("\n", 0, position)
    return f"line {line + text.count(chr(10), 0, position)}, column {column}"


def _rewrite_lines(lines: Iterable[str], name: str, edit: Edit) -> Iterator[str]:
    """Give the lines."""
    number = -1
    for line, record in _iterate_lines(lines, name):
        number += record is not None
        if record is None:
            yield line
        elif number not in edit.drop:
            yield _edit_record(line, number, edit)


def _rewrite_array(text: str, name: str, edit: Edit) -> Iterator[str]:
    """Give the objects and what stands around them; with an object goes one comma."""
    spans = [(start, end) for start, end, _ in _iterate_array(text, name)]
    kept = [number for number in range(len(spans)) if number not in edit.drop]
    yield text[: spans[0][0]]
    for number in kept:
        start, end = spans[number]
        if number != kept[0]:
            yield text[spans[number - 1][1] : start]
        yield _edit_record(text[start:end], number, edit)
    yield text[spans[-1][1] :]


def _edit_record(text: str, number: int, edit: Edit) -> str:
    """Give the text of a record, with another label if it gets one."""
    if number not in edit.labels:
        return text
    return _replace_value(text, edit.column, edit.labels[number])


def _replace_value(text: str, key: str, value: Any) -> str:
    """Replace the value of a key in the text of an object; of a key that it lacks, add it."""
    decode = json.JSONDecoder().raw_decode
    found: slice | None = None
    position = _skip(text, text.index("{") + 1)
    first = position
    while text[position] != "}":
        name, position = decode(text, position)
        start = _skip(text, _skip(text, position) + 1)  # after the colon
        _, position = decode(text, start)
        if name == key:  # the last one counts
            found = slice(start, position)
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)
    if found is None:
        comma = ", " if position > first else ""
        return f"{text[:position]}{comma}{json.dumps(key)}: {_dump(value, text)}{text[position:]}"
    return text[: found.start] + _dump(value, text) + text[found.stop :]


def _dump(value: Any, text: str) -> str:
    """Write a value with escapes where the text has them, or where UTF-8 can't do without."""
    dumped = json.dumps(value, ensure_ascii=text.isascii())
    try:
        dumped.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value)
    return dumped


def _skip(text: str, position: int) -> int:
    """Give the position after the white space that starts here."""
    space = _SPACE.match(text, position)
    return space.end() if space else position
