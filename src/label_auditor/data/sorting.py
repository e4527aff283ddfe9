"""Sorting large columns of numbers: the order that NumPy's stable sort gives, in less time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["stable_order"]


def stable_order(values: NDArray[np.floating]) -> NDArray[np.intp]:
    """Give the positions of numbers in ascending order, equal ones as they stand, NaN last.

    Parameters
    ----------
    values : ndarray of shape (n,), float
        The numbers.

    Returns
    -------
    ndarray of shape (n,), intp
        What ``np.argsort(values, kind="stable")`` gives. That compares numbers with each other;
        here they are sorted by the digits of their float32, to the base 65,536, which is more than
        twice as fast for a million of them. Only numbers that are equal as float32, but not as
        float64, are compared.

    Examples
    --------
    >>> stable_order(np.array([0.5, np.nan, 0.25, 0.5]))
    array([2, 0, 3, 1])
    """
    digits = _ascending_bits(values)
    # NumPy sorts integers of 16 bits by counting them.
    order = digits.astype(np.uint16).argsort(kind="stable")
    high = (digits >> np.uint32(16)).astype(np.uint16)
    order = order[high[order].argsort(kind="stable")]
    if values.dtype.itemsize > np.dtype(np.float32).itemsize:
        _order_equal_digits(values, digits, order)
    return order


def _ascending_bits(values: NDArray[np.floating]) -> NDArray[np.uint32]:
    """Give the bits of each number as float32, so that they ascend as unsigned integers."""
    with np.errstate(over="ignore"):
        # Adding 0 makes -0 a 0, which is equal to it.
        single = values.astype(np.float32) + np.float32(0)
    bits: NDArray[np.uint32] = single.view(np.uint32)
    sign = np.uint32(2**31)
    if single.size and not single.min() >= 0:  # also if there is NaN
        # Bits of negative numbers descend.
        ascending = np.where(bits & sign, ~bits, bits | sign)
        ascending[np.isnan(single)] = 2**32 - 1
        return ascending
    return bits


def _order_equal_digits(
    values: NDArray[Any], digits: NDArray[np.uint32], order: NDArray[np.intp]
) -> None:
    """Sort, in place, the runs of equal digits whose numbers are not in order."""
    in_order = values[order]
    if not (in_order[1:] < in_order[:-1]).any():
        return
    found = digits[order]
    equal = found[1:] == found[:-1]
    at = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
    # Numbers of one run are all below those of the next, so that no run crosses another.
    order[at] = order[at][in_order[at].argsort(kind="stable")]
