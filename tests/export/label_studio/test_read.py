"""Decisions from a server that a stand-in tells, and from files as Label Studio writes them."""

import csv
import json

import pytest

from export.label_studio.conftest import annotation
from label_auditor import Corrections
from label_auditor.export import server as http

DATA = {"text": "x", "record_id": "4", "given_label": "b"}


def found(corrections):
    return [(each.id, each.label, each.status, each.who, each.when) for each in corrections]


@pytest.fixture
def project(label_studio):
    label_studio.projects[1] = {"id": 1, "title": "errors"}
    return label_studio


def test_annotations_of_several_people_in_the_order_of_time(project):
    project.add(1, {"data": DATA})["annotations"] = [
        annotation(3, ["c"], who=2, when="2026-01-03"),
        annotation(1, ["a"], when="2026-01-01"),
        annotation(2, [], when="2026-01-02", skipped=True),
        annotation(4, [], when="2026-01-04"),  # nothing was chosen
    ]
    project.add(1, {"data": {"text": "theirs, not annotated"}})
    assert found(Corrections.from_label_studio("errors")) == [
        ("4", "a", "validated", "anna@example.com", "2026-01-01"),
        ("4", None, "discarded", "anna@example.com", "2026-01-02"),
        ("4", "c", "validated", "2", "2026-01-03"),
    ]


def test_several_labels_or_none(project):
    for choices in (["c", "a"], ["b"], []):
        task = project.add(1, {"data": DATA | {"given_label": ["b"]}})
        task["annotations"] = [annotation(1, choices)]
    labels = [each.label for each in Corrections.from_label_studio(1)]
    assert labels == [("a", "c"), ("b",), ()]


def test_addresses_that_one_may_not_see(project):
    project.answers["/api/users"] = (403, {"detail": "no"})
    project.add(1, {"data": DATA})["annotations"] = [annotation(1, ["a"])]
    assert [each.who for each in Corrections.from_label_studio(1)] == ["1"]


def test_no_such_project(project):
    with pytest.raises(ValueError, match=r"project is 'other', but .* no project of that title"):
        Corrections.from_label_studio("other")
    with pytest.raises(ValueError, match=r"project is 9, but .* no project of that id"):
        Corrections.from_label_studio(9)


@pytest.mark.parametrize(
    ("data", "change", "message"),
    [
        ({"text": "x"}, {}, "its data have no 'record_id'"),
        ({"record_id": 4}, {}, "its data have no 'record_id'"),
        (DATA, {"value": {"choices": ["a", "b"]}}, "has the choices .'a', 'b'., not the name of"),
        (DATA, {"value": {"choices": [7]}}, "has the choices .7."),
        (DATA, {"from_name": "mood"}, "is annotated under 'mood', but corrections are choices"),
    ],
)
def test_what_can_not_be_told_is_refused(project, data, change, message):
    task = project.add(1, {"data": data})
    task["annotations"] = [annotation(1, ["a"])]
    task["annotations"][0]["result"][0].update(change)
    with pytest.raises(ValueError, match=rf"projects/1/data, task {task['id']} .*{message}"):
        Corrections.from_label_studio(1)


@pytest.mark.parametrize(
    "change",
    [
        {"completed_by": []},
        {"was_cancelled": "no"},
        {"updated_at": 7},
        {"result": {}},
        {"result": [{"value": None}]},
        {"id": "x"},
    ],
    ids=str,
)
def test_an_annotation_that_is_none(project, monkeypatch, tmp_path, change):
    monkeypatch.setattr(http, "DELAYS", ())
    broken = annotation(1, ["a"]) | change
    project.add(1, {"data": DATA})["annotations"] = [broken]
    with pytest.raises(http.ServerUnavailableError, match=rf"{project.url} answered .*wouldn't"):
        Corrections.from_label_studio(1)
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"data": DATA, "annotations": [broken]}]))
    with pytest.raises(ValueError, match=r"export.json, task 1 hasn't the data and annotations"):
        Corrections.from_label_studio_export(path)


def test_json(tmp_path):
    path = tmp_path / "export.json"
    user = {"id": 3, "email": "bo@example.com"}
    tasks = [
        {"data": DATA, "annotations": [annotation(2, ["a"], who=user)], "drafts": []},
        {"data": DATA | {"record_id": "5"}, "annotations": [annotation(3, [], skipped=True)]},
        {"data": DATA | {"record_id": "6"}, "annotations": []},
    ]
    path.write_text("\ufeff" + json.dumps(tasks), encoding="utf-8")
    assert found(Corrections.from_label_studio_export(path)) == [
        ("4", "a", "validated", "bo@example.com", "2026-01-01"),
        ("5", None, "discarded", "1", "2026-01-01"),
    ]


ROWS = [
    DATA | {"label": "a"},
    DATA | {"given_label": ["b"], "label": {"choices": ["c", "a"]}},
    DATA | {"given_label": ["b"], "label": "c"},
    DATA | {"given_label": [], "label": []},
    DATA | {"given_label": ["b"]},
    DATA,  # nothing was chosen
]
MORE = {"annotation_id": 9, "annotator": 3, "updated_at": "2026-01-01", "lead_time": 1.5}


def test_json_min(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps([row | MORE for row in ROWS] + [DATA | {"annotation_id": None}]))
    corrections = Corrections.from_label_studio_export(path)
    assert [each.label for each in corrections] == ["a", ("a", "c"), ("c",), (), ()]
    assert (corrections[0].who, corrections[0].when) == ("3", "2026-01-01")


def test_csv(tmp_path):
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sorted({**DATA, **MORE, "label": 0}), quoting=2)
        writer.writeheader()
        for row in ROWS:
            cells = {k: v if isinstance(v, str) else json.dumps(v) for k, v in row.items()}
            writer.writerow(cells | MORE)
    corrections = Corrections.from_label_studio_export(path)
    assert [each.label for each in corrections] == ["a", ("a", "c"), ("c",), (), ()]
    assert (corrections[0].who, corrections[0].when) == ("3", "2026-01-01")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "holds one object, not a list of tasks"),
        ("[7]", "task 1 is 7, not an object"),
        ('[{"text": "x"}]', "task 1 has neither annotations nor an annotation_id"),
        ("[", "is no export of Label Studio"),
        ("[" * 100_000, "nested too deeply"),
        ("a,b\n", "no column 'annotation_id'"),
        ("annotation_id,record_id\n1\n", "row 1 has another number of cells"),
        ('[{"annotation_id": 1, "record_id": "4", "label": 7}]', "the 'label' is 7, not choices"),
        ('[{"annotation_id": 1, "label": "a"}]', "no 'record_id'"),
        ('[{"data": {}, "data": {}}]', "several values for 'data'"),
    ],
)
def test_files_that_are_none(tmp_path, text, message):
    path = tmp_path / "export"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        Corrections.from_label_studio_export(path)
