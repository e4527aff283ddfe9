"""`label-audit next`: the rows to look at next, after what reviewers have decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.cli.arguments import whole_number
from label_auditor.cli.errors import InputError, explain, needs
from label_auditor.cli.files import (
    CORRECTIONS,
    read_audit,
    read_corrections,
    refuse_overwriting,
)
from label_auditor.cli.formats import csv
from label_auditor.data.atomic_write import atomic_write

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

    from label_auditor.audit.single_label import LabelAudit

SUMMARY = "the rows to look at next, after what reviewers have decided"
DESCRIPTION = """\
List the rows to look at next, the likeliest errors first.

A small model of "this label is wrong" learns from what reviewers have decided so far, and orders
the rows that nobody has looked at yet. Without CORRECTIONS, the order is that of the audit.
"""
EPILOG = """\
examples:
  label-audit next reviews-audit/audit.npz corrections.csv -n 50
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
    add("--out", type=Path, metavar="FILE", help="write them as CSV instead of printing a table")


def run(arguments: argparse.Namespace) -> None:
    """Order the rows not yet reviewed, and print or write the first of them."""
    from label_auditor.review.decided import decided_rows
    from label_auditor.review.queue import order_by_queue

    if arguments.out is not None:
        refuse_overwriting([arguments.out], [arguments.audit, arguments.corrections])
    audit = read_audit(arguments.audit)
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
        _write(audit, rows, arguments.out)
        return
    try:
        from label_auditor.cli import terminal
    except ImportError as error:
        raise needs("rich", "print tables") from error
    terminal.print_next(audit, rows, n_reviewed=len(reviewed), n_left=len(order))


def _write(audit: LabelAudit, rows: NDArray[Any], path: Path) -> None:
    """Write rows in the columns of issues.csv; with the ids too, where rows have names."""
    found = audit.to_frame().drop(columns="is_label_issue")
    if not isinstance(audit.index, range):
        found.insert(0, "id", found.index)
    found.insert(0, "row", range(len(found)))
    try:
        with atomic_write(path) as file:
            file.writelines(csv.write(found.iloc[rows]))
    except OSError as error:
        raise InputError(f"can't write {path}: {explain(error)}.") from error
