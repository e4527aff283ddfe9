"""Against a real server of Rubrix 0.18 or Argilla 1, with the real client of that version."""

import dataclasses
import warnings

import numpy as np
import pytest

from label_auditor import Corrections, find_label_errors
from label_auditor.export.rubrix.send import _import_client

NAMES = ["World", "Sports", "Business", "Sci/Tech"]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rubrix imports what has been deprecated since
    try:
        rb = _import_client()
    except ImportError as error:
        pytest.skip(str(error).splitlines()[0], allow_module_level=True)


pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{message}")
    for message in [
        "Setting per-request cookies:DeprecationWarning",
        "Integer ids won't be supported:DeprecationWarning",
        "Following columns are not supported:UserWarning",  # and are left out
    ]
]


def content(record):
    """Give what a record or a stored record holds, but for when it was made and stored."""
    times = ("last_updated", "event_timestamp")  # Argilla's client makes one up
    return {key: value for key, value in dict(record).items() if key not in times}


@pytest.fixture(scope="module")
def options():
    return {
        "inputs": {"title": [f"title {i}" for i in range(2000)], "body": ["body"] * 2000},
        "class_names": NAMES,
        "metadata": {"n": np.arange(2000), "x": np.linspace(0, 1, 2000, dtype=np.float32)},
        "explanation": [{"title": [("title", {0: 0.25, 1: np.float32(0.5)})]}, None] * 1000,
    }


def test_records(audit, options):
    dataset = audit.to_rubrix(**options)
    assert type(dataset) is rb.DatasetForTextClassification
    assert len(dataset) == audit.n_issues
    row, record = audit.ranked[0], dataset[0]
    assert type(record) is rb.TextClassificationRecord
    assert record.id == row
    assert record.inputs == {"title": f"title {row}", "body": "body"}
    assert record.prediction == list(zip(NAMES, audit.pred_probs[row].tolist(), strict=True))
    assert record.prediction_agent == "label-auditor"
    assert record.annotation == NAMES[audit.labels[row]]
    assert record.annotation_agent == "given"
    assert record.status == "Default"
    assert record.metadata["label_error_candidate"] == 0
    assert type(record.metadata["x"]) is float
    assert [each.metadata["label_error_candidate"] for each in dataset] == list(range(len(dataset)))


def test_log_and_load(audit, options, rubrix, name):
    dataset = audit.to_rubrix(**options, only_issues=False)
    response = rb.log(dataset, name, verbose=False)
    assert (response.processed, response.failed) == (2000, 0)
    logged, loaded = {record.id: record for record in dataset}, rb.load(name)
    assert len(loaded) == 2000
    for record in loaded:
        expected = logged[record.id]
        assert dict(record.prediction) == dict(expected.prediction)
        for field in (
            *("inputs", "annotation", "annotation_agent", "prediction_agent", "metadata"),
            *("explanation", "status", "multi_label"),
        ):
            assert getattr(record, field) == getattr(expected, field), field


def test_both_ways_store_the_same(audit, options, rubrix, name):
    options = options | {"metadata": options["metadata"] | {"long": ["x" * 200 + "end"] * 2000}}
    with pytest.warns(UserWarning, match="metadata 'long'"):
        rb.log(audit.to_rubrix(**options), name, verbose=False)
    logged = rubrix.load(name)
    rubrix.request("DELETE", f"/{name}")
    with pytest.warns(UserWarning, match="metadata 'long'"):
        audit.push_to_rubrix(name=name, **options)
    pushed = rubrix.load(name)
    assert len(pushed) == audit.n_issues
    assert {each: content(pushed[each]) for each in pushed} == {
        each: content(logged[each]) for each in logged
    }


def test_a_review_in_the_client_survives_a_push(audit, options, rubrix, name):
    rb.log(audit.to_rubrix(**options), name, verbose=False)
    record = rb.load(name)[0]
    record.annotation, record.annotation_agent, record.status = "Sports", "anna", "Validated"
    rb.log(record, name, verbose=False)
    report = audit.push_to_rubrix(name=name, **options)
    assert report.left_alone == (record.id,)
    (kept,) = rb.load(name, ids=[record.id])
    assert (kept.annotation, kept.annotation_agent, kept.status) == ("Sports", "anna", "Validated")


def test_both_ways_store_the_same_of_multi_label_records(multi_audit, rubrix, name):
    options = {"inputs": ["text"] * 2000, "class_names": NAMES, "only_issues": False}
    dataset = multi_audit.to_rubrix(**options)
    assert all(record.multi_label for record in dataset)
    rb.log(dataset, name, verbose=False)
    logged = rubrix.load(name)
    rubrix.request("DELETE", f"/{name}")
    multi_audit.push_to_rubrix(name=name, **options)
    pushed = rubrix.load(name)
    assert len(pushed) == 2000
    assert {each: content(pushed[each]) for each in pushed} == {
        each: content(logged[each]) for each in logged
    }
    loaded = {record.id: record for record in rb.load(name)}
    for i, record in loaded.items():
        assert sorted(record.annotation) == sorted(NAMES[k] for k in multi_audit.labels[i])


class TestFindLabelErrors:
    @pytest.mark.parametrize("kind", ["audit", "multi_audit"])
    def test_log_load_find(self, request, rubrix, name, kind):
        audit = request.getfixturevalue(kind)
        dataset = audit.to_rubrix(["text"] * 2000, class_names=NAMES, only_issues=False)
        rb.log(dataset, name, verbose=False)
        loaded = rb.load(name)
        found = find_label_errors(loaded, sort_by="prediction", metadata_key="again")
        assert [record.id for record in found] == audit.ranked.tolist()
        assert [record.metadata["again"] for record in found] == list(range(audit.n_issues))
        by_id = {record.id: record for record in loaded}
        assert all(record is by_id[record.id] for record in found)
        rb.log(found, name, verbose=False)
        again = rubrix.search(name, "metadata.again")["records"]
        assert [record["id"] for record in again[:100]] == audit.ranked[:100].tolist()

    def test_rubrixs_own_records(self):
        predictions = [[("bad", 0.9), ("good", 0.1)], [("good", 0.8), ("bad", 0.2)]]
        records = [
            rb.TextClassificationRecord(
                text="test", annotation=["good", "bad"][i % 2], prediction=predictions[i % 2], id=i
            )
            for i in range(12)
        ]
        records.append(rb.TextClassificationRecord(text="test", prediction=[("bad", 1.0)]))
        dataset = rb.DatasetForTextClassification(records)
        found = find_label_errors(dataset)
        assert [record.id for record in found] == [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
        assert found[5] is records[1]
        assert records[1].metadata == {"label_error_candidate": 5}


def test_corrections_out_of_the_records_of_the_client(audit, options, rubrix, name):
    rb.log(audit.to_rubrix(**options), name, verbose=False)
    validated, discarded, *_ = rb.load(name)
    validated.annotation, validated.annotation_agent = "Sports", "anna"
    validated.status, discarded.status = "Validated", "Discarded"
    rb.log([validated, discarded], name, verbose=False)
    expected = [
        (str(validated.id), "Sports", "validated", "anna"),
        (str(discarded.id), None, "discarded", None),
    ]
    for records in (rb.load(name), rb.load(name)[:]):
        found = Corrections.from_records(records)
        assert [(each.id, each.label, each.status, each.who) for each in found] == expected
    assert {each.id for each in Corrections.from_rubrix(name)} == {each[0] for each in expected}


# Data sets of the Hugging Face library; no server is needed.


@pytest.mark.parametrize("fields", ["plain", "named"])
def test_rubrix_reads_our_data_sets(audit, options, fields):
    pytest.importorskip("datasets")
    options = options | {"only_issues": False}
    if fields == "plain":
        options |= {"inputs": options["inputs"]["title"], "explanation": None}
    else:  # Rubrix reads attributions to all classes only, as a data set has no missing ones
        options["explanation"] = [{"title": [("title", dict.fromkeys(range(4), 0.5))]}, None] * 1000
    ours = rb.read_datasets(audit.to_datasets(**options), task="TextClassification")
    expected = audit.to_rubrix(**options)
    assert len(ours) == len(expected) == 2000
    for record, same in zip(ours, expected, strict=True):
        record.metadata = {k: v for k, v in record.metadata.items() if v is not None}
        if record.explanation:
            assert record.explanation.pop("body") == []
        assert content(record) == content(same)


def test_our_records_and_corrections_out_of_data_sets_of_rubrix(audit, options):
    pytest.importorskip("datasets")
    from label_auditor.export.hub import from_datasets
    from label_auditor.export.records import make_records

    options = options | {"explanation": None}
    dataset = audit.to_rubrix(**options)
    dataset[0].annotation, dataset[0].annotation_agent = "Sports", "anna"
    dataset[0].status, dataset[1].status = "Validated", "Discarded"
    found = Corrections.from_datasets(dataset.to_datasets())
    assert [(each.id, each.label, each.status, each.who) for each in found] == [
        (str(dataset[0].id), "Sports", "validated", "anna"),
        (str(dataset[1].id), None, "discarded", None),
    ]
    read = rb.read_datasets(dataset.to_datasets(), task="TextClassification")
    assert Corrections.from_records(read) == found
    records = list(from_datasets(dataset.to_datasets()))
    for record, expected in zip(records[1:], list(make_records(audit, **options))[1:], strict=True):
        assert record == dataclasses.replace(expected, id=str(expected.id))


def test_rubrix_reads_our_lists_of_labels(label_sets):
    pytest.importorskip("datasets")
    dataset = label_sets.to_datasets(["text"] * 40, only_issues=False)
    ours = rb.read_datasets(dataset, task="TextClassification")
    expected = label_sets.to_rubrix(["text"] * 40, only_issues=False)
    for record, same in zip(ours, expected, strict=True):
        record.metadata = {k: v for k, v in record.metadata.items() if v is not None}
        assert content(record) == content(same)
