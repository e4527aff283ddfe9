"""How much another label helps, and what an average annotator does."""

import numpy as np
import pytest

from crowds import make_crowd
from label_auditor.confident_learning.consensus.result import (
    average_confusion,
    gain_of_another_label,
)


def test_the_gain_is_how_much_likelier_the_best_class_gets():
    """By drawing the true class and the label: how often the best class is right, before, after."""
    rng = np.random.default_rng(0)
    posterior, confusion = np.array([0.5, 0.3, 0.2]), np.eye(3) * 0.4 + 0.2
    true = rng.choice(3, p=posterior, size=200_000)
    given = (rng.random((200_000, 1)) > confusion.cumsum(axis=0).T[true]).sum(axis=1)
    best_after = (posterior[None] * confusion).argmax(axis=1)
    after = (best_after[given] == true).mean()
    (gain,) = gain_of_another_label(posterior[None], confusion)
    assert gain == pytest.approx(after - 0.5, abs=0.005)


def test_a_label_that_changes_nothing_gains_nothing():
    confusion = np.array([[0.8, 0.2], [0.2, 0.8]])
    gain = gain_of_another_label(np.array([[0.99, 0.01], [0.85, 0.15], [0.79, 0.21]]), confusion)
    assert gain[0] == gain[1] == 0 < gain[2]


def test_confusion_is_that_of_all_annotators():
    crowd = make_crowd(5000, n_classes=3)
    confusion = average_confusion(crowd.votes, np.eye(3)[crowd.true])
    np.testing.assert_allclose(confusion.sum(axis=0), 1)
    right = (crowd.votes.codes == crowd.true[crowd.votes.rows]).mean()
    assert np.diag(confusion) == pytest.approx(right, abs=0.02)


def test_a_class_without_votes_is_taken_to_be_known_half_of_the_time():
    crowd = make_crowd(20)
    confusion = average_confusion(crowd.votes, np.eye(4)[np.zeros(20, dtype=int)])
    np.testing.assert_allclose(confusion[:, 3], [0.125, 0.125, 0.125, 0.625])
