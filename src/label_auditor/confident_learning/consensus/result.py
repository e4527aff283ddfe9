"""`Consensus`: what a method made of the votes, and how much another label would help a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.confident_learning.consensus.votes import Votes

# How many labels are few: so many of each class are taken to be like those of other annotators.
FEW = 10.0


class Consensus(NamedTuple):
    """What a method made of the votes.

    Attributes
    ----------
    codes : ndarray of int, shape (n_rows,)
        The class of each row; UNDECIDED where there is no vote, or the best classes are equally
        good.
    quality : ndarray of float64, shape (n_rows,)
        How sure it is that the consensus is right; NaN where there is none.
    vote_quality : ndarray of float64, shape (n_votes,)
        How likely it is that the vote is right.
    annotator_quality : ndarray of float64, shape (n_annotators,)
        The estimated share of an annotator's votes that are right; NaN where there are no votes.
    gain : ndarray of float64, shape (n_rows,)
        How much another label would help: rows are compared by it, and it has no unit.
    left_out : ndarray of float64, shape (n_rows, n_classes)
        What the votes of a row say of it when one of them is left out, averaged over which; NaN
        where the row has fewer than two votes.
    by_model : bool, default=False
        Whether the quality of annotators is what a model makes of their labels.
    """

    codes: NDArray[np.intp]
    quality: NDArray[np.float64]
    vote_quality: NDArray[np.float64]
    annotator_quality: NDArray[np.float64]
    gain: NDArray[np.float64]
    left_out: NDArray[np.float64]
    by_model: bool = False


def gain_of_another_label(
    posterior: NDArray[np.float64], confusion: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the gain in the probability that the consensus is right from one more label.

    The label is expected to be that of an average annotator. It helps as far as it may change
    which class is the likeliest one: where it can't, the gain is 0.

    Parameters
    ----------
    posterior : ndarray of shape (n_rows, n_classes)
        The probability of each class.
    confusion : ndarray of shape (n_classes, n_classes)
        P(label = row | true class = column) of an average annotator.

    Returns
    -------
    ndarray of shape (n_rows,)

    Examples
    --------
    >>> confusion = np.array([[0.8, 0.2], [0.2, 0.8]])
    >>> gain_of_another_label(np.array([[0.5, 0.5], [0.7, 0.3], [0.9, 0.1]]), confusion)
    array([0.3, 0.1, 0. ])
    """
    likeliest_now = posterior.max(axis=1)
    after = np.zeros(len(posterior))
    for given in confusion:
        after += (posterior * given).max(axis=1)
    gain: NDArray[np.float64] = np.maximum(after - likeliest_now, 0).round(12)
    return gain


def average_confusion(votes: Votes, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give P(label = row | true class = column) over the votes of all annotators.

    It begins with `FEW` labels of each class that are right or, as often, given at random. In small
    data one class might otherwise explain all labels, each annotator being wrong in some way.
    """
    honest = 0.5 * np.eye(votes.n_classes) + 0.5 / votes.n_classes
    counts = votes.counts.T @ posterior + FEW * honest
    confusion: NDArray[np.float64] = counts / counts.sum(axis=0)
    return confusion
