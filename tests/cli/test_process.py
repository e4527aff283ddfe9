"""Streams and signals: pipes that close, disks that fill, commands that are ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from label_auditor.corrections.collection import Correction, Corrections

RUN = [sys.executable, "-c", "import sys; from label_auditor.cli import main; sys.exit(main())"]
AUDIT = ["in.csv", "--text", "text", "--label", "label"]
APPLY = ["apply", "c.csv", "in.csv", "--label", "label", "-o", "out.csv"]


@pytest.fixture(autouse=True)
def corrections(reviews_csv):
    Corrections([Correction("7", "pos")]).to_csv("c.csv")


def run(*arguments, redirect="", **environment):
    """Run a command in a shell; give its status and what it says on stderr."""
    script = f'"$@" {redirect}'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *RUN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "unbuffered"), [(AUDIT, "1"), (APPLY, ""), (["--help"], ""), (["--help"], "1")]
)
def test_a_pipe_that_closes_early_is_no_error(arguments, unbuffered):
    status, said = run(
        *arguments, redirect="| true; exit ${PIPESTATUS[0]}", PYTHONUNBUFFERED=unbuffered
    )
    assert (status, said) == (0, "")


def test_a_reader_of_two_lines_gets_all_files_written():
    status, said = run(*AUDIT, redirect="| head -2; exit ${PIPESTATUS[0]}")
    assert (status, said) == (0, "")
    names = sorted(path.name for path in Path("in-audit").iterdir())
    assert names == ["audit.npz", "issues.csv", "report.html"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("arguments", [AUDIT, APPLY])
def test_output_to_a_full_disk_is_one_line(arguments):
    status, said = run(*arguments, redirect=">/dev/full")
    assert status == 2
    assert said == "label-audit: can't write the output: No space left on device.\n"


@pytest.mark.parametrize(
    ("arguments", "redirect", "written"),
    [
        (APPLY, ">&-", "out.csv"),
        (AUDIT, ">&- 2>&-", "in-audit/issues.csv"),
        (APPLY, "2>&-", "out.csv"),
    ],
)
def test_streams_that_the_shell_has_closed(arguments, redirect, written):
    assert run(*arguments, redirect=redirect) == (0, "")
    assert Path(written).exists()


WAIT = """
import signal, sys, time
from label_auditor import LabelAudit
from label_auditor.cli import main
from label_auditor.cli.data_file import DataFile

# What runs the tests may ignore these, as nohup does, or a shell in the background.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

def save(*_):
    print("saving", flush=True)
    time.sleep(60)

LabelAudit.save = DataFile.write = save
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("arguments", "number", "status"),
    [(AUDIT, signal.SIGTERM, 143), (APPLY, signal.SIGHUP, 129), (APPLY, signal.SIGINT, 130)],
)
def test_a_command_that_is_ended_leaves_nothing_behind(in_tmp, arguments, number, status):
    before = sorted(in_tmp.rglob("*"))
    process = subprocess.Popen(
        [sys.executable, "-c", WAIT, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "saving\n"
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert "Traceback" not in said
    assert sorted(in_tmp.rglob("*")) == before


READY = RUN[2].replace("; sys.exit", "; print('ready', flush=True); sys.exit")


@pytest.mark.parametrize("delay", [0.1, 0.3, 0.6])
def test_ctrl_c_while_importing_shows_no_traceback(delay):
    process = subprocess.Popen(
        [sys.executable, "-c", READY, *AUDIT], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == b"ready\n"  # nothing slow has been imported yet
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    if process.returncode != 0:  # 0: it was quicker than that
        assert (process.returncode, said) == (130, b"label-audit: interrupted\n")
