"""Dawid and Skene's method: as its equations say, and as good as it is said to be."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from crowds import make_crowd, make_probabilities, of_table
from label_auditor.confident_learning.consensus import UNDECIDED
from label_auditor.confident_learning.consensus.dawid_skene import dawid_skene
from label_auditor.confident_learning.consensus.majority import majority


def by_the_equations(table, n_classes, n_rounds=80):
    """Equations 2.3 to 2.5 of the paper, entry by entry, with the labels that are added to each."""
    n_rows, n_annotators = table.shape
    posterior = np.array([[(row == k).sum() + 1e-6 for k in range(n_classes)] for row in table])
    posterior = posterior / posterior.sum(axis=1, keepdims=True)
    for _ in range(n_rounds):
        shares = (posterior.sum(axis=0) + 1 / n_classes) / (n_rows + 1)
        counts = np.zeros((n_annotators, n_classes, n_classes))
        for i, k in np.argwhere(table >= 0):
            counts[k, :, table[i, k]] += posterior[i]
        honest = 10 * (0.5 * np.eye(n_classes) + 0.5 / n_classes)
        everyone = counts.sum(axis=0) + honest
        everyone /= everyone.sum(axis=1, keepdims=True)
        habits = counts + 10 * everyone
        habits /= habits.sum(axis=2, keepdims=True)
        posterior = np.tile(shares, (n_rows, 1))
        for i, k in np.argwhere(table >= 0):
            posterior[i] *= habits[k, :, table[i, k]]
        posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior, habits, shares


def test_the_result_is_that_of_the_equations():
    crowd = make_crowd(30, 6, n_classes=3, seed=3)
    table = np.where(np.equal(crowd.table, None), -1, crowd.table).astype(int)
    posterior, habits, shares = by_the_equations(table, 3)
    found = dawid_skene(crowd.votes)
    assert found.codes.tolist() == posterior.argmax(axis=1).tolist()
    np.testing.assert_allclose(found.quality, posterior.max(axis=1), atol=1e-3)
    votes = crowd.votes
    np.testing.assert_allclose(found.vote_quality, posterior[votes.rows, votes.codes], atol=1e-3)
    left_out = np.zeros((30, 3))
    for row in range(30):
        there = np.flatnonzero(table[row] >= 0)
        for left in there:
            others = shares * np.prod(
                [habits[k, :, table[row, k]] for k in there if k != left], axis=0
            )
            left_out[row] += others / others.sum() / len(there)
    np.testing.assert_allclose(found.left_out, left_out, atol=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_it_knows_good_annotators_from_bad_ones(seed):
    crowd = make_crowd(4000, seed=seed)
    found = dawid_skene(crowd.votes)
    assert spearmanr(found.annotator_quality, crowd.accuracy)[0] > 0.9
    assert found.annotator_quality == pytest.approx(crowd.accuracy, abs=0.12)
    assert abs(found.annotator_quality - crowd.accuracy).mean() < 0.04
    assert (found.codes == crowd.true).mean() > (majority(crowd.votes).codes == crowd.true).mean()


def test_a_model_helps_and_a_useless_one_does_no_harm():
    crowd = make_crowd(1000)
    alone = (dawid_skene(crowd.votes).codes == crowd.true).mean()
    pred_probs = make_probabilities(crowd.true)
    assert (dawid_skene(crowd.votes, pred_probs).codes == crowd.true).mean() > alone + 0.05
    # As sure as that of another row can be.
    useless = np.random.default_rng(0).permutation(pred_probs**5)
    useless /= useless.sum(axis=1, keepdims=True)
    found = dawid_skene(crowd.votes, useless)
    assert (found.codes == crowd.true).mean() > alone - 0.01
    assert found.by_model is False


def test_probabilities_of_0_are_no_veto():
    votes = of_table(np.zeros((50, 3), dtype=int), n_classes=2)
    wrong = np.tile([0.0, 1.0], (50, 1))
    assert set(dawid_skene(votes, wrong).codes) == {0}


def test_no_row_gets_a_class_that_nobody_gave_it():
    crowd = make_crowd(500)
    pred_probs = make_probabilities(crowd.true, sharpness=5)
    found = dawid_skene(crowd.votes, pred_probs)
    assert (crowd.votes.counts[np.arange(500), found.codes] > 0).all()
    overruled = crowd.votes.counts[np.arange(500), pred_probs.argmax(axis=1)] == 0
    assert found.quality[overruled].mean() < found.quality[~overruled].mean() - 0.2


def test_few_labels_are_not_explained_away():
    """One class could explain all labels of three rows, with two annotators who are often wrong."""
    found = dawid_skene(of_table([[0, 0, 0], [1, 0, 1], [0, -1, 1]]))
    assert found.codes[:2].tolist() == [0, 1]
    alone = dawid_skene(of_table([[0, -1], [1, 1]]))
    assert alone.codes.tolist() == [0, 1]


def test_what_cannot_be_decided_is_not():
    found = dawid_skene(of_table([[0, 1], [1, 0], [-1, -1]]))
    assert found.codes.tolist() == [UNDECIDED] * 3
    assert np.isnan(found.quality).all()
    assert found.gain[0] > 0


def test_an_annotator_with_one_label_is_like_the_others():
    table = make_crowd(500, 5, per_row=5).table.astype(int)
    table[1:, 4] = -1
    quality = dawid_skene(of_table(table)).annotator_quality
    assert 0.02 < quality[4] < 1
    assert np.isfinite(quality).all()


def test_many_classes_take_memory_by_the_vote():
    crowd = make_crowd(500, 40, n_classes=60, per_row=4)
    found = dawid_skene(crowd.votes)
    assert (found.codes == crowd.true).mean() > 0.9
