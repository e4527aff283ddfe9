"""Sorting large columns of numbers: the order that NumPy's stable sort gives, in less time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stable_order(values: NDArray[np.floating]) -> NDArray[np.intp]:
    """Give the positions of numbers in ascending order, equal ones as they stand, NaN last.

    Parameters
    ----------
    values : ndarray of shape (n,), float
        The numbers.

    Returns
    -------
    ndarray of shape (n,), intp
        What ``np.argsort(values, kind="stable")`` gives. That moves positions and compares numbers
        elsewhere in memory; here the first bits of a number and its position are one integer, and
        integers are sorted, in half of the time. Only numbers that are equal in these bits, but
        not in all, are compared with each other.

    Examples
    --------
    >>> stable_order(np.array([0.5, np.nan, 0.25, 0.5]))
    array([2, 0, 3, 1])
    """
    mask = np.uint64(2 ** max(len(values) - 1, 1).bit_length() - 1)
    keys = _ascending_bits(values)
    keys &= ~mask
    keys |= np.arange(len(values), dtype=np.uint64)
    keys.sort()
    order = (keys & mask).view(np.int64).astype(np.intp, copy=False)
    in_order = values[order]
    if (in_order[1:] < in_order[:-1]).any():
        keys &= ~mask
        equal = keys[1:] == keys[:-1]
        at = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
        # All numbers with the same first bits are below those with the next.
        order[at] = order[at][in_order[at].argsort(kind="stable")]
    return order


def _ascending_bits(values: NDArray[np.floating]) -> NDArray[np.uint64]:
    """Give the bits of each number as a float64, so that they ascend as unsigned integers."""
    # Adding 0 makes -0 a 0, which is equal to it.
    bits: NDArray[np.uint64] = (values.astype(np.float64) + 0).view(np.uint64)
    if len(values) and not values.min() >= 0:  # also if there is NaN
        sign = np.uint64(2**63)
        # Those of negative numbers descend.
        bits = np.where(bits & sign, ~bits, bits | sign)
        bits[np.isnan(values)] = np.uint64(2**64 - 1)
    return bits
