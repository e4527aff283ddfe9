"""The tasks that a project of Label Studio has: added to, brought up to date, never doubled."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from label_auditor.export.label_studio.limits import RECORD_ID
from label_auditor.export.label_studio.server import PROJECT, is_worked_on
from label_auditor.export.server import NotFoundError, ServerUnavailableError

if TYPE_CHECKING:
    from label_auditor.export.label_studio.server import LabelStudioServer


class Known(NamedTuple):
    """What is remembered of a task: enough to tell whether it is to be changed."""

    id: int
    worked_on: bool
    digest: bytes


class StoredTasks:
    """The tasks of a project, each of which is to be there once.

    Label Studio gives every task that is imported a number of its own, so an import that is
    repeated would double its tasks. After every failure the tasks are therefore read again, and
    only those that are absent are imported.

    Parameters
    ----------
    server : LabelStudioServer
        The server.
    project : int
        The id of the project.
    n_tasks : int
        How many tasks it has.
    agent : str
        The version of the model whose predictions are ours.
    """

    def __init__(self, server: LabelStudioServer, project: int, n_tasks: int, agent: str) -> None:
        self._server, self._project, self._agent = server, project, agent
        self._n_tasks = n_tasks
        # None: not read, or no longer to be trusted.
        self._known: dict[str, Known] | None = None if n_tasks else {}

    def store(
        self, chunk: list[dict[str, Any]]
    ) -> tuple[int, list[int | str], dict[int | str, str]]:
        """Store what nobody has worked on; give the number stored, and the ids of those left."""
        try:
            return self._store(chunk)
        except ServerUnavailableError:
            self._known = None
            raise

    def settle(self) -> None:
        """Make sure at the end of a push that no task is there twice."""
        path = f"/api/projects/{self._project}"
        found = self._server.request("GET", path, shape=PROJECT)["task_number"] or 0
        if found != self._n_tasks:
            self._read()

    def _store(
        self, chunk: list[dict[str, Any]]
    ) -> tuple[int, list[int | str], dict[int | str, str]]:
        known = self._read() if self._known is None else self._known
        new, left_alone = [], []
        for task in chunk:
            name = task["data"][RECORD_ID]
            there = known.get(name)
            if there is None:
                new.append(task)
            elif there.worked_on or (
                there.digest != _digest(task, self._agent) and not self._update(there.id, task)
            ):
                left_alone.append(name)
        if new:
            self._import(new)
        return len(chunk) - len(left_alone), left_alone, {}

    def _import(self, tasks: list[dict[str, Any]]) -> None:
        """Add tasks that the project doesn't have."""
        path = f"/api/projects/{self._project}/import"
        count = self._server.request("POST", path, tasks, shape={"task_count": int})["task_count"]
        self._n_tasks += count
        if count != len(tasks):
            raise RuntimeError(
                f"{self._server.url} did not store all of {len(tasks)} records: by its own "
                f"account, {count} were stored."
            )

    def _update(self, number: int, task: dict[str, Any]) -> bool:
        """Bring a task up to date, unless somebody has worked on it or deleted it by now."""
        stored = self._server.task(number)
        if is_worked_on(stored):
            return False
        path = f"/api/tasks/{number}"
        if stored["data"] != task["data"]:
            self._server.request("PATCH", path, {"data": task["data"]})
        ours = [each for each in stored["predictions"] if each["model_version"] == self._agent]
        wanted = task.get("predictions", [])
        if _shown(ours) == _shown(wanted):
            return True
        for old, new in zip(ours, wanted, strict=False):
            self._replace(old["id"], {**new, "task": number})
        for old in ours[len(wanted) :]:
            self._delete(f"/api/predictions/{old['id']}")
        for new in wanted[len(ours) :]:
            self._server.request("POST", "/api/predictions", {**new, "task": number})
        return True

    def _replace(self, number: int, prediction: dict[str, Any]) -> None:
        """Change a prediction where it stands, or make it if it is gone by now."""
        try:
            self._server.request("PATCH", f"/api/predictions/{number}", prediction)
        except NotFoundError:
            self._server.request("POST", "/api/predictions", prediction)

    def _read(self) -> dict[str, Known]:
        """Read all tasks, and delete second copies that nobody has worked on."""
        known: dict[str, Known] = {}
        copies = []
        n_tasks = 0
        for page in self._server.tasks(self._project):
            n_tasks += len(page)
            for task in page:
                if RECORD_ID not in task["data"]:
                    continue
                name = str(task["data"][RECORD_ID])
                found = Known(task["id"], is_worked_on(task), _digest(task, self._agent))
                first = known.setdefault(name, found)
                if first.id == found.id:
                    continue
                if found.worked_on and not first.worked_on:
                    known[name], found, first = found, first, found
                if found.digest == first.digest and not found.worked_on:
                    copies.append(found.id)
        self._n_tasks = n_tasks - sum(map(self._delete_copy, copies))
        self._known = known
        return known

    def _delete_copy(self, number: int) -> bool:
        """Delete a task that is there twice, unless somebody has begun to work on it."""
        try:
            if is_worked_on(self._server.task(number)):
                return False
        except NotFoundError:  # deleted by an attempt whose answer was lost
            return True
        self._delete(f"/api/tasks/{number}")
        return True

    def _delete(self, path: str) -> None:
        """Delete something, if it is still there."""
        try:
            self._server.delete(path)
        except NotFoundError:  # an attempt whose answer was lost has done it
            return


def _digest(task: dict[str, Any], agent: str) -> bytes:
    """Give what tells whether the data of a task and our prediction have changed."""
    ours = [each for each in task.get("predictions", []) if each["model_version"] == agent]
    text = json.dumps([task["data"], _shown(ours)], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _shown(predictions: list[dict[str, Any]]) -> list[Any]:
    """Give what a reviewer sees of predictions."""
    return [
        [each["score"], [result["value"] for result in each["result"] or ()]]
        for each in predictions
    ]
