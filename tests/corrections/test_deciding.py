"""Decisions with regard to how good each reviewer is."""

import numpy as np
import pytest

from crowds import make_crowd
from label_auditor import Corrections, apply_corrections
from label_auditor.corrections import Correction


def reviewed_by(crowd, names="abcdefghij"):
    votes = crowd.votes
    return Corrections(
        Correction(str(row), f"class {code}", who=names[who])
        for row, who, code in zip(
            votes.rows.tolist(), votes.annotators.tolist(), votes.codes.tolist(), strict=True
        )
    )


def test_good_reviewers_outweigh_bad_ones():
    crowd = make_crowd(400, 10, per_row=3)
    corrections = reviewed_by(crowd)

    def right(decisions):
        return np.mean(
            [decisions[str(row)].label == f"class {crowd.true[row]}" for row in range(400)]
        )

    decided = corrections.decide("dawid_skene")
    assert right(decided) > right(corrections.decisions) + 0.03
    assert list(decided) == list(corrections.decisions)
    assert decided["7"].votes == corrections.decisions["7"].votes
    labels = {name: each.label for name, each in decided.items() if each.status != "open"}
    y = np.array([f"class {row % 4}" for row in range(400)])
    applied, _ = apply_corrections(y, labels)
    assert (applied == [f"class {code}" for code in crowd.true]).mean() == right(decided)


def test_the_majority_is_what_decisions_are():
    corrections = reviewed_by(make_crowd(50, 10))
    assert corrections.decide() == corrections.decide("majority") == corrections.decisions


def test_discarding_and_sets_of_labels_are_decisions():
    given = [
        ("1", ("a", "b"), "validated"),
        ("2", None, "discarded"),
        ("3", (), "validated"),
    ]
    corrections = Corrections(
        Correction(name, label, status, who=who) for name, label, status in given for who in "xy"
    )
    decided = corrections.decide("dawid_skene")
    assert [(each.label, each.status) for each in decided.values()] == [
        (("a", "b"), "validated"),
        (None, "discarded"),
        ((), "validated"),
    ]


def test_what_cannot_be_decided_stays_open():
    corrections = Corrections(
        [
            Correction("1", "a", who="x"),
            Correction("1", "b", who="y"),
            Correction("2", "b", who="x"),
            Correction("2", "a", who="y"),
        ]
    )
    decided = corrections.decide("dawid_skene")
    assert {(each.label, each.status) for each in decided.values()} == {(None, "open")}
    assert Corrections([]).decide("dawid_skene") == {}


def test_a_method_that_is_not_there():
    with pytest.raises(ValueError, match=r"method is 'crowdlab', but .* one of 'majority', 'dawid"):
        Corrections([]).decide("crowdlab")
