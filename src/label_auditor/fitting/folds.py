"""Out-of-sample probabilities: every row is predicted by models that never saw its label."""

from __future__ import annotations

import os
import warnings
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_memory

from label_auditor._sklearn import _check_method_params, _num_samples, _safe_indexing
from label_auditor.confident_learning.scan import sum_tolerance
from label_auditor.data.messages import list_rows, quote_values
from label_auditor.fitting.parallel import run_folds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    Rows = NDArray[np.intp]
    Probabilities = NDArray[np.floating]


def cross_fit(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    *,
    classes: NDArray[Any],
    splits: Sequence[tuple[Rows, Rows]],
    fit_params: dict[str, Any] | None = None,
    n_jobs: int | None = None,
    memory: Any = None,
    verbose: int = 0,
    progress: Sequence[AbstractContextManager[Any]] | None = None,
    final_rows: Rows | None = None,
) -> tuple[Probabilities, Rows, Any]:
    """Predict each row with clones of `estimator` fitted on folds that leave it out.

    Over a partition the result equals that of :func:`sklearn.model_selection.cross_val_predict`
    to the bit. Rows held out more than once get the mean of their predictions.

    Parameters
    ----------
    estimator : classifier with predict_proba
        Cloned for each fold; never fitted itself.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data, in any form that `estimator` takes.
    y : ndarray of shape (n_samples,)
        The labels, in their own values.
    classes : ndarray of shape (n_classes,)
        The sorted classes: the columns of the result.
    splits : sequence of (train, test) index arrays
        The folds.
    fit_params : dict, default=None
        Given to `estimator.fit`; values as long as X are split with it.
    n_jobs : int, default=None
        Folds fitted at a time, as in joblib.
    memory : str, path or joblib.Memory, default=None
        Where the predictions of finished folds are kept. A fold is computed again if the
        classifier, the data, the rows of the fold or scikit-learn's version change.
    verbose : int, default=0
        joblib's verbosity.
    progress : sequence of context managers, default=None
        One for each fold, entered when it begins and left when it ends; the last one for the
        final fit, if there is one.
    final_rows : ndarray of int, default=None
        Fit a clone on these rows too, in the same run: first, so that one after another it is the
        classifier's own checks of X that speak first, and in parallel the longest fit begins first.

    Returns
    -------
    pred_probs : ndarray of float, shape (n_samples, n_classes)
        Out-of-sample probabilities in the dtype that the classifier gives; NaN where a row was
        never held out. A class that a training fold lacks has probability 0 there.
    n_predictions : ndarray of int, shape (n_samples,)
        How often each row was held out.
    final : classifier or None
        The clone fitted on `final_rows`.

    Raises
    ------
    ValueError, RuntimeError
        If a fold raises (a ValueError if it raised one); the message says which. With `memory`
        the other folds are finished and kept first.
    ValueError
        If a fold's predictions are NaN or don't sum to 1; the message names the fold and rows.

    Warns
    -----
    UserWarning
        If training folds lack a class that has more than one row.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = np.array([[0.0], [0.1], [1.0], [1.1]]), np.array(["a", "a", "b", "b"])
    >>> splits = [(np.array([0, 2]), np.array([1, 3])), (np.array([1, 3]), np.array([0, 2]))]
    >>> pred_probs, n_predictions, _ = cross_fit(
    ...     GaussianNB(var_smoothing=0.1), X, y, classes=np.unique(y), splits=splits
    ... )
    >>> pred_probs.argmax(axis=1), n_predictions
    (array([0, 0, 1, 1]), array([1, 1, 1, 1]))
    """
    fit_params = fit_params or {}
    memory = check_memory(os.fspath(memory) if isinstance(memory, os.PathLike) else memory)
    keeps = getattr(memory, "location", None) is not None
    # All that decides a fold but its rows, hashed once instead of once per fold.
    everything = (estimator, X, y, fit_params, sklearn.__version__)
    predict_fold = partial(
        memory.cache(_predict_fold, ignore=["estimator", "X", "y", "fit_params"]),
        key=joblib.hash(everything) if keeps else None,
    )
    tasks = [
        partial(
            _run_fold,
            predict_fold,
            clone(estimator),
            X,
            y,
            train,
            test,
            fit_params,
            name=f"fold {fold + 1} of {len(splits)}",
            goes_on=keeps,
            progress=progress[fold] if progress else nullcontext(),
        )
        for fold, (train, test) in enumerate(splits)
    ]
    if final_rows is not None:
        last = progress[-1] if progress else nullcontext()
        final_fit = partial(
            _fit_final, clone(estimator), X, y, final_rows, fit_params, progress=last
        )
        tasks.insert(0, final_fit)
    folds = run_folds(tasks, estimator, X, n_jobs=n_jobs, verbose=verbose)
    final = None if final_rows is None else folds.pop(0)
    for fold in folds:
        if isinstance(fold, Exception):
            raise fold
    tests = [test for _, test in splits]
    _check_probabilities(estimator, tests, [probs for probs, _ in folds])
    _warn_of_absent_classes([fold_classes for _, fold_classes in folds], y, classes)
    fold_probs = [align_columns(probs, found, classes) for probs, found in folds]
    return *_average(tests, fold_probs, _num_samples(X)), final


def _run_fold(
    predict_fold: Callable[..., Any], *args: Any, name: str, goes_on: bool, progress: Any
) -> Any:
    """Predict a fold; if it fails, say which one did, and give that back if the others go on."""
    try:
        with progress:
            return predict_fold(*args)
    except Exception as error:
        kind = ValueError if isinstance(error, ValueError) else RuntimeError
        failure = kind(f"{name} raised {type(error).__name__}: {error}")
        if not goes_on:
            raise failure from error
        failure.__cause__ = error
        return failure


def _fit_final(*args: Any, progress: Any) -> Any:
    """Fit the final classifier, and tell of it."""
    with progress:
        return fit_rows(*args)


def _predict_fold(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    train: Rows,
    test: Rows,
    fit_params: dict[str, Any],
    key: str | None,  # noqa: ARG001 - stands for the arguments that the cache ignores
) -> tuple[Probabilities, NDArray[Any]]:
    """Fit on `train`, predict `test`; give the probabilities and the classes of their columns."""
    fit_rows(estimator, X, y, train, fit_params)
    pred_probs = estimator.predict_proba(take_rows(estimator, X, test, train))
    return np.asarray(pred_probs), estimator.classes_


def fit_rows(
    estimator: Any, X: Any, y: NDArray[Any], rows: Rows, fit_params: dict[str, Any]
) -> Any:
    """Fit an estimator on some rows; metadata as long as X is cut with it."""
    params = _check_method_params(X, params=fit_params, indices=rows)
    return estimator.fit(take_rows(estimator, X, rows, rows), y[rows], **params)


def take_rows(estimator: Any, X: Any, rows: Rows, train: Rows) -> Any:
    """Take rows of X, and of a precomputed kernel the columns of the training rows."""
    if get_tags(estimator).input_tags.pairwise:
        return X[np.ix_(rows, train)]
    return _safe_indexing(X, rows)


def align_columns(
    fold_probs: Probabilities, fold_classes: NDArray[Any], classes: NDArray[Any]
) -> Probabilities:
    """Put the columns of a fold in the order of all classes; absent ones get 0."""
    if len(fold_classes) == len(classes):
        return fold_probs
    aligned = np.zeros((len(fold_probs), len(classes)), dtype=fold_probs.dtype)
    aligned[:, np.searchsorted(classes, fold_classes)] = fold_probs
    return aligned


def _check_probabilities(
    estimator: Any, tests: list[Rows], fold_probs: list[Probabilities]
) -> None:
    """Refuse folds whose predictions are no probabilities: NaN, or rows that don't sum to 1."""
    for fold, (test, probs) in enumerate(zip(tests, fold_probs, strict=True), start=1):
        sums = probs.sum(axis=1)
        wrong = ~(np.abs(sums - 1) <= sum_tolerance(probs.dtype, probs.shape[1]))
        if wrong.any():
            raise ValueError(
                f"predict_proba of {type(estimator).__name__} gave no probabilities in fold {fold} "
                f"of {len(tests)}: {list_rows(test[wrong])} sum to {sums[wrong][0]:.6g}, not 1; "
                "check the data and its parameters, or wrap it in CalibratedClassifierCV."
            )


def _warn_of_absent_classes(
    fold_classes: list[NDArray[Any]], y: NDArray[Any], classes: NDArray[Any]
) -> None:
    """Warn of classes that training folds lack, but for those of one row: no fold can help them."""
    found, counts = np.unique(y, return_counts=True)
    needed = np.intersect1d(classes, found[counts > 1])
    absent = [np.setdiff1d(needed, found) for found in fold_classes]
    n_folds = sum(len(classes) > 0 for classes in absent)
    if n_folds:
        names = quote_values(np.unique(np.concatenate(absent)))
        warnings.warn(
            f"{n_folds} of {len(absent)} training folds lack a class ({names}); its probability "
            "is 0 there, so that its rows look wrong. Use a stratified splitter with no more "
            "folds than the class has rows, or merge or drop the class.",
            UserWarning,
            stacklevel=4,
        )


def _average(
    tests: list[Rows], fold_probs: list[Probabilities], n_samples: int
) -> tuple[Probabilities, Rows]:
    """Put the folds' predictions in the order of the rows; average where they overlap."""
    n_predictions = np.bincount(np.concatenate(tests), minlength=n_samples)
    pred_probs = np.zeros((n_samples, fold_probs[0].shape[1]), dtype=np.result_type(*fold_probs))
    for test, probs in zip(tests, fold_probs, strict=True):
        pred_probs[test] += probs
    if (n_predictions > 1).any():
        pred_probs /= np.maximum(n_predictions, 1)[:, np.newaxis]
    pred_probs[n_predictions == 0] = np.nan
    return pred_probs, n_predictions
