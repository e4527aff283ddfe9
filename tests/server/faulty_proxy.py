"""A proxy before a real server that loses, delays and doubles requests and answers."""

import itertools
import random
import socket
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

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

            do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

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
