"""The majority: each row gets the class that most annotators gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from label_auditor.confident_learning.consensus.result import (
    Consensus,
    average_confusion,
    gain_of_another_label,
)
from label_auditor.confident_learning.consensus.votes import UNDECIDED, likeliest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.confident_learning.consensus.votes import Votes


def majority(votes: Votes, pred_probs: NDArray[np.float64] | None = None) -> Consensus:
    """Give each row the class with the most votes.

    Parameters
    ----------
    votes : Votes
        The votes.
    pred_probs : ndarray of shape (n_rows, n_classes), default=None
        Probabilities of a model. They decide between classes with equally many votes; without
        them, such a row is left undecided.

    Returns
    -------
    Consensus
        The quality of a row is the share of its votes that are for the consensus, and that of a
        vote is the share of the row's votes that agree with it. The quality of an annotator is
        how often the other annotators of the same rows agree with the annotator's label; NaN if
        nobody else labelled any of these rows.

    Examples
    --------
    >>> from label_auditor.confident_learning.consensus.votes import Votes
    >>> rows, annotators = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
    >>> codes = np.array([0, 0, 1, 1, 1, 1])
    >>> votes = Votes(rows, annotators, codes, n_rows=2, n_annotators=3, n_classes=2)
    >>> found = majority(votes)
    >>> found.codes, found.quality.round(2), found.annotator_quality
    (array([0, 1]), array([0.67, 1.  ]), array([0.75, 0.75, 0.5 ]))
    """
    counts, per_row = votes.counts, votes.per_row
    codes = likeliest(counts)
    if pred_probs is not None:
        most = counts == counts.max(axis=1, keepdims=True)
        codes = likeliest(np.where(most, pred_probs, -1))
    codes[per_row == 0] = UNDECIDED
    shares = counts / np.maximum(per_row, 1)[:, None]
    quality = np.where(codes < 0, np.nan, shares[np.arange(votes.n_rows), codes])
    others = per_row[votes.rows] - 1
    agreeing = counts[votes.rows, votes.codes] - 1
    agreement = np.divide(agreeing, others, out=np.full(len(votes), np.nan), where=others > 0)
    # Few votes are not as sure as their shares are: one more, divided among all classes, says so.
    posterior = (counts + 1 / votes.n_classes) / (per_row + 1)[:, None]
    confusion = average_confusion(votes, posterior)
    return Consensus(
        codes=codes,
        quality=quality,
        vote_quality=shares[votes.rows, votes.codes],
        annotator_quality=votes.mean_of_annotators(agreement, others > 0),
        gain=gain_of_another_label(posterior, confusion),
        # The mean over which vote is left out of the shares among the others: the shares again.
        left_out=np.where((per_row < 2)[:, None], np.nan, shares),
    )
