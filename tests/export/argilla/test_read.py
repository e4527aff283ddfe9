"""Decisions out of the responses of Argilla 2. The tests on real servers are in tests/server."""

import pytest

from label_auditor import Corrections
from label_auditor.corrections.collection import Correction
from label_auditor.export import server as http
from label_auditor.export.argilla import read
from label_auditor.export.argilla.send import push_to_argilla


def response(label, status="submitted", user="u1", when="2026-01-02T03:04:05"):
    """Give a response as a server sends it."""
    values = None if label is None else {"label": {"value": label}}
    return {"status": status, "user_id": user, "updated_at": when, "values": values}


@pytest.fixture
def pushed(audit, argilla_2):
    """Push three records, with the ids 4, 9 and 1."""
    push_to_argilla(audit, [f"text {i}" for i in range(12)], "d")
    return argilla_2


def test_every_response_counts_but_drafts(pushed):
    pushed.records["4"]["responses"] = [response("a"), response("c", user="u2", when=None)]
    pushed.records["9"]["responses"] = [response("b", "discarded"), response("a", "draft")]
    pushed.records["1"]["responses"] = [response(None, "discarded", user=None), response(None)]
    assert list(Corrections.from_argilla("d")) == [
        Correction("4", "a", who="anna", when="2026-01-02T03:04:05"),
        Correction("4", "c", who="u2"),
        Correction("9", None, "discarded", "anna", "2026-01-02T03:04:05"),
        Correction("1", None, "discarded", None, "2026-01-02T03:04:05"),
    ]


def test_several_labels(multi_audit, argilla_2):
    push_to_argilla(multi_audit, [f"text {i}" for i in range(8)], "d")
    argilla_2.records["2"]["responses"] = [response(["c", "a"])]
    argilla_2.records["5"]["responses"] = [response([])]
    assert [each.label for each in Corrections.from_argilla("d")] == [("a", "c"), ()]


def test_pages_are_read_to_the_end(big_audit, argilla_2, monkeypatch):
    monkeypatch.setattr(read, "PAGE", 7)
    push_to_argilla(big_audit, ["text"] * 60, "d", only_issues=False)
    for each in argilla_2.records.values():
        each["responses"] = [response("1")]
    argilla_2.requests.clear()
    argilla_2.faults = {5: "drop", 7: "503", 9: "cut"}
    found = Corrections.from_argilla("d")
    assert sorted(int(each.id) for each in found) == list(range(60))
    offsets = [each.rpartition("offset=")[2] for each in argilla_2.requests if "offset" in each]
    assert list(dict.fromkeys(offsets)) == [str(n) for n in [*range(0, 57, 7), 60]]


def test_a_page_that_comes_again_and_again_has_an_end(pushed):
    page = {"items": [{"id": "r1", "external_id": "1", "responses": []}]}
    pushed.answers["/api/v1/datasets/d1/records"] = (200, page)
    with pytest.raises(RuntimeError, match=rf"{pushed.url} gives the same records again .* 'r1'"):
        Corrections.from_argilla("d")


def test_a_record_that_was_made_elsewhere_has_the_id_of_the_server(pushed):
    pushed.records["4"] |= {"external_id": None, "responses": [response("a")]}
    assert [each.id for each in Corrections.from_argilla("d")] == ["r4"]


def test_names_of_users_are_found_where_one_may_see_them(pushed):
    pushed.records["4"]["responses"] = [response("a")]
    pushed.answers["/api/v1/users"] = (403, {"detail": "no"})
    known = {"items": [{"id": "u1", "username": "bea"}]}
    pushed.answers["/api/v1/workspaces/w1/users"] = (200, known)
    assert [each.who for each in Corrections.from_argilla("d")] == ["bea"]
    pushed.answers["/api/v1/workspaces/w1/users"] = (403, {"detail": "no"})
    assert [each.who for each in Corrections.from_argilla("d")] == ["u1"]


def test_no_such_data_set_or_question(pushed):
    with pytest.raises(
        ValueError, match=r"name is 'e', but .* has no data set of that name in the"
    ):
        Corrections.from_argilla("e")
    with pytest.raises(ValueError, match="question is 'x', but those of 'd' are 'label'"):
        Corrections.from_argilla("d", question="x")


def test_a_question_whose_answers_are_no_labels(pushed):
    settings = {"type": "rating", "options": [{"value": 1}]}
    pushed.parts["questions"].append({"id": "q", "name": "stars", "settings": settings})
    with pytest.raises(
        ValueError, match=r"question 'stars' of 'd' has the type 'rating', but corr"
    ):
        Corrections.from_argilla("d", question="stars")


@pytest.mark.parametrize(
    "responses",
    [
        "none",
        ["a"],
        [{}],
        [response("a") | {"status": None}],
        [response("a") | {"user_id": 7}],
        [response("a") | {"updated_at": 7}],
        [response("a") | {"values": ["a"]}],
        [response("a") | {"values": {"label": "a"}}],
        [response("a") | {"values": {"label": {}}}],
        [response(7)],
        [response(["a"])],
    ],
    ids=str,
)
def test_a_response_that_is_none(pushed, monkeypatch, responses):
    monkeypatch.setattr(http, "DELAYS", ())
    pushed.records["9"]["responses"] = responses
    with pytest.raises(
        http.ServerUnavailableError, match=rf"{pushed.url} answered GET .*, as Argilla wouldn't"
    ):
        Corrections.from_argilla("d")


@pytest.mark.parametrize("path", ["users", "datasets/d1/questions", "datasets/d1/records"])
@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": [{}]}, {"items": [7]}, [], 7])
def test_a_listing_that_is_none(pushed, monkeypatch, path, answer):
    monkeypatch.setattr(http, "DELAYS", ())
    pushed.answers[f"/api/v1/{path}"] = (200, answer)
    with pytest.raises(
        http.ServerUnavailableError, match=rf"{pushed.url} answered GET .*{path}.*, as Argilla"
    ):
        Corrections.from_argilla("d")
