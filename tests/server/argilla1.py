#!/usr/bin/env python3
"""Run a command beside a real Argilla 1 server on loopback.

    python3 argilla1.py path/to/serve.py VERSION -- COMMAND...

The server is the unmodified one from PyPI. serve.py, which runs those of Rubrix and Argilla 2,
lends its search engine; it is older than what Argilla 1 asks for, so an adapter stands between.
COMMAND finds the server in RUBRIX_API_URL and RUBRIX_API_KEY, for us, and the same of ARGILLA, for
its client; and the file with its process id in RUBRIX_SERVER_PIDFILE: a server that is killed is
started again.
"""

import contextlib
import fcntl
import http.client
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PASSWORD = "12345678"


class Adapter(BaseHTTPRequestHandler):
    """Passes requests on to the engine, changed where Argilla 1 asks for a newer one."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # The engine has no such tokenizer; only the page's word cloud uses it.
        body = body.replace(b'"tokenizer":"lowercase"', b'"tokenizer":"whitespace"')
        headers = dict(self.headers.items())
        headers |= {"Content-Length": str(len(body)), "Accept-Encoding": "identity"}
        engine = http.client.HTTPConnection(self.server.engine, timeout=60)
        path = self.path.replace("refresh=wait_for", "refresh=true")  # the same, but at once
        engine.request(self.command, path, body, headers)
        answer = engine.getresponse()
        data = answer.read()
        engine.close()
        if self.path == "/" and self.command == "GET":
            info = json.loads(data)
            info["version"] |= {"number": "2.4.0", "distribution": "opensearch"}
            data = json.dumps(info).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):  # the server may have been killed
                self.wfile.write(data)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args):
        pass


def adapt(engine):
    """Give the address of an adapter in front of the engine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Adapter)
    server.engine = urlsplit(engine).netloc
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def start(serve, servers, version):
    """Start the engine and the server; give the variables that name it."""
    apart = tuple(map(int, version.split(".")[:2])) >= (1, 20)  # the server is a package of its own
    module = "argilla_server" if apart else "argilla"
    package = f"argilla-server=={version}" if apart else f"argilla[server]=={version}"
    bin_ = serve.build_environment(
        f"argilla-{version}", serve.python39(), package, "click<8.2", "bcrypt<4.1", "numpy<2"
    )
    home = servers.scratch / "argilla"
    home.mkdir()
    env = {
        "ARGILLA_HOME_PATH": str(home),
        "ARGILLA_ELASTICSEARCH": adapt(servers.engine()),
        "ARGILLA_SEARCH_ENGINE": "opensearch",
        "ARGILLA_ENABLE_TELEMETRY": "0",
        "HF_HUB_OFFLINE": "1",
    }
    key = "argilla.apikey" if apart else "rubrix.apikey"
    user = ["users", "create_default", "--api-key", key, "--password", PASSWORD]
    for step in (["migrate"], user) if apart else ():  # before 1.6, users were in a file
        done = subprocess.run(
            [bin_ / "python", "-m", module, "database", *step],
            env={**serve.CLEAN, "HOME": str(servers.scratch), **env},
            cwd=servers.scratch,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"argilla1.py: {step} failed\n{done.stdout}{done.stderr}")
    port = serve.free_port()
    command = [bin_ / "python", "-m", "uvicorn", f"{module}:app", "--port", port]
    pid = servers.start("argilla", command, env)
    url = f"http://127.0.0.1:{port}"
    servers.wait_for("argilla", f"{url}/api/_info")
    named = {f"{name}_API_URL": url for name in ("RUBRIX", "ARGILLA")}
    named |= {f"{name}_API_KEY": key for name in ("RUBRIX", "ARGILLA")}
    return named | {"ARGILLA_WORKSPACE": "argilla", "RUBRIX_SERVER_PIDFILE": str(pid)}


def main():
    if len(sys.argv) < 5 or sys.argv[3] != "--":
        sys.exit(__doc__)
    spec = importlib.util.spec_from_file_location("serve", sys.argv[1])
    serve = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(serve)
    serve.CACHE.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with serve.Servers() as servers:
        with (serve.CACHE / "lock").open("w") as lock:  # one build at a time
            fcntl.flock(lock, fcntl.LOCK_EX)
            variables = start(serve, servers, sys.argv[2])
        return subprocess.call(sys.argv[4:], env={**os.environ, **variables})


if __name__ == "__main__":
    sys.exit(main())
