"""The decisions of annotators in Label Studio: on a server, or in files that it has exported."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.data.decisions import DISCARDED, Correction
from label_auditor.data.messages import quote_values
from label_auditor.data.text_files import decode_utf8, parse_json
from label_auditor.export.label_studio.limits import CHOICES, GIVEN, RECORD_ID
from label_auditor.export.label_studio.server import ANNOTATION, LabelStudioServer
from label_auditor.export.server import fits, retry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from label_auditor.data.decisions import Label


def read_label_studio(
    project: int | str, api_url: str | None, api_key: str | None
) -> Iterator[Correction]:
    """Give the annotations that a server holds, a page of tasks at a time."""
    server = LabelStudioServer(api_url, api_key)
    found = server.find_project(project)
    if found is None:
        raise ValueError(
            f"project is {project!r}, but {server.url} has no project of that title; pass the one "
            "that was pushed to."
        )
    users = _user_names(server)
    for page in server.tasks(found["id"]):
        for task in page:
            where = f"{server.url}/projects/{found['id']}/data, task {task['id']}"
            yield from _read_task(task, users, where)


def _user_names(server: LabelStudioServer) -> dict[int, str]:
    """Give the e-mail addresses of users by id: all that this user may see."""
    shape = [{"id": int, "email": str}]
    try:
        users = retry(lambda: server.request("GET", "/api/users", shape=shape))
    except PermissionError:
        return {}
    return {user["id"]: user["email"] for user in users}


def read_export(path: str | os.PathLike[str]) -> Iterator[Correction]:
    """Give the annotations in a file of the format JSON, JSON-MIN or CSV."""
    try:
        text = decode_utf8(Path(path).read_bytes())
        content = parse_json(text) if text.lstrip()[:1] in ("[", "{") else _read_csv(text)
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{path} is no export of Label Studio: {error}") from error
    if not isinstance(content, list):
        raise ValueError(
            f"{path} is no export of Label Studio: it holds one object, not a list of tasks."
        )
    for number, task in enumerate(content, start=1):
        where = f"{path}, task {number}"
        if not isinstance(task, dict):
            raise ValueError(f"{where} is {task!r:.60}, not an object.")
        if "annotations" in task or "data" in task:
            if not fits(task, {"data": dict, "annotations": [ANNOTATION]}):
                raise ValueError(
                    f"{where} hasn't the data and annotations that Label Studio writes; export "
                    "the project again, in the format JSON."
                )
            yield from _read_task(task, {}, where)
        elif "annotation_id" in task:
            yield from _read_row(task, where)
        else:
            raise ValueError(
                f"{where} has neither annotations nor an annotation_id; export the project in the "
                "format JSON, JSON-MIN or CSV."
            )


def _read_csv(text: str) -> list[dict[str, Any]]:
    """Give the rows of CSV, with the JSON that some of their cells hold."""
    csv.field_size_limit(2**31 - 1)
    rows: list[dict[str, Any]] = []
    for row in csv.DictReader(io.StringIO(text, newline=""), strict=True):
        if None in row or None in row.values():
            raise ValueError(f"row {len(rows) + 1} has another number of cells than the header.")
        found: dict[str, Any] = dict(row)
        for key, start in ((CHOICES, '{"choices":'), (GIVEN, "["), (CHOICES, "[]")):
            if row.get(key, "").startswith(start):
                found[key] = parse_json(row[key])
        rows.append({key: value for key, value in found.items() if value != ""})
    if not rows and "annotation_id" not in text.partition("\n")[0]:
        raise ValueError("its first line has no column 'annotation_id'.")
    return rows


def _read_task(task: dict[str, Any], users: dict[int, str], where: str) -> Iterator[Correction]:
    """Give what each annotator decided about a task."""
    annotations = task["annotations"]
    for each in sorted(annotations, key=lambda each: (each.get("updated_at") or "", each["id"])):
        names: list[Any] = []
        results = each.get("result") or ()
        for result in results:
            if result.get("from_name") == CHOICES:
                names += result["value"].get("choices") or ()
        foreign = {str(result.get("from_name")) for result in results} - {CHOICES}
        if foreign and not names and not each.get("was_cancelled"):
            raise ValueError(
                f"{where} is annotated under {quote_values(foreign)}, but corrections are choices "
                f"named {CHOICES!r}, as in the configuration of to_label_studio."
            )
        who = each.get("completed_by")
        if isinstance(who, dict):
            who = who.get("email") or who["id"]
        yield from _correction(
            task["data"],
            None if each.get("was_cancelled") else names,
            users.get(who, who) if isinstance(who, int) else who,
            each.get("updated_at"),
            where,
        )


def _read_row(row: dict[str, Any], where: str) -> Iterator[Correction]:
    """Give what JSON-MIN or CSV says of one annotation; of skipped ones, they say nothing."""
    if row["annotation_id"] is None:
        return
    answer = row.get(CHOICES, [])
    if isinstance(answer, dict):
        answer = answer.get("choices")
    names = [answer] if isinstance(answer, str) else answer
    if not isinstance(names, list):
        raise ValueError(f"{where}: the {CHOICES!r} is {row[CHOICES]!r:.60}, not choices.")
    who = row.get("annotator")
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    yield from _correction(row, names, who, row.get("updated_at"), where)


def _correction(
    data: dict[str, Any], names: list[Any] | None, who: Any, when: Any, where: str
) -> Iterator[Correction]:
    """Give the decision that choices are; None skips the task, and no choice is no decision.

    Where rows may have several labels, which the given ones tell, no choice is one: no label.
    """
    if not isinstance(data.get(RECORD_ID), str):
        raise ValueError(
            f"{where} is annotated, but its data have no {RECORD_ID!r}, so it can't be told to "
            "which row it belongs: it was not sent with push_to_label_studio or to_label_studio."
        )
    several = isinstance(data.get(GIVEN), list)
    wrong = [name for name in names or () if not isinstance(name, str)]
    if wrong or (names is not None and len(names) > 1 and not several):
        raise ValueError(f"{where} has the choices {names!r:.60}, not the name of one class.")
    if names == [] and not several:
        return
    label: Label | None = None
    if names is not None:
        label = tuple(names) if several else names[0]
    identity = data[RECORD_ID]
    yield (
        Correction(identity, None, DISCARDED, _text(who), _text(when))
        if label is None
        else Correction(identity, label, who=_text(who), when=_text(when))
    )


def _text(value: Any) -> str | None:
    """Give a value as text, if there is one."""
    return None if value is None else str(value)
