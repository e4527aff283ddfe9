"""Columns of a table as what they are named for: texts, labels or ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from label_auditor.cli.errors import InputError
from label_auditor.cli.packed_texts import PackedDtype
from label_auditor.data.messages import list_rows, quote_values, repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

# No file of text can hold half a surrogate pair, and NumPy's arrays of strings lose a last NUL.
_UNWRITABLE = re.compile("[\0\ud800-\udfff]").search


def find_names(table: pd.DataFrame) -> pd.Index:
    """Give the names of all columns of the file, also of those that were not wanted."""
    import pandas as pd

    return pd.Index(table.attrs.get("columns", table.columns), dtype=object)


def get_column(table: pd.DataFrame, name: str) -> pd.Series:
    """Give a column as objects, missing cells as None; an empty string is a missing cell."""
    if name not in table.columns:
        columns = quote_values(find_names(table), limit=20)
        raise InputError(f"there is no column {name!r}; the columns are {columns}.")
    column = table[name].astype(object)
    return column.mask(column.isna() | column.eq(""), None)


def get_texts(table: pd.DataFrame, name: str) -> Sequence[str]:
    """Give a column as texts; a missing cell is an empty text, as in CSV they are the same.

    Packed texts stay so.

    Raises
    ------
    InputError
        If there is no such column, or it holds lists, objects or bytes that are not UTF-8.
    """
    if name in table.columns and isinstance(table[name].dtype, PackedDtype):
        return table[name]  # type: ignore[no-any-return]
    column = get_column(table, name)
    problem = find_unreadable(column)
    if problem:
        raise InputError(f"column {name!r} can't be the texts: {problem}; name a column of texts.")
    return ["" if cell is None else str(cell) for cell in column]


def find_unreadable(column: pd.Series) -> str | None:
    """Say which cells of a column are neither texts nor numbers, if any are."""
    kinds = (((list, tuple), "a list"), (dict, "an object"), (bytes, "bytes that are not UTF-8"))
    for row, cell in enumerate(column):
        for kind, name in kinds:
            if isinstance(cell, kind):
                return f"row {row} holds {name}"
    return None


def get_labels(table: pd.DataFrame, name: str, *, allow_missing: bool = False) -> NDArray[Any]:
    """Give a column as labels in their own type: strings, integers or booleans.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    name : str
        The column.
    allow_missing : bool, default=False
        Whether rows may have no label, as long as some have one.

    Returns
    -------
    ndarray of shape (n_rows,)
        The labels; strings as objects, and so are all where some are None. Integers of more than
        64 bits are strings of their digits.

    Raises
    ------
    InputError
        If there is no such column, labels are missing, of mixed types or no labels at all, or
        all are the same.
    """
    import numpy as np

    column = get_column(table, name)
    missing = column.isna().to_numpy()
    if missing.all() or (missing.any() and not allow_missing):
        remedy = "" if missing.all() else " To have them suggested, pass --missing-labels suggest."
        raise InputError(
            f"column {name!r} has no label in {missing.sum()} of {len(column)} rows: "
            f"{list_rows(np.flatnonzero(missing))} (the first is row 0); fill in these labels or "
            f"drop the rows.{remedy}"
        )
    labels = column[~missing].tolist()
    kinds = {type(label).__name__ for label in labels}
    whole = kinds == {"float"} and all(label.is_integer() for label in labels)
    if len(kinds) > 1 or not (kinds <= {"str", "int", "bool"} or whole):
        sets = (
            " Sets of labels are audited in Python: audit_labels(labels, pred_probs, "
            "multi_label=True)."
        )
        raise InputError(
            f"column {name!r} holds values of type {' and '.join(sorted(kinds))}; labels must be "
            f"all strings, all integers or all booleans.{sets if 'list' in kinds else ''}"
        )
    if kinds == {"int"} and not all(-(2**63) <= label < 2**63 for label in labels):
        labels, kinds = [str(label) for label in labels], {"str"}
    if kinds == {"str"}:
        _refuse_unwritable(labels, np.flatnonzero(~missing).tolist(), name)
    if len(set(labels)) == 1:
        raise InputError(
            f"column {name!r} holds one class only ({labels[0]!r}); at least two are needed."
        )
    if not missing.any():
        return np.array(labels, dtype=object if kinds == {"str"} else None)
    found = np.full(len(column), None, dtype=object)
    found[~missing] = labels
    return found


def _refuse_unwritable(labels: Sequence[str], numbers: Sequence[int], name: str) -> None:
    """Refuse labels that would come back from a file as other labels."""
    wrong = {row: label for row, label in zip(numbers, labels, strict=True) if _UNWRITABLE(label)}
    if wrong:
        rows, named = list(wrong), quote_values(dict.fromkeys(wrong.values()))
        raise InputError(
            f"column {name!r} holds labels that files can't hold as they are, as they have NUL or "
            f"half of a surrogate pair in them: {named} ({list_rows(rows)}); replace these labels."
        )


def get_ids(table: pd.DataFrame, name: str | None, source: str) -> Sequence[Any]:
    """Give the ids of the rows, by which corrections find them.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    name : str or None
        The column. None: the rows are numbered from 0.
    source : str
        What messages call the table.

    Returns
    -------
    sequence
        A row whose id is missing gets one that no correction has.

    Raises
    ------
    InputError
        If there is no such column, or several rows have the same id.
    """
    if name is None:
        return range(len(table))
    column = get_column(table, name)
    ids = [f"\0row {row}" if cell is None else cell for row, cell in enumerate(column)]
    twice = dict.fromkeys(repeated(map(str, ids)))
    if twice:
        rows = [row for row, value in enumerate(ids) if str(value) in twice]
        raise InputError(
            f"column {name!r} of {source} has {quote_values(twice)} more than once "
            f"({list_rows(rows)}), but ids must tell the rows apart; name another column by --id, "
            "or make the ids unique."
        )
    return ids
