"""Which rows each fold trains on and holds out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import StratifiedKFold, check_cv

from label_auditor._sklearn import _check_method_params, _safe_indexing
from label_auditor.data.messages import quote_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.intp]


def split_rows(
    cv: Any,
    X: Any,
    codes: Rows,
    classes: NDArray[Any],
    split_params: dict[str, Any],
) -> list[tuple[Rows, Rows]]:
    """Give the (train, test) rows of each fold, as cross_val_predict makes them.

    Rows without a label (code -1) are in no training fold, and held out in all.
    """
    labelled = codes >= 0
    rows = np.flatnonzero(labelled)
    splitter = check_cv(cv, classes[codes[rows]], classifier=True)
    _check_small_classes(splitter, codes[rows], classes)
    if len(rows) == len(codes):
        return _split(splitter, X, classes[codes], split_params)
    if isinstance(cv, Iterable):  # its positions count all rows
        folds = _split(splitter, X, codes, split_params)
        folds = [(train[labelled[train]], test[labelled[test]]) for train, test in folds]
    else:
        params = _check_method_params(X, params=split_params, indices=rows)
        folds = _split(splitter, _safe_indexing(X, rows), classes[codes[rows]], params)
        folds = [(rows[train], rows[test]) for train, test in folds]
    unlabelled = np.flatnonzero(~labelled)
    return [(train, np.concatenate([test, unlabelled])) for train, test in folds]


def _split(
    splitter: Any, X: Any, y: NDArray[Any], split_params: dict[str, Any]
) -> list[tuple[Rows, Rows]]:
    """List the folds of a splitter."""
    with warnings.catch_warnings():
        # _check_small_classes says which classes, and what it means for them.
        warnings.filterwarnings("ignore", message="The least populated class")
        return list(splitter.split(X, y, **split_params))


def _check_small_classes(splitter: Any, codes: Rows, classes: NDArray[Any]) -> None:
    """Warn of classes with fewer rows than there are stratified folds; refuse if all are."""
    if not isinstance(splitter, StratifiedKFold):
        return
    counts = np.bincount(codes, minlength=len(classes))
    n_folds = splitter.n_splits
    if counts.max() < n_folds:
        raise ValueError(
            f"cv has n_splits={n_folds} folds, but the largest class has only {counts.max()} rows; "
            f"pass cv={counts.max()} or less."
            if counts.max() > 1
            else "each class of y has one row only, so that no label can be judged by others."
        )
    small = np.flatnonzero(counts < n_folds)
    if len(small):
        named = dict(zip(classes[small].tolist(), counts[small].tolist(), strict=True))
        warnings.warn(
            f"classes with fewer rows than the {n_folds} folds ({quote_counts(named)}) are judged "
            "by very few rows, those of one row not at all; use fewer folds, or merge or drop "
            "them.",
            UserWarning,
            stacklevel=4,
        )
