import base64
import gzip
import logging
import os
import traceback
import tracemalloc
from urllib.parse import unquote

import pytest

from label_auditor.export import server as http
from label_auditor.export.push import PushInterruptedError
from label_auditor.export.rubrix.send import push_to_rubrix
from label_auditor.export.rubrix.server import RubrixServer

KEY = "secret-key-of-mine"


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
        RuntimeError, match=r"redirects to https://elsewhere\.example\?k=\*\*\*; pass that as"
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


# Servers that mean no good, or don't know better


def malicious(stand_in, path, status, content, **headers):
    """Have the stand-in answer this at a path."""
    stand_in.answers[path] = (status, content)
    stand_in.extra = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 409, 500])
def test_a_key_that_is_echoed_is_struck_from_what_is_said(audit, stand_in, status):
    said = {"detail": f"you sent X-Api-Key: {KEY} and Authorization: Bearer {KEY}"}
    malicious(stand_in, "/api/me", status, said)
    with pytest.raises((OSError, RuntimeError), match=r"\*\*\*") as raised:
        push(audit)
    assert KEY not in "".join(traceback.format_exception(raised.value))
    assert KEY.encode() not in getattr(raised.value, "answer", b"")


def test_a_key_at_the_edge_of_what_is_shown_is_struck_too(audit, stand_in):
    malicious(stand_in, "/api/me", 200, "x" * 94 + KEY)
    with pytest.raises(ConnectionError, match="which is no JSON") as raised:
        push(audit)
    assert "secret" not in str(raised.value)


def test_a_password_in_the_url_is_struck(audit, stand_in):
    user = "user:a-secret"
    said = f"{user}, {base64.b64encode(user.encode()).decode()}"
    malicious(stand_in, "/api/_info", 500, said)
    with pytest.raises(ConnectionError, match=r"answered 500: user:\*\*\*, \*\*\* Is it") as raised:
        push(audit, api_url=stand_in.url.replace("//", f"//{user}@"))
    assert "a-secret" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_bounds_is_not_read_to_its_end(audit, stand_in, monkeypatch, packed):
    monkeypatch.setattr(http, "ANSWER_BYTES", 100_000)
    content = b"[" + b" " * 30_000_000
    headers = {"Content_Encoding": "gzip"} if packed else {}
    malicious(stand_in, "/api/_info", 200, gzip.compress(content) if packed else content, **headers)
    tracemalloc.start()
    with pytest.raises(
        RuntimeError, match=rf"{stand_in.url} answered GET .* more than 100,000 byt"
    ):
        RubrixServer(None, None, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(stand_in.requests) == 1  # it isn't asked again
    assert not packed or peak < 5_000_000


def test_an_answer_that_drips_is_not_waited_for(stand_in, monkeypatch):
    clock = iter(range(0, 10_000, 200))
    monkeypatch.setattr(http.time, "monotonic", lambda: next(clock))
    malicious(stand_in, "/api/_info", 200, " " * 10_000_000)
    with pytest.raises(RuntimeError, match=r"took more than 600 seconds to answer GET /api/_info"):
        RubrixServer(None, None, None)


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, '"\\ud800', b"\xff\xfe", b"\x1f\x8b"],
    ids=["list", "object", "digits", "surrogate", "utf-16", "gzip"],
)
@pytest.mark.parametrize("status", [200, 400])
def test_what_cannot_be_read_is_an_error_that_names_the_server(stand_in, content, status):
    malicious(stand_in, "/api/me", status, content)
    with pytest.raises((http.ServerUnavailableError, http.RefusedError), match=stand_in.url):
        RubrixServer(None, None, None)


def test_what_is_packed_wrongly_is_an_error_that_names_the_server(stand_in):
    malicious(stand_in, "/api/_info", 200, b"no gzip", Content_Encoding="gzip")
    with pytest.raises(ConnectionError, match=f"{stand_in.url} could not be reached .DecodeError"):
        RubrixServer(None, None, None)


def test_a_packed_answer_is_unpacked(stand_in):
    content = gzip.compress(b'{"rubrix_version": "0.18.0"}')
    stand_in.answers["/api/_info"] = (200, content)
    stand_in.answers["/api/me"] = (200, gzip.compress(b'{"username": "me"}'))
    stand_in.extra = {"Content-Encoding": "gzip"}
    assert RubrixServer(None, None, None).workspace == "me"


@pytest.mark.parametrize(
    ("value", "shape", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": int}, True),
        ({"b": 2}, {"a": int}, False),
        ({}, {"a": (None, int)}, True),
        ({"a": "1"}, {"a": (None, int)}, False),
        ([1], {"a": int}, False),
        ([{"a": 1}, {}], [{"a": int}], False),
        ([], [{"a": int}], True),
        ({"a": [1, "b"]}, {"a": [(int, str)]}, True),
        ("a", [str], False),
        (None, dict, False),
        ([], object, True),
    ],
)
def test_shapes(value, shape, expected):
    assert http.fits(value, shape) is expected


def test_a_name_is_one_segment_of_a_path(stand_in):
    server = RubrixServer(None, None, None)
    for name in ("../../me", "..", ".", "a/b?c#d", "é %2e"):
        stand_in.requests.clear()
        with pytest.raises(http.NotFoundError):
            server.scan(name, {}, 5)
        (request,) = stand_in.requests
        path = request.removeprefix("POST /api/datasets/").partition("/TextClassification/data?")[0]
        assert (unquote(path), "/" in path, "?" in path) == (name, False, False)


@pytest.mark.parametrize(
    ("answer", "slept"),
    [
        ("7", 7.0),
        (" 2.5", 2.5),
        ("-3", 0.0),
        ("0", 0.0),
        ("soon", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 100.0),
        ("Thu, 01 Foo 1970 00:00:00 GMT", 0.0),
        (f"Thu, 01 Jan {10**30} 00:00:00 GMT", 0.0),
    ],
)
def test_a_server_is_left_alone_for_as_long_as_it_asks(stand_in, monkeypatch, answer, slept):
    waits = []
    monkeypatch.setattr(http.time, "sleep", waits.append)
    monkeypatch.setattr(http.time, "time", lambda: 0.0)
    stand_in.extra = {"Retry-After": answer}
    stand_in.faults = {0: "429", 2: "503"}
    RubrixServer(None, None, None)
    assert waits == [slept, slept]


def test_a_server_that_asks_for_too_long_a_wait_is_not_asked_again(stand_in, monkeypatch):
    monkeypatch.setattr(http.time, "sleep", None)
    stand_in.extra = {"Retry-After": "3600"}
    stand_in.faults = dict.fromkeys(range(10), "503")
    with pytest.raises(
        ConnectionError, match=r"It asks to be left alone for 3,600 seconds; try ag"
    ):
        RubrixServer(None, None, None)
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize("version", ["9" * 5000 + ".1", "x.y", ""])
def test_a_version_that_is_none(stand_in, version):
    malicious(stand_in, "/api/_info", 200, {"rubrix_version": version})
    with pytest.raises(RuntimeError, match="is no Rubrix server: its /api/_info names no version"):
        RubrixServer(None, None, None)
