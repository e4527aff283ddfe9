"""An audit in a notebook: a compact, static version of the review page."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

from label_auditor.data.findings import gather
from label_auditor.export.records import make_records
from label_auditor.report.highlights import FLAG_MEANING, confused_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from label_auditor.data.findings import Findings

N_ROWS = 8
N_PAIRS = 8
MAX_LENGTH, MAX_TEXT = 60, 300

# No colours: those of the notebook apply, light or dark.
STYLE = """\
.label-audit { line-height: 1.4; max-width: 62em; }
.label-audit > div { display: flex; flex-wrap: wrap; gap: 1.5em 3em; }
.label-audit table { border-collapse: collapse; font-size: .92em; }
.label-audit caption { font-weight: bold; padding: .3em 0; text-align: left; }
.label-audit th, .label-audit td { background: none; padding: .15em .8em .15em 0; }
.label-audit th, .label-audit td { text-align: left; overflow-wrap: anywhere; }
.label-audit thead { border-bottom: 1px solid; }
.label-audit .number { font-variant-numeric: tabular-nums; text-align: right; }
.label-audit p { margin: .3em 0; }
"""


class Preview:
    """An audit with the texts of its worst rows, which a notebook shows as tables.

    Made by the method `preview` of an audit.

    Parameters
    ----------
    html : str
        What a notebook shows.
    n_rows : int
        How many rows of the audit are in it.
    """

    def __init__(self, html: str, n_rows: int) -> None:
        self.html, self.n_rows = html, n_rows

    def __repr__(self) -> str:
        return f"<Preview of {self.n_rows} rows: the last expression of a notebook's cell shows it>"

    def _repr_html_(self) -> str:
        return self.html


def preview(
    audit: Findings,
    inputs: Any,
    *,
    n: int = 8,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
) -> Preview:
    """Show the worst rows with their texts in a notebook.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    inputs : sequence of str of length n_samples, mapping or DataFrame
        The texts; or named fields, each a column of length n_samples.
    n : int, default=8
        How many rows, the worst first.
    class_names : mapping or sequence of str, default=None
        The names to show: by class, or in the order of `audit.classes`.

    Returns
    -------
    Preview
        The last expression of a notebook's cell shows it.

    Raises
    ------
    ValueError, TypeError
        As for :func:`label_auditor.export.records.make_records`.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> pred_probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
    >>> audit = audit_labels(["cat", "cat", "dog", "dog", "dog"], pred_probs)
    >>> audit.preview(["purrs", "meows", "barks", "howls", "scratches"])
    <Preview of 1 rows: the last expression of a notebook's cell shows it>
    """
    records = make_records(audit, inputs, class_names=class_names)
    rows = [
        (
            record.id,
            _join(record.annotation),
            _join(record.suggested),
            " · ".join(record.fields.values()),
            f"{record.metadata['label_quality']:.3f}",
        )
        for record in islice(records, n)
    ]
    names = ("row", "given", "suggested", "text", "quality")
    return Preview(compact(audit, _table("Look at these first", names, rows)), len(rows))


def compact(audit: Findings, worst: str | None = None) -> str:
    """Give an audit as HTML without script: counts, most confused pairs, worst rows.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    worst : str, default=None
        The table of the worst rows, if it is known with their texts.

    Returns
    -------
    str
        HTML to put into a page. Everything that comes from the data is escaped.
    """
    audit = gather(audit)
    n, unjudged = len(audit), len(audit) - int(audit.evaluated.sum())
    return (
        f'<div class="label-audit"><style>{STYLE}</style>'
        f"<p><b>{n:,}</b> rows, <b>{len(audit.classes):,}</b> classes, "
        f"<b>{audit.n_issues:,}</b> flagged ({audit.n_issues / n:.1%})"
        + (f", {unjudged:,} not judged" if unjudged else "")
        + f". {FLAG_MEANING}</p>"
        + (f"<div>{worst or _worst(audit)}{_pairs(audit)}</div>" if audit.n_issues else "")
        + ("" if worst else "<p>To see their texts: <code>preview(inputs)</code>.</p>")
        + "<p>To review all rows: <code>to_html(path, inputs)</code>.</p></div>"
    )


def _worst(audit: Findings) -> str:
    """List the worst rows by name."""
    rows = audit.ranked[:N_ROWS].tolist()
    given, suggested = audit.shown_labels()
    return _table(
        "Look at these first",
        ("row", "given", "suggested", "quality"),
        (
            (
                audit.index[row],
                _join(given[row]),
                _join(suggested[row]),
                f"{audit.scores[row]:.3f}",
            )
            for row in rows
        ),
    )


def _pairs(audit: Findings) -> str:
    """Count the rows by given and suggested label; pairs of sets would be too many."""
    if audit.multi_label:
        return ""
    pairs = confused_pairs(audit, N_PAIRS)
    return _table(
        "Most confused",
        ("given", "suggested", "rows"),
        ((given, suggested, f"{n_rows:,}") for given, suggested, n_rows, _ in pairs),
    )


def _table(title: str, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """Make a table whose last column holds numbers."""

    def most(column: int) -> int:
        return MAX_TEXT if names[column] == "text" else MAX_LENGTH

    head = "".join(
        f'<th scope="col"{_number(i, names)}>{name}</th>' for i, name in enumerate(names)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td{_number(i, names)} dir="auto">{_text(cell, most(i))}</td>'
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _number(column: int, names: tuple[str, ...]) -> str:
    return ' class="number"' if column == len(names) - 1 else ""


def _text(value: Any, most: int = MAX_LENGTH) -> str:
    text = str(value)
    return escape(text if len(text) <= most else f"{text[:most]}…")


def _join(label: Any) -> Any:
    """Give the classes of a set as one text, and a label as it is."""
    return (", ".join(map(str, label)) or "no class") if isinstance(label, tuple) else label
