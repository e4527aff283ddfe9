"""Labels as an array, and as positions among the classes; what is no label is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.messages import list_rows, quote_values
from label_auditor.data.values import find_missing, kind_of, read_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# What to do about integers that count the columns, where classes= has their names.
_COUNTED = " If the labels count the columns from 0, pass class_names= in place of classes=."
# What holds the labels of one row, where a row has several.
CONTAINERS = (list, tuple, set, frozenset, np.ndarray)
HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def check_labels(labels: Any, *, name: str = "labels") -> NDArray[Any]:
    """Give `labels` as a one-dimensional array of their own values, with at least one row."""
    values = read_values(labels, name=name)
    if values.ndim != 1:
        raise ValueError(
            f"{name} has shape {values.shape}, but one label per row is needed: shape (n_samples,)."
        )
    if len(values) == 0:
        raise ValueError(f"{name} is empty: found 0 sample(s), while a minimum of 1 is required.")
    if values.dtype.kind == "f" and np.isinf(values).any():
        rows = np.flatnonzero(np.isinf(values))
        raise ValueError(f"{name} is infinite in {list_rows(rows)}; pass classes, not numbers.")
    return values


def has_many_labels(y: Any) -> bool:
    """Tell whether there are several labels per row: multi-label or multi-output."""
    shape: tuple[int, ...] = getattr(y, "shape", ())
    if isinstance(y, (list, tuple)):
        return any(isinstance(each, (list, tuple, set)) and len(each) != 1 for each in y)
    if len(shape) == 1 and str(getattr(y, "dtype", "")) == "object":
        return any(isinstance(each, CONTAINERS) for each in y)
    return len(shape) > 1 and shape[1] != 1


def refuse_missing(values: NDArray[Any], *, name: str, remedy: str) -> None:
    """Raise if a label is missing; `remedy` says what the caller can do about it."""
    rows = np.flatnonzero(find_missing(values))
    if len(rows):
        raise ValueError(
            f"{name} is missing (None, NaN or NA) for {len(rows)} of {len(values)} rows: "
            f"{list_rows(rows)}; {remedy}."
        )


def encode_labels(
    values: NDArray[Any],
    classes: ArrayLike | None = None,
    *,
    rows: NDArray[np.intp] | None = None,
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Turn labels into column positions; -1 marks a missing label.

    Without `classes`, they are the sorted values that occur. An error names `rows`, which are
    the positions of the values unless given.
    """
    if classes is None:
        return _sort_classes(values)
    order = read_classes(classes)
    codes = find_positions(values, order)
    unknown = np.flatnonzero((codes < 0) & ~find_missing(values))
    if len(unknown):
        where = unknown if rows is None else np.unique(rows[unknown])
        raise ValueError(
            f"labels holds {quote_values(dict.fromkeys(values[unknown].tolist()))} "
            f"({list_rows(where)}), not among the classes {quote_values(order)}; "
            "labels are values of classes, never column positions."
            + (_COUNTED if (kind_of(values), kind_of(order)) == ("numbers", "strings") else "")
        )
    return codes, order


def read_classes(classes: Any) -> NDArray[Any]:
    """Give the classes as an array; refuse what has no order, repeats or misses values."""
    order = read_values(classes, name="classes")
    if order.ndim != 1 or find_missing(order).any() or _index(order).has_duplicates:
        raise ValueError(
            f"classes must name each column of pred_probs once; got {quote_values(order)}."
        )
    _refuse_surrogates(order, name="classes")
    return order


def _sort_classes(values: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the positions of labels among the sorted values that occur, and these values."""
    import pandas as pd

    try:
        codes, found = pd.factorize(values, sort=True)
    except TypeError as error:
        raise ValueError(
            f"labels holds {type(values[0]).__name__} objects, which have no order; make them "
            "strings, or pass the classes in the order of the columns."
        ) from error
    found = np.asarray(found)
    if values.dtype.kind in "US":
        found = found.astype(values.dtype)
    elif found.dtype == object and kind_of(found) != "strings":
        found = pd.Series(found).infer_objects().to_numpy()
    _refuse_surrogates(found, name="labels")
    return codes, found


def _refuse_surrogates(classes: NDArray[Any], *, name: str) -> None:
    """Raise if a class has half of a character of UTF-16, as badly decoded text may."""
    halves = (value for value in map(str, classes.tolist()) if HALF_CHARACTER.search(value))
    value = next(halves, None)
    if value is not None:
        raise ValueError(
            f"{name} holds {value!r:.60}, a text with half a character, which no table or file "
            "can hold; decode the text again, or replace this character."
        )


def find_positions(values: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Find values among the classes; -1 for what isn't there."""
    kind = kind_of(values)
    if kind not in (kind_of(classes), "empty"):
        # pandas would find True where there is 1.
        return np.full(len(values), -1)
    if kind == "numbers" and values.dtype.kind != classes.dtype.kind:
        # pandas compares numbers of different types as floats, where large ones may be equal.
        sizes = [np.abs(each.astype(float)).max(initial=0) for each in (values, classes)]
        if max(sizes) >= 2**53:
            values, classes = values.astype(object), classes.astype(object)
    positions: NDArray[np.intp] = _index(classes).get_indexer(_index(values))
    return positions


def _index(values: NDArray[Any]) -> Any:
    """Give values as a pandas Index that doesn't guess their type."""
    import pandas as pd

    return pd.Index(values, dtype=object if values.dtype.kind in "OUS" else None)


def index_classes(classes: NDArray[Any]) -> Any:
    """Give classes as the pandas Index of a table with a row per class; objects stay objects."""
    import pandas as pd

    return pd.Index(classes, dtype=object if classes.dtype == object else None, name="class")


def decode_labels(codes: NDArray[np.intp], classes: NDArray[Any]) -> NDArray[Any]:
    """Turn positions among the classes into labels; -1 into NaN among floats, else into None."""
    labels = classes[codes]
    if (codes < 0).any():
        labels = labels.astype(float if classes.dtype.kind == "f" else object)
        labels[codes < 0] = np.nan if classes.dtype.kind == "f" else None
    return labels
