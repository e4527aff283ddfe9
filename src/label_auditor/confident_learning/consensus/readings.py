"""How good annotators are by the judgement of a model, which is none of them.

Annotators who agree are not always right: they stumble over the same rows. A model that has not
seen a row judges it independently of who labelled it. Each vote is taken to be

- careless with some probability that is the annotator's own: a label at random, by the shares of
  the classes among all votes; or else
- a reading of the row, as the model's probabilities say that the row may be read.

How sharp these probabilities have to be is learned at the same time, since those of naive Bayes,
say, are far too sharp. Rows that can be read in several ways and careless annotators are told
apart by where the disagreement is: on rows of which the model is unsure, or everywhere.

The quality of an annotator is the mean probability of the annotator's labels in another reading.
It is low by as much as the model is unsure of rows that people are sure of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from label_auditor.confident_learning.consensus.result import FEW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.confident_learning.consensus.votes import Votes

    Floats = NDArray[np.float64]

ROUNDS = 40
# The logarithms of the temperatures that are tried; at 0, probabilities are as they are given.
TEMPERATURES = (-3.0, 3.0)
SMALLEST = 1e-6


def agrees_like_annotators(votes: Votes, pred_probs: Floats) -> bool:
    """Tell whether a model agrees with annotators at least as often as they agree with each other.

    Parameters
    ----------
    votes : Votes
        The votes. Those of rows with a single vote don't count, unless there are no others.
    pred_probs : ndarray of shape (n_rows, n_classes)
        Out-of-sample probabilities.

    Returns
    -------
    bool
    """
    others = votes.per_row[votes.rows] - 1
    shared = others > 0
    if not shared.any():
        return True
    rows, codes = votes.rows[shared], votes.codes[shared]
    agreement = ((votes.counts[rows, codes] - 1) / others[shared]).mean()
    return bool((pred_probs.argmax(axis=1)[rows] == codes).mean() >= agreement)


def judge_by_model(votes: Votes, pred_probs: Floats) -> Floats:
    """Judge annotators by a model.

    Parameters
    ----------
    votes : Votes
        The votes.
    pred_probs : ndarray of shape (n_rows, n_classes)
        Out-of-sample probabilities.

    Returns
    -------
    ndarray of shape (n_annotators,)
        The mean probability of an annotator's labels; NaN where there are none.

    Examples
    --------
    >>> from label_auditor.confident_learning.consensus.votes import Votes
    >>> rows, annotators = np.repeat(np.arange(200), 2), np.tile([0, 1], 200)
    >>> true = np.arange(200) % 2
    >>> noisy = np.where(np.arange(200) % 5 == 0, 1 - true, true)
    >>> codes = np.column_stack([true, noisy]).ravel()
    >>> votes = Votes(rows, annotators, codes, n_rows=200, n_annotators=2, n_classes=2)
    >>> pred_probs = np.where(true[:, None] == [0, 1], 0.9, 0.1)
    >>> judge_by_model(votes, pred_probs).round(1)
    array([1. , 0.8])
    """
    from scipy.optimize import minimize_scalar

    logarithms = np.log(np.maximum(pred_probs, SMALLEST))
    shares = np.bincount(votes.codes, minlength=votes.n_classes) / max(len(votes), 1)
    careless = shares[votes.codes]

    def read(log_temperature: float) -> Floats:
        readings: Floats = _sharpen(logarithms, log_temperature)[votes.rows, votes.codes]
        return readings

    best = minimize_scalar(
        lambda log_temperature: -_log_likelihood(votes, read(log_temperature), careless),
        bounds=TEMPERATURES,
        method="bounded",
        options={"xatol": 1e-3},
    )
    return votes.mean_of_annotators(read(best.x))


def _sharpen(logarithms: Floats, log_temperature: float) -> Floats:
    """Give probabilities of another temperature: below 1 they are sharper, above 1 blunter."""
    scaled = logarithms * np.exp(-log_temperature)
    values = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities: Floats = values / values.sum(axis=1, keepdims=True)
    return probabilities


def _log_likelihood(votes: Votes, readings: Floats, careless: Floats) -> float:
    """Learn how careless each annotator is; give how well the votes are predicted then."""
    n_votes = votes.per_annotator
    rate = np.full(votes.n_annotators, 0.1)
    for _ in range(ROUNDS):
        by_chance = rate[votes.annotators] * careless
        by_chance /= by_chance + (1 - rate[votes.annotators]) * readings
        total = np.bincount(votes.annotators, weights=by_chance, minlength=votes.n_annotators)
        everyone = (total.sum() + 1) / (len(votes) + 2)
        rate = (total + FEW * everyone) / (n_votes + FEW)
    own = rate[votes.annotators]
    return float(np.log(own * careless + (1 - own) * readings).sum())
