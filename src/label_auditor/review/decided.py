"""The decisions of reviewers, as rows of an audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.corrections.collection import Corrections, join_decisions
from label_auditor.data.messages import quote_values
from label_auditor.data.naming import name_classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

    Reviewed: TypeAlias = Corrections | Mapping[int, Any] | pd.Series


def decided_rows(
    audit: Findings, reviewed: Reviewed | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the reviewed rows of an audit and the decided label of each.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    reviewed : Corrections, mapping from row position to label, or Series
        See :func:`read_decisions`.

    Returns
    -------
    rows : ndarray of int, shape (n_reviewed,)
        Positions, in the order in which they were reviewed.
    codes : ndarray of int, shape (n_reviewed,)
        Position of each decided label in `audit.classes`; -1 for a discarded row.

    Raises
    ------
    TypeError
        If `reviewed` is of another type, or if the audit has a set of labels per row.
    ValueError
        If a row isn't one of the audit, or a label isn't one of its classes.
    """
    if audit.multi_label:
        raise TypeError(
            f"audit is a {type(audit).__name__}, where a row has a set of labels; reviews are "
            "planned and counted for one label per row. Audit each class by itself, with labels "
            "that say whether the row has it."
        )
    return read_decisions(reviewed, audit.index, audit.classes, class_names=audit.class_names)


def read_decisions(
    reviewed: Reviewed | None,
    index: Sequence[Any],
    classes: NDArray[Any],
    *,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the reviewed rows of labelled data and the decided label of each.

    Parameters
    ----------
    reviewed : Corrections, mapping from row position to label, or Series
        The labels that reviewers gave, in the data's own values; None for a discarded row. The ids
        of Corrections and the index of a Series are names of rows. In a Series, every missing value
        stands for a discarded row.
    index : sequence of length n_samples
        The names of the rows.
    classes : ndarray of shape (n_classes,)
        The classes.
    ids, class_names : iterable, mapping or sequence, default=None
        For Corrections: what the records were sent with; see :meth:`Corrections.by_row`. A mapping
        and a Series may also have these names in the place of the classes.

    Returns
    -------
    rows : ndarray of int, shape (n_reviewed,)
        Positions, in the order in which they were reviewed.
    codes : ndarray of int, shape (n_reviewed,)
        Position of each decided label in `classes`; -1 for a discarded row.

    Raises
    ------
    TypeError
        If `reviewed` is of another type.
    ValueError
        If there is no such row, if a row is named twice, or if a label isn't one of the classes.

    Examples
    --------
    >>> classes = np.array(["cat", "dog"])
    >>> read_decisions({2: "dog", 0: None}, range(3), classes)
    (array([2, 0]), array([ 1, -1]))
    """
    if reviewed is None:
        reviewed = {}
    elif isinstance(reviewed, Corrections):
        reviewed = join_decisions(
            reviewed.decisions, index, classes, ids=ids, class_names=class_names
        )
    elif hasattr(reviewed, "iloc") and getattr(reviewed, "ndim", 0) == 1:
        reviewed = _join_series(reviewed, index)
    elif not isinstance(reviewed, Mapping):
        raise TypeError(
            f"reviewed is a {type(reviewed).__name__}; pass Corrections, or a mapping from row "
            "position to the label that a reviewer gave (None for a discarded row)."
        )
    _check_positions(reviewed, len(index))
    names = {} if class_names is None else name_classes(classes.tolist(), class_names)
    positions = {name: code for code, name in enumerate(names.values())}
    positions |= {value: code for code, value in enumerate(classes.tolist())}
    labels = [each.item() if isinstance(each, np.generic) else each for each in reviewed.values()]
    foreign = [
        str(label)
        for label in labels
        if label is not None and not (isinstance(label, Hashable) and label in positions)
    ]
    if foreign:
        raise ValueError(
            f"reviewed holds the labels {quote_values(sorted(set(foreign)))}, but the classes "
            f"of the audit are {quote_values(classes)}; give each row one of these, or None."
        )
    rows = np.fromiter(reviewed, dtype=np.intp, count=len(reviewed))
    codes = np.array([-1 if each is None else positions[each] for each in labels], dtype=np.intp)
    return rows, codes


def _join_series(reviewed: Any, index: Sequence[Any]) -> dict[int, Any]:
    """Give the labels of a Series by the position of the row that its index names."""
    rows: dict[Any, int] = {}
    names = list(index)
    for row, name in enumerate(names):
        rows.setdefault(name, row)
    chosen = reviewed.index.tolist()
    unknown = [name for name in chosen if name not in rows]
    if unknown:
        raise ValueError(
            f"reviewed has {quote_values(unknown)} in its index, where no row has this name; the "
            f"rows are named {quote_values(names)}."
        )
    counts = Counter(names) if len(rows) < len(names) else {}
    twice = [
        name
        for name, n in Counter(chosen).items()
        if n > 1 or (name in counts and counts[name] > 1)
    ]
    if twice:
        raise ValueError(
            f"reviewed names {quote_values(twice)} in its index, but it is not "
            "one name of one row; name each row once, or pass a mapping from row position to label."
        )
    labels = reviewed.astype(object).where(reviewed.notna(), None)
    return {rows[name]: label for name, label in zip(chosen, labels.tolist(), strict=True)}


def _check_positions(reviewed: Mapping[int, Any], n_rows: int) -> None:
    """Refuse keys that are no positions of rows."""
    outside = [row for row in reviewed if not (_is_integer(row) and 0 <= row < n_rows)]
    if outside:
        raise ValueError(
            f"reviewed has {quote_values(outside)} for row positions, but they must be integers "
            f"from 0 to {n_rows - 1}."
        )


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
