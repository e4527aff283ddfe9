"""`label-audit estimate`: how many labels are wrong, from the random sample of a review page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from label_auditor.cli.errors import InputError, needs
from label_auditor.cli.files import CORRECTIONS, read_audit, read_corrections

if TYPE_CHECKING:
    import argparse

SUMMARY = "how many labels are wrong, from the random sample of a review page"
DESCRIPTION = """\
Estimate how many labels are wrong.

The page asks about a random sample after a click on "Count them". Its corrections.json holds the
decisions and the sample. The numbers are those that the page shows.
"""
EPILOG = """\
example:
  label-audit estimate reviews-audit/audit.npz corrections.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add("audit", type=Path, metavar="AUDIT", help="the audit.npz that label-audit wrote")
    add("corrections", type=Path, metavar="CORRECTIONS", help=CORRECTIONS)


def run(arguments: argparse.Namespace) -> None:
    """Estimate, and print the numbers of all rows, of the flagged ones and of each class."""
    from label_auditor.review.estimate import estimate_label_errors

    audit = read_audit(arguments.audit)
    corrections = read_corrections(arguments.corrections)
    if corrections.sample is None:
        raise InputError(
            f"{arguments.corrections} holds no random sample; click on “Count them” in the review "
            "page, review the rows that it asks about, and download the decisions as JSON."
        )
    try:
        estimate = estimate_label_errors(audit, corrections)
    except ValueError as error:
        raise InputError(f"{arguments.corrections}: {error}") from error
    try:
        from label_auditor.cli import terminal
    except ImportError as error:
        raise needs("rich", "print tables") from error
    terminal.print_estimate(estimate, n_planned=len(corrections.sample.rows))
