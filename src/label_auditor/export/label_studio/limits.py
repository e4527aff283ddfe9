"""The limits of Label Studio, and the labelling configuration that tasks need."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from label_auditor.data.messages import quote_values
from label_auditor.export.columns import check_utf8, choose_image_fields, is_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from label_auditor.export.records import Records

# The name of the choices, under which exports hold the answers.
CHOICES = "label"
RECORD_ID, GIVEN = "record_id", "given_label"
# Exports of a task's data would be overwritten under these names, and ours set here.
RESERVED = (
    *(CHOICES, RECORD_ID, GIVEN, "id", "annotator", "annotation_id", "created_at", "updated_at"),
    *("lead_time", "agreement", "history"),
)
MAX_CHUNK = 1000
MIN_TITLE, MAX_TITLE = 3, 50
BLANK_CONFIGS = ("", "<View></View>", "<View/>")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What XML can't hold in the value of an attribute.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclasses.dataclass(frozen=True)
class Layout:
    """What a project of Label Studio is made of.

    Attributes
    ----------
    fields : list of str
        The names of the fields.
    images : frozenset of str
        The fields that hold URLs of images; the others are text.
    classes : list of str
        The labels to choose from.
    multi_label : bool
        Whether several can be chosen.
    agent : str
        The version of the model under which suggestions are stored.
    """

    fields: list[str]
    images: frozenset[str]
    classes: list[str]
    multi_label: bool
    agent: str

    def config(self) -> str:
        """Write the labelling configuration."""
        lines = ["<View>"]
        for field in self.fields:
            if len(self.fields) > 1:
                lines.append(f'  <Header value={quoteattr(field)} size="5"/>')
            tag, kind = ("Image", "") if field in self.images else ("Text", ' valueType="text"')
            lines.append(f'  <{tag} name="{field}" value="${field}"{kind}/>')
        # Where a row may have no label at all, an empty answer is one.
        several = 'choice="multiple"' if self.multi_label else 'choice="single" required="true"'
        lines.append(f'  <Choices name="{CHOICES}" toName="{self.fields[0]}" {several}>')
        lines += [f"    <Choice value={quoteattr(name)}/>" for name in self.classes]
        return "\n".join([*lines, "  </Choices>", "</View>"])


def check_title(project: int | str) -> None:
    """Refuse what is neither the id nor the title of a project."""
    if isinstance(project, int) and not isinstance(project, bool) and project > 0:
        return
    if not isinstance(project, str) or not MIN_TITLE <= len(project) <= MAX_TITLE:
        raise ValueError(
            f"project is {project!r:.80}, but the id of a project, a whole number, or a title of "
            f"{MIN_TITLE} to {MAX_TITLE} characters is needed."
        )
    if project != project.strip() or "\0" in project:
        raise ValueError(
            f"project is {project!r}, but Label Studio drops blanks at the ends of a title, and "
            "takes no NUL; leave them out."
        )


def plan_layout(records: Records, agent: str, image_fields: Sequence[str] | None) -> Layout:
    """Check that Label Studio can store every record, and say what the project must have."""
    if not isinstance(agent, str) or not agent.strip() or "\0" in agent:
        raise ValueError(f"prediction_agent is {agent!r:.80}, but a name is needed.")
    _check_names(records)
    classes = list(records.class_names.values())
    _check_classes(classes)
    found = _check_values(records)
    images = choose_image_fields(found, image_fields, records.fields)
    return Layout(list(records.fields), images, classes, records.audit.multi_label, agent)


def _check_names(records: Records) -> None:
    """Refuse names of fields that a configuration or an export can't hold."""
    fields, extra = list(records.fields), list(records.metadata)
    bad = [name for name in fields if not _FIELD.fullmatch(name)]
    if bad:
        raise ValueError(
            f"inputs has the fields {quote_values(bad)}, but in a configuration of Label Studio a "
            "field has letters (A to Z), digits and '_', the first of which is no digit; rename it."
        )
    check_utf8("columns of metadata", extra)
    for what, names in (("inputs", fields), ("metadata", extra)):
        clash = [name for name in names if name in RESERVED]
        if clash:
            raise ValueError(
                f"{what} has a column {quote_values(clash)}, which is set here or by the exports "
                "of Label Studio; rename it."
            )
    shared = sorted({*fields} & {*extra, "label_error_candidate", "label_quality"})
    if shared or "suggested_label" in fields:
        raise ValueError(
            f"inputs has a field {quote_values(shared or ['suggested_label'])}, but the data of a "
            "task hold metadata and the results of the audit under this name; rename it."
        )


def _check_classes(classes: list[str]) -> None:
    """Refuse names of classes that would come back changed."""
    check_utf8("class_names", classes)
    bad = [name for name in classes if name != name.strip() or not name or _NOT_XML.search(name)]
    if bad:
        raise ValueError(
            f"class_names {quote_values(bad)} can't be choices in Label Studio, whose names aren't "
            "empty, have no blanks at their ends and no control characters; pass others."
        )


def _check_values(records: Records) -> set[str]:
    """Refuse values that Label Studio can't store or export; give the fields of image URLs."""
    check_utf8("ids", (records.ids[row] for row in records.positions))
    urls: set[str] = set()
    other: set[str] = set()
    for record in records:
        for field, value in record.fields.items():
            if value:
                (urls if is_image(value) else other).add(field)
        for key, value in {**record.fields, **record.metadata, RECORD_ID: str(record.id)}.items():
            _check_value(key, value, record.id)
    return urls - other


def _check_value(key: str, value: Any, record: int | str) -> None:
    """Refuse one value of the data of a task."""
    if isinstance(value, str):
        problem = "holds the character NUL" if "\0" in value else ""
    elif isinstance(value, float) and not math.isfinite(value):
        problem = f"is {value!r}, which JSON can't hold"
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        problem = f"is {value!r}, with which Label Studio's exports fail"
    else:
        return
    if problem:
        raise ValueError(
            f"{key!r} {problem}, in record {record!r}; change it, or make the column strings."
        )


def check_config(config: str, layout: Layout, project: str) -> str:
    """Refuse the configuration of a project that these records don't fit; give its toName."""
    try:
        root = ET.fromstring(config)  # noqa: S314 - expat bounds entities, an answer its size
    except (ET.ParseError, ValueError):
        root = ET.Element("View")
    choices = [e for e in root.iter("Choices") if e.get("name") == CHOICES and e.get("toName")]
    shown = {str(each.get("value", ""))[1:] for each in root.iter() if each is not root}
    lacking = [field for field in layout.fields if field not in shown]
    if not choices:
        problem = f"has no choices named {CHOICES!r}"
    elif (choices[0].get("choice") == "multiple") is not layout.multi_label:
        problem = f"lets people choose {'one label' if layout.multi_label else 'several labels'}"
    elif not set(layout.classes) <= (known := {e.get("value") for e in root.iter("Choice")}):
        problem = f"has the classes {quote_values(sorted(map(str, known)))}, not all of "
        problem += quote_values(layout.classes)
    elif lacking:
        problem = f"shows no fields {quote_values(lacking)}"
    else:
        return str(choices[0].get("toName")).split(",", 1)[0]
    raise ValueError(
        f"there is a project {project}, but it {problem}; choose another title, or give the "
        "project the configuration of to_label_studio."
    )
