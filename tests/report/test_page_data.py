"""What the page knows: columns, packed numbers, and what the queue learns from."""

import base64
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from label_auditor import audit_labels
from label_auditor.data.findings import rows_in_order
from label_auditor.export.records import make_records
from label_auditor.report.highlights import agreement, count_pairs
from label_auditor.report.label_columns import N_CANDIDATES
from label_auditor.report.page_data import N_BINS, page_data, rows_of_page
from label_auditor.review import queue
from label_auditor.review.row_facts import NUMBERS, row_facts

N = 200


def make_audit(n_classes, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, N)
    pred_probs = rng.dirichlet(np.full(n_classes, 0.4), N)
    return audit_labels(labels, pred_probs, classes=range(n_classes))


def data_of(audit, inputs=None, *, max_rows=N, decided=None, **options):
    inputs = [f"text {row}" for row in range(len(audit))] if inputs is None else inputs
    records = make_records(audit, inputs, only_issues=False, **options)
    return page_data(audit, records, max_rows=max_rows, decided=decided)


def unpack(values, dtype):
    return np.frombuffer(base64.b64decode(values), dtype)


def unpack_whole(found):
    return unpack(found["values"], f"<i{found['bytes']}")


def read_numbers(data):
    """Give what the queue learns from, as the page reads it."""
    scale = data["queue"]["constants"]["number_scale"]
    return unpack(data["queue"]["numbers"], "<i2") / scale


@pytest.fixture(scope="module")
def audit():
    return make_audit(8)


def test_is_json_with_every_part(audit):
    data = data_of(audit)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert set(data) == {
        "audit",
        "classes",
        "summary",
        "pairs",
        "histogram",
        "plan",
        "queue",
        "decided",
        "rows",
        "key",
    }
    assert data["classes"] == [str(k) for k in range(8)]
    assert data["pairs"] == count_pairs(audit).tolist()
    assert data["audit"]["agreement"] == agreement(audit)


def test_the_first_rows_are_there_and_counts_are_of_all(audit):
    few, all_rows = data_of(audit, max_rows=30), data_of(audit)
    assert few["rows"]["n_first"] == 30
    sample = {all_rows["rows"]["ids"][row] for row in all_rows["plan"]["at"]}
    assert {few["rows"]["ids"][row] for row in few["plan"]["at"]} == sample
    assert set(few["rows"]["ids"][30:]) <= sample
    n = few["rows"]["n"]
    assert few["rows"]["ids"][:30] == all_rows["rows"]["ids"][:30]
    assert few["rows"]["texts"][0][:30] == all_rows["rows"]["texts"][0][:30]
    for part in ("audit", "summary", "pairs", "histogram"):
        assert few[part] == all_rows[part]
    assert few["queue"]["n_judged"] == N
    place = [all_rows["rows"]["ids"].index(each) for each in few["rows"]["ids"]]
    for name in ("numbers", "other"):
        shown, expected = (
            unpack_whole(each["queue"][name]) if name == "other" else read_numbers(each)
            for each in (few, all_rows)
        )
        np.testing.assert_array_equal(shown.reshape(n, -1), expected.reshape(N, -1)[place])


def test_candidates_are_the_likeliest_classes(audit):
    rows = data_of(audit)["rows"]
    at = np.array(rows["ids"], dtype=int)
    assert rows["n_top"] == N_CANDIDATES == 5
    top = unpack_whole(rows["top"]).reshape(N, 5)
    likeliest = np.argsort(-audit.pred_probs[at], axis=1)[:, :5]
    np.testing.assert_array_equal(top, likeliest)
    shown = unpack(rows["shares"], "<u2").reshape(N, 5) / 65535
    expected = np.take_along_axis(audit.pred_probs[at], likeliest, axis=1)
    np.testing.assert_allclose(shown, expected, rtol=0, atol=0.5 / 65535)
    of_given = audit.pred_probs[at, audit.codes[at]]
    np.testing.assert_array_equal(
        unpack(rows["given_probability"], "<f4"), of_given.astype(np.float32)
    )
    np.testing.assert_array_equal(unpack_whole(rows["suggested"]), top[:, 0])
    np.testing.assert_array_equal(unpack(rows["quality"], "<f8"), audit.scores[at])


def test_two_classes_have_two_candidates():
    rows = data_of(make_audit(2))["rows"]
    assert rows["n_top"] == 2
    assert len(unpack_whole(rows["top"])) == 2 * N


def test_fields_and_metadata_are_columns_whatever_their_names(audit):
    inputs = {"__proto__": ["a"] * N, "constructor": [f"b{row}" for row in range(N)]}
    metadata = pd.DataFrame(
        {"source": ["web", None] * (N // 2), "price": np.arange(N) / 3, "n": [2**60 + 1] * N}
    )
    rows = data_of(audit, inputs, metadata=metadata)["rows"]
    at = np.array(rows["ids"], dtype=int)
    assert rows["fields"] == ["__proto__", "constructor"]
    assert rows["texts"] == [["a"] * N, [f"b{row}" for row in at]]
    shown = dict(zip(rows["metadata_names"], rows["metadata"], strict=True))
    assert shown["source"] == [None if row % 2 else "web" for row in at]
    assert shown["price"] == [f"{row / 3:.6g}" for row in at]
    assert shown["n"] == [str(2**60 + 1)] * N


def test_the_summary_names_classes_by_position(audit):
    shown, table = data_of(audit)["summary"], audit.summary()
    assert shown["given"] == table["given"].tolist()
    assert shown["flagged"] == table["flagged"].tolist()
    assert shown["noise"] == table["estimated_noise"].tolist()
    assert shown["confused"] == table["most_confused_with"].fillna(-1).astype(int).tolist()


def test_the_histogram_counts_each_row_once(audit):
    shown = data_of(audit)["histogram"]
    assert (shown["low"], shown["high"]) == (0, 1)
    assert len(shown["all"]) == len(shown["flagged"]) == N_BINS
    assert sum(shown["all"]) == N
    assert sum(shown["flagged"]) == audit.n_issues
    assert all(few <= many for few, many in zip(shown["flagged"], shown["all"], strict=True))


def test_the_histogram_reaches_as_far_as_the_scores(audit):
    ranked = replace(audit, quality=audit.quality * 10 - 5)
    shown = data_of(ranked)["histogram"]
    assert shown["low"] == ranked.scores.min() < 0
    assert shown["high"] == ranked.scores.max() > 1
    assert sum(shown["all"]) == N


def test_the_queue_hands_on_all_that_python_learns_with(audit):
    data, facts = data_of(audit), row_facts(audit)
    shown = data["queue"]
    np.testing.assert_array_equal(read_numbers(data), facts.numbers.ravel())
    assert unpack_whole(shown["other"]).tolist() == facts.other.tolist()
    assert shown["sizes"] == np.bincount(audit.labels, minlength=8).tolist()
    constants = shown["constants"]
    assert constants["steps"] == queue.STEPS
    assert constants["prior"] == list(queue.PRIOR)
    assert constants["n_numbers"] == len(NUMBERS) + 8


def test_the_key_changes_with_the_rows_on_show(audit):
    assert data_of(audit)["key"] == data_of(audit)["key"]
    assert data_of(audit)["key"] != data_of(audit, max_rows=10)["key"]
    assert data_of(audit)["key"] != data_of(make_audit(8, seed=1))["key"]


def test_nothing_could_be_judged():
    audit = make_audit(3)
    nothing = replace(
        audit,
        codes=np.full(N, -1),
        issues=np.zeros(N, dtype=bool),
        ranked=np.zeros(0, dtype=np.intp),
        evaluated=np.zeros(N, dtype=bool),
        quality=np.full(N, np.nan),
    )
    data = data_of(nothing)
    assert data["pairs"] == []
    assert data["audit"]["agreement"] == 0
    assert data["queue"]["n_judged"] == 0
    assert (data["histogram"]["low"], data["histogram"]["high"]) == (0, 1)
    assert set(unpack_whole(data["rows"]["given"])) == {-1}
    json.dumps(data, allow_nan=False)


def test_decided_rows_are_in_the_page_wherever_they_stand(audit, monkeypatch):
    monkeypatch.setattr("label_auditor.report.page_data.N_COUNTED", 1)
    order = rows_in_order(audit)
    late, early = int(order[150]), int(order[3])
    decided = [(late, 2, "ann", "2026-01-01T00:00:00Z"), (early, -1, "", "")]
    data = data_of(audit, max_rows=20, decided=decided)
    sampled = data["plan"]["rows"]
    places = [place for place, row in enumerate(order) if place < 20 or row in {late, *sampled}]
    assert data["rows"]["ids"] == [str(row) for row in order[places]]
    at = places.index(150)
    assert data["decided"] == [[at, 2, "ann", "2026-01-01T00:00:00Z"], [3, -1, "", ""]]
    facts = row_facts(audit)
    numbers = read_numbers(data).reshape(len(places), -1)
    np.testing.assert_array_equal(numbers, facts.numbers[places])
    assert data["key"] != data_of(audit, max_rows=20)["key"]


def test_rows_of_a_page_are_those_that_it_holds(audit):
    rows = rows_of_page(audit, 20, [7, 3])
    ids = data_of(audit, max_rows=20, decided=[(7, 0, "", ""), (3, 0, "", "")])["rows"]["ids"]
    assert [str(row) for row in rows] == ids
