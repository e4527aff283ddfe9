"""The table that a command is given: a file, or what comes through a pipe."""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.arguments import separator
from label_auditor.cli.errors import InputError, explain
from label_auditor.cli.formats import (
    FORMATS,
    KNOWN_ENDINGS,
    Format,
    divided_by,
    ending_of,
    find_format,
    guess_format,
)
from label_auditor.cli.formats.text import Edit
from label_auditor.cli.memory import OTHERWISE, check_memory
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Mapping

    import pandas as pd

HELP = f"the table: {KNOWN_ENDINGS}, or one of these with .gz; or - to read it from a pipe"
_CHUNK = 2**24
_START = 1000
_GZIP = b"\x1f\x8b"


class DataFile(NamedTuple):
    """A table that can be read, and be written again with other labels.

    Attributes
    ----------
    name : str
        What messages call it.
    open : callable
        Opens it for reading, unpacked.
    format : Format
        How it is read.
    packed : bool
        Whether it was packed by gzip.
    """

    name: str
    open: Callable[[], IO[bytes]]
    format: Format
    packed: bool

    def read(self, wanted: Collection[str] | None = None) -> pd.DataFrame:
        """Give the records in their order, numbered 0 … n-1, each cell as it stands there.

        Of the columns, those that are wanted, if the file has them; None: all.
        """
        from label_auditor.cli.tables import find_names

        with self.open() as file:
            table = self.format.read(file, self.name, wanted)
        names = find_names(table)
        if not len(names) or not len(table):
            raise InputError(f"{self.name} holds no records.")
        if names.has_duplicates:
            twice = names[names.duplicated()].unique()
            raise InputError(
                f"{self.name} has several columns named {quote_values(twice)}; rename them."
            )
        return table

    def write(
        self, file: IO[bytes], column: str, labels: Mapping[int, Any], drop: Collection[int]
    ) -> None:
        """Write the table again, with other labels by row, and without the rows to drop."""
        with self.open() as content:
            pieces = self.format.rewrite(content, self.name, Edit(column, labels, drop))
            if not self.packed:
                file.writelines(pieces)
                return
            with gzip.GzipFile(filename="", fileobj=file, mode="wb") as packed:
                for piece in pieces:
                    packed.write(piece)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a table and its format."""
    parser.add_argument("data", metavar="DATA", help=HELP)
    add_format(parser)


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that tell how a table is read."""
    parser.add_argument(
        "--format",
        choices=list(FORMATS),
        help="the format of DATA, where the ending of its name doesn't tell it",
    )
    parser.add_argument(
        "--sep",
        type=separator,
        metavar="CHAR",
        help="what divides the cells of CSV, as ';' or tab (default: it is found out)",
    )


def is_piped(name: str) -> bool:
    """Tell whether a table comes through a pipe, or another file that has no name of its own."""
    if name == "-" or name.startswith(("/dev/", "/proc/")):
        return True
    try:
        return Path(name).is_fifo()
    except (OSError, ValueError):  # no file can have this name; opening it says why
        return False


def split_name(name: str) -> tuple[str, str]:
    """Give the name of a table without its folder, and its ending, for names of what is written."""
    if is_piped(name):
        return "stdin", ""
    ending = len(ending_of(name))
    base = Path(name).name
    return base[: len(base) - ending], base[len(base) - ending :]


def read_data(
    name: str, format_name: str | None, sep: str | None = None, *, held: bool = False
) -> DataFile:
    """Find a table that is named on the command line.

    Parameters
    ----------
    name : str
        The file, or "-" for standard input.
    format_name : str or None
        A key of ``FORMATS``. None: the ending of the name tells the format; that of what comes
        through a pipe is guessed from its first characters.
    sep : str or None
        What divides the cells of CSV. None: the content tells it.
    held : bool, default=False
        Whether the file is held in memory, so that what is written is that which was read, even
        if somebody changes the file meanwhile. What comes through a pipe always is.

    Raises
    ------
    InputError
        If the file can't be read, is of no known format, or doesn't fit into memory.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", name):
        raise InputError(
            f"{name} is an address, and label-audit reads files only; download it first, or pipe "
            f"it: curl -L {name} | label-audit - …"
        )
    piped = is_piped(name)
    chosen = FORMATS[format_name] if format_name else find_format(name)
    if chosen is None and not piped:
        raise InputError(
            f"{name}: unknown format; the name should end in {KNOWN_ENDINGS}, or one of these with "
            ".gz. If it is one of these formats, name it by --format."
        )
    shown = "standard input" if name == "-" else name
    try:
        given = _hold(name, shown) if piped or held else Path(name)
        with _open(given, packed=False) as file:
            packed = file.read(2) == _GZIP or (not piped and name.lower().endswith(".gz"))
        open_ = partial(_open, given, packed=packed)
        with open_() as file:
            start = file.read(_START)
            while packed and file.read(_CHUNK):  # what is damaged is found before anything else
                pass
    except (OSError, EOFError, ValueError, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        reason = explain(error) if isinstance(error, OSError) else str(error)
        raise InputError(f"can't read {shown}: {reason}.") from error
    format_ = chosen or guess_format(start)
    if sep is not None:
        if format_ is not FORMATS["csv"]:
            raise InputError(f"--sep is for CSV, but {shown} is {format_.name}; leave it out.")
        format_ = divided_by(sep)
    return DataFile(shown, open_, format_, packed)


def _open(given: bytes | Path, *, packed: bool) -> Any:
    """Open a file, or what has come through a pipe."""
    file = given if isinstance(given, Path) else io.BytesIO(given)
    if packed:
        return gzip.open(file)
    return file.open("rb") if isinstance(file, Path) else file


def _hold(name: str, shown: str) -> bytes:
    """Read to the end, as long as there is memory for a table of it."""
    if name == "-" and sys.stdin is None:
        raise InputError("there is no standard input to read DATA from.")
    found = io.BytesIO()
    with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.write(chunk)
            if found.tell() > _CHUNK:
                check_memory(found.tell(), shown, OTHERWISE)
    return found.getvalue()
