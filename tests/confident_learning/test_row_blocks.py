import concurrent.futures
import multiprocessing
import pickle
import threading

import numpy as np
import pytest
from joblib import Parallel, cpu_count, delayed, parallel_config
from scipy import sparse

from label_auditor.confident_learning import row_blocks
from label_auditor.confident_learning.find_issues import find_label_issues
from label_auditor.confident_learning.joint import calibrate, count_joint, merge_joints
from label_auditor.confident_learning.kept import Whole
from label_auditor.confident_learning.row_blocks import BLOCK_BYTES, LabelledRows
from label_auditor.confident_learning.rules import RULES
from label_auditor.confident_learning.scan import (
    ClassGroups,
    class_thresholds,
    confident_classes,
    group_by_class,
    scan_rows,
)
from label_auditor.confident_learning.scores import SCORES
from oracle import find_issues, make_rows, score_labels


class Chunked:
    def __init__(self, chunks, array=None):
        self.chunks, self.array, self.shape = chunks, array, np.shape(array)

    def __getitem__(self, rows):
        return self.array[rows]


@pytest.mark.parametrize("n_jobs", [1, 2, 5])
@pytest.mark.parametrize("n_rows", [1, 20_000, 200_001])
def test_blocks_cover_the_rows_in_order(n_rows, n_jobs):
    data = LabelledRows(np.zeros(n_rows, int), np.broadcast_to(0.5, (n_rows, 1000)), n_jobs)
    for blocks in (
        data.map(lambda rows: rows),
        data.map_light(lambda rows: rows),
        data.share(lambda rows: rows, n_rows),
    ):
        covered = np.concatenate([np.arange(rows.start, rows.stop) for rows in blocks])
        np.testing.assert_array_equal(covered, np.arange(n_rows))
    assert all(
        (rows.stop - rows.start) * 8000 <= BLOCK_BYTES for rows in data.map(lambda rows: rows)
    )


@pytest.mark.parametrize(
    ("chunks", "ends"),
    [((7000, 10), range(7000, 500_000, 7000)), (((100_001, 99_999) * 2 + (100_000,), (10,)), None)],
)
def test_chunks_are_not_cut(chunks, ends):
    stored = Chunked(chunks, np.broadcast_to(0.1, (500_000, 10)))
    data = LabelledRows(np.zeros(500_000, int), stored, 2)
    starts = data.map(lambda rows: rows.start)
    assert len(starts) > 1
    assert set(starts[1:]) <= set(np.cumsum(chunks[0]) if ends is None else ends)


def thread_names(n_jobs):
    data = LabelledRows(np.zeros(10**6, int), np.broadcast_to(0.5, (10**6, 2)), n_jobs)
    # Tasks wait for one another, so that no thread does the work of two.
    barrier = threading.Barrier(data.n_threads, timeout=60)

    def name(rows):
        barrier.wait()
        return threading.current_thread().name

    return set(data.share(name, data.n_threads))


def test_as_many_threads_as_joblib_says():
    assert thread_names(1) == thread_names(None) == {threading.current_thread().name}
    most = min(2, cpu_count())
    assert len(thread_names(2)) == most
    with parallel_config(n_jobs=2):
        assert len(thread_names(None)) == most


def test_errors_in_threads_are_raised():
    def fail(rows):
        raise RuntimeError(f"row {rows.start}")

    data = LabelledRows(np.zeros(10**6, int), np.broadcast_to(0.5, (10**6, 2)), 2)
    with pytest.raises(RuntimeError, match="row 0"):
        data.map(fail)


# --- any array, any number of threads, anywhere ---------------------------------------------------


def assert_same(found, expected):
    for field in ("issues", "predicted", "self_confidence", "thresholds", "confident_joint"):
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))


@pytest.fixture(scope="module")
def case():
    return make_rows(30_000, 12)


@pytest.fixture(scope="module")
def expected(case):
    return find_issues(*case)


@pytest.mark.parametrize("filter_by", RULES)
def test_threads_change_nothing(case, filter_by):
    assert_same(
        find_issues(*case, filter_by=filter_by, n_jobs=3),
        find_issues(*case, filter_by=filter_by),
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
    assert_same(find_issues(codes, converted, n_jobs=2), expected)
    for method in ("self_confidence", "normalized_margin", "log_margin"):
        np.testing.assert_array_equal(
            score_labels(codes, converted, method),
            score_labels(codes, pred_probs, method),
        )


def test_memmap(tmp_path, case, expected):
    codes, pred_probs = case
    np.save(tmp_path / "pred_probs.npy", pred_probs)
    mapped = np.load(tmp_path / "pred_probs.npy", mmap_mode="r")
    assert_same(find_issues(codes, mapped, n_jobs=2), expected)


def test_dataframe(case, expected):
    pandas = pytest.importorskip("pandas")
    codes, pred_probs = case
    assert_same(find_issues(codes, pandas.DataFrame(pred_probs)), expected)


def test_zarr(tmp_path, case, expected):
    zarr = pytest.importorskip("zarr")
    codes, pred_probs = case
    stored = zarr.open_array(
        str(tmp_path / "p.zarr"), mode="w", shape=pred_probs.shape, chunks=(7000, 5), dtype="f8"
    )
    stored[:] = pred_probs
    assert_same(find_issues(codes, stored, n_jobs=2), expected)


def test_h5py(tmp_path, case, expected):
    h5py = pytest.importorskip("h5py")
    codes, pred_probs = case
    with h5py.File(tmp_path / "p.h5", "w") as file:
        stored = file.create_dataset("p", data=pred_probs, chunks=(7000, 5))
        assert_same(find_issues(codes, stored, n_jobs=2), expected)
        plain = file.create_dataset("plain", data=pred_probs)
        assert_same(find_issues(codes, plain, n_jobs=2), expected)


def test_dask(case, expected):
    dask_array = pytest.importorskip("dask.array")
    codes, pred_probs = case
    lazy = dask_array.from_array(pred_probs, chunks=((1, 12_999, 17_000), -1))
    assert_same(find_issues(codes, lazy, n_jobs=2), expected)


def test_dask_chunks_that_are_masked_or_sparse():
    dask_array = pytest.importorskip("dask.array")
    labels, lazy = np.array([0, 1]), dask_array.from_array(np.eye(2), chunks=1)
    unmasked = dask_array.ma.masked_array(lazy, mask=False)
    assert find_issues(labels, unmasked).issues.tolist() == [False, False]
    masked = dask_array.ma.masked_array(lazy, mask=[[False, False], [True, False]])
    with pytest.raises(ValueError, match="in row 1: row 1 has NaN"):
        find_issues(labels, masked)
    with pytest.raises(ValueError, match=r"sparse matrices; pass pred_probs\.map_blocks"):
        find_issues(labels, lazy.map_blocks(sparse.csr_array))


def test_torch(case, expected):
    torch = pytest.importorskip("torch")
    codes, pred_probs = case
    assert_same(find_issues(codes, torch.from_numpy(pred_probs), n_jobs=2), expected)


class Counted:
    """An array-like that slices by rows, and counts how often each row is read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads = np.zeros(len(array), int)
        self.lock = threading.Lock()

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        with self.lock:
            self.reads[rows] += 1
        return self.array[rows]


@pytest.fixture
def nothing_is_small(monkeypatch):
    monkeypatch.setattr(row_blocks, "SMALL_BYTES", 0)


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("filter_by", RULES)
def test_other_arrays_are_read_once(case, filter_by):
    codes, pred_probs = case
    counted = Counted(pred_probs)
    found = find_issues(codes, counted, filter_by=filter_by, n_jobs=2)
    np.testing.assert_array_equal(counted.reads, 1)
    assert_same(found, find_issues(codes, pred_probs, filter_by=filter_by))


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("score", SCORES)
def test_scores_are_computed_in_the_first_reading_but_adjusted_ones(case, score):
    codes, pred_probs = case
    counted = Counted(pred_probs)
    found = find_label_issues(LabelledRows(codes, counted, 2), score=score)
    np.testing.assert_array_equal(counted.reads, 2 if SCORES[score].adjusted else 1)
    scores = score_labels(codes, pred_probs, score, thresholds=found.thresholds)
    np.testing.assert_array_equal(found.quality, scores)


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("score", ["self_confidence", "adjusted_self_confidence"])
def test_rows_are_read_twice_if_the_first_ones_say_little_of_the_thresholds(score):
    # Of the rows in the order of their classes, a block tells the threshold of one class.
    codes, pred_probs = make_rows(30_000, 12, sharpness=1.0)
    order = codes.argsort(kind="stable")
    codes, pred_probs = codes[order], pred_probs[order]
    counted = Counted(pred_probs)
    found = find_label_issues(LabelledRows(codes, counted, 2), score=score)
    assert counted.reads.max() <= 2
    expected = find_label_issues(LabelledRows(codes, pred_probs), score=score)
    assert_same(found, expected)
    np.testing.assert_array_equal(found.quality, expected.quality)


@pytest.mark.usefixtures("nothing_is_small")
def test_rows_are_read_twice_for_flags_on_labels_that_are_the_likeliest():
    codes, pred_probs = make_rows(50, 3, seed=5, noise=0.3, sharpness=1.0)
    counted = Counted(pred_probs)
    found = find_label_issues(LabelledRows(codes, counted), score="adjusted_self_confidence")
    np.testing.assert_array_equal(counted.reads, 2)
    assert_same(found, find_issues(codes, pred_probs))


def test_what_is_small_is_read_at_once(case, expected):
    counted = Counted(case[1])
    assert_same(find_issues(case[0], counted, filter_by="prune_by_noise_rate", n_jobs=2), expected)
    np.testing.assert_array_equal(counted.reads, 1)


@pytest.mark.usefixtures("nothing_is_small")
def test_a_memmap_is_no_array_in_memory(tmp_path, case, expected):
    codes, pred_probs = case
    np.save(tmp_path / "pred_probs.npy", pred_probs)
    mapped = np.load(tmp_path / "pred_probs.npy", mmap_mode="r")
    for view in (mapped, np.asarray(mapped), mapped[:, ::-1][:, ::-1]):
        assert not LabelledRows(codes, view).in_memory
        assert_same(find_issues(codes, view), expected)
    for array in (pred_probs, pred_probs[::-1], np.asfortranarray(pred_probs)):
        assert LabelledRows(codes, array).in_memory


def test_codes_are_kept_in_the_smallest_type():
    for n_classes, dtype in ((3, np.int8), (127, np.int8), (128, np.int16), (40_000, np.int32)):
        pred_probs = np.broadcast_to(np.float32(1 / n_classes), (3, n_classes))
        codes = np.array([-1, 0, n_classes - 1])
        for given in (codes, codes.astype(float), codes.astype(np.int32)):
            kept = LabelledRows(given, pred_probs).codes
            np.testing.assert_array_equal(kept, codes)
            assert kept.dtype == dtype


def test_blocks_are_worked_on_apart_and_merged(case, expected):
    """What a cluster does: pickled arguments out, pickled results in."""
    codes, pred_probs = case
    cuts = [slice(0, 1), slice(1, 11_000), slice(11_000, 30_000)]
    jobs = [pickle.dumps((codes[rows], pred_probs[rows])) for rows in cuts]
    scans = [pickle.loads(pickle.dumps(scan_rows(*pickle.loads(job)))) for job in jobs]
    groups = ClassGroups(
        [
            pickle.loads(pickle.dumps(group_by_class(codes[rows], scan.given_prob, 12)))
            for rows, scan in zip(cuts, scans, strict=True)
        ]
    )
    thresholds = class_thresholds(groups)
    joints = []
    for job, scan in zip(jobs, scans, strict=True):
        given, probs = pickle.loads(job)
        classes = confident_classes(scan, thresholds, Whole(probs).find, tolerance=1e-3)
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
        future = pool.submit(find_label_issues, LabelledRows(*case, n_jobs=2))
        assert_same(future.result(), expected)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_in_worker_processes_and_threads(case, expected, backend):
    with parallel_config(backend=backend, n_jobs=2):
        found = Parallel()(
            delayed(find_label_issues)(LabelledRows(*case, n_jobs=2)) for _ in range(2)
        )
    for one in found:
        assert_same(one, expected)


def test_n_jobs_follows_joblib(case, expected):
    with parallel_config(n_jobs=2):
        assert_same(find_issues(*case), expected)


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
            find_issues(codes, wrong, n_jobs=n_jobs)
    codes = codes.copy()
    codes[rows] = -1
    if np.isnan(value):
        assert find_issues(codes, wrong).predicted[3] == -1
    else:
        with pytest.raises(ValueError, match=message):
            find_issues(codes, wrong)


def test_logits_and_percentages_are_refused():
    codes, pred_probs = make_rows(50, 3)
    for wrong in (np.log(pred_probs), 100 * pred_probs, pred_probs * 0.98):
        with pytest.raises(ValueError, match="pass probabilities"):
            find_issues(codes, wrong)


@pytest.mark.parametrize("n_classes", [2, 10, 1000])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_rounded_probabilities_are_taken(dtype, n_classes):
    codes, pred_probs = make_rows(500, n_classes)
    rounded = pred_probs.astype(dtype)
    for given_probs in (rounded, rounded.astype(float)):
        assert find_issues(codes, given_probs).issues.shape == (500,)
    logits = np.log(pred_probs).astype(dtype)
    softmax = np.exp(logits)
    softmax /= softmax.sum(axis=1, keepdims=True)
    assert find_issues(codes, softmax).self_confidence.dtype == np.float32


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
        find_issues(np.array(codes), pred_probs)


# --- codes and probabilities that are refused ---------------------------------------------------


@pytest.mark.parametrize(
    "codes",
    [[0.5, 1.0], [0.0, np.nan], ["0", "1"], [[0], [1]], [0, 2**64 - 1], [None, 1], [1j, 0j]],
    ids=repr,
)
def test_codes_that_are_no_integers(codes):
    codes = np.array(codes, dtype=np.uint64 if codes == [0, 2**64 - 1] else None)
    with pytest.raises(ValueError, match=r"codes is an array of .*integers, -1 where"):
        LabelledRows(codes, np.full((2, 2), 0.5))


class Tensor:
    """A tensor that NumPy can't read, as those of PyTorch say."""

    shape = (2, 2)

    def __init__(self, error):
        self.error = error

    def __getitem__(self, rows):
        return self

    def __array__(self, dtype=None, copy=None):
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        TypeError("Got unsupported ScalarType BFloat16"),
        RuntimeError("Can't call numpy() on Tensor that requires grad."),
        TypeError("can't convert cuda:0 device type tensor to numpy."),
    ],
)
def test_tensors_that_numpy_cannot_read(error):
    with pytest.raises(ValueError, match=r"pred_probs is a Tensor .*\.detach\(\)\.float\(\)"):
        LabelledRows(np.zeros(2, int), Tensor(error))


def test_real_tensors_that_numpy_cannot_read():
    torch = pytest.importorskip("torch")
    whole = torch.full((2, 2), 0.5)
    for tensor in (whole.to(torch.bfloat16), whole.clone().requires_grad_()):
        with pytest.raises(ValueError, match=r"pass pred_probs\.detach\(\)\.float\(\)"):
            LabelledRows(np.zeros(2, int), tensor)
        LabelledRows(np.zeros(2, int), tensor.detach().float().cpu())


def test_masked_probabilities_are_missing():
    masked = np.ma.MaskedArray(np.full((2, 2), 0.5), [[False, False], [True, False]])
    with pytest.raises(ValueError, match=r"in row 1: row 1 has NaN"):
        find_issues(np.array([0, 1]), masked)


@pytest.mark.parametrize(
    ("pred_probs", "message"),
    [
        (sparse.csr_array(np.eye(2)), r"sparse matrix; pass pred_probs\.toarray"),
        ([[0.5], [0.5, 0.5]], "Pass rows of equal length"),
        (np.full(2, 0.5), r"shape \(2,\).*np\.column_stack\(\[1 - p, p\]\)"),
        ({"a": [1.0]}, r"pred_probs has shape \(\)"),
    ],
)
def test_what_is_no_matrix_of_numbers(pred_probs, message):
    with pytest.raises(ValueError, match=message):
        LabelledRows(np.zeros(2, int), pred_probs)
