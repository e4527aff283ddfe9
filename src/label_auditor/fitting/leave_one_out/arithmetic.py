"""What the families have in common: blocks of rows, probabilities from scores, true refits."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone

from label_auditor.fitting.folds import fit_rows, take_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

# Numbers in an array that is made for a block of rows: few enough to stay in the cache.
BLOCK_CELLS = 2**18
# A row that holds all but this share of the spread in some direction leaves too few digits.
LEAST_LEFT = 1e-3


class Data(NamedTuple):
    """The rows that have a label.

    Attributes
    ----------
    X : array-like, sparse matrix or DataFrame, n_samples long
        The features.
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; each class has a row.
    classes : ndarray of shape (n_classes,)
        The sorted classes.
    weights : ndarray of float64, shape (n_samples,)
        Sample weights; 1 if none are given.
    fit_params : dict
        Given to `fit`, sample weights included.
    known : object, default=None
        What is known of all rows, if these are only some of them; None if they are all.
        `naive_bayes` and `gaussian` say what they need.
    """

    X: Any
    codes: Codes
    classes: NDArray[Any]
    weights: Floats
    fit_params: dict[str, Any]
    known: Any = None


def blocks(n_rows: int, cells_per_row: int) -> Iterator[slice]:
    """Cut rows into blocks, each with so few cells that it stays in the cache."""
    size = max(1, BLOCK_CELLS // max(1, cells_per_row))
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def rows_by_class(codes: Codes, n_classes: int) -> list[Codes]:
    """Give the rows of each class, ascending."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=n_classes))
    return np.split(order, ends[:-1])


def normalise(scores: Floats) -> Floats:
    """Turn scores into the probabilities they are the logarithms of, up to a constant per row."""
    with np.errstate(invalid="ignore"):  # a row of -inf alone, or with NaN, becomes NaN
        probs: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(probs)


def log(values: Any) -> Any:
    """Give the natural logarithm; that of 0 is -inf, that of less is NaN, without a warning."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values)


def refit_without(
    estimator: Any, data: Data, row: np.intp, *, fatal_warning: str | None = None
) -> Floats:
    """Predict a row with a clone fitted on all others; NaN where that fit raises.

    So is a row whose fit warns in the words of `fatal_warning`, which is a regular expression.
    """
    n_classes = len(data.classes)
    others = np.delete(np.arange(len(data.codes)), row)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the fit on all rows has given the same ones
        if fatal_warning:
            warnings.filterwarnings("error", fatal_warning)
        try:
            fitted = fit_rows(
                clone(estimator), data.X, data.classes[data.codes], others, data.fit_params
            )
            probs = fitted.predict_proba(take_rows(estimator, data.X, np.array([row]), others))[0]
        except (ValueError, Warning, np.linalg.LinAlgError):
            return np.full(n_classes, np.nan)
    return probs if len(probs) == n_classes else np.full(n_classes, np.nan)
