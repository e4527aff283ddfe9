import csv
import os
from pathlib import Path
from typing import get_args

import cleanlab.rank
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from label_auditor.confident_learning.scores import SCORES, ScoreName, score_rows
from oracle import find_issues, make_rows, score_labels

DATA = Path(
    os.environ.get("LABEL_AUDITOR_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
EXAMPLES = int(os.environ.get("LABEL_AUDITOR_EXAMPLES", "60"))
ADJUSTED = ("adjusted_self_confidence", "adjusted_normalized_margin")
CLEANLAB_SCORES = (
    "self_confidence",
    "normalized_margin",
    "confidence_weighted_entropy",
    *ADJUSTED,
)


def make(seed, n, n_classes, spread, dtype):
    rng = np.random.default_rng(seed)
    # A wide spread gives posteriors that are saturated at 0 and 1, like those of naive Bayes.
    logits = spread * rng.normal(size=(n, n_classes))
    pred_probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    return rng.integers(0, n_classes, n), pred_probs.astype(dtype)


cases = st.builds(
    make,
    seed=st.integers(0, 2**32),
    n=st.integers(1, 60),
    n_classes=st.integers(2, 70),
    spread=st.sampled_from([0.1, 1.0, 5.0, 300.0]),
    dtype=st.sampled_from([np.float32, np.float64]),
)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize("method", CLEANLAB_SCORES)
@settings(max_examples=EXAMPLES, deadline=None)
@given(case=cases)
def test_scores_are_cleanlabs(method, case):
    codes, pred_probs = case
    if method == "confidence_weighted_entropy":
        # With an old NumPy cleanlab's own is too coarse in float32.
        pred_probs = pred_probs.astype(float)
    expected = cleanlab.rank.get_label_quality_scores(
        codes,
        pred_probs,
        method=method.removeprefix("adjusted_"),
        adjust_pred_probs=method in ADJUSTED,
    )
    scores = score_labels(codes, pred_probs, method)
    assert scores.dtype == np.float64
    tolerance = 1e-12 if expected.dtype == pred_probs.dtype == np.float64 else 5e-5
    np.testing.assert_allclose(scores, expected, rtol=0, atol=tolerance)
    # The same rank order: what cleanlab ranks lower, by more than it rounds, is lower here.
    order = expected.argsort()
    steps = np.diff(expected[order])
    assert (np.diff(scores[order])[steps > 2 * tolerance] > 0).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(case=cases)
def test_log_margin(case):
    codes, pred_probs = case
    scores = score_labels(codes, pred_probs, "log_margin")
    assert ((scores >= 0) & (scores <= 1)).all()
    wide = pred_probs.astype(np.longdouble)
    rows = np.arange(len(codes))
    given_prob = wide[rows, codes].copy()
    wide[rows, codes] = 0
    other = wide.max(axis=1)
    usual = (given_prob > 1e-300) & (other > 1e-300)
    margin = np.log(given_prob[usual]) - np.log(other[usual]) / 2
    np.testing.assert_allclose(scores[usual], 1 / (1 + np.exp(-margin)), atol=1e-12)


@pytest.mark.parametrize("method", SCORES)
@pytest.mark.parametrize("n_classes", [1, 3, 60])
def test_certain_and_impossible_labels(method, n_classes):
    certain = np.eye(n_classes)[[0, 0]]
    thresholds = np.full(n_classes, 0.5)
    scores = score_rows(np.array([0, n_classes - 1]), certain, method, thresholds)
    assert np.isfinite(scores).all()
    if method != "confidence_weighted_entropy":
        assert scores[0] == 1
        assert n_classes == 1 or scores[1] < 1e-100


@pytest.mark.parametrize("method", SCORES)
@pytest.mark.parametrize("n_classes", [5, 60])
def test_memory_order_threads_and_missing_labels_change_nothing(method, n_classes):
    codes, pred_probs = make(0, 20_000, n_classes, 2.0, np.float64)
    scores = score_labels(codes, pred_probs, method)
    same = score_labels(codes, np.asfortranarray(pred_probs), method, n_jobs=2)
    np.testing.assert_allclose(same, scores, rtol=0, atol=1e-15)
    thresholds = find_issues(codes, pred_probs).thresholds
    missing = codes.copy()
    missing[::3] = -1
    pred_probs[::6] = np.nan
    some = score_labels(missing, pred_probs, method, thresholds=thresholds)
    assert np.isnan(some[::3]).all()
    np.testing.assert_array_equal(some[1::3], scores[1::3])


@pytest.mark.parametrize("method", ADJUSTED)
def test_known_thresholds_are_used(method):
    codes, pred_probs = make(1, 300, 4, 2.0, np.float64)
    thresholds = find_issues(codes, pred_probs).thresholds
    scores = score_labels(codes, pred_probs, method)
    np.testing.assert_array_equal(
        score_labels(codes, pred_probs, method, thresholds=thresholds), scores
    )
    others = score_labels(codes, pred_probs, method, thresholds=thresholds[::-1])
    assert (others != scores).any()


def test_every_score_has_its_name_in_the_type():
    assert get_args(ScoreName) == tuple(SCORES)


@pytest.mark.parametrize("method", ["best", "adjusted_confidence_weighted_entropy"])
def test_scores_that_make_no_sense_are_refused(method):
    with pytest.raises(ValueError, match=f"is '{method}'; pass one of 'self_confidence'"):
        score_labels(*make_rows(20, 3), method)


def published_scores():
    path = DATA / "score_bench" / "published_scores.csv"
    if not path.exists():
        return []
    return [
        pytest.param(
            row,
            id="-".join([row["dataset"], row["model"], row["method"], row["adjust_pred_probs"]]),
        )
        for row in csv.DictReader(path.read_text().splitlines())
        if (path.parent / f"{row['dataset']}__{row['model']}.npz").exists()
    ]


@pytest.mark.parametrize("row", published_scores())
def test_published_scores(row):
    folder = DATA / "score_bench"
    with np.load(folder / f"{row['dataset']}__labels.npz") as data:
        codes, wrong = data["labels"], data["is_label_error"]
    with np.load(folder / f"{row['dataset']}__{row['model']}.npz") as data:
        pred_probs = data["pred_probs"]
    prefix = "adjusted_" if row["adjust_pred_probs"] == "True" else ""
    scores = score_labels(codes, pred_probs, prefix + row["method"])
    assert roc_auc_score(wrong, -scores) == pytest.approx(float(row["auroc"]), abs=1e-6)


@pytest.mark.parametrize("method", ["adjusted_self_confidence", "adjusted_normalized_margin"])
def test_adjusted_scores_of_a_block_need_the_thresholds(method):
    codes, pred_probs = make_rows(200, 4)
    with pytest.raises(ValueError, match=f"method='{method}' needs the thresholds"):
        score_rows(codes, pred_probs, method)
    thresholds = find_issues(codes, pred_probs).thresholds
    np.testing.assert_array_equal(
        score_rows(codes, pred_probs, method, thresholds), score_labels(codes, pred_probs, method)
    )


@pytest.mark.parametrize("method", ["best", ["self_confidence"], None])
def test_a_method_that_there_is_not(method):
    codes, pred_probs = make_rows(20, 3)
    for score in (score_rows, score_labels):
        with pytest.raises(ValueError, match=r"method is .*; pass one of 'self_confidence'"):
            score(codes, pred_probs, method)
