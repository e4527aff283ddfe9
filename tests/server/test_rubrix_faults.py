"""A real server of Rubrix 0.18 or Argilla 1, behind a proxy that loses, delays and doubles."""

import itertools
import os
import random
import socket
import threading
import time
import uuid
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
import urllib3

from label_auditor.export import server as http
from label_auditor.export.push import PushInterruptedError

RUNS = int(os.environ.get("LABEL_AUDITOR_FAULT_RUNS", "4"))

# Seconds that the client waits for an answer: what is delayed comes after that. To store records
# takes Rubrix a second, few or many, as it waits until they can be found.
PATIENCE = 3.0

FAULTS = {
    "refuse": "the connection is closed, the request not passed on",
    "lose": "the request is passed on, the connection closed without an answer",
    "cut": "the connection is closed after half of the answer",
    "garble": "the answer is a gateway's page, with status 200",
    "unavailable": "the answer is 503, the request not passed on",
    "busy": "the answer is 429, the request not passed on",
    "delay": "the answer comes after the client has given up",
    "twice": "the request is passed on twice",
    "echo": "the answer comes twice, the second time at once",
    "late echo": "the answer comes twice, the second time after the next request",
    "late": "the request is passed on after the client has given up and tried again",
}
MADE_UP = {
    "garble": (200, b"<html>please wait</html>"),
    "unavailable": (503, b"<html>no backend</html>"),
    "busy": (429, b"too many requests"),
}


class FaultyProxy:
    """Passes requests on to a server, and does something to three in ten of them, and to one.

    Parameters
    ----------
    url : str
        The server.
    faults : sequence of str
        What may happen.
    seed : int
        Of what happens when.
    before : callable
        Called with the path of a request before it is passed on, when no other is on its way.
    """

    def __init__(self, url, faults, seed, before=lambda path: None):
        self.server_address, self.faults, self.before = urlsplit(url).netloc, faults, before
        self.random, self.one_at_a_time = random.Random(seed), threading.Lock()
        self.numbers, self.sure, self.done = itertools.count(), seed % 7, Counter()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                proxy.handle(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *args):
                pass

        self.proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.proxy.daemon_threads = False  # closing waits for what is late
        self.proxy.handle_error = lambda *args: None  # the client hangs up when it likes
        self.url = f"http://127.0.0.1:{self.proxy.server_port}"
        self.thread = threading.Thread(target=self.proxy.serve_forever, args=[0.01])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.proxy.shutdown()
        self.thread.join()
        self.proxy.server_close()

    def handle(self, request):
        request.connection.settimeout(5)
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self.one_at_a_time:
            chosen = next(self.numbers) == self.sure or self.random.random() < 0.3
            fault = self.random.choice(self.faults) if chosen else None
            self.done[fault] += 1
        if fault == "late":
            time.sleep(1.5 * PATIENCE)
        answer = MADE_UP.get(fault)
        if answer is None and fault != "refuse":
            with self.one_at_a_time:
                self.before(request.path)
                for _ in range(2 if fault == "twice" else 1):
                    answer = self.pass_on(request, body)
        if fault == "delay":
            time.sleep(1.2 * PATIENCE)
        if fault in ("refuse", "lose"):
            return self.hang_up(request)
        self.send(request, *answer, cut=fault == "cut")
        if fault == "late echo":
            time.sleep(0.01)
        if fault in ("echo", "late echo"):
            self.send(request, *answer)
        return None

    def pass_on(self, request, body):
        server = HTTPConnection(self.server_address, timeout=30)
        server.request(request.command, request.path, body, dict(request.headers.items()))
        answer = server.getresponse()
        found = answer.status, answer.read()
        server.close()
        return found

    def send(self, request, status, data, *, cut=False):
        head = f"HTTP/1.1 {status} Answer\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        request.wfile.write(head + (data[: len(data) // 2] if cut else data))
        if cut:
            self.hang_up(request)

    def hang_up(self, request):
        request.close_connection = True
        request.connection.shutdown(socket.SHUT_RDWR)


class Reviewer:
    """Validates records now and then, at a moment when nothing is on its way to the server."""

    def __init__(self, rubrix, name, seed):
        self.rubrix, self.name, self.random = rubrix, name, random.Random(seed)
        self.reviewed = set()

    def __call__(self, path):
        # Between a look at the server and a store a review would be lost: Rubrix can't tell.
        looks = "/data?" in path or "/records/" in path
        if not looks or self.random.random() < 0.5:
            return
        try:
            stored = self.rubrix.load(self.name)
        except AssertionError:  # there is no data set yet
            return
        open_ids = sorted(stored.keys() - self.reviewed)
        if open_ids:
            chosen = self.random.choice(open_ids)
            self.rubrix.save(self.name, [stored[chosen]], "anna", "Sports")
            self.reviewed.add(chosen)


@pytest.fixture
def impatient(monkeypatch):
    """Don't wait for long, and try again at once."""
    monkeypatch.setattr(http, "TIMEOUT", urllib3.Timeout(connect=5, read=PATIENCE))
    monkeypatch.setattr(http, "DELAYS", (0.0,) * 6)


def push(audit, name, **options):
    return audit.push_to_rubrix(
        [f"text {i}" for i in range(40)],
        name,
        only_issues=False,
        chunk_size=10,
        class_names=["World", "Sports", "Business", "Sci/Tech"],
        **options,
    )


def push_until_done(audit, rubrix, name, proxy, **options):
    """Push again whenever a push is interrupted, and check each account."""
    for _ in range(20):
        try:
            return push(audit, name, api_url=proxy.url, **options)
        except PushInterruptedError as error:  # noqa: PERF203
            report, stored = error.report, rubrix.load(name) if error.report.n_stored else {}
            assert report.n_stored + len(report.left_alone) + report.n_not_sent == 40
            assert report.n_not_sent in (10, 20, 30, 40)
            assert not report.failed
            assert len(stored) >= report.n_stored
            proxy.done["push interrupted"] += 1
        except ConnectionError:  # not even the first answer came
            proxy.done["push interrupted"] += 1
    raise AssertionError("twenty pushes were interrupted")


def content(records):
    """Give records but for the time at which they were stored."""
    return {
        each: {key: value for key, value in record.items() if key != "last_updated"}
        for each, record in records.items()
    }


@pytest.fixture(scope="module")
def expected(small_audit, rubrix):
    """Give what is stored when nothing goes wrong."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    push(small_audit, name)
    found = content(rubrix.load(name))
    rubrix.request("DELETE", f"/{name}")
    assert sorted(found) == list(range(40))
    return found


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(RUNS))
def test_nothing_is_lost_or_doubled(small_audit, rubrix, name, seed, expected):
    overwrite = seed % 2 == 1
    with FaultyProxy(rubrix.url, list(FAULTS), seed) as proxy:
        report = push_until_done(small_audit, rubrix, name, proxy, overwrite_reviewed=overwrite)
    print(dict(proxy.done))  # noqa: T201 - what happened, with `pytest -rP`
    assert (report.n_stored, report.left_alone, report.failed) == (40, (), {})
    assert content(rubrix.load(name)) == expected
    assert rubrix.search(name, "id")["total"] == 40
    assert proxy.done.keys() > {None}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(RUNS))
def test_reviews_made_during_a_faulty_push_survive(small_audit, rubrix, name, seed):
    # A request that is passed on late overwrites what was reviewed before: Rubrix can't tell.
    faults = [fault for fault in FAULTS if fault != "late"]
    reviewer = Reviewer(rubrix, name, seed)
    with FaultyProxy(rubrix.url, faults, seed, before=reviewer) as proxy:
        reports = [push_until_done(small_audit, rubrix, name, proxy) for _ in range(2)]
    print(dict(proxy.done), len(reviewer.reviewed))  # noqa: T201
    assert [each.n_stored + len(each.left_alone) for each in reports] == [40, 40]
    assert reviewer.reviewed >= {*reports[0].left_alone, *reports[1].left_alone} > set()
    stored = rubrix.load(name)
    assert sorted(stored) == list(range(40))
    for each, record in stored.items():
        found = record["annotation"]["agent"], record["status"]
        reviewed = each in reviewer.reviewed
        assert found == (("anna", "Validated") if reviewed else ("given", "Default"))
