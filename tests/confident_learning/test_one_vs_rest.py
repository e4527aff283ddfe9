"""cleanlab is the oracle, where it is right; random probabilities have no ties."""

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint
from cleanlab.multilabel_classification import get_label_quality_scores
from cleanlab.multilabel_classification.filter import (
    find_label_issues,
    find_multilabel_issues_per_class,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

from label_auditor.confident_learning import one_vs_rest
from label_auditor.confident_learning.find_issues import rank_issues
from label_auditor.confident_learning.one_vs_rest import (
    N_LOWEST,
    find_label_set_issues,
    label_set_scores,
)
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import RULES, Rule
from oracle import ask

LOW = ("low_normalized_margin", "low_self_confidence")
CLEANLAB_SCORES = (
    "self_confidence",
    "normalized_margin",
    "confidence_weighted_entropy",
    "adjusted_self_confidence",
    "adjusted_normalized_margin",
)


def rows(pred_probs, n_jobs=None):
    """Every row is judged, so that all codes are alike."""
    return LabelledRows(np.zeros(len(pred_probs)), pred_probs, n_jobs)


def find_set_issues(indicator, pred_probs, n_jobs=None, **rule):
    return find_label_set_issues(
        sparse.csr_array(indicator), rows(pred_probs, n_jobs), Rule(**rule)
    )


def score_sets(indicator, pred_probs, *args, **options):
    return label_set_scores(sparse.csr_array(indicator), rows(pred_probs), *args, **options)


def make_noisy(n, n_classes, noise, seed, dtype=np.float64):
    """Probabilities of a fair model, and labels of which some are flipped."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, n_classes)) < rng.uniform(0.05, 0.6, n_classes)
    logits = rng.normal(size=truth.shape) * 1.5 + np.where(truth, 1.5, -1.5)
    return truth ^ (rng.random(truth.shape) < noise), (1 / (1 + np.exp(-logits))).astype(dtype)


def lists(indicator):
    return [np.flatnonzero(row).tolist() for row in indicator]


data_sets = st.builds(
    make_noisy,
    n=st.integers(5, 300),
    n_classes=st.integers(2, 6),
    noise=st.sampled_from([0.02, 0.1, 0.3]),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float32, np.float64]),
)


def refused_by_cleanlab(indicator, filter_by="prune_by_noise_rate"):
    """Tell whether a class is in every row, or all or (for one rule) one in none: it raises."""
    empty = filter_by == "predicted_neq_given" and not indicator.any(axis=0).all()
    return indicator.all(axis=0).any() or not indicator.any() or empty


@settings(deadline=None, max_examples=50)
@given(
    data_sets,
    st.sampled_from(list(RULES)),
    st.sampled_from([1.0, 0.5]),
    st.integers(0, 5),
)
def test_flags_are_those_of_cleanlab(data, filter_by, frac_noise, min_examples_per_class):
    indicator, pred_probs = data
    assume(not refused_by_cleanlab(indicator, filter_by))
    rule = {"filter_by": filter_by}
    if RULES[filter_by].prunes:
        rule |= {"frac_noise": frac_noise, "min_examples_per_class": min_examples_per_class}
    found = find_set_issues(indicator, pred_probs, **rule)
    expected = ask(find_label_issues, lists(indicator), pred_probs, n_jobs=1, **rule)
    np.testing.assert_array_equal(found.issues, expected)
    if filter_by in LOW:
        doubted = (indicator != (pred_probs > 0.5)) & found.issues[:, None]
        np.testing.assert_array_equal(found.class_issues.toarray(), doubted)
    else:
        per_class = ask(
            find_multilabel_issues_per_class, lists(indicator), pred_probs, n_jobs=1, **rule
        )
        np.testing.assert_array_equal(found.class_issues.toarray(), per_class)


@settings(deadline=None, max_examples=40)
@given(data_sets)
def test_joints_are_those_of_cleanlab(data):
    indicator, pred_probs = data
    assume(not refused_by_cleanlab(indicator))
    found = find_set_issues(indicator, pred_probs)
    expected = ask(
        compute_confident_joint, lists(indicator), pred_probs, multi_label=True, calibrate=True
    )
    np.testing.assert_array_equal(found.confident_joint, expected)


@settings(deadline=None, max_examples=40)
@given(data_sets, st.sampled_from(CLEANLAB_SCORES))
def test_scores_and_ranking_are_those_of_cleanlab(data, method):
    indicator, pred_probs = data
    assume(not refused_by_cleanlab(indicator))
    assume(indicator.any())
    found = find_set_issues(indicator, pred_probs)
    scores = score_sets(indicator, pred_probs, method, thresholds=found.thresholds)
    adjust = method.startswith("adjusted_")
    expected = get_label_quality_scores(
        lists(indicator),
        pred_probs,
        method=method.removeprefix("adjusted_"),
        adjust_pred_probs=adjust,
    )
    # Of float32, all but the self-confidence is worked out in float64 here.
    exact = pred_probs.dtype == np.float64 or method == "self_confidence"
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12 if exact else 1e-6)
    if exact and not adjust:
        ranked = ask(
            find_label_issues,
            lists(indicator),
            pred_probs,
            return_indices_ranked_by=method,
            n_jobs=1,
        )
        np.testing.assert_array_equal(rank_issues(found.issues, scores), ranked)


def test_of_many_classes_the_lowest_scores_decide():
    indicator, pred_probs = make_noisy(50, 3 * N_LOWEST, 0.1, seed=0)
    expected = get_label_quality_scores(lists(indicator), pred_probs)
    scores = score_sets(indicator, pred_probs)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("filter_by", RULES)
def test_a_class_in_every_row_is_the_mirror_of_one_in_none(filter_by):
    """cleanlab refuses the first and takes the second; both say the same of the other classes."""
    rng = np.random.default_rng(0)
    indicator = rng.random((200, 3)) < 0.4
    pred_probs = np.where(indicator, 0.75, 0.25) + rng.integers(-60, 60, (200, 3)) / 256
    # Multiples of 1/512: 1 - p loses nothing.
    indicator ^= rng.random((200, 3)) < 0.1
    indicator[:, 0] = False
    pred_probs[:, 0] = rng.permutation(np.arange(1, 201)) / 512
    mirrored, mirrored_probs = indicator.copy(), pred_probs.copy()
    mirrored[:, 0], mirrored_probs[:, 0] = True, 1 - pred_probs[:, 0]
    with pytest.raises(ValueError, match=r"."):
        ask(find_label_issues, lists(mirrored), mirrored_probs, n_jobs=1)
    plain = find_set_issues(indicator, pred_probs, filter_by=filter_by)
    other = find_set_issues(mirrored, mirrored_probs, filter_by=filter_by)
    assert plain.issues.any()
    np.testing.assert_array_equal(other.issues, plain.issues)
    np.testing.assert_array_equal(other.class_issues.toarray(), plain.class_issues.toarray())


@pytest.mark.parametrize("value", [True, False])
def test_all_labels_alike(value):
    indicator = np.full((30, 2), value)
    pred_probs = np.random.default_rng(0).random((30, 2))
    found = find_set_issues(indicator, pred_probs)
    assert not found.issues.any()
    found = find_set_issues(indicator, pred_probs, filter_by="predicted_neq_given")
    np.testing.assert_array_equal(found.issues, ((pred_probs > 0.5) != value).any(axis=1))


def test_a_number_to_remove_is_of_the_rows_given_the_class():
    indicator, pred_probs = make_noisy(400, 3, 0.3, seed=1)
    found = find_set_issues(indicator, pred_probs, num_to_remove_per_class=[7, 0, 3])
    flagged = found.class_issues.toarray()
    assert flagged.sum(axis=0).tolist() == [7, 0, 3]
    assert (indicator | ~flagged).all()
    of_class = np.flatnonzero(indicator[:, 0])
    worst = of_class[np.argsort(pred_probs[of_class, 0])[:7]]
    assert set(worst) == set(np.flatnonzero(flagged[:, 0]))


def test_groups_of_columns_and_threads_change_nothing(monkeypatch):
    indicator, pred_probs = make_noisy(500, 9, 0.1, seed=2)
    matrix = sparse.csr_array(indicator)
    plain = find_set_issues(indicator, pred_probs)
    scores = score_sets(indicator, pred_probs)
    monkeypatch.setattr(one_vs_rest, "COLUMN_BYTES", 500 * 8 * 2 + 1)
    other = find_set_issues(indicator, np.asfortranarray(pred_probs), n_jobs=2)
    np.testing.assert_array_equal(other.class_issues.toarray(), plain.class_issues.toarray())
    np.testing.assert_array_equal(other.confident_joint, plain.confident_joint)
    np.testing.assert_array_equal(label_set_scores(matrix, rows(pred_probs, 2)), scores)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [(np.nan, "NaN"), (np.inf, "an infinite value"), (-0.5, "negative"), (1.5, "above 1")],
)
def test_rows_that_are_no_probabilities_are_named(bad, problem, monkeypatch):
    indicator, pred_probs = make_noisy(60, 9, 0.1, seed=3)
    pred_probs[17, 8] = bad
    monkeypatch.setattr(one_vs_rest, "COLUMN_BYTES", 60 * 8 * 2)
    with pytest.raises(ValueError, match=f"in row 17: row 17 has .*{problem}") as raised:
        find_set_issues(indicator, pred_probs)
    assert "softmax" not in str(raised.value)


@pytest.mark.parametrize("method", ["adjusted_self_confidence", "adjusted_normalized_margin"])
def test_adjusted_scores_find_the_thresholds_themselves(method):
    rng = np.random.default_rng(0)
    pred_probs = rng.random((80, 3))
    given_labels = sparse.csr_array(rng.random((80, 3)) < pred_probs)
    thresholds = find_label_set_issues(given_labels, rows(pred_probs)).thresholds
    scores = label_set_scores(given_labels, rows(pred_probs), method)
    expected = label_set_scores(given_labels, rows(pred_probs), method, thresholds=thresholds)
    np.testing.assert_array_equal(scores, expected)
    assert not np.array_equal(scores, label_set_scores(given_labels, rows(pred_probs)))


def test_a_method_that_there_is_not():
    with pytest.raises(ValueError, match="method is 'best'; pass one of 'self_confidence'"):
        label_set_scores(sparse.csr_array(np.eye(3)), rows(np.eye(3)), "best")


@pytest.mark.parametrize("shape", [(6, 3), (6, 1), (5, 2)])
@pytest.mark.parametrize("function", [find_label_set_issues, label_set_scores])
def test_labels_of_another_shape_are_refused(function, shape):
    given_labels = sparse.csr_array(np.ones(shape, bool))
    with pytest.raises(ValueError, match=rf"shape \(6, 2\) but given has \({shape[0]}, {shape[1]}"):
        function(given_labels, rows(np.full((6, 2), 0.5)))
