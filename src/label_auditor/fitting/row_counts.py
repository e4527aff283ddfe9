"""The step of a pipeline that gives another number of rows than it gets."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from label_auditor._sklearn import _num_samples
from label_auditor.fitting.parts import OnPart
from label_auditor.fitting.voting import has_members, is_dropped, is_soft_vote


def refuse_changed_rows(estimator: Any, X: Any, error: Exception) -> None:
    """Raise an error that names the step of a pipeline that changes the number of rows, if any.

    To be called once something failed. The steps are fitted as far as the pipeline came; those of
    the members of a vote, which fits clones of them, are fitted again to see what they give.

    Parameters
    ----------
    estimator : estimator
        If it is neither a Pipeline nor a vote, or a Pipeline whose samplers may change the number
        of rows, nothing is done.
    X : array-like, sparse matrix, DataFrame or list
        What the pipeline was given.
    error : Exception
        What it raised.

    Raises
    ------
    ValueError
        If a step gives another number of rows than it gets.
    """
    if is_soft_vote(estimator) and has_members(estimator):
        for _, member in estimator.estimators:
            if not is_dropped(member):
                _refuse_in_member(member, X, error)
    elif isinstance(estimator, Pipeline):
        _refuse_in_steps(estimator, X, error)


def _refuse_in_member(member: Any, X: Any, error: Exception) -> None:
    """Fit the steps of a member of a vote, as far as that needs no labels, and look at them."""
    if isinstance(member, OnPart):
        member, X = member.estimator, X.parts[member.part]
    if isinstance(member, Pipeline):
        member = clone(member)
        with suppress(Exception):  # a step needs labels, or it was this step that failed
            given = X
            for _, step in member.steps[:-1]:
                if step not in (None, "passthrough"):
                    given = step.fit(given).transform(given)
    refuse_changed_rows(member, X, error)


def _refuse_in_steps(pipeline: Pipeline, X: Any, error: Exception) -> None:
    """Raise the error if a fitted step changes the number of rows."""
    for name, step in pipeline.steps[:-1]:
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
