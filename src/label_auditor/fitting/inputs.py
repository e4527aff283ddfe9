"""X and y in the forms that a fit works with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from label_auditor.data.labels import (
    check_labels,
    encode_labels,
    has_many_labels,
    refuse_missing,
)
from label_auditor.data.messages import quote_values
from label_auditor.data.values import read_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def check_data(X: Any, y: ArrayLike, *, allow_missing: bool) -> tuple[Any, NDArray[Any]]:
    """Give X in a form that can be indexed by rows, and y as an array of classes."""
    if y is None:
        raise ValueError(
            "LabelAuditor requires y to be passed, but the target y is None; pass the labels."
        )
    refuse_many_labels(y)
    values = read_values(y, name="y")
    if values.ndim == 2:
        values = column_or_1d(values, dtype=None, warn=True)
    labels = check_labels(values, name="y")
    if not allow_missing:
        refuse_missing(
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
    codes, classes = encode_labels(labels)
    try:
        check_classification_targets(classes[codes[codes >= 0]])
    except ValueError as error:
        raise ValueError(
            f"y holds {quote_values(classes)}, which scikit-learn does not take as classes; make "
            f"them strings, for example by y.astype(str). scikit-learn says: {error}"
        ) from error
    if len(classes) < 2:
        raise ValueError(
            f"y holds one class only ({quote_values(classes)}); at least two are "
            "needed, or there is nothing that a label could be confused with."
        )
    return codes, classes


def refuse_many_labels(y: Any) -> None:
    """Raise if there are several labels per row, which LabelAuditor doesn't take."""
    if has_many_labels(y):
        raise ValueError(
            "y has several labels per row (multi-label or multi-output), but LabelAuditor audits "
            "one. For multi-label, pass out-of-sample probabilities to "
            "audit_labels(y, pred_probs, multi_label=True); cross_val_predict makes them. For "
            "multi-output, audit each column with an auditor of its own."
        )


def check_weights(sample_weight: Any, codes: NDArray[np.intp], classes: NDArray[Any]) -> None:
    """Refuse weights that leave a class without any: no model could know it."""
    weights = np.asarray(sample_weight)
    if weights.shape != codes.shape:
        return  # None, or for the classifier to complain about
    weightless = np.setdiff1d(codes[codes >= 0], codes[weights != 0])
    if len(weightless):
        raise ValueError(
            f"sample_weight is 0 for all rows of the classes {quote_values(classes[weightless])}; "
            "give them weight, or drop these rows."
        )
