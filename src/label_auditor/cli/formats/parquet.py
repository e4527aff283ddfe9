"""Parquet, with pyarrow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from label_auditor.cli.errors import InputError, needs
from label_auditor.cli.formats.text import make_table
from label_auditor.cli.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from label_auditor.cli.formats.text import Edit


def read(content: bytes, name: str) -> pd.DataFrame:
    """Read values as Python has them: integers stay exact beside nulls, and lists are lists.

    An index that pandas has stored is among the columns; ``attrs["index"]`` holds its names.
    """
    import pandas as pd

    table = _read_table(content, name)
    stored, ranges = _find_index(table)
    try:
        columns = [_convert(column) for column in table.columns]
    except (ValueError, OSError, OverflowError) as error:
        raise InputError(f"{name} holds values that Python has not: {error}") from error
    names = [stored.get(key, key) for key in table.column_names]
    columns += [pd.Series(numbers) for numbers in ranges.values()]
    found = make_table([*names, *ranges], columns, table.num_rows)
    found.attrs["index"] = [*stored.values(), *ranges]
    return found


def rewrite(content: bytes, name: str, edit: Edit) -> Iterator[bytes]:
    """Give the content with other labels; other columns, types and metadata stay."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    table = _read_table(content, name)
    stored, _ = _find_index(table)
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


def _read_table(content: bytes, name: str) -> Any:
    """Read the table of Arrow that the content holds."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise needs("pyarrow", "read Parquet") from error
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        check_memory(sum(group.total_byte_size for group in groups), name)
        return file.read()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is no Parquet file, or damaged: {error}") from error


def _find_index(table: Any) -> tuple[dict[str, str], dict[str, range]]:
    """Find the index of pandas: names of its columns, and numbers that are not stored as such.

    An index without a name is called as pandas's `reset_index` calls it.
    """
    stored: dict[str, str] = {}
    ranges: dict[str, range] = {}
    try:
        metadata = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
        levels = metadata.get("index_columns", [])
        for number, level in enumerate(levels):
            unnamed = "index" if len(levels) == 1 else f"level_{number}"
            if not isinstance(level, dict):
                is_named = not level.startswith("__index_level_")
                stored[level] = level if is_named else unnamed
            else:
                numbers = range(level["start"], level["stop"], level["step"])
                name = level["name"]
                if name is not None or numbers != range(table.num_rows):
                    ranges[unnamed if name is None else str(name)] = numbers
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, {}  # somebody else's metadata; all columns are read all the same
    taken = set(table.column_names)
    return (
        {level: name for level, name in stored.items() if level in taken},
        {
            n: found
            for n, found in ranges.items()
            if len(found) == table.num_rows and n not in taken
        },
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
