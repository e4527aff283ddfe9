"""Tasks in files, and on a server that a stand-in tells; real ones are in tests/server."""

import json

import pytest

from label_auditor.export import server as http
from label_auditor.export.label_studio.send import push_to_label_studio, to_label_studio
from label_auditor.export.push import PushInterruptedError

TEXTS = [f"text {i}" for i in range(12)]


def push(audit, project="errors", **options):
    return push_to_label_studio(
        audit, TEXTS[: len(audit)], project, **({"chunk_size": 5, "only_issues": False} | options)
    )


def names(server):
    return [task["data"]["record_id"] for task in server.tasks.values()]


def test_tasks_and_a_configuration(audit):
    config, tasks = to_label_studio(audit, TEXTS)
    assert config.count("<Choice value=") == 3
    assert [task["data"]["record_id"] for task in tasks] == ["4", "9", "1"]
    assert tasks[0] == {
        "data": {
            "text": "text 4",
            "record_id": "4",
            "given_label": "b",
            "label_error_candidate": 0,
            "label_quality": 0.01,
            "suggested_label": "a",
        },
        "predictions": [
            {
                "model_version": "label-auditor",
                "score": 0.97,
                "result": [
                    {
                        "from_name": "label",
                        "to_name": "text",
                        "type": "choices",
                        "value": {"choices": ["a"]},
                    }
                ],
            }
        ],
    }


def test_several_labels_are_lists(multi_audit):
    _, tasks = multi_audit.to_label_studio(TEXTS[:8], only_issues=False)
    found = {task["data"]["record_id"]: task for task in tasks}
    assert found["2"]["data"]["given_label"] == ["b"]
    assert found["2"]["data"]["suggested_label"] == ["a", "b", "c"]
    assert found["2"]["predictions"][0]["score"] == 0.875
    assert found["3"]["data"]["given_label"] == []
    assert "predictions" not in found["3"]  # no label is likely


def test_files(audit, tmp_path):
    config, tasks = audit.to_label_studio(["é\ud800"] * 12, path=tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert (folder / "config.xml").read_text(encoding="utf-8") == config
    assert json.loads((folder / "tasks.json").read_text(encoding="utf-8")) == tasks
    assert tasks[0]["data"]["text"] == "é?"


def test_a_project_is_made_and_filled(audit, label_studio):
    report = push(audit)
    (project,) = label_studio.projects.values()
    assert project["title"] == report.dataset == "errors"
    assert report.url == f"{label_studio.url}/projects/{project['id']}/data"
    assert (report.n_stored, report.left_alone, report.n_not_sent) == (12, (), 0)
    assert names(label_studio)[:3] == ["4", "9", "1"]
    assert label_studio.headers[-1]["Authorization"].startswith("Token ")


def test_pushing_twice_changes_nothing(audit, label_studio):
    push(audit)
    before = json.dumps([label_studio.projects, label_studio.tasks])
    label_studio.requests.clear()
    assert push(audit).n_stored == 12
    assert json.dumps([label_studio.projects, label_studio.tasks]) == before
    assert {each.split()[0] for each in label_studio.requests} == {"GET"}


def test_an_id_names_a_project_and_a_blank_one_is_configured(audit, label_studio):
    label_studio.projects[7] = {"id": 7, "title": "mine", "label_config": "<View></View>"}
    label_studio.projects[7]["description"] = ""
    assert push(audit, 7).dataset == "mine"
    assert "<Choice " in label_studio.projects[7]["label_config"]
    with pytest.raises(ValueError, match=r"project is 8, but .* has no project of that id"):
        push(audit, 8)


def test_two_projects_of_a_title(audit, label_studio):
    for number in (7, 8):
        label_studio.projects[number] = {
            "id": number,
            "title": "errors",
            "description": "",
            "label_config": "",
        }
    with pytest.raises(ValueError, match="has 2 projects of that title, with the ids 7, 8"):
        push(audit)
    assert not label_studio.tasks


def test_a_project_with_another_configuration(audit, label_studio):
    push(audit)
    before = json.dumps(label_studio.tasks)
    with pytest.raises(ValueError, match=r"there is a project 'errors', but it has the classes"):
        push(audit, class_names=["x", "y", "z"])
    assert json.dumps(label_studio.tasks) == before


@pytest.mark.parametrize("fault", ["drop", "lose", "503", "429", "cut", "html"])
def test_nothing_is_lost_or_doubled_when_any_one_request_fails(audit, label_studio, fault):
    for number in range(12):
        label_studio.projects.clear()
        label_studio.tasks.clear()
        label_studio.requests.clear()
        label_studio.faults = {number: fault}
        assert push(audit).n_stored == 12
        assert sorted(names(label_studio), key=int) == list(map(str, range(12)))
        assert len(label_studio.projects) == 1
    assert len(label_studio.requests) > 12


def test_what_the_network_delivers_twice_is_deleted(audit, label_studio):
    answer = label_studio._answer

    def twice(path, body):
        if label_studio.requests[-1].startswith("POST") and "token" not in path:
            answer(path, body)
        return answer(path, body)

    label_studio._answer = twice
    assert push(audit).n_stored == 12
    assert sorted(names(label_studio), key=int) == list(map(str, range(12)))
    assert len(label_studio.projects) == 1


def test_a_refused_chunk_interrupts_the_push(audit, label_studio, monkeypatch):
    monkeypatch.setattr(http, "DELAYS", ())
    answer = label_studio._answer

    def refuse(path, body):
        if path.endswith("/import") and len(label_studio.tasks) >= 5:
            reasons = {"non_field_errors": ["too many"]}
            return 400, {"detail": "Validation error", "validation_errors": reasons}
        return answer(path, body)

    label_studio._answer = refuse
    with pytest.raises(PushInterruptedError, match=r"too many.*\n.*7 not sent") as raised:
        push(audit)
    assert raised.value.report.n_stored == 5


@pytest.mark.parametrize("found", [{}, {"task_count": "5"}, [], 7], ids=str)
def test_a_malformed_answer_is_one_error_that_names_the_server(
    audit, label_studio, monkeypatch, found
):
    monkeypatch.setattr(http, "DELAYS", ())
    push(audit)
    label_studio.tasks.clear()
    (project,) = label_studio.projects
    label_studio.answers[f"/api/projects/{project}/import"] = (201, found)
    with pytest.raises(PushInterruptedError, match=rf"{label_studio.url} answered POST .*wouldn't"):
        push(audit)


def test_an_import_that_stores_less_is_told(audit, label_studio):
    push(audit)
    label_studio.tasks.clear()
    (project,) = label_studio.projects
    label_studio.answers[f"/api/projects/{project}/import"] = (201, {"task_count": 4})
    with pytest.raises(PushInterruptedError, match=r"did not store all of 5 .* 4 were stored"):
        push(audit)
