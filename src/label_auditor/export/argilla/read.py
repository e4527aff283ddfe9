"""What comes back from reviewers in the responses of Argilla 2."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from label_auditor.data.decisions import DISCARDED, VALIDATED, Correction
from label_auditor.data.messages import quote_values
from label_auditor.export.argilla.server import ArgillaServer
from label_auditor.export.server import retry

if TYPE_CHECKING:
    from collections.abc import Iterator

# Records that are asked of a server at a time.
PAGE = 500


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
            f"{quote_values(each['name'] for each in questions)}."
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
