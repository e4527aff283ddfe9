import numpy as np
import pytest

from oracle import find_issues, make_rows

PRUNE_RULES = ("prune_by_noise_rate", "prune_by_class", "both")


def test_equal_self_confidences_that_cross_the_cut_go_by_position():
    codes = np.array([1, 0, 1, 0, 0, 0])
    p = np.array([0.6, 0.4, 0.6, 0.6, 0.3, 0.2])
    for order, flagged in [(slice(None), [0, 1, 4, 5]), (slice(None, None, -1), [0, 1, 3, 4])]:
        pred_probs = np.column_stack([p, 1 - p])[order]
        found = find_issues(codes[order], pred_probs, filter_by="prune_by_class")
        np.testing.assert_array_equal(np.flatnonzero(found.issues), flagged)


def test_cells_with_more_places_than_positive_margins_take_others():
    """Rows flagged for a class that is not even likelier than the given one."""
    n_flagged_below = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        pred_probs = rng.dirichlet(np.ones(3), 15)
        codes = rng.integers(0, 3, 15)
        found = find_issues(codes, pred_probs)
        counts = found.confident_joint
        for row in np.flatnonzero(found.issues):
            given, predicted = codes[row], found.predicted[row]
            # Its own pair of labels has no place: another pair has flagged it.
            own = pred_probs[row, given]
            others = [j for j in range(3) if j not in (given, predicted)]
            if counts[given, predicted] == 0 and (pred_probs[row, others] < own).all():
                n_flagged_below += 1
    assert n_flagged_below > 0


@pytest.mark.parametrize("filter_by", PRUNE_RULES)
@pytest.mark.parametrize("min_examples_per_class", [0, 1, 2])
def test_only_members_of_their_class_are_never_flagged(filter_by, min_examples_per_class):
    codes = np.array([0] * 6 + [1] * 6 + [2])
    pred_probs = np.eye(3)[[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0]] * 0.85 + 0.05
    found = find_issues(
        codes, pred_probs, filter_by=filter_by, min_examples_per_class=min_examples_per_class
    )
    assert not found.issues[12]
    assert found.issues[:12].any()


@pytest.mark.parametrize("filter_by", PRUNE_RULES)
def test_asked_number_of_each_class_is_removed(filter_by):
    codes, pred_probs = make_rows(3000, 5, noise=0.3)
    wanted = [50, 0, 7, 1, 10_000]
    found = find_issues(codes, pred_probs, filter_by=filter_by, num_to_remove_per_class=wanted)
    candidates = find_issues(codes, pred_probs, filter_by="predicted_neq_given").issues
    removed = np.bincount(codes[found.issues], minlength=5)
    np.testing.assert_array_equal(removed[:4], wanted[:4])
    assert removed[4] == np.count_nonzero(candidates & (codes == 4))
    assert not (found.issues & ~candidates).any()


def test_asked_number_keeps_to_the_rule():
    codes, pred_probs = make_rows(3000, 5, noise=0.3)
    given_prob = pred_probs[np.arange(3000), codes]
    found = find_issues(
        codes, pred_probs, filter_by="prune_by_class", num_to_remove_per_class=[9] * 5
    )
    others = ~found.issues & (found.predicted != codes)
    for k in range(5):
        assert (
            given_prob[found.issues & (codes == k)].max() <= given_prob[others & (codes == k)].min()
        )
    by_class = found.issues
    by_rate, both = (
        find_issues(codes, pred_probs, filter_by=filter_by, num_to_remove_per_class=[60] * 5).issues
        for filter_by in ("prune_by_noise_rate", "both")
    )
    # In proportion to the joint: each pair of labels gets its part of the 60 rows.
    counts = found.confident_joint - np.diag(found.confident_joint.diagonal())
    parts = 60 * counts / counts.sum(axis=1, keepdims=True)
    flagged = np.zeros((5, 5))
    np.add.at(flagged, (codes[by_rate], found.predicted[by_rate]), 1)
    assert np.abs(flagged - parts).max() < 2
    assert np.count_nonzero(both & by_class) == np.count_nonzero(by_class)


def test_asked_number_leaves_the_least_number_of_examples():
    codes = np.array([0, 0, 0, 1, 1, 1])
    pred_probs = np.eye(2)[[1, 1, 1, 1, 1, 1]] * 0.8 + 0.1
    found = find_issues(codes, pred_probs, num_to_remove_per_class=[3, 0])
    np.testing.assert_array_equal(np.flatnonzero(found.issues), [0, 1])
