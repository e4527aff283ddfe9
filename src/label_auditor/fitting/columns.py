"""Probabilities of a classifier, with each column found by the value of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from label_auditor.confident_learning.scan import sum_tolerance
from label_auditor.data.messages import list_rows, quote_values
from label_auditor.data.tables import are_counted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Columns = NDArray[np.intp]
    Probabilities = NDArray[np.floating]

# How far below 0 a rounding error may be.
ROUNDING = 1e-6


class NoProbabilitiesError(ValueError):
    """What a classifier gave can't be read as the probabilities of the classes of `y`."""


def find_columns(
    estimator: Any, classes: NDArray[Any], *, where: str = "", trained_on: ArrayLike | None = None
) -> Columns:
    """Find the place of each class of a fitted classifier among the classes of `y`, by its value.

    Parameters
    ----------
    estimator : classifier
        Fitted; its `classes_` may be in any order.
    classes : ndarray of shape (n_classes,)
        The classes of `y`.
    where : str, default=""
        Which fit this is, for messages: " in fold 1 of 5".
    trained_on : array-like, default=None
        The labels that the classifier was fitted on; None: all of `classes` are among them.

    Returns
    -------
    ndarray of int, shape (n_columns,)
        Positions in `classes`; -1 for a class that `y` does not have.

    Raises
    ------
    NoProbabilitiesError
        If there is no `classes_`, it names a class twice, or it holds other values than the labels
        that the classifier was fitted on.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> fitted = GaussianNB().fit([[0.0], [1.0]], ["c", "a"])
    >>> find_columns(fitted, np.array(["c", "b", "a"]))
    array([2, 0])
    """
    found = getattr(estimator, "classes_", None)
    who = name_estimator(estimator)
    if found is None:
        raise NoProbabilitiesError(
            f"{who} has no classes_ after fit{where}, so that nothing says which class each column "
            "of its predict_proba belongs to; let its fit set self.classes_ to that order."
        )
    found = np.asarray(found)
    if found.ndim != 1:
        raise NoProbabilitiesError(
            f"classes_ of {who}{where} has shape {found.shape}, but one value for each column of "
            "predict_proba is needed; use a classifier of one output."
        )
    columns = _positions(found, classes)
    known = columns[columns >= 0]
    trained = np.arange(len(classes))
    if len(known) < len(classes) and trained_on is not None:
        trained = _positions(np.unique(np.asarray(trained_on)), classes)
    strange = len(known) < len(columns) or len(np.setdiff1d(known, trained)) > 0
    if len(np.unique(known)) < len(known) or (strange and len(np.setdiff1d(trained, known))):
        raise NoProbabilitiesError(
            f"classes_ of {who}{where} is {quote_values(found)}, but it was fitted on the labels "
            f"{quote_values(classes[trained])}; let its fit set classes_ to these labels, in the "
            "order of the columns of predict_proba."
        )
    return columns


def read_probabilities(
    estimator: Any,
    output: Any,
    rows: Columns,
    classes: NDArray[Any],
    *,
    where: str = "",
    trained_on: ArrayLike | None = None,
) -> tuple[Probabilities, Columns]:
    """Check what a classifier predicts, and put its columns in the order of `classes`.

    Parameters
    ----------
    estimator : classifier
        Fitted.
    output : array-like
        What its `predict_proba` gave. It is copied, because some classifiers write each prediction
        into the same array.
    rows : ndarray of int, shape (n_rows,)
        The rows of X that were predicted.
    classes : ndarray of shape (n_classes,)
        The classes of `y`.
    where : str, default=""
        Which fit this is, for messages: " in fold 1 of 5".
    trained_on : array-like, default=None
        The labels that the classifier was fitted on; None: all of `classes` are among them.

    Returns
    -------
    pred_probs : ndarray of float, shape (n_rows, n_classes)
        The probabilities; 0 for a class that the classifier does not know.
    known : ndarray of int
        Positions of the classes that it knows, ascending.

    Raises
    ------
    NoProbabilitiesError
        If the output has another shape, or rows that are no probabilities of these classes. The
        message names the classifier, the fold, the shape and the rows.
    """
    columns = find_columns(estimator, classes, where=where, trained_on=trained_on)
    if _is_indexed_by_label(estimator, output):
        columns = _positions(np.arange(np.shape(output)[1]), classes)
    probs = _as_matrix(estimator, output, (len(rows), len(columns)), where)
    named = _find_named_columns(estimator, output, where)
    columns = columns if named is None else columns[named]
    inside, shape = columns >= 0, probs.shape
    if not inside.all():
        probs = probs[:, inside]
    _refuse_wrong_rows(estimator, probs, rows, classes, where=where, shape=shape)
    return place_columns(probs, columns[inside], len(classes)), np.sort(columns[inside])


def find_output_columns(estimator: Any, output: Any, classes: NDArray[Any]) -> Columns:
    """Find the place of each column of an output among the classes; a table may name its columns.

    Parameters
    ----------
    estimator : classifier
        Fitted.
    output : array-like
        What a method of it gave, with a column for each of its classes.
    classes : ndarray of shape (n_classes,)
        The classes of `y`.

    Returns
    -------
    ndarray of int, shape (n_columns,)
        Positions in `classes`; -1 for a class that `y` does not have.
    """
    columns = find_columns(estimator, classes)
    named = _find_named_columns(estimator, output)
    return columns if named is None else columns[named]


def to_array(output: Any) -> NDArray[Any]:
    """Give an output as a new array; Python's numbers, and nullable ones, as floats."""
    array = np.array(output)
    return array.astype(float) if array.dtype.kind == "O" and array.ndim == 2 else array


def place_columns(
    probs: NDArray[Any], columns: Columns, n_classes: int, fill: float = 0
) -> NDArray[Any]:
    """Put each column in its place among all classes, and `fill` in those that have none."""
    if np.array_equal(columns, np.arange(n_classes)):
        return probs
    placed = np.full((len(probs), n_classes), fill, dtype=probs.dtype)
    placed[:, columns] = probs
    return placed


def name_estimator(estimator: Any) -> str:
    """Name the classifier, which is the last step of a pipeline."""
    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    inner = getattr(estimator, "encoded_name", None)  # of a classifier that is fitted on codes
    return inner if isinstance(inner, str) else type(estimator).__name__


def _positions(values: NDArray[Any], classes: NDArray[Any]) -> Columns:
    """Give the position of each value among the classes, -1 if it is none of them."""
    place = {value: position for position, value in enumerate(classes.tolist())}
    return np.array([place.get(value, -1) for value in values.tolist()], dtype=np.intp)


def _is_indexed_by_label(estimator: Any, output: Any) -> bool:
    """Say whether there are more columns than classes, and labels can be positions of columns.

    A neural network has as many outputs as it was made with, whatever the labels of a fold are, and
    takes the label 3 for its output 3.
    """
    found = np.asarray(estimator.classes_)
    shape: tuple[int, ...] = getattr(output, "shape", ())
    if len(shape) != 2 or shape[1] <= len(found) or found.dtype.kind not in "iu":
        return False
    return bool(found.min() >= 0 and found.max() < shape[1])


def _as_matrix(estimator: Any, output: Any, shape: tuple[int, int], where: str) -> Probabilities:
    """Give what a classifier predicts as a new array of floats of the shape that it must have."""
    who = f"predict_proba of {name_estimator(estimator)}{where}"
    needed = f"an array of shape {shape} is needed: a row for each row of X, a column per class"
    if isinstance(output, (list, tuple)) and len(output) and np.ndim(output[0]) > 1:
        raise NoProbabilitiesError(f"{who} gave a list of {len(output)} arrays, but {needed}.")
    try:
        probs = to_array(output)
    except Exception as error:
        raise NoProbabilitiesError(
            f"{who} gave a {type(output).__name__} that can't be read as an array ({error}); "
            f"{needed}."
        ) from error
    if probs.dtype.kind not in "fiub":
        raise NoProbabilitiesError(
            f"{who} gave a {type(output).__name__} of {probs.dtype}, which holds no numbers; "
            f"{needed}."
        )
    if probs.shape != shape:
        raise NoProbabilitiesError(
            f"{who} gave shape {probs.shape}, but {needed}, as many as classes_ has."
        )
    return probs if probs.dtype.kind == "f" else probs.astype(float)


def _find_named_columns(estimator: Any, output: Any, where: str = "") -> Columns | None:
    """Find the classes that a table names in its columns; None if it names none of them."""
    found = np.asarray(estimator.classes_)
    names = getattr(output, "column_names", getattr(output, "columns", None))
    if names is None or are_counted(names):
        return None
    texts = np.array([str(value) for value in found.tolist()], dtype=object)
    as_values = _positions(np.array(list(names), dtype=object), found)
    as_texts = _positions(np.array([str(name) for name in names], dtype=object), texts)
    for positions in (as_values, as_texts):
        if np.array_equal(np.sort(positions), np.arange(len(found))):
            return positions
    if (as_values >= 0).any() and list(names) != list(range(len(found))):
        raise NoProbabilitiesError(
            f"predict_proba of {name_estimator(estimator)}{where} gave a table with the columns "
            f"{quote_values(names)}, but its classes_ is {quote_values(found)}; name each class "
            "once, or give an array."
        )
    return None


def _refuse_wrong_rows(
    estimator: Any,
    probs: Probabilities,
    rows: Columns,
    classes: NDArray[Any],
    *,
    where: str,
    shape: tuple[int, ...],
) -> None:
    """Refuse rows with NaN, with negative numbers, or that don't sum to 1."""
    sums = probs.sum(axis=1)
    wrong = ~(np.abs(sums - 1) <= sum_tolerance(probs.dtype, probs.shape[1]))
    negative = ~wrong & (probs.min(axis=1, initial=0) < -ROUNDING)
    if not wrong.any() and not negative.any():
        return
    who = f"predict_proba of {name_estimator(estimator)}"
    remedy = "check the data and its parameters, or wrap it in CalibratedClassifierCV."
    if not wrong.any():
        raise NoProbabilitiesError(
            f"{who} gave no probabilities{where}: {list_rows(rows[negative])} hold negative "
            f"numbers; {remedy}"
        )
    if shape != probs.shape:
        raise NoProbabilitiesError(
            f"{who} gives probability to classes that y does not have{where}: it gave shape "
            f"{shape}, its classes_ is {quote_values(np.asarray(estimator.classes_))}, y has "
            f"{quote_values(classes)}, whose probabilities sum to {sums[wrong][0]:.6g} in "
            f"{list_rows(rows[wrong])}; fit it on the classes of y, with one output for each, or "
            "pass y and the probabilities of all its classes to audit_labels."
        )
    raise NoProbabilitiesError(
        f"{who} gave no probabilities{where}: {list_rows(rows[wrong])} sum to "
        f"{sums[wrong][0]:.6g}, not 1; {remedy}"
    )
