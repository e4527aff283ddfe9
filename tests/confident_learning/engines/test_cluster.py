import os
import pickle
import signal
from itertools import chain, cycle

import numpy as np
import pandas as pd
import pytest

from label_auditor import audit_labels
from label_auditor.confident_learning import find_issues, prune_rules
from label_auditor.confident_learning.engines import choose_engine, chunks, cluster
from label_auditor.confident_learning.engines.cluster import ClusterEngine, find_client
from label_auditor.confident_learning.engines.threads import ThreadEngine
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import RULES
from label_auditor.confident_learning.scores import SCORES
from optional import dask_frames, needs_dask_frames
from oracle import make_rows

dask = pytest.importorskip("dask")
dask_array = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

CHUNKS = ((9_000, 1, 0, 20_999), (7, 3))


@pytest.fixture(scope="module")
def case():
    codes, pred_probs = make_rows(30_000, 10, dtype=np.float32)
    return codes, pred_probs, dask_array.from_array(pred_probs, chunks=CHUNKS)


@pytest.fixture(scope="module")
def in_file(case, tmp_path_factory):
    """The same probabilities, whose chunks can each be read on its own."""
    _, pred_probs, _ = case
    path = tmp_path_factory.mktemp("probs") / "pred_probs.npy"
    np.save(path, pred_probs)

    def read(block_info=None):
        start, stop = block_info[None]["array-location"][0]
        return np.load(path, mmap_mode="r")[start:stop]

    meta = np.empty((0, 0), np.float32)
    return dask_array.map_blocks(read, chunks=(CHUNKS[0], (10,)), dtype=np.float32, meta=meta)


def assert_same(found, expected):
    for field in ("codes", "predicted", "issues", "quality", "ranked", "confident_joint"):
        one, other = getattr(found, field), getattr(expected, field)
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@pytest.mark.usefixtures("dask_client")
@pytest.mark.parametrize("most_gathered", [10**8, 0])
@pytest.mark.parametrize(("filter_by", "rank_by"), zip(RULES, cycle(SCORES), strict=False))
def test_the_result_is_that_of_threads_to_the_last_bit(
    case, filter_by, rank_by, most_gathered, monkeypatch
):
    codes, pred_probs, lazy = case
    monkeypatch.setattr(cluster, "MOST_GATHERED", most_gathered)
    options = {"filter_by": filter_by, "rank_by": rank_by}
    found = audit_labels(codes, lazy, **options)
    assert_same(found, audit_labels(codes, pred_probs, **options))
    kind = np.ndarray if most_gathered else dask_array.Array
    for column in ("codes", "predicted", "issues", "quality", "evaluated"):
        assert isinstance(getattr(found, column), kind)


@pytest.mark.usefixtures("dask_client")
@pytest.mark.parametrize("most_gathered", [10**8, 0])
@pytest.mark.parametrize("rank_by", ["self_confidence", "log_margin", "adjusted_self_confidence"])
def test_a_task_reads_several_chunks(case, in_file, rank_by, most_gathered, monkeypatch):
    codes, pred_probs, _ = case
    engine = choose_engine(LabelledRows(codes, in_file))
    assert [part.blocks for part in engine._parts] == [range(2), range(2, 4)]
    monkeypatch.setattr(cluster, "MOST_GATHERED", most_gathered)
    found = audit_labels(codes, in_file, rank_by=rank_by)
    assert_same(found, audit_labels(codes, pred_probs, rank_by=rank_by))


@pytest.mark.usefixtures("dask_client")
@pytest.mark.parametrize("min_examples_per_class", [1, 2_900])  # the cells then lose few rows
def test_cuts_of_many_rows_are_found_on_the_workers(case, min_examples_per_class, monkeypatch):
    codes, pred_probs, lazy = case
    options = {"min_examples_per_class": min_examples_per_class}
    expected = audit_labels(codes, pred_probs, **options)
    monkeypatch.setattr(cluster, "MOST_GATHERED", 29_999)
    sorted_here = []
    cuts = prune_rules.group_cuts

    def count(values, *others):
        sorted_here.append(len(values))
        return cuts(values, *others)

    monkeypatch.setattr(prune_rules, "group_cuts", count)
    assert_same(audit_labels(codes, lazy, **options), expected)
    # Only what is flagged, or may be.
    assert max(sorted_here) < 2 * expected.n_issues + 100


@pytest.mark.usefixtures("dask_client")
@pytest.mark.parametrize("filter_by", ["prune_by_class", "both", "low_self_confidence"])
def test_equal_values_across_a_cut_of_many_rows(filter_by, monkeypatch):
    """Of equal values the first rows are flagged, whichever blocks they are in."""
    codes, pred_probs = make_rows(3_000, 4)
    pred_probs = np.round(pred_probs * 4) + 0.5
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    lazy = dask_array.from_array(pred_probs, chunks=(1_100, -1))
    monkeypatch.setattr(cluster, "MOST_GATHERED", 0)
    options = {"filter_by": filter_by, "frac_noise": 1 if "low" in filter_by else 0.4}
    assert_same(audit_labels(codes, lazy, **options), audit_labels(codes, pred_probs, **options))


def test_each_thread_has_one_task_for_all_blocks_that_it_holds(dask_client, case):
    codes, _, lazy = case
    engine = ClusterEngine(LabelledRows(codes, lazy.rechunk((2_000, -1))), dask_client)
    engine.scan(None)
    holders = {workers[0] for workers in dask_client.who_has(engine._states).values()}
    assert len(engine._groups) == len(holders) <= 2
    assert sorted(chain(*engine._groups)) == list(range(15))
    starts = engine.ask(lambda state, start, add: start + add, 1, each=engine.starts)
    assert starts == [start + 1 for start in engine.starts]


@pytest.mark.usefixtures("dask_client")
def test_a_chunk_that_cannot_be_read_says_why(case):
    def read(chunk, block_info=None):
        if block_info[0]["chunk-location"][0]:
            raise OSError("no such chunk")
        return chunk

    codes, _, lazy = case
    with pytest.raises(OSError, match="no such chunk"):
        audit_labels(codes, lazy.rechunk((15_000, -1)).map_blocks(read, dtype=np.float32))


@pytest.mark.usefixtures("dask_client")
@pytest.mark.parametrize("several", [False, True])
def test_rows_in_the_order_of_their_classes(several, monkeypatch):
    """A chunk tells the threshold of one class alone, so that others are read again."""
    codes, pred_probs = make_rows(6_000, 6, sharpness=1.0)
    order = codes.argsort(kind="stable")
    codes, pred_probs = codes[order], pred_probs[order]
    lazy = dask_array.from_array(pred_probs, chunks=(1_500, -1))
    if several:  # The data are small enough to be sent with tasks that read several.
        monkeypatch.setattr(chunks, "SMALL_DATA", 2**20)
    assert len(choose_engine(LabelledRows(codes, lazy))._parts) == (2 if several else 4)
    assert_same(audit_labels(codes, lazy), audit_labels(codes, pred_probs))


@pytest.mark.usefixtures("dask_client")
def test_the_probabilities_stay_on_the_workers(monkeypatch):
    codes, pred_probs = make_rows(60_000, 10, noise=0.08, sharpness=7.0, dtype=np.float32)
    lazy = dask_array.from_array(pred_probs, chunks=(20_000, -1))
    fetched = []
    gather = distributed.Client.gather

    def count(self, futures, *args, **options):
        found = gather(self, futures, *args, **options)
        fetched.append(len(pickle.dumps(found)))
        return found

    # Whatever the client fetches goes through this.
    monkeypatch.setattr(distributed.Client, "gather", count)
    audit_labels(codes, lazy)
    assert 0 < sum(fetched) < 0.12 * pred_probs.nbytes


@pytest.mark.parametrize(
    ("source", "most_gathered"), [("case", 10**8), ("in_file", 10**8), ("in_file", 0)]
)
def test_a_worker_that_is_killed_changes_nothing(
    dask_client, case, in_file, source, most_gathered, monkeypatch
):
    """Its states are lost; Dask reads its chunks again."""
    codes, pred_probs, lazy = case
    lazy = in_file if source == "in_file" else lazy
    monkeypatch.setattr(cluster, "MOST_GATHERED", most_gathered)
    expected = audit_labels(codes, pred_probs)
    pids = dask_client.run(os.getpid)
    judge = find_issues._judge

    def kill_one(engine, thresholds):
        distributed.wait(engine._states)
        holders = dask_client.who_has(engine._states)
        worker = next(iter(holders.values()))[0]
        os.kill(pids[worker], signal.SIGKILL)
        return judge(engine, thresholds)

    monkeypatch.setattr(find_issues, "_judge", kill_one)
    found = audit_labels(codes, lazy)
    assert_same(found, expected)
    assert set(dask_client.run(os.getpid).values()) != set(pids.values())
    if not most_gathered:  # what the result holds is found again as well
        holder = dask_client.who_has(found.quality)
        pids = dask_client.run(os.getpid)
        os.kill(pids[next(each[0] for each in holder.values() if each)], signal.SIGKILL)
        assert_same(found, expected)


@needs_dask_frames
@pytest.mark.usefixtures("dask_client")
def test_labels_of_dask_keep_their_index(case):
    codes, pred_probs, lazy = case
    series = pd.Series(codes, index=np.arange(30_000) + 7)
    found = audit_labels(dask_frames.from_pandas(series, npartitions=3), lazy)
    assert_same(found, audit_labels(codes, pred_probs))
    assert list(found.index[:2]) == [7, 8]
    assert_same(audit_labels(dask_array.from_array(codes), lazy), found)


@needs_dask_frames
@pytest.mark.usefixtures("dask_client")
def test_a_dask_frame_of_probabilities_is_read_by_the_workers(case, monkeypatch):
    codes, pred_probs, _ = case
    frame = pd.DataFrame(pred_probs)[::-1].iloc[:, ::-1]
    labels = pd.Series(codes).rename(str)
    lazy = dask_frames.from_pandas(frame.rename(columns=str, index=str), npartitions=3, sort=False)
    scanned = []
    scan = ClusterEngine.scan
    monkeypatch.setattr(
        ClusterEngine, "scan", lambda self, score: scanned.append(1) or scan(self, score)
    )
    found = audit_labels(labels[::-1], lazy)
    assert scanned == [1]
    assert_same(found, audit_labels(codes[::-1], pred_probs[::-1]))


@pytest.mark.usefixtures("dask_client")
def test_rows_that_are_no_probabilities_are_named(case):
    codes, pred_probs, _ = case
    wrong = pred_probs.copy()
    wrong[[9_000, 29_999]] = 2
    with pytest.raises(ValueError, match=r"in rows 9000, 29999: row 9000 has 2, which is above 1"):
        audit_labels(codes, dask_array.from_array(wrong, chunks=CHUNKS))


@pytest.mark.usefixtures("dask_client")
def test_the_client_averages_where_numpy_sums_otherwise(case, monkeypatch):
    codes, pred_probs, lazy = case
    monkeypatch.setattr(cluster, "MOST_GATHERED", 0)
    monkeypatch.setattr(cluster, "numpy_sums_so", lambda: False)
    monkeypatch.setattr(cluster, "_join_classes", None)
    assert_same(audit_labels(codes, lazy), audit_labels(codes, pred_probs))


def test_unknown_chunk_sizes_are_refused(case):
    codes, _, lazy = case
    with pytest.raises(ValueError, match=r"call pred_probs\.compute_chunk_sizes\(\) first"):
        audit_labels(codes, lazy[lazy.sum(axis=1) > 0])


@pytest.mark.filterwarnings("ignore:Running on a single-machine scheduler")  # older dasks
def test_who_is_in_charge(dask_client, case):
    codes, pred_probs, lazy = case
    assert find_client(lazy) is dask_client
    assert find_client(pred_probs) is None
    assert isinstance(choose_engine(LabelledRows(codes, lazy)), ClusterEngine)
    assert isinstance(choose_engine(LabelledRows(codes, pred_probs)), ThreadEngine)
    with dask.config.set(scheduler="threads"):
        assert find_client(lazy) is None
    # A task doesn't wait for other tasks.
    assert dask_client.submit(find_client, lazy).result() is None
