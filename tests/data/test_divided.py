import pickle

import numpy as np
import pandas as pd
import pytest

from label_auditor import (
    LabelAudit,
    LabelAuditor,
    audit_annotators,
    audit_labels,
    estimate_label_errors,
    plan_review,
    stop_reviewing,
)
from label_auditor.confident_learning.engines import cluster
from label_auditor.data.divided import divide_as, is_divided, join_indexes, take_true
from label_auditor.data.findings import gather
from label_auditor.review.evidence import find_neighbors
from label_auditor.review.twins import find_twins
from optional import dask_frames
from oracle import make_rows

dask = pytest.importorskip("dask")
dask_array = pytest.importorskip("dask.array")
pytest.importorskip("distributed")

COLUMNS = ("issues", "scores", "labels", "suggested_labels", "evaluated")
CLASSES = np.array(["ant", "bee", "cow", "dog"])
NAMES = {each: each.upper() for each in CLASSES}
TEXTS = [f"text {i % 97}" for i in range(600)]


@pytest.fixture(scope="module")
def audits(dask_client):
    """The audit of the same rows on the workers, and in memory."""
    codes, pred_probs = make_rows(600, 4, dtype=np.float32)
    lazy = dask_array.from_array(pred_probs, chunks=((250, 0, 350), (2, 2)))
    labels = pd.Series(CLASSES[codes], index=[f"r{i:03}" for i in range(600)])
    given = labels if dask_frames is None else dask_frames.from_pandas(labels, npartitions=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "MOST_GATHERED", 0)
        found = audit_labels(given, lazy, class_names=NAMES)
    if dask_frames is not None:
        labels = given.compute()  # dask makes strings of Arrow of the index
    return found, audit_labels(labels, pred_probs, class_names=NAMES)


def test_columns_of_many_rows_are_arrays_of_dask(audits):
    found, expected = audits
    for name in COLUMNS:
        column, other = getattr(found, name), getattr(expected, name)
        assert isinstance(column, dask_array.Array)
        assert column.dtype == other.dtype
        assert column.shape == other.shape
        np.testing.assert_array_equal(column, other)
    np.testing.assert_array_equal(found.ranked, expected.ranked)
    assert len(found) == len(expected)
    assert repr(found) == repr(expected)
    assert gather(expected) is expected
    if dask_frames is not None:
        assert is_divided(found.index)
    assert list(gather(found).index) == list(expected.index)


def test_labels_of_a_kind_where_some_are_missing_have_one_type(audits):
    found, _ = audits
    codes = dask_array.from_array(np.array([0, 1, -1, 2], np.int8), chunks=2)
    decoded = found._decode(codes, np.array([5, 6, 7]))
    assert decoded.dtype == object
    assert pickle.loads(pickle.dumps(decoded)).compute().tolist() == [5, 6, None, 7]
    assert found._decode(codes[:2], np.array([5, 6, 7])).dtype == np.array([5]).dtype


def show(audit, tmp_path):
    page = tmp_path / "page.html"
    audit.to_html(page, TEXTS, title="Page")
    return page.read_bytes()


def save(audit, tmp_path):
    path = audit.save(tmp_path / "audit.npz")
    return LabelAudit.load(path)


def estimate(audit, _):
    reviewed = dict.fromkeys(plan_review(audit, 60, goal="count", random_state=0), audit.classes[0])
    plan = plan_review(audit, 60, goal="count", random_state=0)
    return estimate_label_errors(audit, reviewed, plan=plan)


def count_on(audit, _):
    plan = plan_review(audit, 60, goal="count", random_state=0)
    return stop_reviewing(audit, dict.fromkeys(plan, audit.classes[0]), plan=plan)


# What a reader of audits gives, in a form that can be compared.
READERS = {
    "to_frame": lambda audit, _: audit.to_frame(),
    "to_frame_of_issues": lambda audit, _: audit.to_frame(TEXTS, only_issues=True, sort=True),
    "summary": lambda audit, _: audit.summary(),
    "overlapping_classes": lambda audit, _: audit.overlapping_classes(),
    "noise_matrix": lambda audit, _: audit.noise_matrix,
    "preview": lambda audit, _: audit.preview(TEXTS)._repr_html_(),
    "_repr_html_": lambda audit, _: audit._repr_html_(),
    "to_html": show,
    "save": save,
    "plan_review": lambda audit, _: plan_review(audit, 50, reviewed={3: "ant", 4: "bee"})[:],
    "plan_review_count": lambda audit, _: plan_review(audit, 50, goal="count", random_state=0)[:],
    "estimate": estimate,
    "stop_reviewing": count_on,
    "neighbors": lambda audit, _: find_neighbors(audit, np.asarray(audit.pred_probs)).rows,
    "find_twins": lambda audit, _: find_twins(audit, TEXTS),
}


@pytest.mark.parametrize("name", READERS)
def test_readers_give_what_they_give_of_an_audit_in_memory(audits, tmp_path, name):
    found, expected = (READERS[name](audit, tmp_path) for audit in audits)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, LabelAudit):
        pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
        np.testing.assert_array_equal(found.pred_probs, expected.pred_probs)
    else:
        assert found == expected


def test_every_output_of_an_audit_is_tried():
    from label_auditor.audit.outputs import Outputs

    # Those that make records of servers and data sets read an audit by `make_records` alone.
    of_records = {name for name in vars(Outputs) if name.startswith(("to_", "push_to_"))}
    outputs = {name for name in vars(Outputs) if not name.startswith("_")}
    assert outputs - of_records <= READERS.keys()


def test_displays(audits):
    pytest.importorskip("matplotlib")
    from label_auditor.report.plots import ReviewCurveDisplay, ScoreDistributionDisplay

    scores, others = (ScoreDistributionDisplay.from_audit(audit) for audit in audits)
    np.testing.assert_array_equal(scores.scores, others.scores)
    np.testing.assert_array_equal(scores.issues, others.issues)
    decided = pd.Series(["ant", "bee"], index=["r005", "r009"])
    found, expected = (ReviewCurveDisplay.from_audit(audit, decided).n_found for audit in audits)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("dask_client")
@pytest.mark.parametrize("train_on", ["unflagged", "corrected"])
def test_a_fit_of_many_rows(monkeypatch, train_on):
    from sklearn.naive_bayes import MultinomialNB

    random = np.random.default_rng(0)
    X, y = random.poisson(2, (300, 6)).astype(float), np.array(["a", "b", "c"] * 100)
    X[np.arange(300), [0, 1, 2] * 100] += 3
    lazy = dask_array.from_array(X, chunks=(100, 6))
    expected = LabelAuditor(MultinomialNB(), cv="loo", train_on=train_on).fit(lazy, y)
    monkeypatch.setattr(cluster, "MOST_GATHERED", 0)
    found = LabelAuditor(MultinomialNB(), cv="loo", train_on=train_on).fit(lazy, y)
    assert is_divided(found.label_scores_)
    np.testing.assert_array_equal(found.label_scores_, expected.label_scores_)
    np.testing.assert_array_equal(found.suggested_labels_, expected.suggested_labels_)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))


@pytest.mark.usefixtures("dask_client")
def test_audits_of_annotators_are_in_memory(monkeypatch):
    codes, pred_probs = make_rows(200, 3)
    votes = np.column_stack([codes, np.roll(codes, 1), codes])
    lazy = dask_array.from_array(pred_probs, chunks=(90, -1))
    expected = audit_annotators(votes, pred_probs, classes=[0, 1, 2])
    monkeypatch.setattr(cluster, "MOST_GATHERED", 0)
    found = audit_annotators(votes, lazy, classes=[0, 1, 2])
    assert not is_divided(found.issues)
    pd.testing.assert_frame_equal(found.annotators(), expected.annotators())
    np.testing.assert_array_equal(found.ranked, expected.ranked)


def test_indexes_are_joined():
    names, counted = pd.Index(["a", "b"]), pd.RangeIndex(2)
    assert join_indexes([names, names[:1]]).tolist() == ["a", "b", "a"]
    assert join_indexes([counted, counted]) is None
    assert join_indexes([counted, pd.RangeIndex(2, 4)]).tolist() == [0, 1, 2, 3]
    assert join_indexes([names, None]) is None


def test_columns_in_memory_stay_there():
    column = np.arange(5)
    assert divide_as(column, np.zeros(5)) is column
    assert not is_divided(column)
    assert not is_divided(dask.delayed(column))
    rows, values = take_true(column > 2, column * 10)
    np.testing.assert_array_equal(rows, [3, 4])
    np.testing.assert_array_equal(values, [30, 40])
