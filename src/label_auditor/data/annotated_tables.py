"""Tables of the labels of several annotators: with a column for each, or with a row for each label.

Either form becomes three lists of the same length: who gave which row which label. A missing label
is not in them. Nothing is guessed: what could be read in two ways is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from label_auditor.data.labels import encode_labels
from label_auditor.data.messages import list_rows, quote_values, repeated, warn
from label_auditor.data.tables import find_index, is_table
from label_auditor.data.values import find_missing, in_memory, read_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

# The columns of a table with a row for each label, unless they are named otherwise.
LONG = ("row", "annotator", "label")
# So many values that all differ are no classes.
MANY = 10


class LabelTable(NamedTuple):
    """Who gave which row which label.

    Attributes
    ----------
    rows, annotators : ndarray of int, shape (n_labels,)
        Positions.
    values : ndarray of shape (n_labels,)
        The labels; none is missing.
    names : tuple
        The names of the annotators; some may have no label.
    index : sequence or None
        The names of the rows, where they have any; some rows may have no label.
    n_rows : int
        The number of rows.
    """

    rows: NDArray[np.intp]
    annotators: NDArray[np.intp]
    values: NDArray[Any]
    names: tuple[Any, ...]
    index: Any
    n_rows: int


def is_long(labels: Any, columns: Sequence[str] | None) -> bool:
    """Tell whether a table has a row for each label: its columns are called so, or named."""
    if columns is not None:
        return True
    names = _column_names(labels) if is_table(labels) else []
    found = set(LONG) & set(names)
    if found and len(found) < len(LONG):
        raise ValueError(
            f"labels has the columns {quote_values(names)}; if it has a row for each label, name "
            "the columns of row, annotator and label by columns=. If each column is an annotator, "
            f"call {quote_values(sorted(found))} otherwise."
        )
    return bool(found)


def read_wide(labels: Any) -> LabelTable:
    """Read a table with a row for each row and a column for each annotator.

    Parameters
    ----------
    labels : table, mapping or array-like of shape (n_rows, n_annotators)
        The labels; None, NaN, NA and masked values are missing.

    Returns
    -------
    LabelTable

    Raises
    ------
    ValueError
        If it has no such shape, two columns have one name, or nothing is in it.
    """
    index = find_index(labels)
    names, columns = _read_columns(labels)
    _refuse_twice(names, "labels has more than one column called", "give each annotator one column")
    lengths = {len(column) for column in columns}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(
            f"labels has columns of {quote_values(sorted(lengths))} rows; pass a table with a "
            "column for each annotator and a row for each row of the data."
            if columns and lengths != {0}
            else "labels is empty; pass a table with a column for each annotator."
        )
    table = np.empty((lengths.pop(), len(columns)), dtype=object)
    for position, column in enumerate(columns):
        table[:, position] = column
    there = ~find_missing(table)
    rows, annotators = np.nonzero(there)
    values = _read_present(table[there], rows, has_gaps=not there.all())
    return LabelTable(rows, annotators, values, names, index, len(table))


def read_long(parts: Iterable[Iterable[Any]], index: Any = None) -> LabelTable:
    """Read a table with a row for each label.

    Parameters
    ----------
    parts : iterable of three iterables of one length
        The names of the rows, the annotators and the labels, which may be missing.
    index : sequence, default=None
        The names of all rows, in order. By default, the rows are in the order in which they first
        occur.

    Returns
    -------
    LabelTable

    Raises
    ------
    ValueError
        If an annotator has two labels of one row, a row is not in the index, or a name is missing.
    """
    import pandas as pd

    frame = pd.DataFrame({name: _objects(part) for name, part in zip(LONG, parts, strict=True)})
    for column in LONG[:2]:
        unnamed = np.flatnonzero(find_missing(frame[column].to_numpy()))
        if len(unnamed):
            raise ValueError(
                f"labels has no {column} in {list_rows(unnamed)} of the table; name the row and "
                "the annotator of each label, or leave these labels out."
            )
    twice = frame[frame.duplicated(list(LONG[:2]), keep="first")]
    if len(twice):
        pairs = [f"{who!r} of row {row!r}" for row, who in twice[list(LONG[:2])].to_numpy()[:5]]
        more = f", … ({len(twice)} in all)" if len(twice) > 5 else ""
        raise ValueError(
            f"labels has more than one label by {', '.join(pairs)}{more}; keep the one that "
            "counts, by drop_duplicates(keep='last') for instance."
        )
    who, names = pd.factorize(frame["annotator"].to_numpy())
    if index is None:
        rows, found = pd.factorize(frame["row"].to_numpy())
        index = pd.Index(pd.Series(found).infer_objects())
    else:
        rows = _find_rows(frame["row"], index)
    there = ~find_missing(frame["label"].to_numpy())
    values = _read_present(frame["label"].to_numpy()[there], rows[there], has_gaps=not there.all())
    return LabelTable(rows[there], who[there], values, tuple(names), index, len(index))


def columns_of_long(labels: Any, columns: Sequence[str] | None) -> list[Any]:
    """Give the columns of a table with a row for each label: rows, annotators, labels."""
    names = LONG if columns is None else tuple(columns)
    if len(names) != 3 or isinstance(columns, str) or not is_table(labels):
        raise ValueError(
            f"columns is {columns!r:.60} and labels a {type(labels).__name__}, but columns= names "
            "the three columns of a table with a row for each label: row, annotator, label."
        )
    there = _column_names(labels)
    absent = [name for name in names if name not in there]
    if absent:
        raise ValueError(
            f"labels has no column {quote_values(absent)}, but {quote_values(there)}; name the "
            "columns of row, annotator and label by columns=."
        )
    found, values = _read_columns(labels)
    return [values[found.index(name)] for name in names]


def encode(table: LabelTable, classes: ArrayLike | None) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the class of each label as a position among the classes, and the classes.

    Warns of -1 among other integers, unless the classes are given.
    """
    if not len(table.values):
        raise ValueError("labels is missing (None, NaN or NA) everywhere; pass at least one label.")
    codes, order = encode_labels(table.values, classes, rows=table.rows)
    _refuse_other_columns(table, codes)
    if classes is None and order.dtype.kind == "i" and len(order) > 2 and order.min() == -1:
        warn(
            f"labels holds -1, which often stands for a label that is missing. It is taken for a "
            f"class ({quote_values(order)}): pass classes= if it is one, or None instead of -1.",
        )
    return codes, order


def _refuse_other_columns(table: LabelTable, codes: NDArray[np.intp]) -> None:
    """Raise for a column of texts, ids or scores: each of its values occurs this one time."""
    alone = np.bincount(codes)[codes] == 1
    n_alone = np.bincount(table.annotators, alone, minlength=len(table.names))
    n_labels = np.bincount(table.annotators, minlength=len(table.names))
    other = np.flatnonzero((n_labels >= MANY) & (n_alone == n_labels))
    if len(other) and len(table.names) > 1:
        names = quote_values([table.names[position] for position in other])
        raise ValueError(
            f"labels has columns whose values all differ ({names}), which are ids, texts "
            "or scores and no labels; leave these columns out."
        )


def _read_columns(labels: Any) -> tuple[tuple[Any, ...], list[NDArray[Any]]]:
    """Give the names and the values of columns; of an array, the names are positions."""
    labels = in_memory(labels)
    if isinstance(labels, Mapping):
        return tuple(labels), [_objects(column) for column in labels.values()]
    if is_table(labels):
        if hasattr(labels, "iloc"):
            columns = [labels.iloc[:, position] for position in range(labels.shape[1])]
            return tuple(labels.columns), [_objects(column) for column in columns]
        names = _column_names(labels)
        return tuple(names), [_objects(labels[name]) for name in names]
    array = read_values(labels, name="labels")
    if array.ndim != 2:
        raise ValueError(
            f"labels has shape {array.shape}, but a table is needed: a row for each row of the "
            "data and a column for each annotator, or a table with the columns "
            f"{quote_values(LONG)}."
        )
    if array.dtype.kind == "U" and (array == "nan").any():
        raise ValueError(
            "labels is an array of strings in which 'nan' occurs, which NumPy makes of a missing "
            "label; make the array with dtype=object, or pass a DataFrame."
        )
    return tuple(range(array.shape[1])), [_objects(column) for column in array.T]


def _column_names(labels: Any) -> list[Any]:
    """Give the names of a table's columns."""
    if hasattr(type(labels), "column_names"):
        return list(labels.column_names)
    if hasattr(labels, "collect_schema"):
        return list(labels.collect_schema().names())
    return list(labels.columns)


def _objects(column: Any) -> NDArray[Any]:
    """Give a column as Python's own values: pandas would make floats of integers beside gaps."""
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            column = getattr(column, method)()
            break
    values = list(column)
    return np.fromiter(values, dtype=object, count=len(values))


def _read_present(labels: NDArray[Any], rows: NDArray[np.intp], *, has_gaps: bool) -> NDArray[Any]:
    """Read labels that aren't missing, all of which must be of one kind."""
    values = read_values(labels.tolist(), name="labels")
    if values.dtype.kind != "f":
        return values
    if np.isinf(values).any():
        where = np.unique(rows[np.isinf(values)])
        raise ValueError(f"labels is infinite in {list_rows(where)}; pass classes, not numbers.")
    # pandas and NumPy make floats of integers beside missing ones.
    whole = (
        has_gaps and (values == np.floor(values)).all() and np.abs(values).max(initial=0) < 2**53
    )
    return values.astype(np.int64) if whole else values


def _find_rows(names: Any, index: Any) -> NDArray[np.intp]:
    """Give the position of each named row in the index."""
    import pandas as pd

    known = pd.Index(index)
    _refuse_twice(known, "index has more than one row called", "give each row one name")
    rows: NDArray[np.intp] = known.get_indexer(pd.Index(names.infer_objects()))
    unknown = pd.unique(names[rows < 0])
    if len(unknown):
        raise ValueError(
            f"labels has {len(unknown)} rows that are not in the index ({quote_values(unknown)}); "
            f"the index has {quote_values(known)}. Name the rows as the index does."
        )
    return rows


def _refuse_twice(names: Iterable[Any], problem: str, remedy: str) -> None:
    """Raise if a name is there twice."""
    twice = repeated(names)
    if twice:
        raise ValueError(f"{problem} {quote_values(twice)}; {remedy}.")
