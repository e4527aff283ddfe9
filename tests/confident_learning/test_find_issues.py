import concurrent.futures
import csv
import multiprocessing
import os
import pickle
import threading
import tracemalloc
from pathlib import Path

import cleanlab.count
import cleanlab.filter
import cleanlab.rank
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import Parallel, delayed, parallel_config

from label_auditor.confident_learning.find_issues import (
    find_label_issues,
    label_quality_scores,
    rank_issues,
)
from label_auditor.confident_learning.joint import calibrate, count_joint, merge_joints
from label_auditor.confident_learning.scan import (
    FILTERS,
    ClassGroups,
    class_thresholds,
    confident_classes,
    group_by_class,
    scan_rows,
)
from oracle import stable_cleanlab

DATA = Path(
    os.environ.get("LABEL_AUDITOR_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
EXAMPLES = int(os.environ.get("LABEL_AUDITOR_EXAMPLES", "150"))
PRUNE_RULES = ("prune_by_noise_rate", "prune_by_class", "both")

pytestmark = pytest.mark.filterwarnings("ignore:May not flag all label issues")


def make(n, n_classes, *, seed=0, noise=0.15, sharpness=3.0, dtype=np.float64):
    """Softmax outputs of a fair model, and labels of which some are wrong."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    codes = np.where(rng.random(n) < noise, rng.integers(0, n_classes, n), true)
    logits = rng.normal(size=(n, n_classes))
    logits[np.arange(n), true] += sharpness * rng.gamma(3, 1 / 3, n)
    pred_probs = np.exp(logits)
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    return codes, pred_probs.astype(dtype)


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
    codes, pred_probs = make(
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
    found = find_label_issues(codes, pred_probs, filter_by=filter_by, **rule)
    np.testing.assert_array_equal(found.issues, issues)
    np.testing.assert_array_equal(found.confident_joint, joint)
    np.testing.assert_array_equal(found.predicted, pred_probs.argmax(axis=1))
    thresholds = cleanlab.count.get_confident_thresholds(codes, pred_probs)
    np.testing.assert_array_equal(found.thresholds, thresholds)
    assert found.thresholds.dtype == thresholds.dtype
    assert found.n_estimated == n_estimated


@pytest.mark.parametrize("filter_by", FILTERS)
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
@pytest.mark.parametrize(("n", "n_classes"), [(4000, 1000), (3000, 130), (60_000, 10)])
def test_many_rows_or_classes(n, n_classes, filter_by, dtype):
    check_against_cleanlab(*make(n, n_classes, dtype=dtype), filter_by)


def test_cleanlab_as_it_is_where_nothing_is_tied():
    codes, pred_probs = make(3000, 3)
    for filter_by in FILTERS:
        issues = cleanlab.filter.find_label_issues(codes, pred_probs, filter_by=filter_by, n_jobs=1)
        found = find_label_issues(codes, pred_probs, filter_by=filter_by)
        np.testing.assert_array_equal(found.issues, issues)


@pytest.mark.parametrize("method", ["self_confidence", "normalized_margin"])
def test_ranking_is_cleanlabs(method):
    codes, pred_probs = make(2000, 7)
    pred_probs = pred_probs.round(2) / pred_probs.round(2).sum(axis=1, keepdims=True)
    with stable_cleanlab():
        ranked = cleanlab.filter.find_label_issues(
            codes, pred_probs, return_indices_ranked_by=method, n_jobs=1
        )
    found = find_label_issues(codes, pred_probs)
    scores = label_quality_scores(codes, pred_probs, method=method)
    np.testing.assert_array_equal(rank_issues(found.issues, scores), ranked)


# --- what is not cleanlab's ----------------------------------------------------------------------


@pytest.mark.parametrize("filter_by", PRUNE_RULES)
def test_asked_number_of_each_class_is_removed(filter_by):
    codes, pred_probs = make(3000, 5, noise=0.3)
    wanted = [50, 0, 7, 1, 10_000]
    found = find_label_issues(
        codes, pred_probs, filter_by=filter_by, num_to_remove_per_class=wanted
    )
    candidates = find_label_issues(codes, pred_probs, filter_by="predicted_neq_given").issues
    removed = np.bincount(codes[found.issues], minlength=5)
    np.testing.assert_array_equal(removed[:4], wanted[:4])
    assert removed[4] == np.count_nonzero(candidates & (codes == 4))
    assert not (found.issues & ~candidates).any()


def test_asked_number_keeps_to_the_rule():
    codes, pred_probs = make(3000, 5, noise=0.3)
    own = pred_probs[np.arange(3000), codes]
    found = find_label_issues(
        codes, pred_probs, filter_by="prune_by_class", num_to_remove_per_class=[9] * 5
    )
    others = ~found.issues & (found.predicted != codes)
    for k in range(5):
        assert own[found.issues & (codes == k)].max() <= own[others & (codes == k)].min()
    by_class = found.issues
    by_rate, both = (
        find_label_issues(
            codes, pred_probs, filter_by=filter_by, num_to_remove_per_class=[60] * 5
        ).issues
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
    found = find_label_issues(codes, pred_probs, num_to_remove_per_class=[3, 0])
    np.testing.assert_array_equal(np.flatnonzero(found.issues), [0, 1])


@pytest.mark.parametrize("filter_by", FILTERS)
@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(case=st.one_of(tied_cases(), smooth_cases()), seed=st.integers(0, 9), blank=st.booleans())
def test_rows_without_a_label_do_not_count(filter_by, case, seed, blank):
    codes, pred_probs = case
    found = find_label_issues(codes, pred_probs, filter_by=filter_by)
    rng = np.random.default_rng(seed)
    judged = rng.random(2 * len(codes)).argsort(kind="stable").argsort() < len(codes)
    more_codes = np.full(2 * len(codes), -1)
    more_codes[judged] = codes
    more_probs = np.full((2 * len(codes), pred_probs.shape[1]), np.nan, pred_probs.dtype)
    more_probs[judged] = pred_probs
    if not blank:
        more_probs[~judged] = pred_probs[::-1]
    more = find_label_issues(more_codes, more_probs, filter_by=filter_by)
    np.testing.assert_array_equal(more.issues[judged], found.issues)
    assert not more.issues[~judged].any()
    np.testing.assert_array_equal(more.confident_joint, found.confident_joint)
    np.testing.assert_array_equal(more.thresholds, found.thresholds)
    np.testing.assert_array_equal(more.predicted[~judged], -1 if blank else found.predicted[::-1])
    assert np.isnan(more.self_confidence[~judged]).all()
    assert np.isnan(label_quality_scores(more_codes, more_probs)[~judged]).all()


def test_single_class_has_no_issues():
    codes, pred_probs = np.zeros(5, int), np.array([[0.9, 0.1]] * 5)
    for filter_by in FILTERS:
        found = find_label_issues(codes, pred_probs, filter_by=filter_by)
        assert not found.issues.any()
        np.testing.assert_array_equal(found.confident_joint, [[5, 0], [0, 0]])
    found = find_label_issues(codes, np.ones((5, 1)))
    assert not found.issues.any()


def test_sparse_joint_of_many_classes():
    codes, pred_probs = make(2500, 2100, sharpness=12)
    found = find_label_issues(codes, pred_probs)
    with stable_cleanlab():
        joint = cleanlab.count.compute_confident_joint(codes, pred_probs)
    assert found.confident_joint.format == "csr"
    np.testing.assert_array_equal(found.confident_joint.toarray(), joint)


# --- any array, any number of threads, anywhere ---------------------------------------------------


def assert_same(found, expected):
    for field in ("issues", "predicted", "self_confidence", "thresholds", "confident_joint"):
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))


@pytest.fixture(scope="module")
def case():
    return make(30_000, 12)


@pytest.fixture(scope="module")
def expected(case):
    return find_label_issues(*case)


def test_ten_thousand_classes_cost_no_more_than_those_that_occur():
    few, many = 40, 10_000
    codes, narrow = make(1500, few)
    columns = np.sort(np.random.default_rng(0).choice(many, few, replace=False))
    wide = np.zeros((1500, many))
    wide[:, columns] = narrow
    tracemalloc.start()
    found = find_label_issues(columns[codes], wide)
    joint = found.confident_joint
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    expected = find_label_issues(codes, narrow)
    np.testing.assert_array_equal(found.issues, expected.issues)
    np.testing.assert_array_equal(joint[columns][:, columns].toarray(), expected.confident_joint)
    assert joint.nnz <= 1500 + many
    assert peak < wide.nbytes / 4  # a dense joint alone has 800 MB


@pytest.mark.parametrize("filter_by", FILTERS)
def test_threads_change_nothing(case, filter_by):
    assert_same(
        find_label_issues(*case, filter_by=filter_by, n_jobs=3),
        find_label_issues(*case, filter_by=filter_by),
    )


@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda p: p[::-1].copy()[::-1],
        lambda p: np.repeat(p, 2, axis=1)[:, ::2],
        lambda p: p.astype(">f8"),
        lambda p: p.tolist(),
    ],
    ids=["columns", "reversed", "strided", "big-endian", "list"],
)
def test_memory_layouts(case, expected, convert):
    codes, pred_probs = case
    converted = convert(pred_probs)
    assert_same(find_label_issues(codes, converted, n_jobs=2), expected)
    for method in ("self_confidence", "normalized_margin", "log_margin"):
        np.testing.assert_array_equal(
            label_quality_scores(codes, converted, method=method),
            label_quality_scores(codes, pred_probs, method=method),
        )


def test_memmap(tmp_path, case, expected):
    codes, pred_probs = case
    np.save(tmp_path / "pred_probs.npy", pred_probs)
    mapped = np.load(tmp_path / "pred_probs.npy", mmap_mode="r")
    assert_same(find_label_issues(codes, mapped, n_jobs=2), expected)


def test_dataframe(case, expected):
    pandas = pytest.importorskip("pandas")
    codes, pred_probs = case
    assert_same(find_label_issues(codes, pandas.DataFrame(pred_probs)), expected)


def test_zarr(tmp_path, case, expected):
    zarr = pytest.importorskip("zarr")
    codes, pred_probs = case
    stored = zarr.open_array(
        str(tmp_path / "p.zarr"), mode="w", shape=pred_probs.shape, chunks=(7000, 5), dtype="f8"
    )
    stored[:] = pred_probs
    assert_same(find_label_issues(codes, stored, n_jobs=2), expected)


def test_h5py(tmp_path, case, expected):
    h5py = pytest.importorskip("h5py")
    codes, pred_probs = case
    with h5py.File(tmp_path / "p.h5", "w") as file:
        stored = file.create_dataset("p", data=pred_probs, chunks=(7000, 5))
        assert_same(find_label_issues(codes, stored, n_jobs=2), expected)
        plain = file.create_dataset("plain", data=pred_probs)
        assert_same(find_label_issues(codes, plain, n_jobs=2), expected)


def test_dask(case, expected):
    dask_array = pytest.importorskip("dask.array")
    codes, pred_probs = case
    lazy = dask_array.from_array(pred_probs, chunks=((1, 12_999, 17_000), -1))
    assert_same(find_label_issues(codes, lazy, n_jobs=2), expected)


def test_torch(case, expected):
    torch = pytest.importorskip("torch")
    codes, pred_probs = case
    assert_same(find_label_issues(codes, torch.from_numpy(pred_probs), n_jobs=2), expected)


class Counted:
    """An array-like that slices by rows, and counts how often each row is read."""

    def __init__(self, array):
        self.array, self.shape = array, array.shape
        self.reads = np.zeros(len(array), int)
        self.lock = threading.Lock()

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        with self.lock:
            self.reads[rows] += 1
        return self.array[rows]


def test_other_arrays_are_read_once_and_in_part_again(case, expected):
    codes, pred_probs = case
    for filter_by, most in [("predicted_neq_given", 2), ("prune_by_noise_rate", 4)]:
        counted = Counted(pred_probs)
        find_label_issues(codes, counted, filter_by=filter_by, n_jobs=2)
        assert counted.reads.max() <= most
    assert_same(find_label_issues(codes, Counted(pred_probs)), expected)


def test_blocks_are_worked_on_apart_and_merged(case, expected):
    """What a cluster does: pickled arguments out, pickled results in."""
    codes, pred_probs = case
    cuts = [slice(0, 1), slice(1, 11_000), slice(11_000, 30_000)]
    jobs = [pickle.dumps((codes[rows], pred_probs[rows])) for rows in cuts]
    scans = [pickle.loads(pickle.dumps(scan_rows(*pickle.loads(job)))) for job in jobs]
    groups = ClassGroups(
        [
            pickle.loads(pickle.dumps(group_by_class(codes[rows], scan.own, 12)))
            for rows, scan in zip(cuts, scans, strict=True)
        ]
    )
    thresholds = class_thresholds(groups)
    joints = []
    for job, scan in zip(jobs, scans, strict=True):
        given, probs = pickle.loads(job)
        classes = confident_classes(scan, thresholds, probs.__getitem__, tolerance=1e-3)
        joints.append(pickle.loads(pickle.dumps(count_joint(given, classes, 12))))
    joint = calibrate(merge_joints(joints), groups.sizes)
    np.testing.assert_array_equal(thresholds, expected.thresholds)
    np.testing.assert_array_equal(joint.toarray(), expected.confident_joint)
    np.testing.assert_array_equal(
        np.concatenate([scan.predicted for scan in scans]), expected.predicted
    )


def test_in_spawned_process(case, expected):
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        future = pool.submit(find_label_issues, *case, n_jobs=2)
        assert_same(future.result(), expected)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_in_worker_processes_and_threads(case, expected, backend):
    with parallel_config(backend=backend, n_jobs=2):
        found = Parallel()(delayed(find_label_issues)(*case, n_jobs=2) for _ in range(2))
    for one in found:
        assert_same(one, expected)


def test_n_jobs_follows_joblib(case, expected):
    with parallel_config(n_jobs=2):
        assert_same(find_label_issues(*case), expected)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "value", "message"),
    [
        ([3], np.nan, r"in row 3: row 3 has NaN; give these rows probabilities, or leave"),
        ([0, 29_999], np.inf, r"in rows 0, 29999: row 0 has an infinite value; .*softmax"),
        ([5], -np.inf, r"row 5 has an infinite value"),
        ([1, 2, 3, 4, 5, 6], -0.2, r"rows 1, 2, 3, 4, 5, … \(6 in all\): .* -0.2, which is neg"),
        ([7], 1.7, r"row 7 has 1.7, which is above 1; .*divide each row by its sum"),
        ([8], 0.01, r"row 8 has numbers that sum to .*, not 1; .*softmax your logits"),
    ],
)
def test_rows_that_are_no_probabilities(case, rows, value, message):
    codes, pred_probs = case
    wrong = pred_probs.copy()
    wrong[rows, codes[rows]] = value
    for n_jobs in (1, 2):
        with pytest.raises(ValueError, match=message):
            find_label_issues(codes, wrong, n_jobs=n_jobs)
    codes = codes.copy()
    codes[rows] = -1
    if np.isnan(value):
        assert find_label_issues(codes, wrong).predicted[3] == -1
    else:
        with pytest.raises(ValueError, match=message):
            find_label_issues(codes, wrong)


def test_logits_and_percentages_are_refused():
    codes, pred_probs = make(50, 3)
    for wrong in (np.log(pred_probs), 100 * pred_probs, pred_probs * 0.98):
        with pytest.raises(ValueError, match="pass probabilities"):
            find_label_issues(codes, wrong)


@pytest.mark.parametrize("n_classes", [2, 10, 1000])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_rounded_probabilities_are_taken(dtype, n_classes):
    codes, pred_probs = make(500, n_classes)
    rounded = pred_probs.astype(dtype)
    for given_probs in (rounded, rounded.astype(float)):
        assert find_label_issues(codes, given_probs).issues.shape == (500,)
    logits = np.log(pred_probs).astype(dtype)
    softmax = np.exp(logits)
    softmax /= softmax.sum(axis=1, keepdims=True)
    assert find_label_issues(codes, softmax).self_confidence.dtype == np.float32


@pytest.mark.parametrize(
    ("codes", "pred_probs", "message"),
    [
        ([0, 1], [0.5, 0.5], r"shape \(2,\), but one row per label"),
        ([0, 1], np.empty((0, 2)), "0 rows and 2 columns"),
        ([0, 1], np.empty((2, 0)), "2 rows and 0 columns"),
        ([0, 1, 1], [[0.5, 0.5]] * 2, "2 rows but there are 3 labels"),
        ([0, 2], [[0.5, 0.5]] * 2, "2 columns but labels has codes from 0 to 2"),
        ([0, -2], [[0.5, 0.5]] * 2, "codes from -2 to 0"),
        ([0, 1], [["a", "b"]] * 2, "dtype <U1, but numbers are needed"),
        ([0, 1], np.array([[0.5, 0.5]] * 2, object), "dtype object"),
        ([0, 1], np.array([[0.5, 0.5]] * 2, complex), "dtype complex128"),
    ],
)
def test_what_is_no_matrix_is_refused(codes, pred_probs, message):
    with pytest.raises(ValueError, match=message):
        find_label_issues(np.array(codes), pred_probs)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"filter_by": "best"}, "filter_by is 'best'; pass one of 'prune_by_noise_rate'"),
        ({"frac_noise": 1.5}, "frac_noise is 1.5; pass a number from 0 to 1"),
        ({"min_examples_per_class": -1}, "min_examples_per_class is -1"),
        ({"num_to_remove_per_class": [1]}, "one number from 0 for each of the 3 classes"),
        ({"num_to_remove_per_class": [1, 2, -3]}, "one number from 0 for each"),
        ({"filter_by": "confident_learning", "frac_noise": 0.5}, "takes neither frac_noise nor"),
        (
            {"filter_by": "low_self_confidence", "num_to_remove_per_class": [1, 1, 1]},
            "takes neither frac_noise nor num_to_remove_per_class",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(rule, message):
    with pytest.raises(ValueError, match=message):
        find_label_issues(*make(20, 3), **rule)


def test_scores_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="method is 'best'; pass one of 'self_confidence'"):
        label_quality_scores(*make(20, 3), method="best")
    with pytest.raises(ValueError, match="can't be adjusted for class imbalance"):
        label_quality_scores(*make(20, 3), method="confidence_weighted_entropy", adjust=True)


# --- published figures ----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "n_issues"), [("mnist", 15), ("cifar10", 284)])
def test_label_errors_counts(name, n_issues):
    path = DATA / "label_errors" / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    with np.load(path) as data:
        found = find_label_issues(data["labels"], data["pred_probs"], n_jobs=2)
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
    issues = find_label_issues(codes, pred_probs, filter_by=row["filter_by"]).issues
    assert issues.sum() == float(row["num_label_issues"])
    assert (issues & wrong).sum() / issues.sum() == pytest.approx(float(row["precision"]), abs=1e-6)
    assert (issues & wrong).sum() / wrong.sum() == pytest.approx(float(row["recall"]), abs=1e-6)
