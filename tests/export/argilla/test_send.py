"""Records for Argilla 2; what a server does with them is tested on a real one."""

import builtins

import numpy as np
import pytest

from label_auditor import LabelAuditor, audit_labels
from label_auditor.export import server as http
from label_auditor.export.argilla.limits import plan_layout
from label_auditor.export.argilla.send import (
    _field_payloads,
    _payload,
    push_to_argilla,
    suggestion,
    to_argilla,
)
from label_auditor.export.push import PushInterruptedError
from label_auditor.export.records import Record, make_records

TEXTS = [f"text {i}" for i in range(12)]


def test_the_likeliest_label_is_suggested(audit):
    first = next(iter(make_records(audit, TEXTS)))
    assert suggestion(first) == ("a", 0.97)


def test_several_labels_are_suggested_with_a_score_each():
    scores = {"a": 0.9, "b": 0.2, "c": 0.6}
    record = Record(1, {"text": "x"}, scores, (), {}, multi_label=True)
    assert suggestion(record) == (["a", "c"], [0.9, 0.6])
    assert suggestion(Record(1, {"text": "x"}, {"a": 0.5}, (), {}, multi_label=True)) is None


def test_nothing_is_suggested_without_probabilities():
    assert suggestion(Record(1, {"text": "x"}, {}, "a", {})) is None


def test_settings_and_records_of_the_client(audit, monkeypatch):
    """No server is there, and no key."""
    rg = pytest.importorskip("argilla")
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)
    settings, records = to_argilla(audit, {"title": TEXTS}, n_reviewers=3)
    assert [field.name for field in settings.fields] == ["title"]
    assert type(settings.questions["label"]) is rg.LabelQuestion
    assert settings.questions["label"].labels == ["a", "b", "c"]
    assert settings.distribution.min_submitted == 3
    assert {each.name: type(each) for each in settings.metadata} == {
        "label_error_candidate": rg.IntegerMetadataProperty,
        "label_quality": rg.FloatMetadataProperty,
        "suggested_label": rg.TermsMetadataProperty,
        "given_label": rg.TermsMetadataProperty,
    }
    assert [record.id for record in records] == ["4", "9", "1"]
    assert records[0].fields == {"title": "text 4"}
    assert dict(records[0].metadata) == {
        "label_error_candidate": 0,
        "label_quality": 0.01,
        "suggested_label": "a",
        "given_label": "b",
    }
    assert not list(records[0].responses)
    (found,) = records[0].suggestions
    assert (found.value, found.score, found.agent) == ("a", 0.97, "label-auditor")


URLS = [f"https://example.com/{i}.jpg" for i in range(12)]


def test_urls_of_images_are_image_fields_in_the_client(audit):
    rg = pytest.importorskip("argilla")
    inputs = {"title": TEXTS, "photo": ["", *URLS[1:]], "scan": ["s3://a/b"] * 12}
    settings, records = to_argilla(audit, inputs, image_fields=["photo", "scan"])
    kinds = [type(field) for field in settings.fields]
    assert kinds == [rg.TextField, rg.ImageField, rg.ImageField]
    assert records[0].fields["photo"] == URLS[4]


def test_urls_of_images_are_image_fields(audit):
    """A missing image is left out, because an empty one would be refused."""
    inputs = {"title": TEXTS, "photo": ["" if i == 4 else url for i, url in enumerate(URLS)]}
    records = make_records(audit, inputs)
    layout = plan_layout(records, "label-auditor", 1)
    fields = {each["name"]: each for each in _field_payloads(layout)}
    assert fields["photo"]["settings"] == {"type": "image"}
    assert not fields["photo"]["required"]
    assert fields["title"]["settings"]["type"] == "text"
    sent = [_payload(record, layout, "question")["fields"] for record in records]
    assert sent[:2] == [{"title": "text 4"}, {"title": "text 9", "photo": URLS[9]}]
    with pytest.raises(ValueError, match="image_fields is 'photo', but a list of the fields"):
        plan_layout(make_records(audit, inputs), "label-auditor", 1, "photo")


def test_a_question_with_several_answers_where_rows_have_several_labels():
    rg = pytest.importorskip("argilla")
    pred_probs = np.array([[0.9, 0.1], [0.8, 0.9], [0.1, 0.1]])
    audit = audit_labels([["a"], ["a", "b"], []], pred_probs, multi_label=True)
    settings, records = audit.to_argilla(TEXTS[:3], only_issues=False)
    assert type(settings.questions["label"]) is rg.MultiLabelQuestion
    values = {record.id: [each.value for each in record.suggestions] for record in records}
    assert values == {"0": [["a"]], "1": [["a", "b"]], "2": []}


def test_without_the_client_the_way_is_named(audit, monkeypatch):
    load = builtins.__import__

    def fail(name, *arguments):
        if name == "argilla":
            raise ImportError(name)
        return load(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(ImportError, match=r"pip install 'argilla>=2.8,<3' requests"):
        to_argilla(audit, TEXTS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": ""}, "name is '', but Argilla takes names of 1 to 200 characters"),
        ({"name": "x" * 201}, "name is 'xxx"),
        ({"chunk_size": 0}, "chunk_size is 0, but must be a whole number from 1 to 500"),
        ({"chunk_size": 501}, "chunk_size is 501"),
        ({}, "api_url is missing: pass api_url= or set ARGILLA_API_URL"),
        ({"api_url": "http://127.0.0.1:9"}, "api_key is missing: pass api_key= or set ARGILLA_API"),
        ({"metadata": {"given_label": TEXTS}}, "metadata has a column 'given_label'"),
    ],
)
def test_what_is_refused_before_anything_is_sent(audit, monkeypatch, options, message):
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)
    with pytest.raises(ValueError, match=message):
        push_to_argilla(audit, TEXTS, **({"name": "x"} | options))


def test_an_auditor_has_the_same_methods():
    X = np.repeat([[0.0], [1.0]], 10, axis=0)
    y = np.repeat(["a", "b"], 10)
    y[0] = "b"
    auditor = LabelAuditor().fit(X, y)
    with pytest.raises(ValueError, match="name is ''"):
        auditor.push_to_argilla(["x"] * 20, "")


# What goes to a server


def push(audit, **options):
    return push_to_argilla(audit, TEXTS, "d", chunk_size=5, only_issues=False, **options)


def test_the_wire(audit, argilla_2):
    report = push(audit)
    assert (report.n_stored, report.failed) == (12, {})
    assert report.url == f"{argilla_2.url}/dataset/d1/annotation-mode"
    assert argilla_2.dataset == {"id": "d1", "name": "d", "status": "ready"}
    (question,) = argilla_2.parts["questions"]
    assert [each["value"] for each in question["settings"]["options"]] == ["a", "b", "c"]
    assert [each["name"] for each in argilla_2.parts["fields"]] == ["text"]
    first = next(iter(argilla_2.records.values()))
    assert (first["external_id"], first["fields"]) == ("4", {"text": "text 4"})
    assert first["suggestions"] == [
        {
            "question_id": question["id"],
            "value": "a",
            "score": 0.97,
            "agent": "label-auditor",
            "type": "model",
        }
    ]


@pytest.mark.parametrize("fault", ["drop", "lose", "503", "429", "cut", "html"])
def test_nothing_is_lost_when_any_one_request_fails(audit, argilla_2, fault):
    for number in range(20):
        argilla_2.records.clear()
        argilla_2.requests.clear()
        argilla_2.dataset = None
        for part in argilla_2.parts.values():
            part.clear()
        argilla_2.faults = {number: fault}
        assert push(audit).n_stored == 12
        assert (len(argilla_2.records), argilla_2.dataset["status"]) == (12, "ready")
        assert len(argilla_2.requests) > 20  # something was tried again
        names = [each["name"] for part in argilla_2.parts.values() for each in part]
        assert len(names) == len(set(names)) == 6


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        (
            "questions",
            {"settings": {"type": "text", "options": None}},
            "no label_selection question",
        ),
        (
            "questions",
            {"settings": {"type": "label_selection", "options": [{"value": "a"}]}},
            r"has the classes \['a'\], not all of",
        ),
        ("questions", {"settings": {"type": "label_selection", "options": None}}, r"classes \[\]"),
        ("fields", {"name": "title"}, r"has no fields \['text'\]"),
    ],
)
def test_a_data_set_that_does_not_fit_is_refused(audit, argilla_2, part, change, message):
    push(audit)
    argilla_2.parts[part][0] |= change
    with pytest.raises(ValueError, match=rf"there is a data set 'd', but it .*{message}"):
        push(audit)


@pytest.mark.parametrize(
    "path", ["questions", "fields", "records/bulk", "metadata-properties", "publish"]
)
@pytest.mark.parametrize("answer", [7, [], {"items": 7}, {"items": [7]}], ids=str)
def test_a_malformed_answer_is_one_error_that_names_the_server(
    audit, argilla_2, monkeypatch, path, answer
):
    monkeypatch.setattr(http, "DELAYS", ())
    me = "me/" if path == "metadata-properties" else ""
    argilla_2.answers[f"/api/v1/{me}datasets/d1/{path}"] = (200, answer)
    if (path, answer) in [("publish", {"items": 7}), ("publish", {"items": [7]})]:
        assert push(audit).n_stored == 12  # nothing is read from it
    elif (path, answer) == ("records/bulk", {"items": [7]}):
        with pytest.raises(PushInterruptedError, match=r"did not store all of 5 .* 1 were stored"):
            push(audit)
    else:
        with pytest.raises(
            (http.ServerUnavailableError, PushInterruptedError),
            match=rf"{argilla_2.url} answered .*{path} with .*, as Argilla wouldn't",
        ):
            push(audit)
