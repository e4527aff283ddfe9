"""Columns of texts and metadata that the caller brings in any form, read as plain values."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from label_auditor.data.chunks import cut_rows
from label_auditor.data.divided import is_divided, join_indexes
from label_auditor.data.messages import quote_values
from label_auditor.data.naming import check_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Rows of a stored column that are read at a time.
READ_AT_ONCE = 2**17
_IMAGE = re.compile(r"\.(apng|avif|bmp|gif|ico|jfif|jpe?g|png|svg|webp)$", re.IGNORECASE)


def is_table(data: Any) -> bool:
    """Tell whether data is named columns."""
    is_frame = hasattr(data, "columns") and getattr(data, "ndim", 2) == 2  # no Series of dask
    return isinstance(data, Mapping) or is_frame or hasattr(data, "column_names")


def columns(table: Any, name: str) -> dict[str, Any]:
    """Give the columns of a mapping or a DataFrame by name."""
    if not is_table(table):
        raise TypeError(
            f"{name} is a {type(table).__name__}, but a mapping of columns or a DataFrame is "
            f"needed; pandas.DataFrame({name}) makes one of a list of dicts."
        )
    if isinstance(table, Mapping):
        keys = list(table)
    else:
        keys = list(table.column_names if hasattr(table, "column_names") else table.columns)
    found = {str(key): table[key] for key in keys}
    if len(found) < len(keys):
        raise ValueError(f"{name} has columns of the same name among {quote_values(keys)}; rename.")
    return found


def read_columns(data: Any, name: str, n: int, index: Any) -> dict[str, Any]:
    """Give named columns, or texts as the column "text", one value for each of n rows in order."""
    data = data.collect() if hasattr(type(data), "collect") else data  # a lazy table of polars
    named = is_table(data) or name != "inputs"
    found = columns(data, name) if named else {"text": check_texts(data)}
    for key, column in found.items():
        called = f"{name}[{key!r}]" if named else name
        check_length(called, _count_rows(column), n)
        check_order(called, column, index)
    return found


def _count_rows(column: Any) -> int:
    """Count the rows of a column, also of those that have no length, or don't know it."""
    if is_divided(column) and hasattr(column, "chunks") and np.isnan(column.shape[0]):
        column = column.copy().compute_chunk_sizes()
    return len(column) if hasattr(column, "__len__") else column.shape[0]


def check_texts(texts: Any) -> Any:
    """Check that texts are a sequence of them."""
    if (
        isinstance(texts, str | bytes | Set)
        or getattr(texts, "ndim", 1) != 1
        or not (hasattr(texts, "__len__") or hasattr(texts, "shape"))
    ):
        given = f"of shape {texts.shape}" if hasattr(texts, "shape") else f"{texts!r:.60}"
        raise TypeError(
            f"inputs is a {type(texts).__name__} ({given}), but a sequence of texts is needed, or "
            "named fields: a mapping of columns or a DataFrame."
        )
    return texts


def check_order(name: str, column: Any, index: Any) -> None:
    """Refuse a column of pandas that has the rows of the audit, but in another order."""
    import pandas as pd

    if isinstance(index, range) or not hasattr(column, "index") or callable(column.index):
        return  # the audit's labels had no index of their own, or the column has none
    wanted = pd.Index(index)
    found = join_indexes(column.index) if is_divided(column) else column.index
    if found is None or found.equals(wanted) or not (found.is_unique and found.isin(wanted).all()):
        return
    row = int(np.flatnonzero(np.asarray(found != wanted))[0])
    raise ValueError(
        f"{name} has the rows of the audit in another order: its row {row} is {found[row]!r}, and "
        f"that of the audit {wanted[row]!r}. Rows are matched by position; pass {name} sorted with "
        ".loc[audit.index]."
    )


def take(column: Any, rows: NDArray[np.intp]) -> list[Any]:
    """Give the values of a column at some positions."""
    from label_auditor._sklearn import _safe_indexing

    column = hold_rows(column, rows)
    if isinstance(column, HeldRows):
        return [column.values[at] for at in np.searchsorted(column.rows, rows)]
    if hasattr(column, "to_pylist"):  # of PyArrow
        found: list[Any] = column.take(rows).to_pylist()
        return found
    return list(_safe_indexing(column, rows))


class HeldRows(NamedTuple):
    """Some rows of a column that isn't in memory.

    Attributes
    ----------
    rows : ndarray of int
        Their positions, ascending.
    values : list
        Their values.
    """

    rows: NDArray[np.intp]
    values: list[Any]


def hold_rows(column: Any, rows: NDArray[np.intp]) -> Any:
    """Read some rows of a column of dask, zarr or h5py, in their order there; give any other."""
    rows = np.sort(rows)
    if is_divided(column):
        blocks = _read_divided(column, rows)
    elif type(column).__module__.partition(".")[0] in ("zarr", "h5py"):
        blocks = [
            np.asarray(column[part])[rows[some] - part.start]
            for part in cut_rows(column, READ_AT_ONCE)
            if (some := slice(*np.searchsorted(rows, (part.start, part.stop)))).stop > some.start
        ]
    else:
        return column
    return HeldRows(rows, [value for block in blocks for value in block])


def _read_divided(column: Any, rows: NDArray[np.intp]) -> list[list[Any]]:
    """Take ascending rows from the blocks of a column of dask, where they are."""
    import dask

    parts = np.ravel(column.to_delayed())
    ends = np.cumsum(dask.compute(*(dask.delayed(len)(part) for part in parts)))
    at = [0, *np.searchsorted(rows, ends)]
    return list(
        dask.compute(
            *(
                dask.delayed(take)(part, rows[at[k] : at[k + 1]] - (ends[k - 1] if k else 0))
                for k, part in enumerate(parts)
                if at[k] < at[k + 1]
            )
        )
    )


def is_missing(value: Any) -> bool:
    """Tell whether a plain value is None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def plain(value: Any, name: str, row: int) -> str | bool | int | float | None:
    """Give a value as JSON has it, None where it is missing."""
    import pandas as pd

    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    elif isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str | bool | int | float):
        return value
    raise TypeError(
        f"{name} holds {value!r:.60} in row {row}, a {type(value).__name__}; "
        "only strings, numbers, booleans and dates can be sent: convert it first."
    )


def text(value: Any, name: str, row: int) -> str:
    """Give a value as text."""
    value = plain(value, name, row)
    return "" if is_missing(value) else str(value)


def check_utf8(what: str, names: Iterable[Any]) -> None:
    """Refuse names that would come back changed, since UTF-8 has no half of a surrogate pair."""
    bad = [name for name in names if utf8(str(name)) != str(name)]
    if bad:
        raise ValueError(
            f"{what} {quote_values(bad)} can't be sent: half of a surrogate pair stands for no "
            "character, so UTF-8 can't hold it, and it would come back as '?'. Rename it."
        )


def utf8(text: str) -> str:
    """Give a text as UTF-8 holds it, with "?" for half of a surrogate pair."""
    return text.encode(errors="replace").decode()


def choose_image_fields(
    found: set[str], image_fields: Sequence[str] | None, fields: Mapping[str, Any]
) -> frozenset[str]:
    """Give the fields that hold URLs of images: those that the caller names, or those found."""
    if image_fields is None:
        return frozenset(found)
    if isinstance(image_fields, str) or not set(image_fields) <= fields.keys():
        raise ValueError(
            f"image_fields is {image_fields!r:.100}, but a list of the fields of inputs, which "
            f"are {quote_values(fields)}, is needed."
        )
    return frozenset(image_fields)


def is_image(value: str) -> bool:
    """Tell whether a text is the URL of an image."""
    if value.startswith("data:image/"):
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc and _IMAGE.search(parts.path))
