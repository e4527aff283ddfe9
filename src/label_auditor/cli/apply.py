"""`label-audit apply`: the table again, with the labels that reviewers decided."""

from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.cli.files import CORRECTIONS, read_corrections
from label_auditor.cli.rewriting import rewrite_table
from label_auditor.cli.tables import FORMATS, InputError, ending_of, get_column, read_table
from label_auditor.corrections.apply import apply_corrections
from label_auditor.data.messages import list_rows, quote_values

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    import pandas as pd

    from label_auditor.corrections.collection import Corrections

SUMMARY = "write the data with the labels that reviewers decided"
DESCRIPTION = """\
Write a table again, with the labels that reviewers decided.

All other cells stay as they are, byte for byte. Rows that reviewers discarded, or on which they
are divided, keep the label that was given.
"""
EPILOG = """\
examples:
  label-audit apply corrections.json reviews.csv --label sentiment
  label-audit apply corrections.csv churn.parquet --label churned --id customer --out clean.parquet
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add("corrections", type=Path, metavar="CORRECTIONS", help=CORRECTIONS)
    add("data", type=Path, metavar="DATA", help=f"the table that was audited: {FORMATS}")
    add("--label", required=True, metavar="COL", help="column of the labels")
    add("--id", metavar="COL", help="column of the ids (default: the rows are numbered from 0)")
    add("--drop-discarded", action="store_true", help="leave out the rows that reviewers discarded")
    add(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="what to write, in the format of DATA (default: x-corrected.csv for x.csv)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Read, apply, write, and say what became of the corrections."""
    data, column = arguments.data, arguments.label
    out = arguments.out or Path(re.sub(r"(?i)(\.[^.]*(\.gz)?)$", r"-corrected\1", data.name))
    corrections = read_corrections(arguments.corrections)
    table = read_table(data)
    _check_out(out, data)
    labels = _labels(table, column)
    ids = range(len(table)) if arguments.id is None else get_column(table, arguments.id)
    _check_ids(corrections, ids, arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said below
            new_labels, report = apply_corrections(labels, corrections, ids=ids)
    except ValueError as error:
        raise InputError(f"{arguments.corrections}: {error}") from error
    changed = {row: _plain(new_labels[row]) for row in report.changed.tolist()}
    dropped = set(report.discarded.tolist() if arguments.drop_discarded else ())
    try:
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out.parent) as folder:
            unfinished = Path(folder, out.name)
            rewrite_table(data, unfinished, column, changed, dropped)
            unfinished.replace(out)
    except OSError as error:
        raise InputError(f"can't write {out}: {error.strerror or error}.") from error
    print(f"{report}.")
    if len(report.discarded):
        done = "left out" if dropped else "--drop-discarded leaves them out"
        print(f"Discarded by reviewers: {list_rows(np.sort(report.discarded))} ({done}).")
    if report.unknown_labels:
        print(
            f"Not applied, as no row of column {column!r} has the label they chose: corrections "
            f"for the ids {quote_values(report.unknown_labels)}."
        )
    print(f"Written: {out}")


def _check_out(out: Path, data: Path) -> None:
    """Refuse to write over the data, or in another format."""
    if out.exists() and out.samefile(data):
        raise InputError(f"--out {out} is the data itself; name another file.")
    if ending_of(out) != ending_of(data):
        raise InputError(f"--out {out}: the name must end in {ending_of(data)}, as that of {data}.")


def _check_ids(corrections: Corrections, ids: Iterable[Any], arguments: argparse.Namespace) -> None:
    """Refuse corrections none of which is for a row of the table."""
    known = dict.fromkeys(map(str, ids))
    if len(corrections) and not any(each.id in known for each in corrections):
        given = "that column" if arguments.id else "their numbers, from 0"
        raise InputError(
            f"{arguments.corrections} has corrections for {quote_values(corrections.decisions)}, "
            f"but the ids of the rows are {given}: {quote_values(known)}; name the column of the "
            "ids by --id."
        )


def _labels(table: pd.DataFrame, name: str) -> np.ndarray[Any, Any]:
    """Give the labels in their own type, missing ones as None."""
    column = get_column(table, name)
    labels = np.empty(len(column), dtype=object)
    labels[:] = column.tolist()
    return labels


def _plain(label: Any) -> Any:
    """Give a label as JSON has it: an array of labels as a list."""
    return label.tolist() if isinstance(label, np.ndarray) else label
