"""A server of Argilla 2, over HTTP."""

from __future__ import annotations

import re
from typing import Any

from label_auditor.export.server import Server, choose_workspace, retry

DATASET = {"name": str, "id": str, "status": str}


class ArgillaServer(Server):
    """An Argilla 2 server, with a key that it has accepted.

    Parameters
    ----------
    api_url, api_key, workspace : str or None
        None is the environment variable ARGILLA_API_URL, ARGILLA_API_KEY; for the workspace, the
        only one that the user has.

    Raises
    ------
    ValueError
        If the workspace isn't one of the user's, or is None and the user has several; else as
        :class:`Server`.
    PermissionError
        If the key is refused.
    """

    name = "Argilla"
    oldest = (2, 0)
    info = "/api/v1/version"
    missing = re.compile(b"not found")  # of a path that it doesn't know, it says "Not Found"
    other = "Rubrix and Argilla 1 have push_to_rubrix and from_rubrix."

    def __init__(self, api_url: str | None, api_key: str | None, workspace: str | None) -> None:
        super().__init__(api_url, api_key)
        shape = {"items": [{"name": str, "id": str}]}
        found = retry(lambda: self.request("GET", "/api/v1/me/workspaces", shape=shape))["items"]
        known = {each["name"]: each["id"] for each in found}
        self.workspace = choose_workspace(workspace, known, self.url)
        self.workspace_id = known[self.workspace]

    def find_dataset(self, name: str) -> dict[str, Any] | None:
        """Give the data set of a name, or None."""
        query = {"workspace_id": self.workspace_id, "name": name}
        found = retry(
            lambda: self.request("GET", "/api/v1/me/datasets", shape={"items": [DATASET]}, **query)
        )["items"]
        return next((each for each in found if each["name"] == name), None)
