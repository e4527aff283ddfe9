"""Floats on their way to the client: a fifth smaller, to the last bit the same.

Of probabilities, the byte that holds sign and exponent is nearly always one of three values. Two
bits tell which; of the other bytes nothing can be saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[Any]

# The highest byte of float32 from 1/2 on, below 2; that of all from 1/32 on is less by two at most.
USUAL, RARE = 0x3F, 3


class PackedFloats(NamedTuple):
    """An array of floats by their bytes.

    Attributes
    ----------
    usual : ndarray of uint8, shape (n / 4,)
        Two bits for each number: by how much its highest byte is below the usual one, or `RARE`.
    rare : ndarray of uint8
        The highest bytes of numbers where it is none of the usual ones.
    middle : ndarray of uint8, shape (n,)
        The next one.
    lowest : ndarray of uint16, shape (n, itemsize / 2 - 1)
        The others, in pairs, which are copied quicker than three bytes are.
    """

    usual: Array
    rare: Array
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
    return PackedFloats(*_pack_highest(parts[:, -1]), parts[:, -2].copy(), pairs[:, :-1].copy())


def _pack_highest(values: Array) -> tuple[Array, Array]:
    """Pack the highest bytes of numbers, four to a byte; give the rare ones as they are."""
    below = np.zeros((4, -(-values.size // 4)), np.uint8)
    flat = below.reshape(-1)[: values.size]
    np.subtract(USUAL, values, out=flat)  # What is above the usual one wraps around.
    np.minimum(flat, RARE, out=flat)
    rare = values[flat == RARE]
    below <<= np.arange(0, 8, 2, dtype=np.uint8)[:, None]
    return np.bitwise_or.reduce(below, axis=0), rare


def _unpack_highest(usual: Array, rare: Array, n: int) -> Array:
    below = usual >> np.arange(0, 8, 2, dtype=np.uint8)[:, None]
    below &= RARE
    flat = below.reshape(-1)[:n]
    is_rare = flat == RARE
    np.subtract(USUAL, flat, out=flat)
    flat[is_rare] = rare
    return flat


def _unpack_floats(packed: PackedFloats) -> Array:
    n, size = packed.lowest.shape[0], 2 * packed.lowest.shape[1] + 2
    parts = np.empty((n, size), np.uint8)
    parts[:, -1] = _unpack_highest(packed.usual, packed.rare, n)
    parts[:, -2] = packed.middle
    parts.view(np.uint16)[:, :-1] = packed.lowest
    return parts.view(f"<f{size}").reshape(n).astype(f"f{size}", copy=False)
