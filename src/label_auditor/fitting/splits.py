"""Which rows each fold trains on and holds out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import StratifiedKFold, check_cv

from label_auditor._sklearn import _check_method_params, _safe_indexing
from label_auditor.data.messages import list_rows, quote_counts, warn

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

    Parameters
    ----------
    cv : int, splitter, iterable of (train, test) or None
        The folds. Those of an iterable are positions among all rows, or masks of all rows.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data.
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where there is none.
    classes : ndarray of shape (n_classes,)
        The classes.
    split_params : dict
        Given to the splitter's `split`.

    Returns
    -------
    list of (train, test)
        Positions of rows.

    Raises
    ------
    ValueError
        If there are no folds, or more than any class has rows; if a fold is no pair, has no rows
        to train on or to hold out, holds positions that are no rows, holds out a row twice, or
        holds out a row that it also trains on.

    Examples
    --------
    >>> import numpy as np
    >>> X, codes, classes = np.zeros((4, 1)), np.array([0, 1, 0, 1]), np.array(["a", "b"])
    >>> half = np.array([True, True, False, False])
    >>> split_rows([(half, ~half)], X, codes, classes, {})
    [(array([0, 1]), array([2, 3]))]
    """
    labelled = codes >= 0
    rows = np.flatnonzero(labelled)
    if _is_given(cv):  # its positions count all rows
        folds = _check_folds(list(cv), len(codes))
        folds = [(train[labelled[train]], test[labelled[test]]) for train, test in folds]
    else:
        splitter = check_cv(cv, classes[codes[rows]], classifier=True)
        _check_small_classes(splitter, codes[rows], classes)
        if len(rows) == len(codes):
            folds = _split(splitter, X, classes[codes], split_params)
        else:
            params = _check_method_params(X, params=split_params, indices=rows)
            folds = _split(splitter, _safe_indexing(X, rows), classes[codes[rows]], params)
        folds = _check_folds(folds, len(rows))
        folds = [(rows[train], rows[test]) for train, test in folds]
    if len(rows) < len(codes):
        unlabelled = np.flatnonzero(~labelled)
        folds = [(train, np.concatenate([test, unlabelled])) for train, test in folds]
    for number, (train, test) in enumerate(folds, start=1):
        _refuse_useless(train, test, f"fold {number} of {len(folds)} in cv")
    return folds


def _is_given(cv: Any) -> bool:
    """Tell folds that the caller gives from a number of folds, a splitter and None."""
    return isinstance(cv, Iterable) and not hasattr(cv, "split") and not isinstance(cv, Integral)


def _split(
    splitter: Any, X: Any, y: NDArray[Any], split_params: dict[str, Any]
) -> list[tuple[Any, Any]]:
    """List the folds of a splitter."""
    with warnings.catch_warnings():
        # _check_small_classes says which classes, and what it means for them.
        warnings.filterwarnings("ignore", message="The least populated class")
        return list(splitter.split(X, y, **split_params))


def _check_folds(folds: list[Any], n_rows: int) -> list[tuple[Rows, Rows]]:
    """Give folds as positions; refuse what is none."""
    if not folds:
        raise ValueError(
            "cv holds no folds. If it is a generator or another iterator, an earlier fit has used "
            "it up: pass list(...) of it, or a splitter such as StratifiedKFold()."
        )
    checked = []
    for number, fold in enumerate(folds, start=1):
        name = f"fold {number} of {len(folds)} in cv"
        if not isinstance(fold, (tuple, list, np.ndarray)) or len(fold) != 2:
            raise ValueError(
                f"{name} is a {type(fold).__name__}, but a pair is needed: (training rows, rows "
                "held out), as positions or as boolean masks."
            )
        train, test = (
            _as_positions(part, n_rows, f"{name}: its {kind}")
            for part, kind in zip(fold, ("training rows", "rows held out"), strict=True)
        )
        checked.append((train, test))
    return checked


def _as_positions(part: Any, n_rows: int, name: str) -> Rows:
    """Give one side of a fold as positions, from positions or a mask."""
    positions = np.asarray(list(part) if isinstance(part, range) else part)
    needed = f"positions from 0 to {n_rows - 1}, or a boolean mask of {n_rows} rows, are needed"
    if positions.ndim != 1:
        raise ValueError(
            f"{name} are a {type(part).__name__} of shape {positions.shape}, but {needed}."
        )
    if positions.dtype == bool:
        if len(positions) != n_rows:
            raise ValueError(f"{name} are a mask of {len(positions)} rows, but {needed}.")
        return np.flatnonzero(positions)
    if len(positions) == 0:
        return np.empty(0, dtype=np.intp)
    if positions.dtype.kind not in "iu":
        raise ValueError(f"{name} are of type {positions.dtype}, but {needed}.")
    outside = positions[(positions < 0) | (positions >= n_rows)]
    if len(outside):
        negative = " Negative positions don't count from the end." if outside[0] < 0 else ""
        raise ValueError(f"{name} hold {outside[0]}, but {needed}.{negative}")
    return positions.astype(np.intp, copy=False)


def _refuse_useless(train: Rows, test: Rows, name: str) -> None:
    """Refuse a fold that has an empty side, holds out a row twice, or trains on what it judges."""
    if len(train) == 0 or len(test) == 0:
        lacking = "labelled rows to train on" if len(train) == 0 else "rows to hold out"
        raise ValueError(f"{name} has no {lacking}; drop this fold, or add such rows to it.")
    held_out = np.zeros(max(train.max(), test.max()) + 1, dtype=bool)
    held_out[test] = True
    if np.count_nonzero(held_out) < len(test):
        found, counts = np.unique(test, return_counts=True)
        raise ValueError(
            f"{name} holds out {list_rows(found[counts > 1])} more than once; "
            "name each row once, or pass masks of True and False."
        )
    both = np.unique(train[held_out[train]])
    if len(both):
        raise ValueError(
            f"{name} trains on rows that it holds out, {list_rows(both)}, so that their labels "
            "would judge themselves; leave them out of its training rows. For a classifier that is "
            "fitted already, pass its probabilities to audit_labels."
        )


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
        warn(
            f"classes with fewer rows than the {n_folds} folds ({quote_counts(named)}) are judged "
            "by very few rows, those of one row not at all; use fewer folds, or merge or drop "
            "them.",
        )
