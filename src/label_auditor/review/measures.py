"""What the queue measures of each row, a few columns at a time; the queue's docstring says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from label_auditor.confident_learning.scan import cached_blocks, take_given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from label_auditor.confident_learning.row_blocks import LabelledRows

Probs: TypeAlias = "NDArray[np.float64]"
Codes: TypeAlias = "NDArray[np.intp]"
# From probabilities, given classes and the place of a block: columns of numbers.
Measure: TypeAlias = "Callable[[Probs, Codes, slice], list[Probs]]"

# Classes whose probabilities are measured in one pass over an array.
AT_A_TIME = 2
# The columns q(given), q(other) and the entropy.
DEAR = (2, 3, 4)


def measure(
    data: LabelledRows,
    sizes: NDArray[np.float64],
    other: NDArray[np.signedinteger],
    n_each: int,
    *,
    dear: bool = True,
) -> Iterator[NDArray[np.float32]]:
    """Give the values of each row by column of numbers but the first, and set the other classes.

    Parameters
    ----------
    data : LabelledRows
        Codes of the given labels, -1 where a row is not judged, and probabilities.
    sizes : ndarray of shape (n_classes,)
        How often each class is given.
    other : ndarray of shape (n_samples,), int
        Is filled with the likeliest class of each row that is not the given one.
    n_each : int
        The number of classes whose probabilities are columns of their own.
    dear : bool, default=True
        Whether to measure the columns at `DEAR`, which take most of the time.

    Yields
    ------
    ndarray of shape (n_samples,)
        The values of a column: p(given), p(other), q(given), q(other), the entropy, and the
        probability of each of the first classes.
    """
    sums = np.empty((len(other), 1))

    def of_probabilities(part: Probs, given: Codes, rows: slice) -> list[Probs]:
        p = np.maximum(part, 0, dtype=float)
        p /= p.sum(axis=1, keepdims=True, out=sums[rows])
        own, highest, other[rows] = _given_and_other(p, given)
        return [own, highest]

    def of_rates(part: Probs, given: Codes, rows: slice) -> list[Probs]:
        q = np.maximum(part, 0, dtype=float)
        q /= sums[rows]
        q /= sizes
        q /= q.sum(axis=1, keepdims=True)
        return [*_given_and_other(q, given)[:2]]

    def entropy(part: Probs, _: Codes, rows: slice) -> list[Probs]:
        p = np.maximum(part, 0, dtype=float)
        p /= sums[rows]
        return [-np.einsum("ij,ij->i", p, np.log(np.maximum(p, np.finfo(float).tiny)))]

    def of_classes(first: int) -> Measure:
        which = slice(first, min(first + AT_A_TIME, n_each))
        return lambda part, _, rows: [*(np.maximum(part[:, which], 0, dtype=float) / sums[rows]).T]

    by_class = [
        (min(AT_A_TIME, n_each - first), of_classes(first)) for first in range(0, n_each, AT_A_TIME)
    ]
    of_all = [(2, of_rates), (1, entropy)] if dear else []
    measures = [(2, of_probabilities), *of_all, *by_class]
    # An array is read again for every measure, anything else once.
    again = isinstance(data.pred_probs, np.ndarray) and n_each > 0
    for some in [[each] for each in measures] if again else [measures]:
        columns = _columns(data, some)
        while columns:
            yield columns.pop(0)


def _columns(data: LabelledRows, measures: list[tuple[int, Measure]]) -> list[NDArray[np.float32]]:
    """Measure all rows, block by block; each measure has a number of columns."""
    columns = [
        np.empty(len(data.codes), np.float32) for number, _ in measures for _ in range(number)
    ]

    def measure_block(block: slice) -> None:
        for within, part in cached_blocks(data.read(block)):
            rows = slice(block.start + within.start, block.start + within.stop)
            given = np.maximum(data.codes[rows], 0)
            found = [values for _, of_block in measures for values in of_block(part, given, rows)]
            for column, values in zip(columns, found, strict=True):
                column[rows] = values

    data.map(measure_block)
    return columns


def _given_and_other(
    probs: NDArray[np.float64], given: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Give p(given), p(other) and the other class of each row; `probs` is overwritten."""
    own = take_given(probs, given).copy()
    at = np.arange(len(probs))
    probs[at, given] = -1
    other = probs.argmax(axis=1)
    return own, np.maximum(probs[at, other], 0), other
