"""An audit in a notebook: a compact, static version of the review page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from label_auditor.report.highlights import FLAG_MEANING, confused_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from label_auditor.data.findings import Findings

N_ROWS = 8
N_PAIRS = 8
MAX_LENGTH = 60

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


def compact(audit: Findings) -> str:
    """Give an audit as HTML without script: counts, most confused pairs, worst rows.

    Parameters
    ----------
    audit : LabelAudit
        The audit.

    Returns
    -------
    str
        HTML to put into a page. Everything that comes from the data is escaped.
    """
    n, unjudged = len(audit), len(audit) - int(audit.evaluated.sum())
    return (
        f'<div class="label-audit"><style>{STYLE}</style>'
        f"<p><b>{n:,}</b> rows, <b>{len(audit.classes):,}</b> classes, "
        f"<b>{audit.n_issues:,}</b> flagged ({audit.n_issues / n:.1%})"
        + (f", {unjudged:,} not judged" if unjudged else "")
        + f". {FLAG_MEANING}</p>"
        + (f"<div>{_worst(audit)}{_pairs(audit)}</div>" if audit.n_issues else "")
        + "<p>To look at the rows themselves: <code>to_html(path, inputs)</code>.</p></div>"
    )


class FittedInNotebook:
    """An estimator of scikit-learn that holds an audit once it is fitted, and then shows both."""

    def _repr_html_inner(self) -> str:
        return self._with_audit(super()._repr_html_inner())  # type: ignore[misc]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        shown: dict[str, str] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in shown:
            shown["text/html"] = self._with_audit(shown["text/html"])
        return shown

    def _with_audit(self, diagram: str) -> str:
        """Put what was found below the diagram of the estimator."""
        audit = vars(self).get("audit_")
        return diagram if audit is None else diagram + compact(audit)


def _worst(audit: Findings) -> str:
    """List the worst rows by name."""
    rows = audit.ranked[:N_ROWS].tolist()
    return _table(
        "Look at these first",
        ("row", "given", "suggested", "quality"),
        (
            (
                audit.index[row],
                audit.shown_classes[audit.codes[row]],
                audit.shown_classes[audit.predicted[row]],
                f"{audit.scores[row]:.3f}",
            )
            for row in rows
        ),
    )


def _pairs(audit: Findings) -> str:
    """Count the flagged rows by given and suggested label."""
    pairs = confused_pairs(audit, N_PAIRS)
    return _table(
        "Most confused",
        ("given", "suggested", "flagged"),
        ((given, suggested, f"{n:,}") for given, suggested, n in pairs),
    )


def _table(title: str, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """Make a table whose last column holds numbers."""
    head = "".join(
        f'<th scope="col"{_number(i, names)}>{name}</th>' for i, name in enumerate(names)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td{_number(i, names)} dir="auto">{_text(cell)}</td>' for i, cell in enumerate(row)
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


def _text(value: Any) -> str:
    text = str(value)
    return escape(text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…")
