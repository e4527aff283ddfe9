"""The review page: one HTML file that needs no server."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.corrections.collection import Corrections
from label_auditor.data.atomic_write import atomic_write
from label_auditor.data.decisions import OPEN
from label_auditor.data.findings import gather
from label_auditor.data.messages import quote_values
from label_auditor.export.records import make_records
from label_auditor.report.highlights import FLAG_MEANING, doubts
from label_auditor.report.images import name_images
from label_auditor.report.page_data import page_data
from label_auditor.review.decided import read_decisions, read_set_decisions

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from label_auditor.data.findings import Findings
    from label_auditor.report.page_data import Decided
    from label_auditor.review.decided import Reviewed
    from label_auditor.review.estimate import ErrorEstimate
    from label_auditor.review.evidence import Evidence

# What the page says to type after the review, if nobody has said how the data are called.
APPLY_COMMAND = "label-audit apply corrections.json DATA.csv --label LABEL"
# The command takes lists, and sets of labels may be a matrix.
APPLY_CODE = """\
from label_auditor import Corrections, apply_corrections

corrections = Corrections.from_json("corrections.json")
labels, report = apply_corrections(labels, corrections)"""

# In the order of the cascade: what is for small screens and paper goes over the rest.
BASIC, LAST = ("base", "frame", "review"), ("small", "print")
STYLES = (*BASIC, "sets", "images", "evidence", "list", "panels", "dialogs", *LAST)

IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|let|function) ([\w$]+))", re.MULTILINE)


def write_page(
    audit: Findings,
    inputs: Any,
    path: str | os.PathLike[str],
    *,
    images: Any = None,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
    metadata: Any = None,
    estimate: ErrorEstimate | None = None,
    reviewed: Reviewed | None = None,
    title: str = "Label review",
    max_rows: int = 50_000,
    apply_command: str | None = None,
    evidence: Evidence | None = None,
    class_descriptions: Mapping[Any, str] | None = None,
) -> Path:
    """Write the review page of an audit: one file, for any browser, from disk, offline.

    The page makes no requests, and a content security policy forbids it to make any. All data is
    shown as plain text; markup in it is never run.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    inputs : sequence of str of length n_samples, mapping, DataFrame or None
        The texts; or named fields, each a column of length n_samples.
    path : str or path
        The file; if it exists, it is replaced when the new one is complete.
    images : sequence of length n_samples, default=None
        A path, an array or an image of Pillow for each row, None where a row has none. The page
        holds thumbnails of at most 256 pixels a side; small images of at most 64 stay as they are.
        Arrays are of shape (height, width) or (height, width, 3), with integers from 0 to 255 or
        floats from 0 to 1. Needs Pillow. With images, `inputs` may be None.
    ids : iterable of length n_samples, default=None
        The ids by which corrections are matched with rows; None: the index of the audit.
    class_names : mapping or sequence of str, default=None
        The names that reviewers read: by class, or in the order of `audit.classes`. None takes
        `audit.class_names`, and where there are none the classes themselves.
    metadata : mapping or DataFrame, default=None
        More columns to show with each row, of length n_samples.
    estimate : ErrorEstimate, default=None
        The number of label errors, as estimated from a reviewed sample. None: the page says how to
        get an estimate.
    reviewed : Corrections, mapping from row position to label, or Series, default=None
        The decisions so far, with which the page goes on; None for a discarded row. A set of labels
        is a list of classes.
    title : str, default="Label review"
        The title of the page.
    max_rows : int, default=50_000
        The largest number of rows in the page, besides those of `reviewed` and the random sample of
        200 rows by which it counts errors. Rows are taken in the order of the audit: flagged rows
        first, worst first.
    apply_command : str, default=None
        What to type in a terminal to apply the decisions, shown on the page as the last step. None:
        ``label-audit apply`` with names to fill in; for sets of labels, the code in Python.
    evidence : Evidence, default=None
        The rows most like each row, and the words that speak for each label, as
        :meth:`LabelAuditor.evidence` gives them. Of neighbours that are not in the page, their
        labels and the first 160 characters of their texts are. Words are marked if `inputs` are
        texts, not named fields.
    class_descriptions : mapping, default=None
        What classes mean, by class or by the name that reviewers read. Not all need to have one.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError, TypeError
        As for :func:`label_auditor.export.records.make_records`; or if `reviewed` has rows or
        labels that the audit doesn't have; if images can't be read, or take more than 200 MB; if
        evidence is about other rows or texts; or if classes are described that there are not.
    ImportError
        If there are images, but Pillow isn't installed.
    """
    audit = gather(audit)
    if max_rows < 1:
        raise ValueError(f"max_rows is {max_rows!r}; pass at least 1.")
    if inputs is None and images is not None:
        inputs = {"image": name_images(images)}
    records = make_records(
        audit, inputs, only_issues=False, ids=ids, class_names=class_names, metadata=metadata
    )
    decided = _list_decisions(audit, reviewed, ids, class_names)
    data = page_data(
        audit, records, max_rows=max_rows, decided=decided, images=images, evidence=evidence
    )
    data["title"] = title
    data["descriptions"] = _describe_classes(records.class_names, class_descriptions or {})
    data["estimate"] = _plain_estimate(estimate)
    data["doubts"] = doubts(audit)
    in_python = audit.multi_label and apply_command is None
    data["apply_in"] = "Python" if in_python else "a terminal"
    data["apply_command"] = apply_command or (APPLY_CODE if in_python else APPLY_COMMAND)
    with atomic_write(path) as file:
        file.write(_fill(title, data))
    return Path(path)


def _list_decisions(
    audit: Findings,
    reviewed: Reviewed | None,
    ids: Iterable[Any] | None,
    class_names: Mapping[Any, str] | Sequence[str] | None,
) -> Decided:
    """Give row, label, reviewer and time of each decision, empty if unknown; and note, if any."""
    known: dict[str, Any] = {
        "ids": ids,
        "class_names": audit.class_names if class_names is None else class_names,
    }
    labels: dict[int, Any] = {}
    if audit.multi_label:
        sets = read_set_decisions(reviewed, audit.index, audit.classes, **known)
        labels = {row: -1 if each is None else list(each) for row, each in sets.items()}
    else:
        rows, codes = read_decisions(reviewed, audit.index, audit.classes, **known)
        labels = dict(zip(rows.tolist(), codes.tolist(), strict=True))
    by: list[tuple[str, ...]] = [("", "")] * len(labels)
    if isinstance(reviewed, Corrections):
        agreed = [each for each in reviewed.decisions.values() if each.status != OPEN]
        last = [next(v for v in reversed(each.votes) if v.label == each.label) for each in agreed]
        by = [
            (vote.who or "", vote.when or "", *([vote.note] if vote.note else [])) for vote in last
        ]
    return [(row, label, *each) for (row, label), each in zip(labels.items(), by, strict=True)]


def _describe_classes(
    names: Mapping[Any, str], descriptions: Mapping[Any, str]
) -> list[str | None]:
    """Give the description of each class, which is known by its label or by its name."""
    known = {**{name: name for name in names.values()}, **names}
    unknown = [each for each in descriptions if each not in known]
    if unknown:
        raise ValueError(
            f"class_descriptions has {quote_values(unknown)}, which are no classes; the classes "
            f"are {quote_values(names.values())}."
        )
    meanings = {known[each]: str(meaning) for each, meaning in descriptions.items()}
    return [meanings.get(name) for name in names.values()]


def _fill(title: str, data: dict[str, Any]) -> bytes:
    """Put style, script and data into the template, and the hashes of both into its policy."""
    style = "\n".join(_asset(f"css/{name}.css") for name in STYLES)
    script = _script()
    parts = {
        "policy": (
            f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        ),
        "title": html.escape(title),
        "flag_meaning": html.escape(FLAG_MEANING),
        "style": style,
        "script": script,
        # "<" would end the element that holds it, or begin a comment.
        "data": _compact(data).replace("<", "\\u003c"),
    }
    page = re.sub(r"\{\{ (\w+) \}\}", lambda found: parts[found[1]], _asset("template.html"))
    # Half of a surrogate pair can't be encoded in UTF-8; its escape is valid JSON, too.
    return page.encode("utf-8", "backslashreplace")


def _compact(data: dict[str, Any]) -> str:
    """Give JSON without spaces between values, of which there are many."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ": "))


def _script() -> str:
    """Join the modules into one script, each after those that it imports."""
    scopes: dict[str, str] = {}
    _add_module("main", scopes)
    return "\n".join(["const modules = {};", *scopes.values()])


def _add_module(name: str, scopes: dict[str, str]) -> None:
    """Add a module as a scope of its own: what it imports and exports are names in `modules`."""
    source = _asset(f"js/{name}.js")
    for _, other in IMPORT.findall(source):
        if other not in scopes:
            _add_module(other, scopes)
    body = EXPORT.sub("", IMPORT.sub(r"const \1 = modules.\2;", source))
    exports = ", ".join(EXPORT.findall(source))
    scopes[name] = f"modules.{name} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();"


def _asset(name: str) -> str:
    return files("label_auditor.report").joinpath("web", *name.split("/")).read_text("utf-8")


def _hash(source: str) -> str:
    """Give the hash by which a policy allows an inline script or style."""
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _plain_estimate(estimate: ErrorEstimate | None) -> dict[str, float] | None:
    """Give what the page says of an estimate; None if there is none, or nothing was decided."""
    if estimate is None or math.isnan(estimate.n_errors):
        return None
    names = ("n_errors", "low", "high", "confidence", "n_reviewed")
    return {name: float(getattr(estimate, name)) for name in names}
