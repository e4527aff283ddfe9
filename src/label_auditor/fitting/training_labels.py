"""The label that each row trains with: as given, or as a reviewer has decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from label_auditor.data.messages import quote_values, warn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.intp]


class TrainingLabels(NamedTuple):
    """The labels that are judged, and those that models learn from.

    Attributes
    ----------
    given : ndarray of int, shape (n_samples,)
        Position of the given label among the classes; -1 where there is none.
    used : ndarray of int, shape (n_samples,)
        Position of the label that the row trains with: the decided one, else the given one; -1 for
        a row that doesn't train.
    reviewed : ndarray of bool, shape (n_samples,)
        The rows about which a reviewer has decided.
    """

    given: Rows
    used: Rows
    reviewed: NDArray[np.bool_]


def decide_labels(given: Rows, classes: NDArray[Any], rows: Rows, decided: Rows) -> TrainingLabels:
    """Put decisions in the place of given labels, for training.

    Parameters
    ----------
    given : ndarray of int, shape (n_samples,)
        Position of each given label in `classes`; -1 where there is none.
    classes : ndarray of shape (n_classes,)
        The classes.
    rows : ndarray of int, shape (n_reviewed,)
        Positions of the reviewed rows.
    decided : ndarray of int, shape (n_reviewed,)
        Position of each decided label in `classes`; -1 for a discarded row, which doesn't train.

    Returns
    -------
    TrainingLabels
        The labels as given and as used.

    Raises
    ------
    ValueError
        If the decisions leave rows of fewer than two classes to train on.

    Warns
    -----
    UserWarning
        If the decisions leave no row of some class.

    Examples
    --------
    >>> given, classes = np.array([0, 1, 1, 0]), np.array(["cat", "dog"])
    >>> decide_labels(given, classes, np.array([2, 0]), np.array([0, -1])).used
    array([-1,  1,  0,  0])
    """
    used, reviewed = given.copy(), np.zeros(len(given), dtype=bool)
    used[rows], reviewed[rows] = decided, True
    left = np.unique(used[used >= 0])
    if len(left) < 2:
        raise ValueError(
            f"reviewed leaves rows of {quote_values(classes[left]) or 'no class'} only to train "
            "on, but models need two classes; leave some of these decisions out."
        )
    if len(left) < len(classes):
        gone = np.setdiff1d(np.arange(len(classes)), left)
        warn(
            f"reviewed leaves no row of the classes {quote_values(classes[gone])} to train on; "
            "their probability is 0, and rows that are given these labels are not evaluated.",
        )
    return TrainingLabels(given, used, reviewed)


def train_as_decided(
    folds: list[tuple[Rows, Rows]], labels: TrainingLabels
) -> list[tuple[Rows, Rows]]:
    """Let folds that were made for the given labels train as reviewers decided.

    Discarded rows are still held out, but in no training fold. Rows without a given label, which
    all folds hold out, are dealt out to the folds if a label was decided: each fold holds out some
    of them, and trains on the others.

    Parameters
    ----------
    folds : list of (train, test)
        Positions of rows.
    labels : TrainingLabels
        The labels as given and as used.

    Returns
    -------
    list of (train, test)
        The folds in the same order.

    Raises
    ------
    ValueError
        If a fold has no row left to train on.

    Examples
    --------
    >>> labels = TrainingLabels(np.array([0, 1, 0, 1]), np.array([0, 1, -1, 1]), np.zeros(4, bool))
    >>> train_as_decided([(np.array([0, 1, 2]), np.array([3]))], labels)
    [(array([0, 1]), array([3]))]
    """
    filled = np.flatnonzero((labels.given < 0) & (labels.used >= 0))
    changed = []
    for number, (train, test) in enumerate(folds):
        trained = train[labels.used[train] >= 0]
        others = np.delete(filled, np.s_[number :: len(folds)])
        trained, held_out = np.concatenate([trained, others]), np.setdiff1d(test, others)
        if len(trained) == 0:
            raise ValueError(
                f"reviewed discards all rows that fold {number + 1} of {len(folds)} trains on; "
                "leave some of these decisions out."
            )
        changed.append((trained, held_out if len(others) else test))
    return changed
