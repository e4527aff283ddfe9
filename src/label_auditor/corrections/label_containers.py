"""Labels in containers of any kind: read as Python's own values, and replaced in that same kind."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from label_auditor.data.labels import CONTAINERS, check_labels, encode_labels
from label_auditor.data.messages import list_rows, quote_values, repeated
from label_auditor.data.values import find_missing, read_values

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Labels(NamedTuple):
    """The labels of all rows, and how to give some rows others.

    Attributes
    ----------
    given : sequence
        The class of each row, None where it is missing; a frozenset of classes if `several`.
    classes : list
        The classes that occur, in the order in which a sequence of class names names them.
    more_classes : collection or None
        Classes that no row has but that the container could hold; None is any.
    replace : callable
        Takes new labels by row position, and gives a copy of the container with these labels.
    several : bool
        Whether a row can have several labels, or none.
    """

    given: Sequence[Any]
    classes: list[Any]
    more_classes: Collection[Any] | None
    replace: Callable[[dict[int, Any]], Any]
    several: bool = False


def read_labels(y: Any) -> Labels:
    """Read labels from a container of any kind.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_classes)
        One label per row; or an indicator matrix, or a container of labels per row.

    Returns
    -------
    Labels
        The labels, and how to replace some of them.

    Raises
    ------
    TypeError
        If `y` has no rows in an order, or labels that are no classes.
    ValueError
        If `y` has no rows, mixes labels of several types, or an indicator matrix holds anything
        but 0 and 1.
    """
    if isinstance(y, str | bytes | Mapping | Set) or not hasattr(y, "__len__"):
        raise TypeError(
            f"y is a {type(y).__name__}, but labels in the order of the rows are needed: "
            "an array, a Series or a list of them."
        )
    n_dimensions = len(getattr(y, "shape", (1,)))
    if n_dimensions == 2:
        return _read_indicator(y)
    rows = y.to_pylist() if hasattr(y, "to_pylist") else y
    masked = isinstance(y, np.ma.MaskedArray)  # where it is masked, it holds an array
    if n_dimensions == 1 and not masked and any(isinstance(each, CONTAINERS) for each in rows):
        return _read_lists(y, rows)
    values = check_labels(y, name="y")
    missing = find_missing(values)
    categories = y.dtype.categories if str(getattr(y, "dtype", "")) == "category" else None
    return Labels(
        given=[None if m else v for m, v in zip(missing, values.tolist(), strict=True)],
        classes=encode_labels(values)[1].tolist(),
        more_classes=None if categories is None else categories.tolist(),
        replace=lambda new: _replace(y, new),
    )


def _replace(y: Any, new: dict[int, Any]) -> Any:
    """Give a copy of labels, one per row, with some of them replaced."""
    if isinstance(y, list | tuple):
        return type(y)(new.get(row, given) for row, given in enumerate(y))
    rows, values = list(new), list(new.values())
    try:
        y_new = _assign(y, rows, values)
    except (OverflowError, TypeError, ValueError, DeprecationWarning):
        # Before NumPy 2, a number that is too large is a warning, which the caller may have raised.
        changed = values
    else:
        held = y_new.iloc if hasattr(y_new, "iloc") else y_new
        changed = [value for row, value in new.items() if held[row] != value]
    if changed:
        raise TypeError(
            f"class_names has the classes {quote_values(changed)}, but labels of dtype {y.dtype} "
            "can't hold them; convert y first, to dtype object for example."
        )
    return y_new


def _assign(y: Any, rows: list[int], values: list[Any]) -> Any:
    """Give a copy of an array or a Series with other values in some rows."""
    import pandas as pd

    if hasattr(y, "iloc"):
        y_new = y.copy()
        y_new.iloc[rows] = pd.array(values, dtype=y.dtype)
        return y_new
    if not isinstance(y, np.ndarray | pd.api.extensions.ExtensionArray):
        y = np.asarray(y) if hasattr(y, "dtype") else np.asarray(y, dtype=object)
    elif y.dtype.kind in "US" and values:
        wide = np.promote_types(y.dtype, np.asarray(values).dtype)
        y = y.astype(wide.newbyteorder(y.dtype.byteorder))
    y_new = y.copy()
    y_new[rows] = values
    return y_new


def _read_indicator(y: Any) -> Labels:
    """Read an indicator matrix: a row for each sample, a column for each class."""
    names = getattr(y, "column_names", getattr(y, "columns", None))
    classes = list(range(y.shape[1])) if names is None else list(names)
    twice = repeated(classes)
    if twice:
        raise ValueError(
            f"y has several columns named {quote_values(twice)}; name each class in one column."
        )
    matrix = sparse.csr_array(y if sparse.issparse(y) else _read_numbers(y))
    if not np.isin(matrix.data, (0, 1)).all():
        wrong = matrix.data[~np.isin(matrix.data, (0, 1))][0]
        raise ValueError(
            f"y is a matrix that holds {wrong:.6g}, but a matrix of labels holds 1 where a row is "
            "of a class, and 0 where it isn't; for one label per row pass a single column, such "
            "as y.ravel()."
        )
    given = [
        frozenset(
            classes[column] for column in matrix.indices[start:end][matrix.data[start:end] != 0]
        )
        for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    ]

    def replace(new: dict[int, Any]) -> Any:
        cells = [[label in labels for label in classes] for labels in new.values()]
        return _replace_rows(y, list(new), np.array(cells, dtype=bool))

    return Labels(given, classes, (), replace, several=True)


def _read_numbers(y: Any) -> NDArray[Any]:
    """Give a dense matrix as numbers."""
    values = np.asarray(y)
    if values.dtype == object:
        values = np.where(find_missing(values), np.nan, values)
    if values.dtype == object and all(isinstance(each, numbers.Number) for each in values.flat):
        values = values.astype(float)
    if values.dtype.kind not in "biuf":
        raise ValueError(
            f"y has shape {values.shape} and holds other values than 0 and 1; pass one label per "
            "row, a matrix of 0 and 1, or a list with the labels of each row."
        )
    return values


def _replace_rows(y: Any, rows: list[int], cells: NDArray[np.bool_]) -> Any:
    """Give a copy of an indicator matrix with other cells in some rows."""
    if not rows:
        return y.copy() if hasattr(y, "copy") else np.array(y)
    if sparse.issparse(y):
        y_new = y.tolil()
        y_new[rows] = cells.astype(y.dtype)
        return y_new.asformat(y.format)
    if not hasattr(y, "iloc"):
        y_new = y.copy() if isinstance(y, np.ndarray) else np.array(y)
        y_new[rows] = cells
        return y_new
    import pandas as pd

    y_new = y.copy()
    for column, dtype in enumerate(y.dtypes):  # each may have a dtype of its own
        values = y.iloc[:, column].to_numpy(dtype=object, copy=True)
        values[rows] = cells[:, column]
        y_new.isetitem(column, pd.array(values, dtype=dtype))
    return y_new


def _read_lists(y: Any, values: Any) -> Labels:
    """Read a container of labels for each row."""
    wrong = [row for row, each in enumerate(values) if not isinstance(each, CONTAINERS)]
    if wrong:
        raise ValueError(
            f"y has lists of labels, but no list in {list_rows(wrong)}; an empty list says that a "
            "row has no label."
        )
    sets = [each.tolist() if isinstance(each, np.ndarray) else list(each) for each in values]
    # Labels of types that don't go together are refused.
    read_values([label for each in sets for label in each if not _is_missing(label)], name="y")
    for row, each in enumerate(sets):
        if any(map(_is_missing, each)) or len(set(each)) < len(each):
            raise ValueError(
                f"y holds {each!r:.100} in row {row}, where a label is missing or occurs more "
                "than once; name each class once. (Pass a matrix of 0 and 1 as an array.)"
            )
    given = [frozenset(each) for each in sets]
    classes = sorted(frozenset().union(*given))
    order = {label: position for position, label in enumerate(classes)}

    def replace(new: dict[int, Any]) -> Any:
        rows = list(values)
        for row, labels in new.items():
            # Classes that no row had come last.
            ordered = sorted(labels, key=lambda label: order.get(label, len(order)))
            rows[row] = _like(rows[row], ordered)
        return _collect_like(y, rows)

    return Labels(given, classes, None, replace, several=True)


def _is_missing(label: Any) -> bool:
    """Tell whether a label of a row with several is None, NaN, NaT or pandas.NA."""
    return not isinstance(label, CONTAINERS) and bool(find_missing(label))


def _like(given: Any, labels: list[Any]) -> Any:
    """Give labels in a container of the kind that there was."""
    if not isinstance(given, np.ndarray):
        return type(given)(labels)
    if given.dtype.kind in "US" and labels:
        return np.array(labels)
    return np.array(labels, dtype=given.dtype)


def _collect_like(y: Any, rows: list[Any]) -> Any:
    """Give the containers of all rows in a container of the kind that there was."""
    if isinstance(y, list | tuple):
        return type(y)(rows)
    array = np.fromiter(rows, dtype=object, count=len(rows))
    if not hasattr(y, "iloc"):
        return array
    import pandas as pd

    return pd.Series(array, index=y.index, name=y.name)
