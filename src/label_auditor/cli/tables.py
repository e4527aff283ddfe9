"""Read tables from files, every cell as it stands there."""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from label_auditor.data.messages import list_rows, quote_values

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMATS = ".csv, .jsonl or .json (JSON lines), each also with .gz, or .parquet"
# "007" and "1.0" are no plain integers: as numbers they would be written back as 7 and 1.
PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}").fullmatch


class InputError(ValueError):
    """What the user gave can't be used; the message says why, in one line."""


def read_table(path: Path) -> pd.DataFrame:
    """Read CSV, JSON lines or Parquet.

    Parameters
    ----------
    path : Path
        The file; the ending of its name tells the format.

    Returns
    -------
    pandas.DataFrame
        The records in the order of the file, indexed 0 … n-1. Cells of CSV are strings, unless
        all of a column are plain integers; cells of other formats are what they are there.

    Raises
    ------
    InputError
        If the file can't be read, is of no known format, is damaged or holds no records.
    """
    readers = {
        ".csv": _read_csv,
        ".csv.gz": _read_csv,
        ".json": _read_json_lines,
        ".json.gz": _read_json_lines,
        ".jsonl": _read_json_lines,
        ".jsonl.gz": _read_json_lines,
        ".parquet": _read_parquet,
    }
    read = readers.get(ending_of(path))
    if read is None:
        raise InputError(f"{path}: unknown format; the name should end in {FORMATS}.")
    try:
        table = read(path)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text ({error.reason}); save or convert it as UTF-8."
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"can't read {path}: {reason}.") from error
    if table.empty:
        raise InputError(f"{path} holds no records.")
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()].unique()
        raise InputError(f"{path} has several columns named {quote_values(twice)}; rename them.")
    return table.reset_index(drop=True)


def ending_of(path: Path) -> str:
    """Give the ending of a file's name that tells its format, in lower case."""
    ending = re.search(r"\.[^.]*(\.gz)?$", path.name.lower())
    return ending[0] if ending else ""


def open_text(path: Path, mode: str = "rt", encoding: str = "utf-8-sig") -> Any:
    """Open a text file, gzipped or not; a byte order mark, as Excel writes it, is skipped."""
    open_file: Any = gzip.open if path.suffix.lower() == ".gz" else open
    return open_file(path, mode, encoding=encoding, newline="")


def _read_csv(path: Path) -> pd.DataFrame:
    """Read CSV with the csv module: pandas makes "NA" a missing cell and shifts uneven rows."""
    csv.field_size_limit(2**31 - 1)
    records = []
    with open_text(path) as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = next(reader, [])
            for cells in filter(None, reader):
                if len(cells) != len(header):
                    raise InputError(
                        f"{path}, line {reader.line_num}: {len(cells)} cells, but the header has "
                        f"{len(header)}; cells that hold commas must be quoted."
                    )
                records.append(cells)
        except csv.Error as error:
            raise InputError(f"{path}, line {reader.line_num}: {error}.") from error
    table = pd.DataFrame(records, columns=header, dtype=object)
    integers = [i for i in range(len(header)) if all(PLAIN_INTEGER(row[i]) for row in records)]
    return table.astype({header[i]: np.int64 for i in integers})


def _read_json_lines(path: Path) -> pd.DataFrame:
    """Read one JSON object per line; pandas would turn the string "1" into a number."""
    records = []
    with open_text(path) as stream:
        for number, line in enumerate(stream, start=1):
            if line.isspace():
                continue
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                record = None
            if not isinstance(record, dict):
                raise InputError(
                    f"{path}, line {number}: no JSON object; JSON lines has one object per line."
                )
            records.append(record)
    return pd.DataFrame(records, dtype=object)


def _read_parquet(path: Path) -> pd.DataFrame:
    """Read Parquet with pyarrow."""
    try:
        return pd.read_parquet(path, engine="pyarrow")
    except ImportError as error:
        raise InputError(
            "pyarrow is needed to read Parquet: pip install 'label-auditor[cli]'"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is no Parquet file, or damaged: {error}") from error


def get_column(table: pd.DataFrame, name: str) -> pd.Series:
    """Give a column as objects, missing cells as None; an empty string is a missing cell."""
    if name not in table.columns:
        columns = quote_values(table.columns, limit=20)
        raise InputError(f"there is no column {name!r}; the columns are {columns}.")
    column = table[name].astype(object)
    return column.mask(column.isna() | column.eq(""), None)


def get_texts(table: pd.DataFrame, name: str) -> list[str]:
    """Give a column as texts; a missing cell is an empty text, as in CSV they are the same."""
    return ["" if cell is None else str(cell) for cell in get_column(table, name)]


def get_labels(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """Give a column as labels in their own type: strings, integers or booleans.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    name : str
        The column.

    Returns
    -------
    ndarray of shape (n_rows,)
        The labels; strings as objects.

    Raises
    ------
    InputError
        If there is no such column, labels are missing, of mixed types or no labels at all, or
        all are the same.
    """
    column = get_column(table, name)
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise InputError(
            f"column {name!r} has no label in {len(missing)} of {len(column)} rows: "
            f"{list_rows(missing)} (the first is row 0); fill in these labels or drop the rows."
        )
    labels = column.tolist()
    kinds = {type(label).__name__ for label in labels}
    whole = kinds == {"float"} and all(label.is_integer() for label in labels)
    if len(kinds) > 1 or not (kinds <= {"str", "int", "bool"} or whole):
        raise InputError(
            f"column {name!r} holds values of type {' and '.join(sorted(kinds))}; labels must be "
            "all strings, all integers or all booleans."
        )
    if len(set(labels)) == 1:
        raise InputError(
            f"column {name!r} holds one class only ({labels[0]!r}); at least two are needed."
        )
    return np.array(labels, dtype=object if kinds == {"str"} else None)
