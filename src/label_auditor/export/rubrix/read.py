"""The decisions of reviewers in the records of Rubrix and Argilla 1."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from label_auditor.data.decisions import DISCARDED, VALIDATED, Correction
from label_auditor.data.messages import quote_values
from label_auditor.export.rubrix.server import RubrixServer
from label_auditor.export.server import NotFoundError

REVIEWED = {"Validated": VALIDATED, "Discarded": DISCARDED}
NOT_REVIEWED = (None, "Default", "Edited")
# Records that are asked of a server at a time.
PAGE = 500


def read_records(records: Iterable[Any], annotation_agent: str) -> Iterator[Correction]:
    """Give the decision in each record that somebody reviewed."""
    if isinstance(records, str | bytes | Mapping) or not isinstance(records, Iterable):
        raise TypeError(f"records is a {type(records).__name__}; pass a list of records.")
    for record in records:
        status = _get(record, "status")
        if isinstance(status, str) and status in REVIEWED:
            yield _read(record, REVIEWED[status], annotation_agent)
        elif status not in NOT_REVIEWED:
            raise ValueError(
                f"record {_get(record, 'id', None)!r:.60} has the status {status!r:.60}, but it "
                f"must be one of {quote_values([*REVIEWED, *NOT_REVIEWED[1:]])}; of these, the "
                "first two say that somebody has reviewed the record."
            )


def read_rubrix(
    name: str,
    api_url: str | None,
    api_key: str | None,
    workspace: str | None,
    annotation_agent: str,
) -> Iterator[Correction]:
    """Give the decisions that a server holds, a page of records at a time."""
    server = RubrixServer(api_url, api_key, workspace)
    query = {"status": list(REVIEWED)}
    pages = server.pages(lambda last, _: server.scan(name, query, PAGE, last and last["id"]))
    try:
        for page in pages:
            yield from read_records(page, annotation_agent)
    except NotFoundError:
        raise ValueError(
            f"name is {name!r}, but {server.url} has no data set of that name in the workspace "
            f"{server.workspace!r}; pass the name and the workspace that were pushed to."
        ) from None


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
    identity, when = _get(record, "id"), _get(record, "last_updated", None)
    return Correction(
        id=identity,
        label=None if status == DISCARDED else _read_label(given, identity),
        status=status,
        who=None if who == annotation_agent or is_missing(who) else who,
        # A client's record doesn't tell: its event_timestamp is when it was made.
        when=when.isoformat() if hasattr(when, "isoformat") else when,
    )


def _read_label(given: Any, identity: Any) -> str | tuple[str, ...]:
    """Give the name of a class, or names, from the annotation of a validated record."""
    if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping):
        return check_names(given, identity)
    if is_missing(given):
        raise ValueError(
            f"record {identity!r} is validated, but has no annotation; give it one, or the status "
            "'Discarded' if it has no right label, or 'Default' if nobody has reviewed it."
        )
    return check_names([given], identity)[0]


def check_names(labels: Iterable[Any], identity: Any) -> tuple[str, ...]:
    """Give the labels of a record, all of which must be names of classes."""
    names = tuple(labels)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise ValueError(
            f"record {identity!r} has {wrong[0]!r:.60} for an annotation, but the name of a class, "
            "a string, is needed. If these are codes of classes, give their column the names: "
            "dataset.cast_column('annotation', datasets.ClassLabel(names=[...]))."
        )
    return names


def is_missing(value: Any) -> bool:
    """Tell whether a label is missing: None, NaN, NA, or a negative code.

    The Hugging Face library writes -1 for no label, and PyTorch passes over -100.
    """
    if isinstance(value, numbers.Real):
        return bool(value < 0 or value != value)  # noqa: PLR0124 - NaN
    return value is None or (not isinstance(value, str) and str(value) in ("NaT", "<NA>"))


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
