"""Real servers of Rubrix and Argilla; their addresses come from the environment."""

import json
import os
import uuid

import numpy as np
import pytest
import urllib3

from label_auditor import audit_labels

NAMES = ["World", "Sports", "Business", "Sci/Tech"]


class Rubrix:
    """Speaks to a server of Rubrix or Argilla 1 as its web page does."""

    def __init__(self, url, key):
        self.url = url
        headers = {"Content-Type": "application/json"}
        headers |= {"X-Rubrix-Api-Key": key, "X-Argilla-Api-Key": key}
        self.pool = urllib3.PoolManager(headers=headers)
        self.workspace = json.loads(self.ask("GET", "/me"))["username"]
        headers |= {"X-Rubrix-Workspace": self.workspace, "X-Argilla-Workspace": self.workspace}

    def ask(self, method, path, body=None):
        body = None if body is None else json.dumps(body)
        answer = self.pool.request(method, f"{self.url}/api{path}", body=body)
        self.pool.clear()
        assert answer.status == 200, answer.data
        return answer.data

    def request(self, method, path, body=None):
        return self.ask(method, f"/datasets{path}", body)

    def load(self, name):
        records, total = {}, 1
        while len(records) < total:
            found = self.search(name, "id", start=len(records))
            total = found["total"]
            records |= {record["id"]: record for record in found["records"]}
        return records

    def search(self, name, sort, size=1000, start=0):
        body = {"sort": [{"id": sort, "order": "asc"}]}
        path = f"/{name}/TextClassification:search?limit={size}&from={start}"
        return json.loads(self.request("POST", path, body))

    def save(self, name, records, agent, label, status="Validated"):
        """Save records as the page does when a reviewer has chosen a label."""
        annotation = {"agent": agent, "labels": [{"class": label, "score": 1.0}]}
        keys = ("id", "inputs", "prediction", "metadata", "multi_label", "explanation")
        saved = [
            {key: record.get(key) for key in keys} | {"annotation": annotation, "status": status}
            for record in records
        ]
        self.request("POST", f"/{name}/TextClassification:bulk", {"records": saved})


@pytest.fixture(scope="session")
def rubrix():
    """Give the server, or skip."""
    if "RUBRIX_API_URL" not in os.environ:
        pytest.skip("no Rubrix server: set RUBRIX_API_URL and RUBRIX_API_KEY to run these")
    return Rubrix(os.environ["RUBRIX_API_URL"], os.environ["RUBRIX_API_KEY"])


@pytest.fixture
def name(rubrix):
    """Give the name of a data set that isn't there, before or after."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield name
    rubrix.pool.request("DELETE", f"{rubrix.url}/api/datasets/{name}")
    rubrix.pool.clear()


class Argilla:
    """Speaks to the server as its web page does."""

    def __init__(self, url, key):
        self.url, self.key = url, key
        self.pool = urllib3.PoolManager()

    def request(self, method, path, body=None, key=None):
        headers = {"X-Argilla-Api-Key": key or self.key, "Content-Type": "application/json"}
        body = None if body is None else json.dumps(body)
        answer = self.pool.request(method, f"{self.url}/api/v1{path}", body=body, headers=headers)
        assert answer.status < 300, answer.data
        return answer.data and json.loads(answer.data)

    def workspace(self):
        return self.request("GET", "/me/workspaces")["items"][0]

    def dataset(self, name):
        found = self.request("GET", "/me/datasets")["items"]
        return next((each for each in found if each["name"] == name), None)

    def load(self, name):
        path = f"/datasets/{self.dataset(name)['id']}/records?include=responses&include=suggestions"
        records, page = {}, True
        while page:
            page = self.request("GET", f"{path}&limit=1000&offset={len(records)}")["items"]
            records |= {each["external_id"]: each for each in page}
        return records

    def add_user(self, name, role="annotator"):
        """Make a user with access to the workspace."""
        body = {"username": name, "first_name": name, "password": "12345678", "role": role}
        user = self.request("POST", "/users", body)
        path = f"/workspaces/{self.workspace()['id']}/users"
        self.request("POST", path, {"user_id": user["id"]})
        return user

    def respond(self, record, user, value, status="submitted"):
        """Store a reviewer's answer to a record.

        Not the way of the web page, which has the search engine run a script that the engine of
        these tests doesn't know; what is stored is the same.
        """
        values = {} if value is None else {"label": {"value": value}}
        response = {"user_id": user["id"], "status": status, "values": values}
        body = {"items": [{"id": record["id"], "responses": [response]}]}
        self.request("PUT", f"/datasets/{record['dataset_id']}/records/bulk", body)


@pytest.fixture(scope="session")
def argilla():
    """Give the server, or skip."""
    if "ARGILLA_API_URL" not in os.environ:
        pytest.skip("no Argilla server: set ARGILLA_API_URL and ARGILLA_API_KEY to run these")
    server = Argilla(os.environ["ARGILLA_API_URL"], os.environ["ARGILLA_API_KEY"])
    if not server.request("GET", "/me/workspaces")["items"]:
        server.request("POST", "/workspaces", {"name": "argilla"})
    yield server
    server.pool.clear()


@pytest.fixture
def argilla_name(argilla):
    """Give the name of a data set that isn't there, before or after."""
    name = f"Test {uuid.uuid4().hex[:12]} / é"
    yield name
    dataset = argilla.dataset(name)
    if dataset:
        argilla.request("DELETE", f"/datasets/{dataset['id']}")


def make_audit(n):
    """Audit labels of four classes, a fifth of them wrong."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, n)
    pred_probs = rng.dirichlet([0.4] * 4, size=n) + 3 * np.eye(4)[truth]
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    labels = np.where(rng.random(n) < 0.2, rng.integers(0, 4, n), truth)
    return audit_labels(labels, pred_probs)


@pytest.fixture(scope="session")
def audit():
    """Audit 2,000 rows."""
    return make_audit(2000)


@pytest.fixture(scope="session")
def small_audit():
    """Audit 40 rows."""
    return make_audit(40)


@pytest.fixture(scope="session")
def multi_audit():
    """Audit 2,000 rows with any of four classes, or none."""
    rng = np.random.default_rng(1)
    truth = rng.random((2000, 4)) < 0.3
    pred_probs = (0.15 + 0.7 * truth + rng.normal(size=truth.shape) / 8).clip(0, 1)
    given = truth ^ (rng.random(truth.shape) < 0.05)
    return audit_labels(given, pred_probs, multi_label=True)


@pytest.fixture(scope="session")
def label_sets():
    """Audit 40 rows of three classes, of which each may have any number."""
    rng = np.random.default_rng(0)
    truth = rng.random((40, 3)) < 0.4
    pred_probs = np.clip(truth * 0.8 + rng.random((40, 3)) * 0.3, 0, 1)
    given = truth ^ (rng.random((40, 3)) < 0.1)
    names = np.array(["a", "b", "c"])
    return audit_labels([names[row].tolist() for row in given], pred_probs, multi_label=True)


class LabelStudio:
    """Speaks to the server as its web page does."""

    def __init__(self, url, key):
        self.url, self.key = url, key
        self.pool = urllib3.PoolManager()

    def request(self, method, path, body=None):
        headers = {"Authorization": f"Token {self.key}", "Content-Type": "application/json"}
        body = None if body is None else json.dumps(body)
        answer = self.pool.request(method, f"{self.url}/api{path}", body=body, headers=headers)
        assert answer.status < 300, answer.data
        return answer.data and json.loads(answer.data)

    def projects(self, title):
        found = self.request("GET", f"/projects?title={title}&page_size=1000")["results"]
        return [each for each in found if each["title"] == title]

    def tasks(self, title):
        """Give all tasks of a project, by record id; an id that is there twice fails."""
        (project,) = self.projects(title)
        path = f"/tasks?project={project['id']}&fields=all&page_size=10000&resolve_uri=false"
        tasks = self.request("GET", path)["tasks"]
        found = {each["data"]["record_id"]: each for each in tasks}
        assert len(found) == len(tasks) == project["task_number"]
        return found

    def annotate(self, task, choices, *, skipped=False):
        """Store an annotation, or skip a task."""
        result = {"from_name": "label", "to_name": "text", "type": "choices"}
        result["value"] = {"choices": choices}
        body = {"result": [] if skipped else [result], "was_cancelled": skipped, "lead_time": 1}
        return self.request("POST", f"/tasks/{task['id']}/annotations/", body)

    def export(self, title, kind):
        """Give an export of a project, as bytes."""
        (project,) = self.projects(title)
        headers = {"Authorization": f"Token {self.key}"}
        url = f"{self.url}/api/projects/{project['id']}/export?exportType={kind}"
        answer = self.pool.request("GET", url, headers=headers)
        assert answer.status == 200, answer.data
        return answer.data


@pytest.fixture(scope="session")
def label_studio():
    """Give the server, or skip."""
    if "LABEL_STUDIO_URL" not in os.environ:
        pytest.skip("no Label Studio server: set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY")
    server = LabelStudio(os.environ["LABEL_STUDIO_URL"], os.environ["LABEL_STUDIO_API_KEY"])
    yield server
    server.pool.clear()


@pytest.fixture
def title(label_studio):
    """Give the title of a project that isn't there, before or after."""
    title = f"test {uuid.uuid4().hex[:12]}"
    yield title
    for project in label_studio.projects(title):
        label_studio.request("DELETE", f"/projects/{project['id']}")
