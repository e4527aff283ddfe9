"""Decisions from a review so far, from which an audit learns and with which its page goes on."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.errors import InputError
from label_auditor.cli.files import read_corrections
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from label_auditor.corrections.collection import Corrections


class Decided(NamedTuple):
    """The decisions about the rows of a table.

    Attributes
    ----------
    corrections : Corrections or None
        As they stand in the file; None where none is given.
    rows : frozenset of int
        The rows that were reviewed.
    n_changed, n_discarded : int
        How many of them got another label, and how many none.
    notes : list of str
        What the user should know, a line each.
    """

    corrections: Corrections | None = None
    rows: frozenset[int] = frozenset()
    n_changed: int = 0
    n_discarded: int = 0
    notes: tuple[str, ...] = ()


def read_decided(path: Path | None, labels: NDArray[Any], data: str, column: str) -> Decided:
    """Read the decisions about a table whose rows are numbered from 0.

    Parameters
    ----------
    path : Path or None
        The file of corrections.
    labels : ndarray of shape (n_rows,)
        The labels as given.
    data, column : str
        What the user calls the table, and the column of the labels.

    Raises
    ------
    InputError
        If the file can't be read, if it is for rows or labels that the table doesn't have, or if
        nothing to learn from is left.
    """
    if path is None:
        return Decided()
    import numpy as np

    from label_auditor.data.values import find_missing
    from label_auditor.fitting.training_labels import decide_labels
    from label_auditor.review.decided import read_decisions

    corrections = read_corrections(path)
    known = ~find_missing(labels)
    classes = np.unique(labels[known])
    codes = np.full(len(labels), -1)
    codes[known] = np.searchsorted(classes, labels[known])
    _refuse_foreign(corrections, len(labels), classes, (str(path), data, column))
    try:
        rows, chosen = read_decisions(corrections, range(len(labels)), classes)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            decide_labels(codes, classes, rows, chosen)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    return Decided(
        corrections,
        frozenset(rows.tolist()),
        int(np.count_nonzero((chosen >= 0) & (chosen != codes[rows]))),
        int(np.count_nonzero(chosen < 0)),
        tuple(f"{path}: {each.message}" for each in caught),
    )


def _refuse_foreign(
    corrections: Corrections, n_rows: int, classes: NDArray[Any], names: tuple[str, str, str]
) -> None:
    """Refuse decisions about rows that aren't there, and labels that no row has."""
    path, data, column = names
    rows = set(map(str, range(n_rows)))
    unknown = [name for name in corrections.decisions if name not in rows]
    if unknown:
        raise InputError(
            f"{path} has corrections for {quote_values(unknown)}, but the rows of {data} are "
            f"numbered from 0 to {n_rows - 1}; is this the table that was reviewed?"
        )
    known = set(map(str, classes.tolist()))
    chosen = {each.label for each in corrections.decisions.values() if isinstance(each.label, str)}
    if chosen - known:
        raise InputError(
            f"{path} chooses the labels {quote_values(sorted(chosen - known))}, which no row of "
            f"column {column!r} has; the labels there are {quote_values(classes)}. Put them into "
            "the table with label-audit apply first."
        )
