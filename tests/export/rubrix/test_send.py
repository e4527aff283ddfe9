import sys
import types

import numpy as np
import pytest

from label_auditor.export import server as http
from label_auditor.export.push import PushInterruptedError
from label_auditor.export.records import make_records
from label_auditor.export.rubrix import send
from label_auditor.export.rubrix.send import push_to_rubrix, to_rubrix

TEXTS = [f"text {i}" for i in range(60)]


def push(audit, **options):
    """Push everything in chunks of 20."""
    options = {"only_issues": False, "chunk_size": 20, "ids": range(len(audit.labels)), **options}
    return push_to_rubrix(audit, TEXTS[: len(audit.labels)], "d", **options)


def bulks(stand_in):
    return [body["records"] for body in stand_in.bodies if body and "records" in body]


# What is sent


def test_the_wire(audit, stand_in, monkeypatch):
    monkeypatch.setattr(http, "DELAYS", ())  # nothing is tried twice
    explanation = [{"text": [("text", {"a": 0.5})]}] * 12
    report = push_to_rubrix(
        audit,
        TEXTS[:12],
        "d",
        metadata={"n": [7] * 12},
        explanation=explanation,
        annotation_agent="us",
    )
    assert (report.n_records, report.n_stored, report.left_alone, report.failed) == (3, 3, (), {})
    assert stand_in.requests == [
        "GET /api/_info",
        "GET /api/me",
        "GET /api/datasets/d",
        "POST /api/datasets/d/TextClassification/data?limit=3",
        "POST /api/datasets/d/TextClassification:bulk",
    ]
    assert stand_in.bodies[-2] == {"ids": ["4", "9", "1"]}
    first, *_ = bulks(stand_in)[0]
    assert first == {
        "id": 4,
        "inputs": {"text": "text 4"},
        "prediction": {
            "agent": "label-auditor",
            "labels": [
                {"class": "a", "score": 0.97},
                {"class": "b", "score": 0.01},
                {"class": "c", "score": 0.02},
            ],
        },
        "annotation": {"agent": "us", "labels": [{"class": "b", "score": 1.0}]},
        "explanation": {"text": [{"token": "text", "attributions": {"a": 0.5}}]},
        "metadata": {
            "label_error_candidate": 0,
            "label_quality": 0.01,
            "suggested_label": "a",
            "n": 7,
        },
        "status": "Default",
        "multi_label": False,
    }


def test_records_go_out_in_chunks_in_order(big_audit, stand_in):
    assert push(big_audit).n_stored == 60
    sent = [record["id"] for chunk in bulks(stand_in) for record in chunk]
    assert sent == [record.id for record in make_records(big_audit, TEXTS, only_issues=False)]
    assert [len(chunk) for chunk in bulks(stand_in)] == [20, 20, 20]


def test_a_lone_surrogate_is_sent_as_a_question_mark(audit, stand_in):
    push_to_rubrix(audit, ["a\ud800b\u00e9\U0001f600\n\x00"] * 12, "d")
    assert bulks(stand_in)[0][0]["inputs"] == {"text": "a?b\u00e9\U0001f600\n\x00"}


def test_pushing_twice_changes_nothing(big_audit, stand_in):
    push(big_audit)
    before = dict(stand_in.records)
    assert push(big_audit).n_stored == 60
    assert stand_in.records == before


# Reviews


@pytest.mark.parametrize(
    "review",
    [
        {"status": "Validated"},
        {"status": "Discarded"},
        {"status": "Edited"},
        {"annotation": {"agent": "anna", "labels": [{"class": "1", "score": 1.0}]}},
    ],
)
def test_what_somebody_worked_on_is_left_alone(big_audit, stand_in, review):
    push(big_audit)
    stand_in.records["7"] |= review
    before = dict(stand_in.records["7"])
    report = push(big_audit, metadata={"new": range(60)})
    assert (report.n_stored, report.left_alone) == (59, (7,))
    assert stand_in.records["7"] == before
    assert "new" in stand_in.records["8"]["metadata"]
    assert "59 of 60 records stored" in repr(report)
    assert "1 left alone" in repr(report)


def test_reviews_are_overwritten_when_asked(big_audit, stand_in):
    push(big_audit)
    stand_in.records["7"]["status"] = "Validated"
    assert push(big_audit, overwrite_reviewed=True).n_stored == 60
    assert stand_in.records["7"]["status"] == "Default"


def test_a_chunk_that_is_all_reviewed_is_not_sent(big_audit, stand_in):
    push(big_audit)
    for record in stand_in.records.values():
        record["status"] = "Validated"
    sent = len(bulks(stand_in))
    report = push(big_audit)
    assert (report.n_stored, len(report.left_alone), len(bulks(stand_in))) == (0, 60, sent)


def test_a_record_without_a_label_is_nobodys_work(audit, stand_in):
    stand_in.records["4"] = {"id": "4", "status": "Default"}
    assert push_to_rubrix(audit, TEXTS[:12], "d").n_stored == 3


def test_a_review_made_between_two_attempts_survives(big_audit, stand_in):
    def review():
        stand_in.records["7"]["status"] = "Validated"
        return "503"

    push(big_audit)
    start = len(stand_in.requests)
    # 3 to connect; then look up, store, for each of 3 chunks: each chunk's first attempt to store
    # its records fails after a reviewer came in between.
    for number in (4, 7, 10, 13):
        stand_in.faults[start + number] = review
    report = push(big_audit)
    assert report.left_alone == (7,)
    assert stand_in.records["7"]["status"] == "Validated"


# Faults


@pytest.mark.parametrize("fault", ["drop", "lose", "cut", "503", "429", "html", "alien"])
def test_nothing_is_lost_or_doubled_when_any_one_request_fails(big_audit, stand_in, fault):
    expected = None
    for number in range(fault == "alien", 9):  # an alien that answers first is no Rubrix
        stand_in.records.clear()
        stand_in.requests.clear()
        stand_in.faults = {number: fault}
        assert push(big_audit).n_stored == 60
        expected = expected or dict(stand_in.records)
        assert stand_in.records == expected
        assert len(stand_in.requests) > 9  # something was tried again


@pytest.mark.parametrize("overwrite_reviewed", [False, True])
@pytest.mark.parametrize("number", range(3, 8))
def test_an_answer_that_comes_twice_is_not_taken_for_that_to_another_request(
    big_audit, stand_in, overwrite_reviewed, number
):
    stand_in.faults = {number: "echo", number + 1: "drop"}
    assert push(big_audit, overwrite_reviewed=overwrite_reviewed).n_stored == 60
    assert len(stand_in.records) == 60


def test_an_error_within_a_stream_is_no_answer(big_audit, stand_in):
    push(big_audit)
    stand_in.records["7"]["status"] = "Validated"
    start = len(stand_in.requests)
    stand_in.faults = {start + number: "stream-error" for number in (3, 4, 6)}
    assert push(big_audit).left_alone == (7,)


@pytest.mark.parametrize("fault", ["drop", "503"])
def test_a_server_that_stays_away_interrupts_and_the_next_push_goes_on(big_audit, stand_in, fault):
    stand_in.faults = dict.fromkeys(range(6, 100), fault)  # after the first chunk
    with pytest.raises(PushInterruptedError) as raised:
        push(big_audit)
    report = raised.value.report
    assert (report.n_stored, report.n_sent, report.n_not_sent) == (20, 20, 40)
    assert "20 of 60 records stored" in str(raised.value)
    assert "Push again to go on" in str(raised.value)
    assert len(stand_in.requests) == 5 + 1 + 6  # 6 attempts
    stand_in.faults = {}
    assert push(big_audit).n_stored == 60
    assert len(stand_in.records) == 60


REFUSED = (
    "('2 document(s) failed to index.', [{'index': {'_index': 'i', '_type': '_doc', '_id': '7', "
    "'status': 400, 'error': {'type': 'mapper_parsing_exception', 'reason': \"failed to parse "
    "field [metadata.a] of type [long] in document with id '7'\"}, 'data': {'id': 7, 'metadata': "
    "{'a': 'x'}, 'status': <TaskStatus.default: 'Default'>}}}, {'index': {'_index': 'i', '_type': "
    "'_doc', '_id': 'it\\'s', 'status': 400, 'error': {'type': 'e', 'reason': 'r'}, 'data': {'id'"
    ": 8}}}])"
)


def refuse(stand_in, message):
    answer = {"detail": {"code": "x::Generic", "params": {"message": message}}}
    stand_in.answers["/api/datasets/d/TextClassification:bulk"] = (500, answer)


def test_records_that_the_server_refuses_are_reported(audit, stand_in):
    refuse(stand_in, REFUSED)
    ids = [f"id-{i}" for i in range(12)]
    ids[4], ids[1] = 7, "it's"
    with pytest.warns(
        UserWarning, match=r"1 of 3 records stored in .* 2 failed \(the first: 7, .*see"
    ):
        report = push_to_rubrix(audit, TEXTS[:12], "d", ids=ids)
    assert set(report.failed) == {7, "it's"}
    assert "failed to parse field [metadata.a]" in report.failed[7]
    assert (report.n_stored, report.n_sent) == (1, 3)
    assert len(bulks(stand_in)) == 1  # it would be refused again


def test_an_error_that_names_too_few_records_is_no_report(audit, stand_in):
    refuse(stand_in, REFUSED.replace("2 document", "3 document"))
    with pytest.raises(PushInterruptedError, match="Generic"):
        push_to_rubrix(audit, TEXTS[:12], "d", ids=["it's", 7, *range(20, 30)])


def test_a_refused_chunk_interrupts_at_once(audit, stand_in):
    answer = {"detail": {"code": "x::MetadataLimitExceededError", "params": {"len": 51}}}
    stand_in.answers["/api/datasets/d/TextClassification:bulk"] = (400, answer)
    with pytest.raises(
        PushInterruptedError, match=r"answered 400: MetadataLimitExceededError: .*51"
    ):
        push_to_rubrix(audit, TEXTS[:12], "d")
    assert len(bulks(stand_in)) == 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, {"detail": {"code": "x::EntityNotFoundError", "params": {"type": "Workspace"}}}),
        (404, "<html>not here</html>"),
        (200, {"dataset": "d", "processed": 3, "failed": 1}),
        (200, {"dataset": "d", "processed": 2, "failed": 0}),
        (200, {"dataset": "d", "processed": 2}),
        (200, {"dataset": "d", "processed": 3, "failed": "none"}),
        (401, {"detail": {"code": "x::UnauthorizedError", "params": {}}}),
    ],
)
def test_nothing_counts_as_stored_that_the_server_does_not_say_it_has(
    audit, stand_in, status, answer
):
    stand_in.answers["/api/datasets/d/TextClassification:bulk"] = (status, answer)
    with pytest.raises(PushInterruptedError) as raised:
        push_to_rubrix(audit, TEXTS[:12], "d")
    assert raised.value.report.n_stored == 0


def test_a_page_that_says_404_is_not_taken_for_a_data_set_without_reviews(big_audit, stand_in):
    push(big_audit)
    stand_in.records["7"]["status"] = "Validated"
    stand_in.answers["/api/datasets/d/TextClassification/data"] = (404, "<html>not here</html>")
    with pytest.raises(PushInterruptedError, match="is no Rubrix server"):
        push(big_audit)
    assert stand_in.records["7"]["status"] == "Validated"


# Progress


@pytest.mark.parametrize(("progress", "shown"), [(True, True), (False, False), (None, False)])
def test_progress(audit, stand_in, capsys, progress, shown):
    push(audit, progress=progress)
    assert ("12/12" in capsys.readouterr().err) is shown


# The client


class Plain(types.SimpleNamespace):
    pass


@pytest.fixture
def client(monkeypatch):
    """Put in place of Rubrix's client one that takes anything."""
    names = ["TextClassificationRecord", "TokenAttributions"]
    module = types.SimpleNamespace(DatasetForTextClassification=list, **dict.fromkeys(names, Plain))
    monkeypatch.setitem(sys.modules, "rubrix", module)


def test_to_rubrix(audit, client):
    attributions = {"text": [("text", {"a": 0.5})]}
    first, *others = to_rubrix(audit, TEXTS[:12], explanation=[attributions] * 12)
    assert [record.id for record in others] == [9, 1]
    assert first == Plain(
        id=4,
        inputs={"text": "text 4"},
        prediction=[("a", 0.97), ("b", 0.01), ("c", 0.02)],
        prediction_agent="label-auditor",
        annotation="b",
        annotation_agent="given",
        explanation={"text": [Plain(token="text", attributions={"a": 0.5})]},
        metadata={"label_error_candidate": 0, "label_quality": 0.01, "suggested_label": "a"},
        status="Default",
        multi_label=False,
    )


class Pydantic2(types.ModuleType):
    def __getattr__(self, name):
        raise RuntimeError("root_validator")


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        (None, "No module named|import of rubrix halted"),
        (types.ModuleType("rubrix"), r"this one is the empty 0\.19, which only points to argilla"),
        (Pydantic2("rubrix"), "importing it fails .*, as it does with pydantic 2"),
    ],
    ids=["absent", "shim", "pydantic-2"],
)
@pytest.mark.parametrize("version", [(3, 10), (3, 13)])
def test_a_client_that_does_not_work(monkeypatch, audit, module, problem, version):
    monkeypatch.setitem(sys.modules, "rubrix", module)
    monkeypatch.setattr(send, "sys", types.SimpleNamespace(version_info=version))
    with pytest.raises(ImportError, match=problem) as raised:
        to_rubrix(audit, TEXTS[:12])
    recipe = str(raised.value)
    assert f"On Python 3.{version[1]}," in recipe
    assert "pip install --no-deps rubrix==0.18.0" in recipe
    assert ("legacy-cgi" in recipe) is (version == (3, 13))


def test_the_methods_of_an_audit_do_the_same(audit, stand_in, client):
    assert audit.push_to_rubrix(TEXTS[:12], "d").n_stored == 3
    assert len(audit.to_rubrix(TEXTS[:12])) == 3


def test_numbers_of_numpy_reach_the_wire(audit, stand_in):
    metadata = {"i": np.arange(12, dtype=np.int8), "f": np.arange(12, dtype=np.float32)}
    push_to_rubrix(audit, np.array(TEXTS[:12]), "d", metadata=metadata, ids=np.arange(12))
    assert bulks(stand_in)[0][0]["metadata"]["f"] == 4.0


class TestMultiLabel:
    def test_the_wire(self, multi_audit, stand_in):
        push(multi_audit)
        records = {record["id"]: record for record in bulks(stand_in)[0]}
        assert all(record["multi_label"] is True for record in records.values())
        assert [each["score"] for each in records[2]["prediction"]["labels"]] == [
            0.875, 0.875, 0.96875,
        ]  # fmt: skip
        assert records[5]["annotation"] == {
            "agent": "given",
            "labels": [{"class": "a", "score": 1.0}, {"class": "c", "score": 1.0}],
        }
        assert records[3]["annotation"] == {"agent": "given", "labels": []}

    def test_to_rubrix(self, multi_audit, client):
        records = to_rubrix(multi_audit, TEXTS[:8], only_issues=False)
        assert all(record.multi_label is True for record in records)
        by_id = {record.id: record for record in records}
        assert by_id[5].annotation == ["a", "c"]
        assert by_id[3].annotation == []
        assert by_id[3].annotation_agent == "given"
