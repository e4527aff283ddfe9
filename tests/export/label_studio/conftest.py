"""A stand-in for Label Studio that stores what it is sent, and fails when told."""

import itertools
import re
from urllib.parse import parse_qsl

import pytest

from export.conftest import KEY, StandIn
from label_auditor.export import server as http

REFRESH = "eyJhbGciOi.refresh-of-mine.signed"


class LabelStudioStandIn(StandIn):
    """Stores projects and tasks as Label Studio does it: each import adds, whatever is there.

    Attributes
    ----------
    projects : dict
        By id.
    tasks : dict
        By id; each has its `project`.
    access : int
        How many times a short-lived token was given out; the last one alone holds.
    """

    key_header = "Authorization"

    def __init__(self):
        super().__init__()
        self.projects, self.tasks, self.numbers = {}, {}, itertools.count(1)
        self.access = 0
        self.answers = {
            "/api/version": (200, {"release": "1.23.2", "backend": {"version": "1.23.2"}}),
            "/api/users": (200, [{"id": 1, "email": "anna@example.com"}]),
            "/api/current-user/whoami": (200, {"id": 1}),
        }

    def _choose(self, request, fault):
        given, free = request.headers.get("Authorization"), ("/api/version", "/api/token/refresh")
        if request.path in free or given in (f"Token {KEY}", f"Bearer access-{self.access}"):
            request.headers.replace_header(
                "Authorization", KEY
            ) if given else request.headers.add_header("Authorization", KEY)
            return super()._choose(request, fault)
        return 401, {"detail": f"Invalid token. {given}"}

    def _answer(self, path, body):
        path, _, query = path.partition("?")
        method, query = self.requests[-1].split()[0], dict(parse_qsl(query))
        if path in self.answers:
            return self.answers[path]
        if path == "/api/token/refresh":
            if body["refresh"] != REFRESH:
                return 401, {"detail": "Token is invalid"}
            self.access += 1
            return 200, {"access": f"access-{self.access}"}
        found = re.fullmatch(r"/api/(projects|tasks|predictions)(?:/(\d+)(/import)?)?", path)
        if not found:
            return 404, "<html>not here</html>"
        kind, number, action = found[1], int(found[2] or 0), found[3]
        if action:
            for task in body:
                self.add(number, task)
            return 201, {"task_count": len(body)}
        if kind == "predictions":
            return self._prediction(method, number, body)
        table = self.projects if kind == "projects" else self.tasks
        if number:
            return self._one(method, table, number, body)
        if method == "POST":
            made = {"id": next(self.numbers), "description": None, **body}
            table[made["id"]] = made
            return 201, made
        return self._page(kind, query)

    def add(self, project, task):
        """Store a task, and give it."""
        number = next(self.numbers)
        predictions = [{"id": next(self.numbers), **each} for each in task.get("predictions", ())]
        self.tasks[number] = {
            "id": number,
            "project": project,
            "data": task["data"],
            "predictions": predictions,
            "annotations": [],
            "draft_exists": False,
        }
        return self.tasks[number]

    def shown(self, thing):
        """Give a project or a task as the server shows it."""
        if "data" in thing:
            skipped = sum(each["was_cancelled"] is True for each in thing["annotations"])
            counts = {"total_annotations": len(thing["annotations"]) - skipped}
            return thing | counts | {"cancelled_annotations": skipped}
        return thing | {"task_number": len(self.of_project(thing["id"]))}

    def of_project(self, project):
        return [task for task in self.tasks.values() if task["project"] == project]

    def _one(self, method, table, number, body):
        if number not in table:
            return 404, {"detail": "No Thing matches the given query."}
        if method == "DELETE":
            del table[number]
            return 204, b""
        if method == "PATCH":
            table[number] |= body
        return 200, self.shown(table[number])

    def _prediction(self, method, number, body):
        if method == "POST":
            made = {"id": next(self.numbers), **body}
            self.tasks[made.pop("task")]["predictions"].append(made)
            return 201, made
        for task in self.tasks.values():
            for each in task["predictions"]:
                if each["id"] != number:
                    continue
                if method == "PATCH":
                    each.update({key: body[key] for key in body if key != "task"})
                    return 200, each
                task["predictions"].remove(each)
                return 204, b""
        return 404, {"detail": "No Prediction matches the given query."}

    def _page(self, kind, query):
        if kind == "projects":
            found = [each for each in self.projects.values() if query["title"] in each["title"]]
        else:
            if int(query["project"]) not in self.projects:
                return 404, {"detail": "No Project matches the given query."}
            found = self.of_project(int(query["project"]))
        size, number = int(query["page_size"]), int(query["page"])
        page = found[size * (number - 1) : size * number]
        if not page and number > 1:
            return 404, {"detail": "Invalid page."}
        key = "results" if kind == "projects" else "tasks"
        return 200, {key: [self.shown(each) for each in page], "total": len(found)}


@pytest.fixture
def label_studio(monkeypatch):
    """Run the stand-in, with its address and key in the environment, and retry without delay."""
    server = LabelStudioStandIn()
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", KEY)
    monkeypatch.setattr(http, "DELAYS", (0.0,) * 5)
    yield server
    server.close()


def annotation(number, choices, *, who=1, when="2026-01-01", skipped=False):
    """Give an annotation as the server lists it."""
    value = {"choices": choices}
    result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": value}]
    return {
        "id": number,
        "completed_by": who,
        "was_cancelled": skipped,
        "updated_at": when,
        "result": [] if skipped or not choices else result,
    }
