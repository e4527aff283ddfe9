"""X and y in the forms that a fit works with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from label_auditor.data import labels as validation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def check_data(X: Any, y: ArrayLike, *, allow_missing: bool) -> tuple[Any, NDArray[Any]]:
    """Give X in a form that can be indexed by rows, and y as an array of classes."""
    if y is None:
        raise ValueError(
            "LabelAuditor requires y to be passed, but the target y is None; pass the labels."
        )
    validation.refuse_many_labels(y)
    values: Any = y if hasattr(y, "iloc") else np.asarray(y)
    if values.ndim == 2:
        values = column_or_1d(values, dtype=None, warn=True)
    labels = validation.check_labels(values, name="y")
    if not allow_missing:
        validation.refuse_missing(
            labels,
            name="y",
            remedy="drop these rows, or pass missing_labels='suggest' to get suggestions for them",
        )
    if isinstance(X, Sequence):  # a list, a tuple, a column of a Hugging Face data set
        X = list(X)
    X, labels = indexable(X, labels)
    return X, labels


def encode_classes(labels: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the position of each label among the sorted classes, -1 for none, and the classes."""
    codes, classes = validation.encode_labels(labels)
    check_classification_targets(classes[codes[codes >= 0]])
    if len(classes) < 2:
        raise ValueError(
            f"y holds one class only ({validation.name_values(classes)}); at least two are "
            "needed, or there is nothing that a label could be confused with."
        )
    return codes, classes
