"""The labels that several annotators gave, as votes: one for each label."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The code of a row without a consensus: nobody labelled it, or the best classes are equally good.
UNDECIDED = -1
# Probabilities that differ by less than this differ by rounding alone.
TIE = 1e-9


class Votes:
    """Who labelled which row, and how. An annotator has at most one vote on a row.

    Parameters
    ----------
    rows, annotators, codes : ndarray of int, shape (n_votes,)
        The row, the annotator and the class of each vote, as positions.
    n_rows, n_annotators, n_classes : int
        How many there are. Some rows, annotators and classes may have no vote.
    """

    def __init__(
        self,
        rows: NDArray[np.intp],
        annotators: NDArray[np.intp],
        codes: NDArray[np.intp],
        *,
        n_rows: int,
        n_annotators: int,
        n_classes: int,
    ) -> None:
        self.rows: NDArray[np.intp] = rows
        self.annotators: NDArray[np.intp] = annotators
        self.codes: NDArray[np.intp] = codes
        self.n_rows: int = n_rows
        self.n_annotators: int = n_annotators
        self.n_classes: int = n_classes

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """How many votes each class has in each row; shape (n_rows, n_classes)."""
        cells = self.rows * self.n_classes + self.codes
        counts = np.bincount(cells, minlength=self.n_rows * self.n_classes).astype(float)
        return counts.reshape(self.n_rows, self.n_classes)

    @cached_property
    def per_row(self) -> NDArray[np.intp]:
        """How many votes each row has; shape (n_rows,)."""
        return np.bincount(self.rows, minlength=self.n_rows)

    @cached_property
    def per_annotator(self) -> NDArray[np.intp]:
        """How many votes each annotator has given; shape (n_annotators,)."""
        return np.bincount(self.annotators, minlength=self.n_annotators)

    def mean_of_annotators(
        self, values: NDArray[Any], votes: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Give the mean of one value per vote for each annotator; NaN where there is no vote.

        Parameters
        ----------
        values : ndarray of shape (n_votes,)
            The values.
        votes : ndarray of bool, shape (n_votes,), default=None
            Which votes count; all of them by default.

        Returns
        -------
        ndarray of shape (n_annotators,)
        """
        who = self.annotators if votes is None else self.annotators[votes]
        values = values if votes is None else values[votes]
        count = np.bincount(who, minlength=self.n_annotators)
        total = np.bincount(who, weights=values, minlength=self.n_annotators)
        empty = np.full(self.n_annotators, np.nan)
        means: NDArray[np.float64] = np.divide(total, count, out=empty, where=count > 0)
        return means

    def without_empty(self) -> tuple[Votes, NDArray[np.intp], NDArray[np.intp]]:
        """Leave out rows and annotators without votes; give the votes, and what is kept of both."""
        rows, row_of = np.unique(self.rows, return_inverse=True)
        people, person_of = np.unique(self.annotators, return_inverse=True)
        votes = Votes(
            row_of.reshape(-1),
            person_of.reshape(-1),
            self.codes,
            n_rows=len(rows),
            n_annotators=len(people),
            n_classes=self.n_classes,
        )
        return votes, rows, people

    def to_matrix(self) -> NDArray[np.float64]:
        """Give the codes as a matrix of shape (n_rows, n_annotators); NaN where there is none."""
        matrix = np.full((self.n_rows, self.n_annotators), np.nan)
        matrix[self.rows, self.annotators] = self.codes
        return matrix


def likeliest(weights: NDArray[np.floating]) -> NDArray[np.intp]:
    """Give the class of the largest weight of each row; UNDECIDED if two are equally large."""
    best = weights.argmax(axis=1)
    largest = weights[np.arange(len(weights)), best]
    tied = (weights >= largest[:, None] - TIE * np.abs(largest[:, None])).sum(axis=1) > 1
    return np.where(tied, UNDECIDED, best)
