"""Against a real Label Studio server: there and back, with and without a network that fails."""

import os

import pytest

from label_auditor import Corrections, apply_corrections, audit_labels
from label_auditor.export import server as http
from label_auditor.export.push import PushInterruptedError
from server.faulty_proxy import FAULTS, PATIENCE, FaultyProxy

NAMES = ["World", "Sports", "Business", "Sci/Tech"]
RUNS = int(os.environ.get("LABEL_AUDITOR_FAULT_RUNS", "4"))


def push(audit, title, **options):
    texts = [f"text {i}" for i in range(len(audit))]
    options = {"only_issues": False, "class_names": NAMES, "chunk_size": 10} | options
    return audit.push_to_label_studio(texts, title, **options)


def content(tasks):
    """Give what was sent of tasks, by record id."""
    return {
        name: (
            task["data"],
            [
                (each["model_version"], each["score"], each["result"])
                for each in task["predictions"]
            ],
        )
        for name, task in tasks.items()
    }


def without_age(task):
    """Leave out the minutes since something was made: a slow machine sees another number."""
    lists = {
        key: [{k: v for k, v in each.items() if k != "created_ago"} for each in task[key]]
        for key in ("annotations", "predictions")
    }
    return task | lists


def test_there_and_back(small_audit, label_studio, title, tmp_path):
    report = push(small_audit, title, metadata={"n": range(40)})
    assert (report.n_stored, report.left_alone, report.failed) == (40, (), {})
    tasks = label_studio.tasks(title)
    _, sent = small_audit.to_label_studio(
        [f"text {i}" for i in range(40)],
        only_issues=False,
        class_names=NAMES,
        metadata={"n": range(40)},
    )
    expected = {each["data"]["record_id"]: each for each in sent}
    assert content(tasks) == content(expected)
    label_studio.annotate(tasks["3"], ["Sports"])
    label_studio.annotate(tasks["4"], ["World"])
    label_studio.annotate(tasks["5"], [], skipped=True)
    label_studio.request("POST", f"/tasks/{tasks['6']['id']}/drafts", {"result": []})
    reviewed = label_studio.tasks(title)
    again = push(small_audit, title, metadata={"n": range(40)})
    assert (again.n_stored, sorted(again.left_alone)) == (36, ["3", "4", "5", "6"])
    assert label_studio.tasks(title) == reviewed
    changed = push(small_audit, title, metadata={"n": range(1, 41)})
    assert (changed.n_stored, len(changed.left_alone)) == (36, 4)
    after = label_studio.tasks(title)
    assert {name: task["data"]["n"] - int(name) for name, task in after.items()} == {
        name: 0 if name in list("3456") else 1 for name in after
    }
    corrections = Corrections.from_label_studio(title)
    assert {each.id: (each.label, each.status, each.who) for each in corrections} == {
        "3": ("Sports", "validated", "a@example.com"),
        "4": ("World", "validated", "a@example.com"),
        "5": (None, "discarded", "a@example.com"),
    }
    y_new, found = apply_corrections(small_audit.labels, corrections, class_names=NAMES)
    assert (y_new[3], y_new[4], found.discarded.tolist()) == (1, 0, [5])
    for kind, ids in {"JSON": "345", "JSON_MIN": "34", "CSV": "34"}.items():
        path = tmp_path / f"export.{kind.lower()}"
        path.write_bytes(label_studio.export(title, kind))
        read = Corrections.from_label_studio_export(path)
        assert {each.id: each.label for each in read} == {
            each.id: each.label for each in corrections if each.id in ids
        }
        assert all(each.when.startswith("20") for each in read)


def test_another_audit_brings_tasks_up_to_date(small_audit, label_studio, title):
    push(small_audit, title)
    other = audit_labels(small_audit.labels, small_audit.pred_probs[:, ::-1])
    assert push(other, title).n_stored == 40
    texts = [f"text {i}" for i in range(40)]
    _, sent = other.to_label_studio(texts, only_issues=False, class_names=NAMES)
    expected = {each["data"]["record_id"]: each for each in sent}
    assert content(label_studio.tasks(title)) == content(expected)


def test_several_labels(label_sets, label_studio, title, tmp_path):
    push(label_sets, title, class_names=None)
    tasks = label_studio.tasks(title)
    label_studio.annotate(tasks["0"], ["c", "a"])
    label_studio.annotate(tasks["1"], ["b"])
    expected = {"0": ("a", "c"), "1": ("b",)}
    assert {each.id: each.label for each in Corrections.from_label_studio(title)} == expected
    for kind in ("JSON", "JSON_MIN", "CSV"):
        path = tmp_path / kind
        path.write_bytes(label_studio.export(title, kind))
        read = Corrections.from_label_studio_export(path)
        assert {each.id: each.label for each in read} == expected


def test_a_personal_access_token(small_audit, label_studio, title):
    known = label_studio.request("GET", "/token/")
    token = (known or [label_studio.request("POST", "/token/", {})])[0]["token"]
    if token.count(".") < 2:  # of a known token, the server shows the first two parts only
        pytest.skip("the server has a personal token already")
    assert push(small_audit, title, api_key=token).n_stored == 40


def test_what_is_refused(small_audit, label_studio, title):
    with pytest.raises(PermissionError, match=r"answered 401: .* The API key was refused"):
        push(small_audit, title, api_key="wrong-token")
    with pytest.raises(ValueError, match=r"project is 99999999, but .* no project of that id"):
        push(small_audit, 99999999)
    with pytest.raises(ValueError, match="no project of that title"):
        Corrections.from_label_studio(title)
    push(small_audit, title)
    with pytest.raises(ValueError, match=r"has the classes .*'World', not all of 'a', 'b', 'c'"):
        push(small_audit, title, class_names=["a", "b", "c", "d"])
    config = label_studio.projects(title)[0]["label_config"]
    label_studio.request("POST", "/projects", {"title": title, "label_config": config})
    with pytest.raises(ValueError, match="has 2 projects of that title, with the ids"):
        push(small_audit, title)


@pytest.fixture
def impatient(monkeypatch):
    """Don't wait for long, and try again at once."""
    monkeypatch.setattr(http, "CONNECT_SECONDS", 5)
    monkeypatch.setattr(http, "READ_SECONDS", PATIENCE)
    monkeypatch.setattr(http, "DELAYS", (0.0,) * 6)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(RUNS))
def test_nothing_is_lost_or_doubled_and_no_annotation_touched(
    small_audit, label_studio, title, seed
):
    push(small_audit, title, only_issues=True)
    flagged = label_studio.tasks(title)
    one, other = list(flagged.values())[:2]
    label_studio.annotate(one, ["Sports"])
    label_studio.annotate(other, [], skipped=True)
    before = label_studio.tasks(title)
    with FaultyProxy(label_studio.url, list(FAULTS), seed) as proxy:
        for _ in range(20):
            try:
                report = push(small_audit, title, api_url=proxy.url)
                break
            except (PushInterruptedError, ConnectionError, http.ServerUnavailableError):
                proxy.done["push interrupted"] += 1
    print(dict(proxy.done))  # noqa: T201 - what happened, with `pytest -rP`
    # What was passed on late is there only now.
    assert push(small_audit, title).n_stored == 38
    worked_on = {each["data"]["record_id"] for each in (one, other)}
    assert (report.n_stored, {*report.left_alone}) == (38, worked_on)
    after = label_studio.tasks(title)
    assert sorted(after, key=int) == list(map(str, range(40)))
    assert all(without_age(after[name]) == without_age(before[name]) for name in worked_on)
