"""Tasks that are there already: what somebody has worked on stays, the rest is kept up to date."""

import copy

import pytest

from export.label_studio.conftest import annotation
from label_auditor.export.label_studio.send import push_to_label_studio

TEXTS = [f"text {i}" for i in range(12)]


def push(audit, **options):
    return push_to_label_studio(audit, TEXTS, "errors", only_issues=False, **options)


def task(server, name):
    return next(each for each in server.tasks.values() if each["data"]["record_id"] == name)


@pytest.fixture
def pushed(audit, label_studio):
    push(audit)
    return label_studio


@pytest.mark.parametrize(
    "work",
    [
        {"annotations": [annotation(1, ["a"])]},
        {"annotations": [annotation(1, [], skipped=True)]},
        {"draft_exists": True},
    ],
    ids=["annotated", "skipped", "drafted"],
)
def test_what_somebody_has_worked_on_is_left_alone(audit, pushed, work):
    task(pushed, "4").update(work)
    before = copy.deepcopy(task(pushed, "4"))
    report = push(audit, metadata={"more": range(12)})
    assert (report.n_stored, report.left_alone, report.n_not_sent) == (11, ("4",), 0)
    assert task(pushed, "4") == before
    assert task(pushed, "9")["data"]["more"] == 9


def test_work_that_begins_during_the_push_is_left_alone(audit, pushed):
    answer = pushed._answer

    def begin(path, body):
        found = answer(path, body)
        if path.startswith("/api/tasks?"):
            task(pushed, "4")["draft_exists"] = True
        return found

    pushed._answer = begin
    before = copy.deepcopy(task(pushed, "4")["data"])
    assert push(audit, metadata={"more": range(12)}).left_alone == ("4",)
    assert task(pushed, "4")["data"] == before


def test_a_suggestion_is_replaced_and_those_of_others_stay(audit, pushed):
    theirs = {"id": 99, "model_version": "theirs", "score": 1.0, "result": []}
    task(pushed, "4")["predictions"].append(theirs)
    task(pushed, "4")["predictions"][0]["score"] = 0.5
    first = len(pushed.requests)
    push(audit)
    found = {each["model_version"]: each["score"] for each in task(pushed, "4")["predictions"]}
    assert found == {"theirs": 1.0, "label-auditor": 0.97}
    # It is changed where it stands, so there is no moment without it.
    (changed,) = (each for each in pushed.requests[first:] if "predictions" in each)
    assert changed.startswith("PATCH")


def test_a_suggestion_that_goes_during_the_push_is_made_again(audit, pushed):
    task(pushed, "4")["predictions"][0]["score"] = 0.5
    answer = pushed._answer

    def delete_first(path, body):
        if pushed.requests[-1].startswith("PATCH /api/predictions"):
            task(pushed, "4")["predictions"].clear()
        return answer(path, body)

    pushed._answer = delete_first
    push(audit)
    assert [each["score"] for each in task(pushed, "4")["predictions"]] == [0.97]


def test_suggestions_come_and_go(audit, pushed):
    with_one, (one, *_) = task(pushed, "4"), task(pushed, "4")["predictions"]
    with_one["predictions"] += [one | {"id": 98}]
    task(pushed, "9")["predictions"].clear()
    push(audit)
    assert [len(task(pushed, name)["predictions"]) for name in ("4", "9")] == [1, 1]


def test_a_copy_that_somebody_works_on_is_the_one_that_stays(audit, pushed):
    first = task(pushed, "4")
    (project,) = pushed.projects
    copied = pushed.add(project, copy.deepcopy(first))
    copied["annotations"] = [annotation(1, ["a"])]
    report = push(audit)
    assert report.left_alone == ("4",)
    assert first["id"] not in pushed.tasks
    assert pushed.tasks[copied["id"]]["annotations"]


def test_two_copies_that_people_work_on_stay(audit, pushed):
    (project,) = pushed.projects
    for each in (task(pushed, "4"), pushed.add(project, copy.deepcopy(task(pushed, "4")))):
        each["annotations"] = [annotation(1, ["a"])]
    assert push(audit).left_alone == ("4",)
    assert len(pushed.tasks) == 13


def test_tasks_that_others_have_added_stay(audit, pushed):
    (project,) = pushed.projects
    pushed.add(project, {"data": {"text": "theirs"}})
    push(audit)
    assert len(pushed.tasks) == 13
