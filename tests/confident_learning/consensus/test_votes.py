"""Votes: counted by row and annotator."""

import numpy as np

from crowds import make_crowd, of_table
from label_auditor.confident_learning.consensus.votes import UNDECIDED, likeliest


def test_votes_are_counted():
    votes = of_table([[0, 1, 1], [-1, 2, -1], [-1, -1, -1]], n_classes=4)
    assert len(votes) == 4
    np.testing.assert_array_equal(votes.counts, [[1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    assert votes.per_row.tolist() == [3, 1, 0]
    assert votes.per_annotator.tolist() == [1, 2, 1]


def test_means_are_those_of_the_votes_that_count():
    votes = of_table([[0, 1], [0, -1], [1, -1]], n_annotators=3)
    values = np.array([0.2, 0.5, 0.4, 0.9])
    means = votes.mean_of_annotators(values, votes.codes == 0)
    np.testing.assert_allclose(means, [0.3, np.nan, np.nan])
    np.testing.assert_allclose(votes.mean_of_annotators(values), [0.5, 0.5, np.nan])


def test_rows_and_annotators_without_votes_are_left_out():
    table = [[-1, 0, -1], [-1, -1, -1], [-1, 1, 1]]
    votes, rows, people = of_table(table).without_empty()
    assert (rows.tolist(), people.tolist()) == ([0, 2], [1, 2])
    np.testing.assert_array_equal(votes.to_matrix(), [[0, np.nan], [1, 1]])


def test_a_matrix_has_the_votes_where_they_were():
    crowd = make_crowd(50, 6)
    matrix = crowd.votes.to_matrix()
    expected = np.where(np.equal(crowd.table, None), np.nan, crowd.table).astype(float)
    np.testing.assert_array_equal(matrix, expected)


def test_equal_weights_are_undecided():
    weights = np.array([[0.4, 0.4, 0.2], [0.5, 0.3, 0.2], [0.1 + 0.2, 0.3, 0.4], [0, 0, 0]])
    assert likeliest(weights).tolist() == [UNDECIDED, 0, 2, UNDECIDED]
    # Differences of rounding decide nothing.
    assert likeliest(np.array([[0.1 + 0.2, 0.3]])).tolist() == [UNDECIDED]
