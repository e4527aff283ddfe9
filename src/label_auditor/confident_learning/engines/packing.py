"""Floats on their way to the client: a fifth smaller, to the last bit the same.

Of probabilities, the byte that holds sign and exponent is nearly always one of a few values. It is
compressed; of the others nothing can be saved.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[Any]


class PackedFloats(NamedTuple):
    """An array of floats in three parts.

    Attributes
    ----------
    exponents : bytes
        The highest byte of each number, compressed.
    middle : ndarray of uint8, shape (n,)
        The next one.
    lowest : ndarray of uint16, shape (n, itemsize / 2 - 1)
        The others, in pairs, which are copied quicker than three bytes are.
    """

    exponents: bytes
    middle: Array
    lowest: Array


def pack(found: Any) -> Any:
    """Pack an array of floats, or all in a tuple; give all else as it is.

    Examples
    --------
    >>> values = np.linspace(0, 1, 5, dtype=np.float32)
    >>> unpack(pack(values))
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    if isinstance(found, np.ndarray) and found.dtype.kind == "f":
        return _pack_floats(found)
    return _map_tuple(pack, found) if isinstance(found, tuple) else found


def unpack(found: Any) -> Any:
    """Give back what was packed."""
    if isinstance(found, PackedFloats):
        return _unpack_floats(found)
    return _map_tuple(unpack, found) if isinstance(found, tuple) else found


def _map_tuple(function: Callable[[Any], Any], found: tuple[Any, ...]) -> tuple[Any, ...]:
    """Call a function for each item of a tuple, which may be named."""
    items = map(function, found)
    return type(found)(*items) if hasattr(found, "_fields") else tuple(items)


def _pack_floats(values: Array) -> PackedFloats:
    size = values.dtype.itemsize
    lowest_first = np.ascontiguousarray(values, f"<f{size}")
    parts = lowest_first.view(np.uint8).reshape(-1, size)
    pairs = lowest_first.view(np.uint16).reshape(-1, size // 2)
    exponents = zlib.compress(parts[:, -1].tobytes(), 1)
    return PackedFloats(exponents, parts[:, -2].copy(), pairs[:, :-1].copy())


def _unpack_floats(packed: PackedFloats) -> Array:
    n, size = packed.lowest.shape[0], 2 * packed.lowest.shape[1] + 2
    parts = np.empty((n, size), np.uint8)
    parts[:, -1] = np.frombuffer(zlib.decompress(packed.exponents), np.uint8)
    parts[:, -2] = packed.middle
    parts.view(np.uint16)[:, :-1] = packed.lowest
    return parts.view(f"<f{size}").reshape(n).astype(f"f{size}", copy=False)
