"""The decisions of reviewers in the responses of Argilla 2."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from label_auditor.data.decisions import DISCARDED, VALIDATED, Correction
from label_auditor.data.messages import quote_values
from label_auditor.export.argilla.server import ArgillaServer
from label_auditor.export.server import retry, segment

if TYPE_CHECKING:
    from collections.abc import Iterator

# Records that are asked of a server at a time.
PAGE = 500
QUESTION = {"name": str, "settings": {"type": str}}
# The shape of an answer, by the type of its question.
ANSWERS = {"label_selection": str, "multi_label_selection": [str]}


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
    path = f"/api/v1/datasets/{segment(dataset['id'])}"
    questions = retry(
        lambda: server.request("GET", f"{path}/questions", shape={"items": [QUESTION]})
    )["items"]
    types = {each["name"]: each["settings"]["type"] for each in questions}
    if question not in types:
        raise ValueError(
            f"question is {question!r}, but those of {name!r} are {quote_values(types)}."
        )
    if types[question] not in ANSWERS:
        raise ValueError(
            f"question {question!r} of {name!r} has the type {types[question]!r}, but corrections "
            f"are answers of the types {quote_values(ANSWERS)}; pass the name of such a question."
        )
    shape = {"items": [_record_shape(question, ANSWERS[types[question]])]}
    load = functools.partial(
        server.request, "GET", f"{path}/records", shape=shape, include="responses", limit=PAGE
    )
    users = _user_names(server)
    for page in server.pages(lambda _, n_read: load(offset=n_read)["items"]):
        for record in page:
            yield from _read_responses(record, question, users)


def _record_shape(question: str, answer: Any) -> dict[str, Any]:
    """Give the shape of a record whose responses have such an answer to a question."""
    response = {
        "status": str,
        "user_id": (None, str),
        "updated_at": (None, str),
        "values": (None, {question: (None, {"value": answer})}),
    }
    return {"id": str, "external_id": (None, str), "responses": (None, [response])}


def _read_responses(
    record: dict[str, Any], question: str, users: dict[str, str]
) -> Iterator[Correction]:
    """Give what each reviewer decided about a record; drafts are no decisions."""
    for response in record.get("responses") or ():
        answer = (response.get("values") or {}).get(question)
        status = {"submitted": VALIDATED, "discarded": DISCARDED}.get(response["status"])
        if status is None or (status == VALIDATED and answer is None):
            continue
        label = None if status == DISCARDED or answer is None else answer["value"]
        who = response.get("user_id")
        yield Correction(
            id=record.get("external_id") or record["id"],
            label=tuple(label) if isinstance(label, list) else label,
            status=status,
            who=users.get(who, who),
            when=response.get("updated_at"),
        )


def _user_names(server: ArgillaServer) -> dict[str, str]:
    """Give the names of users by id: all that this user may see."""
    shape = {"items": [{"id": str, "username": str}]}
    for path in ("users", f"workspaces/{segment(server.workspace_id)}/users"):
        find = functools.partial(server.request, "GET", f"/api/v1/{path}", shape=shape)
        with contextlib.suppress(PermissionError):  # only owners see all
            users = retry(find)["items"]
            return {user["id"]: user["username"] for user in users}
    return {}
