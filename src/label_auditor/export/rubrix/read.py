"""What comes back from reviewers in the records of Rubrix, Argilla 1.x and `datasets`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from label_auditor.data.decisions import DISCARDED, VALIDATED, Correction
from label_auditor.data.labels import name_values
from label_auditor.export.server import ArgillaServer, NotFoundError, RubrixServer, retry

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


def read_dataset(dataset: Any, annotation_agent: str) -> Iterator[Correction]:
    """Give the decision in each row of a data set that somebody reviewed."""
    names = getattr(dataset, "column_names", None)
    if not isinstance(names, list):
        raise TypeError(
            f"dataset is a {type(dataset).__name__}, but a datasets.Dataset is needed; "
            "of a DatasetDict pass one split."
        )
    required = ["id", "status", "annotation"]
    missing = [name for name in required if name not in names]
    if missing:
        raise ValueError(
            f"dataset has no column {name_values(missing)} but {name_values(names, 20)}; "
            "rename_column says which is which."
        )
    wanted = [name for name in (*required, "annotation_agent") if name in names]
    feature = dataset.features["annotation"]
    feature = feature[0] if isinstance(feature, list) else getattr(feature, "feature", feature)
    rows = dataset.select_columns(wanted)
    if hasattr(feature, "int2str"):
        rows = (row | {"annotation": _names(row["annotation"], feature)} for row in rows)
    return read_records(rows, annotation_agent)


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


def read_argilla(
    name: str,
    api_url: str | None,
    api_key: str | None,
    workspace: str | None,
    question: str,
) -> Iterator[Correction]:
    """Give the responses that a server of Argilla 2 holds, a page of records at a time."""
    server = ArgillaServer(api_url, api_key, workspace)
    dataset = server.find_dataset(name)
    if dataset is None:
        raise ValueError(
            f"name is {name!r}, but {server.url} has no data set of that name in the workspace "
            f"{server.workspace!r}; pass the name and the workspace that were pushed to."
        )
    path = f"/api/v1/datasets/{dataset['id']}"
    questions = retry(lambda: server.request("GET", f"{path}/questions"))["items"]
    if question not in [each["name"] for each in questions]:
        raise ValueError(
            f"question is {question!r}, but those of {name!r} are "
            f"{name_values(each['name'] for each in questions)}."
        )
    users = _user_names(server)
    load = functools.partial(
        server.request, "GET", f"{path}/records", include="responses", limit=PAGE
    )
    offset = 0
    while page := retry(functools.partial(load, offset=offset))["items"]:
        for record in page:
            yield from _read_responses(record, question, users)
        offset += len(page)


def _read_responses(
    record: dict[str, Any], question: str, users: dict[str, str]
) -> Iterator[Correction]:
    """Give what each reviewer decided about a record; drafts are no decisions."""
    for response in record["responses"] or ():
        answer = (response["values"] or {}).get(question)
        status = {"submitted": VALIDATED, "discarded": DISCARDED}.get(response["status"])
        if status is None or (status == VALIDATED and answer is None):
            continue
        label = None if status == DISCARDED or answer is None else answer["value"]
        yield Correction(
            id=record["external_id"] or record["id"],
            label=tuple(label) if isinstance(label, list) else label,
            status=status,
            who=users.get(response["user_id"], response["user_id"]),
            when=response["updated_at"],
        )


def _user_names(server: ArgillaServer) -> dict[str, str]:
    """Give the names of users by id: all that this user may see."""
    for path in ("users", f"workspaces/{server.workspace_id}/users"):
        with contextlib.suppress(PermissionError):  # only owners see all
            users = retry(functools.partial(server.request, "GET", f"/api/v1/{path}"))["items"]
            return {user["id"]: user["username"] for user in users}
    return {}


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


def _names(codes: Any, feature: Any) -> Any:
    """Give the names of class labels; -1 is none."""
    if codes is None or codes == -1:
        return None
    return feature.int2str(codes)
