"""`label-audit apply`: the table again, with the labels that reviewers decided."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from label_auditor.cli import data_file, output
from label_auditor.cli.errors import InputError, explain
from label_auditor.cli.files import CORRECTIONS, read_corrections, refuse_overwriting
from label_auditor.cli.formats import ending_of, find_format
from label_auditor.data.atomic_write import atomic_write
from label_auditor.data.messages import list_rows, quote_values

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.cli.data_file import DataFile
    from label_auditor.cli.set_cells import Notation
    from label_auditor.corrections.apply import CorrectionReport
    from label_auditor.corrections.collection import Corrections

SUMMARY = "write the data with the labels that reviewers decided"
DESCRIPTION = """\
Write a table again, with the labels that reviewers decided.

All other cells stay as they are, byte for byte. Sets of labels are written as the column has them:
as lists, or as names with a separator. Rows that reviewers discarded, or on which they
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
    data_file.add_arguments(parser)
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
    output.add_arguments(parser, "what became of the corrections")


def run(arguments: argparse.Namespace) -> None:
    """Read, apply, write, and say what became of the corrections."""
    from label_auditor.cli.tables import get_ids

    column = arguments.label
    out = arguments.out or _name_output(arguments.data)
    refuse_overwriting([out], [arguments.data, arguments.corrections])
    corrections = read_corrections(arguments.corrections)
    data = data_file.read_data(arguments.data, arguments.format, arguments.sep, held=True)
    _check_ending(out, data)
    table = data.read([column] if arguments.id is None else [column, arguments.id])
    labels = _get_labels(table, column)
    notation = _find_notation(labels, corrections, arguments)
    if notation is not None:
        for row, cell in enumerate(labels):
            labels[row] = notation.read(cell) if cell else []
    ids = get_ids(table, arguments.id, data.name)
    _check_ids(corrections, ids, arguments)
    new_labels, report = _apply(labels, corrections, ids, arguments, data.name)
    write = _plain if notation is None else notation.write
    changed = {row: write(new_labels[row]) for row in report.changed.tolist()}
    dropped = set(report.discarded.tolist() if arguments.drop_discarded else ())
    try:
        with atomic_write(out) as file:
            data.write(file, column, changed, dropped)
    except OSError as error:
        raise InputError(f"can't write {out}: {explain(error)}.") from error
    if arguments.json:
        output.print_json(_summarize(report, out))
    elif not arguments.quiet:
        _print_report(report, arguments, out)


def _name_output(data: str) -> Path:
    """Give the name of the output where none is given."""
    if data_file.is_piped(data):
        raise InputError("name the file to write by --out, as DATA has no name to derive it from.")
    stem, ending = data_file.split_name(data)
    return Path(f"{stem}-corrected{ending}")


def _check_ending(out: Path, data: DataFile) -> None:
    """Refuse to write under a name that tells another format."""
    ending, found = ending_of(data.name), find_format(out.name)
    if find_format(data.name) is not None:
        fits = ending_of(out.name) == ending
    else:  # through a pipe, or named by --format
        is_packed = out.name.lower().endswith(".gz")
        same = found is not None and found.name == data.format.name
        fits = found is None or (same and is_packed == data.packed)
    if not fits and not data_file.is_piped(str(out)):
        needed = f"in {ending}, as that of" if ending else "in that of the format of"
        raise InputError(f"--out {out}: the name must end {needed} {data.name}.")


def _get_labels(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """Give the labels in their own type, missing ones as None."""
    import numpy as np

    from label_auditor.cli.tables import get_column

    column = get_column(table, name)
    labels = np.empty(len(column), dtype=object)
    labels[:] = column.tolist()
    return labels


def _find_notation(
    labels: NDArray[Any], corrections: Corrections, arguments: argparse.Namespace
) -> Notation | None:
    """Find how cells of text hold sets of labels; None where there are no sets, or real lists."""
    sets = [each.label for each in corrections if isinstance(each.label, tuple)]
    kinds = {type(cell) for cell in labels if cell is not None}
    if not sets or kinds & {list, tuple}:
        return None
    from label_auditor.cli.set_cells import find_notation

    chosen = {name for each in sets for name in each}
    notation = find_notation(labels, chosen) if kinds <= {str} else None
    if notation is None:
        raise InputError(
            f"{arguments.corrections} has sets of labels, and how column {arguments.label!r} holds "
            'sets can\'t be told: its cells should be lists, such as ["a", "b"], or names that one '
            f"of ; | and , divides. They are {quote_values(labels.tolist())}."
        )
    return notation


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


def _apply(
    labels: NDArray[Any],
    corrections: Corrections,
    ids: Sequence[Any],
    arguments: argparse.Namespace,
    source: str,
) -> tuple[Any, CorrectionReport]:
    """Apply the corrections; what is wrong is said of the file in which it is wrong."""
    from label_auditor.corrections.apply import UnknownLabelsError, apply_corrections
    from label_auditor.corrections.collection import Corrections

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said in the report
        try:
            apply_corrections(labels, Corrections([]), ids=ids)
        except (ValueError, TypeError) as error:
            raise InputError(f"{source}, column {arguments.label!r}: {error}") from error
        try:
            return apply_corrections(labels, corrections, ids=ids)
        except UnknownLabelsError as error:
            raise _unknown_labels(error.report, labels, arguments) from error
        except (ValueError, TypeError) as error:
            raise InputError(f"{arguments.corrections}: {error}") from error


def _unknown_labels(
    report: CorrectionReport, labels: Iterable[Any], arguments: argparse.Namespace
) -> InputError:
    """Say that all corrections choose labels that the table hasn't."""
    chosen = quote_values(dict.fromkeys(map(str, report.unknown_labels.values())))
    there = quote_values(dict.fromkeys(str(label) for label in labels if label is not None))
    return InputError(
        f"{arguments.corrections} chooses the labels {chosen}, none of which a row of column "
        f"{arguments.label!r} has; the labels there are {there}. Is this the right column?"
    )


def _plain(label: Any) -> Any:
    """Give a label as JSON has it: an array of labels as a list."""
    return label.tolist() if hasattr(label, "tolist") else label


def _summarize(report: CorrectionReport, out: Path) -> dict[str, Any]:
    """Give what became of the corrections as values of JSON."""
    return {
        "n_rows": report.n_rows,
        "changed": report.changed.tolist(),
        "confirmed": report.confirmed.tolist(),
        "discarded": report.discarded.tolist(),
        "open": report.open.tolist(),
        "unknown_ids": list(report.unknown_ids),
        "unknown_labels": report.unknown_labels,
        "file": str(out),
    }


def _print_report(report: CorrectionReport, arguments: argparse.Namespace, out: Path) -> None:
    """Say what became of the corrections."""
    print(f"{report}.")
    if len(report.discarded):
        done = "left out" if arguments.drop_discarded else "--drop-discarded leaves them out"
        print(f"Discarded by reviewers: {list_rows(sorted(report.discarded.tolist()))} ({done}).")
    if report.unknown_labels:
        print(
            f"Not applied, as no row of column {arguments.label!r} has the label they chose: "
            f"corrections for the ids {quote_values(report.unknown_labels)}."
        )
    print(f"Written: {out}")
