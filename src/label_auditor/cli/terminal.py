"""What label-audit shows: progress and warnings on stderr, the summary on stdout."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.console import Console, Group
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from label_auditor.cli.label_notes import on_one_line, show_labels
from label_auditor.report.highlights import FLAG_MEANING, agreement, confused_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.audit.multi_label import MultiLabelAudit
    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.cli.decisions import Decided
    from label_auditor.review.estimate import ErrorEstimate

    Tell = Callable[[str], None]
    Stage = Callable[[str], AbstractContextManager[Tell]]

N_PAIRS = 10
N_WORST = 10


class _Console(Console):
    """A console that leaves a closed pipe to the command; rich would end it with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


@contextmanager
def progress() -> Iterator[Stage]:
    """Give a function that shows one stage of the work with a spinner; no terminal, no output.

    A stage gives a function that shows something else in its place.
    """
    console = _Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: nullcontext(lambda _: None)
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:

        @contextmanager
        def stage(description: str) -> Iterator[Tell]:
            task = bars.add_task(on_one_line(description), total=1)
            yield lambda text: bars.update(task, description=on_one_line(text))
            bars.update(task, completed=1)

        yield stage


def print_warning(message: str) -> None:
    """Print one line on stderr."""
    _Console(stderr=True, soft_wrap=True).print(Text(f"warning: {on_one_line(message)}", "yellow"))


def print_summary(
    audit: LabelAudit,
    shown: pd.DataFrame,
    files: Sequence[Path],
    decided: Decided,
    twins: pd.DataFrame,
) -> None:
    """Print counts, the most confused pairs, the worst rows with their inputs, and the files."""
    console = _Console(highlight=False)
    console.print(
        f"\n[bold]{len(audit):,}[/] rows, [bold]{len(audit.classes):,}[/] classes; flagged for "
        f"review: [bold]{audit.n_issues:,}[/] ({audit.n_issues / len(audit):.1%}).\n"
        f"Models that never saw the row agree with {agreement(audit):.1%} of the given labels."
    )
    paragraphs = [FLAG_MEANING]
    if twins["n_twins_other_label"].any():
        paragraphs.append(_count_twins(twins))
    if n_unlabelled := int((audit.codes < 0).sum()):
        told = f"{n_unlabelled:,} rows have no label; one is suggested for each in issues.csv."
        paragraphs.append(told)
    if decided.corrections is not None:
        paragraphs.append(_describe_decisions(decided))
    for paragraph in paragraphs:
        console.print(f"{textwrap.fill(paragraph, min(console.width, 80))}\n")
    if audit.n_issues:
        worst = [row for row in audit.ranked.tolist() if row not in decided.rows]
        listed = _list_rows("Look at these first", audit, worst[:N_WORST], shown, console)
        console.print(_confused_pairs(audit, console), "", listed, "")
    for path in files:
        console.print(Text(f"Written: {path}"), soft_wrap=True)
    page = next(path for path in files if path.suffix == ".html")
    console.print("\nTo review the rows, open this page in a browser:")
    console.print(Text(page.absolute().as_uri()), soft_wrap=True)


def print_next(
    audit: LabelAudit | MultiLabelAudit,
    rows: NDArray[np.intp],
    shown: pd.DataFrame | None,
    *,
    n_reviewed: int,
    n_left: int,
) -> None:
    """Print the rows to look at next, by their ids, and their inputs where they are known."""
    console = _Console(highlight=False)
    console.print(f"\n[bold]{n_reviewed:,}[/] rows reviewed, [bold]{n_left:,}[/] left.\n")
    console.print(_list_rows("Look at these next", audit, rows.tolist(), shown, console))


def print_estimate(estimate: ErrorEstimate, *, n_planned: int) -> None:
    """Print how many labels are wrong: in all rows, the flagged ones, and by class."""
    console = _Console(highlight=False)
    used = estimate.n_reviewed
    so_far = "" if used == n_planned else " so far"
    console.print(
        f"\n[bold]{estimate.low:,} to {estimate.high:,}[/] of {estimate.n_rows:,} labels are wrong "
        f"({estimate.rate_low:.1%} to {estimate.rate_high:.1%}), with {estimate.confidence:.0%} "
        f"confidence{so_far}.\n"
        f"{used:,} of the {n_planned:,} rows of the random sample are reviewed; "
        f"{estimate.n_discarded:,} of them were discarded.\n"
    )
    names = show_labels(list(estimate.by_class))
    parts = {"all rows": estimate, "flagged rows": estimate.flagged}
    parts |= {f"given {names.get(label, label)}": each for label, each in estimate.by_class.items()}
    table = _table("Label errors", console)
    table.add_column("among")
    for name in ("rows", "reviewed", "errors", "from", "to"):
        table.add_column(name, justify="right")
    for name, part in parts.items():
        number = "?" if np.isnan(part.n_errors) else f"{part.n_errors:,.0f}"
        counts = (f"{each:,}" for each in (part.n_rows, part.n_reviewed))
        table.add_row(on_one_line(name), *counts, number, f"{part.low:,}", f"{part.high:,}")
    console.print(table)


def _show_score(score: float) -> str:
    """Show three decimals; what is closer to 0 is no 0."""
    return "< 0.001" if 0 < score < 0.001 else f"{score:.3f}"


def _confused_pairs(audit: LabelAudit, console: Console) -> Table:
    """Count the rows by given and suggested label, as the review page does."""
    labels = show_labels(audit.shown_classes.tolist())
    table = _table("Most confused", console)
    table.add_column("rows", justify="right")
    table.add_column("given → suggested")
    for given, suggested, n_rows, _ in confused_pairs(audit, N_PAIRS):
        table.add_row(f"{n_rows:,}", _arrow(given, suggested, labels))
    return table


def _count_twins(twins: pd.DataFrame) -> str:
    """Say how many rows have twins, and how many of these have twins with other labels."""
    n, n_other = twins["n_twins"], twins["n_twins_other_label"]
    return (
        f"{(n > 0).sum():,} rows have near twins: {(n_other > 0).sum():,} have a twin with another "
        f"label, and {(2 * n_other > n).sum():,} have another label than most of their twins."
    )


def _describe_decisions(decided: Decided) -> str:
    """Say what the models learned from, and where the reviewed rows still are."""
    return (
        f"Learned from {len(decided.rows):,} decisions: {decided.n_changed:,} labels changed, "
        f"{decided.n_discarded:,} rows discarded. The page goes on with them; issues.csv lists the "
        "flagged rows whether they are reviewed or not."
    )


def _list_rows(
    title: str,
    audit: LabelAudit | MultiLabelAudit,
    rows: Sequence[int],
    shown: pd.DataFrame | None,
    console: Console,
) -> Table:
    """List rows with their labels, and their inputs cut to the width of the terminal."""
    table = _table(title, console)
    table.add_column("row", justify="right")
    table.add_column("quality", justify="right")
    table.add_column("given → suggested")
    labels = show_labels(audit.shown_classes.tolist())
    for row in rows:
        lines = [_arrow(*_labels_of(audit, row), labels)]
        if shown is not None:
            described = _describe(shown.iloc[row])
            lines.append(Text(described, "dim", no_wrap=True, overflow="ellipsis"))
        name = on_one_line(str(audit.index[row]))
        table.add_row(name, _show_score(audit.scores[row]), Group(*lines))
    return table


def _table(title: str, console: Console) -> Table:
    """Make a table with rules on a terminal, and with spaces alone where it is piped."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD if console.is_terminal else None,
        show_edge=False,
        pad_edge=False,
    )


def _labels_of(audit: LabelAudit | MultiLabelAudit, row: int) -> tuple[Any, Any]:
    """Give what the given and the suggested label of a row are called; a tuple if it has sets."""
    classes = audit.shown_classes
    if audit.multi_label:
        sets: Any = (audit.codes, audit.predicted)
        given, suggested = (tuple(classes[each[[row]].indices]) for each in sets)
        return given, suggested
    return classes[audit.codes[row]], classes[audit.predicted[row]]


def _arrow(given: Any, suggested: Any, shown: dict[Any, str]) -> Text:
    """Give a pair of labels, or of sets of labels, each as it is shown."""
    names = [_name(label, shown) for label in (given, suggested)]
    return Text.assemble((names[0], "red"), " → ", (names[1], "green"))


def _name(label: Any, shown: dict[Any, str]) -> str:
    if isinstance(label, tuple):
        return ", ".join(_name(each, shown) for each in label) or "no class"
    return on_one_line(shown.get(label, str(label)))


def _describe(record: pd.Series) -> str:
    """Give a text as it is, and features by name."""
    if len(record) == 1:
        return on_one_line(str(record.iloc[0]))
    return on_one_line(", ".join(f"{name}={value}" for name, value in record.items()))
