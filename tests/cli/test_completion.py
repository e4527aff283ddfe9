"""The script by which a shell completes words, in bash itself."""

import shutil
import subprocess

import pytest

from label_auditor.cli.command_line import main

ASK = """
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_label_audit
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def complete(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--completion"])
    script = capsys.readouterr().out
    bash = shutil.which("bash") or pytest.skip("there is no bash")

    def complete(words):
        asked = [bash, "-uc", script + ASK.format(words=words)]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
        return done.stdout.split()

    return complete


def test_words_are_completed(complete):
    assert complete("label-audit n") == ["next"]
    assert complete("label-audit in.csv --mod") == ["--model"]
    assert complete("label-audit in.csv --model w") == ["words"]
    assert set(complete("label-audit next --")) >= {"--data", "--out", "--json"}
    assert "--model" not in complete("label-audit next --")
    assert complete("label-audit apply --drop") == ["--drop-discarded"]
    assert complete("label-audit apply --format par") == ["parquet"]


def test_where_nothing_is_known_the_shell_names_files(complete):
    assert complete("label-audit in.csv --out f") == []
    assert complete("label-audit next a") == []
