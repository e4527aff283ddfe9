import numpy as np
import pytest

from label_auditor.confident_learning.find_issues import find_label_issues
from label_auditor.confident_learning.prune_rules import find_disputes, merge_disputes
from label_auditor.confident_learning.scan import RowScan


def test_equal_self_confidences_that_cross_the_cut_go_by_position():
    codes = np.array([1, 0, 1, 0, 0, 0])
    p = np.array([0.6, 0.4, 0.6, 0.6, 0.3, 0.2])
    for order, flagged in [(slice(None), [0, 1, 4, 5]), (slice(None, None, -1), [0, 1, 3, 4])]:
        pred_probs = np.column_stack([p, 1 - p])[order]
        found = find_label_issues(codes[order], pred_probs, filter_by="prune_by_class")
        np.testing.assert_array_equal(np.flatnonzero(found.issues), flagged)


def test_cells_with_more_places_than_positive_margins_take_others():
    """Rows flagged for a class that is not even likelier than the given one."""
    n_flagged_below = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        pred_probs = rng.dirichlet(np.ones(3), 15)
        codes = rng.integers(0, 3, 15)
        found = find_label_issues(codes, pred_probs)
        counts = found.confident_joint
        for row in np.flatnonzero(found.issues):
            given, predicted = codes[row], found.predicted[row]
            # Its own pair of labels has no place: another pair has flagged it.
            own = pred_probs[row, given]
            others = [j for j in range(3) if j not in (given, predicted)]
            if counts[given, predicted] == 0 and (pred_probs[row, others] < own).all():
                n_flagged_below += 1
    assert n_flagged_below > 0


@pytest.mark.parametrize("filter_by", ["prune_by_noise_rate", "prune_by_class", "both"])
@pytest.mark.parametrize("min_examples_per_class", [0, 1, 2])
def test_only_members_of_their_class_are_never_flagged(filter_by, min_examples_per_class):
    codes = np.array([0] * 6 + [1] * 6 + [2])
    pred_probs = np.eye(3)[[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0]] * 0.85 + 0.05
    found = find_label_issues(
        codes, pred_probs, filter_by=filter_by, min_examples_per_class=min_examples_per_class
    )
    assert not found.issues[12]
    assert found.issues[:12].any()


def test_disputes():
    scan = RowScan(
        own=np.array([0.9, 0.2, np.nan, 0.4999999, 0.3]),
        highest=np.array([0.9, 0.8, 0.7, 0.5, 0.6]),
        predicted=np.array([0, 1, 1, 1, 2]),
        invalid=np.empty(0, int),
    )
    disputes = find_disputes(np.array([0, 0, -1, 0, 0]), scan, np.array([0, 1, 1, 1, -1]))
    np.testing.assert_array_equal(disputes.rows, [1, 3, 4])
    np.testing.assert_array_equal(disputes.candidate, [True, False, True])
    np.testing.assert_array_equal(disputes.confident, [True, False, False])
    both = merge_disputes([disputes, disputes.shift(10)])
    np.testing.assert_array_equal(both.rows, [1, 3, 4, 11, 13, 14])
    np.testing.assert_array_equal(both.within(slice(4, 13)).rows, [4, 11])
    np.testing.assert_allclose(both.within(slice(4, 12)).margin, [0.3, 0.6])
