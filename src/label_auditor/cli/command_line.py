"""The command line, `label-audit`."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import tempfile
import warnings
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from sklearn.model_selection import StratifiedKFold

from label_auditor.auditor import LabelAuditor
from label_auditor.cli import apply as apply_command
from label_auditor.cli import next as next_command
from label_auditor.cli.models import FEATURE_MODELS, TEXT_MODELS, prepare_features, prepare_texts
from label_auditor.cli.tables import FORMATS, InputError, get_labels, read_table
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.cli.models import Prepared

# Words that may stand in place of DATA, and what they do; no table has such a name.
COMMANDS = {"next": next_command, "apply": apply_command}

DESCRIPTION = """\
Find the labels in a table that are probably wrong.

A model is cross-validated over the rows, and each given label is compared with what models say
that never saw the row. The rows to look at are printed, and written to a folder, worst first.
"""

EPILOG = """\
models for --text:
  words       TF-IDF of words and pairs of words, naive Bayes; the default
  characters  the same of runs of characters: for misspelt texts, and for languages written
              without spaces, where it is the default
models for features:
  forest      extremely randomised trees, which wrong labels mislead least; the default
  boosting    histogram gradient boosting, which takes categories as such; the default where a
              column has more than 15 of them

written to --out (files of an earlier run are replaced):
  issues.csv  the flagged rows, worst first: row (0 is the first record of DATA), given_label,
              suggested_label, label_quality (0 to 1), rank, and the text or the features
  report.html all rows, to review them in a browser: it needs no server
  audit.npz   the whole audit, with all probabilities: LabelAudit.load("audit.npz") in Python

examples:
  label-audit reviews.csv --text review --label sentiment
  label-audit churn.parquet --label churned --features age,plan,calls

commands (label-audit COMMAND --help says more):
""" + "\n".join(f"  {word:<10}  {command.SUMMARY}" for word, command in COMMANDS.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Run `label-audit`.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments; None: those of the process.

    Returns
    -------
    int
        The exit status: 0 done, 2 wrong input, 130 interrupted.
    """
    argv = sys.argv[1:] if argv is None else argv
    command = COMMANDS.get(argv[0]) if argv else None
    if command is None:
        arguments, run = _parser().parse_args(argv), _run_audit
    else:
        arguments, run = _command_parser(argv[0]).parse_args(argv[1:]), command.run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a text may hold what the terminal can't show
    try:
        run(arguments)
    except InputError as error:
        print("label-audit:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("label-audit: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="label-audit",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("data", type=Path, metavar="DATA", help=FORMATS)
    add("--label", required=True, metavar="COL", help="column of the labels")
    inputs = parser.add_mutually_exclusive_group().add_argument
    inputs("--text", metavar="COL", help="column of the texts")
    inputs("--features", metavar="A,B", help="feature columns (default: all but the labels)")
    add(
        "--model", choices=[*TEXT_MODELS, *FEATURE_MODELS], help="what judges the labels; see below"
    )
    add("--cv", type=_number_of_folds, default=5, metavar="N", help="folds (default: 5)")
    add(
        "--jobs",
        type=_number_of_jobs,
        default=1,
        metavar="N",
        help="folds at a time (default: 1; -1: all)",
    )
    add("--out", type=Path, metavar="DIR", help="folder to write to (default: x-audit for x.csv)")
    add("--version", action="version", version=f"label-audit {version('label-auditor')}")
    return parser


def _command_parser(word: str) -> argparse.ArgumentParser:
    command = COMMANDS[word]
    parser = argparse.ArgumentParser(
        prog=f"label-audit {word}",
        description=command.DESCRIPTION,
        epilog=command.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    return parser


def _number_of_folds(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r}; a whole number of at least 2 is needed")
    return int(text)


def _number_of_jobs(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r}; a whole number, but not 0, is needed")
    return int(text)


def _run_audit(arguments: argparse.Namespace) -> None:
    """Read, audit, write, and say what was found."""
    try:
        from label_auditor.cli import terminal as _terminal
    except ImportError as error:
        raise InputError("rich is needed: pip install 'label-auditor[cli]'") from error

    data, folds = arguments.data, arguments.cv
    out = arguments.out or Path(re.sub(r"(?i)\.[^.]*(\.gz)?$", "", data.name) + "-audit")
    _check_model(arguments)
    _check_folder(out)
    with _terminal.progress() as stage:
        with stage(f"Read {data.name}"):
            table = read_table(data)
            labels = get_labels(table, arguments.label)
            single = _check_counts(labels, arguments)
        with stage(f"Prepare {len(table):,} rows"):
            prepared = _prepare(table, arguments)
        with stage(f"Cross-validate {type(prepared.classifier).__name__} over {folds} folds"):
            audit = _audit(prepared, labels, arguments)
        with stage(f"Write to {out}"):
            files = _write(audit, prepared.shown, out, title=data.name)
    if single:
        named = quote_values(single)
        _terminal.print_warning(f"not judged, as they are the only row of their class: {named}")
    for note in prepared.notes:
        _terminal.print_warning(note)
    _terminal.print_summary(audit, prepared.shown, files)


def _check_model(arguments: argparse.Namespace) -> None:
    """Refuse a model that is for other inputs, and labels among the inputs."""
    of_texts = arguments.text is not None
    models = TEXT_MODELS if of_texts else FEATURE_MODELS
    if arguments.model not in (None, *models):
        raise InputError(
            f"--model {arguments.model} is for {'features' if of_texts else 'texts'}; "
            + (f"for --text choose {' or '.join(models)}." if of_texts else "pass --text as well.")
        )
    if arguments.label in (arguments.text, *(arguments.features or "").split(",")):
        raise InputError(
            f"column {arguments.label!r} is named by --label and by "
            f"{'--text' if of_texts else '--features'}; labels can't judge themselves."
        )


def _check_folder(out: Path) -> None:
    """Refuse a folder that can't be written to, before any work is done."""
    nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise InputError(f"--out {out}: {nearest} is a file; name a folder.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"--out {out}: no permission to write in {nearest}; name another folder.")


def _check_counts(labels: NDArray[Any], arguments: argparse.Namespace) -> list[Any]:
    """Refuse labels that can't be spread over the folds; give the classes of a single row."""
    counts = Counter(labels.tolist())
    most = max(counts.values())
    if most < arguments.cv:
        raise InputError(
            f"column {arguments.label!r} has {len(counts):,} classes of at most {most} rows, and "
            f"{arguments.cv} folds need {arguments.cv} rows of some class: is it the column of the "
            "labels? If it is, pass a smaller --cv."
        )
    return [label for label, n_rows in counts.items() if n_rows == 1]


def _prepare(table: pd.DataFrame, arguments: argparse.Namespace) -> Prepared:
    """Prepare the texts, the named features, or all columns but the labels."""
    if arguments.text is not None:
        return prepare_texts(table, arguments.text, arguments.model)
    if arguments.features is not None:
        names = list(dict.fromkeys(arguments.features.split(",")))
        return prepare_features(table, names, arguments.model, named=True)
    names = [name for name in table.columns if name != arguments.label]
    return prepare_features(table, names, arguments.model, named=False)


def _audit(prepared: Prepared, labels: NDArray[Any], arguments: argparse.Namespace) -> LabelAudit:
    """Cross-validate over shuffled folds, the same each time."""
    # Files come sorted by source, annotator or date. Folds in file order would have models judge
    # a source that they never saw; shuffled, every fold holds some of each.
    folds = StratifiedKFold(arguments.cv, shuffle=True, random_state=0)
    auditor = LabelAuditor(prepared.classifier, cv=folds, train_on=None, n_jobs=arguments.jobs)
    with warnings.catch_warnings():
        # Those that a user can act on, classes of a single row, are said in a line of their own.
        warnings.simplefilter("ignore")
        auditor.fit(prepared.X, labels)
    return auditor.audit_


def _write(audit: LabelAudit, shown: pd.DataFrame, out: Path, *, title: str) -> list[Path]:
    """Write all files elsewhere in the folder first, so that none is ever half written."""
    found = audit.to_frame().drop(columns="is_label_issue")
    found.insert(0, "row", range(len(found)))
    issues = pd.concat([found, shown], axis=1).iloc[audit.ranked]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out) as unfinished:
            # JSON can hold half a surrogate pair, for which UTF-8 has no bytes.
            issues.to_csv(Path(unfinished, "issues.csv"), index=False, errors="replace")
            audit.save(Path(unfinished, "audit.npz"))
            # Cells of JSON lines and Parquet may be anything.
            texts = {
                name: [
                    None if no else str(cell) for cell, no in zip(cells, cells.isna(), strict=True)
                ]
                for name, cells in shown.items()
            }
            audit.to_html(Path(unfinished, "report.html"), texts, title=title)
            names = ("issues.csv", "audit.npz", "report.html")
            return [Path(unfinished, name).replace(out / name) for name in names]
    except OSError as error:
        raise InputError(f"can't write to {out}: {error.strerror or error}.") from error
