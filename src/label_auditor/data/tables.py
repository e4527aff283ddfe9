"""Tables of numbers: their columns and rows are found by name where the names say which they are.

A table of probabilities whose columns are the classes may have them in any order, and one whose
index is that of the labels may have its rows in any order. What has no names, or names that say
nothing about classes and rows, goes by position; names that contradict are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from label_auditor.data.divided import is_divided, join_indexes
from label_auditor.data.messages import quote_values
from label_auditor.data.naming import check_index
from label_auditor.data.values import in_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


class Table(NamedTuple):
    """A table of numbers.

    Attributes
    ----------
    values : ndarray or dask array of shape (n, K)
        Its numbers; NaN where they are missing.
    columns : list
        The names of its columns.
    named : bool
        Whether somebody gave the columns their names: pandas counts them otherwise.
    index : pandas.Index or None
        The names of its rows, if it has any.
    """

    values: Any
    columns: list[Any]
    named: bool
    index: Any

    def arrange(self, classes: NDArray[Any], row_names: Iterable[Any], *, name: str) -> Any:
        """Give the values with columns in the order of classes and rows in that of their names.

        Parameters
        ----------
        classes : ndarray of shape (K,)
            The classes.
        row_names : iterable of sequence
            What the rows may be called; the first that fits.
        name : str
            What the table is called in error messages.

        Returns
        -------
        ndarray or dask array of shape (n, K)
        """
        values = self.values
        rows = _row_order(self.index, row_names, name)
        columns = self._column_order(classes, name)
        values = values if rows is None else values[rows]
        return values if columns is None else values[:, columns]

    def _column_order(self, classes: NDArray[Any], name: str) -> list[int] | None:
        """Find the column of each class by its name; None where columns go by position."""
        if not self.named or len(self.columns) != len(classes):
            return None
        names = _as_classes(self.columns, classes)
        wanted = classes.tolist()
        positions = {each: position for position, each in enumerate(names)}
        found = [each for each in wanted if each in positions]
        counted = list(map(str, self.columns)) == list(map(str, range(len(self.columns))))
        if not found or (counted and len(found) < len(wanted)):
            return None
        order = [positions.get(each, -1) for each in wanted]
        if sorted(order) != list(range(len(order))):
            raise ValueError(
                f"{name} has the columns {quote_values(self.columns)}, but the classes are "
                f"{quote_values(classes)}; name each column after its class, or pass an array "
                "(.to_numpy()) whose columns are in the order of the classes."
            )
        if counted and order != sorted(order):
            raise ValueError(
                f"{name} has the columns {quote_values(self.columns)}, but classes= says that they "
                f"are {quote_values(classes)}; leave out classes=, or pass an array (.to_numpy()) "
                "whose columns are in that order."
            )
        return None if order == sorted(order) else order


def is_table(data: Any) -> bool:
    """Tell whether data are a table: of pandas, polars, PyArrow, dask or Hugging Face."""
    is_frame = hasattr(type(data), "columns") and getattr(data, "ndim", 2) == 2  # no Series of dask
    return is_frame or hasattr(type(data), "column_names")


def read_table(data: Any, *, name: str) -> Table:
    """Read a table of numbers into memory.

    Parameters
    ----------
    data : table
        What `is_table` says is one.
    name : str
        What it is called in error messages.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If a column doesn't hold numbers.
    """
    import pandas as pd

    data = in_memory(data)
    if hasattr(data, "iloc"):
        frame, index = data, data.index
    elif hasattr(data, "column_names"):  # PyArrow, which keeps an index of pandas, Hugging Face
        frame = data.to_pandas()
        index = None if isinstance(frame.index, pd.RangeIndex) else frame.index
    else:
        frame = pd.DataFrame({column: data[column].to_numpy() for column in data.columns})
        index = None
    return Table(_read_numbers(frame, name), *_columns_of(frame), index)


def _know_table(frame: Any, *, indexed: bool) -> Table:
    """Know a table of dask, whose numbers stay where they are; its index only if it is needed."""
    index = join_indexes(frame.index) if indexed else None
    return Table(frame.to_dask_array(lengths=True), *_columns_of(frame), index)


def _columns_of(frame: Any) -> tuple[list[Any], bool]:
    """Give the names of the columns, and whether somebody gave them."""
    # Of several levels, the innermost one tells the columns apart.
    columns = frame.columns.get_level_values(-1)
    return columns.tolist(), not are_counted(columns)


def are_counted(columns: Any) -> bool:
    """Tell whether pandas has counted the columns, because nobody gave them names."""
    import pandas as pd

    return isinstance(columns, pd.RangeIndex) and (columns.start, columns.step) == (0, 1)


def arrange(
    pred_probs: Any,
    classes: NDArray[Any],
    row_names: Iterable[Any],
    class_names: tuple[str, ...] | None = None,
) -> Any:
    """Give probabilities as they are; of a table an array, in the order of classes and rows.

    The columns may be called what the classes are, or what these are called. Of a table of dask
    that holds NumPy's numbers it is a dask array.
    """
    if not is_table(pred_probs):
        return pred_probs
    row_names = list(row_names)
    if hasattr(pred_probs, "to_dask_array") and all(
        isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in pred_probs.dtypes
    ):
        table = _know_table(pred_probs, indexed=bool(row_names))
    else:
        table = read_table(pred_probs, name="pred_probs")
    if class_names is not None and not set(map(str, table.columns)).isdisjoint(class_names):
        classes = np.array(class_names, dtype=object)
    return table.arrange(classes, row_names, name="pred_probs")


def name_rows(labels: Any, index: Any, n_samples: int) -> tuple[Sequence[Any], list[Any]]:
    """Give the names of the rows of an audit, and those by which a table's rows may be found.

    The names are `index`, else those of the labels, else positions, by which no row is found.
    """
    own = find_index(labels)
    names = check_index(own if index is None else index, n_samples)
    return names, [each for each in (None if index is None else names, own) if each is not None]


def find_index(*data: Any) -> Any:
    """Give the index of the first of `data` that has one, as the objects of pandas and dask do."""
    for each in data:
        index = getattr(each, "index", None)
        if index is not None and not callable(index):
            return join_indexes(index) if is_divided(index) else index
    return None


def _read_numbers(frame: Any, name: str) -> NDArray[Any]:
    """Give the numbers of a DataFrame, NaN where they are missing; an array of it if it is one."""
    import pandas as pd

    values = np.asarray(frame)
    if values.dtype != object:
        return values
    wrong = [
        column
        for column, dtype in zip(frame.columns, frame.dtypes, strict=True)
        # The oldest pandas does not call numbers of Arrow numeric.
        if not (pd.api.types.is_numeric_dtype(dtype) or dtype.kind in "biuf")
    ]
    if wrong:
        raise ValueError(
            f"{name} has columns that don't hold numbers: {quote_values(wrong)}; "
            "leave them out, and pass one column of numbers for each class."
        )
    dtypes = [getattr(dtype, "numpy_dtype", dtype) for dtype in frame.dtypes]
    floats = {dtype if dtype in (np.float16, np.float32) else np.dtype(float) for dtype in dtypes}
    return np.where(pd.isna(values), np.nan, values).astype(np.result_type(*floats))


def _row_order(index: Any, row_names: Iterable[Any], name: str) -> NDArray[np.intp] | None:
    """Find the row of each name; None where rows go by position."""
    import pandas as pd

    known = [pd.Index(names) for names in row_names]
    known = [names for names in known if index is not None and len(names) == len(index)]
    if any(names.equals(index) for names in known):
        return None
    for names in known:
        if names.is_unique and index.is_unique:
            order: NDArray[np.intp] = index.get_indexer(names)
            if (order >= 0).all():
                return order
    counted = pd.RangeIndex(len(index)) if known else None
    if not known or index.equals(counted) or any(names.equals(counted) for names in known):
        return None
    raise ValueError(
        f"{name} has the index {quote_values(index)}, but the labels have "
        f"{quote_values(known[0])}; give both the same index, or pass {name} as an array "
        "(.to_numpy()) whose rows are in the order of the labels."
    )


def _as_classes(names: list[Any], classes: NDArray[Any]) -> list[Any]:
    """Read names as the classes that they may be: files and polars have strings for all."""
    values = classes.tolist()
    by_text = {str(value): value for value in values}
    if all(isinstance(value, bool) for value in values):
        by_text |= {str(int(value)): value for value in values}
    by_text |= {str(int(value)): value for value in values if _is_whole_float(value)}
    return [by_text.get(str(name), name) for name in names]


def _is_whole_float(value: Any) -> bool:
    """Tell whether a class is a float that is also spelt as an integer: 1.0 and 1."""
    return isinstance(value, float) and value.is_integer()
