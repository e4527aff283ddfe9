"""What the formats have in common, above all those that are text."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.errors import InputError
from label_auditor.cli.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import pandas as pd


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


def encode(pieces: Iterable[str], content: bytes) -> Iterator[bytes]:
    """Give text as UTF-8, with a byte order mark if the content had one."""
    if content.startswith(BOM_UTF8):
        yield BOM_UTF8
    for piece in pieces:
        yield piece.encode()


def make_table(names: Sequence[str], columns: Iterable[Any], n_rows: int) -> pd.DataFrame:
    """Make a table of columns, of which several may have the same name."""
    import pandas as pd

    check_memory(n_rows * len(names) * 8, f"a table of {n_rows:,} rows and {len(names):,} columns")
    table = pd.DataFrame(dict(enumerate(columns)), index=range(n_rows))
    table.columns = pd.Index([escape(name) for name in names], dtype=object)
    return table


def escape(name: str) -> str:
    """Escape half surrogate pairs, which strings of JSON have, and those of pandas have not."""
    return name.encode("utf-8", "backslashreplace").decode()
