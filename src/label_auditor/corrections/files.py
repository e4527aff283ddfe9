"""Corrections in files: JSON and CSV, each of which gives back exactly what was written."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.data.atomic_write import atomic_write
from label_auditor.data.decisions import VALIDATED, Correction
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from label_auditor.data.decisions import Label

    Path_ = str | os.PathLike[str]

FORMAT = "label-auditor corrections, version 1"
COLUMNS = ("id", "label", "status", "who", "when")
# Strings that a cell of CSV could not hold, or that could be taken for something else there.
_NOT_PLAIN = re.compile(r'^$|^[\["]|[\0\ud800-\udfff]')


def write_json(path: Path_, corrections: Iterable[Correction]) -> None:
    """Write corrections as JSON."""
    entries = [{name: getattr(each, name) for name in COLUMNS} for each in corrections]
    text = json.dumps({"format": FORMAT, "corrections": entries}, ensure_ascii=False, indent=1)
    # UTF-8 has no bytes for half a surrogate pair; JSON has an escape, which is Python's.
    with atomic_write(path) as file:
        file.write(text.encode(errors="backslashreplace"))


def read_json(path: Path_) -> Iterator[Correction]:
    """Read corrections that :func:`write_json` or a review page wrote."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}.") from error
    entries = content.get("corrections") if isinstance(content, dict) else None
    if not isinstance(entries, list) or content.get("format") != FORMAT:
        raise ValueError(
            f"{path} holds no corrections: it needs an object with "
            f'"format": "{FORMAT}" and a list of "corrections".'
        )
    for number, entry in enumerate(entries, start=1):
        yield _read_entry(entry, f"{path}, correction {number}")


def _read_entry(entry: Any, where: str) -> Correction:
    """Make a correction of an object of JSON; keys that it doesn't know are left out."""
    if not isinstance(entry, dict) or "id" not in entry:
        raise ValueError(f'{where}: {entry!r:.100} is no object with an "id".')
    label = entry.get("label")
    try:
        return Correction(
            str(entry["id"]),
            tuple(label) if isinstance(label, list) else label,
            entry.get("status", VALIDATED),
            entry.get("who"),
            entry.get("when"),
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


def write_csv(path: Path_, corrections: Iterable[Correction]) -> None:
    """Write corrections as CSV: a list of labels is a list of JSON in its cell."""
    with atomic_write(path) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for each in corrections:
            writer.writerow(_cell(getattr(each, name)) for name in COLUMNS)


def read_csv(path: Path_) -> Iterator[Correction]:
    """Read corrections from CSV with columns id and label, and status, who, when or not."""
    csv.field_size_limit(2**31 - 1)
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        try:
            _check_header(reader.fieldnames or ())
            for row in reader:
                yield _read_row(row)
        except (csv.Error, ValueError) as error:
            raise ValueError(f"{path}, line {reader.reader.line_num or 1}: {error}") from error


def _check_header(names: Iterable[str]) -> None:
    """Refuse a header that lacks a column without which there are no corrections."""
    missing = [name for name in ("id", "label") if name not in names]
    if missing:
        raise ValueError(
            f"there is no column {quote_values(missing)}, but {quote_values(names) or 'none'}; "
            f"the columns of corrections are {', '.join(COLUMNS)}, divided by commas."
        )


def _read_row(row: dict[str, Any]) -> Correction:
    """Make a correction of the cells of a row."""
    if None in row or None in row.values():
        raise ValueError("the number of cells isn't that of the header; quote cells with commas.")
    values = {name: _value(row[name]) for name in COLUMNS if name in row}
    if values["id"] is None or isinstance(values["id"], tuple):
        raise ValueError("the id is missing.")
    return Correction(
        values["id"],
        values["label"],
        str(values.get("status") or VALIDATED),
        *(None if values.get(name) is None else str(values[name]) for name in ("who", "when")),
    )


def _cell(value: Label | None) -> str:
    """Give a value as a cell: as it stands, or as JSON where that could be misread."""
    if value is None:
        return ""
    if isinstance(value, tuple) or _NOT_PLAIN.search(value):
        return json.dumps(value)
    return value


def _value(cell: str) -> Label | None:
    """Give what a cell holds: None where it is empty."""
    if cell[:1] in ("[", '"'):
        try:
            found = json.loads(cell)
        except ValueError:
            return cell  # somebody's own "[spam]"
        if isinstance(found, str):
            return found
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            return tuple(found)
    return cell or None
