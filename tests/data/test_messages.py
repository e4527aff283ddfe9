import numpy as np
import pytest

from label_auditor.data.messages import list_rows, quote_counts, quote_values, repeated, warn


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([3], "row 3"),
        ([3, 8], "rows 3, 8"),
        (range(7), "rows 0, 1, 2, 3, 4, … (7 in all)"),
    ],
)
def test_rows_are_named_up_to_a_limit(rows, text):
    assert list_rows(rows) == text


def test_values_are_named_up_to_a_limit():
    assert quote_values(np.array(["a", "b"])) == "'a', 'b'"
    assert quote_values(range(6)) == "0, 1, 2, 3, 4, … (6 in all)"


def test_counts_are_named_up_to_a_limit():
    assert quote_counts({"a": 2, "b": 1}) == "'a': 2, 'b': 1"
    counts = dict.fromkeys(range(7), 3)
    assert quote_counts(counts) == "0: 3, 1: 3, 2: 3, 3: 3, 4: 3, … (7 in all)"


def test_what_is_repeated_is_named_once():
    assert repeated(["b", "a", "b", "c", "a", "b"]) == ["b", "a"]
    assert repeated("abc") == []


def test_a_warning_points_at_whoever_called_the_package():
    inner, between = {"__name__": "label_auditor.inner", "warn": warn}, {"__name__": "sklearn.base"}
    exec("def find(): warn('it is so')", inner)
    exec("def call(function): function()", between)
    with pytest.warns(UserWarning, match="it is so") as caught:
        between["call"](inner["find"])
    assert caught[0].filename == __file__
