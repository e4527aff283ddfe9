"""Dawid and Skene's consensus: annotators have habits, which are learned with the true classes.

Each annotator has a confusion matrix, P(label | true class). Expectation-maximisation alternates
between the probabilities of the true classes, given the matrices, and the matrices, given these
probabilities. A matrix is drawn towards that of all annotators together by as much as
`FEW` labels of each class, because an annotator with few labels shows few habits. (Of 0.01, 1, 2,
5, 10, 20 and 50 labels, 10 were best on crowds of 50 with 20 to 240 labels each. On three
annotators with 4,000 labels each, the number makes no difference.)

Before any vote, a row is believed to be of each class by the shares of the classes. The
probabilities of a model change that: their ratio to these shares, to the power of a weight. The
weight is learned too, so a model that is too sure of itself is believed less, and one that knows
nothing is not believed at all.

References
----------
A. P. Dawid, A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
Algorithm", Applied Statistics 28 (1979) 20-28.
V. C. Raykar et al., "Learning From Crowds", Journal of Machine Learning Research 11 (2010)
1297-1322, for the probabilities of a classifier that learns at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from label_auditor.confident_learning.consensus.readings import (
    agrees_like_annotators,
    judge_by_model,
)
from label_auditor.confident_learning.consensus.result import (
    FEW,
    Consensus,
    average_confusion,
    gain_of_another_label,
)
from label_auditor.confident_learning.consensus.votes import UNDECIDED, likeliest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.confident_learning.consensus.votes import Votes

    Floats = NDArray[np.float64]

# A probability of 0 would let no label of any annotator count.
SMALLEST = 1e-6
MOST_ROUNDS = 300
# Rounds end when no probability changes by more than this.
SETTLED = 1e-5
# Numbers that are computed at a time where there is one for each vote and class.
BLOCK = 2**22


class _Habits(NamedTuple):
    """What the rounds end with.

    Attributes
    ----------
    posterior : ndarray of shape (n_rows, n_classes)
        The probability of each class, given all votes.
    evidence : ndarray of shape (n_rows, n_classes)
        Its logarithm before it is made to sum to 1.
    of_vote : ndarray of int, shape (n_votes,)
        The row of `likelihood` that belongs to each vote.
    likelihood : ndarray of shape (n_pairs, n_classes)
        log P(label of the pair | true class), for each pair of annotator and label that occurs.
    """

    posterior: Floats
    evidence: Floats
    of_vote: NDArray[np.intp]
    likelihood: Floats


def dawid_skene(votes: Votes, pred_probs: Floats | None = None) -> Consensus:
    """Give each row the likeliest of its classes, with regard to who votes how.

    Parameters
    ----------
    votes : Votes
        The votes.
    pred_probs : ndarray of shape (n_rows, n_classes), default=None
        Out-of-sample probabilities of a model, which count as far as votes agree with them.

    Returns
    -------
    Consensus
        The quality of a row or vote is the probability of its class. The quality of an annotator
        is the mean over the annotator's votes, unless a model agrees with annotators at least as
        often as they agree with each other. Then it is what the model makes of them, see
        :mod:`label_auditor.confident_learning.consensus.readings`.

    Examples
    --------
    >>> from label_auditor.confident_learning.consensus.votes import Votes
    >>> rows, annotators = np.repeat(np.arange(40), 3), np.tile([0, 1, 2], 40)
    >>> true = np.arange(40) % 2
    >>> table = np.column_stack([true, true, 1 - true])
    >>> votes = Votes(
    ...     rows, annotators, table.ravel(), n_rows=40, n_annotators=3, n_classes=2
    ... )
    >>> found = dawid_skene(votes)
    >>> found.codes[:4], found.annotator_quality.round(2)
    (array([0, 1, 0, 1]), array([1., 1., 0.]))
    """
    habits = _learn(votes, pred_probs)
    posterior = habits.posterior
    # Never a class that nobody gave, however sure a model is: that is for a reviewer to decide.
    codes = likeliest(np.where(votes.counts > 0, posterior, -1))
    codes[votes.per_row == 0] = UNDECIDED
    vote_quality = posterior[votes.rows, votes.codes]
    annotator_quality = votes.mean_of_annotators(vote_quality)
    by_model = False
    if pred_probs is not None and agrees_like_annotators(votes, pred_probs):
        annotator_quality, by_model = judge_by_model(votes, pred_probs), True
    return Consensus(
        codes=codes,
        quality=np.where(codes < 0, np.nan, posterior[np.arange(votes.n_rows), codes]),
        vote_quality=vote_quality,
        annotator_quality=annotator_quality,
        gain=gain_of_another_label(posterior, average_confusion(votes, posterior)),
        left_out=_leave_out(votes, habits),
        by_model=by_model,
    )


def _learn(votes: Votes, pred_probs: Floats | None) -> _Habits:
    """Alternate between the probabilities of the true classes and the annotators' habits."""
    pair, of_vote = np.unique(votes.annotators * votes.n_classes + votes.codes, return_inverse=True)
    of_vote = of_vote.reshape(-1)
    who, label = np.divmod(pair, votes.n_classes)
    # Habits are only needed for labels that occur: memory grows with the votes, and not with
    # annotators times classes times classes.
    given = _indicator(votes.rows, of_vote, (votes.n_rows, len(pair)))
    by_pair = given.T.tocsr()
    by_annotator = _indicator(who, np.arange(len(pair)), (votes.n_annotators, len(pair)))
    labelled = votes.per_row > 0
    model = None if pred_probs is None else np.log(np.maximum(pred_probs, SMALLEST))
    # A model counts once it has been seen to agree with the votes.
    posterior, weight = _normalise(np.log(votes.counts + SMALLEST)), 0.0
    for _ in range(MOST_ROUNDS):
        counts = by_pair @ posterior
        totals = (by_annotator @ counts)[who]
        shared = average_confusion(votes, posterior)[label]
        likelihood = np.log((counts + FEW * shared) / (totals + FEW))
        before = np.log(_shares(posterior[labelled]))
        if model is not None:
            ratio = model - before
            weight = _weigh(weight, ratio[labelled], before, posterior[labelled])
            before = before + weight * ratio
        evidence = given @ likelihood + before
        last, posterior = posterior, _normalise(evidence)
        if np.abs(posterior - last).max() < SETTLED:
            break
    return _Habits(posterior, evidence, of_vote, likelihood)


def _shares(posterior: Floats) -> Floats:
    """Give the share of each class; one row more, divided among all, lets none vanish."""
    n_rows, n_classes = posterior.shape
    shares: Floats = (posterior.sum(axis=0) + 1 / n_classes) / (n_rows + 1)
    return shares


def _weigh(weight: float, ratio: Floats, shares: Floats, posterior: Floats) -> float:
    """Give the weight of a model after one of Newton's steps towards its greatest likelihood."""
    believed = _normalise(shares + weight * ratio)
    expected = (believed * ratio).sum(axis=1)
    slope = ((posterior * ratio).sum(axis=1) - expected).sum()
    curvature = ((believed * ratio**2).sum(axis=1) - expected**2).sum()
    # Where labels say little about it, a model is believed as it stands.
    step = (slope + FEW * (1 - weight)) / (curvature + FEW)
    return float(max(weight + np.clip(step, -0.5, 0.5), 0))


def _leave_out(votes: Votes, habits: _Habits) -> Floats:
    """Judge each row without one of its votes, and give the average over which vote that is."""
    left_out = np.zeros((votes.n_rows, votes.n_classes))
    step = max(1, BLOCK // votes.n_classes)
    for start in range(0, len(votes), step):
        block = slice(start, start + step)
        rows, own = votes.rows[block], habits.likelihood[habits.of_vote[block]]
        np.add.at(left_out, rows, _normalise(habits.evidence[rows] - own))
    count = votes.per_row[:, None]
    return np.where(count < 2, np.nan, left_out / np.maximum(count, 1))


def _indicator(
    rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, int]
) -> sparse.csr_array:
    """Give a matrix with 1 in some cells and 0 in all others."""
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _normalise(logarithms: Floats) -> Floats:
    """Give probabilities from their logarithms, which may be off by a constant in each row."""
    values = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    probabilities: Floats = values / values.sum(axis=1, keepdims=True)
    return probabilities
