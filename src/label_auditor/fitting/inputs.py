"""X and y in the forms that a fit works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from label_auditor._sklearn import _num_samples
from label_auditor.data.coded_labels import read_labels
from label_auditor.data.labels import has_many_labels
from label_auditor.data.messages import quote_values
from label_auditor.data.values import in_memory, read_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


# What has rows has one of these.
ROWS = ("__len__", "shape", "__array__")
MISSING_REMEDY = "drop these rows, or pass missing_labels='suggest' to get suggestions for them"


def check_data(
    X: Any, y: ArrayLike, *, allow_missing: bool
) -> tuple[Any, NDArray[np.intp], NDArray[Any]]:
    """Give X in a form that can be indexed by rows, and y as `read_targets` reads it."""
    y = in_memory(y)
    codes, classes = read_targets(y, allow_missing=allow_missing)
    _refuse_rowless(X)
    if isinstance(X, Sequence):  # a list, a tuple, a column of a Hugging Face data set
        X = list(X)
    n_rows = _num_samples(X)
    if n_rows != len(codes):
        raise ValueError(
            f"X and y have inconsistent numbers of samples: X has {n_rows} rows, y has "
            f"{len(codes)} labels; pass one label for each row."
        )
    refuse_other_order(getattr(X, "index", None), getattr(y, "index", None))
    (X,) = indexable(X)
    return X, codes, classes


def read_targets(y: Any, *, allow_missing: bool) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give the position of each label of y among the sorted classes, -1 for none, and the classes.

    Categories are read as such, without a value for each row.
    """
    if y is None:
        raise ValueError(
            "LabelAuditor requires y to be passed, but the target y is None; pass the labels."
        )
    refuse_many_labels(y)
    if _is_column(y):
        y = column_or_1d(read_values(y, name="y"), dtype=None, warn=True)
    return read_labels(
        y,
        name="y",
        allow_missing=allow_missing,
        remedy=MISSING_REMEDY,
    )


def _is_column(y: Any) -> bool:
    """Tell whether labels are a matrix or table of one column, or a list of lists of one label."""
    if isinstance(y, list | tuple):
        return len(y) > 0 and isinstance(y[0], list | tuple | np.ndarray)
    return len(getattr(y, "shape", ())) == 2


def refuse_other_order(names: Any, given: Any) -> None:
    """Raise if X and y of pandas name the same rows in another order: rows go by position."""
    import pandas as pd

    if not (isinstance(names, pd.Index) and isinstance(given, pd.Index)) or names.equals(given):
        return
    if not (
        len(names) == len(given) and names.is_unique and given.is_unique and given.isin(names).all()
    ):
        return
    row = int(np.flatnonzero(np.asarray(names != given))[0])
    in_X, in_y = (quote_values(index[row : row + 1].tolist()) for index in (names, given))
    raise ValueError(
        f"X and y name the same rows in another order: row {row} is {in_X} in X, and {in_y} in y, "
        "but rows go by position. Pass y.loc[X.index]; or y.to_numpy(), if the rows do stand in "
        "the same order."
    )


def _refuse_rowless(X: Any) -> None:
    """Raise if X is nothing that has rows in an order."""
    given = None
    if X is None:
        given = "None"
    elif isinstance(X, (str, bytes)):
        given = "a single text"
    elif getattr(X, "shape", None) == ():
        given = "a single value"
    elif isinstance(X, (Mapping, Set)) or not any(map(partial(hasattr, X), ROWS)):
        given = f"a {type(X).__name__}"
    if given is not None:
        raise ValueError(
            f"X is {given}, but rows in the order of y are needed; pass an array, a sparse matrix, "
            "a DataFrame or a list."
        )


def find_features(X: Any) -> dict[str, Any]:
    """Give `n_features_in_` and `feature_names_in_` as scikit-learn finds them, where it does.

    Columns that mix strings with other names have no `feature_names_in_`. Whether that is right is
    for the classifier to say: some can do without.
    """
    seen = BaseEstimator()
    try:
        validate_data(seen, X, skip_check_array=True)
    except TypeError:
        return {"n_features_in_": X.shape[1]}
    return dict(vars(seen))


def check_classes(classes: NDArray[Any]) -> None:
    """Refuse classes that scikit-learn doesn't take, and fewer than two of them."""
    try:
        # Each of them twice: scikit-learn warns where most labels occur once.
        check_classification_targets(np.repeat(classes, 2))
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
    """Refuse weights that are no numbers, or leave a class without any: no model could know it."""
    if sample_weight is None:
        return
    weights = np.asarray(sample_weight)
    if weights.shape != codes.shape:
        raise ValueError(
            f"sample_weight has shape {weights.shape}, but one weight for each row is needed: "
            f"shape {codes.shape}."
        )
    if weights.dtype.kind not in "biuf" or not np.isfinite(weights).all():
        raise ValueError(
            "sample_weight holds values that are no finite numbers; give each row a weight, or "
            "drop the rows that have none."
        )
    weightless = np.setdiff1d(codes[codes >= 0], codes[weights != 0])
    if len(weightless):
        raise ValueError(
            f"sample_weight is 0 for all rows of the classes {quote_values(classes[weightless])}; "
            "give them weight, or drop these rows."
        )
