"""Labels as codes of categories: read as such, not as one value for each row.

Categoricals of pandas, and dictionaries of Arrow in pandas, polars and PyArrow, hold every value
once and a small integer for each row. Arrow, where it is installed, quickly makes such a dictionary
of strings; those of NumPy's fixed width are hashed; and integers that are small are categories
themselves. Only one row of each category is turned into a value here.
What comes out is what :func:`label_auditor.data.labels.encode_labels` gives for all values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.labels import check_labels, encode_labels, has_many_labels, refuse_missing
from label_auditor.data.values import in_memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Integers in a smaller range than this are categories themselves.
MOST_INTEGERS = 2**16
# Types of Arrow.
STRINGS = ("string", "large_string")
# Rows that are looked at at a time.
BLOCK = 2**18
# Strings of up to so many characters are hashed, so many at a time, by a number of Knuth's.
MOST_CHARACTERS, HASHED = 64, 2**14
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def read_labels(
    labels: Any,
    classes: ArrayLike | None = None,
    *,
    name: str = "labels",
    allow_missing: bool = False,
    remedy: str = "drop these rows",
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give labels as column positions, and the classes of the columns.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
        The labels, in any form.
    classes : array-like of shape (n_classes,), default=None
        The classes; by default, the sorted labels that occur.
    name : str, default="labels"
        What the labels are called in error messages.
    allow_missing : bool, default=False
        Whether labels may be missing: their code is -1.
    remedy : str, default="drop these rows"
        What the error about missing labels says can be done.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If labels are missing, are no single values of one type, or are not among the classes.

    Examples
    --------
    >>> import pandas as pd
    >>> read_labels(pd.Categorical(["dog", "cat", "dog"]))
    (array([1, 0, 1]), array(['cat', 'dog'], dtype=object))
    """
    labels = in_memory(labels)
    categories = _find_codes(labels)
    if isinstance(classes, Iterator):
        classes = list(classes)  # it may be read twice below
    if categories is not None and categories.size and (allow_missing or categories.min() >= 0):
        example = _find_examples(categories)
        used = np.flatnonzero(example[:-1] >= 0)
        try:
            values = check_labels(_take(labels, example[used]), name=name)
            codes, columns = encode_labels(values, classes)
        except ValueError:
            # Its message would name the rows of the examples: all rows are read, and refused.
            return _read_values(labels, classes, name, remedy, allow_missing=allow_missing)
        # The codes of some categories may be -1: their value is missing.
        if allow_missing or (codes >= 0).all():
            code_of = np.full(len(example), -1)
            code_of[used] = codes
            return code_of[categories], columns
    return _read_values(labels, classes, name, remedy, allow_missing=allow_missing)


def _find_examples(categories: NDArray[np.integer[Any]]) -> NDArray[np.intp]:
    """Find a row of each category, -1 where there is none; the last place belongs to -1."""
    example = np.full(int(categories.max()) + 2, -1)
    for start in range(0, len(categories), BLOCK):
        part = categories[start : start + BLOCK]
        example[part] = np.arange(start, start + len(part))
    return example


def _read_values(
    labels: Any, classes: ArrayLike | None, name: str, remedy: str, *, allow_missing: bool
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Read one value for each row."""
    if has_many_labels(labels):
        raise ValueError(f"{name} has several labels per row: pass multi_label=True.")
    values = check_labels(labels, name=name)
    if not allow_missing:
        refuse_missing(values, name=name, remedy=remedy)
    return encode_labels(values, classes)


def _find_codes(labels: Any) -> NDArray[np.integer[Any]] | None:
    """Give the category of each row, -1 where it is missing; None where there are none."""
    kind = str(getattr(labels, "dtype", getattr(labels, "type", "")))
    if _are_integers(labels, kind):
        return _integer_codes(np.asarray(labels))
    if kind == "category":
        codes: NDArray[np.integer[Any]] = np.asarray(getattr(labels, "cat", labels).codes)
        return codes
    if kind.startswith(("dictionary", "Categorical", "Enum")):
        return _arrow_codes(_to_arrow(labels))
    if isinstance(labels, np.ndarray) and kind.startswith("<U"):
        numbers = _fixed_width_codes(labels)
        if numbers is not None:
            return numbers
    return _string_codes(labels) if _begins_with_string(labels) else None


def _are_integers(labels: Any, kind: str) -> bool:
    """Tell whether labels are integers or bools: an array, a column or a list of them."""
    if isinstance(labels, list | tuple):
        # A bool among integers, also one of NumPy, is refused elsewhere.
        return bool(labels) and type(labels[0]) is int and set(map(type, labels)) == {int}
    if isinstance(labels, np.ndarray) or hasattr(labels, "iloc"):
        dtype = getattr(labels, "dtype", None)
        is_masked = isinstance(labels, np.ma.MaskedArray)
        return isinstance(dtype, np.dtype) and dtype.kind in "iub" and not is_masked
    return re.fullmatch("u?int[0-9]+", kind.lower()) is not None  # of PyArrow or polars


def _integer_codes(values: NDArray[Any]) -> NDArray[np.integer[Any]] | None:
    """Give integers, less the lowest if it is negative; None where their range is large."""
    if values.dtype.kind not in "iub" or values.ndim != 1 or not values.size:
        return None  # integers of Python may be too large, and of others some may be missing
    values = values.view(np.uint8) if values.dtype == bool else values
    lowest, highest = int(values.min()), int(values.max())
    if highest - min(lowest, 0) >= MOST_INTEGERS:
        return None
    if lowest >= 0:
        return values
    codes = np.empty(values.size, np.uint16)
    np.subtract(values, lowest, out=codes, casting="unsafe")
    return codes


def _fixed_width_codes(labels: NDArray[np.str_]) -> NDArray[np.intp] | None:
    """Give distinct strings of an array of NumPy numbers, by hashing their characters.

    None where the array has another shape, or its strings are long or have equal hashes.
    """
    import pandas as pd

    width = labels.dtype.itemsize // 4
    if type(labels) is not np.ndarray or labels.ndim != 1 or not 0 < width <= MOST_CHARACTERS:
        return None
    characters = np.ascontiguousarray(labels).view(np.uint32).reshape(-1, width)
    blocks = [slice(start, start + HASHED) for start in range(0, len(labels), HASHED)]
    hashes = np.zeros(len(labels), np.uint64)
    for rows in blocks:
        hashed = hashes[rows]
        for column in characters[rows].T.astype(np.uint64, order="C"):
            hashed *= MULTIPLIER
            hashed ^= hashed >> np.uint64(29)
            hashed += column
    codes: NDArray[np.intp] = pd.factorize(hashes)[0]
    distinct = characters[_find_examples(codes)[:-1]] if codes.size else characters
    equal = all(
        np.array_equal(distinct.take(codes[rows], axis=0), characters[rows]) for rows in blocks
    )
    return codes if equal else None


def _begins_with_string(labels: Any) -> bool:
    """Tell whether labels are a column or a list whose first value is a string."""
    if (
        len(getattr(labels, "shape", (0,))) != 1
        or not hasattr(labels, "__len__")
        or not len(labels)
    ):
        return False
    if isinstance(labels, np.ma.MaskedArray | Mapping | Set | str):
        return False
    first = (labels.iloc if hasattr(labels, "iloc") else labels)[0]
    return isinstance(first, str) or str(getattr(first, "type", "")) in STRINGS


def _string_codes(labels: Any) -> NDArray[np.integer[Any]] | None:
    """Let Arrow find the distinct strings; None without Arrow, or if some values are no strings."""
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        array = labels.to_arrow() if hasattr(labels, "to_arrow") else labels
        if not isinstance(array, pa.Array | pa.ChunkedArray):
            array = pa.array(array)
    except (pa.ArrowException, UnicodeError, ValueError, TypeError):
        return None
    return _arrow_codes(array.dictionary_encode()) if str(array.type) in STRINGS else None


def _to_arrow(labels: Any) -> Any:
    """Give a Series of pandas or polars as an array of Arrow; one of Arrow as it is."""
    if hasattr(labels, "array"):
        return labels.array.__arrow_array__()
    return labels.to_arrow() if hasattr(labels, "to_arrow") else labels


def _arrow_codes(array: Any) -> NDArray[np.integer[Any]] | None:
    """Give the indices of a dictionary, of which the chunks may have their own."""
    if array.null_count or not str(array.type).startswith("dictionary"):
        return None
    if hasattr(array, "chunks"):
        parts = array.unify_dictionaries().chunks
        return np.concatenate([np.zeros(0, np.int8), *(each.indices.to_numpy() for each in parts)])
    codes: NDArray[np.integer[Any]] = array.indices.to_numpy()
    return codes


def _take(labels: Any, rows: NDArray[np.intp]) -> Any:
    """Give the labels of some rows, in the form that they have."""
    if hasattr(labels, "iloc"):
        return labels.iloc[rows]
    if isinstance(labels, list | tuple):
        return [labels[row] for row in rows]
    return labels.take(rows) if hasattr(labels, "take") else labels[rows]
