"""How many flagged rows are too many."""

import argparse

import pytest

from label_auditor.cli.gate import Limit, TooManyError, read_limit


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("20", Limit("20", 20, None)),
        ("0", Limit("0", 0, None)),
        ("2.5%", Limit("2.5%", None, 2.5)),
        ("100%", Limit("100%", None, 100)),
    ],
)
def test_numbers_and_percentages(text, limit):
    assert read_limit(text) == limit


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "", "%", "101%", "1e3", "5 %", "nan%"])
def test_other_limits_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="a number of rows, as 20, or a percent"):
        read_limit(text)


@pytest.mark.parametrize(
    ("text", "n_flagged"), [("5", 5), ("5", 6), ("2.5%", 5), ("0", 1), ("0%", 1), ("100%", 200)]
)
def test_as_many_as_the_limit_are_too_many(text, n_flagged):
    with pytest.raises(TooManyError, match=f"^{n_flagged} of 200 .* not below --fail-on {text}"):
        read_limit(text).check(n_flagged, 200)


@pytest.mark.parametrize(
    ("text", "n_flagged"), [("5", 4), ("2.5%", 4), ("0", 0), ("0%", 0), ("100%", 199)]
)
def test_fewer_pass(text, n_flagged):
    read_limit(text).check(n_flagged, 200)
