"""Decisions that somebody holds in a dict or a Series: the label of each record, by its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from label_auditor.data.decisions import DISCARDED, VALIDATED, Correction
from label_auditor.data.labels import CONTAINERS
from label_auditor.data.messages import quote_values, repeated
from label_auditor.data.values import find_missing

if TYPE_CHECKING:
    from collections.abc import Iterable


def is_decided(value: Any) -> bool:
    """Tell whether a value is a mapping or a Series, of which each entry is a decision."""
    return isinstance(value, Mapping) or (
        hasattr(value, "iloc") and getattr(value, "ndim", None) == 1
    )


def read_mapping(decided: Any) -> list[Correction]:
    """Make a correction of each entry of a mapping or a Series.

    Parameters
    ----------
    decided : mapping or Series
        The labels, by the ids of the records; a missing one is a discarded record.

    Returns
    -------
    list of Correction

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If ids are missing, or the same once they are strings.

    Examples
    --------
    >>> read_mapping({7: "dog", 9: None})
    [Correction(id='7', label='dog', status='validated', who=None, when=None, note=None),
     Correction(id='9', label=None, status='discarded', who=None, when=None, note=None)]
    """
    if not is_decided(decided):
        raise TypeError(
            f"a {type(decided).__name__} is given, but a mapping or a Series is needed, which has "
            "the label of each record by its id: {id: label}, with None for a discarded record."
        )
    pairs = list(decided.items() if isinstance(decided, Mapping) else _entries(decided))
    twice = repeated(str(name) for name, _ in pairs)
    if twice:
        raise ValueError(
            f"the decisions name {quote_values(twice)} more than once, as ids are compared as "
            "strings; decide each record once, or pass Corrections with who decided."
        )
    return [_correction(name, label) for name, label in pairs]


def _entries(decided: Any) -> Iterable[tuple[Any, Any]]:
    """Give the entries of a Series; integers that pandas has made floats are integers again."""
    labels = decided.astype(object).tolist()
    known = decided.dropna()
    if decided.dtype.kind == "f" and len(known) < len(decided) and (known % 1 == 0).all():
        labels = [None if find_missing(label) else int(label) for label in labels]
    return zip(decided.index.tolist(), labels, strict=True)


def _correction(name: Any, label: Any) -> Correction:
    """Make a correction of an id and a label, or several labels, in the data's own values."""
    if isinstance(label, CONTAINERS):
        return Correction(name, tuple(map(str, label)), VALIDATED)
    if find_missing(label):
        return Correction(name, None, DISCARDED)
    return Correction(name, str(label), VALIDATED)
