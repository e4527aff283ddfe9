"""How a model judges annotators."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from crowds import make_crowd, make_probabilities, make_votes, of_table
from label_auditor.confident_learning.consensus.dawid_skene import dawid_skene
from label_auditor.confident_learning.consensus.readings import (
    agrees_like_annotators,
    judge_by_model,
)


def read_alike(n_rows=3000, seed=0):
    """Rows that can be read in several ways, true labels and three readers' among these ways."""
    rng = np.random.default_rng(seed)
    ways = rng.dirichlet([0.15] * 4, size=n_rows)
    read = (rng.random((n_rows, 4, 1)) > ways.cumsum(axis=1)[:, None]).sum(axis=2)
    return read[:, 0], read[:, 1:], ways


def test_readers_of_rows_that_can_be_read_in_several_ways():
    """Readers agree with each other as often as with the truth; it isn't that they are careless."""
    true, read, ways = read_alike()
    quality = judge_by_model(of_table(read), ways)
    np.testing.assert_allclose(quality, (read == true[:, None]).mean(axis=0), atol=0.02)


def test_probabilities_may_be_too_sharp_or_too_blunt():
    _, read, ways = read_alike()
    votes = of_table(read)
    expected = judge_by_model(votes, ways)
    for power in (0.5, 3):
        scaled = (ways + 1e-12) ** power
        scaled /= scaled.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(judge_by_model(votes, scaled), expected, atol=0.01)


def test_careless_annotators_are_told_from_difficult_rows():
    true, read, ways = read_alike()
    rng = np.random.default_rng(1)
    careless = rng.random(len(read)) < 0.4
    read[careless, 2] = rng.integers(4, size=careless.sum())
    quality = judge_by_model(of_table(read), ways)
    np.testing.assert_allclose(quality, (read == true[:, None]).mean(axis=0), atol=0.03)


def test_good_annotators_have_a_better_quality():
    crowd = make_crowd(3000, seed=1)
    quality = judge_by_model(crowd.votes, make_probabilities(crowd.true))
    assert spearmanr(quality, crowd.accuracy)[0] > 0.9
    assert quality.mean() < crowd.accuracy.mean()


def test_a_model_judges_if_it_agrees_like_annotators():
    votes = of_table([[0, 0, 1], [1, 1, 1], [0, -1, -1]])
    agreeing = np.eye(2)[[0, 1, 1]]
    assert agrees_like_annotators(votes, agreeing)
    assert not agrees_like_annotators(votes, 1 - agreeing)
    # Nobody else can judge labels that stand alone.
    alone = make_votes([0, 1], [0, 1], [0, 1])
    assert agrees_like_annotators(alone, 1 - np.eye(2))


def test_shared_mistakes_are_seen_by_a_model():
    """Annotators who read alike seem better than they are, unless a model judges them."""
    true, read, ways = read_alike()
    accuracy = (read == true[:, None]).mean()
    alone = dawid_skene(of_table(read))
    judged = dawid_skene(of_table(read), ways)
    assert judged.by_model
    assert alone.annotator_quality.mean() > accuracy + 0.05
    assert judged.annotator_quality.mean() == pytest.approx(accuracy, abs=0.02)
