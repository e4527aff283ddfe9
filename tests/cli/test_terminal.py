"""What is shown."""

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.cli import terminal
from label_auditor.cli.decisions import Decided

CLASSES = ["pos", "pos ", "neg"]
NO_TWINS = pd.DataFrame({"n_twins": [0] * 30, "n_twins_other_label": [0] * 30})


@pytest.fixture
def audit():
    """Six rows, two of which are flagged; two of the classes differ by a blank."""
    given = np.array(["pos", "pos ", "neg"] * 10, dtype=object)
    probs = np.full((30, 3), 0.05) + 0.85 * np.eye(3)[[0, 1, 2] * 10]
    probs[[0, 3]] = [0.05, 0.9, 0.05]
    return audit_labels(given, probs, classes=CLASSES)


def shown(audit):
    return pd.DataFrame({"text": [f"text {row}" for row in range(len(audit))]})


@pytest.mark.parametrize("width", ["40", "80", "100"])
def test_the_meaning_of_a_flag_is_said_within_the_width(
    audit, capsys, monkeypatch, tmp_path, width
):
    monkeypatch.setenv("COLUMNS", width)
    terminal.print_summary(audit, shown(audit), [tmp_path / "report.html"], Decided(), NO_TWINS)
    out = capsys.readouterr().out
    lines = out[: out.index("Most confused")].splitlines()
    assert max(map(len, lines)) <= int(width)
    assert terminal.FLAG_MEANING in " ".join(lines)


def test_labels_that_look_alike_are_quoted(audit, capsys, tmp_path):
    assert audit.n_issues == 2
    terminal.print_summary(audit, shown(audit), [tmp_path / "report.html"], Decided(), NO_TWINS)
    assert capsys.readouterr().out.count("'pos' → 'pos '") == 3  # the pair, and two rows
    terminal.print_next(audit, audit.ranked, None, n_reviewed=1, n_left=29)
    out = capsys.readouterr().out
    assert "1 rows reviewed, 29 left" in out
    assert out.count("'pos' → 'pos '") == 2
    assert "text" not in out
    terminal.print_next(audit, audit.ranked, shown(audit), n_reviewed=1, n_left=29)
    assert capsys.readouterr().out.count("text") == 2


def test_twins_and_decisions_are_said(audit, capsys, tmp_path):
    twins = NO_TWINS.copy()
    twins.loc[:3, "n_twins"] = [1, 3, 3, 2]
    twins.loc[:2, "n_twins_other_label"] = [1, 2, 1]
    decided = Decided(Corrections([]), frozenset([0, 5]), 1, 1)
    terminal.print_summary(audit, shown(audit), [tmp_path / "report.html"], decided, twins)
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "4 rows have near twins: 3 have a twin with another label, and 2 have another label than "
        "most of their twins." in out
    )
    assert "Learned from 2 decisions: 1 labels changed, 1 rows discarded." in out
    assert "text 3" in out
    assert "text 0" not in out  # it is reviewed


def test_warnings_are_one_line_on_stderr(capsys):
    terminal.print_warning("[bold]a\nb[/] " + "x" * 200)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"warning: [bold]a b[/] {'x' * 200}\n"


def test_no_terminal_no_progress(capsys):
    with terminal.progress() as stage, stage("Read") as tell:
        tell("Read half")
    assert capsys.readouterr() == ("", "")


def test_a_stage_tells_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(terminal._Console, "is_terminal", True)
    with terminal.progress() as stage, stage("Embed 3 texts") as tell:
        tell("Embed 3 texts that are new: 2\ndone")
    shown = capsys.readouterr().err
    assert "Embed 3 texts \x1b" in shown
    assert "✓\x1b[0m Embed 3 texts that are new: 2 done" in shown


def test_a_pipe_that_closes_is_left_to_the_command(audit, monkeypatch, tmp_path):
    class Closed:
        encoding = "utf-8"

        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(BrokenPipeError):
        terminal.print_summary(audit, shown(audit), [tmp_path / "report.html"], Decided(), NO_TWINS)
