"""CROWDLAB, as cleanlab has it: annotators and a model are weighed by how well they predict.

References
----------
H. W. Goh, U. Tkachenko, J. Mueller, "CROWDLAB: Supervised learning to infer consensus labels and
quality scores for data with multiple annotators", NeurIPS 2022 Human in the Loop Learning Workshop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.confident_learning.consensus.result import Consensus
from label_auditor.confident_learning.consensus.votes import UNDECIDED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.confident_learning.consensus.votes import Votes


def crowdlab(votes: Votes, pred_probs: NDArray[np.float64] | None) -> Consensus:
    """Give the consensus of `cleanlab.multiannotator`, with its best quality.

    Parameters
    ----------
    votes : Votes
        The votes. At least one row has two of them.
    pred_probs : ndarray of shape (n_rows, n_classes)
        Out-of-sample probabilities of a model.

    Returns
    -------
    Consensus
        All qualities are cleanlab's own scores, and `gain` is 1 minus its score for active
        learning.

    Raises
    ------
    ValueError
        If there are no probabilities, or no row has two votes.
    """
    if pred_probs is None:
        raise ValueError(
            'method="crowdlab" needs pred_probs, the probabilities of a model; pass them, or take '
            'method="dawid_skene", which needs none.'
        )
    if not (votes.per_row > 1).any():
        raise ValueError(
            'method="crowdlab" needs rows with labels of two annotators, but no row has them; take '
            'method="dawid_skene", which judges single labels by pred_probs.'
        )
    from cleanlab.multiannotator import (
        get_active_learning_scores,
        get_label_quality_multiannotator,
    )

    there, rows, people = votes.without_empty()
    matrix = there.to_matrix()
    found = get_label_quality_multiannotator(
        matrix, pred_probs[rows], consensus_method="best_quality", verbose=False
    )
    by_row, by_annotator = found["label_quality"], found["annotator_stats"].sort_index()
    by_vote = found["detailed_label_quality"].to_numpy()[there.rows, there.annotators]
    unlabelled = np.flatnonzero(votes.per_row == 0)
    scores, others = get_active_learning_scores(
        matrix, pred_probs[rows], pred_probs[unlabelled] if len(unlabelled) else None
    )
    gain = _spread(1 - scores, rows, votes.n_rows)
    gain[unlabelled] = 1 - others
    codes = np.full(votes.n_rows, UNDECIDED)
    codes[rows] = by_row["consensus_label"]
    return Consensus(
        codes=codes,
        quality=_spread(by_row["consensus_quality_score"], rows, votes.n_rows),
        vote_quality=by_vote,
        annotator_quality=_spread(by_annotator["annotator_quality"], people, votes.n_annotators),
        gain=gain,
        left_out=np.full((votes.n_rows, votes.n_classes), np.nan),
    )


def _spread(values: Any, positions: NDArray[np.intp], length: int) -> NDArray[np.float64]:
    """Put values at their positions; NaN elsewhere."""
    spread = np.full(length, np.nan)
    spread[positions] = values
    return spread
