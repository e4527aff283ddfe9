import csv
import os
import tracemalloc
from pathlib import Path

import cleanlab.count
import cleanlab.filter
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from label_auditor.confident_learning.find_issues import rank_issues
from label_auditor.confident_learning.rules import RULES
from oracle import find_issues, make_rows, score_labels, stable_cleanlab

DATA = Path(
    os.environ.get("LABEL_AUDITOR_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
EXAMPLES = int(os.environ.get("LABEL_AUDITOR_EXAMPLES", "60"))
PRUNE_RULES = ("prune_by_noise_rate", "prune_by_class", "both")

pytestmark = [
    pytest.mark.filterwarnings("ignore:May not flag all label issues"),
    # scikit-learn 1.7 says it of the labels that cleanlab passes on.
    pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%"),
]


@st.composite
def tied_cases(draw):
    """Small data of few distinct values, so that equal values cross many cuts."""
    n, n_classes = draw(st.integers(2, 40)), draw(st.integers(2, 8))
    codes = draw(arrays(np.intp, n, elements=st.integers(0, n_classes - 1)))
    assume(len(set(codes.tolist())) > 1)
    weights = draw(arrays(np.int64, (n, n_classes), elements=st.integers(0, 6)))
    weights[weights.sum(axis=1) == 0] = 1
    pred_probs = weights / weights.sum(axis=1, keepdims=True)
    return codes, pred_probs.astype(draw(st.sampled_from([np.float32, np.float64])))


@st.composite
def smooth_cases(draw):
    """Data of a model, of any quality, over classes some of which may be absent or tiny."""
    n, n_classes = draw(st.integers(4, 400)), draw(st.integers(2, 60))
    codes, pred_probs = make_rows(
        n,
        n_classes,
        seed=draw(st.integers(0, 2**32)),
        noise=draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])),
        sharpness=draw(st.sampled_from([0.0, 1.0, 3.0, 9.0])),
        dtype=draw(st.sampled_from([np.float32, np.float64])),
    )
    codes %= draw(st.integers(2, n_classes))
    assume(len(set(codes.tolist())) > 1)
    return codes, pred_probs


def check_against_cleanlab(codes, pred_probs, filter_by, **rule):
    with stable_cleanlab():
        issues = cleanlab.filter.find_label_issues(
            codes, pred_probs, filter_by=filter_by, n_jobs=1, **rule
        )
        joint = cleanlab.count.compute_confident_joint(codes, pred_probs)
        n_estimated = cleanlab.count.num_label_issues(codes, pred_probs)
    found = find_issues(codes, pred_probs, filter_by=filter_by, **rule)
    np.testing.assert_array_equal(found.issues, issues)
    np.testing.assert_array_equal(found.confident_joint, joint)
    np.testing.assert_array_equal(found.predicted, pred_probs.argmax(axis=1))
    thresholds = cleanlab.count.get_confident_thresholds(codes, pred_probs)
    np.testing.assert_array_equal(found.thresholds, thresholds)
    assert found.thresholds.dtype == thresholds.dtype
    assert found.n_estimated == n_estimated


@pytest.mark.parametrize("filter_by", RULES)
@settings(max_examples=EXAMPLES, deadline=None)
@given(case=st.one_of(tied_cases(), smooth_cases()))
def test_filters_are_cleanlabs(filter_by, case):
    check_against_cleanlab(*case, filter_by)


@pytest.mark.parametrize("filter_by", PRUNE_RULES)
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    case=st.one_of(tied_cases(), smooth_cases()),
    frac_noise=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    min_examples_per_class=st.sampled_from([0, 1, 2, 5, 30]),
)
def test_parameters_are_cleanlabs(filter_by, case, frac_noise, min_examples_per_class):
    check_against_cleanlab(
        *case,
        filter_by,
        frac_noise=frac_noise,
        min_examples_per_class=min_examples_per_class,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("filter_by", ["prune_by_noise_rate", "both", "low_normalized_margin"])
@pytest.mark.parametrize(("n", "n_classes"), [(2000, 1000), (3000, 130), (60_000, 10)])
def test_many_rows_or_classes(n, n_classes, filter_by, dtype):
    check_against_cleanlab(*make_rows(n, n_classes, dtype=dtype), filter_by)


def test_cleanlab_as_it_is_where_nothing_is_tied():
    codes, pred_probs = make_rows(3000, 3)
    for filter_by in RULES:
        issues = cleanlab.filter.find_label_issues(codes, pred_probs, filter_by=filter_by, n_jobs=1)
        found = find_issues(codes, pred_probs, filter_by=filter_by)
        np.testing.assert_array_equal(found.issues, issues)


@pytest.mark.parametrize("method", ["self_confidence", "normalized_margin"])
def test_ranking_is_cleanlabs(method):
    codes, pred_probs = make_rows(2000, 7)
    pred_probs = pred_probs.round(2) / pred_probs.round(2).sum(axis=1, keepdims=True)
    with stable_cleanlab():
        ranked = cleanlab.filter.find_label_issues(
            codes, pred_probs, return_indices_ranked_by=method, n_jobs=1
        )
    found = find_issues(codes, pred_probs)
    scores = score_labels(codes, pred_probs, method)
    np.testing.assert_array_equal(rank_issues(found.issues, scores), ranked)


# --- what is not cleanlab's ----------------------------------------------------------------------


@pytest.mark.parametrize("filter_by", RULES)
@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(case=st.one_of(tied_cases(), smooth_cases()), seed=st.integers(0, 9), blank=st.booleans())
def test_rows_without_a_label_do_not_count(filter_by, case, seed, blank):
    codes, pred_probs = case
    found = find_issues(codes, pred_probs, filter_by=filter_by)
    rng = np.random.default_rng(seed)
    judged = rng.random(2 * len(codes)).argsort(kind="stable").argsort() < len(codes)
    more_codes = np.full(2 * len(codes), -1)
    more_codes[judged] = codes
    more_probs = np.full((2 * len(codes), pred_probs.shape[1]), np.nan, pred_probs.dtype)
    more_probs[judged] = pred_probs
    if not blank:
        more_probs[~judged] = pred_probs[::-1]
    more = find_issues(more_codes, more_probs, filter_by=filter_by)
    np.testing.assert_array_equal(more.issues[judged], found.issues)
    assert not more.issues[~judged].any()
    np.testing.assert_array_equal(more.confident_joint, found.confident_joint)
    np.testing.assert_array_equal(more.thresholds, found.thresholds)
    np.testing.assert_array_equal(more.predicted[~judged], -1 if blank else found.predicted[::-1])
    assert np.isnan(more.self_confidence[~judged]).all()
    assert np.isnan(score_labels(more_codes, more_probs)[~judged]).all()


def test_single_class_has_no_issues():
    codes, pred_probs = np.zeros(5, int), np.array([[0.9, 0.1]] * 5)
    for filter_by in RULES:
        found = find_issues(codes, pred_probs, filter_by=filter_by)
        assert not found.issues.any()
        np.testing.assert_array_equal(found.confident_joint, [[5, 0], [0, 0]])
    found = find_issues(codes, np.ones((5, 1)))
    assert not found.issues.any()


def test_sparse_joint_of_many_classes():
    codes, pred_probs = make_rows(2500, 2100, sharpness=12)
    found = find_issues(codes, pred_probs)
    with stable_cleanlab():
        joint = cleanlab.count.compute_confident_joint(codes, pred_probs)
    assert found.confident_joint.format == "csr"
    np.testing.assert_array_equal(found.confident_joint.toarray(), joint)


def test_ten_thousand_classes_cost_no_more_than_those_that_occur():
    few, many = 40, 10_000
    codes, narrow = make_rows(1500, few)
    columns = np.sort(np.random.default_rng(0).choice(many, few, replace=False))
    wide = np.zeros((1500, many))
    wide[:, columns] = narrow
    tracemalloc.start()
    found = find_issues(columns[codes], wide)
    joint = found.confident_joint
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    expected = find_issues(codes, narrow)
    np.testing.assert_array_equal(found.issues, expected.issues)
    np.testing.assert_array_equal(joint[columns][:, columns].toarray(), expected.confident_joint)
    assert joint.nnz <= 1500 + many
    assert peak < wide.nbytes / 4  # a dense joint alone has 800 MB


# --- published figures ----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "n_issues"), [("mnist", 15), ("cifar10", 284)])
def test_label_errors_counts(name, n_issues):
    path = DATA / "label_errors" / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    with np.load(path) as data:
        found = find_issues(data["labels"], data["pred_probs"], n_jobs=2)
    assert found.issues.sum() == n_issues


def published_filters():
    path = DATA / "score_bench" / "published_filter_by.csv"
    if not path.exists():
        return []
    rows = list(csv.DictReader(path.read_text().splitlines()))
    return [
        pytest.param(row, id=f"{row['dataset']}-{row['filter_by']}")
        for row in rows
        if (path.parent / f"{row['dataset']}__swin_base_patch4_window7_224.npz").exists()
        and row["num_label_issues"]
    ]


@pytest.mark.parametrize("row", published_filters())
def test_published_filters(row):
    folder = DATA / "score_bench"
    with np.load(folder / f"{row['dataset']}__labels.npz") as data:
        codes, wrong = data["labels"], data["is_label_error"].astype(bool)
    with np.load(folder / f"{row['dataset']}__swin_base_patch4_window7_224.npz") as data:
        pred_probs = data["pred_probs"]
    issues = find_issues(codes, pred_probs, filter_by=row["filter_by"]).issues
    assert issues.sum() == float(row["num_label_issues"])
    assert (issues & wrong).sum() / issues.sum() == pytest.approx(float(row["precision"]), abs=1e-6)
    assert (issues & wrong).sum() / wrong.sum() == pytest.approx(float(row["recall"]), abs=1e-6)
