"""The formats of tables: each is a module with `read` and `rewrite`, and a line of `FORMATS`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from label_auditor.cli.formats import csv, json_lines, parquet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pandas as pd

__all__ = ["FORMATS", "KNOWN_ENDINGS", "Format", "ending_of", "find_format", "guess_format"]


class _Read(Protocol):
    def __call__(self, content: bytes, name: str) -> pd.DataFrame: ...


class _Rewrite(Protocol):
    def __call__(
        self,
        content: bytes,
        name: str,
        column: str,
        labels: Mapping[int, Any],
        drop: Collection[int],
    ) -> Iterator[bytes]: ...


class Format(NamedTuple):
    """A format of tables.

    Attributes
    ----------
    read : callable
        Gives the records of a file's content, in their order, as a DataFrame. Its second argument
        is the name of the file, for messages.
    rewrite : callable
        Gives the content again, with other labels in a column, by the position of the record, and
        without the records to drop; all else stays as it is.
    """

    read: _Read
    rewrite: _Rewrite


# By the ending of a file's name, which is also what --format takes.
FORMATS = {
    **dict.fromkeys(("csv", "tsv"), Format(csv.read, csv.rewrite)),
    **dict.fromkeys(("jsonl", "ndjson", "json"), Format(json_lines.read, json_lines.rewrite)),
    "parquet": Format(parquet.read, parquet.rewrite),
}
KNOWN_ENDINGS = f"{', '.join(f'.{name}' for name in list(FORMATS)[:-1])} or .{list(FORMATS)[-1]}"


def ending_of(name: str) -> str:
    """Give the ending of a file's name that tells its format, in lower case: ".csv", ".csv.gz"."""
    ending = re.search(r"\.[^./\\]*(\.gz)?$", name.lower())
    return ending[0] if ending else ""


def find_format(name: str) -> Format | None:
    """Give the format that the ending of a file's name tells, if it tells one."""
    return FORMATS.get(ending_of(name).removesuffix(".gz").removeprefix("."))


def guess_format(content: bytes) -> Format:
    """Tell the format of what comes without a name, through a pipe."""
    if content.startswith(b"PAR1"):
        return FORMATS["parquet"]
    start = content[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    return FORMATS["json" if re.match(rb"\{|\[\s*[{\]]", start) else "csv"]
