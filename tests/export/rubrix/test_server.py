"""A server of Rubrix or Argilla 1: what it answers is believed if it is what they answer."""

import pytest

from label_auditor import Corrections
from label_auditor.export import server as http
from label_auditor.export.rubrix import read
from label_auditor.export.rubrix.send import push_to_rubrix
from label_auditor.export.rubrix.server import RubrixServer


def record(identity="7", **more):
    """Give a record as a server sends it."""
    annotation = {"agent": "anna", "labels": [{"class": "dog", "score": 1.0}]}
    return {"id": identity, "status": "Validated", "annotation": annotation} | more


@pytest.fixture(autouse=True)
def only_once(monkeypatch):
    monkeypatch.setattr(http, "DELAYS", ())


USERS = [
    {},
    {"username": None},
    {"username": 7},
    {"username": "me", "workspaces": "team"},
    {"username": "me", "workspaces": [7]},
    {"username": "me", "workspaces": [{"name": "team"}]},
    [],
    None,
]


@pytest.mark.parametrize("answer", USERS, ids=str)
def test_a_user_that_is_none(stand_in, answer):
    stand_in.answers["/api/me"] = (200, answer)
    with pytest.raises(
        http.ServerUnavailableError, match=rf"{stand_in.url} answered GET /api/me with .*, as Rubri"
    ):
        RubrixServer(None, None, None)


RECORDS = [
    record(None),
    record(["7"]),
    record(status=None),
    record(status=["Validated"]),
    record(annotation="dog"),
    record(annotation={"agent": "anna"}),
    record(annotation={"agent": {}, "labels": []}),
    record(annotation={"agent": "anna", "labels": {"class": "dog"}}),
    record(annotation={"agent": "anna", "labels": ["dog"]}),
    record(annotation={"agent": "anna", "labels": [{"class": 7}]}),
    record(annotation={"agent": "anna", "labels": [{}]}),
    record(last_updated=7),
    {"status": "Validated"},
    [],
    7,
]


@pytest.mark.parametrize("answer", RECORDS, ids=str)
@pytest.mark.parametrize("version", ["0.18.0", "1.29.1"])
def test_a_record_that_is_none(stand_in, version, answer):
    path = "TextClassification/data" if version == "0.18.0" else "records/:search"
    stand_in.answers["/api/_info"] = (200, {"version": version})
    stand_in.answers[f"/api/datasets/d/{path}"] = (
        200,
        answer if version == "0.18.0" else {"records": [answer]},
    )
    with pytest.raises(
        http.ServerUnavailableError, match=rf"{stand_in.url} answered POST .*, as Rubrix wouldn't"
    ):
        Corrections.from_rubrix("d", workspace="team")


@pytest.mark.parametrize("answer", [{}, {"records": None}, {"records": {}}, [], None, 7], ids=str)
def test_a_page_that_is_none(argilla_1, answer):
    argilla_1.answers["/api/datasets/d/records/:search"] = (200, answer)
    with pytest.raises(
        http.ServerUnavailableError, match=rf"{argilla_1.url} answered POST .*search"
    ):
        Corrections.from_rubrix("d", workspace="team")


@pytest.mark.parametrize(
    "answer", [{}, {"task": None}, {"task": ["TextClassification"]}, 7], ids=str
)
def test_a_data_set_that_is_none(audit, stand_in, answer):
    stand_in.answers["/api/datasets/d"] = (200, answer)
    with pytest.raises(http.ServerUnavailableError, match=r"answered GET /api/datasets/d with"):
        push_to_rubrix(audit, ["text"] * 12, "d")


@pytest.mark.parametrize("answer", [{}, {"processed": "3"}, {"processed": None}, [3]], ids=str)
def test_an_account_that_is_none(audit, stand_in, answer):
    stand_in.answers["/api/datasets/d/TextClassification:bulk"] = (200, answer)
    with pytest.raises(RuntimeError, match=rf"{stand_in.url} answered POST .*bulk with"):
        push_to_rubrix(audit, ["text"] * 12, "d")


@pytest.mark.parametrize("version", ["0.18.0", "1.29.1"])
@pytest.mark.parametrize("n_records", [1, 3])
def test_a_page_that_comes_again_and_again_has_an_end(stand_in, monkeypatch, version, n_records):
    monkeypatch.setattr(read, "PAGE", n_records)
    stand_in.answers["/api/_info"] = (200, {"version": version})
    page = [record(str(i)) for i in range(n_records)]
    lines = "\n".join(map(http.json.dumps, page))
    stand_in.answers["/api/datasets/d/TextClassification/data"] = (200, lines)
    stand_in.answers["/api/datasets/d/records/:search"] = (200, {"records": page})
    with pytest.raises(
        RuntimeError, match=rf"{stand_in.url} gives the same records again .* is '{n_records - 1}'"
    ):
        Corrections.from_rubrix("d", workspace="team")
    assert len(stand_in.requests) == 4


def test_ids_of_either_type_lead_to_the_next_page(stand_in, monkeypatch):
    monkeypatch.setattr(read, "PAGE", 1)
    stand_in.records = {str(i): record(i) for i in range(3)}
    assert [each.id for each in Corrections.from_rubrix("d")] == ["0", "1", "2"]


def test_a_name_leads_to_no_other_path(stand_in):
    with pytest.raises(ValueError, match=r"name is '\.\./\.\./me', but .* has no data set of that"):
        Corrections.from_rubrix("../../me")
    assert stand_in.requests[-1].startswith("POST /api/datasets/%2E%2E%2F%2E%2E%2Fme/TextClassifi")


@pytest.mark.parametrize("version", ["1.12.9", "1.13.0", "1.29.1"])
def test_a_data_set_is_made_where_that_is_needed(argilla_1, version):
    argilla_1.answers["/api/_info"] = (200, {"version": version})
    server = RubrixServer(None, None, "team")
    server.make_dataset("d")
    server.make_dataset("d")  # it is there already
    assert argilla_1.made is (version != "1.12.9")


def test_the_workspace_goes_with_every_request(stand_in):
    server = RubrixServer(None, None, "team")
    with pytest.raises(http.NotFoundError):
        server.scan("d", {}, 5)
    sent = stand_in.headers[-1]
    assert (sent["X-Rubrix-Workspace"], sent["X-Argilla-Workspace"]) == ("team", "team")
