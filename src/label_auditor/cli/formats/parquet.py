"""Parquet, with pyarrow."""

from __future__ import annotations

import io
import json
from itertools import compress
from typing import IO, TYPE_CHECKING, Any

from label_auditor.cli.errors import InputError, needs
from label_auditor.cli.formats.text import is_wanted, make_table
from label_auditor.cli.memory import OTHERWISE, check_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    import pandas as pd

    from label_auditor.cli.formats.text import Edit


def read(file: IO[bytes], name: str, wanted: Collection[str] | None = None) -> pd.DataFrame:
    """Read values as Python has them: integers stay exact beside nulls, and lists are lists.

    An index that pandas has stored is among the columns; ``attrs["index"]`` holds its names.
    """
    import pandas as pd

    source = _open(file, name)
    keys, n_rows = source.schema_arrow.names, source.metadata.num_rows
    stored, ranges = _find_index(source.schema_arrow, n_rows)
    names = [*(stored.get(key, key) for key in keys), *ranges]
    chosen = [is_wanted(each, wanted) for each in names]
    columns = _read_columns(source, list(compress(keys, chosen)), name)
    columns += [pd.Series(ranges[each]) for each in ranges if is_wanted(each, wanted)]
    found = make_table(names, chosen, columns, n_rows)
    found.attrs["index"] = [*stored.values(), *ranges]
    return found


def _read_columns(source: Any, keys: list[str], name: str) -> list[pd.Series]:
    """Give columns, in the order of the file; those of strings are read some records at a time."""
    import pyarrow as pa

    from label_auditor.cli.formats.columns import BLOCK, Column

    _check_size(source, keys, name)
    kinds = {key: source.schema_arrow.field(key).type for key in set(keys) if keys.count(key) == 1}
    texts = {
        key: Column()
        for key, kind in kinds.items()
        if pa.types.is_string(kind) or pa.types.is_large_string(kind)
    }
    others = [key for key in keys if key not in texts]
    try:
        for batch in _read(name, lambda: source.iter_batches(BLOCK, columns=list(texts))):
            for key, column in texts.items():
                column.extend(batch.column(key).to_pylist())
        (table,) = _read(name, lambda: [source.read(columns=others)])
        found = [
            _convert(table.column(i)) for i, key in enumerate(table.column_names) if key in others
        ]
    except (ValueError, OSError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} holds values that Python has not: {error}") from error
    rest = iter(found)
    return [texts[key].to_series() if key in texts else next(rest) for key in keys]


def rewrite(file: IO[bytes], name: str, edit: Edit) -> Iterator[bytes]:
    """Give the content with other labels; other columns, types and metadata stay."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    source = _open(file, name)
    _check_size(source, source.schema_arrow.names, name)
    (table,) = _read(name, lambda: [source.read()])
    stored, _ = _find_index(table.schema, table.num_rows)
    position = [stored.get(key, key) for key in table.column_names].index(edit.column)
    field = table.schema.field(position)
    values = table.column(position).to_pylist()
    for row, value in edit.labels.items():
        values[row] = value
    try:
        new = pa.array(values, type=field.type)
    except (pa.ArrowException, UnicodeEncodeError) as error:
        kind = f"column {edit.column!r} of {name}, which is of type {field.type}"
        raise InputError(f"{kind}, can't hold the corrected labels: {error}") from error
    table = table.set_column(position, field, new)
    if edit.drop:
        table = table.filter(pa.array(~np.isin(np.arange(table.num_rows), list(edit.drop))))
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink)
    yield sink.getvalue().to_pybytes()


def _open(file: IO[bytes], name: str) -> Any:
    """Open a file of Parquet; what is packed by gzip, or came through a pipe, is read whole."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise needs("pyarrow", "read Parquet") from error

    seekable = isinstance(file, io.BufferedReader)
    (found,) = _read(
        name, lambda: [parquet.ParquetFile(file if seekable else pa.BufferReader(file.read()))]
    )
    return found


def _read(name: str, read: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """Give what is read; where that fails, the file is damaged."""
    import pyarrow as pa

    try:
        yield from read()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{name} is no Parquet file, or damaged: {error}") from error


def _check_size(source: Any, keys: Collection[str], name: str) -> None:
    """Refuse columns that take more memory than there is."""
    groups = map(source.metadata.row_group, range(source.metadata.num_row_groups))
    parts = (group.column(i) for group in groups for i in range(group.num_columns))
    chosen = tuple(f"{key}." for key in keys)
    sizes = (
        part.total_uncompressed_size
        for part in parts
        if f"{part.path_in_schema}.".startswith(chosen)
    )
    check_memory(sum(sizes), name, OTHERWISE)


def _find_index(schema: Any, n_rows: int) -> tuple[dict[str, str], dict[str, range]]:
    """Find the index of pandas: names of its columns, and numbers that are not stored as such.

    An index without a name is called as pandas's `reset_index` calls it.
    """
    stored: dict[str, str] = {}
    ranges: dict[str, range] = {}
    try:
        metadata = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        levels = metadata.get("index_columns", [])
        for number, level in enumerate(levels):
            unnamed = "index" if len(levels) == 1 else f"level_{number}"
            if not isinstance(level, dict):
                is_named = not level.startswith("__index_level_")
                stored[level] = level if is_named else unnamed
            else:
                numbers = range(level["start"], level["stop"], level["step"])
                name = level["name"]
                if name is not None or numbers != range(n_rows):
                    ranges[unnamed if name is None else str(name)] = numbers
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, {}  # somebody else's metadata; all columns are read all the same
    taken = set(schema.names)
    return (
        {level: name for level, name in stored.items() if level in taken},
        {n: found for n, found in ranges.items() if len(found) == n_rows and n not in taken},
    )


def _convert(column: Any) -> pd.Series:
    """Give a column of Arrow as one of pandas that holds Python's own values."""
    import pandas as pd
    import pyarrow as pa

    types = pa.types
    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        cells = column.to_pylist()
        return pd.Series([_decode(cell) for cell in cells], dtype=object)
    # The oldest pyarrow does not call lists of a fixed size nested.
    if types.is_nested(kind) or types.is_fixed_size_list(kind) or column.null_count:
        return pd.Series(column.to_pylist(), dtype=object)
    return column.to_pandas()


def _decode(cell: bytes | None) -> str | bytes | None:
    """Give bytes as text where they are UTF-8."""
    try:
        return None if cell is None else cell.decode()
    except UnicodeDecodeError:
        return cell
