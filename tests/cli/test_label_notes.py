"""Labels that are easily mistaken for others."""

import pytest

from label_auditor.cli.label_notes import (
    find_lookalikes,
    note_on_labels,
    on_one_line,
    show_labels,
)

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    ("classes", "shown"),
    [
        (["a", "b"], ["a", "b"]),
        ([1, 0], ["1", "0"]),
        ([True, False], ["True", "False"]),
        (["pos", "pos ", "neg"], ["'pos'", "'pos '", "neg"]),
        (["pos", "pos\u00a0"], ["'pos'", "'pos\\xa0'"]),
        (["a b", "a  b"], ["'a b'", "'a  b'"]),
        (["a b", "a\nb", "ab"], ["'a b'", "'a\\nb'", "'ab'"]),
        (["ab", "a\u200bb"], ["'ab'", "'a\\u200bb'"]),
        ([" c"], ["' c'"]),
        ([COMPOSED, DECOMPOSED], ["'caf\\xe9'", "'cafe\\u0301'"]),
        (["日本", "中国"], ["日本", "中国"]),
        (["pos", "POS"], ["pos", "POS"]),  # anyone can see the difference
    ],
)
def test_labels_are_shown_so_that_they_can_be_told_apart(classes, shown):
    assert list(show_labels(classes).values()) == shown


def test_lookalikes_are_groups_of_strings():
    assert find_lookalikes(["a", "a ", 1, "1", "b", " b", "c"]) == [["a", "a "], ["b", " b"]]


def test_a_note_names_labels_that_are_nearly_the_same():
    (note,) = note_on_labels(["neg", "pos", "pos "])
    assert note.startswith("these labels are nearly the same, but count as different classes: ")
    assert "'pos' and 'pos '" in note
    (note,) = note_on_labels([COMPOSED, DECOMPOSED])
    assert "'caf\\xe9' and 'cafe\\u0301'" in note
    (note,) = note_on_labels([f"{n}{end}" for n in range(7) for end in ("", " ")])
    assert "'4' and '4 '; … (7 such groups)" in note
    assert "'5'" not in note


@pytest.mark.parametrize("classes", [[-1, 0, 1], [-100, 0, 3], [-1.0, 0.0, 2.0], [-1, 0]])
def test_a_note_on_a_class_that_often_means_no_label(classes):
    (note,) = note_on_labels(classes)
    assert note.startswith(f"{classes[0]!r} is audited as a class; if it marks rows that have no")


@pytest.mark.parametrize("classes", [[-1, 1], [0, 1], [-2, -1, 0], ["-1", "x"], [True, False]])
def test_no_note_where_there_is_nothing_odd(classes):
    assert note_on_labels(classes) == []


def test_a_note_on_integers_that_are_text_as_they_are_too_big():
    assert note_on_labels([str(2**63), "5"]) == [
        "labels are integers of more than 64 bits, and are audited as text"
    ]
    assert note_on_labels([str(2**63 - 1), "5"]) == []
    assert note_on_labels([str(2**63), "five", "9" * 5000]) == []


def test_on_one_line_a_terminal_obeys_nothing():
    assert on_one_line(" a\r\n\tb\x1b[31m\x9bc ") == "a b [31m c"
    assert on_one_line("x" * 2000) == "x" * 1000
