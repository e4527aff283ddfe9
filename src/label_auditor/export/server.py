"""Annotation servers, over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import quote, urlencode

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Result = TypeVar("Result")

# Seconds between attempts: a server that restarts is back within their sum.
DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
TIMEOUT = urllib3.Timeout(connect=10, read=60)
# Besides those of 500 and more, the answers of a server or gateway that will do better later.
BUSY = (408, 429)


class ServerUnavailableError(ConnectionError):
    """The server could not be reached or failed; the same request may succeed later."""

    def __init__(self, message: str, answer: bytes = b"") -> None:
        super().__init__(message)
        self.answer = answer


class NotFoundError(RuntimeError):
    """The server has no such data set."""


class ConflictError(RuntimeError):
    """The server has a thing of that name already."""


class RefusedError(RuntimeError):
    """The server won't do what it was asked, however often."""

    def __init__(self, message: str, answer: bytes) -> None:
        super().__init__(message)
        self.answer = answer


def retry(attempt: Callable[[], Result], *, times: int | None = None) -> Result:
    """Call again, after longer and longer delays, while the server is unavailable."""
    for delay in DELAYS[:times]:
        with contextlib.suppress(ServerUnavailableError):
            return attempt()
        time.sleep(delay)
    return attempt()


class Server:
    """A server that has been found.

    Parameters
    ----------
    api_url, api_key : str or None
        None is what the environment has: RUBRIX_API_URL, say.

    Raises
    ------
    ValueError
        If the URL or the key is missing or malformed.
    ConnectionError
        If nothing answers at the URL.
    RuntimeError
        If what answers is another server, or too old.
    """

    name: ClassVar[str]
    oldest: ClassVar[tuple[int, int]]
    info: ClassVar[str]  # the path that tells the version
    missing: ClassVar[re.Pattern[bytes]]  # what the answer 404 says of a thing that isn't there
    other: ClassVar[str]  # what there is for the servers that are taken for this one

    def __init__(self, api_url: str | None, api_key: str | None) -> None:
        parsed = _parse_url(self._setting("api_url", api_url))
        self.url = parsed._replace(auth=None, query=None, fragment=None).url.rstrip("/")
        key = self._setting("api_key", api_key)
        if not (key.isascii() and key.isprintable()):
            raise ValueError("api_key holds characters that an HTTP header can't.")  # never shown
        self._headers = {"Content-Type": "application/json"} | self._auth_headers(key)
        if parsed.auth:  # a proxy's user and password may come with the URL
            basic = urllib3.make_headers(basic_auth=parsed.auth)["authorization"]
            self._headers["Authorization"] = basic
        self._pool = urllib3.PoolManager(timeout=TIMEOUT)
        self.version = self._check_version()

    def _auth_headers(self, key: str) -> dict[str, str]:
        """Give the headers with the key."""
        return {f"X-{self.name}-Api-Key": key}

    def _setting(self, argument: str, value: str | None) -> str:
        """Give an argument, or else what the environment has for it."""
        variable = f"{self.name}_{argument}".upper()
        found = value or os.environ.get(variable)
        if not found:
            raise ValueError(f"{argument} is missing: pass {argument}= or set {variable}.")
        return found.strip()

    def request(
        self, method: str, path: str, body: Any = None, *, keys: Iterable[str] = (), **query: Any
    ) -> Any:
        """Send a request and give the JSON of the answer, an object with these keys."""
        lines = self.request_lines(method, path, body, keys=keys, **query)
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
                f"{self.url} answered {method} {path} with {answer[:100]!r}, "
                f"as {self.name} wouldn't."
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
        if answer.status == 404:
            if self.missing.search(answer.data):
                return NotFoundError(said)
            oldest = ".".join(map(str, self.oldest))
            return RuntimeError(f"{said}. It is no {self.name} server, or one older than {oldest}.")
        variable = f"{self.name.upper()}_API_KEY"
        refused = (
            f"The API key was refused; pass api_key= or set {variable} to that of your account"
        )
        error, advice = {
            401: (PermissionError, f". {refused} there."),
            403: (PermissionError, ". Your account there isn't allowed to do this."),
            409: (ConflictError, ""),
        }.get(answer.status, (None, ""))
        return error(said + advice) if error else RefusedError(said, answer.data)

    def _check_version(self) -> tuple[int, int]:
        """Check that such a server, and not too old a one, answers; give its version."""
        try:
            # Not for long: a wrong URL should be told soon.
            info = retry(lambda: self.request("GET", self.info), times=2)
        except ServerUnavailableError as error:
            raise ConnectionError(
                f"No {self.name} server answers: {error} Is it running, and is api_url= right? "
                f"{self.other}"
            ) from None
        found = re.search(r"version\W+(\d+)\.(\d+)", json.dumps(info))
        if not found:
            raise RuntimeError(
                f"{self.url} is no {self.name} server: its {self.info} names no version."
            )
        version = int(found[1]), int(found[2])
        if version < self.oldest:
            oldest = ".".join(map(str, self.oldest))
            raise RuntimeError(
                f"{self.url} runs {self.name} {found[1]}.{found[2]}, but {oldest} or newer is "
                f"needed. {self.other}"
            )
        return version


def choose_workspace(
    given: str | None, known: Iterable[str], url: str, own: str | None = None
) -> str:
    """Give the workspace that was asked for, or the user's own, or the only one."""
    names = sorted(known)
    wanted = given or (own if own in names or len(names) != 1 else names[0])
    if wanted in names:
        return wanted
    what = "is None" if given is None else f"{given!r} isn't one of yours"
    raise ValueError(
        f"workspace {what}, and at {url} you have "
        f"{', '.join(map(repr, names)) or 'none'}; pass one of these."
    )


def _parse_url(url: str) -> urllib3.util.Url:
    """Check that a URL is one of HTTP."""
    try:
        parsed = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        parsed = urllib3.util.Url()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("api_url must look like 'http://localhost:6900'; what was given doesn't.")
    return parsed


def _explain(answer: bytes, limit: int = 500) -> str:
    """Give what a server says of an error, in one line."""
    try:
        detail = json.loads(answer)["detail"]
        text = (
            detail
            if isinstance(detail, str)
            else f"{detail['code'].split('::')[-1]}: {detail['params']}"
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        text = answer.decode(errors="replace")
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit] + "…"
