"""What to know of an audit first: the terminal, notebooks and the page all say it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

FLAG_MEANING = (
    "A flag means that the models disagree with the label. It is not proof, and the number of "
    "flags does not estimate the number of errors."
)


# With fewer rows a class, a model has hardly anything to learn from.
FEW_ROWS = 10


class ConfusedPair(NamedTuple):
    """A given and another suggested label, how many rows have both, and how many are flagged."""

    given: Any
    suggested: Any
    n_rows: int
    n_flagged: int


def agreement(audit: Findings) -> float:
    """Give the share of given labels, or whole sets of labels, that the models agree with.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.

    Returns
    -------
    float
        A share of the rows that were evaluated; 0 if there are none.
    """
    if audit.multi_label:
        differs = np.diff((audit.predicted != audit.codes).tocsr().indptr) > 0
        return float(1 - differs.mean())
    agrees = (audit.predicted == audit.codes)[audit.evaluated]
    return float(agrees.mean()) if len(agrees) else 0.0


def doubts(audit: Findings) -> list[str]:
    """Say why the flags may be worth little: a model that only guesses, or too few rows.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.

    Returns
    -------
    list of str
        One sentence each; none if nothing is wrong.
    """
    n_classes, n = len(audit.classes), int(audit.evaluated.sum())
    found = []
    if n and (n_classes > 1 or audit.multi_label):
        agreed, guessed = (_judge_sets if audit.multi_label else _judge_labels)(audit)
        of, by = (
            ("decisions whether a row has a class", "what most rows have")
            if audit.multi_label
            else ("labels", "the commonest label")
        )
        if agreed <= guessed:
            found.append(
                f"The models agree with {agreed:.0%} of the {of}; always guessing {by} would with "
                f"{guessed:.0%}. They have learned nothing, so the flags are worth little: try "
                "other inputs or another model."
            )
    if n < FEW_ROWS * n_classes:
        found.append(
            f"There are {n:,} rows for {n_classes:,} classes, fewer than {FEW_ROWS} a class: too "
            "few for a model to learn what is right."
        )
    return found


def _judge_labels(audit: Findings) -> tuple[float, float]:
    """Give the share of labels that the models agree with, and that a guess would agree with."""
    given = audit.codes[audit.evaluated]
    return agreement(audit), np.bincount(given).max() / len(given)


def _judge_sets(audit: Findings) -> tuple[float, float]:
    """Give the same for each class of each row: whether the row has it."""
    n_given = np.bincount(audit.codes.indices, minlength=len(audit.classes))
    n_cells = len(audit) * len(audit.classes)
    agreed = 1 - (audit.predicted != audit.codes).nnz / n_cells
    return agreed, float(np.maximum(n_given, len(audit) - n_given).sum() / n_cells)


def count_pairs(audit: Findings) -> NDArray[np.intp]:
    """Count the rows that were evaluated by given and suggested label.

    Parameters
    ----------
    audit : LabelAudit
        The audit.

    Returns
    -------
    ndarray of int, shape (n_pairs, 4)
        One row for each pair that occurs, the most frequent first: the positions of the given and
        the suggested label in `audit.classes`, the number of rows, and how many are flagged.
    """
    n_classes = len(audit.classes)
    cells = (audit.codes.astype(np.intp) * n_classes + audit.predicted)[audit.evaluated]
    values = np.arange(n_classes**2) if n_classes**2 <= len(cells) else np.unique(cells)
    if len(values) < n_classes**2:  # Only the pairs that occur are numbered.
        cells = np.searchsorted(values, cells)
    n_rows = np.bincount(cells, minlength=len(values))
    n_flagged = np.bincount(cells[audit.issues[audit.evaluated]], minlength=len(values))
    given, suggested = np.divmod(values, n_classes)
    pairs = np.stack([given, suggested, n_rows, n_flagged], axis=1)[n_rows > 0]
    return pairs[np.argsort(-pairs[:, 2], kind="stable")]


def confused_pairs(audit: Findings, n: int) -> list[ConfusedPair]:
    """Find the pairs of a given and another suggested label that most rows have.

    These are the counts of the picture on the review page: flagged rows and others.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    n : int
        How many pairs; fewer if there are fewer.

    Returns
    -------
    list of ConfusedPair
        The pair with the most rows first.
    """
    pairs = count_pairs(audit)
    most = pairs[pairs[:, 0] != pairs[:, 1]][:n]
    labels = audit.shown_classes[most[:, :2]].tolist()
    return [
        ConfusedPair(given, suggested, *counts)
        for (given, suggested), counts in zip(labels, most[:, 2:].tolist(), strict=True)
    ]
