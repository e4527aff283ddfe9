"""A column of many texts in little memory: one run of bytes instead of an object for each text."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
from pandas.api.extensions import ExtensionArray, ExtensionDtype, take
from pandas.api.indexers import check_array_indexer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_BLOCK = 2**14


class PackedDtype(ExtensionDtype):  # type: ignore[misc]
    """The type of a column of packed texts."""

    name = "packed"
    type = str
    na_value = None

    @classmethod
    def construct_array_type(cls) -> Any:
        """Give the class of such columns."""
        return PackedTexts


class PackedTexts(ExtensionArray):  # type: ignore[misc]
    """Texts that stand one after another in UTF-8; each is decoded when it is asked for.

    They can't be changed. Parts of a column share its bytes.

    Parameters
    ----------
    data : bytearray
        The texts. Half surrogate pairs, which JSON may hold, are encoded like other characters.
    starts, ends : ndarray of int, shape (n_texts,)
        Where each text begins and ends; a missing one begins at -1.

    Examples
    --------
    >>> packer = Packer()
    >>> packer.extend(["red", "grün", "blue"])
    >>> texts = packer.pack()
    >>> texts[1], list(texts[::2])
    ('grün', ['red', 'blue'])
    """

    dtype = PackedDtype()

    def __init__(self, data: bytearray, starts: Ints, ends: Ints) -> None:
        self._data, self._starts, self._ends = data, starts, ends

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> PackedTexts:  # noqa: ARG003
        texts = list(scalars)
        packer = Packer()
        packer.extend("" if text is None else text for text in texts)
        found = packer.pack()
        missing = np.array([text is None for text in texts], dtype=bool)
        return cls(found._data, np.where(missing, -1, found._starts), found._ends)

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[PackedTexts]) -> PackedTexts:
        return cls._from_sequence([text for part in to_concat for text in part])

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, item: Any) -> Any:
        item = check_array_indexer(self, item)
        starts, ends = self._starts[item], self._ends[item]
        if np.ndim(starts):
            return PackedTexts(self._data, starts, ends)
        return self._decode(int(starts), int(ends))

    def __iter__(self) -> Iterator[Any]:
        for at in range(0, len(self), _BLOCK):
            block = slice(at, at + _BLOCK)
            yield from map(self._decode, self._starts[block].tolist(), self._ends[block].tolist())

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        return self.astype(object) == np.asarray(other, dtype=object)

    def _decode(self, start: int, end: int) -> str | None:
        return None if start < 0 else self._data[start:end].decode("utf-8", "surrogatepass")

    @property
    def nbytes(self) -> int:
        """The number of bytes of the texts and of their places."""
        return len(self._data) + self._starts.nbytes + self._ends.nbytes

    def isna(self) -> NDArray[np.bool_]:
        """Say which texts are missing."""
        return self._starts < 0

    def take(
        self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None
    ) -> PackedTexts:
        """Give texts by their positions."""
        del fill_value  # nothing but None can be missing
        places = [
            take(each, np.asarray(indices), allow_fill=allow_fill, fill_value=-1)
            for each in (self._starts, self._ends)
        ]
        return PackedTexts(self._data, *places)

    def copy(self) -> PackedTexts:
        """Give the same texts: they can't be changed."""
        return PackedTexts(self._data, self._starts, self._ends)


class Packer:
    """Packs texts, some at a time."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    @property
    def nbytes(self) -> int:
        """The number of bytes so far."""
        return len(self._data) + 8 * len(self._ends)

    def extend(self, texts: Iterable[str]) -> None:
        """Add texts."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = accumulate(map(len, encoded), initial=len(self._data))
        next(ends)  # it is there already
        self._ends.extend(ends)
        self._data += b"".join(encoded)

    def pack(self) -> PackedTexts:
        """Give all of them."""
        places = np.frombuffer(self._ends, dtype=np.int64)
        return PackedTexts(self._data, places[:-1], places[1:])
