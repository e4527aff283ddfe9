"""Tasks and a labelling configuration for Label Studio, in files or sent to its server."""

from __future__ import annotations

import functools
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.data.atomic_write import atomic_write
from label_auditor.export.columns import utf8
from label_auditor.export.label_studio.limits import (
    BLANK_CONFIGS,
    CHOICES,
    GIVEN,
    MAX_CHUNK,
    RECORD_ID,
    Layout,
    check_config,
    check_title,
    plan_layout,
)
from label_auditor.export.label_studio.server import PROJECT, LabelStudioServer
from label_auditor.export.label_studio.stored import StoredTasks
from label_auditor.export.push import (
    PushInterruptedError,
    PushReport,
    check_chunk_size,
    push_chunks,
)
from label_auditor.export.records import SUGGESTION, make_records
from label_auditor.export.server import NotFoundError, retry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from label_auditor.data.findings import Findings
    from label_auditor.export.records import Record

MADE_BY = "Made by label-auditor, push "


def to_label_studio(
    audit: Findings,
    inputs: Any,
    *,
    path: str | os.PathLike[str] | None = None,
    only_issues: bool = True,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    prediction_agent: str = "label-auditor",
    image_fields: Sequence[str] | None = None,
) -> tuple[str, list[dict[str, Any]]]:
    """Make a labelling configuration and tasks, as Label Studio imports them.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields of text or URLs of images.
    path : str or path, default=None
        A folder, made if there is none, in which `config.xml` and `tasks.json` are written too.
    only_issues, ids, class_names, metadata : as in make_records
        What is in the tasks: see :func:`~label_auditor.export.records.make_records`.
    prediction_agent : str, default="label-auditor"
        The version of the model (`model_version`) under which the suggestions are stored.
    image_fields : sequence of str, default=None
        The fields that hold URLs of images. None takes those in which every value is the URL of
        a file whose name ends as that of an image does.

    Returns
    -------
    config : str
        A text or an image for each field, and choices named "label".
    tasks : list of dict
        In the order of the audit. The `data` hold the fields, `record_id`, `given_label`,
        `label_error_candidate` (rank: 0 is worst), `label_quality`, `suggested_label` and your own
        metadata. A prediction holds the likeliest label and its probability as score; of several
        labels all above one half, and the lowest of their probabilities.

    Raises
    ------
    ValueError
        If Label Studio could not store a record: see :func:`push_to_label_studio`.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> pred_probs = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    >>> audit = audit_labels(["pos", "pos", "neg", "neg"], pred_probs, classes=["pos", "neg"])
    >>> config, tasks = audit.to_label_studio(["good", "bad", "awful", "poor"])
    >>> tasks[0]["data"]["text"], tasks[0]["data"]["given_label"]
    ('bad', 'pos')
    >>> tasks[0]["predictions"][0]["result"][0]["value"], tasks[0]["predictions"][0]["score"]
    ({'choices': ['neg']}, 0.9)
    """
    records = make_records(
        audit,
        inputs,
        only_issues=only_issues,
        ids=ids,
        class_names=class_names,
        metadata=metadata,
    )
    layout = plan_layout(records, prediction_agent, image_fields)
    config = layout.config()
    tasks = [_task(record, layout, layout.fields[0]) for record in records]
    if path is not None:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("config.xml", config),
            ("tasks.json", json.dumps(tasks, ensure_ascii=False, indent=1)),
        ):
            with atomic_write(folder / name) as file:
                file.write(text.encode())
    return config, tasks


def push_to_label_studio(
    audit: Findings,
    inputs: Any,
    project: int | str,
    *,
    api_url: str | None = None,
    api_key: str | None = None,
    only_issues: bool = True,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    prediction_agent: str = "label-auditor",
    image_fields: Sequence[str] | None = None,
    chunk_size: int = 500,
    progress: bool | None = None,
) -> PushReport:
    """Send tasks to a Label Studio server, without the package `label-studio-sdk`.

    Tasks that somebody has annotated, skipped or begun to annotate are left alone. Other tasks of
    an earlier push are brought up to date, and pushing twice changes nothing. Tasks of an earlier
    push stay on the server, even if this push doesn't have them.

    Dropped connections and failures of the server are retried, for half a minute. If the network
    delivers an import twice, the second copies of its tasks are deleted, unless somebody has
    worked on them.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields of text or URLs of images.
    project : int or str
        The id of a project, or a title of 3 to 50 characters, which is made if there is none.
    api_url, api_key : str, default=None
        The address of the server and your token there: a personal access token or a legacy token.
        None takes the environment variables LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY.
    only_issues, ids, class_names, metadata : as in make_records
        What is in the tasks: see :func:`~label_auditor.export.records.make_records`.
    prediction_agent : str, default="label-auditor"
        The version of the model (`model_version`) under which the suggestions are stored.
    image_fields : sequence of str, default=None
        The fields that hold URLs of images: see :func:`to_label_studio`.
    chunk_size : int, default=500
        Tasks per request, from 1 to 1000.
    progress : bool, default=None
        Whether to show a progress bar. None shows one on a terminal only.

    Returns
    -------
    PushReport
        How many tasks were stored, and which were left alone.

    Raises
    ------
    ValueError
        Before anything is sent: if Label Studio can't store or export a name or a value; if the
        URL, the token or the project is missing or wrong; if several projects have the title; or
        if the project has a configuration for other fields or classes.
    ConnectionError, PermissionError, RuntimeError
        Before anything is sent: if nothing answers at the URL, if the token is refused, or if the
        server isn't Label Studio.
    PushInterruptedError
        If the server stays unavailable for longer than half a minute, or refuses a chunk. The
        `report` of the error says what was stored.

    Examples
    --------
    >>> audit.push_to_label_studio(texts, "AG News errors")  # doctest: +SKIP
    <PushReport: 120 of 120 records stored in http://localhost:8080/projects/7/data>
    """
    check_title(project)
    check_chunk_size(chunk_size, MAX_CHUNK)
    records = make_records(
        audit,
        inputs,
        only_issues=only_issues,
        ids=ids,
        class_names=class_names,
        metadata=metadata,
    )
    layout = plan_layout(records, prediction_agent, image_fields)
    server = LabelStudioServer(api_url, api_key)
    found, to_name = _prepare_project(server, project, layout)
    stored = StoredTasks(server, found["id"], found["task_number"] or 0, layout.agent)
    report = push_chunks(
        PushReport(found["title"], f"{server.url}/projects/{found['id']}/data", len(records)),
        (_task(record, layout, to_name) for record in records),
        stored.store,
        chunk_size=chunk_size,
        progress=progress,
    )
    try:
        retry(stored.settle)
    except (OSError, RuntimeError) as error:
        raise PushInterruptedError(error, report) from error
    return report


def _prepare_project(
    server: LabelStudioServer, project: int | str, layout: Layout
) -> tuple[dict[str, Any], str]:
    """Find or make the project; give it, and what the choices of its configuration are about."""
    if isinstance(project, str):
        found = _without_twins(server, server.projects(project))
        if not found:
            _create(server, project, layout)
    known = server.find_project(project)
    if known is None:
        raise RuntimeError(f"{server.url} has made the project {project!r}, but doesn't show it.")
    config = known["label_config"] or ""
    if config.strip() in BLANK_CONFIGS and not known["task_number"]:
        config = layout.config()
        path = f"/api/projects/{known['id']}"
        retry(lambda: server.request("PATCH", path, {"label_config": config}))
    return known, check_config(config, layout, repr(known["title"]))


def _create(server: LabelStudioServer, title: str, layout: Layout) -> None:
    """Make a project once, also if the request for it is repeated."""
    body = {
        "title": title,
        "label_config": layout.config(),
        "description": MADE_BY + uuid.uuid4().hex,
    }

    def attempt() -> None:
        if not server.projects(title):  # made by an attempt whose answer was lost
            server.request("POST", "/api/projects", body, shape={"id": int})

    retry(attempt)
    _without_twins(server, server.projects(title))


def _without_twins(
    server: LabelStudioServer, projects: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Delete the empty copies that a network makes which delivers one request several times."""
    by_push: dict[str, dict[str, Any]] = {}
    kept = []
    for project in sorted(projects, key=lambda each: (not each["task_number"], each["id"])):
        said = project["description"] or ""
        if said.startswith(MADE_BY) and said in by_push and not project["task_number"]:
            try:
                retry(functools.partial(_delete_empty, server, project["id"]))
            except NotFoundError:  # it is gone
                continue
        else:
            by_push[said] = project
            kept.append(project)
    return kept


def _delete_empty(server: LabelStudioServer, project: int) -> None:
    """Delete a project unless it has got tasks."""
    path = f"/api/projects/{project}"
    if not server.request("GET", path, shape=PROJECT)["task_number"]:
        server.delete(path)


def _task(record: Record, layout: Layout, to_name: str) -> dict[str, Any]:
    """Give a record as Label Studio imports it."""
    given: Any = record.annotation
    if layout.multi_label:
        given = list(given or ())
    metadata = {k: utf8(v) if isinstance(v, str) else v for k, v in record.metadata.items()}
    data = {
        **{field: utf8(value) for field, value in record.fields.items()},
        RECORD_ID: str(record.id),
        **({} if given is None else {GIVEN: given}),
        **metadata,
    }
    label = record.suggested
    names = [label] if isinstance(label, str) else list(label or ())
    if layout.multi_label and SUGGESTION in data:
        data[SUGGESTION] = names
    if not names:
        return {"data": data}
    chosen = {"from_name": CHOICES, "to_name": to_name, "type": "choices"}
    return {
        "data": data,
        "predictions": [
            {
                "model_version": layout.agent,
                "score": min(record.prediction[name] for name in names),
                "result": [chosen | {"value": {"choices": names}}],
            }
        ],
    }
