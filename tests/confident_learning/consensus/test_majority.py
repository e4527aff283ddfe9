"""The majority, and how often annotators agree."""

import numpy as np
import pytest

from crowds import make_crowd, of_table
from label_auditor.confident_learning.consensus import UNDECIDED
from label_auditor.confident_learning.consensus.majority import majority


def test_the_most_votes_win_and_a_tie_is_undecided():
    votes = of_table([[0, 0, 1], [0, 1, -1], [1, -1, -1], [-1, -1, -1]])
    found = majority(votes)
    assert found.codes.tolist() == [0, UNDECIDED, 1, UNDECIDED]
    np.testing.assert_allclose(found.quality, [2 / 3, np.nan, 1, np.nan])
    np.testing.assert_allclose(found.vote_quality, [2 / 3, 2 / 3, 1 / 3, 0.5, 0.5, 1])


def test_a_model_decides_a_tie_and_nothing_else():
    votes = of_table([[0, 0, 1], [0, 1, -1], [0, 1, -1], [-1, -1, -1]], n_classes=3)
    pred_probs = np.array([[0, 1, 0], [0.2, 0.3, 0.5], [0.4, 0.4, 0.2], [0, 1, 0.0]])
    assert majority(votes, pred_probs).codes.tolist() == [0, 1, UNDECIDED, UNDECIDED]


def test_annotators_are_compared_with_the_others_of_their_rows():
    votes = of_table([[0, 0, 1], [1, 1, 1], [0, -1, -1], [1, 0, -1]], n_annotators=4)
    # Of the pairs on shared rows, rows count alike: (1/2 + 1 + 0) / 3.
    np.testing.assert_allclose(
        majority(votes).annotator_quality, [0.5, 0.5, 0.5, np.nan], atol=1e-12
    )


def test_left_out_is_the_mean_over_which_vote_is_left_out():
    votes = of_table([[0, 0, 1, 2], [1, 1, -1, -1], [0, -1, -1, -1]])
    left_out = majority(votes).left_out
    by_hand = []
    for row in ([0, 0, 1, 2], [1, 1]):
        shares = [
            np.bincount(np.delete(row, vote), minlength=3) / (len(row) - 1)
            for vote in range(len(row))
        ]
        by_hand.append(np.mean(shares, axis=0))
    np.testing.assert_allclose(left_out[:2], by_hand)
    assert np.isnan(left_out[2]).all()


def test_rows_that_one_label_decides_gain_most():
    gain = majority(of_table([[0, 1, -1, -1], [0, 0, 0, 0], [0, 0, -1, -1]])).gain
    assert gain[0] > gain[2] >= gain[1]


def test_a_crowd_is_right_more_often_than_its_members():
    crowd = make_crowd(2000, per_row=5)
    assert (majority(crowd.votes).codes == crowd.true).mean() > crowd.accuracy.mean() + 0.1
    assert majority(crowd.votes).annotator_quality.mean() == pytest.approx(0.54, abs=0.05)
