"""Putting the labels that reviewers decided into the labels that were given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from label_auditor.corrections.collection import Corrections
from label_auditor.corrections.label_containers import Labels, read_labels
from label_auditor.corrections.mappings import is_decided
from label_auditor.data.decisions import DISCARDED, OPEN, names_in, read_label
from label_auditor.data.messages import quote_values, warn
from label_auditor.data.naming import find_rows, name_classes, unique_ids
from label_auditor.data.values import in_memory

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    # The containers that come back as what they are.
    Kept = TypeVar(
        "Kept",
        bound=list[Any]
        | tuple[Any, ...]
        | NDArray[Any]
        | pd.Series
        | pd.DataFrame
        | pd.api.extensions.ExtensionArray
        | sparse.spmatrix
        | sparse.sparray,
    )


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CorrectionReport:
    """What became of the corrections. Each reviewed record is in exactly one of these groups.

    Attributes
    ----------
    n_rows : int
        The number of rows, corrected or not.
    changed : ndarray of int
        Positions of the rows that have another label now.
    confirmed : ndarray of int
        Positions of the rows for which reviewers chose the label that was given.
    discarded : ndarray of int
        Positions of the rows that reviewers discarded. They keep the label that was given;
        ``np.delete(y_new, report.discarded)`` leaves them out.
    open : ndarray of int
        Positions of the rows on which reviewers are divided. They keep the label that was given.
    unknown_ids : tuple of str
        Ids of corrections that belong to none of the rows.
    unknown_labels : dict of str to str, or to tuple of str
        Labels that reviewers chose but that are no classes, by id. The rows keep the label that
        was given.
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


class UnknownLabelsError(ValueError):
    """None of the corrections can be applied, because they have labels that are no classes.

    Attributes
    ----------
    report : CorrectionReport
        What became of the corrections, with the unknown labels.
    """

    def __init__(self, problem: str, report: CorrectionReport) -> None:
        super().__init__(f"None of the corrections can be applied: {problem}")
        self.report = report


def apply_corrections(
    y: Kept,
    corrections: Corrections | Mapping[Any, Any] | pd.Series,
    *,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
) -> tuple[Kept, CorrectionReport]:
    """Put the labels that reviewers decided in the place of those that were given.

    Every row stays where it is, and `y` itself is not changed.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_classes)
        The labels that were audited: an array, a Series, a list or a categorical. If rows have
        several labels: an indicator matrix (array, DataFrame or sparse), or a list of the labels
        of each row. Labels may be missing (None, NaN or NA) where a row has one.
    corrections : Corrections, mapping or Series
        The decisions of reviewers. Where several reviewers decided, the majority counts. A mapping
        or a Series has the label of each row by its id, and None for a discarded one, as for
        :meth:`Corrections.from_mapping`.
    ids : iterable of length n_samples, default=None
        The ids with which the records were sent. They are compared as strings. None takes the
        index of `y` if it has a unique one, and 0 … n_samples - 1 otherwise.
    class_names : mapping or sequence of str, default=None
        The names that reviewers read, the same with which the records were sent: by class, or in
        the order of the sorted classes or of the columns. A mapping may name classes that no row
        has.

    Returns
    -------
    y_new : same kind, index and dtype as y
        The labels. Strings of a fixed length get a longer one if a new label needs it. Containers
        of other kinds than those above come back as an array, and those of dask in memory.
    report : CorrectionReport
        Which labels changed, and what became of all other corrections.

    Raises
    ------
    ValueError
        If none of the corrections can be applied, because their ids or their labels are unknown;
        if ids aren't unique; if class names are missing or shared; if corrections have several
        labels where `y` has one per row, or the other way round; or if `y` mixes labels of several
        types.
    TypeError
        If `corrections` is none of the three, or if labels of y's dtype can't hold a
        class.

    Warns
    -----
    UserWarning
        If reviewers chose labels that aren't among the classes. These corrections are not applied.

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
    >>> apply_corrections(y, {"c": 0})[0].tolist()
    [0, 1, 0]
    """
    if is_decided(corrections):
        corrections = Corrections.from_mapping(corrections)
    if not isinstance(corrections, Corrections):
        raise TypeError(
            f"corrections is a {type(corrections).__name__}, but Corrections are needed; read them "
            "with Corrections.from_json, from_rubrix or another of its methods, or pass a mapping "
            "or a Series that has the label of each row by its id."
        )
    y = in_memory(y)
    labels = read_labels(y)
    n = len(labels.given)
    index: Any = getattr(y, "index", None) if hasattr(y, "iloc") else range(n)
    known = unique_ids(index, n, ids)
    rows = find_rows(corrections.decisions, known)
    names = _name_classes(labels, class_names)
    _check_kind(corrections, several=labels.several)
    new_labels, report = _sort_out(corrections, labels, rows, names)
    _check_ids(corrections, report, known)
    if report.unknown_labels:
        problem = _unknown_labels(report, names)
        used = (report.changed, report.confirmed, report.discarded, report.open)
        if not any(map(len, used)):
            raise UnknownLabelsError(problem, report)
        warn(problem)
    return labels.replace(new_labels), report


def _check_ids(
    corrections: Corrections, report: CorrectionReport, known: Sequence[int | str]
) -> None:
    """Refuse corrections none of which is for one of the rows."""
    if len(corrections) and len(report.unknown_ids) == len(corrections.decisions):
        names = list(map(str, known))
        raise ValueError(
            f"corrections are for the ids {quote_values(report.unknown_ids)}, but the rows of y "
            f"have {quote_values(names)}; pass the ids= with which the records were sent."
        )


def _unknown_labels(report: CorrectionReport, names: dict[str, Any]) -> str:
    """Say which labels are no classes, and what to do."""
    n = len(report.unknown_labels)
    return (
        f"{n} correction{'s have' if n > 1 else ' has'} a label that isn't among the classes, and "
        f"{'are' if n > 1 else 'is'} not applied: "
        f"{quote_values(dict.fromkeys(report.unknown_labels.values()))} "
        f"(ids {quote_values(report.unknown_labels)}), where the classes are named "
        f"{quote_values(names)}. Pass the class_names= with which the records were sent, or a "
        "mapping that names the new classes too."
    )


def _name_classes(
    labels: Labels, class_names: Mapping[Any, str] | Sequence[str] | None
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
    corrections: Corrections, labels: Labels, rows: dict[str, int], names: dict[str, Any]
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
