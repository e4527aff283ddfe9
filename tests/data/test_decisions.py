import pytest

from label_auditor.data.decisions import (
    DISCARDED,
    OPEN,
    VALIDATED,
    Correction,
    Decision,
    decide,
    names_in,
    read_label,
)


def test_ids_are_strings_and_sets_of_labels_are_sorted():
    correction = Correction(7, ("b", "a", "b"))
    assert correction.id == "7"
    assert correction.label == ("a", "b")
    assert Correction("7", ("a", "b")) == correction
    assert Correction(7, ()).label == ()


@pytest.mark.parametrize(
    ("label", "status", "message"),
    [
        ("a", "done", "the status is 'done', not 'validated' or 'discarded'"),
        (
            None,
            VALIDATED,
            "record '7' is validated with None for its label; a validated record has",
        ),
        ("a", DISCARDED, "record '7' is discarded with 'a' for its label"),
    ],
)
def test_status_and_label_must_agree(label, status, message):
    with pytest.raises(ValueError, match=message):
        Correction(7, label, status)


@pytest.mark.parametrize(
    "fields",
    [{"label": 3}, {"label": ("a", 3)}, {"label": "a", "who": 3}, {"label": "a", "when": 3}],
)
def test_names_and_times_are_strings(fields):
    with pytest.raises(TypeError, match="record '7' has 3 where the name of a class or reviewer"):
        Correction(7, **fields)


def votes(*labels):
    return tuple(
        Correction(1, label, DISCARDED if label is None else VALIDATED, who=str(who))
        for who, label in enumerate(labels)
    )


@pytest.mark.parametrize(
    ("labels", "label", "status"),
    [
        (["a"], "a", VALIDATED),
        (["a", "b", "a"], "a", VALIDATED),
        ([None], None, DISCARDED),
        ([None, "a", None], None, DISCARDED),
        (["a", "b"], None, OPEN),
        (["a", None], None, OPEN),
        ([("a", "b"), ("b", "a"), ("a",)], ("a", "b"), VALIDATED),
        ([(), ("a",), ()], (), VALIDATED),
    ],
)
def test_the_most_votes_decide(labels, label, status):
    given = votes(*labels)
    assert decide(given) == Decision(label, status, given)


def test_labels_are_read_by_their_names():
    values = {"no": 0, "yes": 1}
    assert read_label("yes", values) == 1
    assert read_label(("no", "yes"), values) == (0, 1)
    assert read_label((), values) == ()
    assert read_label(None, values) is None
    with pytest.raises(KeyError):
        read_label("maybe", values)


def test_names_in_a_label():
    assert names_in("a") == ("a",)
    assert names_in(("a", "b")) == ("a", "b")
    assert names_in(None) == ()
