"""Annotation servers, over HTTP: what is asked, and which answers are believed."""

from __future__ import annotations

import email.utils
import functools
import json
import math
import os
import re
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import urllib3

Result = TypeVar("Result")

# Seconds between attempts. A server that restarts is back within their sum.
DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# Seconds to connect, and to wait for each part of an answer.
CONNECT_SECONDS, READ_SECONDS = 10, 60
# The longest wait that a server may ask for; if it asks for more, the user should know.
LONGEST_WAIT = 120.0
# What an answer may take in seconds and in bytes, unpacked: far above a page of long records.
ANSWER_SECONDS = 600.0
ANSWER_BYTES = 2**28
# With 500 and above, the statuses after which the same request may succeed later.
BUSY = (408, 429)


class ServerUnavailableError(ConnectionError):
    """The server could not be reached or failed; the same request may succeed later.

    Attributes
    ----------
    answer : bytes
        What the server said.
    wait : float
        For how many seconds it asked to be left alone.
    """

    def __init__(self, message: str, answer: bytes = b"", wait: float = 0.0) -> None:
        super().__init__(message)
        self.answer = answer
        self.wait = wait


class NotFoundError(RuntimeError):
    """The server has no such data set."""


class ConflictError(RuntimeError):
    """The server already has something of that name."""


class RefusedError(RuntimeError):
    """The server refuses the request, and would do so again."""

    def __init__(self, message: str, answer: bytes) -> None:
        super().__init__(message)
        self.answer = answer


def retry(attempt: Callable[[], Result], *, times: int | None = None) -> Result:
    """Call again, after longer and longer delays, while the server is unavailable."""
    for delay in DELAYS[:times]:
        try:
            return attempt()
        except ServerUnavailableError as error:  # noqa: PERF203 - each attempt may fail
            if error.wait > LONGEST_WAIT:
                raise
            time.sleep(max(delay, error.wait))
    return attempt()


def fits(value: Any, shape: Any) -> bool:
    """Tell whether JSON has the shape that is needed of it.

    Parameters
    ----------
    value : object
        What the JSON holds.
    shape : dict, list, tuple, type or None
        The shapes of values by key, of each element, or one of several; a type; or none.

    Returns
    -------
    bool
        Whether it does. A key that isn't there counts as None.

    Examples
    --------
    >>> fits({"items": [{"id": "a"}, {"id": "b", "more": 1}]}, {"items": [{"id": str}]})
    True
    >>> fits({"items": [{"id": None}]}, {"items": [{"id": (str, int)}]})
    False
    """
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            fits(value.get(key), each) for key, each in shape.items()
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    if isinstance(shape, tuple):
        return any(fits(value, each) for each in shape)
    return value is None if shape is None else isinstance(value, shape)


def segment(name: str) -> str:
    """Quote a name as one segment of a path, which leads neither up nor to another query."""
    return quote(name, safe="").replace(".", "%2E")


class Server:
    """A server that answers, and is of the right kind and new enough.

    Proxies that environment variables name, such as HTTPS_PROXY, are not used.

    Parameters
    ----------
    api_url, api_key : str or None
        None takes the environment variable, RUBRIX_API_URL for example.

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
    missing: ClassVar[re.Pattern[bytes]]  # what an answer 404 says if a data set isn't there
    other: ClassVar[str]  # advice for those who have one of the servers that resemble this one
    # The environment variables, if they aren't the name with the argument's.
    variables: ClassVar[dict[str, str]] = {}

    def __init__(self, api_url: str | None, api_key: str | None) -> None:
        import urllib3

        parsed = _parse_url(self._setting("api_url", api_url))
        self.url = parsed._replace(auth=None, query=None, fragment=None).url.rstrip("/")
        key = self._setting("api_key", api_key)
        if not (key.isascii() and key.isprintable()):
            raise ValueError("api_key holds characters that an HTTP header can't.")  # never shown
        self._headers = {"Content-Type": "application/json"} | self._auth_headers(key)
        if parsed.auth:  # a proxy's user and password may come with the URL
            basic = urllib3.make_headers(basic_auth=parsed.auth)["authorization"]
            self._headers["Authorization"] = basic
        password = (parsed.auth or "").partition(":")[2]
        basic = self._headers.get("Authorization", "").removeprefix("Basic ")
        self._secrets = [key, password, basic]
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(timeout=timeout)
        self.version = self._check_version()

    def _auth_headers(self, key: str) -> dict[str, str]:
        """Give the headers with the key."""
        return {f"X-{self.name}-Api-Key": key}

    def _variable(self, argument: str) -> str:
        """Give the name of the environment variable for an argument."""
        return self.variables.get(argument, f"{self.name}_{argument}".upper())

    def _setting(self, argument: str, value: str | None) -> str:
        """Give an argument, or else what the environment has for it."""
        variable = self._variable(argument)
        found = value or os.environ.get(variable)
        if not found:
            raise ValueError(f"{argument} is missing: pass {argument}= or set {variable}.")
        return found.strip()

    def request(
        self, method: str, path: str, body: Any = None, *, shape: Any = dict, **query: Any
    ) -> Any:
        """Send a request and give the JSON of the answer, one object of this shape."""
        lines = self.request_lines(method, path, body, shape=shape, **query)
        if len(lines) != 1:
            raise ServerUnavailableError(f"{self.url} gave no answer to {method} {path}.")
        return lines[0]

    def request_lines(
        self, method: str, path: str, body: Any = None, *, shape: Any, **query: Any
    ) -> list[Any]:
        """Send a request and give the JSON of each line of the answer: objects of this shape."""
        return self._parse(self._send(method, path, body, query), f"{method} {path}", shape)

    def _parse(self, answer: bytes, request: str, shape: Any) -> list[Any]:
        """Give the JSON of each line of an answer: objects of this shape."""
        shown = f"{request} with {self._strike(answer)[:100]!r}"
        try:
            lines = [json.loads(line) for line in answer.split(b"\n") if line]
        except (ValueError, RecursionError):
            raise ServerUnavailableError(
                f"{self.url} answered {shown}, which is no JSON."
            ) from None
        # An error in mid-stream comes as the last line of a successful answer.
        if lines and isinstance(lines[-1], dict) and "detail" in lines[-1]:
            last = answer.rstrip().split(b"\n")[-1]
            raise ServerUnavailableError(f"{self.url} failed: {_explain(self._strike(last))}")
        if not all(fits(line, shape) for line in lines):
            raise ServerUnavailableError(f"{self.url} answered {shown}, as {self.name} wouldn't.")
        return lines

    def pages(
        self, load: Callable[[dict[str, Any] | None, int], list[dict[str, Any]]]
    ) -> Iterator[list[dict[str, Any]]]:
        """Give the pages of a listing up to an empty one; each must have records of its own.

        `load` gives the page after a record, of which so many came before; None for the first.
        """
        seen: set[str] = set()
        last, n_read = None, 0
        while page := retry(functools.partial(load, last, n_read)):
            ids = {str(record["id"]) for record in page}
            if ids <= seen:
                raise RuntimeError(
                    f"{self.url} gives the same records again and again; the last of them is "
                    f"{page[-1]['id']!r:.60}. Without an end to the listing it can't be read."
                )
            seen |= ids
            yield page
            last, n_read = page[-1], n_read + len(page)

    def _send(self, method: str, path: str, body: Any, query: dict[str, Any]) -> bytes:
        """Send a request and give the answer; raise unless it is one of success."""
        import urllib3

        # A lone surrogate can't be encoded: "?" stands for it.
        data = body and json.dumps(body, ensure_ascii=False).encode(errors="replace")
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._pool.request(
                method,
                url,
                body=data,
                headers=self._headers,
                retries=False,
                redirect=False,  # it would take the key to another host
                preload_content=False,
            )
            content = self._read(answer, f"{method} {path}")
        except urllib3.exceptions.HTTPError as error:
            said = self._strike(f"{type(error).__name__}: {error}".encode()).decode()
            raise ServerUnavailableError(f"{self.url} could not be reached ({said}).") from None
        finally:
            # A connection serves one request: on the next one, an answer that came twice would
            # be taken for that to another, and Rubrix resets it after an error.
            self._pool.clear()
        if answer.status < 300:
            return content
        raise self._error(answer.status, answer.headers, self._strike(content))

    def _read(self, answer: urllib3.BaseHTTPResponse, request: str) -> bytes:
        """Read an answer, unless it is too large or takes too long."""
        content, end = bytearray(), time.monotonic() + ANSWER_SECONDS
        try:
            while part := answer.read1(2**16):
                content += part
                if len(content) > ANSWER_BYTES:
                    raise RuntimeError(
                        f"{self.url} answered {request} with more than {ANSWER_BYTES:,} bytes, "
                        f"which {self.name} wouldn't; is api_url= right?"
                    )
                if time.monotonic() > end:
                    raise RuntimeError(
                        f"{self.url} took more than {ANSWER_SECONDS:g} seconds to answer {request}."
                    )
        finally:
            answer.close()
        return bytes(content)

    def _strike(self, text: bytes) -> bytes:
        """Strike out the key and the password, which a server may send back."""
        for secret in sorted(filter(None, self._secrets), key=len, reverse=True):
            for form in (secret, json.dumps(secret)[1:-1]):
                text = text.replace(form.encode(), b"***")
        return text

    def _error(self, status: int, headers: Any, answer: bytes) -> Exception:
        """Say what an answer other than success means."""
        said = f"{self.url} answered {status}: {_explain(answer)}"
        if status >= 500 or status in BUSY:
            wait = _seconds(headers.get("Retry-After"))
            if wait > LONGEST_WAIT:
                said += f" It asks to be left alone for {wait:,.0f} seconds; try again then."
            return ServerUnavailableError(said, answer, wait)
        if status < 400:
            place = self._strike(str(headers.get("Location")).encode()).decode()
            return RuntimeError(f"{self.url} redirects to {place}; pass that as api_url=.")
        if status == 404:
            if self.missing.search(answer):
                return NotFoundError(said)
            oldest = ".".join(map(str, self.oldest))
            return RuntimeError(f"{said}. It is no {self.name} server, or one older than {oldest}.")
        variable = self._variable("api_key")
        refused = (
            f"The API key was refused; pass api_key= or set {variable} to that of your account"
        )
        error, advice = {
            401: (PermissionError, f". {refused} there."),
            403: (PermissionError, ". Your account there isn't allowed to do this."),
            409: (ConflictError, ""),
        }.get(status, (None, ""))
        return error(said + advice) if error else RefusedError(said, answer)

    def _check_version(self) -> tuple[int, int]:
        """Check that such a server, and not too old a one, answers; give its version."""
        try:
            # Not for long: a wrong URL should be told soon.
            info = retry(lambda: self.request("GET", self.info, shape=object), times=2)
        except ServerUnavailableError as error:
            raise ConnectionError(
                f"No {self.name} server answers: {error} Is it running, and is api_url= right? "
                f"{self.other}"
            ) from None
        found = re.search(r"version\W+(\d{1,9})\.(\d{1,9})", json.dumps(info))
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
    import urllib3

    try:
        parsed = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        parsed = urllib3.util.Url()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("api_url must look like 'http://localhost:6900'; what was given doesn't.")
    return parsed


def _seconds(retry_after: str | None) -> float:
    """Read the header Retry-After: a number of seconds, or a date."""
    if retry_after is None:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        date = email.utils.parsedate_tz(retry_after)
        try:
            seconds = 0.0 if date is None else email.utils.mktime_tz(date) - time.time()
        except (ValueError, OverflowError):  # a year that no calendar has
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _explain(answer: bytes, limit: int = 500) -> str:
    """Give what a server says of an error, in one line."""
    try:
        found = json.loads(answer)
        detail = found["detail"]
        if reasons := found.get("validation_errors"):  # of Label Studio
            detail = f"{detail}: {reasons}"
        text = (
            detail
            if isinstance(detail, str)
            else f"{detail['code'].split('::')[-1]}: {detail['params']}"
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        text = answer.decode(errors="replace")
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit] + "…"
