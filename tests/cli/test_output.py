"""Where a command shows what it does: on a terminal, as JSON, or nowhere."""

import argparse
import json
import sys

import pytest

from label_auditor.cli import output
from label_auditor.cli.errors import InputError


def arguments(**options):
    return argparse.Namespace(**{"json": False, "quiet": False, **options})


def test_tables_need_rich(monkeypatch):
    assert output.load_terminal(arguments()).__name__ == "label_auditor.cli.terminal"
    monkeypatch.delitem(sys.modules, "label_auditor.cli.terminal", raising=False)
    monkeypatch.delattr("label_auditor.cli.terminal", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    with pytest.raises(InputError, match="rich is needed to print tables: pip install rich"):
        output.load_terminal(arguments())
    for quiet in ({"json": True}, {"quiet": True}):
        assert output.load_terminal(arguments(**quiet)) is None


def test_without_a_terminal_warnings_are_lines_and_progress_is_silent(capsys):
    with output.progress(None) as stage, stage("Read") as tell:
        tell("more")
        output.warn(None, ["a\nb", "c"])
    assert capsys.readouterr() == ("", "warning: a b\nwarning: c\n")


def test_json_is_one_object_whatever_the_texts(capsys):
    output.print_json({"a": "日本\ud800", "n": 1.5})
    out = capsys.readouterr().out
    assert "日本" in out
    assert json.loads(out) == {"a": "日本\ud800", "n": 1.5}


def test_a_page_is_opened_or_it_is_said_that_it_is_not(monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert output.open_page(tmp_path / "a b.html") == []
    assert opened == [(tmp_path / "a b.html").as_uri()]
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert output.open_page(tmp_path / "x.html") == [
        f"no browser could be opened; open {(tmp_path / 'x.html').as_uri()} in one"
    ]
