"""The step of a pipeline that gives another number of rows than it gets."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from label_auditor._sklearn import _num_samples


def refuse_changed_rows(estimator: Any, X: Any, error: Exception) -> None:
    """Raise an error that names the step of a pipeline that changes the number of rows, if any.

    To be called once something failed. The steps are fitted as far as the pipeline came.

    Parameters
    ----------
    estimator : estimator
        If it is no Pipeline, or one whose samplers may change the number of rows, nothing is done.
    X : array-like, sparse matrix, DataFrame or list
        What the pipeline was given.
    error : Exception
        What it raised.

    Raises
    ------
    ValueError
        If a step gives another number of rows than it gets.
    """
    if not isinstance(estimator, Pipeline):
        return
    for name, step in estimator.steps[:-1]:
        if step in (None, "passthrough"):
            continue
        if hasattr(step, "fit_resample"):
            return
        try:
            given, X = X, step.transform(X)
            n_given, n_rows = _num_samples(given), _num_samples(X)
        except Exception:  # noqa: BLE001 - it is not fitted, or it was this step that failed
            return
        if n_rows != n_given:
            raise ValueError(
                f"step {name!r} of the pipeline gave {n_rows} row{'s' * (n_rows != 1)} for the "
                f"{n_given} rows that it got, but a step must give one row for each; "
                f"{_remedy(given, n_rows)}."
            ) from error


def _remedy(given: Any, n_rows: int) -> str:
    """Say what to do about it."""
    columns = getattr(given, "columns", None)
    if columns is not None and len(columns) == n_rows:
        return (
            "a text vectoriser reads a table by its columns, so pass the column of texts, such as "
            f"X[{columns[0]!r}], or name it in a ColumnTransformer"
        )
    return "drop or add rows before fit, in X and y alike"
