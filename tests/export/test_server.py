import logging
import os
import traceback

import pytest

from label_auditor.export import server as http
from label_auditor.export.push import PushInterruptedError
from label_auditor.export.rubrix.send import push_to_rubrix
from label_auditor.export.rubrix.server import RubrixServer


def push(audit, **options):
    return push_to_rubrix(audit, ["text"] * 12, "d", **options)


@pytest.mark.parametrize("missing", ["URL", "KEY"])
def test_url_and_key_are_needed(monkeypatch, audit, stand_in, missing):
    monkeypatch.delenv(f"RUBRIX_API_{missing}")
    name = f"api_{missing.lower()}"
    with pytest.raises(ValueError, match=rf"{name} is missing: pass {name}= or set RUBRIX_API_"):
        push(audit)


def test_arguments_come_before_the_environment(monkeypatch, audit, stand_in):
    url, key = stand_in.url, os.environ["RUBRIX_API_KEY"]
    monkeypatch.setenv("RUBRIX_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("RUBRIX_API_KEY", "wrong")
    monkeypatch.setenv("RUBRIX_WORKSPACE", "wrong")
    report = push(audit, api_url=f" {url}/ ", api_key=f"{key}\n", workspace="team")
    assert report.url == f"{url}/datasets/team/d"
    monkeypatch.setenv("RUBRIX_WORKSPACE", "team")
    assert push(audit, api_url=url, api_key=key).url == f"{url}/datasets/team/d"


@pytest.mark.parametrize("url", ["localhost:6900", "ftp://localhost", "http://", "http://[", "x"])
def test_a_malformed_url(audit, stand_in, url):
    with pytest.raises(ValueError, match=r"api_url must look like 'http://localhost:6900'"):
        push(audit, api_url=url)


def test_no_server(audit, stand_in):
    with pytest.raises(
        ConnectionError, match=r"No Rubrix server answers: http://127\.0\.0\.1:1 could"
    ):
        push(audit, api_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("info", "error", "message"),
    [
        (
            (404, {}),
            RuntimeError,
            r"answered 404: \{\}\. It is no Rubrix server, or one older than",
        ),
        (
            (404, "<html>"),
            RuntimeError,
            r"answered 404: <html>\. It is no Rubrix server, or one older",
        ),
        (
            (200, {"status": "ok"}),
            RuntimeError,
            r"is no Rubrix server: its /api/_info names no vers",
        ),
        ((200, []), RuntimeError, r"is no Rubrix server"),
        ((200, ""), ConnectionError, r"gave no answer to GET /api/_info"),
        (
            (200, "<html>"),
            ConnectionError,
            r"GET /api/_info with b'<html>', which is no JSON\. .* Argilla 2 has push_to_argilla",
        ),
        ((200, {"rubrix_version": "0.17.0"}), RuntimeError, r"runs Rubrix 0\.17, but 0\.18"),
        ((502, "Bad gateway"), ConnectionError, r"No Rubrix server answers: .* 502: Bad gateway"),
    ],
)
def test_another_server(audit, stand_in, info, error, message):
    stand_in.answers["/api/_info"] = info
    with pytest.raises(error, match=message):
        push(audit)


def test_a_redirect_is_not_followed(audit, stand_in):
    stand_in.faults[0] = "redirect"
    with pytest.raises(
        RuntimeError, match=r"redirects to https://elsewhere\.example; pass that as"
    ):
        push(audit)


def test_a_wrong_workspace(audit, stand_in):
    with pytest.raises(
        ValueError, match=r"workspace 'theirs' isn't one of yours, and at .* 'me', 'team'"
    ):
        push(audit, workspace="theirs")


def test_a_data_set_for_another_task(audit, stand_in):
    stand_in.answers["/api/datasets/d"] = (200, {"task": "TokenClassification"})
    with pytest.raises(ValueError, match=r"'d' at .* is a data set for TokenClassification, not"):
        push(audit)


def test_a_wrong_key_is_refused_and_no_key_is_ever_shown(audit, stand_in, caplog):
    caplog.set_level(logging.DEBUG)
    shown = []
    for url, key in [
        (stand_in.url, "wrong-key"),
        (stand_in.url, "wrong-key\nX: y"),
        (stand_in.url, "wrong-key-\u00e9"),
        (stand_in.url.replace("//", "//user:wrong-key@"), "wrong-key"),
        ("http://user:wrong-key@127.0.0.1:1", "wrong-key"),
        ("ftp://user:wrong-key@127.0.0.1:1", "wrong-key"),
    ]:
        with pytest.raises((PermissionError, ValueError, ConnectionError)) as raised:
            push(audit, api_url=url, api_key=key)
        shown.append("".join(traceback.format_exception(raised.value)))
    assert "answered 401: UnauthorizedError: {}. The API key was refused" in shown[0]
    server = RubrixServer(None, None, None)
    stand_in.faults = dict.fromkeys(range(100), "drop")
    shown.append(repr(server) + str(push_error(audit, stand_in)) + caplog.text)
    for text in shown:
        assert "wrong-key" not in text.replace('"wrong-key', "")
        assert "secret-key" not in text


def push_error(audit, stand_in):
    stand_in.faults = dict.fromkeys(range(len(stand_in.requests) + 4, 100), "drop")
    with pytest.raises(PushInterruptedError) as raised:
        push(audit)
    return "".join(traceback.format_exception(raised.value)) + repr(raised.value.report)


def test_delays_grow(monkeypatch, audit, stand_in):
    slept = []
    monkeypatch.setattr(http, "DELAYS", (0.5, 1, 2))
    monkeypatch.setattr(http.time, "sleep", slept.append)
    stand_in.faults = dict.fromkeys(range(4, 100), "drop")
    with pytest.raises(PushInterruptedError):
        push(audit)
    assert slept == [0.5, 1, 2]
