"""Audits to export, and stand-ins for servers of Rubrix and Argilla that fail when told."""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import numpy as np
import pytest

from label_auditor import audit_labels
from label_auditor.export import server as http

KEY = "secret-key-of-mine"


@pytest.fixture
def audit():
    """Audit 12 rows of 3 classes, of which rows 4, 9 and 1 are flagged, in this order."""
    labels = np.repeat(["a", "b", "c"], 4)
    pred_probs = np.full((12, 3), 0.05)
    pred_probs[np.arange(12), np.repeat([0, 1, 2], 4)] = 0.9
    pred_probs[4] = [0.97, 0.01, 0.02]
    pred_probs[9] = [0.02, 0.93, 0.05]
    pred_probs[1] = [0.1, 0.0, 0.9]
    found = audit_labels(labels, pred_probs)
    assert found.ranked.tolist() == [4, 9, 1]
    return found


@pytest.fixture
def multi_audit():
    """Audit 8 rows with any of 3 classes, of which rows 2 and 5 are flagged, in this order."""
    labels = [["a"], ["a", "b"], ["b"], [], ["c"], ["c", "a"], ["c"], ["b", "c"]]
    pred_probs = np.array([[name in each for name in "abc"] for each in labels]) * 0.75 + 0.125
    pred_probs[2] = [0.875, 0.875, 0.96875]
    pred_probs[5] = [0.25, 0.125, 0.75]
    found = audit_labels(labels, pred_probs, filter_by="predicted_neq_given", multi_label=True)
    assert found.ranked.tolist() == [2, 5]
    return found


@pytest.fixture
def big_audit():
    """Audit 60 rows of 2 classes."""
    rng = np.random.default_rng(0)
    pred_probs = rng.dirichlet([0.5, 0.5], size=60)
    return audit_labels(rng.integers(0, 2, 60), pred_probs)


class StandIn:
    """Stores records as Rubrix does, and fails as told.

    Attributes
    ----------
    records : dict
        What is stored, by id as a string.
    requests : list of str
        Method and path of each request, in order.
    faults : dict
        What to do, by the number of the request (from 0): "drop" the connection unanswered; "lose"
        the answer; "cut" it short; "echo" it a moment later; answer "503", "429", "html", "alien",
        "redirect" or "stream-error"; or call a function and go on.
    made : bool
        Whether somebody has made the data set; only Argilla insists on it.
    extra : dict
        More headers of each answer, by name.
    """

    key_header = "X-Rubrix-Api-Key"

    def __init__(self):
        self.records, self.requests, self.faults = {}, [], {}
        self.bodies, self.headers, self.made = [], [], False
        self.extra = {}
        self.answers = {
            "/api/_info": (200, {"rubrix_version": "0.18.0"}),
            "/api/me": (200, {"username": "me", "workspaces": ["", "team"]}),
        }
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def __getattr__(self, name):
                if name in ("do_GET", "do_POST", "do_PUT", "do_PATCH", "do_DELETE"):
                    return lambda: stand_in.handle(self)
                raise AttributeError(name)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def handle(self, request):
        if getattr(request, "spoilt", False):  # so does Rubrix, after an error
            return self._reset(request)
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        number = len(self.requests)
        self.requests.append(f"{request.command} {request.path}")
        self.bodies.append(json.loads(body) if body else None)
        self.headers.append(dict(request.headers.items()))
        fault = self.faults.get(number)
        if callable(fault):
            fault = fault()
        if fault == "drop":
            return self._reset(request)
        status, answer = self._choose(request, fault)
        if fault == "lose":
            return self._reset(request)
        self._send(request, status, answer, cut=fault == "cut")
        if fault == "echo":
            time.sleep(0.02)
            with contextlib.suppress(OSError):  # the client may have hung up
                self._send(request, status, answer, cut=False)
        return None

    def _choose(self, request, fault):
        if request.headers.get(self.key_header) != KEY:
            return 401, {"detail": {"code": "x::UnauthorizedError", "params": {}}}
        made_up = {
            "503": (503, "<html>no backend</html>"),
            "429": (429, "<html>no backend</html>"),
            "html": (200, "<html>please log in</html>"),
            "alien": (200, {"status": "ok"}),
            "stream-error": (200, {"detail": {"code": "x::Generic", "params": {"message": "y"}}}),
            "redirect": (308, "elsewhere"),
        }
        return made_up.get(fault) or self._answer(request.path, self.bodies[-1])

    def _answer(self, path, body):
        path, _, query = path.partition("?")
        if path in self.answers:
            return self.answers[path]
        if path.endswith(":bulk"):
            for record in body["records"]:
                self.records[str(record["id"])] = record
            return 200, {"dataset": "d", "processed": len(body["records"]), "failed": 0}
        if path.endswith("/data") and self.records:
            query = dict(parse_qsl(query))
            found = [
                each
                for key, each in sorted(self.records.items())
                if key > query.get("id_from", "")
                and key in body.get("ids", self.records)
                and each["status"] in body.get("status", [each["status"]])
            ][: int(query["limit"])]
            return 200, "\n".join(map(json.dumps, found)) + "\n"
        if path.startswith("/api/datasets/"):
            if self.records and not path.endswith("/data"):
                return 200, {"task": "TextClassification"}
            return 404, {"detail": {"code": "x::EntityNotFoundError", "params": {}}}
        return 404, "<html>not here</html>"

    def _send(self, request, status, answer, *, cut):
        if not isinstance(answer, bytes):
            answer = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        data = answer
        request.send_response(status)
        for name, value in self.extra.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        if status == 308:
            request.send_header("Location", f"https://elsewhere.example?k={KEY}")
        request.end_headers()
        with contextlib.suppress(ConnectionError):  # the client may have hung up
            request.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self._reset(request)
        request.spoilt = status >= 400

    def _reset(self, request):
        request.wfile.flush()
        request.close_connection = True
        request.connection.shutdown(socket.SHUT_RDWR)


class ArgillaStandIn(StandIn):
    """The same as Argilla 1.29 does it."""

    key_header = "X-Argilla-Api-Key"

    def __init__(self):
        super().__init__()
        self.answers["/api/_info"] = 200, {"version": "1.29.1"}

    def _answer(self, path, body):
        path, _, query = path.partition("?")
        if path in self.answers:
            return self.answers[path]
        if path == "/api/datasets":
            status, self.made = (409 if self.made else 200), True
            return status, {"name": body["name"]}
        if not self.made and path.startswith("/api/datasets/"):
            return 404, {"detail": {"code": "x::EntityNotFoundError", "params": {}}}
        if path.endswith("/records/:search"):
            wanted = body["query"].get("ids", self.records)
            found = [
                _as_stored(each)
                for key, each in sorted(self.records.items())
                if key > (body["next_idx"] or "")
                and key in wanted
                and each["status"] in body["query"].get("status", [each["status"]])
            ]
            return 200, {"records": found[: int(dict(parse_qsl(query))["limit"])]}
        if path.endswith("/data"):
            return 404, {"detail": "Not Found"}
        if path.endswith(":bulk"):
            return super()._answer(path, body)
        return 200, {"task": "TextClassification"}


class Argilla2StandIn(StandIn):
    """Stores one data set as Argilla 2 does it.

    Attributes
    ----------
    dataset : dict or None
        The data set, once it is made.
    parts : dict
        Its questions, fields and metadata properties, by kind.
    """

    key_header = "X-Argilla-Api-Key"

    def __init__(self):
        super().__init__()
        self.dataset = None
        self.parts = {"questions": [], "fields": [], "metadata-properties": []}
        self.answers = {
            "/api/v1/version": (200, {"version": "2.8.0"}),
            "/api/v1/me/workspaces": (200, {"items": [{"id": "w1", "name": "team"}]}),
            "/api/v1/users": (200, {"items": [{"id": "u1", "username": "anna"}]}),
        }

    def _answer(self, path, body):
        path, _, query = path.partition("?")
        method, kind = self.requests[-1].split()[0], path.rsplit("/", 1)[-1]
        if path in self.answers:
            return self.answers[path]
        if path == "/api/v1/me/datasets":
            return 200, {"items": [self.dataset] if self.dataset else []}
        if kind in ("datasets", "publish"):
            return self._make(kind, body)
        if kind in self.parts:
            return self._part(kind, method, body)
        if kind == "bulk":
            for each in body["items"]:
                self.records[each["external_id"]] = {"responses": [], **each}
            return 200, {"items": [{} for _ in body["items"]]}
        if kind == "records":
            query = dict(parse_qsl(query))
            start = int(query["offset"])
            found = [{"id": f"r{key}", **each} for key, each in self.records.items()]
            return 200, {"items": found[start : start + int(query["limit"])]}
        return 404, {"detail": "Not Found"}

    def _make(self, kind, body):
        """Make the data set, or publish it."""
        if kind == "datasets":
            if self.dataset:
                return 409, {"detail": "there is one of this name"}
            self.dataset = {"id": "d1", "name": body["name"], "status": "draft"}
            return 201, self.dataset
        if self.dataset["status"] == "ready":
            return 422, {"detail": "Dataset has already been published"}
        self.dataset["status"] = "ready"
        return 200, self.dataset

    def _part(self, kind, method, body):
        """Give the parts of a kind, or add one."""
        known = self.parts[kind]
        if method == "GET":
            return 200, {"items": known}
        if body["name"] in [each["name"] for each in known]:
            return 409, {"detail": "there is one of this name"}
        known.append({"id": f"{kind} {len(known)}", **body})
        return 201, known[-1]


def _as_stored(record):
    """Give a record as Argilla's search engine has it."""
    annotation = record["annotation"]
    if annotation:
        labels = [{"class_label": each["class"], "score": 1.0} for each in annotation["labels"]]
        annotation = annotation | {"labels": labels}
    return record | {"annotation": annotation}


@pytest.fixture
def stand_in(monkeypatch):
    """Run the stand-in, with its address and key in the environment, and retry without delay."""
    yield from _run(StandIn(), monkeypatch)


@pytest.fixture
def argilla_1(monkeypatch):
    """Run that for Argilla 1 in the same way."""
    yield from _run(ArgillaStandIn(), monkeypatch)


@pytest.fixture
def argilla_2(monkeypatch):
    """Run that for Argilla 2 in the same way."""
    yield from _run(Argilla2StandIn(), monkeypatch, "ARGILLA")


def _run(server, monkeypatch, name="RUBRIX"):
    monkeypatch.setenv(f"{name}_API_URL", server.url)
    monkeypatch.setenv(f"{name}_API_KEY", KEY)
    monkeypatch.delenv(f"{name}_WORKSPACE", raising=False)
    monkeypatch.setattr(http, "DELAYS", (0.0,) * 5)
    yield server
    server.close()
