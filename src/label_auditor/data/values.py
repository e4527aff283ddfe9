"""Values as their owner meant them: read into an array in which each is what it was before.

NumPy makes one type of all values of a list: NaN among strings becomes the string 'nan', 1 becomes
'1', and integers beside NaN or beyond 64 bits become floats, which may make two of them equal. Here
they keep their types, and values of types that can't be told apart safely are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.messages import list_rows, quote_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Kinds of values, by NumPy's kind of dtype and by what pandas infers from objects.
KINDS = {
    **dict.fromkeys(("U", "T", "string"), "strings"),
    **dict.fromkeys(("b", "boolean"), "bools"),
    **dict.fromkeys(("i", "u", "f", "integer", "floating", "mixed-integer-float"), "numbers"),
    **dict.fromkeys(("M", "datetime", "datetime64"), "times"),
    **dict.fromkeys(("m", "timedelta", "timedelta64"), "durations"),
    "empty": "empty",
}
# Kinds that are refused, with what to do about them.
REFUSED = {
    **dict.fromkeys(("S", "bytes"), ("bytes", "decode them into strings first")),
    **dict.fromkeys(
        ("c", "complex"),
        ("complex numbers", "pass strings, numbers or bools. Complex data not supported"),
    ),
    "V": ("records of several fields", "pass one field of them"),
}


def read_values(values: Any, *, name: str) -> NDArray[Any]:
    """Give values as an array, usually of one dimension, in which each keeps its type.

    Parameters
    ----------
    values : array-like
        An array, masked or not, a pandas, polars, PyArrow or dask object, a tensor, a list or any
        other iterable with an order.
    name : str
        What the values are called in error messages.

    Returns
    -------
    ndarray
        In the byte order of this machine. Masked values are None.

    Raises
    ------
    ValueError
        If the values have no order, or types that are refused or mixed.

    Examples
    --------
    >>> read_values(["a", float("nan")], name="labels").tolist()
    ['a', nan]
    """
    array, is_list = _to_array(values, name)
    if array.dtype.kind == "T":
        array = array.astype(object)
    if array.dtype.kind in REFUSED:
        _refuse(array.dtype.kind, name)
    if array.dtype.kind == "O" and array.ndim == 1:
        return _read_objects(array, name, is_list=is_list)
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        # pandas has neither float16 nor longdouble.
        return _as_float64(array, name)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def in_memory(data: Any) -> Any:
    """Give what dask, polars or Hugging Face's `datasets` hold lazily; all else as it is.

    Parameters
    ----------
    data : object
        A collection of dask, a LazyFrame of polars or a column of a data set, for example.
    """
    for method in ("compute", "collect"):
        if hasattr(data, method):
            data = getattr(data, method)()
    if not (hasattr(data, "column_name") and hasattr(data, "source")):
        return data
    # A column: it gives one value at a time, but Arrow's array if that is asked for.
    source = data.source
    if getattr(source, "format", {"type": "other"})["type"] is None:
        return source.with_format("arrow")[data.column_name][:]
    return data[:]


def kind_of(array: NDArray[Any]) -> str:
    """Say of what kind the values of an array are: 'strings', 'bools', 'numbers', …."""
    import pandas as pd

    if array.dtype.kind != "O":
        return KINDS.get(array.dtype.kind, array.dtype.kind)
    inferred: str = pd.api.types.infer_dtype(array, skipna=True)
    return KINDS.get(inferred, inferred)


def find_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the values that are None, NaN, NaT or pandas.NA."""
    import pandas as pd

    return np.asarray(pd.isna(values))


def _to_array(values: Any, name: str) -> tuple[NDArray[Any], bool]:
    """Give an array of the values, and whether they came as a list of Python's own values."""
    if isinstance(values, np.ma.MaskedArray):
        objects = values.data.astype(object)
        objects[np.ma.getmaskarray(values)] = None
        return (objects if np.ma.is_masked(values) else values.data), False
    values = in_memory(values)
    if hasattr(values, "isna"):  # pandas would turn integers beside missing ones into floats
        return np.asarray(values.astype(object) if values.isna().any(axis=None) else values), False
    for method in ("to_pylist", "to_list"):  # so would PyArrow and polars
        if hasattr(values, method) and len(getattr(values, "shape", (0,))) == 1:
            values = getattr(values, method)()
    if hasattr(values, "__array__"):
        return np.asarray(values), False
    return _list_to_array(values, name), True


def _list_to_array(values: Any, name: str) -> NDArray[Any]:
    """Give an array of Python's own values; of lists in lists, one of more dimensions."""
    if isinstance(values, str | bytes | Mapping | Set) or not isinstance(values, Iterable):
        raise ValueError(
            f"{name} is {values!r:.60}, of type {type(values).__name__}; pass an array or a list, "
            "whose values have an order."
        )
    objects = list(values)
    array = np.fromiter(objects, dtype=object, count=len(objects))
    if not kind_of(array).startswith("mixed"):
        return array
    objects = [_python_value(value) for value in objects]
    if any(isinstance(value, list | tuple | np.ndarray) for value in objects):
        return np.asarray(objects, dtype=object)
    return np.fromiter(objects, dtype=object, count=len(objects))


def _python_value(value: Any) -> Any:
    """Give the value that a tensor or a PyArrow scalar holds; all others as they are."""
    if hasattr(value, "as_py"):
        return value.as_py()
    is_tensor = hasattr(value, "item") and not isinstance(value, np.generic)
    return value.item() if is_tensor and getattr(value, "shape", None) == () else value


def _read_objects(values: NDArray[Any], name: str, *, is_list: bool) -> NDArray[Any]:
    """Check that objects are of one kind, and give those of a list in the type that they have."""
    import pandas as pd

    inferred = pd.api.types.infer_dtype(values, skipna=True)
    if inferred in REFUSED:
        _refuse(inferred, name)
    if inferred == "mixed-integer-float":
        return _as_float64(values, name)
    if inferred in ("mixed", "mixed-integer"):
        _refuse_mixed(values, name)
    if not is_list:
        return values
    if find_missing(values).any():
        # pandas would make floats of integers beside them, NumPy a string among strings.
        return values
    if inferred == "string":
        # A NumPy string loses the NUL characters at its end.
        cut = any(value.endswith("\0") for value in values)
        return values if cut else values.astype(str)
    if inferred in ("integer", "floating", "boolean"):
        narrow: NDArray[Any] = pd.Series(values, dtype=object).infer_objects().to_numpy()
        return narrow
    return values


def _as_float64(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Give numbers as float64; refuse those that it doesn't hold exactly."""
    present = ~find_missing(values)
    numbers = np.full(values.shape, np.nan)
    numbers[present] = values[present].astype(float)
    inexact = np.flatnonzero(present)[numbers[present] != values[present]]
    if len(inexact):
        raise ValueError(
            f"{name} holds {quote_values(values[inexact].tolist())} ({list_rows(inexact)}), which "
            "would lose digits as floats beside the others; pass all of them as integers or all "
            "as strings."
        )
    return numbers


def _refuse(kind: str, name: str) -> None:
    """Raise for values of a kind that isn't taken."""
    what, remedy = REFUSED[kind]
    raise ValueError(f"{name} holds {what}; {remedy}.")


def _refuse_mixed(values: NDArray[Any], name: str) -> None:
    """Raise if there are several types among values, or containers instead of single values."""
    present = values[~find_missing(values)]
    examples: dict[type, Any] = {}
    for value in present:
        examples.setdefault(type(value), value)
    nested = next((value for value in present if _is_container(value)), None)
    if nested is not None:
        raise ValueError(
            f"{name} has {nested!r:.60} where a single value is needed: a string, number or bool."
        )
    if len(examples) > 1:
        others = "strings with other values" if str in examples else "values of several types"
        raise ValueError(
            f"{name} mixes {others} ({quote_values(examples.values())}); "
            "make all of them strings, or none."
        )


def _is_container(value: Any) -> bool:
    """Tell whether a value holds others, as a list or an array does."""
    return isinstance(value, list | tuple | Set | Mapping | np.ndarray)
