"""The decisions of reviewers, as rows of an audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.corrections.collection import Corrections
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings


def decided_rows(
    audit: Findings, reviewed: Corrections | Mapping[int, Any] | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the reviewed rows of an audit and the decided label of each.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    reviewed : Corrections, or mapping from row position to label
        The labels that reviewers gave, in the audit's own values; None for a discarded row.

    Returns
    -------
    rows : ndarray of int, shape (n_reviewed,)
        Positions, in the order in which they were reviewed.
    codes : ndarray of int, shape (n_reviewed,)
        Position of each decided label in `audit.classes`; -1 for a discarded row.

    Raises
    ------
    TypeError
        If `reviewed` is neither Corrections nor a mapping, or if the audit has a set of labels
        per row.
    ValueError
        If a position isn't a row of the audit, or a label isn't one of its classes.
    """
    if audit.multi_label:
        raise TypeError(
            f"audit is a {type(audit).__name__}, where a row has a set of labels; reviews are "
            "planned and counted for one label per row. Audit each class by itself, with labels "
            "that say whether the row has it."
        )
    if reviewed is None:
        reviewed = {}
    elif isinstance(reviewed, Corrections):
        reviewed = reviewed.by_row(audit)
    elif not isinstance(reviewed, Mapping):
        raise TypeError(
            f"reviewed is a {type(reviewed).__name__}; pass Corrections, or a mapping from row "
            "position to the label that a reviewer gave (None for a discarded row)."
        )
    n = len(audit)
    outside = [row for row in reviewed if not (_is_integer(row) and 0 <= row < n)]
    if outside:
        raise ValueError(
            f"reviewed has {quote_values(outside)} for row positions, but they must be integers "
            f"from 0 to {n - 1}."
        )
    positions = {value: code for code, value in enumerate(audit.classes.tolist())}
    labels = [each.item() if isinstance(each, np.generic) else each for each in reviewed.values()]
    foreign = {label for label in labels if label is not None} - positions.keys()
    if foreign:
        raise ValueError(
            f"reviewed holds the labels {quote_values(sorted(map(str, foreign)))}, but the classes "
            f"of the audit are {quote_values(audit.classes)}; give each row one of these, or None."
        )
    rows = np.fromiter(reviewed, dtype=np.intp, count=len(reviewed))
    codes = np.array([-1 if each is None else positions[each] for each in labels], dtype=np.intp)
    return rows, codes


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
