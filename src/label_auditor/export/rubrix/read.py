"""What comes back from reviewers in the records of Rubrix and Argilla 1."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from label_auditor.data.decisions import DISCARDED, VALIDATED, Correction
from label_auditor.export.rubrix.server import RubrixServer
from label_auditor.export.server import NotFoundError, retry

REVIEWED = {"Validated": VALIDATED, "Discarded": DISCARDED}
# Records that are asked of a server at a time.
PAGE = 500


def read_records(records: Iterable[Any], annotation_agent: str) -> Iterator[Correction]:
    """Give the decision in each record that somebody reviewed."""
    if isinstance(records, str | bytes | Mapping):
        raise TypeError(f"records is a {type(records).__name__}; pass a list of records.")
    for record in records:
        status = REVIEWED.get(_get(record, "status"))
        if status is not None:
            yield _read(record, status, annotation_agent)


def read_rubrix(
    name: str,
    api_url: str | None,
    api_key: str | None,
    workspace: str | None,
    annotation_agent: str,
) -> Iterator[Correction]:
    """Give the decisions that a server holds, a page of records at a time."""
    server = RubrixServer(api_url, api_key, workspace)
    load = functools.partial(server.scan, name, {"status": list(REVIEWED)}, PAGE)
    try:
        page = retry(load)
    except NotFoundError:
        raise ValueError(
            f"name is {name!r}, but {server.url} has no data set of that name in the workspace "
            f"{server.workspace!r}; pass the name and the workspace that were pushed to."
        ) from None
    while page:
        yield from read_records(page, annotation_agent)
        page = retry(functools.partial(load, after=page[-1]["id"]))


def _read(record: Any, status: str, annotation_agent: str) -> Correction:
    """Give the decision in one record."""
    given = _get(record, "annotation")
    who = _get(record, "annotation_agent", None)
    if isinstance(given, Mapping):  # as a server sends it
        who = given.get("agent")
        # "class_label" is what Argilla 1 answers from 1.2 on.
        labels = [each.get("class", each.get("class_label")) for each in given["labels"]]
        given = labels if _get(record, "multi_label", None) else (labels or [None])[0]
    elif given is None and _get(record, "multi_label", None):
        given = ()
    identity = _get(record, "id")
    if identity is None:
        raise ValueError(f"a {status} record has no id, so there is no telling whose it is.")
    if status == DISCARDED:
        label = None
    elif given is None:
        raise ValueError(f"record {identity!r} is validated, but has no annotation.")
    else:
        label = given if isinstance(given, str) else tuple(given)
    return Correction(
        id=str(identity),
        label=label,
        status=status,
        who=None if who == annotation_agent else who,
        # A client's record doesn't tell: its event_timestamp is when it was made.
        when=_get(record, "last_updated", None),
    )


def _get(record: Any, *name_and_default: Any) -> Any:
    """Give a value of a record, be it an object or a dict."""
    name, *default = name_and_default
    try:
        return record[name] if isinstance(record, Mapping) else getattr(record, name)
    except (AttributeError, KeyError):
        if default:
            return default[0]
        raise TypeError(
            f"{record!r:.100} is no record that comes back from review: it has no {name!r}."
        ) from None
