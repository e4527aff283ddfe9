"""The formats of tables: each is a module with `read` and `rewrite`, and a line of `FORMATS`."""

from __future__ import annotations

import re
from functools import partial
from typing import IO, TYPE_CHECKING, NamedTuple

from label_auditor.cli.formats import csv, excel, json_lines, parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import pandas as pd

    from label_auditor.cli.formats.text import Edit

__all__ = [
    "FORMATS",
    "KNOWN_ENDINGS",
    "Format",
    "divided_by",
    "ending_of",
    "find_format",
    "guess_format",
]


class Format(NamedTuple):
    """A format of tables.

    Attributes
    ----------
    name : str
        What messages call it.
    read : callable
        Gives the records of a file, in their order, as a DataFrame. The file is open for bytes, at
        its beginning. The other arguments are its name, for messages, and the columns that are
        wanted; None: all of them.
    rewrite : callable
        Gives the content of a file again, edited; all else stays as it is.
    """

    name: str
    read: Callable[[IO[bytes], str, Collection[str] | None], pd.DataFrame]
    rewrite: Callable[[IO[bytes], str, Edit], Iterator[bytes]]


_CSV = Format("CSV", csv.read, csv.rewrite)
_JSON = Format("JSON", json_lines.read, json_lines.rewrite)
# By the ending of a file's name, which is also what --format takes.
FORMATS = {
    **dict.fromkeys(("csv", "tsv"), _CSV),
    **dict.fromkeys(("jsonl", "ndjson", "json"), _JSON),
    "xlsx": Format("Excel", excel.read, excel.rewrite),
    "parquet": Format("Parquet", parquet.read, parquet.rewrite),
}
KNOWN_ENDINGS = f"{', '.join(f'.{name}' for name in list(FORMATS)[:-1])} or .{list(FORMATS)[-1]}"


def ending_of(name: str) -> str:
    """Give the ending of a file's name that tells its format, in lower case: ".csv", ".csv.gz"."""
    ending = re.search(r"\.[^./\\]*(\.gz)?$", name.lower())
    return ending[0] if ending else ""


def find_format(name: str) -> Format | None:
    """Give the format that the ending of a file's name tells, if it tells one."""
    return FORMATS.get(ending_of(name).removesuffix(".gz").removeprefix("."))


def divided_by(separator: str) -> Format:
    """Give the format of CSV whose cells are divided by this character."""
    read, rewrite = (partial(each, separator=separator) for each in (csv.read, csv.rewrite))
    return _CSV._replace(read=read, rewrite=rewrite)


def guess_format(start: bytes) -> Format:
    """Tell the format of what comes without a name, through a pipe, by its first bytes."""
    for mark, name in ((b"PAR1", "parquet"), (b"PK\3\4", "xlsx")):
        if start.startswith(mark):
            return FORMATS[name]
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return FORMATS["json" if re.match(rb"\{|\[\s*[{\]]", start) else "csv"]
