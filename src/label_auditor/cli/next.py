"""`label-audit next`: the rows to look at next, after what reviewers have decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.cli import data_file, output
from label_auditor.cli.arguments import whole_number
from label_auditor.cli.errors import InputError, explain
from label_auditor.cli.files import (
    CORRECTIONS,
    read_audit,
    read_corrections,
    refuse_overwriting,
)
from label_auditor.cli.formats import csv
from label_auditor.cli.outputs import put_beside
from label_auditor.data.atomic_write import atomic_write

if TYPE_CHECKING:
    import argparse

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.audit.multi_label import MultiLabelAudit
    from label_auditor.audit.single_label import LabelAudit

SUMMARY = "the rows to look at next, after what reviewers have decided"
DESCRIPTION = """\
List the rows to look at next, the likeliest errors first.

A small model of "this label is wrong" learns from what reviewers have decided so far, and orders
the rows that nobody has looked at yet. Without CORRECTIONS, the order is that of the audit.
An audit holds no texts: name the table by --data to have them beside the labels.
"""
EPILOG = """\
examples:
  label-audit next reviews-audit/audit.npz corrections.csv -n 50
  label-audit next reviews-audit/audit.npz corrections.json --data reviews.csv --text review
  label-audit next reviews-audit/audit.npz corrections.json --out next.csv
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add("audit", type=Path, metavar="AUDIT", help="the audit.npz that label-audit wrote")
    add("corrections", type=Path, nargs="?", metavar="CORRECTIONS", help=CORRECTIONS)
    add(
        "-n",
        type=whole_number(1),
        default=50,
        metavar="N",
        help="how many rows (default: 50)",
    )
    add("--data", metavar="DATA", help="the table that was audited, to show its rows")
    add("--text", metavar="COL", help="column of the texts in DATA (default: all columns)")
    data_file.add_format(parser)
    add("--out", type=Path, metavar="FILE", help="write them as CSV instead of printing a table")
    output.add_arguments(parser, "the rows")


def run(arguments: argparse.Namespace) -> None:
    """Order the rows not yet reviewed, and print or write the first of them."""
    from label_auditor.review.decided import decided_rows
    from label_auditor.review.queue import order_by_queue

    if arguments.out is not None:
        inputs = [arguments.audit, arguments.corrections, arguments.data]
        refuse_overwriting([arguments.out], inputs)
    audit = read_audit(arguments.audit)
    shown = _read_inputs(arguments, len(audit))
    corrections = None
    if arguments.corrections is not None:
        corrections = read_corrections(arguments.corrections)
    try:
        reviewed, codes = decided_rows(audit, corrections)
    except ValueError as error:
        raise InputError(f"{arguments.corrections}: {error}") from error
    order = order_by_queue(audit, reviewed, codes)
    rows = order[: arguments.n]
    if arguments.out is not None:
        _write(audit, rows, shown, arguments.out)
    counts = {"n_reviewed": len(reviewed), "n_left": len(order)}
    if arguments.json:
        from label_auditor.cli.summary import describe_rows

        output.print_json({**counts, "rows": describe_rows(audit, rows.tolist(), shown)})
    elif arguments.out is None:
        terminal = output.load_terminal(arguments)
        if terminal is not None:
            terminal.print_next(audit, rows, shown, **counts)


def _read_inputs(arguments: argparse.Namespace, n_rows: int) -> pd.DataFrame | None:
    """Read what is to be shown of each row; None if the table isn't named."""
    from label_auditor.cli.tables import get_column

    if arguments.data is None:
        if arguments.text is not None:
            raise InputError("--text names a column of the table; name the table by --data.")
        return None
    data = data_file.read_data(arguments.data, arguments.format, arguments.sep)
    table = data.read(None if arguments.text is None else [arguments.text])
    if len(table) != n_rows:
        raise InputError(
            f"{data.name} has {len(table):,} rows, but {arguments.audit} {n_rows:,}; pass the "
            "table that was audited."
        )
    if arguments.text is not None:
        get_column(table, arguments.text)
    return table


def _write(
    audit: LabelAudit | MultiLabelAudit,
    rows: NDArray[Any],
    shown: pd.DataFrame | None,
    path: Path,
) -> None:
    """Write rows in the columns of issues.csv; with the ids too, where rows have names."""
    found = audit.to_frame().drop(columns="is_label_issue").iloc[rows]
    if audit.multi_label:
        for name in ("given_label", "suggested_label"):
            found[name] = [json.dumps(each, ensure_ascii=False) for each in found[name]]
    if not isinstance(audit.index, range):
        found.insert(0, "id", found.index)
    found.insert(0, "row", rows)
    if shown is not None:
        found, _ = put_beside(found, shown.iloc[rows])
    try:
        with atomic_write(path) as file:
            file.writelines(csv.write(found))
    except OSError as error:
        raise InputError(f"can't write {path}: {explain(error)}.") from error
