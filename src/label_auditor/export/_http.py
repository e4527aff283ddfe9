"""A Rubrix server, over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Result = TypeVar("Result")

# Seconds between attempts: a server that restarts is back within their sum.
DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
TIMEOUT = urllib3.Timeout(connect=10, read=60)
OLDEST = (0, 18)
# Besides those of 500 and more, the answers of a server or gateway that will do better later.
BUSY = (408, 429)


class ServerUnavailableError(ConnectionError):
    """The server could not be reached or failed; the same request may succeed later."""

    def __init__(self, message: str, answer: bytes = b"") -> None:
        super().__init__(message)
        self.answer = answer


class NotFoundError(RuntimeError):
    """The server has no such data set."""


def retry(attempt: Callable[[], Result], *, times: int | None = None) -> Result:
    """Call again, after longer and longer delays, while the server is unavailable."""
    for delay in DELAYS[:times]:
        with contextlib.suppress(ServerUnavailableError):
            return attempt()
        time.sleep(delay)
    return attempt()


class RubrixServer:
    """A server that has been found, with a key that it has accepted.

    Parameters
    ----------
    api_url, api_key, workspace : str or None
        None is the environment variable RUBRIX_API_URL, RUBRIX_API_KEY, RUBRIX_WORKSPACE; a
        workspace that isn't there either is the user's own.

    Raises
    ------
    ValueError
        If the URL or the key is missing or malformed, or the workspace isn't one of the user's.
    ConnectionError
        If nothing answers at the URL.
    RuntimeError
        If what answers is no Rubrix server, or too old.
    PermissionError
        If the key is refused.
    """

    def __init__(self, api_url: str | None, api_key: str | None, workspace: str | None) -> None:
        parsed = _parse_url(_setting("api_url", api_url))
        self.url = parsed._replace(auth=None, query=None, fragment=None).url.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | _auth_headers(
            _setting("api_key", api_key), parsed.auth
        )
        self._pool = urllib3.PoolManager(timeout=TIMEOUT)
        self._check_version()
        user = retry(lambda: self.request("GET", "/api/me", keys=["username"]))
        self.workspace = workspace or os.environ.get("RUBRIX_WORKSPACE") or user["username"]
        known = {user["username"], *(user.get("workspaces") or [])} - {""}
        if self.workspace not in known:
            raise ValueError(
                f"workspace {self.workspace!r} isn't one of yours at {self.url}; "
                f"you have {', '.join(map(repr, sorted(known)))}."
            )
        self._headers["X-Rubrix-Workspace"] = self.workspace

    def request(self, method: str, path: str, body: Any = None, *, keys: Iterable[str] = ()) -> Any:
        """Send a request and give the JSON of the answer, an object with these keys."""
        lines = self.request_lines(method, path, body, keys=keys)
        if len(lines) != 1:
            raise ServerUnavailableError(f"{self.url} gave no answer to {method} {path}.")
        return lines[0]

    def request_lines(
        self, method: str, path: str, body: Any = None, *, keys: Iterable[str] = (), **query: Any
    ) -> list[Any]:
        """Send a request and give the JSON of each line of the answer: objects with these keys."""
        answer = self._send(method, path, body, query)
        try:
            lines = [json.loads(line) for line in answer.split(b"\n") if line]
        except ValueError:
            raise ServerUnavailableError(
                f"{self.url} answered {method} {path} with {answer[:100]!r}, which is no JSON."
            ) from None
        # An error in mid-stream comes as the last line of a successful answer.
        if lines and isinstance(lines[-1], dict) and "detail" in lines[-1]:
            last = answer.rstrip().split(b"\n")[-1]
            raise ServerUnavailableError(f"{self.url} failed: {_explain(last)}")
        if not all(isinstance(line, dict) and key in line for key in keys for line in lines):
            raise ServerUnavailableError(
                f"{self.url} answered {method} {path} with {answer[:100]!r}, as Rubrix wouldn't."
            )
        return lines

    def _send(self, method: str, path: str, body: Any, query: dict[str, Any]) -> bytes:
        """Send a request and give the answer; raise unless it is one of success."""
        # A lone surrogate can't be encoded: "?" stands for it.
        data = body and json.dumps(body, ensure_ascii=False).encode(errors="replace")
        url = self.url + quote(path, safe="/:") + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._pool.request(
                method,
                url,
                body=data,
                headers=self._headers,
                retries=False,
                redirect=False,  # it would take the key to another host
            )
        except urllib3.exceptions.HTTPError as error:
            raise ServerUnavailableError(
                f"{self.url} could not be reached ({type(error).__name__}: {error})."
            ) from None
        finally:
            # A connection serves one request: on the next one, an answer that came twice would
            # be taken for that to another, and Rubrix resets it after an error.
            self._pool.clear()
        if answer.status < 300:
            return answer.data
        raise self._error(answer)

    def _error(self, answer: urllib3.BaseHTTPResponse) -> Exception:
        """Say what an answer other than success means."""
        said = f"{self.url} answered {answer.status}: {_explain(answer.data)}"
        if answer.status >= 500 or answer.status in BUSY:
            return ServerUnavailableError(said, answer.data)
        if answer.status < 400:
            return RuntimeError(
                f"{self.url} redirects to {answer.headers.get('Location')}; pass that as api_url=."
            )
        if answer.status in (401, 403):
            return PermissionError(
                f"{said}. The API key was refused; "
                "pass api_key= or set RUBRIX_API_KEY to that of your account there."
            )
        if answer.status == 404:
            if b"::EntityNotFoundError" in answer.data:
                return NotFoundError(said)
            return RuntimeError(f"{said}. It is no Rubrix server, or one older than 0.18.")
        return RuntimeError(said)

    def _check_version(self) -> None:
        """Check that a Rubrix server, and not too old a one, answers."""
        try:
            # Not for long: a wrong URL should be told soon.
            info = retry(lambda: self.request("GET", "/api/_info"), times=2)
        except ServerUnavailableError as error:
            raise ConnectionError(
                f"No Rubrix server answers: {error} Is it running, and is api_url= right?"
            ) from None
        version = re.search(r"version\W+(\d+)\.(\d+)", json.dumps(info))
        if not version:
            raise RuntimeError(f"{self.url} is no Rubrix server: its /api/_info names no version.")
        if tuple(map(int, version.groups())) < OLDEST:
            raise RuntimeError(
                f"{self.url} runs Rubrix {version[1]}.{version[2]}, but 0.18 or newer is needed."
            )


def _setting(name: str, value: str | None) -> str:
    """Give an argument, or else what the environment has for it."""
    found = value or os.environ.get(f"RUBRIX_{name.upper()}")
    if not found:
        raise ValueError(f"{name} is missing: pass {name}= or set RUBRIX_{name.upper()}.")
    return found.strip()


def _parse_url(url: str) -> urllib3.util.Url:
    """Check that a URL is one of HTTP."""
    try:
        parsed = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        parsed = urllib3.util.Url()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("api_url must look like 'http://localhost:6900'; what was given doesn't.")
    return parsed


def _auth_headers(key: str, basic_auth: str | None) -> dict[str, str]:
    """Give the headers with the key; a proxy's user and password may come with the URL."""
    if not (key.isascii() and key.isprintable()):
        raise ValueError("api_key holds characters that an HTTP header can't.")  # never shown
    if basic_auth:
        return {"X-Rubrix-Api-Key": key} | urllib3.make_headers(basic_auth=basic_auth)
    return {"X-Rubrix-Api-Key": key, "Authorization": f"Bearer {key}"}


def _explain(answer: bytes, limit: int = 500) -> str:
    """Give what a server says of an error, in one line."""
    try:
        detail = json.loads(answer)["detail"]
        text = f"{detail['code'].split('::')[-1]}: {detail['params']}"
    except (KeyError, TypeError, ValueError, AttributeError):
        text = answer.decode(errors="replace")
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit] + "…"
