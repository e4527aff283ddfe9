"""What one reviewer decided about a record, and what all of them decided together."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Label = str | tuple[str, ...]

VALIDATED, DISCARDED, OPEN = "validated", "discarded", "open"


@dataclasses.dataclass(frozen=True)
class Correction:
    """What one reviewer decided about one record.

    Parameters
    ----------
    id : str
        The record's id. Another value than a string is turned into one.
    label : str, tuple of str or None
        The name of the class that the reviewer chose, be it the given one or another; a tuple of
        names, sorted, where records have several labels; None for a discarded record.
    status : {"validated", "discarded"}
        A discarded record has no right label, or none that the reviewer could tell.
    who, when : str or None
        The reviewer, and the time in ISO 8601, where they are known.
    note : str or None
        What the reviewer has written beside it.

    Raises
    ------
    ValueError
        If the id is missing, the status is none of the two, or a record is validated without a
        label or discarded with one.
    TypeError
        If the label is none of the three, or who, when or note isn't a string.
    """

    id: str
    label: Label | None
    status: str = VALIDATED
    who: str | None = None
    when: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) and str(self.id) in ("None", "nan", "NaT", "<NA>"):
            raise ValueError(
                f"the id of a record is missing ({self.id!r}); give the id with which it was sent."
            )
        object.__setattr__(self, "id", str(self.id))
        if self.status not in (VALIDATED, DISCARDED):
            raise ValueError(f"the status is {self.status!r}, not {VALIDATED!r} or {DISCARDED!r}.")
        if (self.label is None) is (self.status == VALIDATED):
            raise ValueError(
                f"record {self.id!r} is {self.status} with {self.label!r} for its label; a "
                "validated record has one, a discarded record has none."
            )
        names = self.label if isinstance(self.label, tuple) else (self.label,)
        for value in (*names, self.who, self.when, self.note):
            if not isinstance(value, str | None):
                raise TypeError(
                    f"record {self.id!r} has {value!r:.60} where the name of a class or reviewer, "
                    "a time, or a note, must be a string."
                )
        if isinstance(self.label, tuple):
            object.__setattr__(self, "label", tuple(sorted(set(self.label))))


@dataclasses.dataclass(frozen=True)
class PageSample:
    """The random sample that a review page asked about, as its file of corrections says.

    Parameters
    ----------
    seed : int
        The seed by which the sample was drawn.
    rows : tuple of int
        The positions of its rows in the audit, in the order in which the page asks about them.
    asked : tuple of int, default=()
        The rows about which the page has asked so far.

    Raises
    ------
    TypeError
        If one of these isn't made of whole numbers.
    """

    seed: int
    rows: tuple[int, ...]
    asked: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for value in (self.seed, *self.rows, *self.asked):
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"a sample has {value!r:.60} where it needs a whole number.")


@dataclasses.dataclass(frozen=True)
class Decision:
    """What all reviewers of a record decided together.

    Attributes
    ----------
    label : str, tuple of str or None
        The label that most chose; None if the record is discarded or open.
    status : {"validated", "discarded", "open"}
        Open: no decision has more votes than every other.
    votes : tuple of Correction
        One per reviewer, the latest that each gave.
    """

    label: Label | None
    status: str
    votes: tuple[Correction, ...]


def read_label(label: Label | None, values: Mapping[str, Any]) -> Any:
    """Give the class of a name, a tuple of classes for several names, None for none."""
    if isinstance(label, tuple):
        return tuple(values[name] for name in label)
    return None if label is None else values[label]


def names_in(label: Label | None) -> tuple[str, ...]:
    """Give the names that a label consists of."""
    return label if isinstance(label, tuple) else () if label is None else (label,)


def decide(votes: tuple[Correction, ...]) -> Decision:
    """Give the decision that has more votes than any other, or leave the record open."""
    counts = Counter((each.status, each.label) for each in votes).most_common(2)
    if len(counts) > 1 and counts[0][1] == counts[1][1]:
        return Decision(None, OPEN, votes)
    status, label = counts[0][0]
    return Decision(label, status, votes)
