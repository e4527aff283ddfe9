"""Records for Argilla 2; what a server does with them is tested on a real one."""

import builtins

import numpy as np
import pytest

from label_auditor import LabelAuditor, audit_labels
from label_auditor.export.argilla.send import push_to_argilla, suggestion, to_argilla
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
    with pytest.raises(ImportError, match=r"pip install 'label-auditor\[argilla\]'"):
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


def test_an_auditor_has_the_same_outputs():
    X = np.repeat([[0.0], [1.0]], 10, axis=0)
    y = np.repeat(["a", "b"], 10)
    y[0] = "b"
    auditor = LabelAuditor().fit(X, y)
    with pytest.raises(ValueError, match="name is ''"):
        auditor.push_to_argilla(["x"] * 20, "")
