"""A server of Rubrix 0.18 or Argilla 1, over HTTP."""

from __future__ import annotations

import contextlib
import os
import re
from typing import Any

from label_auditor.export.server import (
    ConflictError,
    Server,
    choose_workspace,
    retry,
    segment,
)

USER = {"username": str, "workspaces": (None, [(None, str)])}
# "class_label" is what Argilla 1 answers from 1.2 on.
LABELS = [({"class": str}, {"class_label": str})]
RECORD = {
    "id": (str, int),
    "status": str,
    "annotation": (None, {"agent": (None, str), "labels": LABELS}),
    "last_updated": (None, str),
}


class RubrixServer(Server):
    """A server of Rubrix 0.18 or Argilla 1, with a key that it has accepted.

    Parameters
    ----------
    api_url, api_key, workspace : str or None
        None is the environment variable RUBRIX_API_URL, RUBRIX_API_KEY, RUBRIX_WORKSPACE; a
        workspace that isn't there either is the user's own, or the only one.

    Raises
    ------
    ValueError
        If the workspace isn't one of the user's, or there is none to choose; else as
        :class:`Server`.
    PermissionError
        If the key is refused.
    """

    name = "Rubrix"
    oldest = (0, 18)
    info = "/api/_info"
    other = "Argilla 2 has push_to_argilla and from_argilla."
    missing = re.compile(b"::EntityNotFoundError")

    def __init__(self, api_url: str | None, api_key: str | None, workspace: str | None) -> None:
        super().__init__(api_url, api_key)
        user = retry(lambda: self.request("GET", "/api/me", shape=USER))
        known, own = {*(user.get("workspaces") or [])} - {"", None}, user["username"]
        if self.version < (1, 6):  # every user has a workspace of that name
            known.add(own)
        workspace = workspace or os.environ.get("RUBRIX_WORKSPACE")
        self.workspace = choose_workspace(workspace, known, self.url, own)
        self._headers |= {
            "X-Rubrix-Workspace": self.workspace,
            "X-Argilla-Workspace": self.workspace,
        }

    def _auth_headers(self, key: str) -> dict[str, str]:
        # A proxy's user and password, if there are any, take the place of the last.
        return {
            "X-Rubrix-Api-Key": key,
            "X-Argilla-Api-Key": key,
            "Authorization": f"Bearer {key}",
        }

    def make_dataset(self, name: str) -> None:
        """Make a data set for text classification."""
        if self.version < (1, 13):
            return  # the first records make it
        with contextlib.suppress(ConflictError):  # so did an attempt whose answer was lost
            body = {"name": name, "task": "TextClassification"}
            retry(lambda: self.request("POST", "/api/datasets", body))

    def scan(
        self, name: str, query: dict[str, Any], limit: int, after: Any = None
    ) -> list[dict[str, Any]]:
        """Give the first records that match, of those whose id comes after another's."""
        page: list[dict[str, Any]]
        if self.version < (1, 2):
            path = f"/api/datasets/{segment(name)}/TextClassification/data"
            start = {} if after is None else {"id_from": after}
            return self.request_lines("POST", path, query, shape=RECORD, limit=limit, **start)
        path = f"/api/datasets/{segment(name)}/records/:search"
        body = {"query": query, "next_idx": None if after is None else str(after)}
        page = self.request("POST", path, body, shape={"records": [RECORD]}, limit=limit)["records"]
        return page
