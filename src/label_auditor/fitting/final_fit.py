"""What the final classifier is trained on, once the labels are audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from label_auditor.data.findings import gather
from label_auditor.data.messages import quote_values, warn
from label_auditor.fitting.folds import fit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.fitting.shared_steps import Shared
    from label_auditor.fitting.training_labels import TrainingLabels
    from label_auditor.fitting.votes import SharedVote

    Rows = NDArray[np.intp]


def train_final(
    train_on: str | None,
    shared: Shared | SharedVote,
    labels: TrainingLabels,
    audit: Findings,
    fit_params: dict[str, Any],
) -> Any:
    """Fit the final classifier on the "unflagged" rows, or all rows with "corrected" labels."""
    codes = choose_labels(train_on, labels, audit)
    return fit_rows(
        clone(shared.rest), shared.X, audit.classes[codes], np.flatnonzero(codes >= 0), fit_params
    )


def choose_labels(train_on: str | None, labels: TrainingLabels, audit: Findings) -> Rows:
    """Give the code that each row trains with in the end; -1 for a row that doesn't train.

    What reviewers decided is neither left out nor corrected.
    """
    audit = gather(audit)
    classes, codes = audit.classes, labels.used
    doubted = audit.issues & ~labels.reviewed
    if train_on == "corrected":
        return correct_flagged(codes, doubted, audit.predicted, classes)
    kept = np.full_like(codes, -1)
    rows = drop_flagged(codes, doubted, classes)
    kept[rows] = codes[rows]
    return kept


def drop_flagged(codes: Rows, issues: NDArray[np.bool_], classes: NDArray[Any]) -> Rows:
    """Give the rows that have a label and are not flagged; all rows of classes that would vanish.

    Parameters
    ----------
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where there is none.
    issues : ndarray of bool, shape (n_samples,)
        The flagged rows.
    classes : ndarray of shape (n_classes,)
        The classes.

    Returns
    -------
    ndarray of int
        Positions, ascending.

    Warns
    -----
    UserWarning
        If all rows of a class are flagged; they are kept.

    Examples
    --------
    >>> codes, issues = np.array([0, 0, 1, -1]), np.array([False, True, False, False])
    >>> drop_flagged(codes, issues, np.array(["a", "b"]))
    array([0, 2])
    """
    codes, issues = np.asarray(codes), np.asarray(issues)  # they may be on the workers of a cluster
    kept = (codes >= 0) & ~issues
    emptied = _emptied(codes, codes[kept], classes)
    return np.flatnonzero(kept | np.isin(codes, emptied))


def correct_flagged(
    codes: Rows, issues: NDArray[np.bool_], predicted: Rows, classes: NDArray[Any]
) -> Rows:
    """Give flagged rows the suggested label, but for the rows of classes that would vanish.

    Parameters
    ----------
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where there is none.
    issues : ndarray of bool, shape (n_samples,)
        The flagged rows.
    predicted : ndarray of int, shape (n_samples,)
        Position of each row's likeliest class.
    classes : ndarray of shape (n_classes,)
        The classes.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        Positions of the corrected labels in `classes`; -1 where there is none.

    Warns
    -----
    UserWarning
        If no row of a class is left; its rows keep their label.

    Examples
    --------
    >>> codes, issues = np.array([0, 0, 1, 1]), np.array([False, True, False, False])
    >>> correct_flagged(codes, issues, np.array([0, 1, 1, 1]), np.array(["a", "b"]))
    array([0, 1, 1, 1])
    """
    corrected = np.where(issues, predicted, codes)
    emptied = _emptied(codes, corrected[corrected >= 0], classes)
    return np.where(np.isin(codes, emptied), codes, corrected)


def _emptied(before: Rows, after: Rows, classes: NDArray[Any]) -> Rows:
    """Find the classes that have rows before but not after, and warn of them."""
    emptied = np.setdiff1d(before[before >= 0], after)
    if len(emptied):
        warn(
            f"all rows of {quote_values(classes[emptied])} are flagged; the final classifier is "
            "trained on them as they are, so that it knows the class. Review them, or drop it.",
        )
    return emptied
