"""A server of Label Studio, told by a stand-in; real ones are in tests/server."""

import pytest

from export.label_studio.conftest import REFRESH
from label_auditor.export import server as http
from label_auditor.export.label_studio import server as module
from label_auditor.export.label_studio.server import LabelStudioServer


@pytest.fixture(autouse=True)
def only_once(monkeypatch):
    monkeypatch.setattr(http, "DELAYS", ())


def test_a_legacy_token(label_studio):
    assert LabelStudioServer(None, None).version == (1, 23)


def test_a_personal_token_is_exchanged_and_again_when_it_ends(label_studio):
    server = LabelStudioServer(None, REFRESH)
    label_studio.access += 1  # the one that was given out has ended
    assert server.projects("x") == []
    assert label_studio.headers[-1]["Authorization"] == "Bearer access-3"


def test_tokens_are_struck_from_messages(label_studio):
    server = LabelStudioServer(None, REFRESH)
    label_studio.answers["/api/projects"] = (400, {"detail": f"access-1 {REFRESH} no"})
    with pytest.raises(http.RefusedError, match=r"answered 400: \*\*\* \*\*\* no"):
        server.projects("x")


@pytest.mark.parametrize("key", ["wrong", REFRESH + "x"])
def test_a_token_that_is_refused(label_studio, key):
    with pytest.raises(PermissionError, match="set LABEL_STUDIO_API_KEY to that") as raised:
        LabelStudioServer(None, key)
    assert key not in str(raised.value)


def test_settings_come_from_the_environment(label_studio, monkeypatch):
    monkeypatch.delenv("LABEL_STUDIO_URL")
    with pytest.raises(ValueError, match="pass api_url= or set LABEL_STUDIO_URL"):
        LabelStudioServer(None, None)


def test_a_password_in_the_url_would_take_the_place_of_the_token(label_studio):
    with pytest.raises(ValueError, match="api_url holds a user and a password, but"):
        LabelStudioServer(label_studio.url.replace("//", "//me:secret@"), None)


def test_pages_are_read_to_the_end_also_if_they_are_smaller(label_studio, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 7)
    label_studio.projects[1] = {"id": 1, "title": "abc"}
    for number in range(14):
        label_studio.add(1, {"data": {"record_id": str(number)}})
    pages = list(LabelStudioServer(None, None).tasks(1))
    assert [len(page) for page in pages] == [7, 7]


def test_a_page_that_comes_again_and_again_has_an_end(label_studio):
    label_studio.projects[1] = {"id": 1, "title": "abc"}
    label_studio.add(1, {"data": {}})
    page = label_studio._page("tasks", {"project": 1, "page": 1, "page_size": 9})
    label_studio.answers["/api/tasks"] = page
    with pytest.raises(RuntimeError, match="gives the same records again and again"):
        list(LabelStudioServer(None, None).tasks(1))


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": [{}]}, [], 7], ids=str)
def test_a_listing_that_is_none(label_studio, answer):
    label_studio.answers["/api/projects"] = (200, answer)
    with pytest.raises(http.ServerUnavailableError, match=r"with .*, as Label Studio wouldn't"):
        LabelStudioServer(None, None).projects("abc")
