"""The summary of an audit as `--json` prints it, for programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from label_auditor.report.highlights import agreement, confused_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from label_auditor.audit.multi_label import MultiLabelAudit
    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.cli.outputs import Found

N_PAIRS = 10
N_WORST = 10


def count_undecided(found: Found) -> int:
    """Count the flagged rows that nobody has decided."""
    return sum(row not in found.decided.rows for row in found.audit.ranked.tolist())


def summarize(found: Found, notes: Sequence[str]) -> dict[str, Any]:
    """Give what the terminal shows, as values of JSON."""
    audit, decided, twins = found.audit, found.decided, found.twins
    undecided = [row for row in audit.ranked.tolist() if row not in decided.rows]
    n, n_other = twins["n_twins"], twins["n_twins_other_label"]
    return {
        "n_rows": len(audit),
        "n_classes": len(audit.classes),
        "n_flagged": audit.n_issues,
        "n_flagged_undecided": count_undecided(found),
        "n_not_judged": len(audit) - int(audit.evaluated.sum()),
        "n_without_label": int((audit.codes < 0).sum()),
        "agreement": round(agreement(audit), 6),
        "n_decided": len(decided.rows),
        "n_with_twins": int((n > 0).sum()),
        "n_with_twins_of_another_label": int((n_other > 0).sum()),
        "most_confused": [pair._asdict() for pair in confused_pairs(audit, N_PAIRS)],
        "worst": describe_rows(audit, undecided[:N_WORST], found.shown),
        "warnings": list(notes),
        "files": [str(path) for path in found.files],
    }


def describe_rows(
    audit: LabelAudit | MultiLabelAudit, rows: Sequence[int], shown: pd.DataFrame | None
) -> list[dict[str, Any]]:
    """Give rows with their labels and inputs, as values of JSON."""
    table = audit.to_frame().iloc[list(rows)]
    described = []
    for row, name, given, suggested, quality in zip(
        rows,
        table.index.tolist(),
        table["given_label"].tolist(),
        table["suggested_label"].tolist(),
        table["label_quality"].tolist(),
        strict=True,
    ):
        entry = {"row": row, "given_label": given, "suggested_label": suggested}
        entry["label_quality"] = quality if quality == quality else None  # noqa: PLR0124 - NaN
        if not isinstance(audit.index, range):
            entry["id"] = str(name)
        if shown is not None:
            cells = shown.iloc[row]
            entry["inputs"] = {
                str(column): None if cells.isna().iloc[at] else _plain(cells.iloc[at])
                for at, column in enumerate(cells.index)
            }
        described.append(entry)
    return described


def _plain(cell: Any) -> Any:
    """Give a cell as JSON has it: numbers and booleans as such, all else as text."""
    cell = cell.item() if hasattr(cell, "item") else cell
    is_number = isinstance(cell, int | float) and math.isfinite(cell)
    return cell if is_number or isinstance(cell, str) else str(cell)
