"""The decisions of reviewers, as rows of an audit."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.corrections.collection import Corrections, join_decisions
from label_auditor.data.label_sets import as_tuples
from label_auditor.data.messages import quote_values, repeated
from label_auditor.data.naming import name_classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    from label_auditor.data.findings import Findings

    Reviewed: TypeAlias = Corrections | Mapping[int, Any] | pd.Series


def decided_rows(
    audit: Findings, reviewed: Reviewed | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the reviewed rows of an audit and the decided label of each.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    reviewed : Corrections, mapping from row position to label, or Series
        See :func:`read_decisions`, and :func:`read_set_decisions` for sets of labels.

    Returns
    -------
    rows : ndarray of int, shape (n_reviewed,)
        Positions, in the order in which they were reviewed.
    codes : ndarray of int, shape (n_reviewed,)
        The number of each decided label, as :func:`number_labels` numbers the given ones, so that
        a decision that keeps the label has its number; -1 for a discarded row.

    Raises
    ------
    TypeError
        If `reviewed` is of another type, or has one label where the audit has sets of labels.
    ValueError
        If a row isn't one of the audit, or a label isn't one of its classes.
    """
    if not audit.multi_label:
        return read_decisions(reviewed, audit.index, audit.classes, class_names=audit.class_names)
    found = read_set_decisions(reviewed, audit.index, audit.classes, class_names=audit.class_names)
    numbers = _number_sets(audit.codes)
    codes = [-1 if each is None else numbers.get(each, len(numbers)) for each in found.values()]
    return np.fromiter(found, np.intp, len(found)), np.array(codes, dtype=np.intp)


def number_labels(audit: Findings) -> NDArray[np.intp]:
    """Give the given label of each row as a number: equal labels have equal numbers.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        The position of the label in `audit.classes`, -1 where it is missing; a set of labels has a
        number of its own.

    Examples
    --------
    >>> from label_auditor import audit_labels
    >>> sets = audit_labels([["a"], ["a", "b"], [], ["a"]], np.full((4, 2), 0.5), multi_label=True)
    >>> number_labels(sets)
    array([0, 1, 2, 0])
    """
    if not audit.multi_label:
        codes: NDArray[np.intp] = audit.codes
        return codes
    numbers = _number_sets(audit.codes)
    return np.fromiter((numbers[each] for each in as_tuples(audit.codes)), np.intp, len(audit))


def _number_sets(matrix: sparse.csr_array) -> dict[tuple[int, ...], int]:
    """Give a number to each set of labels, in the order in which they first occur."""
    return {each: number for number, each in enumerate(dict.fromkeys(as_tuples(matrix)))}


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
    found = _join(reviewed, index, classes, ids, class_names)
    positions = _positions(classes, class_names)
    labels = [_plain(each) for each in found.values()]
    _check_classes(labels, positions, classes)
    rows = np.fromiter(found, dtype=np.intp, count=len(found))
    codes = np.array([-1 if each is None else positions[each] for each in labels], dtype=np.intp)
    return rows, codes


def read_set_decisions(
    reviewed: Reviewed | None,
    index: Sequence[Any],
    classes: NDArray[Any],
    *,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
) -> dict[int, tuple[int, ...] | None]:
    """Give the decided set of labels of each reviewed row.

    Parameters
    ----------
    reviewed : Corrections, mapping from row position to set of labels, or Series
        As for :func:`read_decisions`, with a collection of classes for each row, maybe empty.
    index, classes, ids, class_names
        As for :func:`read_decisions`.

    Returns
    -------
    dict of int to tuple of int, or None
        The positions of the classes, in ascending order, by row position; None for a discarded row.

    Raises
    ------
    TypeError
        If `reviewed` is of another type, or has a row with a single label.
    ValueError
        If there is no such row, if a row is named twice, or if a label isn't one of the classes.

    Examples
    --------
    >>> classes = np.array(["cat", "dog"])
    >>> read_set_decisions({2: ["dog", "cat"], 0: None, 1: []}, range(3), classes)
    {2: (0, 1), 0: None, 1: ()}
    """
    found = _join(reviewed, index, classes, ids, class_names)
    positions = _positions(classes, class_names)
    for row, each in found.items():
        if isinstance(each, str | bytes | Mapping) or not isinstance(each, Collection | None):
            raise TypeError(
                f"reviewed has {each!r:.60} for row {row}, but a row of this audit has a set of "
                "labels; give each row a list of classes, empty where none applies, or None for a "
                "discarded row."
            )
    sets = [None if each is None else [_plain(label) for label in each] for each in found.values()]
    given = [label for each in sets if each is not None for label in each]
    _check_classes(given, positions, classes)
    decided = [each if each is None else {positions[label] for label in each} for each in sets]
    return {
        row: None if each is None else tuple(sorted(each))
        for row, each in zip(found, decided, strict=True)
    }


def _join(
    reviewed: Reviewed | None,
    index: Sequence[Any],
    classes: NDArray[Any],
    ids: Iterable[Any] | None,
    class_names: Mapping[Any, str] | Sequence[str] | None,
) -> Mapping[int, Any]:
    """Give the decisions by row position, whatever they came in."""
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
    return reviewed


def _positions(
    classes: NDArray[Any], class_names: Mapping[Any, str] | Sequence[str] | None
) -> dict[Any, int]:
    """Give the positions of the classes, by their names and by their values."""
    names = {} if class_names is None else name_classes(classes.tolist(), class_names)
    positions = {name: code for code, name in enumerate(names.values())}
    return positions | {value: code for code, value in enumerate(classes.tolist())}


def _plain(label: Any) -> Any:
    """Give a label as a value of Python."""
    return label.item() if isinstance(label, np.generic) else label


def _check_classes(labels: list[Any], positions: Mapping[Any, int], classes: NDArray[Any]) -> None:
    """Refuse labels that are no classes."""
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


def _join_series(reviewed: Any, index: Sequence[Any]) -> dict[int, Any]:
    """Give the labels of a Series by the position of the row that its index names."""
    chosen = reviewed.index.tolist()
    found = _find_names(index, chosen)
    rows = {name: row for row, name in reversed(found)}
    unknown = [name for name in chosen if name not in rows]
    if unknown:
        raise ValueError(
            f"reviewed has {quote_values(unknown)} in its index, where no row has this name; the "
            f"rows are named {quote_values(list(index))}."
        )
    ambiguous = {*repeated(chosen), *repeated(name for _, name in found)}
    twice = [name for name in dict.fromkeys(chosen) if name in ambiguous]
    if twice:
        raise ValueError(
            f"reviewed names {quote_values(twice)} in its index, but it is not "
            "one name of one row; name each row once, or pass a mapping from row position to label."
        )
    labels = reviewed.astype(object).where(reviewed.notna(), None)
    return {rows[name]: label for name, label in zip(chosen, labels.tolist(), strict=True)}


def _find_names(index: Sequence[Any], chosen: list[Any]) -> list[tuple[int, Any]]:
    """Give all rows that have one of some names, and their names; nothing is made of all rows."""
    import pandas as pd

    if isinstance(index, range):
        return [(index.index(name), name) for name in dict.fromkeys(chosen) if name in index]
    names: Any = index
    if not isinstance(index, pd.Index):
        names = pd.Index(list(index), dtype=object, tupleize_cols=False)
    rows = np.flatnonzero(names.isin(chosen))
    return list(zip(rows.tolist(), names[rows].tolist(), strict=True))


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
