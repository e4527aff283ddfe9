"""`label-audit DATA`: find the labels in a table that are probably wrong."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from label_auditor.cli import data_file, output
from label_auditor.cli.arguments import number_of_jobs, whole_number
from label_auditor.cli.decisions import read_decided
from label_auditor.cli.embeddings import Embedded, check_embeddings, embed_column
from label_auditor.cli.errors import InputError, explain
from label_auditor.cli.evidence import DESCRIPTIONS, gather_for_page, read_descriptions
from label_auditor.cli.files import CORRECTIONS, refuse_overwriting
from label_auditor.cli.gate import read_limit
from label_auditor.cli.label_notes import note_on_labels
from label_auditor.cli.memory import give_back, return_large
from label_auditor.cli.outputs import FILES, SPREADSHEET, Found, write_files
from label_auditor.cli.stages import check_stages
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    import argparse
    from types import ModuleType
    from typing import Any

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.auditor import LabelAuditor
    from label_auditor.cli.decisions import Decided
    from label_auditor.cli.models import Prepared

DESCRIPTION = """\
Find the labels in a table that are probably wrong.

Each given label is compared with what a model says that has learned from other rows, never from the
row itself. The rows to look at are printed, and written to a folder, worst first.
"""

EPILOG = """\
models for --text (default: a vote of words and characters; in languages written without spaces
between words, characters alone):
  words       naive Bayes over TF-IDF of words and pairs of words
  characters  the same of runs of two to five characters, which knows misspelt words as well
              Both judge each row by all other rows; with --cv, by those of other folds
  --embeddings adds a vote of vectors that are close where texts mean the same. A model that is
              installed with pip computes them, which takes about a second for a thousand short
              texts; they are kept, so that the next run takes none of it
models for features:
  forest      extremely randomised trees, which wrong labels mislead least; the default. Each row
              is judged by the trees that have not seen it
  boosting    histogram gradient boosting, which takes categories as such; the default where a
              column has more than 15 of them. Each row is judged by the other four of five folds

written to --out (files of an earlier run are replaced):
  issues.csv  the flagged rows, worst first: row (0 is the first record of DATA), given_label,
              suggested_label, label_quality (0 to 1), rank, the text or the features,
              n_twins and n_twins_other_label: near-identical rows, and how many of them have
              another label
  report.html all rows, to review them in a browser: it needs no server
  audit.npz   the whole audit, with all probabilities: LabelAudit.load("audit.npz") in Python

examples:
  label-audit reviews.csv --text review --label sentiment
  label-audit churn.parquet --label churned --features age,plan,calls
  label-audit reviews.csv --text review --label sentiment --corrections corrections.json
  zcat reviews.jsonl.gz | label-audit - --format jsonl --text review --label sentiment
  label-audit reviews.csv --text review --label sentiment --json --fail-on 2% > audit.json
"""
TEXT_MODELS = ("words", "characters")
FEATURE_MODELS = ("forest", "boosting")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    data_file.add_arguments(parser)
    add = parser.add_argument
    add("--label", required=True, metavar="COL", help="column of the labels")
    inputs = parser.add_mutually_exclusive_group().add_argument
    inputs("--text", metavar="COL", help="column of the texts")
    inputs("--features", metavar="A,B", help="feature columns (default: all but the labels)")
    add(
        "--model", choices=[*TEXT_MODELS, *FEATURE_MODELS], help="what judges the labels; see below"
    )
    add(
        "--embeddings",
        action="store_true",
        help="judge texts by their meaning as well; needs the extra `embeddings`; see below",
    )
    add(
        "--cv",
        type=whole_number(2),
        metavar="N",
        help="hold the rows out in N folds (default: see the models below)",
    )
    add(
        "--jobs",
        type=number_of_jobs,
        default=-1,
        metavar="N",
        help="how many parts of the work are done at a time (default: -1, one for each core)",
    )
    add(
        "--corrections",
        type=Path,
        metavar="FILE",
        help=f"learn from the decisions so far, and go on with them: {CORRECTIONS}",
    )
    add(
        "--missing-labels",
        choices=["raise", "suggest"],
        default="raise",
        help="rows without a label: refuse them (the default), or suggest one, in issues.csv",
    )
    _add_results(parser)


def _add_results(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is written, what is shown, and how the command ends."""
    add = parser.add_argument
    add("--out", type=Path, metavar="DIR", help="folder to write to (default: x-audit for x.csv)")
    add(
        "--max-rows",
        type=whole_number(1),
        default=50_000,
        metavar="N",
        help="rows in the review page, worst first (default: 50000)",
    )
    add(
        "--spreadsheet",
        action="store_true",
        help=f"write {SPREADSHEET} too, in which no text is run as a formula by a spreadsheet",
    )
    add(
        "--fail-on",
        type=read_limit,
        metavar="LIMIT",
        help="end with status 1 if N rows, or P%% of all, or more are flagged and not yet decided",
    )
    add("--class-descriptions", type=Path, metavar="FILE", help=DESCRIPTIONS)
    add("--open", action="store_true", help="open the review page in a browser")
    output.add_arguments(parser, "the summary")


def run(arguments: argparse.Namespace) -> None:
    """Read, audit, write, and say what was found."""
    from label_auditor.cli.tables import get_labels
    from label_auditor.cli.twins import find_twins_of

    data = arguments.data
    out = arguments.out or Path(f"{data_file.split_name(data)[0]}-audit")
    terminal = output.load_terminal(arguments)
    _check_model(arguments)
    check_embeddings(arguments)
    _check_folder(out)
    outputs = [out / name for name in (*FILES, SPREADSHEET)]
    refuse_overwriting(outputs, [data, arguments.corrections, arguments.class_descriptions])
    return_large()
    with output.progress(terminal) as stage:
        with stage(f"Read {data}"):
            of_file = data_file.read_data(data, arguments.format, arguments.sep)
            table = of_file.read(_find_wanted(arguments))
            suggest = arguments.missing_labels == "suggest"
            labels = get_labels(table, arguments.label, allow_missing=suggest)
            single = _check_counts(labels, arguments.label, arguments.cv or "loo")
            decided = read_decided(arguments.corrections, labels, data, arguments.label)
            names = {str(label) for label in labels.tolist() if label is not None}
            descriptions = read_descriptions(arguments.class_descriptions, names)
        embedded = None
        if arguments.embeddings:
            with stage(f"Embed {len(table):,} texts") as tell:
                embedded = embed_column(table, arguments.text, n_jobs=arguments.jobs, tell=tell)
        with stage(f"Prepare {len(table):,} rows"):
            prepared = _prepare(table, arguments, embedded)
            prepared = prepared._replace(cv=arguments.cv or prepared.cv)
            _check_counts(labels, arguments.label, prepared.cv)
            check_stages(prepared, labels, arguments.label, arguments.max_rows)
            del table  # of which all that is needed is in `prepared`
        give_back()
        with stage(f"Judge the labels by {_name_model(prepared)}"):
            auditor = _audit(prepared, labels, arguments, decided)
            audit = auditor.audit_
        give_back()
        with stage("Gather evidence"):
            evidence = gather_for_page(
                auditor, prepared, arguments.text, decided, arguments.max_rows
            )
            page = {"evidence": evidence, "class_descriptions": descriptions}
            # The sums of its models may be large, and so may what has been counted.
            del auditor
            prepared = prepared._replace(X=None, terms=None)
        give_back()
        with stage(f"Write to {out}"):
            twins, twin_notes = find_twins_of(audit, prepared, arguments.text)
            give_back()
            files, notes = write_files(
                audit, prepared.shown, out, arguments, decided, twins, page=page
            )
    named = quote_values(single)
    found = Found(audit, prepared.shown, files, decided, twins)
    _show(
        found,
        [
            *([f"not judged, as they are the only row of their class: {named}"] if single else ()),
            *note_on_labels(audit.classes.tolist()),
            *prepared.notes,
            *decided.notes,
            *twin_notes,
            *notes,
        ],
        arguments,
        terminal,
    )


def _show(
    found: Found, notes: list[str], arguments: argparse.Namespace, terminal: ModuleType | None
) -> None:
    """Show what was found, open the page, and compare the flags with the limit."""
    from label_auditor.cli.summary import count_undecided, summarize
    from label_auditor.report.highlights import doubts

    notes += doubts(found.audit)
    if arguments.open:
        notes += output.open_page(found.files[FILES.index("report.html")])
    output.warn(terminal, notes)
    if arguments.json:
        output.print_json(summarize(found, notes))
    elif terminal is not None:
        terminal.print_summary(*found)
    if arguments.fail_on is not None:
        arguments.fail_on.check(count_undecided(found), len(found.audit))


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
    try:
        nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
        is_folder, writable = nearest.is_dir(), os.access(nearest, os.W_OK | os.X_OK)
    except (OSError, ValueError) as error:
        reason = explain(error) if isinstance(error, OSError) else error
        raise InputError(f"--out {str(out)[:100]}: {reason}; name another folder.") from error
    if not is_folder:
        raise InputError(f"--out {out}: {nearest} is a file; name a folder.")
    if not writable:
        raise InputError(f"--out {out}: no permission to write in {nearest}; name another folder.")


def _check_counts(labels: NDArray[Any], column: str, cv: int | str) -> list[Any]:
    """Refuse labels that can't be held out; give the classes of a single row."""
    counts = Counter(label for label in labels.tolist() if label is not None)
    most = max(counts.values())
    if most == 1:
        raise InputError(
            f"column {column!r} has another label in each of its {len(labels):,} rows, so that no "
            "label can be learned from other rows; is it the column of the labels?"
        )
    if isinstance(cv, int) and most < cv:
        raise InputError(
            f"column {column!r} has {len(counts):,} classes of at most {most} rows, and "
            f"{cv} folds need {cv} rows of some class: is it the column of the "
            "labels? If it is, pass a smaller --cv."
        )
    return [label for label, n_rows in counts.items() if n_rows == 1]


def _find_wanted(arguments: argparse.Namespace) -> list[str] | None:
    """Give the columns that are needed; None: all of them, as those without labels are features."""
    if arguments.text is not None:
        return [arguments.text, arguments.label]
    if arguments.features is not None:
        return [*arguments.features.split(","), arguments.label]
    return None


def _prepare(
    table: pd.DataFrame, arguments: argparse.Namespace, embedded: Embedded | None
) -> Prepared:
    """Prepare the texts, the named features, or all columns but the labels."""
    from label_auditor.cli.models import prepare_features
    from label_auditor.cli.text_models import prepare_texts

    if arguments.text is not None:
        vectors, notes = embedded or (None, [])
        prepared = prepare_texts(
            table,
            arguments.text,
            arguments.model,
            vectors=vectors,
            n_jobs=arguments.jobs,
            in_folds=arguments.cv is not None,
        )
        return prepared._replace(notes=[*prepared.notes, *notes])
    if arguments.features is not None:
        names = list(dict.fromkeys(arguments.features.split(",")))
        return prepare_features(table, names, arguments.model, named=True, n_jobs=arguments.jobs)
    others = (arguments.label, *table.attrs.get("index", ()))
    names = [name for name in table.columns if name not in others]
    return prepare_features(table, names, arguments.model, named=False, n_jobs=arguments.jobs)


def _name_model(prepared: Prepared) -> str:
    """Say what judges the labels, and how rows are held out from it."""
    members = getattr(prepared.classifier, "estimators", None)
    name = type(prepared.classifier).__name__
    if members:
        *first, last = (member for member, _ in members)
        name = f"{', '.join(first)} and {last}"
    ways = {"loo": "leaving one out", "oob": "out of bag"}
    return f"{name}, {ways.get(str(prepared.cv), f'{prepared.cv} folds')}"


def _audit(
    prepared: Prepared, labels: NDArray[Any], arguments: argparse.Namespace, decided: Decided
) -> LabelAuditor:
    """Judge all labels; folds are shuffled, the same each time."""
    from sklearn.model_selection import StratifiedKFold

    from label_auditor.auditor import LabelAuditor

    cv: Any = prepared.cv
    if isinstance(cv, int):
        # Files come sorted by source, annotator or date. Folds in file order would have models
        # judge a source that they never saw; shuffled, every fold holds some of each.
        cv = StratifiedKFold(cv, shuffle=True, random_state=0)
    auditor = LabelAuditor(
        prepared.classifier,
        cv=cv,
        rank_by="log_margin",  # see docs/benchmarks.md, "Which labels first"
        share_preprocessing=True,
        train_on="all" if prepared.terms else None,  # what the page says of words needs a model
        missing_labels=arguments.missing_labels,
        n_jobs=arguments.jobs,
    )
    with warnings.catch_warnings():
        # Those that a user can act on, classes of a single row, are said in a line of their own.
        warnings.simplefilter("ignore")
        auditor.fit(prepared.X, labels, reviewed=decided.corrections)
    return auditor
