"""The limits of Rubrix 0.18. Records that it can't store are refused before anything is sent."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from label_auditor.data.messages import quote_values, warn
from label_auditor.export.columns import check_utf8, utf8
from label_auditor.export.push import check_chunk_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from label_auditor.export.records import Record, Records

MAX_STRING = 128
MAX_AGENT = 64
MAX_METADATA = 50
MAX_CHUNK = 500  # as many as Rubrix hands to its search engine at once
DATASET_NAME = re.compile(r"(?!-|_)[a-z0-9-_]+")
# What the search engine takes for a date; a key whose first value is one can't hold other strings.
DATE = re.compile(r"\d{4}-\d\d(-\d\d(T\S*)?)?|\d{4}/\d\d/\d\d( .*)?")


def check_request(name: str, chunk_size: int) -> None:
    """Refuse a data set name or a chunk size that Rubrix can't take."""
    if not isinstance(name, str) or not DATASET_NAME.fullmatch(name):
        raise ValueError(
            f"name is {name!r}, but a Rubrix data set is named with lower-case letters, digits, "
            "'-' and '_', and begins with a letter or a digit, such as 'ag-news-2'."
        )
    check_chunk_size(chunk_size, MAX_CHUNK)


def fit_records(records: Records, prediction_agent: str, annotation_agent: str) -> Iterator[Record]:
    """Check that Rubrix can store every record, and give them as it stores them.

    The checks run at once, over all records; the records are then made again as they are asked
    for.
    """
    _check_agent("prediction_agent", prediction_agent)
    _check_agent("annotation_agent", annotation_agent)
    check_utf8("class_names", records.class_names.values())
    _check_length("A class name", records.class_names.values(), MAX_STRING)
    _check_fields(records.fields)
    _check_keys(records.metadata)
    _check_ids([records.ids[row] for row in records.positions])
    kinds = _check_metadata(records)
    return (
        dataclasses.replace(
            record,
            metadata={key: _convert(value, kinds[key]) for key, value in record.metadata.items()},
        )
        for record in records
    )


def _check_agent(argument: str, agent: str) -> None:
    """Refuse an agent that can't be the key of an object in the search engine."""
    if not isinstance(agent, str):
        raise ValueError(f"{argument} is {agent!r:.60}, but in Rubrix an agent is a string.")
    _check_length(argument, [agent], MAX_AGENT)
    if agent.startswith(".") or ".." in agent:
        raise ValueError(
            f"{argument} is {agent!r}, but in Rubrix an agent has no dot at the beginning and no "
            "two in a row; rename it."
        )


def _check_length(what: str, names: Iterable[str], limit: int) -> None:
    """Refuse a name that is empty or too long."""
    for name in names:
        if not 1 <= len(name) <= limit:
            raise ValueError(
                f"{what} has 1 to {limit} characters in Rubrix, but {name!r} has {len(name)}."
            )


def _check_fields(names: Iterable[str]) -> None:
    """Refuse names of text fields with a dot, which to the search engine means an object."""
    bad = [name for name in names if not name or "." in name]
    if bad:
        raise ValueError(
            f"inputs has fields named {quote_values(bad)}, but in Rubrix the name of a field "
            "isn't empty and has no dot; rename them."
        )


def _check_keys(keys: Iterable[str]) -> None:
    """Refuse metadata keys whose parts, between dots, don't make a tree."""
    paths = [tuple(key.split(".")) for key in keys]
    for path in paths:
        if "" in path or any(path[:depth] in paths for depth in range(1, len(path))):
            raise ValueError(
                f"metadata has the key {'.'.join(path)!r}, but in Rubrix a dot divides a key into "
                "parts, none of them empty, and no key begins another; rename it."
            )


def _check_ids(ids: list[int | str]) -> None:
    """Refuse ids that would not come back as they are."""
    bad = [each for each in ids if not 1 <= len(str(each)) <= MAX_STRING]
    if bad:
        raise ValueError(
            f"ids have 1 to {MAX_STRING} characters in Rubrix, but {quote_values(bad, 1)} don't."
        )
    changed = [each for each in ids if _read_back(each) != str(each)]
    if changed:
        raise ValueError(
            f"ids {quote_values(changed)} would come back from Rubrix as {_read_back(changed[0])!r}"
            ", and corrections could not be joined on them; put a letter before each, say."
        )


def _read_back(given: int | str) -> str:
    """Give an id as Rubrix reads it: as a number wherever Python can."""
    try:
        return str(int(given))
    except ValueError:
        return utf8(str(given))


def _check_metadata(records: Records) -> dict[str, str]:
    """Give the kind of each metadata key; refuse those with two, and more keys than fit."""
    kinds: dict[str, str] = {}
    long: set[str] = set()
    for record in records:
        for key, value in record.metadata.items():
            kind = _kind(key, value, record.id)
            known = kinds.setdefault(key, kind)
            if {kind, known} == {"integer", "number"}:
                kinds[key] = "number"
            elif kind != known:
                raise ValueError(
                    f"metadata {key!r} holds a {known} in one record and a {kind} in another "
                    f"(record {record.id!r}: {value!r:.60}), but Rubrix gives a key one type; "
                    "make all of its values strings, say, or those that don't fit None."
                )
            if kind == "string" and len(value) > MAX_STRING:
                long.add(key)
    if len(kinds) > MAX_METADATA:
        raise ValueError(
            f"metadata has {len(kinds)} keys with those of the audit, but Rubrix holds "
            f"{MAX_METADATA}; leave out {len(kinds) - MAX_METADATA} of its columns."
        )
    if long:
        warn(
            f"metadata {quote_values(sorted(long))} has strings of more than {MAX_STRING} "
            f"characters; Rubrix holds their last {MAX_STRING}.",
        )
    return kinds


def _kind(key: str, value: Any, record: int | str) -> str:
    """Give the type that the search engine would give to a metadata value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "date" if DATE.fullmatch(value) else "string"
    if abs(value) < (2**63 if isinstance(value, int) else 3.4e38):
        return "integer" if isinstance(value, int) else "number"
    raise ValueError(
        f"metadata {key!r} is {value!r:.60} in record {record!r}, a number beyond Rubrix's range; "
        "make it None, or the column strings."
    )


def _convert(value: Any, kind: str) -> Any:
    """Give a metadata value as Rubrix stores it."""
    if kind == "number":
        return float(value)  # a key whose first value is 1 would hold integers only
    if kind == "string":
        return value[-MAX_STRING:]  # the end, as Rubrix's client does: both ways store the same
    return value
