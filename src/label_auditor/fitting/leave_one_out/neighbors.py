"""Nearest neighbours, exactly: a row is not its own neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.fitting.leave_one_out.arithmetic import Data, blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


# Metrics that take the spread of the features from the rows, and what to give them instead.
LEARNED_PARAMS = {"seuclidean": {"V"}, "mahalanobis": {"V", "VI"}}


def refuse_neighbors(estimator: Any, X: Any) -> str | None:  # noqa: ARG001 - as for all
    """Say which KNeighborsClassifier has no leave-one-out."""
    if callable(estimator.metric):
        return "metric is a function, and may depend on the rows it was given; name a metric"
    needed = LEARNED_PARAMS.get(estimator.metric)
    if needed is not None and not needed & set(estimator.metric_params or {}):
        return f"metric {estimator.metric!r} learns from the rows; give it by metric_params"
    return None


def leave_out_neighbors(fitted: Any, data: Data) -> Floats:
    """Give the leave-one-out probabilities of a KNeighborsClassifier.

    The fitted neighbours leave out the row itself when they are asked for those of the rows that
    they were fitted on.
    """
    n_classes = len(data.classes)
    if fitted.weights in (None, "uniform"):
        nearest = fitted.kneighbors(return_distance=False)
        votes = np.ones(nearest.shape)
    else:
        distances, nearest = fitted.kneighbors()
        votes = _weigh(distances, fitted.weights)
    pred_probs = np.empty((len(nearest), n_classes))
    for block in blocks(len(nearest), n_classes + nearest.shape[1]):
        voted = data.codes[nearest[block]]
        place = voted + n_classes * np.arange(len(voted))[:, None]
        sums = np.bincount(
            place.ravel(), weights=votes[block].ravel(), minlength=len(voted) * n_classes
        ).reshape(-1, n_classes)
        with np.errstate(invalid="ignore"):  # no weight at all is NaN
            pred_probs[block] = sums / sums.sum(axis=1, keepdims=True)
    return pred_probs


def _weigh(distances: Floats, weights: Any) -> Floats:
    """Give each neighbour the weight of its distance; those at distance 0 count alone."""
    if callable(weights):
        return np.asarray(weights(distances), dtype=np.float64)
    with np.errstate(divide="ignore"):
        inverse = 1 / distances
    infinite = np.isinf(inverse)
    at_point = infinite.any(axis=1)
    inverse[at_point] = infinite[at_point]
    return inverse
