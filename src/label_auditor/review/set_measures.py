"""What the queue measures of a row that has a set of labels: its worst class stands for it.

The worst class of a row is the one whose given state, in the set or not, is least likely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from label_auditor.confident_learning.row_blocks import LabelledRows


def measure_sets(
    given: sparse.csr_array,
    data: LabelledRows,
    worst: NDArray[np.signedinteger],
    is_given: NDArray[np.signedinteger],
    n_each: int,
) -> NDArray[np.float64]:
    """Give the values of each row by column of numbers but the first, and set the worst classes.

    Parameters
    ----------
    given : csr_array of shape (n_samples, n_classes), bool
        Which row is given which class.
    data : LabelledRows
        The probabilities of each class by itself.
    worst : ndarray of shape (n_samples,), int
        Is filled with the worst class of each row.
    is_given : ndarray of shape (n_samples,), int
        Is filled with whether the worst class is given (1) or missing (0).
    n_each : int
        The number of classes whose probabilities are columns of their own.

    Returns
    -------
    ndarray of shape (2 + n_each, n_samples)
        The probability of the state of the worst class; that of the whole set if classes were
        independent, as a logarithm; and the probability of each of the first classes.

    Examples
    --------
    >>> from scipy import sparse
    >>> from label_auditor.confident_learning.row_blocks import LabelledRows
    >>> given = sparse.csr_array([[True, False], [True, False]])
    >>> p = np.array([[0.2, 0.1], [0.9, 0.6]])
    >>> worst, is_given = np.zeros((2, 2), dtype=int)
    >>> measure_sets(given, LabelledRows(np.zeros(2, int), p), worst, is_given, 0).round(2)
    array([[ 0.2 ,  0.4 ],
           [-1.71, -1.02]])
    >>> worst, is_given
    (array([0, 1]), array([1, 0]))
    """
    columns = np.empty((2 + n_each, len(worst)))

    def measure_block(rows: slice) -> None:
        p = np.clip(data.read(rows), 0, 1, dtype=float)
        columns[2:, rows] = p[:, :n_each].T
        own = given[rows].toarray()
        likely = np.where(own, p, 1 - p)
        worst[rows] = likely.argmin(axis=1)
        at = np.arange(len(p)), worst[rows]
        is_given[rows] = own[at]
        columns[0, rows] = likely[at]
        columns[1, rows] = np.log(np.maximum(likely, np.finfo(float).tiny)).sum(axis=1)

    data.map(measure_block)
    return columns
