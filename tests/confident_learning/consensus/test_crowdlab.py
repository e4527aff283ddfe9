"""CROWDLAB, compared with cleanlab itself."""

import numpy as np
import pytest
from cleanlab.multiannotator import get_active_learning_scores, get_label_quality_multiannotator

from crowds import make_crowd, make_probabilities, make_votes
from label_auditor.confident_learning.consensus import METHODS, UNDECIDED, check_method
from label_auditor.confident_learning.consensus.crowdlab import crowdlab


def test_the_scores_are_those_of_cleanlab():
    crowd = make_crowd(80, 6)
    pred_probs = make_probabilities(crowd.true)
    found = crowdlab(crowd.votes, pred_probs)
    matrix = crowd.votes.to_matrix()
    expected = get_label_quality_multiannotator(
        matrix, pred_probs, consensus_method="best_quality", verbose=False
    )
    by_row = expected["label_quality"]
    assert found.codes.tolist() == by_row["consensus_label"].tolist()
    np.testing.assert_array_equal(found.quality, by_row["consensus_quality_score"])
    np.testing.assert_array_equal(
        found.annotator_quality, expected["annotator_stats"].sort_index()["annotator_quality"]
    )
    qualities = expected["detailed_label_quality"].to_numpy()
    np.testing.assert_array_equal(
        found.vote_quality, qualities[crowd.votes.rows, crowd.votes.annotators]
    )
    np.testing.assert_array_equal(found.gain, 1 - get_active_learning_scores(matrix, pred_probs)[0])


def test_rows_and_annotators_without_labels_stay():
    crowd = make_crowd(60, 5)
    votes = crowd.votes
    more = make_votes(votes.rows, votes.annotators, votes.codes, n_rows=62, n_annotators=7)
    pred_probs = make_probabilities(np.append(crowd.true, [0, 0]))
    found, without = crowdlab(more, pred_probs), crowdlab(votes, pred_probs[:60])
    np.testing.assert_array_equal(found.codes, [*without.codes, UNDECIDED, UNDECIDED])
    np.testing.assert_array_equal(
        found.annotator_quality, [*without.annotator_quality, np.nan, np.nan]
    )
    assert np.isfinite(found.gain).all()
    assert np.isnan(found.quality[60:]).all()


def test_what_it_needs_is_said():
    crowd = make_crowd(20, 5)
    with pytest.raises(ValueError, match=r"needs pred_probs.*dawid_skene"):
        crowdlab(crowd.votes, None)
    single = make_votes([0, 1], [0, 1], [0, 1])
    with pytest.raises(ValueError, match="needs rows with labels of two annotators"):
        crowdlab(single, np.eye(2))


def test_methods_are_known_by_name():
    assert list(METHODS) == ["dawid_skene", "crowdlab", "majority"]
    with pytest.raises(ValueError, match=r"method is 'mv', but .* 'dawid_skene', 'crowdlab', 'maj"):
        check_method("mv")
