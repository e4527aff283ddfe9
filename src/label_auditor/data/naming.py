"""The ids of rows and the names of classes, as reviewers and corrections know them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from label_auditor.data.messages import list_rows, quote_values, repeated, warn
from label_auditor.data.values import find_missing

# An integer as `str` writes it, of no more digits than an index can hold.
WHOLE_NUMBER = re.compile("0|-?[1-9][0-9]{0,19}")


def check_length(name: str, length: int, n: int) -> None:
    """Check that there is one value for each label."""
    if length != n:
        raise ValueError(
            f"{name} has {length} values but {n} labels were audited; "
            "give one for each, in the same order, flagged or not."
        )


def unique_ids(index: Iterable[Any], n: int, ids: Iterable[Any] | None) -> Sequence[int | str]:
    """Give a unique id for each of n rows: the index, if no ids were chosen."""
    if ids is None and isinstance(index, range):
        return index
    if ids is None and _are_unique(index):
        return _Ids(index)
    values = list(index if ids is None else ids)
    check_length("ids", len(values), n)
    missing = [row for row, value in enumerate(values) if ids is not None and _is_missing(value)]
    if missing:
        raise ValueError(
            f"ids is missing (None, NaN or NA) in {list_rows(missing)}; give each row an id of its "
            "own, as corrections are joined on them."
        )
    found = [_row_id(value) for value in values]
    twice = repeated(map(str, found))
    if not twice:
        return found
    if ids is not None:
        raise ValueError(
            f"ids must be unique, also as strings, but {quote_values(twice)} occur more than once; "
            "corrections are joined on them."
        )
    warn(
        f"The index isn't unique ({quote_values(twice)} occur more than once), so the positions "
        "of the rows are their ids; pass ids= to choose others.",
    )
    return range(n)


def _is_missing(value: Any) -> bool:
    """Tell whether an id is None, NaN, NaT or pandas.NA; a container is none of these."""
    return bool(np.ndim(value) == 0 and find_missing(value))


class _Ids(Sequence[int | str]):
    """The values of an index, made ids as they are asked for."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, row: Any) -> Any:
        return _row_id(self._index[row])

    def find(self, names: list[str]) -> list[int]:
        """Find the rows of those of some ids that occur."""
        found: Any = names
        if self._index.dtype.kind in "iu":
            dtype = getattr(self._index.dtype, "numpy_dtype", self._index.dtype)
            limits = np.iinfo(dtype)
            numbers = [int(name) for name in names if WHOLE_NUMBER.fullmatch(name)]
            # In the type of the index: pandas compares other integers as floats.
            found = np.array([n for n in numbers if limits.min <= n <= limits.max], dtype)
        rows: list[int] = np.flatnonzero(self._index.isin(found)).tolist()
        return rows


def find_rows(names: Iterable[str], ids: Sequence[int | str]) -> dict[str, int]:
    """Find the rows of some ids, given as text, among unique ones; what no row has is left out.

    Nothing is made of all ids, which may be many.

    Examples
    --------
    >>> find_rows(["7", "x", "007"], range(5, 10))
    {'7': 2}
    """
    wanted = list(dict.fromkeys(names))
    if isinstance(ids, range):
        numbers = [int(name) for name in wanted if WHOLE_NUMBER.fullmatch(name)]
        return {str(number): ids.index(number) for number in numbers if number in ids}
    if isinstance(ids, _Ids):
        return {str(ids[row]): row for row in ids.find(wanted)}
    known = set(wanted)
    return {name: row for row, name in enumerate(map(str, ids)) if name in known}


def _are_unique(index: Any) -> bool:
    """Tell whether an index of pandas is unique, also as text; False where that isn't known."""
    import pandas as pd

    if not isinstance(index, pd.Index):
        return False
    # Numbers and text of one type are as unique as they are as text.
    one_type = index.dtype.kind in "iu" or pd.api.types.infer_dtype(index, skipna=False) == "string"
    return bool(one_type and index.is_unique)


def _row_id(value: Any) -> int | str:
    """Give an id as an int or a string."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def name_classes(
    classes: list[Any], class_names: Mapping[Any, str] | Sequence[str] | None
) -> dict[Any, str]:
    """Give the name of each class, in the order of the classes."""
    if class_names is None:
        names = {value: str(value) for value in classes}
    elif isinstance(class_names, Mapping):
        unnamed = [value for value in classes if value not in class_names]
        if unnamed:
            raise ValueError(
                f"class_names has no name for {quote_values(unnamed)}; "
                f"name every class: {quote_values(classes)}."
            )
        names = {value: str(class_names[value]) for value in classes}
    else:
        if isinstance(class_names, str) or len(class_names) != len(classes):
            raise ValueError(
                f"class_names has {len(class_names)} names but there are {len(classes)} classes "
                f"({quote_values(classes)}); give one name for each, in this order, or a mapping."
            )
        names = dict(zip(classes, map(str, class_names), strict=True))
    shared = repeated(names.values())
    if shared:
        raise ValueError(
            f"class_names gives {quote_values(shared)} to more than one class; "
            "a reviewer couldn't tell them apart."
        )
    return names


def check_index(index: Any, n_samples: int) -> Sequence[Any]:
    """Give the names of the rows: their positions if there are none."""
    if index is None:
        return range(n_samples)
    for method in ("compute", "to_pylist"):  # dask, PyArrow
        index = getattr(index, method)() if hasattr(index, method) else index
    if isinstance(index, str | Mapping | Set) or len(getattr(index, "shape", (0,))) != 1:
        raise ValueError(
            f"index is {index!r:.60}, of type {type(index).__name__}; pass a sequence with the "
            "name of each row, in order."
        )
    names: Sequence[Any] = index if hasattr(index, "__len__") else list(index)
    if len(names) != n_samples:
        raise ValueError(
            f"index has {len(names)} names but there are {n_samples} labels; name every row."
        )
    return names
