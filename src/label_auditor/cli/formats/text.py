"""What the formats have in common, above all those that are text."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from contextlib import contextmanager, suppress
from itertools import compress
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.errors import InputError
from label_auditor.cli.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import pandas as pd

_CHUNK = 2**20


class Edit(NamedTuple):
    """What is to be changed in a table.

    Attributes
    ----------
    column : str
        The column that gets other labels.
    labels : mapping of int to object
        The other labels, by the position of the record.
    drop : collection of int
        Positions of records to leave out.
    """

    column: str
    labels: Mapping[int, Any]
    drop: Collection[int] = ()


def decode(content: bytes, name: str) -> str:
    """Give UTF-8 as text, without the byte order mark with which Excel begins its files."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text ({error.reason} at byte {error.start:,}); save or convert "
            "it as UTF-8."
        ) from error


def check_text(file: IO[bytes], name: str) -> int:
    """Refuse a file that is not UTF-8, and give its size in bytes."""
    try:
        with _as_text(file) as text:
            while text.read(_CHUNK):
                pass
    except UnicodeDecodeError:
        file.seek(0)
        decode(file.read(), name)  # which tells the place
        raise
    return file.tell()


def read_lines(file: IO[bytes]) -> Iterator[str]:
    """Give the lines of a file of UTF-8 from its beginning, with their ends as they are."""
    with _as_text(file) as text:
        yield from iter(text.readline, "")  # the text itself would be closed with the generator


@contextmanager
def _as_text(file: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    """Read a file as text, and leave it open."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        with suppress(ValueError):  # the file has been closed before this came to its end
            text.detach()


def encode(pieces: Iterable[str], file: IO[bytes]) -> Iterator[bytes]:
    """Give text as UTF-8, with a byte order mark if the file has one."""
    file.seek(0)
    if file.read(len(BOM_UTF8)) == BOM_UTF8:
        yield BOM_UTF8
    for piece in pieces:
        yield piece.encode()


def is_wanted(name: str, wanted: Collection[str] | None) -> bool:
    """Tell whether a column of this name is wanted; None: all are."""
    return wanted is None or escape(name) in wanted


def make_table(
    names: Sequence[str], chosen: Sequence[bool], columns: Iterable[Any], n_rows: int
) -> pd.DataFrame:
    """Make a table of the columns that were chosen; several may have the same name.

    If these are not all, ``attrs["columns"]`` has the names of all columns.
    """
    import pandas as pd

    n_chosen = sum(chosen)
    check_memory(n_rows * n_chosen * 8, f"a table of {n_rows:,} rows and {n_chosen:,} columns")
    table = pd.DataFrame(dict(enumerate(columns)), index=range(n_rows))
    escaped = [escape(name) for name in names]
    table.columns = pd.Index(list(compress(escaped, chosen)), dtype=object)
    if n_chosen < len(names):
        table.attrs["columns"] = escaped
    return table


def escape(name: str) -> str:
    """Escape half surrogate pairs, which strings of JSON have, and those of pandas have not."""
    return name.encode("utf-8", "backslashreplace").decode()
