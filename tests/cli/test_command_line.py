"""What `label-audit` does whatever the command: words, statuses, the last resort."""

import subprocess
import sys

import pytest

from label_auditor.cli import main
from label_auditor.cli.errors import InputError

ARGUMENTS = ["in.csv", "--text", "text", "--label", "label"]


def test_help_and_version(capsys):
    for option, text in [("--help", "--label COL"), ("--version", "label-audit 0.")]:
        with pytest.raises(SystemExit, match="0"):
            main([option])
        assert text in capsys.readouterr().out


@pytest.mark.parametrize("word", ["apply", "next"])
def test_commands_are_listed_and_explained(capsys, word):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert f"\n  {word} " in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main([word, "--help"])
    assert f"usage: label-audit {word} " in capsys.readouterr().out


def test_help_and_version_import_nothing_that_takes_time():
    words = ["--help"], ["--version"], ["next", "--help"], ["estimate", "--help"], ["apply", "-h"]
    code = (
        "import sys\nfrom label_auditor.cli import main\n"
        f"for words in {words}:\n"
        "    try: main(words)\n    except SystemExit: pass\n"
        "slow = {'numpy', 'pandas', 'scipy', 'sklearn', 'pyarrow', 'rich', 'joblib'}\n"
        "print('imported:', *sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("imported:\n")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("two\nlines"), "label-audit: two lines"),
        (MemoryError(), "label-audit: there is not enough memory for this table."),
        (OSError(28, "No space left"), "label-audit: can't write the output: No space left."),
        (
            RuntimeError("odd"),
            "label-audit: this is an error of label-audit itself: RuntimeError: odd (with "
            "PYTHONDEVMODE=1, it shows where)",
        ),
    ],
)
def test_whatever_happens_is_one_line_and_status_2(capsys, monkeypatch, error, line):
    def fail(arguments):
        raise error

    monkeypatch.setattr("label_auditor.cli.audit.run", fail)
    assert main(ARGUMENTS) == 2
    assert capsys.readouterr().err == line + "\n"


def test_an_interrupt_is_130(capsys, monkeypatch):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("label_auditor.cli.audit.run", interrupt)
    assert main(ARGUMENTS) == 130
    assert capsys.readouterr().err == "label-audit: interrupted\n"


def test_developers_get_the_traceback():
    code = (
        "from label_auditor.cli import audit, main\n"
        "audit.run = lambda arguments: 1 / 0\n"
        f"main({ARGUMENTS})"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, check=False
    )
    assert "ZeroDivisionError" in done.stderr.splitlines()[-1]
