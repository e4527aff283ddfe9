"""Putting corrections into the labels that they are for."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from label_auditor.corrections.collection import Corrections
from label_auditor.data.decisions import DISCARDED, OPEN, names_in, read_label
from label_auditor.data.labels import check_labels, encode_labels, find_missing
from label_auditor.data.messages import list_rows, quote_values
from label_auditor.data.naming import name_classes, unique_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray


CONTAINERS = (list, tuple, set, frozenset, np.ndarray)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CorrectionReport:
    """What became of every correction: each reviewed record is in exactly one of these.

    Attributes
    ----------
    n_rows : int
        The number of labels.
    changed, confirmed : ndarray of int
        Positions of the rows that got another label, and of those whose label reviewers chose
        again.
    discarded : ndarray of int
        Positions of the rows that reviewers discarded. They keep the label that was given;
        ``np.delete(y_new, report.discarded)`` leaves them out.
    open : ndarray of int
        Positions of the rows on which reviewers are divided. They keep the label that was given.
    unknown_ids : tuple of str
        Ids of corrections for none of the rows.
    unknown_labels : dict of str to str, or to tuple of str
        By id, labels that are no class. These rows keep the label that was given.
    """

    n_rows: int
    changed: NDArray[np.intp]
    confirmed: NDArray[np.intp]
    discarded: NDArray[np.intp]
    open: NDArray[np.intp]
    unknown_ids: tuple[str, ...]
    unknown_labels: dict[str, Any]

    def __repr__(self) -> str:
        return f"<CorrectionReport: {self}>"

    def __str__(self) -> str:
        parts = [
            f"{len(self.changed):,} of {self.n_rows:,} labels changed",
            f"{len(self.confirmed):,} confirmed",
        ]
        if len(self.discarded):
            parts.append(f"{len(self.discarded):,} discarded (kept as given)")
        if len(self.open):
            parts.append(f"{len(self.open):,} open (reviewers are divided; kept as given)")
        if self.unknown_ids:
            named = quote_values(self.unknown_ids, limit=3)
            parts.append(f"{len(self.unknown_ids):,} for unknown ids ({named})")
        if self.unknown_labels:
            named = quote_values(dict.fromkeys(self.unknown_labels.values()), limit=3)
            parts.append(f"{len(self.unknown_labels):,} with unknown labels ({named})")
        return ", ".join(parts)


class _Labels(NamedTuple):
    """Labels of any kind."""

    given: Sequence[Any]  # a class each; a frozenset of them where rows have several labels
    classes: list[Any]  # in the order in which class_names names them
    more_classes: Collection[Any] | None  # those that no row has, but could; None: any
    replace: Callable[[dict[int, Any]], Any]  # gives new labels, by position, in y's own kind
    several: bool = False


def apply_corrections(
    y: Any,
    corrections: Corrections,
    *,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
) -> tuple[Any, CorrectionReport]:
    """Give the labels as reviewers decided them.

    Every row stays, in its place. `y` is not changed.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_classes)
        The labels that were audited: an array, a Series, a list, a categorical; for several labels
        per row an indicator matrix (array, DataFrame, sparse) or lists of labels.
    corrections : Corrections
        The decisions of reviewers. Where several decided, the majority counts.
    ids : iterable of length n_samples, default=None
        The ids that the records were sent with, compared as strings. None: the index of `y`, if it
        has one that is unique, else 0 … n_samples - 1.
    class_names : mapping or sequence of str, default=None
        The names that reviewers read, as the records were sent with: by class, or in the order of
        the sorted classes or columns. A mapping may name classes that no row has.

    Returns
    -------
    y_new : same kind, index and dtype as y
        The labels; a wider dtype where strings of fixed length need it. What is none of the above
        comes back as an array.
    report : CorrectionReport
        Which labels changed, and what became of all other corrections.

    Raises
    ------
    ValueError
        If no correction is for any of the ids, ids aren't unique, class names are missing or
        shared, or corrections have several labels where `y` has one, or the other way round.
    TypeError
        If `corrections` are none, or a class can't be held by labels of y's dtype.

    Warns
    -----
    UserWarning
        If reviewers chose labels that aren't among the classes.

    Examples
    --------
    >>> import pandas as pd
    >>> from label_auditor import Corrections, apply_corrections
    >>> from label_auditor.corrections import Correction
    >>> y = pd.Series([0, 1, 1], index=["a", "b", "c"])
    >>> corrections = Corrections([Correction("c", "Sports"), Correction("b", None, "discarded")])
    >>> y_new, report = apply_corrections(y, corrections, class_names=["Sports", "Business"])
    >>> y_new.tolist()
    [0, 1, 0]
    >>> report
    <CorrectionReport: 1 of 3 labels changed, 0 confirmed, 1 discarded (kept as given)>
    """
    if not isinstance(corrections, Corrections):
        raise TypeError(
            f"corrections is a {type(corrections).__name__}; read them with Corrections.from_json, "
            "from_rubrix or another of its readers."
        )
    labels = _read_labels(y)
    n = len(labels.given)
    index = y.index if hasattr(y, "iloc") else range(n)
    rows = {str(name): row for row, name in enumerate(unique_ids(index, n, ids))}
    names = _name_classes(labels, class_names)
    _check_kind(corrections, several=labels.several)
    new_labels, report = _sort_out(corrections, labels, rows, names)
    if len(corrections) and len(report.unknown_ids) == len(corrections.decisions):
        raise ValueError(
            f"corrections are for the ids {quote_values(report.unknown_ids)}, but the rows of y "
            f"have {quote_values(rows)}; pass the ids= that the records were sent with."
        )
    if report.unknown_labels:
        foreign = quote_values(dict.fromkeys(report.unknown_labels.values()))
        warnings.warn(
            f"{len(report.unknown_labels)} corrections have labels that aren't among the classes, "
            f"and are not applied: {foreign}, where the classes are named {quote_values(names)}. "
            "Pass the class_names= that the records were sent with, or name new classes there.",
            UserWarning,
            stacklevel=2,
        )
    return labels.replace(new_labels), report


def _name_classes(
    labels: _Labels, class_names: Mapping[Any, str] | Sequence[str] | None
) -> dict[str, Any]:
    """Give the class of each name, also of classes that no row has."""
    names = {name: value for value, name in name_classes(labels.classes, class_names).items()}
    more: Iterable[tuple[Any, Any]] = ()
    if class_names is None:
        more = ((value, value) for value in labels.more_classes or ())
    elif isinstance(class_names, Mapping):
        more = class_names.items()
    for value, name in more:
        if labels.more_classes is None or value in labels.more_classes:
            names.setdefault(str(name), value)
    return names


def _sort_out(
    corrections: Corrections, labels: _Labels, rows: dict[str, int], names: dict[str, Any]
) -> tuple[dict[int, Any], CorrectionReport]:
    """Give the labels that change, by position, and what becomes of every correction."""
    new_labels: dict[int, Any] = {}
    found: dict[str, list[int]] = {"confirmed": [], DISCARDED: [], OPEN: []}
    unknown_ids, unknown_labels = [], {}
    for name, decision in corrections.decisions.items():
        row = rows.get(name)
        if row is None:
            unknown_ids.append(name)
        elif decision.status in found:
            found[decision.status].append(row)
        elif not names.keys() >= set(names_in(decision.label)):
            unknown_labels[name] = decision.label
        else:
            label = read_label(decision.label, names)
            label = frozenset(label) if labels.several else label
            if label == labels.given[row]:
                found["confirmed"].append(row)
            else:
                new_labels[row] = label
    positions = {kind: np.array(each, dtype=np.intp) for kind, each in found.items()}
    return new_labels, CorrectionReport(
        n_rows=len(labels.given),
        changed=np.array(list(new_labels), dtype=np.intp),
        unknown_ids=tuple(unknown_ids),
        unknown_labels=unknown_labels,
        **positions,
    )


def _check_kind(corrections: Corrections, *, several: bool) -> None:
    """Refuse corrections with one label for labels with several, and the other way round."""
    wrong = [
        each.id
        for each in corrections
        if each.label is not None and isinstance(each.label, tuple) is not several
    ]
    if wrong:
        has, have = (
            ("several labels per row", "one") if several else ("one label per row", "several")
        )
        raise ValueError(
            f"y has {has}, but corrections have {have} (ids {quote_values(wrong)}); "
            "pass the labels that were audited, in the same form."
        )


def _read_labels(y: Any) -> _Labels:
    """Read labels of any kind."""
    if len(getattr(y, "shape", ())) == 2:
        return _read_indicator(y)
    if getattr(y, "ndim", 1) == 1 and any(isinstance(each, CONTAINERS) for each in y):
        return _read_lists(y)
    values = check_labels(y, name="y")
    missing = find_missing(values)
    classes = encode_labels(values)[1].tolist()
    categories = getattr(getattr(y, "dtype", None), "categories", None)
    return _Labels(
        given=[None if m else v for m, v in zip(missing, values.tolist(), strict=True)],
        classes=classes,
        more_classes=None if categories is None else categories.tolist(),
        replace=lambda new: _replace(y, new),
    )


def _replace(y: Any, new: dict[int, Any]) -> Any:
    """Give a copy of labels with some of them replaced."""
    rows, values = list(new), list(new.values())
    if isinstance(y, list | tuple):
        return type(y)(new.get(row, given) for row, given in enumerate(y))
    if hasattr(y, "iloc"):
        y_new = y.copy()
        y_new.iloc[rows] = pd.array(values, dtype=y.dtype)
        return y_new
    if isinstance(y, pd.api.extensions.ExtensionArray):
        y_new = y.copy()
        y_new[rows] = values
        return y_new
    given = np.asarray(y)
    if given.dtype.kind in "US" and values:
        given = given.astype(np.promote_types(given.dtype, np.asarray(values).dtype))
    y_new = given.copy()
    y_new[rows] = values
    changed = [value for row, value in new.items() if y_new[row] != value]
    if changed:
        raise TypeError(
            f"class_names has the classes {quote_values(changed)}, which labels of dtype "
            f"{given.dtype} can't hold; convert y first."
        )
    return y_new


def _read_indicator(y: Any) -> _Labels:
    """Read an indicator matrix: a row for each sample, a column for each class."""
    classes = y.columns.tolist() if hasattr(y, "columns") else list(range(y.shape[1]))
    matrix = sparse.csr_array(y if not hasattr(y, "columns") else y.to_numpy())
    given = [
        frozenset(
            classes[column] for column in matrix.indices[start:end][matrix.data[start:end] != 0]
        )
        for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    ]

    def replace(new: dict[int, Any]) -> Any:
        rows = np.array([[label in labels for label in classes] for labels in new.values()])
        y_new = y.tolil() if sparse.issparse(y) else y.copy()
        target = y_new.iloc if hasattr(y, "iloc") else y_new
        if new:
            target[list(new)] = rows.astype(matrix.dtype)
        return y_new.asformat(y.format) if sparse.issparse(y) else y_new

    return _Labels(given, classes, (), replace, several=True)


def _read_lists(y: Any) -> _Labels:
    """Read lists of labels."""
    wrong = [row for row, each in enumerate(y) if not isinstance(each, CONTAINERS)]
    if wrong:
        raise ValueError(
            f"y has lists of labels, but in {list_rows(wrong)} none; an empty list says that a row "
            "has no label."
        )
    given = [frozenset(each) for each in y]
    classes = sorted(frozenset().union(*given))

    def replace(new: dict[int, Any]) -> Any:
        order = {label: position for position, label in enumerate(classes)}
        rows = [
            _like(each, sorted(new[row], key=lambda label: order.get(label, len(order))))
            if row in new
            else each
            for row, each in enumerate(y)
        ]
        if isinstance(y, list | tuple):
            return type(y)(rows)
        array = np.empty(len(rows), dtype=object)
        array[:] = rows
        return pd.Series(array, index=y.index, name=y.name) if hasattr(y, "iloc") else array

    return _Labels(given, classes, None, replace, several=True)


def _like(given: Any, labels: list[Any]) -> Any:
    """Give labels in a container of the kind that there was."""
    return np.array(labels, dtype=given.dtype) if hasattr(given, "dtype") else type(given)(labels)
