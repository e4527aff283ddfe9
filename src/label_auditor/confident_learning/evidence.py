"""What the rules that flag go by: the rows whose likeliest class is not the given one, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.scan import ClassGroups, RowScan, given_is_likeliest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from label_auditor.confident_learning.joint import Joint
    from label_auditor.confident_learning.row_blocks import LabelledRows

__all__ = ["Disputes", "Evidence", "find_disputes", "merge_disputes"]

Array = npt.NDArray[Any]


class Disputes(NamedTuple):
    """The rows whose likeliest class is not the given one.

    Attributes
    ----------
    rows : ndarray of shape (n,), intp
        Their positions, ascending.
    given, predicted : ndarray of shape (n,), int
        Codes of the given label and of the likeliest class.
    given_prob, highest : ndarray of shape (n,), float
        Probabilities of the given label and of the likeliest class.
    candidate : ndarray of shape (n,), bool
        The given label would not be the likeliest even with 1e-6 more.
    confident : ndarray of shape (n,), bool
        Besides, the row confidently belongs to another class.
    """

    rows: Array
    given: Array
    predicted: Array
    given_prob: Array
    highest: Array
    candidate: Array
    confident: Array

    @property
    def margin(self) -> Array:
        """p(likeliest class) - p(given label)."""
        return self.highest - self.given_prob

    def candidates(self) -> Disputes:
        """Keep the candidates alone."""
        return Disputes(*(column[self.candidate] for column in self))

    def shift(self, start: int) -> Disputes:
        """Turn positions in a block into positions in the whole."""
        return self._replace(rows=self.rows + start)


def find_disputes(codes: Array, scan: RowScan, classes: Array) -> Disputes:
    """Gather the disputed rows of a block.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    scan : RowScan
        The rows.
    classes : ndarray of shape (n,), int
        The classes that they confidently belong to, from `confident_classes`.
    """
    rows = np.flatnonzero((codes != scan.predicted) & (codes >= 0))
    part = scan.part(rows)
    given = codes[rows]
    candidate = ~given_is_likeliest(given, part)
    confident = candidate & (classes[rows] >= 0) & (classes[rows] != given)
    return Disputes(
        rows, given, part.predicted, part.given_prob, part.highest, candidate, confident
    )


def merge_disputes(blocks: Sequence[Disputes]) -> Disputes:
    """Put the disputed rows of all blocks together."""
    return Disputes(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))


class Evidence(NamedTuple):
    """All that a rule may go by.

    Attributes
    ----------
    data : LabelledRows
        Given labels and probabilities.
    given_prob : ndarray of shape (n,), float
        Probability of the given label; NaN where the row is not judged.
    disputes : Disputes
        The rows whose likeliest class is not the given one.
    groups : ClassGroups
        The probabilities of the given label, by class.
    joint : Joint
        The calibrated confident joint.
    """

    data: LabelledRows
    given_prob: Array
    disputes: Disputes
    groups: ClassGroups
    joint: Joint

    @property
    def n_estimated(self) -> int:
        """The estimated number of issues: rows that confidently belong to another class."""
        return int(np.count_nonzero(self.disputes.confident))
