"""Records for the client of Rubrix 0.18 or Argilla 1, or sent to a server of either."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import json
import re
import sys
from typing import TYPE_CHECKING, Any

from label_auditor.data.messages import warn
from label_auditor.export.push import PushReport, push_chunks
from label_auditor.export.records import make_records
from label_auditor.export.rubrix.limits import MAX_CHUNK, check_request, fit_records
from label_auditor.export.rubrix.server import RubrixServer
from label_auditor.export.server import (
    NotFoundError,
    RefusedError,
    ServerUnavailableError,
    retry,
    segment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from label_auditor.data.findings import Findings
    from label_auditor.export.records import Record

# What a server answers of the records that it has stored.
ACCOUNT = {"processed": int, "failed": (None, int)}
# How an error names the records that the search engine refused, having stored the others.
REFUSED_COUNT = re.compile(r"\('(\d+) document\(s\) failed to index\.'")
REFUSED = re.compile(
    r"""'_id': (?P<id>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"), 'status': 4\d\d, """
    r"'error': (?P<reason>\{.*?\}), 'data': \{",
    re.DOTALL,
)
# The same in later versions of Argilla 1, whose errors are a list.
REFUSED_ID = re.compile(r"in document with id '(.*?)'")


def to_rubrix(
    audit: Findings,
    inputs: Any,
    *,
    only_issues: bool = True,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    explanation: Sequence[Mapping[str, Any] | None] | None = None,
    prediction_agent: str = "label-auditor",
    annotation_agent: str = "given",
) -> Any:
    """Make records for the client of Rubrix or Argilla 1.

    Needs the package `rubrix`, version 0.18, or `argilla`, version 1; :func:`push_to_rubrix` needs
    neither of them.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields of text.
    only_issues, ids, class_names, metadata, explanation : as in make_records
        What is in the records: see :func:`~label_auditor.export.records.make_records`.
    prediction_agent, annotation_agent : str
        The names, of 1 to 64 characters, under which the predictions and the given labels are
        recorded.

    Returns
    -------
    rubrix.DatasetForTextClassification or argilla.DatasetForTextClassification
        Of Rubrix if it is installed, else of Argilla. The records have the status "Default" and are
        in the order of the audit. The annotation is the given label, the prediction holds the
        probability of every class, and the metadata are `label_error_candidate` (rank: 0 is worst),
        `label_quality`, `suggested_label` and your own.

    Raises
    ------
    ImportError
        If neither package is installed and works. The error says how to install Rubrix.
    ValueError
        If Rubrix could not store a record: see :func:`push_to_rubrix`.

    Examples
    --------
    >>> dataset = audit.to_rubrix(texts, class_names=["World", "Sports"])  # doctest: +SKIP
    >>> rubrix.log(dataset, "ag-news")  # doctest: +SKIP
    """
    rb = _import_client()
    records = fit_records(
        make_records(
            audit,
            inputs,
            only_issues=only_issues,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            explanation=explanation,
        ),
        prediction_agent,
        annotation_agent,
    )
    return rb.DatasetForTextClassification(
        [_client_record(rb, record, prediction_agent, annotation_agent) for record in records]
    )


def push_to_rubrix(
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
    explanation: Sequence[Mapping[str, Any] | None] | None = None,
    prediction_agent: str = "label-auditor",
    annotation_agent: str = "given",
    overwrite_reviewed: bool = False,
    chunk_size: int = MAX_CHUNK,
    progress: bool | None = None,
) -> PushReport:
    """Log records to a server of Rubrix or Argilla 1, without the package of either.

    Records that somebody has worked on are left alone. These are the records whose status on the
    server isn't "Default", or whose annotation is by another agent than `annotation_agent`; they
    are taken out of a chunk directly before it is sent. (The server has no conditional write, so
    a review that is saved while the chunk is being sent is lost.) Pushing twice changes nothing.

    Records of an earlier push stay on the server, even if this push doesn't have them. From 1.7
    on, Argilla also keeps the metadata, the explanation and the given label of a record that now
    comes without them.

    Dropped connections and failures of the server are retried, for half a minute.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields of text.
    name : str
        The data set, made if there is none: lower-case letters, digits, "-" and "_".
    api_url, api_key, workspace : str, default=None
        The address of the server, your key there, and a workspace. None takes the environment
        variables RUBRIX_API_URL, RUBRIX_API_KEY and RUBRIX_WORKSPACE; if the last isn't set, your
        own workspace or the only one that you may use.
    only_issues, ids, class_names, metadata, explanation : as in make_records
        What is in the records: see :func:`~label_auditor.export.records.make_records`.
    prediction_agent, annotation_agent : str
        The names, of 1 to 64 characters, under which the predictions and the given labels are
        recorded.
    overwrite_reviewed : bool, default=False
        Whether to overwrite the work of reviewers.
    chunk_size : int, default=500
        Records per request, from 1 to 500.
    progress : bool, default=None
        Whether to show a progress bar. None shows one on a terminal only.

    Returns
    -------
    PushReport
        How many records were stored, which were left alone, which failed and why.

    Raises
    ------
    ValueError
        Before anything is sent: if Rubrix can't store `name`, an agent, an id, a class name (1 to
        128 characters) or the metadata (up to 50 keys, of one type each); if the URL, the key or
        the workspace is missing or wrong; or if the data set is for another task.
    ConnectionError, PermissionError, RuntimeError
        Before anything is sent: if nothing answers at the URL, if the key is refused, or if the
        server is neither Rubrix nor Argilla 1.
    PushInterruptedError
        If the server stays unavailable for longer than half a minute, or refuses a chunk. The
        `report` of the error says what was stored.

    Warns
    -----
    UserWarning
        If metadata strings are cut to their last 128 characters; if some records failed.

    Examples
    --------
    >>> audit.push_to_rubrix(texts, "ag-news", class_names=["World", "Sports"])  # doctest: +SKIP
    <PushReport: 120 of 120 records stored in http://localhost:6900/datasets/rubrix/ag-news>
    """
    check_request(name, chunk_size)
    records = make_records(
        audit,
        inputs,
        only_issues=only_issues,
        ids=ids,
        class_names=class_names,
        metadata=metadata,
        explanation=explanation,
    )
    fitted = fit_records(records, prediction_agent, annotation_agent)
    server = RubrixServer(api_url, api_key, workspace)
    _prepare_dataset(server, name)
    report = PushReport(name, f"{server.url}/datasets/{server.workspace}/{name}", len(records))
    payloads = (_payload(record, prediction_agent, annotation_agent) for record in fitted)
    ours = None if overwrite_reviewed else annotation_agent
    report = push_chunks(
        report,
        payloads,
        functools.partial(_store, server, name, ours=ours),
        chunk_size=chunk_size,
        progress=progress,
    )
    if report.failed:
        warn(f"{report!r}; see its .failed.")
    return report


def _prepare_dataset(server: RubrixServer, name: str) -> None:
    """Make the data set if there is none; refuse one for another task."""
    try:
        path = f"/api/datasets/{segment(name)}"
        found = retry(lambda: server.request("GET", path, shape={"task": str}))
    except NotFoundError:
        server.make_dataset(name)
        return
    if found["task"] != "TextClassification":
        raise ValueError(
            f"{name!r} at {server.url} is a data set for {found['task']}, "
            "not TextClassification; choose another name."
        )


def _store(
    server: RubrixServer, name: str, chunk: list[dict[str, Any]], ours: str | None
) -> tuple[int, list[int | str], dict[int | str, str]]:
    """Store what nobody but `ours` annotated; give the number stored, those left, those failed."""
    reviewed = set() if ours is None else _find_reviewed(server, name, chunk, ours)
    left_alone = [record["id"] for record in chunk if str(record["id"]) in reviewed]
    records = [record for record in chunk if str(record["id"]) not in reviewed]
    if not records:
        return 0, left_alone, {}
    path = f"/api/datasets/{segment(name)}/TextClassification:bulk"
    body = {"tags": {}, "metadata": {}, "records": records}
    try:
        answer = server.request("POST", path, body, shape=ACCOUNT)
    except (ServerUnavailableError, RefusedError) as error:
        failed = _find_failed(error.answer, records)
        if not failed:
            raise
        return len(records) - len(failed), left_alone, failed
    processed, n_failed = answer["processed"], answer.get("failed") or 0
    if (processed, n_failed) != (len(records), 0):
        raise RuntimeError(
            f"{server.url} did not store all of {len(records)} records: by its own account, "
            f"{processed} were processed and {n_failed} failed."
        )
    return len(records), left_alone, {}


def _find_reviewed(
    server: RubrixServer, name: str, chunk: list[dict[str, Any]], ours: str
) -> set[str]:
    """Give the ids, as strings, of the records of a chunk that somebody has worked on."""
    query = {"ids": [str(each["id"]) for each in chunk]}
    try:
        found = server.scan(name, query, limit=len(chunk))
    except NotFoundError:
        return set()
    return {
        str(record["id"])
        for record in found
        if record["status"] != "Default"
        or (record.get("annotation") and record["annotation"]["agent"] != ours)
    }


def _find_failed(answer: bytes, records: list[dict[str, Any]]) -> dict[int | str, str]:
    """Read which records an error says were refused, the others stored; {} if it doesn't say."""
    try:
        said = json.loads(answer)["detail"]["params"]
        message, errors = said["message"], said.get("errors")
        if errors is None:
            count = REFUSED_COUNT.match(message)
            n_refused = int(count[1]) if count else 0
            reasons = {
                ast.literal_eval(each["id"]): each["reason"] for each in REFUSED.finditer(message)
            }
        else:
            n_refused, reasons = len(errors), {}
            for each in errors:
                if found := REFUSED_ID.search(each["reason"]):
                    reasons[found[1]] = " ".join(map(str, filter(None, each.values())))
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    failed = {r["id"]: reasons[str(r["id"])] for r in records if str(r["id"]) in reasons}
    return failed if len(failed) == n_refused else {}


def _payload(record: Record, prediction_agent: str, annotation_agent: str) -> dict[str, Any]:
    """Give a record as Rubrix's server takes it."""
    given = [record.annotation] if isinstance(record.annotation, str) else record.annotation
    given_scores = None if given is None else dict.fromkeys(given, 1.0)
    return {
        "id": record.id,
        "inputs": record.fields,
        "prediction": _labels(prediction_agent, record.prediction or None),
        "annotation": _labels(annotation_agent, given_scores),
        "explanation": record.explanation and _explain(record.explanation, dict),
        "metadata": record.metadata,
        "status": "Default",
        "multi_label": record.multi_label,
    }


def _explain(
    explanation: dict[str, list[tuple[str, dict[str, float]]]], make: Callable[..., Any]
) -> dict[str, list[Any]]:
    """Give the tokens of each field, each made of itself and its attributions."""
    return {
        field: [make(token=token, attributions=scores) for token, scores in tokens]
        for field, tokens in explanation.items()
    }


def _labels(agent: str, scores: dict[str, float] | None) -> dict[str, Any] | None:
    """Give labels as Rubrix's server takes them."""
    if scores is None:
        return None
    labels = [{"class": name, "score": score} for name, score in scores.items()]
    return {"agent": agent, "labels": labels}


def _client_record(rb: Any, record: Record, prediction_agent: str, annotation_agent: str) -> Any:
    """Give a record as Rubrix's client has it."""
    predicted, annotated = bool(record.prediction), record.annotation is not None
    return rb.TextClassificationRecord(
        id=record.id,
        inputs=record.fields,
        prediction=list(record.prediction.items()) if predicted else None,
        prediction_agent=prediction_agent if predicted else None,
        annotation=list(record.annotation or ()) if record.multi_label else record.annotation,
        annotation_agent=annotation_agent if annotated else None,
        explanation=record.explanation and _explain(record.explanation, rb.TokenAttributions),
        metadata=record.metadata,
        status="Default",
        multi_label=record.multi_label,
    )


def _import_client() -> Any:
    """Import Rubrix's or Argilla 1's client, or say what is wrong and how to install the first."""
    cause: Exception | None = None
    problem = "this one is the empty 0.19, which only points to argilla"
    try:
        rb = importlib.import_module("rubrix")
        # Imported on use: only now does it fail.
        if hasattr(rb, "TextClassificationRecord") and rb.DatasetForTextClassification:
            return rb
    except ModuleNotFoundError as error:
        cause, problem = error, str(error)
    except (ImportError, RuntimeError) as error:
        cause, problem = error, "importing it fails (see above), as it does with pydantic 2"
    with contextlib.suppress(ImportError, RuntimeError):  # it fails in the same ways
        rg = importlib.import_module("argilla")
        if hasattr(rg, "TextClassificationRecord"):  # Argilla 2 has none
            return rg
    extra = " legacy-cgi" if sys.version_info >= (3, 13) else ""
    raise ImportError(
        f"to_rubrix needs the package rubrix, version 0.18, or argilla, version 1: {problem}.\n"
        f"On Python {sys.version_info[0]}.{sys.version_info[1]}, without argilla beside it:\n"
        f"    pip install 'pydantic<2' httpx 'wrapt<2' packaging tqdm 'setuptools<81'{extra}\n"
        "    pip install --no-deps rubrix==0.18.0\n"
        "push_to_rubrix does without it."
    ) from cause
