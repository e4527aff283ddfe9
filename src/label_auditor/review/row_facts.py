"""What the queue knows of each row; the docstring of `label_auditor.review.queue` says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.scan import code_dtype
from label_auditor.data.findings import rows_in_order
from label_auditor.review.measures import DEAR, measure
from label_auditor.review.ranks import logistic_quantiles, rank, shorten
from label_auditor.review.set_measures import measure_sets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

NUMBERS = ("order", "p_given", "p_other", "q_given", "q_other", "entropy")
SET_NUMBERS = ("order", "p_worst", "p_set")
# With more classes, a few decisions can't tell what the probability of each has to do with errors.
MOST_CLASSES = 20


class RowFacts(NamedTuple):
    """What the queue knows of rows that were evaluated, in the audit's own order.

    Attributes
    ----------
    rows : ndarray of shape (n,), intp
        Position of each row in the audit.
    numbers : ndarray of shape (n, n_numbers), float32
        Logistic scores: those of `NUMBERS` or `SET_NUMBERS`, then of each class if there are at
        most `MOST_CLASSES`.
    given, other : ndarray of shape (n,), int
        Column of the given class, and of the likeliest other one, in the smallest type. Of a set of
        labels, the worst class, and whether it is given (1) or missing (0).
    sizes : ndarray of shape (n_classes,), int
        How many rows of the audit have each given class, whether they are in here or not.
    """

    rows: NDArray[np.intp]
    numbers: NDArray[np.float32]
    given: NDArray[np.signedinteger]
    other: NDArray[np.signedinteger]
    sizes: NDArray[np.intp]

    @property
    def n_classes(self) -> int:
        """The number of given classes; at least 2 where rows have sets."""
        return len(self.sizes)

    def groups(self, rows: slice | NDArray[np.intp] = slice(None)) -> NDArray[np.intp]:
        """Give the three groups of some rows as numbers: shape (n, 3)."""
        return number_groups(self.given[rows], self.other[rows], self.n_classes)


def number_groups(
    given: NDArray[np.signedinteger], other: NDArray[np.signedinteger], n_classes: int
) -> NDArray[np.intp]:
    """Give the three groups of each row as numbers: shape (n, 3).

    Given class k is k, other class k is K + k, the pair (j, k) is 2 K + j K + k.
    """
    given, other = given.astype(np.intp), other.astype(np.intp)
    return np.column_stack([given, n_classes + other, (2 + given) * n_classes + other])


class JudgedRows:
    """The rows of an audit that were evaluated, which are measured as often as is asked for.

    Few columns of numbers are in memory at a time: all of them may take more than the audit does.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    order : ndarray of shape (n_samples,), intp, default=None
        Its rows in its own order, where this is known already.

    Attributes
    ----------
    order : ndarray of shape (n_judged,), intp
        Position of each row in the audit, in the audit's own order.
    n_numbers : int
        The number of columns.
    given, other : ndarray of shape (n_samples,), int
        As in `RowFacts`, by position in the audit. They may be set once the columns are measured.
    """

    given: NDArray[np.signedinteger]
    other: NDArray[np.signedinteger]

    def __init__(self, audit: Findings, order: NDArray[np.intp] | None = None) -> None:
        order = rows_in_order(audit) if order is None else order
        every = bool(audit.evaluated.all())
        self.order = order if every else order[audit.evaluated[order]]
        self._evaluated = None if every else audit.evaluated
        self._n_classes = len(audit.classes)
        self._n_each = self._n_classes if self._n_classes <= MOST_CLASSES else 0
        # What is measured of an array is measured anew, but for a few columns; all else is kept.
        self._measured: Iterable[NDArray[np.floating]] | None = None
        self._shortened: dict[int, tuple[NDArray[np.integer], NDArray[np.float32]]] = {}
        if audit.multi_label:
            self.n_numbers = len(SET_NUMBERS) + self._n_each
            self._measure_sets(audit)
        else:
            self.n_numbers = len(NUMBERS) + self._n_each
            self._prepare(np.where(audit.evaluated, audit.codes, -1), audit)

    def _prepare(self, codes: NDArray[np.signedinteger], audit: Findings) -> None:
        """Know the given classes, and how often each is given."""
        self._data = LabelledRows(codes, audit.pred_probs)
        self.given, self.other = self._data.codes, np.empty(len(audit), code_dtype(self._n_classes))
        self._sizes = self.sizes.astype(float)
        # A class that is never given counts as one of average size.
        self._sizes[self._sizes == 0] = max(len(self.order), 1) / self._n_classes

    def _measure_sets(self, audit: Findings) -> None:
        """Know the worst class of each row, whether it is given, and all numbers."""
        data = LabelledRows(np.zeros(len(audit), np.intp), audit.pred_probs)
        self.given, self.other = np.empty((2, len(audit)), code_dtype(self._n_classes))
        self._measured = measure_sets(audit.codes, data, self.given, self.other, self._n_each)
        # Groups are told apart by two numbers at least.
        self._n_classes = max(self._n_classes, 2)

    @property
    def sizes(self) -> NDArray[np.intp]:
        """How many rows have each given class, once the columns are measured."""
        given = self.given if self._evaluated is None else self.given[self._evaluated]
        return np.bincount(given, minlength=self._n_classes)

    def order_scores(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """Give the first column at places of the audit's order: the first row is the highest."""
        n = len(self.order)
        return logistic_quantiles((n - 0.5 - places) / n).astype(np.float32)

    def ranked_columns(self) -> Iterator[tuple[NDArray[np.integer], NDArray[np.float32]]]:
        """Give each column but the first: the bucket of each row, and the score of each bucket."""
        if self._measured is not None:
            yield from (self._rank(values.astype(np.float32)) for values in self._measured)
            return
        columns = measure(
            self._data, self._sizes, self.other, self._n_each, dear=not self._shortened
        )
        if not isinstance(self._data.pred_probs, np.ndarray):
            self._measured = list(columns)
            yield from self.ranked_columns()
            return
        # No name keeps a column while the next is measured.
        ranked = map(self._rank, columns)
        for column in range(self.n_numbers - 1):
            if column in DEAR and column not in self._shortened:
                self._shortened[column] = shorten(*next(ranked))
            yield self._shortened[column] if column in DEAR else next(ranked)

    def _rank(self, values: NDArray[np.float32]) -> tuple[NDArray[np.integer], NDArray[np.float32]]:
        return rank(values, self._evaluated)

    def facts(self, places: NDArray[np.intp]) -> RowFacts:
        """Give what is known of the rows at places of the audit's order."""
        rows = self.order[places]
        # A column is written and read at a time: it lies in one piece.
        numbers = np.empty((self.n_numbers, len(rows)), np.float32).T
        numbers[:, 0] = self.order_scores(places)
        for column, (buckets, scores) in enumerate(self.ranked_columns(), 1):
            numbers[:, column] = scores.take(buckets[rows])
        return RowFacts(rows, numbers, self.given[rows], self.other[rows], self.sizes)


def row_facts(
    audit: Findings,
    places: NDArray[np.intp] | None = None,
    order: NDArray[np.intp] | None = None,
) -> RowFacts:
    """Gather what the queue knows of each row of an audit, or of those at places of its order."""
    judged = JudgedRows(audit, order)
    n = len(judged.order)
    return judged.facts(np.arange(n) if places is None else places[places < n])
