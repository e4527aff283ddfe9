"""What a notebook shows of a fitted auditor: scikit-learn's diagram, and what was found."""

from __future__ import annotations

from label_auditor._sklearn import WithMoreBelow
from label_auditor.report.notebook import compact


class FittedInNotebook(WithMoreBelow):
    """An estimator of scikit-learn that holds an audit once it is fitted, and then shows both."""

    def _below_diagram(self) -> str:
        audit = vars(self).get("audit_")
        return "" if audit is None else compact(audit)


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
