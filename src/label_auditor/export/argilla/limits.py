"""The limits of Argilla 2. Records that it can't store are refused before anything is sent."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import TYPE_CHECKING, Any

from label_auditor.data.messages import quote_values
from label_auditor.export.columns import check_utf8, choose_image_fields, is_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from label_auditor.export.records import Record, Records

QUESTION = "label"
GIVEN = "given_label"
MAX_CHUNK = 500
MAX_CLASSES = 500
MAX_NAME = 200
AGENT = re.compile(r"[a-zA-Z0-9-_:./\s]*[a-zA-Z0-9][a-zA-Z0-9-_:./\s]*")
# Longer strings are kept with the record, but nobody filters by them.
MAX_TERM = 200


@dataclasses.dataclass(frozen=True)
class Layout:
    """What a data set of Argilla is made of.

    Attributes
    ----------
    fields : dict of str to bool
        The fields, and whether no text is missing.
    images : frozenset of str
        The fields that hold URLs of images; the others are text.
    classes : list of str
        The answers to choose from.
    multi_label : bool
        Whether several can be chosen.
    properties : dict of str to {"terms", "integer", "float"}
        The metadata to sort and filter by.
    agent : str
        Who makes the suggestions.
    n_reviewers : int
        How many reviewers answer a record before it is done.
    """

    fields: dict[str, bool]
    images: frozenset[str]
    classes: list[str]
    multi_label: bool
    properties: dict[str, str]
    agent: str
    n_reviewers: int

    def values(self, record: Record) -> dict[str, str]:
        """Give the fields of a record; an image that is missing is left out."""
        return {
            name: value for name, value in record.fields.items() if value or name not in self.images
        }

    def metadata(self, record: Record) -> dict[str, Any]:
        """Give the metadata of a record as Argilla stores them."""
        return {
            key: float(value) if self.properties.get(key) == "float" else value
            for key, value in _metadata(record).items()
        }


def plan_layout(
    records: Records, agent: str, n_reviewers: int, image_fields: Sequence[str] | None = None
) -> Layout:
    """Check that Argilla can store every record, and say what the data set must have."""
    if not isinstance(agent, str) or len(agent) > MAX_NAME or not AGENT.fullmatch(agent):
        raise ValueError(
            f"prediction_agent is {agent!r:.250}, but in Argilla an agent has 1 to {MAX_NAME} "
            "letters (A to Z), digits, spaces and '-_:./', not all of them signs; rename it."
        )
    if not isinstance(n_reviewers, int) or n_reviewers < 1:
        raise ValueError(f"n_reviewers is {n_reviewers!r}; a whole number of at least 1 is needed.")
    classes = list(records.class_names.values())
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise ValueError(
            f"there are {len(classes)} classes, but a question of Argilla has 2 to {MAX_CLASSES} "
            "answers to choose from."
        )
    check_utf8("class_names", classes)
    check_utf8("ids", (records.ids[row] for row in records.positions))
    _check_names("class names", classes)
    _check_names("inputs has fields, whose names", list(records.fields))
    _check_names("metadata has columns, whose names", list(records.metadata))
    if records.explanation is not None:
        raise ValueError("explanation can't be sent: Argilla 2 shows none; leave it out.")
    if GIVEN in records.metadata:
        raise ValueError(f"metadata has a column {GIVEN!r}, which is set here; rename it.")
    complete = dict.fromkeys(records.fields, True)
    urls: set[str] = set()
    other: set[str] = set()
    kinds: dict[str, str] = {}
    for record in records:
        for name, text in record.fields.items():
            complete[name] &= text != ""
            if text:
                (urls if is_image(text) else other).add(name)
        for key, value in _metadata(record).items():
            kinds[key] = _join(kinds.get(key), _kind(key, value, record.id), key, record)
    return Layout(
        fields=complete,
        images=choose_image_fields(urls - other, image_fields, records.fields),
        classes=classes,
        multi_label=records.audit.multi_label,
        properties={key: kind for key, kind in kinds.items() if kind != "stored"},
        agent=agent,
        n_reviewers=n_reviewers,
    )


def _metadata(record: Record) -> dict[str, Any]:
    """Give the metadata of a record, with the given label."""
    given = record.annotation
    if given is None:
        return record.metadata
    return record.metadata | {GIVEN: given if isinstance(given, str) else list(given)}


def _check_names(what: str, names: list[str]) -> None:
    """Refuse names that are empty or too long."""
    bad = [name for name in names if not 1 <= len(name) <= MAX_NAME]
    if bad:
        raise ValueError(
            f"{what} have 1 to {MAX_NAME} characters in Argilla, but "
            f"{quote_values([name[:40] for name in bad], 1)} has {len(bad[0])}; rename it."
        )


def _kind(key: str, value: Any, record: int | str) -> str:
    """Give the type of property that a metadata value needs."""
    if isinstance(value, bool):
        return "terms"
    if isinstance(value, str):
        return "terms" if len(value) <= MAX_TERM else "stored"
    if isinstance(value, list):
        return "terms"
    if isinstance(value, int):
        return "integer" if abs(value) < 2**63 else "stored"
    if math.isinf(value):
        raise ValueError(
            f"metadata {key!r} is {value!r} in record {record!r}, which JSON can't hold; make it "
            "None, or the column strings."
        )
    return "float"


def _join(known: str | None, kind: str, key: str, record: Record) -> str:
    """Give the type of property that holds values of two types."""
    if known is None or known == kind:
        return kind
    if {known, kind} == {"integer", "float"}:
        return "float"
    if "stored" in (known, kind):
        return "stored"
    raise ValueError(
        f"metadata {key!r} is {kind} in record {record.id!r} ({record.metadata[key]!r:.60}) and "
        f"{known} in another, but in Argilla it has one type; make all of its values strings, say."
    )
