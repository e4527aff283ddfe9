"""Out-of-sample probabilities: every row is predicted by models that never saw its label."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags

from label_auditor._sklearn import _check_method_params, _num_samples, _safe_indexing
from label_auditor.data.messages import quote_values, warn
from label_auditor.fitting.columns import NoProbabilitiesError, find_columns, read_probabilities
from label_auditor.fitting.encoded_labels import LabelForm
from label_auditor.fitting.kept_folds import KeptFolds
from label_auditor.fitting.parallel import run_folds
from label_auditor.fitting.parts import Parts
from label_auditor.fitting.row_counts import refuse_changed_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    kept = KeptFolds(memory, estimator, X, (y, classes), fit_params)
    form = LabelForm()
    tasks = [
        partial(
            _run_fold,
            kept,
            clone_classifier(estimator),
            X,
            y,
            train,
            test,
            fit_params,
            form=form,
            classes=classes,
            name=f"fold {fold + 1} of {len(splits)}",
            progress=progress[fold] if progress else nullcontext(),
        )
        for fold, (train, test) in enumerate(splits)
    ]
    if final_rows is not None:
        last = progress[-1] if progress else nullcontext()
        whole = partial(
            _fit_final,
            clone_classifier(estimator),
            X,
            y,
            final_rows,
            fit_params,
            form=form,
            classes=classes,
            progress=last,
        )
        tasks.insert(0, whole)
    folds = run_folds(tasks, estimator, X, n_jobs=n_jobs, verbose=verbose)
    final = None if final_rows is None else folds.pop(0)
    for fold in folds:
        if isinstance(fold, Exception):
            raise fold
    tests = [test for _, test in splits]
    _warn_of_absent_classes([known for _, known in folds], y, classes)
    return *_average(tests, [probs for probs, _ in folds], _num_samples(X)), final


def clone_classifier(estimator: Any) -> Any:
    """Clone a classifier; if its constructor changes a parameter, say which one and what to do."""
    try:
        return clone(estimator)
    except RuntimeError as error:
        parameter = str(error).rpartition(" ")[2]
        if parameter not in estimator.get_params(deep=True):
            raise
        raise ValueError(
            f"estimator can't be cloned for the folds, because the constructor of "
            f"{type(estimator).__name__} doesn't keep {parameter} as it is given. Lists, dicts and "
            f"arrays are what it copies: pass {parameter} as a tuple."
        ) from error


def _run_fold(
    kept: KeptFolds,
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    train: Rows,
    test: Rows,
    fit_params: dict[str, Any],
    *,
    form: LabelForm,
    classes: NDArray[Any],
    name: str,
    progress: Any,
) -> Any:
    """Predict a fold; if it fails, say which one did, and give that back if the others go on."""
    compute = partial(
        _predict_fold, estimator, X, y, train, test, fit_params, form, classes, f" in {name}"
    )
    try:
        with progress:
            return kept.predict(compute, train, test)
    except Exception as error:  # noqa: BLE001 - it is raised here, or by cross_fit
        if isinstance(error, NoProbabilitiesError):
            failure: Exception = error
        else:
            kind = ValueError if isinstance(error, ValueError) else RuntimeError
            failure = kind(f"{name} raised {type(error).__name__}: {error}")
            failure.__cause__ = error
        if not kept.keeps:
            raise failure from failure.__cause__
        return failure


def _fit_final(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    rows: Rows,
    fit_params: dict[str, Any],
    *,
    form: LabelForm,
    classes: NDArray[Any],
    progress: Any,
) -> Any:
    """Fit the final classifier, see whether its columns can be told, and tell of the progress."""
    with progress:
        final = fit_rows(estimator, X, y, rows, fit_params, form)
        find_columns(final, classes)
        return final


def _predict_fold(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    train: Rows,
    test: Rows,
    fit_params: dict[str, Any],
    form: LabelForm,
    classes: NDArray[Any],
    where: str,
) -> tuple[Probabilities, Rows]:
    """Fit on `train`, predict `test`; give the probabilities and the classes that it knows."""
    fitted = fit_rows(estimator, X, y, train, fit_params, form)
    taken = take_rows(fitted, X, test, train)
    output = fitted.predict_proba(taken)
    try:
        return read_probabilities(fitted, output, test, classes, where=where, trained_on=y[train])
    except NoProbabilitiesError as error:
        refuse_changed_rows(fitted, taken, error)
        raise


def fit_rows(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    rows: Rows,
    fit_params: dict[str, Any],
    form: LabelForm | None = None,
) -> Any:
    """Fit an estimator on some rows; metadata as long as X is cut with it.

    Gives the estimator, or one that stands for it if it can only be fitted on codes.
    """
    params = _check_method_params(X, params=fit_params, indices=rows)
    taken = take_rows(estimator, X, rows, rows)
    try:
        return (form or LabelForm()).fit(estimator, taken, y[rows], params)
    except Exception as error:
        refuse_changed_rows(estimator, taken, error)
        raise


def take_rows(estimator: Any, X: Any, rows: Rows, train: Rows) -> Any:
    """Take rows of X, and of a precomputed kernel the columns of the training rows."""
    if isinstance(X, Parts):
        return X[rows]
    if get_tags(estimator).input_tags.pairwise:
        return X[np.ix_(rows, train)]
    return _safe_indexing(X, rows)


def _warn_of_absent_classes(known: list[Rows], y: NDArray[Any], classes: NDArray[Any]) -> None:
    """Warn of classes that training folds lack, but for those of one row: no fold can help them."""
    if all(len(found) == len(classes) for found in known):
        return
    values, counts = np.unique(y, return_counts=True)
    needed = np.flatnonzero(np.isin(classes, values[counts > 1]))
    absent = [np.setdiff1d(needed, found) for found in known]
    n_folds = sum(len(each) > 0 for each in absent)
    if n_folds:
        names = quote_values(classes[np.unique(np.concatenate(absent))])
        warn(
            f"{n_folds} of {len(absent)} training folds lack a class ({names}); its probability "
            "is 0 there, so that its rows look wrong. Use a stratified splitter with no more "
            "folds than the class has rows, or merge or drop the class.",
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
