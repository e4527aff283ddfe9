"""`label-audit estimate`: how many labels are wrong, from the random sample of a review page."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.cli import output
from label_auditor.cli.errors import InputError
from label_auditor.cli.files import CORRECTIONS, read_audit, read_corrections

if TYPE_CHECKING:
    import argparse

    from label_auditor.review.estimate import ErrorEstimate, Estimate

SUMMARY = "how many labels are wrong, from the random sample of a review page"
DESCRIPTION = """\
Estimate how many labels are wrong.

The page asks about a random sample after a click on "Count them". Its corrections.json holds the
decisions and the sample. The numbers are those that the page shows.
"""
EPILOG = """\
examples:
  label-audit estimate reviews-audit/audit.npz corrections.json
  label-audit estimate reviews-audit/audit.npz corrections.json --json > estimate.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add("audit", type=Path, metavar="AUDIT", help="the audit.npz that label-audit wrote")
    add("corrections", type=Path, metavar="CORRECTIONS", help=CORRECTIONS)
    output.add_arguments(parser, "the numbers")


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
    n_planned = len(corrections.sample.rows)
    terminal = output.load_terminal(arguments)
    if arguments.json:
        output.print_json(_summarize(estimate, n_planned))
    elif terminal is not None:
        terminal.print_estimate(estimate, n_planned=n_planned)


def _summarize(estimate: ErrorEstimate, n_planned: int) -> dict[str, Any]:
    """Give the numbers as values of JSON."""
    return {
        "n_planned": n_planned,
        "confidence": estimate.confidence,
        **_numbers(estimate),
        "flagged": _numbers(estimate.flagged),
        "by_class": [
            {"given_label": label, **_numbers(each)} for label, each in estimate.by_class.items()
        ],
    }


def _numbers(part: Estimate) -> dict[str, Any]:
    """Give the numbers of a part of the rows; None where nothing was decided."""
    names = ("n_rows", "n_reviewed", "n_discarded", "n_errors", "low", "high")
    numbers = {name: getattr(part, name) for name in names}
    return numbers | {"n_errors": None if math.isnan(part.n_errors) else round(part.n_errors, 6)}
