"""Columns that are read some records at a time, and held in little memory."""

from __future__ import annotations

from array import array
from collections import defaultdict
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from label_auditor.cli.memory import OTHERWISE, check_memory
from label_auditor.cli.packed_texts import Packer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# So many different cells are looked for among the others, to be kept once.
MOST_SHARED = 10_000
# Records that are read at a time.
BLOCK = 10_000
# Bytes of a row of a column of few different cells: the number of the cell, and later an address.
_SHARED_BYTES = 10


class Column:
    """The cells of a column, in their order.

    Of few different strings, each is kept once, and rows have its number. Many are packed. A column
    that holds anything else is kept as it is.

    Examples
    --------
    >>> column = Column()
    >>> column.extend(["red", "blue"])
    >>> column.extend(["red"])
    >>> column.distinct, column.to_series().tolist()
    (['red', 'blue'], ['red', 'blue', 'red'])
    """

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._numbered = array("H")
        # What the cells are moved to, once there are too many different ones, or others.
        self._packed: Packer | None = None
        self._kept: list[Any] | None = None

    def __len__(self) -> int:
        return max(len(self._numbered), len(self._packed or ()), len(self._kept or ()))

    @property
    def nbytes(self) -> int:
        """About how many bytes the column takes, without cells that are not packed."""
        return _SHARED_BYTES * len(self) if self._packed is None else self._packed.nbytes

    @property
    def distinct(self) -> Any:
        """The different cells, if rows have their numbers; else all cells."""
        if self._packed is not None:
            return self._packed.pack()
        return list(self._numbers) if self._kept is None else self._kept

    def extend(self, cells: Collection[Any]) -> None:
        """Add cells; at most as many as are read at a time."""
        if self._kept is None and not all(type(cell) is str for cell in cells):
            self._kept = self.to_series().tolist()
            self._clear()
        elif self._kept is None and len(self._numbers) > MOST_SHARED:
            packer = Packer()
            packer.extend(self.to_series())
            self._clear()
            self._packed = packer
        if self._kept is not None:
            self._kept.extend(cells)
        elif self._packed is not None:
            self._packed.extend(cells)
        else:
            self._numbered.extend(map(self._numbers.__getitem__, cells))

    def _clear(self) -> None:
        """Let go of strings, which have been moved."""
        self._numbers.clear()
        self._numbered = array("H")
        self._packed = None

    def spread(self, values: Any) -> Any:
        """Give rows the values of their cells, where there is one for each of `distinct`."""
        if self._packed is not None or self._kept is not None:
            return values
        return values[np.frombuffer(self._numbered, np.uint16)]

    def to_series(self) -> pd.Series:
        """Give the column; strings that are not packed are objects."""
        distinct = self.distinct
        if self._packed is not None:
            return pd.Series(distinct)
        values = np.empty(len(distinct), dtype=object)
        values[:] = distinct
        return pd.Series(self.spread(values), dtype=object)


def check_growth(columns: Iterable[Column], file: IO[bytes], size: int, name: str) -> None:
    """Refuse a file if the rest of it takes too much memory, as its columns have grown so far."""
    so_far = sum(column.nbytes for column in columns)
    check_memory(so_far * (size / max(1, file.tell()) - 1), name, OTHERWISE)
