"""Where Argilla 1 differs from Rubrix; the tests on real servers are in tests/server."""

import os
import sys
import types

import pytest

from label_auditor import Corrections
from label_auditor.export import server as http
from label_auditor.export.argilla.server import ArgillaServer
from label_auditor.export.push import PushInterruptedError
from label_auditor.export.rubrix import read
from label_auditor.export.rubrix.send import push_to_rubrix, to_rubrix
from label_auditor.export.rubrix.server import RubrixServer

TEXTS = [f"text {i}" for i in range(60)]


def push(audit, **options):
    """Push everything in chunks of 20."""
    options = {"only_issues": False, "chunk_size": 20, "ids": range(len(audit)), **options}
    return push_to_rubrix(audit, TEXTS[: len(audit)], "d", **options)


def test_the_wire(big_audit, argilla_1, monkeypatch):
    monkeypatch.setattr(http, "DELAYS", ())  # nothing is tried twice
    report = push(big_audit, chunk_size=60, workspace="team")
    assert (report.n_stored, report.left_alone, report.failed) == (60, (), {})
    assert argilla_1.requests == [
        "GET /api/_info",
        "GET /api/me",
        "GET /api/datasets/d",
        "POST /api/datasets",
        "POST /api/datasets/d/records/:search?limit=60",
        "POST /api/datasets/d/TextClassification:bulk",
    ]
    assert argilla_1.bodies[3] == {"name": "d", "task": "TextClassification"}
    assert {each["X-Argilla-Workspace"] for each in argilla_1.headers[2:]} == {"team"}


def test_a_data_set_that_is_there_is_not_made_again(audit, argilla_1):
    push(audit)
    push(audit)
    assert argilla_1.requests.count("POST /api/datasets") == 1


@pytest.mark.parametrize("fault", ["drop", "lose", "cut", "503", "429", "html"])
def test_nothing_is_lost_or_doubled_when_any_one_request_fails(big_audit, argilla_1, fault):
    for number in range(10):
        argilla_1.records.clear()
        argilla_1.requests.clear()
        argilla_1.made = False
        argilla_1.faults = {number: fault}
        assert push(big_audit).n_stored == 60
        assert len(argilla_1.records) == 60
        assert len(argilla_1.requests) > 10  # something was tried again


def test_what_somebody_worked_on_is_left_alone(big_audit, argilla_1):
    push(big_audit)
    argilla_1.records["7"]["status"] = "Validated"
    argilla_1.records["8"]["annotation"]["agent"] = "anna"
    assert push(big_audit).left_alone == (7, 8)


@pytest.mark.parametrize(
    ("version", "workspaces", "chosen"),
    [
        ("1.5.1", ["", "team"], "me"),
        ("1.5.1", None, "me"),
        ("1.6.0", ["me", "team"], "me"),
        ("1.6.0", ["team"], "team"),
    ],
)
def test_the_workspace_is_ones_own_or_the_only_one(audit, argilla_1, version, workspaces, chosen):
    argilla_1.answers["/api/_info"] = 200, {"version": version}
    argilla_1.answers["/api/me"] = 200, {"username": "me", "workspaces": workspaces}
    server = RubrixServer(None, None, None)
    assert server.workspace == chosen


@pytest.mark.parametrize(("workspaces", "named"), [(["a", "b"], "'a', 'b'"), ([], "none")])
def test_a_workspace_must_be_chosen(audit, argilla_1, workspaces, named):
    argilla_1.answers["/api/me"] = 200, {"username": "me", "workspaces": workspaces}
    with pytest.raises(ValueError, match=rf"workspace is None, and at .* you have {named}; pass"):
        push(audit)


def refuse(stand_in, *reasons):
    errors = [{"reason": reason, "caused_by": {"reason": 'input "x"'}} for reason in reasons]
    answer = {"detail": {"code": "x::BulkDataError", "params": {"message": "m", "errors": errors}}}
    stand_in.answers["/api/datasets/d/TextClassification:bulk"] = (400, answer)


def test_records_that_the_server_refuses_are_reported(audit, argilla_1):
    reason = "failed to parse field [metadata.a] of type [float] in document with id '{}'"
    newer = reason + ". Preview of field's value: 'word'"
    refuse(argilla_1, reason.format(4), newer.format(9))
    with pytest.warns(UserWarning, match="10 of 12 records stored in .*; 2 failed"):
        report = push(audit)
    assert set(report.failed) == {4, 9}
    assert report.failed[4] == f"{reason.format(4)} {{'reason': 'input \"x\"'}}"


@pytest.mark.parametrize("reasons", [[], ["no id"], ["with id '4'"], ["in document with id '99'"]])
def test_an_error_that_names_no_record_of_ours_is_no_report(audit, argilla_1, reasons):
    refuse(argilla_1, *reasons)
    with pytest.raises(PushInterruptedError, match="BulkDataError") as raised:
        push(audit)
    assert raised.value.report.n_stored == 0


def test_corrections_come_back_page_by_page(big_audit, argilla_1, monkeypatch):
    monkeypatch.setattr(read, "PAGE", 7)
    push(big_audit)
    for i in range(40):
        record = argilla_1.records[str(i)]
        record |= {"status": "Validated" if i % 2 else "Discarded", "last_updated": f"2026-{i}"}
        record["annotation"]["agent"] = "anna"
    found = Corrections.from_rubrix("d")
    assert {int(each.id) for each in found} == set(range(40))
    for each in found:
        given = str(big_audit.labels[int(each.id)])
        assert each.label == (given if int(each.id) % 2 else None)
        assert (each.who, each.when) == ("anna", f"2026-{each.id}")


def test_argilla_2_says_where_argilla_1_is_served(audit, argilla_1, monkeypatch):
    argilla_1.answers["/api/v1/version"] = 200, {"version": "1.29.1"}
    with pytest.raises(RuntimeError, match=r"2\.0 or newer is needed\. .* push_to_rubrix and"):
        ArgillaServer(argilla_1.url, os.environ["RUBRIX_API_KEY"], None)


def client(monkeypatch, name, **values):
    monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(**values))


def test_records_of_its_client(audit, monkeypatch):
    monkeypatch.setitem(sys.modules, "rubrix", None)
    values = {"DatasetForTextClassification": tuple, "TextClassificationRecord": dict}
    client(monkeypatch, "argilla", **values)
    records = to_rubrix(audit, TEXTS[:12])
    assert [record["id"] for record in records] == [4, 9, 1]
    client(monkeypatch, "rubrix", **values | {"DatasetForTextClassification": list})
    assert type(to_rubrix(audit, TEXTS[:12])) is list


def test_argilla_2_has_no_such_records(audit, monkeypatch):
    monkeypatch.setitem(sys.modules, "rubrix", None)
    client(monkeypatch, "argilla", Record=dict)
    with pytest.raises(ImportError, match=r"rubrix, version 0\.18, or argilla, version 1: "):
        to_rubrix(audit, TEXTS[:12])


def test_a_client_that_breaks_when_imported_is_none(audit, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rubrix", None)
    monkeypatch.delitem(sys.modules, "argilla", raising=False)
    (tmp_path / "argilla.py").write_text("raise RuntimeError('no validator found')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"rubrix, version 0\.18, or argilla, version 1: "):
        to_rubrix(audit, TEXTS[:12])
