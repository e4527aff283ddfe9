"""What is said first of an audit, counted by hand, and said in the same words everywhere."""

import re
from pathlib import Path

import numpy as np
import pytest

import label_auditor
from label_auditor import LabelAudit, audit_labels
from label_auditor.report.highlights import (
    FLAG_MEANING,
    ConfusedPair,
    agreement,
    confused_pairs,
    count_pairs,
    doubts,
)

SOURCES = Path(label_auditor.__file__).parent


def make(labels, suggested, flagged, evaluated=None):
    """Make an audit by hand; labels and suggestions are positions among a, b and c."""
    n = len(labels)
    issues = np.isin(np.arange(n), flagged)
    return LabelAudit(
        codes=np.array(labels, dtype=np.intp),
        predicted=np.array(suggested, dtype=np.intp),
        classes=np.array(["a", "b", "c"], dtype=object),
        pred_probs=np.full((n, 3), 1 / 3),
        issues=issues,
        quality=np.zeros(n),
        ranked=np.array(flagged, dtype=np.intp),
        evaluated=np.ones(n, dtype=bool) if evaluated is None else np.array(evaluated),
        index=range(n),
        confident_joint=np.zeros((3, 3), dtype=int),
        filter_by="both",
        rank_by="self_confidence",
    )


def test_pairs_are_counted_by_given_and_suggested_label():
    audit = make([0, 0, 0, 1, 2, 2], [0, 1, 1, 0, 2, 2], flagged=[3, 2])
    assert sorted(count_pairs(audit).tolist()) == [
        [0, 0, 1, 0],
        [0, 1, 2, 1],
        [1, 0, 1, 1],
        [2, 2, 2, 0],
    ]
    assert count_pairs(audit)[:, 2].tolist() == [2, 2, 1, 1]


def test_confused_pairs_are_those_with_most_rows_as_on_the_page():
    audit = make([0, 0, 0, 1, 1, 2, 2, 2], [1, 1, 1, 0, 0, 0, 0, 2], flagged=[3, 4, 5, 6, 0])
    found = confused_pairs(audit, 10)
    assert found == [("a", "b", 3, 1), ("b", "a", 2, 2), ("c", "a", 2, 2)]
    assert isinstance(found[0], ConfusedPair)
    assert confused_pairs(audit, 1) == found[:1]


def test_rows_that_were_not_evaluated_count_nowhere():
    audit = make([-1, 0, 1], [2, 0, 0], flagged=[2], evaluated=[False, True, True])
    assert count_pairs(audit).tolist() == [[0, 0, 1, 0], [1, 0, 1, 1]]
    assert agreement(audit) == 0.5


def test_nothing_was_evaluated():
    audit = make([-1, -1], [0, 1], flagged=[], evaluated=[False, False])
    assert count_pairs(audit).shape == (0, 4)
    assert confused_pairs(audit, 5) == []
    assert agreement(audit) == 0.0


def test_nothing_is_confused():
    audit = make([0, 1, 2], [0, 1, 2], flagged=[])
    assert confused_pairs(audit, 5) == []
    assert agreement(audit) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_counts_agree_with_the_audit(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 6, 500)
    audit = audit_labels(labels, rng.dirichlet(np.full(6, 0.3), 500))
    pairs = count_pairs(audit)
    assert pairs[:, 2].sum() == 500
    same = pairs[:, 0] == pairs[:, 1]
    every = confused_pairs(audit, 36)
    assert pairs[~same, 3].sum() == sum(each.n_flagged for each in every)
    assert pairs[~same, 2].sum() == sum(each.n_rows for each in every)
    assert pairs[:, 3].sum() == audit.n_issues > 20
    assert agreement(audit) == pytest.approx(pairs[same, 2].sum() / 500)
    for given, suggested, n_rows, n_flagged in confused_pairs(audit, 3):
        of_pair = (audit.labels == given) & (audit.suggested_labels == suggested)
        assert n_rows == of_pair.sum()
        assert n_flagged == audit.issues[of_pair].sum()


def test_what_a_flag_means_is_said_in_one_place():
    ends = (".py", ".js", ".html")
    texts = [path.read_text("utf-8") for path in SOURCES.rglob("*") if path.suffix in ends]
    assert sum("A flag means" in text for text in texts) == 1
    others = r"no proof|a suspicion\b|their suspicion|is no estimate"
    assert [found for text in texts for found in re.findall(others, text)] == []
    assert FLAG_MEANING.count(". ") == 1


def test_a_model_that_does_no_better_than_guessing_is_doubted():
    labels = [0] * 20 + [1] * 15 + [2] * 5
    (said,) = doubts(make(labels, [1] * 40, flagged=[0]))
    assert said.startswith("The models agree with 38% of the labels; always guessing the commonest")
    assert "would with 50%" in said
    # One more than guessing gets right is enough.
    assert len(doubts(make(labels, [0] * 20 + [1] * 20, flagged=[0]))) == 0
    assert len(doubts(make(labels, [0] * 40, flagged=[0]))) == 1


def test_too_few_rows_are_doubted():
    labels = [0, 1, 2] * 9 + [0, 1]
    (said,) = doubts(make(labels, labels, flagged=[0]))
    assert said.startswith("There are 29 rows for 3 classes, fewer than 10 a class")
    assert doubts(make([*labels, 2], [*labels, 2], flagged=[0])) == []
    # Rows that were not judged teach nothing.
    evaluated = [True] * 29 + [False]
    assert len(doubts(make([*labels, 2], [*labels, 2], flagged=[0], evaluated=evaluated))) == 1
