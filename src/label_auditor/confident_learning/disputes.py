"""What the rules that flag go by: the rows whose likeliest class is not the given one, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.scan import RowScan, given_is_likeliest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from label_auditor.confident_learning.engines.protocol import Engine
    from label_auditor.confident_learning.joint import Joint

Array = npt.NDArray[Any]


class Disputes(NamedTuple):
    """The rows whose likeliest class is not the given one.

    Attributes
    ----------
    rows : ndarray of shape (n,), int32 or int64
        Their positions, ascending, in the smaller type if it holds those of all rows.
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

    def shift(self, start: int, n_rows: int) -> Disputes:
        """Turn positions in a block into positions in the whole, which has so many rows."""
        dtype = np.dtype(np.int32 if n_rows < 2**31 else np.int64)
        return self._replace(rows=self.rows.astype(dtype) + dtype.type(start))


class Doubts(NamedTuple):
    """What the whole data need of the rows of a block whose likeliest class is not the given one.

    Attributes
    ----------
    differs : ndarray of uint8
        A bit for each row of the block: whether it is one of these.
    predicted, highest : ndarray of shape (n_doubts,)
        Code of the likeliest class, and its probability.
    elsewhere : ndarray of uint8
        A bit for each of these rows: whether it confidently belongs to a class that is not the
        given one.
    given_prob : ndarray of shape (n_doubts,), or None
        Probability of the given label of these rows, if it is not known where all rows are.
    """

    differs: Array
    predicted: Array
    highest: Array
    elsewhere: Array
    given_prob: Array | None = None


def find_doubts(codes: Array, scan: RowScan, rows: Array, classes: Array) -> Doubts:
    """Gather the rows of a block whose likeliest class is not the given one.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    scan : RowScan
        The rows.
    rows : ndarray of shape (n_doubts,), intp
        Which of them have another likeliest class.
    classes : ndarray of shape (n_doubts,), int
        The classes that these confidently belong to, from `confident_classes`.
    """
    differs = np.zeros(codes.size, bool)
    differs[rows] = True
    elsewhere = (classes >= 0) & (classes != codes[rows])
    return Doubts(
        np.packbits(differs), scan.predicted[rows], scan.highest[rows], np.packbits(elsewhere)
    )


def settle(
    doubts: Doubts, codes: Array, given_prob: Array | None = None, predicted: Array | None = None
) -> Disputes:
    """Give the disputed rows of a block.

    Parameters
    ----------
    doubts : Doubts
        Of the block.
    codes : ndarray of shape (n,)
        Given labels.
    given_prob : ndarray of shape (n,), optional
        Their probabilities, where the doubts don't have them.
    predicted : ndarray of shape (n,), optional
        Where to write the likeliest class of each row.
    """
    rows = np.flatnonzero(np.unpackbits(doubts.differs, count=codes.size))
    if predicted is not None:
        predicted[:] = codes
        predicted[rows] = doubts.predicted
    elsewhere = np.unpackbits(doubts.elsewhere, count=rows.size).view(bool)
    own = given_prob[rows] if doubts.given_prob is None else doubts.given_prob  # type: ignore[index]
    judged = codes[rows] >= 0
    columns = [rows, doubts.predicted, own, doubts.highest, elsewhere]
    if not judged.all():
        columns = [column[judged] for column in columns]
    rows, likeliest, own, highest, elsewhere = columns
    given = codes[rows]
    candidate = ~given_is_likeliest(given, RowScan(own, highest, likeliest, rows[:0]))
    return Disputes(rows, given, likeliest, own, highest, candidate, candidate & elsewhere)


def merge_disputes(blocks: Iterable[Disputes]) -> Disputes:
    """Put the disputed rows of all blocks together."""
    columns = [list(column) for column in zip(*blocks, strict=True)]
    del blocks
    # Each column of the blocks is let go when it is put together.
    return Disputes(*(np.concatenate(columns.pop(0)) for _ in Disputes._fields))


class Grounds(NamedTuple):
    """All that a rule may go by.

    Attributes
    ----------
    engine : Engine
        Works on the blocks of rows.
    disputes : Disputes
        The rows whose likeliest class is not the given one.
    sizes : ndarray of shape (K,), int
        How often each label is given.
    joint : Joint
        The calibrated confident joint.
    """

    engine: Engine
    disputes: Disputes
    sizes: Array
    joint: Joint

    @property
    def n_estimated(self) -> int:
        """The estimated number of issues: rows that confidently belong to another class."""
        return int(np.count_nonzero(self.disputes.confident))
