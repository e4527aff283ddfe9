"""The files that an audit writes: all of them, or none."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.errors import InputError, explain
from label_auditor.cli.formats import csv
from label_auditor.data.atomic_write import atomic_paths

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.cli.decisions import Decided

FILES = ("issues.csv", "audit.npz", "report.html")
SPREADSHEET = "issues-spreadsheet.csv"


class Found(NamedTuple):
    """What is shown of an audit: itself, its inputs, its files, the decisions, and the twins."""

    audit: LabelAudit
    shown: pd.DataFrame
    files: list[Path]
    decided: Decided
    twins: pd.DataFrame


def write_files(
    audit: LabelAudit,
    shown: pd.DataFrame,
    out: Path,
    arguments: argparse.Namespace,
    decided: Decided,
    twins: pd.DataFrame,
    page: dict[str, Any],
) -> tuple[list[Path], list[str]]:
    """Write all files, or none; give their paths, and what is to say about them.

    `page` is what the review page shows besides: options of `to_html`.
    """
    from label_auditor.review.twins import describe_twins

    issues, notes = _tabulate(audit, shown, twins)
    texts = {name: _to_texts(cells) for name, cells in shown.items()}
    names = [*FILES, SPREADSHEET] if arguments.spreadsheet else FILES
    paths = [out / name for name in names]
    title = "Label review" if arguments.data == "-" else Path(arguments.data).name
    if len(audit) > arguments.max_rows:
        notes.append(
            f"the first {arguments.max_rows:,} of {len(audit):,} rows are in report.html, worst "
            "first; --max-rows puts in more"
        )
    try:
        with _folder(out), atomic_paths(*paths) as parts:
            with parts[0].open("wb") as file:
                file.writelines(csv.write(issues))
            audit.save(parts[1])
            audit.to_html(
                parts[2],
                texts,
                metadata={"twins": describe_twins(twins)},
                title=title,
                reviewed=decided.corrections,
                max_rows=arguments.max_rows,
                apply_command=_apply_command(arguments),
                **page,
            )
            if arguments.spreadsheet:
                with parts[3].open("wb") as file:
                    file.writelines(csv.write(issues, run_nothing=True))
    except OSError as error:
        raise InputError(f"can't write to {out}: {explain(error)}.") from error
    return paths, notes


def _to_texts(cells: pd.Series) -> Any:
    """Give cells as texts; those of JSON lines and Parquet may be anything."""
    from label_auditor.cli.packed_texts import PackedDtype

    if isinstance(cells.dtype, PackedDtype):
        return cells
    return [None if no else str(cell) for cell, no in zip(cells, cells.isna(), strict=True)]


def _apply_command(arguments: argparse.Namespace) -> str:
    """Give what to type to apply the decisions, quoted for a shell."""
    data = "DATA" if arguments.data == "-" else str(arguments.data)
    label = arguments.label
    named = [f"--label={label}"] if label.startswith("-") else ["--label", label]
    words = ["label-audit", "apply", "corrections.json", data, *named]
    if arguments.format is not None:
        words += ["--format", arguments.format]
    if arguments.sep is not None:
        words += ["--sep", "tab" if arguments.sep == "\t" else arguments.sep]
    return shlex.join(words)


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[None]:
    """Make a folder; if nothing comes into it, it goes again."""
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):  # somebody else has put something there
                folder.rmdir()
        raise


def _tabulate(
    audit: LabelAudit, shown: pd.DataFrame, twins: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Give the flagged rows as in issues.csv, and what is to say about its columns.

    Rows without a label, for which one is suggested, come after them.
    """
    import numpy as np
    import pandas as pd

    rows = np.concatenate([audit.ranked, np.flatnonzero(audit.codes < 0)])
    found = audit.to_frame().drop(columns="is_label_issue").iloc[rows]
    found.insert(0, "row", rows)
    counts = twins[["n_twins", "n_twins_other_label"]].iloc[rows]
    table, names = put_beside(found, shown.iloc[rows], taken=counts.columns)
    notes = [
        f"column {name!r} of the data is called {new!r} in issues.csv, which has its own {name!r}"
        for name, new in names.items()
        if new != name
    ]
    return pd.concat([table, counts], axis=1), notes


def put_beside(
    found: pd.DataFrame, shown: pd.DataFrame, *, taken: Iterable[str] = ()
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Put inputs beside what was found of each row; give their names in the table by their own.

    The columns of `found` keep their names, and so do those that are `taken`.
    """
    import pandas as pd

    own = {*found.columns, *taken}
    names: dict[str, str] = {}
    for name in shown.columns:
        free = name
        while free in own or (free != name and free in shown.columns):
            free = f"input_{free}"
        names[name] = free
    inputs = shown.rename(columns=names).set_axis(found.index)
    return pd.concat([found, inputs], axis=1), names
