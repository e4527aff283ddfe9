"""What the queue knows of each row."""

import dataclasses

import numpy as np
import pytest

from label_auditor import audit_labels
from label_auditor.review.row_facts import row_facts
from oracle import logistic_scores


def make(n, n_classes=4, **options):
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(n_classes), n)
    labels = rng.integers(0, n_classes, n)
    return audit_labels(labels, probs, classes=range(n_classes), **options)


def make_sets(n, n_classes=5):
    rng = np.random.default_rng(0)
    labels = rng.random((n, n_classes)) < 0.25
    return audit_labels(labels.astype(int), rng.random((n, n_classes)), multi_label=True)


def test_numbers_are_those_of_the_docstring():
    audit = make(50, n_classes=3)
    facts = row_facts(audit)
    rows, labels = facts.rows, audit.labels
    p = audit.pred_probs / audit.pred_probs.sum(axis=1, keepdims=True)
    each_class = p.T.copy()
    q = p / np.bincount(labels, minlength=3)
    q /= q.sum(axis=1, keepdims=True)
    given_p, given_q = (each[np.arange(50), labels] for each in (p, q))
    for each in (p, q):
        each[np.arange(50), labels] = 0
    entropy = -sum(
        v * np.log(v) for v in (audit.pred_probs / audit.pred_probs.sum(axis=1, keepdims=True)).T
    )
    values = [given_p, p.max(axis=1), given_q, q.max(axis=1), entropy, *each_class]
    for column, value in enumerate(values, 1):
        np.testing.assert_allclose(
            facts.numbers[:, column], logistic_scores(value[rows]), rtol=1e-6, atol=1e-6
        )
    assert (np.diff(facts.numbers[:, 0]) < 0).all()
    np.testing.assert_array_equal(facts.other, p.argmax(axis=1)[rows])
    np.testing.assert_array_equal(facts.given, labels[rows])
    assert facts.numbers.dtype == np.float32
    assert facts.numbers.shape == (50, 6 + 3)


def test_some_rows_have_the_numbers_that_they_have_among_all():
    # By this score alone rows are ordered, flagged or not.
    audit = make(300, n_classes=3, rank_by="log_margin")
    evaluated = ~np.isin(np.arange(300), [7, 8])
    quality = np.where(evaluated, audit.quality, np.nan)
    audit = dataclasses.replace(audit, evaluated=evaluated, quality=quality)
    places = np.array([0, 1, 40, 297, 298, 299])  # of which the last two were not judged
    every, some = row_facts(audit), row_facts(audit, places)
    assert len(some.rows) == len(some.given) == len(some.numbers) == 4
    for found, expected in zip(some[:4], every[:4], strict=True):
        np.testing.assert_array_equal(found, expected[places[:4]])
    # Rows that were not judged have no part in the ranks of the others.
    judged = audit.pred_probs[evaluated]
    alone = row_facts(audit_labels(audit.codes[evaluated], judged, rank_by="log_margin"))
    np.testing.assert_array_equal(every.numbers, alone.numbers)


@pytest.mark.parametrize(("n_classes", "n_numbers"), [(20, 6 + 20), (21, 6)])
def test_classes_have_numbers_of_their_own_if_they_are_few(n_classes, n_numbers):
    audit = make(300, n_classes=n_classes)
    assert row_facts(audit).numbers.shape == (300, n_numbers)


def test_the_worst_class_stands_for_a_set():
    audit = make_sets(60)
    facts = row_facts(audit)
    own = audit.codes.toarray()[facts.rows]
    likely = np.where(own, audit.pred_probs[facts.rows], 1 - audit.pred_probs[facts.rows])
    at = np.arange(60)
    np.testing.assert_array_equal(facts.given, likely.argmin(axis=1))
    np.testing.assert_array_equal(facts.other, own[at, facts.given])
    assert facts.numbers.shape == (60, 3 + 5)
    for column, values in ((1, likely.min(axis=1)), (2, likely.prod(axis=1))):
        np.testing.assert_array_equal(np.argsort(facts.numbers[:, column]), np.argsort(values))
    for groups, worst, is_given in zip(facts.groups(), facts.given, facts.other, strict=True):
        assert groups.tolist() == [worst, 5 + is_given, (2 + worst) * 5 + is_given]
