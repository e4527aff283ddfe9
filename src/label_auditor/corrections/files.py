"""Corrections in files of JSON or CSV. What was written comes back exactly as it was."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.data.atomic_write import atomic_write
from label_auditor.data.decisions import VALIDATED, Correction, PageSample
from label_auditor.data.messages import quote_values
from label_auditor.data.text_files import decode_utf8, parse_json

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from label_auditor.data.decisions import Label

    Path_ = str | os.PathLike[str]

FORMAT = "label-auditor corrections, version 1"
COLUMNS = ("id", "label", "status", "who", "when", "note")
# What spreadsheets put between cells, by language.
SEPARATORS = (",", ";", "\t")
# Strings that a cell of CSV could not hold, or that could be taken for something else there.
_NOT_PLAIN = re.compile(r'^$|^[\["]|[\0\ud800-\udfff]')


def write_json(
    path: Path_, corrections: Iterable[Correction], sample: PageSample | None = None
) -> None:
    """Write corrections as JSON, with the sample about which a page asked."""
    names, rows = _tabulate(corrections)
    entries = [dict(zip(names, row, strict=True)) for row in rows]
    content: dict[str, Any] = {"format": FORMAT, "corrections": entries}
    if sample is not None:
        content["plan"] = {"goal": "count", **dataclasses.asdict(sample)}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    # UTF-8 has no bytes for half a surrogate pair; JSON has an escape, which is Python's.
    with atomic_write(path) as file:
        file.write(text.encode(errors="backslashreplace"))


def _tabulate(corrections: Iterable[Correction]) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Give names and rows of what is written; notes only if somebody has written one."""
    rows = [[getattr(each, name) for name in COLUMNS] for each in corrections]
    if any(row[-1] is not None for row in rows):
        return COLUMNS, rows
    return COLUMNS[:-1], [row[:-1] for row in rows]


def read_json(path: Path_) -> tuple[list[Correction], PageSample | None]:
    """Read corrections and sample that :func:`write_json` or a review page wrote."""
    try:
        content = parse_json(decode_utf8(Path(path).read_bytes()))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    entries = content.get("corrections") if isinstance(content, dict) else None
    written_as = content.get("format") if isinstance(content, dict) else None
    if not isinstance(entries, list) or written_as != FORMAT:
        newer = str(written_as).startswith(FORMAT.split(",")[0]) and written_as != FORMAT
        raise ValueError(
            f'{path} holds no corrections: it needs an object with "format": "{FORMAT}" and a '
            'list of "corrections"'
            + (f', but has "format": {written_as!r}; upgrade label-auditor.' if newer else ".")
        )
    corrections = [
        _read_entry(entry, f"{path}, correction {number}")
        for number, entry in enumerate(entries, start=1)
    ]
    return corrections, _read_sample(content.get("plan"), path)


def _read_sample(plan: Any, path: Path_) -> PageSample | None:
    """Make a sample of the plan in a file; None where there is none."""
    if plan is None:
        return None
    try:
        if plan["goal"] != "count":
            raise ValueError(f"the goal is {plan['goal']!r:.60}, not 'count'.")
        return PageSample(plan["seed"], tuple(plan["rows"]), tuple(plan.get("asked", ())))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f'{path}: the "plan" is not that of a review page ({error}); download the corrections '
            'again, or take the "plan" out.'
        ) from error


def _read_entry(entry: Any, where: str) -> Correction:
    """Make a correction of an object of JSON; keys that it doesn't know are left out."""
    if not isinstance(entry, dict) or "id" not in entry:
        raise ValueError(f'{where}: {entry!r:.100} is no object with an "id".')
    identity, label = entry["id"], entry.get("label")
    if isinstance(identity, bool) or not (isinstance(identity, str) or _is_finite(identity)):
        raise ValueError(f'{where}: the "id" is {identity!r:.60}; write a string or a number.')
    try:
        return Correction(
            str(identity),
            tuple(label) if isinstance(label, list) else label,
            entry.get("status", VALIDATED),
            entry.get("who"),
            entry.get("when"),
            entry.get("note"),
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


def _is_finite(value: Any) -> bool:
    """Tell whether a value is a number other than NaN and the infinite ones."""
    return isinstance(value, int | float) and math.isfinite(value)


def write_csv(path: Path_, corrections: Iterable[Correction]) -> None:
    """Write corrections as CSV: a list of labels is a list of JSON in its cell."""
    with atomic_write(path) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as stream:
        names, rows = _tabulate(corrections)
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows(map(_cell, row) for row in rows)


def read_csv(path: Path_) -> Iterator[Correction]:
    """Read corrections from CSV with columns id and label, and status, who, when, note or not."""
    csv.field_size_limit(2**31 - 1)
    try:
        text = decode_utf8(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no CSV: {error}") from error
    reader = _cells(text, _separator(text))
    line = 1  # where a row begins, also if a quote isn't closed
    try:
        names: list[str] = next(filter(None, reader), [])
        _check_header(names)
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                yield _read_row(names, cells)
            line = reader.line_num + 1
    except (csv.Error, ValueError) as error:
        unclosed = "unexpected end of data" in str(error)
        reason = "a quote is opened here and isn't closed." if unclosed else error
        raise ValueError(f"{path}, line {line}: {reason}") from error


def _separator(text: str) -> str:
    """Give the separator by which the header has the columns of corrections; else a comma."""
    for separator in SEPARATORS:
        with contextlib.suppress(csv.Error):
            if {"id", "label"} <= set(next(filter(None, _cells(text, separator)), ())):
                return separator
    return ","


def _cells(text: str, separator: str) -> Any:
    """Give a reader of the rows of CSV."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _check_header(names: list[str]) -> None:
    """Refuse a header that lacks a column without which there are no corrections, or has two."""
    missing = [name for name in ("id", "label") if name not in names]
    if missing:
        raise ValueError(
            f"there is no column {quote_values(missing)}, but {quote_values(names) or 'none'}; "
            f"the columns of corrections are {', '.join(COLUMNS)}, divided by commas, "
            "semicolons or tabs."
        )
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise ValueError(f"there are several columns {quote_values(twice)}; leave one of each.")


def _read_row(names: list[str], cells: list[str]) -> Correction:
    """Make a correction of the cells of a row."""
    if len(cells) != len(names):
        raise ValueError(
            f"the row has another number of cells than the header ({len(cells)}, not "
            f"{len(names)}); put a cell that holds a separator between quotes."
        )
    row = dict(zip(names, cells, strict=True))
    identity = _text(row["id"])
    if identity is None:
        raise ValueError("the id is missing.")
    return Correction(
        identity,
        _label(row["label"]),
        _text(row.get("status", "")) or VALIDATED,
        _text(row.get("who", "")),
        _text(row.get("when", "")),
        _text(row.get("note", "")),
    )


def _cell(value: Label | None) -> str:
    """Give a value as a cell: as it stands, or as JSON where that could be misread."""
    if value is None:
        return ""
    if isinstance(value, tuple) or _NOT_PLAIN.search(value):
        return json.dumps(value)
    return value


def _text(cell: str) -> str | None:
    """Give the text that a cell holds: None where it is empty."""
    if cell[:1] == '"':
        with contextlib.suppress(ValueError):  # somebody's own quotes
            found = parse_json(cell)
            return found if isinstance(found, str) else cell
    return cell or None


def _label(cell: str) -> Label | None:
    """Give the label or the labels that a cell holds: None where it is empty."""
    if cell[:1] != "[":
        return _text(cell)
    try:
        found = json.loads(cell)
    except RecursionError:
        raise ValueError(
            f"the label is {cell[:20]!r}…, a list that is nested too deeply."
        ) from None
    except ValueError:
        return cell  # somebody's own "[spam]"
    if not all(isinstance(each, str) for each in found):
        raise ValueError(
            f"the label is {cell!r:.60}, a list of other values than strings; write a list such "
            f"as {json.dumps([str(each) for each in found][:3])!s:.60}, or, for one class of this "
            f"name, {json.dumps(cell)!s:.60}."
        )
    return tuple(found)
