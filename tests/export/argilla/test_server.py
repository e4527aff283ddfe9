"""A server of Argilla 2, told by a stand-in; real ones are in tests/server."""

import pytest

from label_auditor.export import server as http
from label_auditor.export.argilla.server import ArgillaServer


@pytest.fixture(autouse=True)
def only_once(monkeypatch):
    monkeypatch.setattr(http, "DELAYS", ())


def test_the_only_workspace_is_found(argilla_2):
    server = ArgillaServer(None, None, None)
    assert (server.workspace, server.workspace_id, server.version) == ("team", "w1", (2, 8))
    assert argilla_2.headers[-1]["X-Argilla-Api-Key"] == "secret-key-of-mine"


def test_a_workspace_must_be_chosen_among_several(argilla_2):
    found = [{"id": "w1", "name": "team"}, {"id": "w2", "name": "mine"}]
    argilla_2.answers["/api/v1/me/workspaces"] = (200, {"items": found})
    assert ArgillaServer(None, None, "mine").workspace_id == "w2"
    with pytest.raises(ValueError, match=r"workspace is None, and at .* you have 'mine', 'team'"):
        ArgillaServer(None, None, None)
    with pytest.raises(ValueError, match="workspace 'ours' isn't one of yours"):
        ArgillaServer(None, None, "ours")


def test_a_key_that_is_refused(argilla_2):
    with pytest.raises(PermissionError, match=r"The API key was refused; .* set ARGILLA_API_KEY"):
        ArgillaServer(None, "another-key", None)


@pytest.mark.parametrize("version", ["1.29.1", "0.18.0"])
def test_an_older_server_is_served_by_another_function(argilla_2, version):
    argilla_2.answers["/api/v1/version"] = (200, {"version": version})
    with pytest.raises(RuntimeError, match=r"but 2\.0 or newer is needed\. .* push_to_rubrix"):
        ArgillaServer(None, None, None)


def test_data_sets_are_found_by_name(argilla_2):
    server = ArgillaServer(None, None, None)
    assert server.find_dataset("d") is None
    argilla_2.dataset = {"id": "d1", "name": "d", "status": "ready"}
    assert server.find_dataset("d") == argilla_2.dataset
    assert server.find_dataset("e") is None  # a server that doesn't know the filter gives all
    assert argilla_2.requests[-1].endswith("/api/v1/me/datasets?workspace_id=w1&name=e")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"items": None},
        {"items": {}},
        {"items": ["team"]},
        {"items": [{"name": "team"}]},
        {"items": [{"name": ["team"], "id": "w1"}]},
        {"items": [{"name": "team", "id": 7}]},
        [],
        7,
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["workspaces", "datasets"])
def test_a_listing_that_is_none(argilla_2, path, answer):
    argilla_2.answers[f"/api/v1/me/{path}"] = (200, answer)
    with pytest.raises(
        http.ServerUnavailableError,
        match=rf"{argilla_2.url} answered GET /api/v1/me/{path} with .*, as Argilla wouldn't",
    ):
        ArgillaServer(None, None, None).find_dataset("d")
