"""Label quality scores of row blocks: how likely it is that the given label is right.

Low is suspicious. All scores are in [0, 1].

- ``self_confidence``: the probability of the given label, p(given).
- ``normalized_margin``: (p(given) - p(likeliest other) + 1) / 2.
- ``confidence_weighted_entropy``: q = H(p) / log(K) / p(given), mapped to log(q + 1) / q.
- ``log_margin``: s = log p(given) - ½ log p(likeliest other), mapped to 1 / (1 + exp(-s)), that is
  p(given) / (p(given) + √p(likeliest other)). At equal odds of the two classes, the label with the
  lower probability is the more suspicious one. Rows that are ranked by it are reviewed in the order
  of their scores; ranked by any other score, the flagged rows come first.

The first three are cleanlab's [1]_. So are ``adjusted_self_confidence`` and
``adjusted_normalized_margin``, which are adjusted for class imbalance: the thresholds of the
classes are taken off the probabilities, and the rest is normalised.

References
----------
.. [1] J. Kuan, J. Mueller, "Model-agnostic label quality scoring to detect real-world label
   errors", ICML 2022 Workshop on Data-centric Machine Learning Research.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.scan import CLOSE, FEW_CLASSES, cached_blocks, take_given
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[Any]

ScoreName: TypeAlias = Literal[
    "self_confidence",
    "normalized_margin",
    "confidence_weighted_entropy",
    "log_margin",
    "adjusted_self_confidence",
    "adjusted_normalized_margin",
]
# The name of a score, or a function from (codes, pred_probs) to one score per row.
RankBy: TypeAlias = "ScoreName | Callable[[Any, Any], npt.ArrayLike]"

# How much the likeliest other class counts in the log margin.
LOG_MARGIN_POWER = 0.5


class Score(NamedTuple):
    """A label quality score.

    Attributes
    ----------
    score : callable
        Gives the scores of a block, from probabilities (n, K) and given labels (n,).
    adjusted : bool
        Whether the probabilities are adjusted for class imbalance first.
    """

    score: Callable[[Array, Array], Array]
    adjusted: bool = False


def score_rows(
    codes: Array, pred_probs: Array, method: ScoreName, thresholds: Array | None = None
) -> Array:
    """Score a block of rows.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Column of the given label; -1 where the row is not to be judged.
    pred_probs : ndarray of shape (n, K), float
        Out-of-sample probabilities.
    method : str
        One of `SCORES`.
    thresholds : ndarray of shape (K,), optional
        Average self-confidence of each class; the adjusted scores need it.

    Returns
    -------
    ndarray of shape (n,), float64
        NaN where the row is not to be judged.

    Raises
    ------
    ValueError
        If there is no such method, or it is adjusted and there are no thresholds.

    Examples
    --------
    >>> score_rows(np.array([0, 1]), np.array([[0.75, 0.25], [0.75, 0.25]]), "normalized_margin")
    array([0.75, 0.25])
    """
    check_method(method)
    score, adjusted = SCORES[method]
    if adjusted and thresholds is None:
        raise ValueError(
            f"method={method!r} needs the thresholds of the classes; pass thresholds=, for example "
            "those that find_label_issues gives."
        )
    if method == "self_confidence":
        return take_given(pred_probs, codes).astype(float)
    scores = np.empty(len(codes))
    for rows, block in cached_blocks(pred_probs):
        probs = block.astype(float, copy=False)
        if thresholds is not None and adjusted:
            probs = _adjust(probs, thresholds.astype(float))
        scores[rows] = score(probs, codes[rows])
    scores[codes < 0] = np.nan
    return scores


def _adjust(probs: Array, thresholds: Array) -> Array:
    """Take the thresholds off the probabilities, and normalise what is left."""
    adjusted: Array = probs - thresholds
    adjusted += thresholds.max()
    adjusted /= adjusted.sum(axis=1, keepdims=True)
    return adjusted


def _normalized_margin(probs: Array, given: Array) -> Array:
    """Score by (p(given) - p(likeliest other) + 1) / 2."""
    score: Array = (take_given(probs, given) - _likeliest_other(probs, given) + 1) / 2
    return score


def _confidence_weighted_entropy(probs: Array, given: Array) -> Array:
    """Score by the normalised entropy over the self-confidence, q, as log(q + 1) / q."""
    # Of an impossible class, p log(p) is 0.
    logs = np.log(np.maximum(probs, np.finfo(float).tiny))
    # With a single class the entropy is 0 to any base.
    entropy = -np.einsum("ij,ij->i", probs, logs) / np.log(max(probs.shape[1], 2))
    weighted = entropy / np.maximum(take_given(probs, given), CLOSE)
    score: Array = np.log(weighted + 1) / np.maximum(weighted, CLOSE)
    return score


def _log_margin(probs: Array, given: Array) -> Array:
    """Score by p(given) / (p(given) + p(likeliest other) ** 0.5)."""
    given_prob = np.maximum(take_given(probs, given), np.finfo(float).tiny)
    score: Array = given_prob / (given_prob + _likeliest_other(probs, given) ** LOG_MARGIN_POWER)
    return score


def _likeliest_other(probs: Array, given: Array) -> Array:
    """Find the highest probability of a class that is not the given one; 0 if there is none."""
    n, n_classes = probs.shape
    highest: Array
    if n_classes > FEW_CLASSES:
        others = probs.copy()
        others[np.arange(n), given] = 0
        highest = others.max(axis=1)
    else:
        others = np.array(probs.T, order="C")
        others[given, np.arange(n)] = 0
        highest = others.max(axis=0)
    return np.maximum(highest, 0)


SCORES: dict[str, Score] = {
    "self_confidence": Score(take_given),
    "normalized_margin": Score(_normalized_margin),
    "confidence_weighted_entropy": Score(_confidence_weighted_entropy),
    "log_margin": Score(_log_margin),
    "adjusted_self_confidence": Score(take_given, adjusted=True),
    "adjusted_normalized_margin": Score(_normalized_margin, adjusted=True),
}


def check_method(method: Any) -> None:
    """Check that there is a score of this name."""
    if not isinstance(method, str) or method not in SCORES:
        raise ValueError(f"method is {method!r}; pass one of {quote_values(SCORES, len(SCORES))}.")


def check_rank_by(rank_by: Any) -> None:
    """Check that a score to rank by is a function, or the name of one."""
    if not callable(rank_by) and not (isinstance(rank_by, str) and rank_by in SCORES):
        raise ValueError(
            f"rank_by is {rank_by!r}; pass one of {quote_values(SCORES, len(SCORES))}, or a "
            "function from (codes, pred_probs) to one score per row."
        )


def name_of_score(rank_by: RankBy) -> str:
    """Give the name of a score: of a function its own."""
    if isinstance(rank_by, str):
        return rank_by
    name: str = getattr(rank_by, "__name__", "custom")
    return name


def check_custom_scores(values: npt.ArrayLike, n_rows: int) -> npt.NDArray[np.float64]:
    """Check what a caller's function gave as scores."""
    scores = np.asarray(values, dtype=float)
    if scores.shape != (n_rows,) or np.isnan(scores).any():
        raise ValueError(
            f"rank_by must give one number for each of the {n_rows} rows; it gave an array of "
            f"shape {scores.shape} with {np.isnan(scores).sum()} NaN."
        )
    return scores
