"""Records and settings for the client of Argilla 2, or sent to its server."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from label_auditor.export.argilla.limits import MAX_CHUNK, QUESTION, Layout, plan_layout
from label_auditor.export.argilla.server import DATASET, ArgillaServer
from label_auditor.export.push import PushReport, check_chunk_size, push_chunks
from label_auditor.export.records import make_records
from label_auditor.export.server import ConflictError, retry, segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from label_auditor.data.findings import Findings
    from label_auditor.export.records import Record

QUESTION_TYPES = {False: "label_selection", True: "multi_label_selection"}
# What a server answers of the parts of a data set.
OPTIONS = (None, [{"value": (str, int)}])
PARTS = {
    "questions": {"name": str, "id": str, "settings": {"type": str, "options": OPTIONS}},
    "fields": {"name": str},
    "metadata-properties": {"name": str},
}


def to_argilla(
    audit: Findings,
    inputs: Any,
    *,
    only_issues: bool = True,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    image_fields: Sequence[str] | None = None,
    prediction_agent: str = "label-auditor",
    n_reviewers: int = 1,
) -> tuple[Any, list[Any]]:
    """Make settings and records for Argilla's client.

    Needs the package `argilla`, version 2, but no server; :func:`push_to_argilla` needs no package.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields of text or URLs of images.
    only_issues, ids, class_names, metadata : as in make_records
        What is in the records: see :func:`~label_auditor.export.records.make_records`.
    image_fields : sequence of str, default=None
        The fields that hold URLs of images. None takes those in which every value is the URL of
        a file whose name ends as that of an image does.
    prediction_agent : str, default="label-auditor"
        The name under which the suggestions are recorded.
    n_reviewers : int, default=1
        How many reviewers answer a record before it is done.

    Returns
    -------
    settings : argilla.Settings
        A field of text or images for each input; a label question named "label" (several labels: a
        multi-label question); metadata properties, to sort and filter by, for all metadata.
    records : list of argilla.Record
        In the order of the audit, with the likeliest label as suggestion (several labels: all with
        a probability above one half), and metadata: `label_error_candidate` (rank: 0 is worst),
        `label_quality`, `suggested_label`, `given_label` and your own. They have no responses:
        those are for reviewers to give.

    Raises
    ------
    ImportError
        If `argilla` isn't installed.
    ValueError
        If Argilla could not store a record: see :func:`push_to_argilla`.

    Examples
    --------
    >>> settings, records = audit.to_argilla(texts)  # doctest: +SKIP
    >>> dataset = argilla.Dataset("ag-news", settings=settings).create()  # doctest: +SKIP
    >>> dataset.records.log(records)  # doctest: +SKIP
    """
    rg = _import_argilla()
    records = make_records(
        audit,
        inputs,
        only_issues=only_issues,
        ids=ids,
        class_names=class_names,
        metadata=metadata,
    )
    layout = plan_layout(records, prediction_agent, n_reviewers, image_fields)
    return _client_settings(rg, layout), [_client_record(rg, each, layout) for each in records]


def push_to_argilla(
    audit: Findings,
    inputs: Any,
    name: str,
    *,
    api_url: str | None = None,
    api_key: str | None = None,
    workspace: str | None = None,
    only_issues: bool = True,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    image_fields: Sequence[str] | None = None,
    prediction_agent: str = "label-auditor",
    n_reviewers: int = 1,
    chunk_size: int = MAX_CHUNK,
    progress: bool | None = None,
) -> PushReport:
    """Log records to an Argilla 2 server, without the package `argilla`.

    Only fields, metadata and suggestions are sent, so the responses of reviewers are never
    touched, and pushing twice changes nothing. Records of an earlier push stay on the server, even
    if this push doesn't have them. The metadata of the records that it has are replaced.

    Dropped connections and failures of the server are retried, for half a minute.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields of text or URLs of images.
    name : str
        The data set, made if there is none: 1 to 200 characters.
    api_url, api_key, workspace : str, default=None
        The address of the server, your key there, and a workspace. None takes the environment
        variables ARGILLA_API_URL and ARGILLA_API_KEY, and the only workspace that you have.
    only_issues, ids, class_names, metadata : as in make_records
        What is in the records: see :func:`~label_auditor.export.records.make_records`.
    image_fields : sequence of str, default=None
        The fields that hold URLs of images: see :func:`to_argilla`.
    prediction_agent : str, default="label-auditor"
        The name under which the suggestions are recorded: 1 to 200 letters, digits, spaces and
        "-_:./".
    n_reviewers : int, default=1
        How many reviewers answer a record before it is done. It has no effect on a data set that
        is there already.
    chunk_size : int, default=500
        Records per request, from 1 to 500.
    progress : bool, default=None
        Whether to show a progress bar. None shows one on a terminal only.

    Returns
    -------
    PushReport
        How many records were stored.

    Raises
    ------
    ValueError
        Before anything is sent: if Argilla can't store `name`, the agent, the class names (2 to
        500, of 1 to 200 characters each), a field or a metadata column; if the URL, the key or the
        workspace is missing or wrong; or if there is a data set of that name with other fields or
        classes.
    ConnectionError, PermissionError, RuntimeError
        Before anything is sent: if nothing answers at the URL, if the key is refused, or if the
        server isn't Argilla 2.
    PushInterruptedError
        If the server stays unavailable for longer than half a minute, or refuses a chunk. The
        `report` of the error says what was stored.

    Examples
    --------
    >>> audit.push_to_argilla(texts, "ag-news", class_names=["World", "Sports"])  # doctest: +SKIP
    <PushReport: 120 of 120 records stored in http://localhost:6900/dataset/0b6…/annotation-mode>
    """
    if not isinstance(name, str) or not 1 <= len(name) <= 200:
        raise ValueError(f"name is {name!r:.250}, but Argilla takes names of 1 to 200 characters.")
    check_chunk_size(chunk_size, MAX_CHUNK)
    records = make_records(
        audit,
        inputs,
        only_issues=only_issues,
        ids=ids,
        class_names=class_names,
        metadata=metadata,
    )
    layout = plan_layout(records, prediction_agent, n_reviewers, image_fields)
    server = ArgillaServer(api_url, api_key, workspace)
    dataset, question = _prepare_dataset(server, name, layout)
    path = f"/api/v1/datasets/{segment(dataset)}/records/bulk"

    def store(chunk: list[dict[str, Any]]) -> tuple[int, tuple[()], dict[int | str, str]]:
        answer = server.request("PUT", path, {"items": chunk}, shape={"items": list})
        if len(answer["items"]) != len(chunk):
            raise RuntimeError(
                f"{server.url} did not store all of {len(chunk)} records: by its own account, "
                f"{len(answer['items'])} were stored."
            )
        return len(chunk), (), {}

    return push_chunks(
        PushReport(name, f"{server.url}/dataset/{dataset}/annotation-mode", len(records)),
        (_payload(record, layout, question) for record in records),
        store,
        chunk_size=chunk_size,
        progress=progress,
    )


def _prepare_dataset(server: ArgillaServer, name: str, layout: Layout) -> tuple[str, str]:
    """Find or make the data set; give its id and that of its question.

    What an interrupted push has made of it is completed.
    """
    dataset = server.find_dataset(name) or _create(server, name, layout)
    path = f"/api/v1/datasets/{segment(dataset['id'])}"
    new = dataset["status"] == "draft"
    questions = _ensure(server, path, "questions", _question_payloads(layout), new=new)
    fields = _ensure(server, path, "fields", _field_payloads(layout), new=new)
    _check_layout(name, layout, fields, questions)
    _ensure(server, path, "metadata-properties", _property_payloads(layout), new=True)
    if new:
        try:
            retry(lambda: server.request("PUT", f"{path}/publish"))
        except RuntimeError as error:  # published by an attempt whose answer was lost
            if "already been published" not in str(error):
                raise
    return dataset["id"], questions[QUESTION]["id"]


def _create(server: ArgillaServer, name: str, layout: Layout) -> dict[str, Any]:
    """Make a data set, or find the one that an attempt whose answer was lost has made."""
    distribution = {"strategy": "overlap", "min_submitted": layout.n_reviewers}
    body = {"name": name, "workspace_id": server.workspace_id, "distribution": distribution}
    try:
        made: dict[str, Any] = retry(
            lambda: server.request("POST", "/api/v1/datasets", body, shape=DATASET)
        )
    except ConflictError:
        found = server.find_dataset(name)
        if found is None:
            raise
        return found
    return made


def _ensure(
    server: ArgillaServer, path: str, kind: str, wanted: list[dict[str, Any]], *, new: bool
) -> dict[str, dict[str, Any]]:
    """Add the parts that a data set lacks, if it is new; give all its parts by name."""
    listing = f"/api/v1/me/{path.removeprefix('/api/v1/')}" if "metadata" in kind else path
    find = functools.partial(
        server.request, "GET", f"{listing}/{kind}", shape={"items": [PARTS[kind]]}
    )
    known = {each["name"] for each in retry(find)["items"]}
    for part in wanted if new else ():
        if part["name"] not in known:
            try:
                retry(functools.partial(server.request, "POST", f"{path}/{kind}", part))
            except ConflictError:  # made by an attempt whose answer was lost
                continue
    return {each["name"]: each for each in retry(find)["items"]}


def _check_layout(
    name: str, layout: Layout, fields: dict[str, Any], questions: dict[str, Any]
) -> None:
    """Refuse a data set that these records don't fit."""
    lacking = [field for field in layout.fields if field not in fields]
    question = questions.get(QUESTION, {"settings": {"type": None}})["settings"]
    if question["type"] != QUESTION_TYPES[layout.multi_label]:
        problem = f"has no {QUESTION_TYPES[layout.multi_label]} question {QUESTION!r}"
    elif not set(layout.classes) <= (
        known := {option["value"] for option in question["options"] or ()}
    ):
        problem = (
            f"has the classes {sorted(map(str, known))!r:.200}, not all of {layout.classes!r:.200}"
        )
    elif lacking:
        problem = f"has no fields {lacking!r:.200}"
    else:
        return
    raise ValueError(f"there is a data set {name!r}, but it {problem}; choose another name.")


def _field_payloads(layout: Layout) -> list[dict[str, Any]]:
    text, image = {"type": "text", "use_markdown": False}, {"type": "image"}
    # A missing text is "", which a required field would refuse.
    return [
        {
            "name": name,
            "title": name,
            "required": required,
            "settings": image if name in layout.images else text,
        }
        for name, required in layout.fields.items()
    ]


def _question_payloads(layout: Layout) -> list[dict[str, Any]]:
    settings = {
        "type": QUESTION_TYPES[layout.multi_label],
        "options": [{"value": name, "text": name} for name in layout.classes],
    }
    return [{"name": QUESTION, "title": "Label", "required": True, "settings": settings}]


def _property_payloads(layout: Layout) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": name, "settings": {"type": kind}, "visible_for_annotators": True}
        for name, kind in layout.properties.items()
    ]


def _payload(record: Record, layout: Layout, question: str) -> dict[str, Any]:
    """Give a record as Argilla's server takes it."""
    found = suggestion(record)
    return {
        "external_id": str(record.id),
        "fields": layout.values(record),
        "metadata": layout.metadata(record),
        "suggestions": []
        if found is None
        else [
            {
                "question_id": question,
                "value": found[0],
                "score": found[1],
                "agent": layout.agent,
                "type": "model",
            }
        ],
    }


def suggestion(record: Record) -> tuple[Any, Any] | None:
    """Give the likeliest label and its score, lists of both for several labels; None if none."""
    label = record.suggested
    if isinstance(label, tuple):
        return (list(label), [record.prediction[name] for name in label]) if label else None
    return None if label is None else (label, record.prediction[label])


def _client_record(rg: Any, record: Record, layout: Layout) -> Any:
    """Give a record as Argilla's client has it."""
    found = suggestion(record)
    return rg.Record(
        id=str(record.id),
        fields=layout.values(record),
        metadata=layout.metadata(record),
        suggestions=[]
        if found is None
        else [rg.Suggestion(QUESTION, found[0], score=found[1], agent=layout.agent, type="model")],
    )


def _client_settings(rg: Any, layout: Layout) -> Any:
    """Give the settings as Argilla's client has them."""
    # They ask for a client, and take that of the data set which they are given to.
    client: Any = SimpleNamespace(api=SimpleNamespace(fields=None, questions=None, metadata=None))
    properties = {
        "terms": rg.TermsMetadataProperty,
        "integer": rg.IntegerMetadataProperty,
        "float": rg.FloatMetadataProperty,
    }
    question = rg.MultiLabelQuestion if layout.multi_label else rg.LabelQuestion
    return rg.Settings(
        fields=[
            rg.ImageField(name, title=name, required=required, _client=client)
            if name in layout.images
            else rg.TextField(name, title=name, required=required, client=client)
            for name, required in layout.fields.items()
        ],
        questions=[question(QUESTION, title="Label", labels=layout.classes, client=client)],
        metadata=[
            properties[kind](name, title=name, client=client)
            for name, kind in layout.properties.items()
        ],
        allow_extra_metadata=True,
        distribution=rg.TaskDistribution(min_submitted=layout.n_reviewers),
    )


def _import_argilla() -> Any:
    """Import Argilla's client, or say how to install it."""
    try:
        import argilla
    except ImportError as error:
        raise ImportError(
            "to_argilla needs the package argilla, version 2: "
            "pip install 'argilla>=2.8,<3' requests. push_to_argilla does without it."
        ) from error
    return argilla
