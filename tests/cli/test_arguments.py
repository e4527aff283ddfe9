import argparse

import pytest

from label_auditor.cli.arguments import (
    MOST_JOBS,
    Parser,
    number_of_jobs,
    separator,
    whole_number,
)


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("007", 7), ("99", 99)])
def test_whole_numbers(text, number):
    assert whole_number(2)(text) == number


@pytest.mark.parametrize("text", ["1", "-5", "", "x", "2.0", "²", "--3", "9" * 20, "9" * 5000])
def test_what_is_no_whole_number_or_too_small(text):
    with pytest.raises(argparse.ArgumentTypeError, match="whole number of at least 2 is") as found:
        whole_number(2)(text)
    assert len(str(found.value)) < 100


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("-1", -1), (str(MOST_JOBS), MOST_JOBS)])
def test_numbers_of_jobs(text, number):
    assert number_of_jobs(text) == number


@pytest.mark.parametrize("text", ["0", str(MOST_JOBS + 1), "9" * 20, "-9999999", "all"])
def test_jobs_out_of_bounds(text):
    with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
        number_of_jobs(text)


@pytest.mark.parametrize(
    ("text", "character"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), ("¦", "¦")]
)
def test_separators(text, character):
    assert separator(text) == character


@pytest.mark.parametrize("text", ["", ";;", '"', "\n", "\0", "comma"])
def test_what_divides_no_cells(text):
    with pytest.raises(argparse.ArgumentTypeError, match="one character is needed, such as"):
        separator(text)


def test_a_wrong_option_is_one_line(capsys):
    parser = Parser("audit", "Says\nmuch.", "And\nmore.")
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["--no\nsuch"])
    assert capsys.readouterr().err == (
        "audit: error: unrecognized arguments: --no such (audit --help lists the options)\n"
    )
