"""A server of Label Studio, over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from label_auditor.export.server import NotFoundError, Server, retry

if TYPE_CHECKING:
    from collections.abc import Iterator

# Tasks, or projects, that are asked of a server at a time.
PAGE = 500
PROJECT = {
    "id": int,
    "title": str,
    "description": (None, str),
    "label_config": (None, str),
    "task_number": (None, int),
}
RESULTS = [{"from_name": (None, str), "type": (None, str), "value": dict}]
PREDICTION = {
    "id": int,
    "model_version": (None, str),
    "score": (None, int, float),
    "result": (None, RESULTS),
}
ANNOTATION = {
    "id": int,
    "completed_by": (None, int, {"id": int, "email": (None, str)}),
    "was_cancelled": (None, bool),
    "updated_at": (None, str),
    "result": (None, RESULTS),
}
TASK = {
    "id": int,
    "data": dict,
    "total_annotations": int,
    "cancelled_annotations": int,
    "draft_exists": bool,
    "annotations": [ANNOTATION],
    "predictions": [PREDICTION],
}


class LabelStudioServer(Server):
    """A Label Studio server, with a token that it has accepted.

    Parameters
    ----------
    api_url, api_key : str or None
        None is the environment variable LABEL_STUDIO_URL, LABEL_STUDIO_API_KEY. The key is either
        a legacy token or a personal access token, which is exchanged for short-lived ones.

    Raises
    ------
    ValueError
        If the URL holds a user and password; else as :class:`Server`.
    PermissionError
        If the token is refused.
    """

    name = "Label Studio"
    oldest = (1, 10)
    info = "/api/version"
    missing = re.compile(rb"No \w+ matches|Invalid page")
    other = "Rubrix and Argilla have push_to_rubrix and push_to_argilla."
    variables = {"api_url": "LABEL_STUDIO_URL", "api_key": "LABEL_STUDIO_API_KEY"}  # noqa: RUF012

    def __init__(self, api_url: str | None, api_key: str | None) -> None:
        self._refresh_token: str | None = None
        super().__init__(api_url, api_key)
        if self._headers.get("Authorization", "").startswith("Basic "):
            raise ValueError(
                "api_url holds a user and a password, but Label Studio takes its token in the same "
                "header; pass a URL without them."
            )
        if self._refresh_token is not None:
            retry(self._refresh)
        retry(lambda: self.request("GET", "/api/current-user/whoami", shape={"id": int}))

    def _auth_headers(self, key: str) -> dict[str, str]:
        # A personal access token is a JSON web token: three parts of base64.
        if key.startswith("eyJ") and key.count(".") == 2:
            self._refresh_token = key
            return {}
        return {"Authorization": f"Token {key}"}

    def _refresh(self) -> None:
        """Exchange the personal access token for one that holds for some minutes."""
        self._headers.pop("Authorization", None)
        body = {"refresh": self._refresh_token}
        answer = super()._send("POST", "/api/token/refresh", body, {})
        access = self._parse(answer, "POST /api/token/refresh", {"access": str})[0]["access"]
        self._secrets.append(access)
        self._headers["Authorization"] = f"Bearer {access}"

    def _send(self, method: str, path: str, body: Any, query: dict[str, Any]) -> bytes:
        try:
            return super()._send(method, path, body, query)
        except PermissionError:
            if self._refresh_token is None or "Authorization" not in self._headers:
                raise
            self._refresh()  # the short-lived token has ended
            return super()._send(method, path, body, query)

    def project(self, number: int) -> dict[str, Any]:
        """Give the project of an id."""
        try:
            found: dict[str, Any] = retry(
                lambda: self.request("GET", f"/api/projects/{number}", shape=PROJECT)
            )
        except NotFoundError:
            raise ValueError(
                f"project is {number!r}, but {self.url} has no project of that id that you may "
                "see; pass the id that stands in the address of the project."
            ) from None
        return found

    def projects(self, title: str) -> list[dict[str, Any]]:
        """Give all projects of a title, the oldest first."""
        pages = self._numbered_pages("/api/projects", "results", PROJECT, title=title)
        found = [each for page in pages for each in page if each["title"] == title]
        return sorted(found, key=lambda each: each["id"])

    def find_project(self, project: int | str) -> dict[str, Any] | None:
        """Give the project of an id or a title; None if none has the title."""
        if isinstance(project, int):
            return self.project(project)
        found = self.projects(project)
        if len(found) > 1:
            raise ValueError(
                f"project is {project!r}, but {self.url} has {len(found)} projects of that title, "
                f"with the ids {', '.join(str(each['id']) for each in found)}; pass one of these."
            )
        return found[0] if found else None

    def tasks(self, project: int) -> Iterator[list[dict[str, Any]]]:
        """Give all tasks of a project, a page at a time."""
        return self._numbered_pages(
            "/api/tasks", "tasks", TASK, project=project, fields="all", resolve_uri="false"
        )

    def task(self, number: int) -> dict[str, Any]:
        """Give one task as it is now."""
        found: dict[str, Any] = self.request(
            "GET", f"/api/tasks/{number}", shape=TASK, resolve_uri="false"
        )
        return found

    def delete(self, path: str) -> None:
        """Delete what is at a path."""
        self.request_lines("DELETE", path, shape=object)  # the answer is empty

    def _numbered_pages(
        self, path: str, key: str, shape: Any, **query: Any
    ) -> Iterator[list[dict[str, Any]]]:
        """Give the pages of a listing whose pages have numbers; after the last comes a 404."""
        number = 0

        def load(last: dict[str, Any] | None, _: int) -> list[dict[str, Any]]:
            page = {"page": number + 1, "page_size": PAGE}
            try:
                answer = self.request("GET", path, shape={key: [shape]}, **query, **page)
            except NotFoundError:
                if last is None:
                    raise
                return []
            found: list[dict[str, Any]] = answer[key]
            return found

        for page in self.pages(load):
            number += 1
            yield page


def is_worked_on(task: dict[str, Any]) -> bool:
    """Tell whether somebody has annotated a task, skipped it or begun to."""
    return bool(task["total_annotations"] or task["cancelled_annotations"] or task["draft_exists"])
