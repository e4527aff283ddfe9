"""`Annotations`: the labels that several annotators gave, and what they are worth."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class Annotations:
    """The labels of several annotators, one entry for each label, and what they are worth.

    Attributes
    ----------
    rows, annotators, codes : ndarray of int, shape (n_labels,)
        The row, the annotator and the class of each label, as positions.
    names : tuple
        The names of the annotators.
    quality : ndarray of float64, shape (n_labels,)
        How likely it is that the label is right.
    annotator_quality : ndarray of float64, shape (n_annotators,)
        The estimated share of an annotator's labels that are right; NaN where it isn't known.
    consensus_quality : ndarray of float64, shape (n_samples,)
        How likely it is that the consensus is right; NaN where there is none.
    gain : ndarray of float64, shape (n_samples,)
        How much another label of the row would help.
    method : str
        The method by which the consensus was found.
    by_model : bool
        Whether the quality of annotators is what a model makes of their labels.
    """

    rows: NDArray[np.intp]
    annotators: NDArray[np.intp]
    codes: NDArray[np.intp]
    names: tuple[Any, ...]
    quality: NDArray[np.float64]
    annotator_quality: NDArray[np.float64]
    consensus_quality: NDArray[np.float64]
    gain: NDArray[np.float64]
    method: str
    by_model: bool
