"""Against a real Argilla 2 server."""

import os
import signal
import threading
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, apply_corrections
from label_auditor.export import server as http
from label_auditor.export.argilla import read
from label_auditor.export.argilla.server import ArgillaServer
from label_auditor.export.push import PushInterruptedError

NAMES = ["World", "Sports", "Business", "Sci/Tech"]
CHANGING = {"id", "inserted_at", "updated_at", "dataset_id", "question_id"}


def texts(audit):
    return [f"text {i} of {len(audit)}" for i in range(len(audit))]


def same(stored):
    """Give what is stored, but for ids and times that the server makes."""
    if isinstance(stored, dict):
        return {key: same(value) for key, value in stored.items() if key not in CHANGING}
    return [same(each) for each in stored] if isinstance(stored, list) else stored


def test_two_thousand_records_come_back_whole(audit, argilla, argilla_name):
    source, weight = [f"s{i % 7}" for i in range(2000)], np.linspace(0, 1, 2000, dtype=np.float32)
    report = audit.push_to_argilla(
        {"title": texts(audit), "body": ["", *texts(audit)[1:]]},
        argilla_name,
        only_issues=False,
        ids=[f"row-{i}" for i in range(2000)],
        class_names=NAMES,
        metadata=pd.DataFrame({"source": source, "weight": weight, "n": range(2000)}),
    )
    assert (report.n_stored, report.left_alone, report.failed) == (2000, (), {})
    dataset = argilla.dataset(argilla_name)
    assert report.url == f"{argilla.url}/dataset/{dataset['id']}/annotation-mode"
    stored = argilla.load(argilla_name)
    assert len(stored) == 2000
    rank = {row: rank for rank, row in enumerate(audit.ranked.tolist())}
    for i in range(2000):
        record = stored[f"row-{i}"]
        assert record["fields"] == {
            "title": texts(audit)[i],
            "body": texts(audit)[i] if i else "",
        }
        assert (record["status"], record["responses"]) == ("pending", [])
        assert record["metadata"] == {
            **({"label_error_candidate": rank[i]} if i in rank else {}),
            "label_quality": audit.scores[i],
            "suggested_label": NAMES[audit.suggested_labels[i]],
            "given_label": NAMES[audit.labels[i]],
            "source": source[i],
            "weight": float(weight[i]),
            "n": i,
        }
        assert same(record["suggestions"]) == [
            {
                "type": "model",
                "value": NAMES[audit.suggested_labels[i]],
                "agent": "label-auditor",
                "score": pytest.approx(audit.pred_probs[i].max()),
            }
        ]
    path = f"/datasets/{dataset['id']}/records/search"
    scope = {"entity": "metadata", "metadata_property": "label_error_candidate"}
    query = {"sort": [{"scope": scope, "order": "asc"}], "query": None}
    found = argilla.request("POST", f"{path}?limit=1000", query)["items"][: audit.n_issues]
    assert [each["record"]["external_id"] for each in found] == [f"row-{i}" for i in audit.ranked]


def test_pushing_twice_changes_nothing_and_responses_survive(small_audit, argilla, argilla_name):
    options = {"only_issues": False, "class_names": NAMES, "metadata": {"k": range(40)}}
    small_audit.push_to_argilla(texts(small_audit), argilla_name, **options)
    before = argilla.load(argilla_name)
    user = argilla.add_user(f"twice-{os.getpid()}")
    argilla.respond(before["3"], user, "Sports")
    argilla.respond(before["4"], user, None, "discarded")
    reviewed = argilla.load(argilla_name)
    assert [len(each["responses"]) for each in reviewed.values()].count(1) == 2
    report = small_audit.push_to_argilla(texts(small_audit), argilla_name, **options)
    assert report.n_stored == 40
    after = argilla.load(argilla_name)
    assert same(after) == same(reviewed)
    assert [each["id"] for each in after.values()] == [each["id"] for each in before.values()]
    decisions = Corrections.from_argilla(argilla_name).decisions
    assert {name: each.label for name, each in decisions.items()} == {"3": "Sports", "4": None}


def test_several_reviewers(small_audit, argilla, argilla_name, monkeypatch):
    monkeypatch.setattr(read, "PAGE", 7)
    options = {"only_issues": False, "class_names": NAMES, "n_reviewers": 3}
    small_audit.push_to_argilla(texts(small_audit), argilla_name, **options)
    stored = argilla.load(argilla_name)
    ann, bob, eve = (argilla.add_user(f"{name}-{os.getpid()}") for name in ("ann", "bob", "eve"))
    votes = {
        "0": ["World", "Sports", "World"],
        "1": ["World", "Sports", "Business"],
        "2": ["World", None, None],
        "39": ["Sci/Tech", "Sci/Tech", "World"],
    }
    for record, labels in votes.items():
        for user, label in zip((ann, bob, eve), labels, strict=True):
            argilla.respond(stored[record], user, label, "submitted" if label else "discarded")
    argilla.respond(stored["5"], ann, "World", "draft")
    corrections = Corrections.from_argilla(argilla_name)
    assert len(corrections) == 12
    assert {each.who for each in corrections} == {
        f"{n}-{os.getpid()}" for n in ("ann", "bob", "eve")
    }
    assert all(each.when.startswith("20") for each in corrections)
    decisions = {name: (each.label, each.status) for name, each in corrections.decisions.items()}
    assert decisions == {
        "0": ("World", "validated"),
        "1": (None, "open"),
        "2": (None, "discarded"),
        "39": ("Sci/Tech", "validated"),
    }
    assert [each.label for each in corrections.decisions["1"].votes] == votes["1"]
    y_new, report = apply_corrections(small_audit.labels, corrections, class_names=NAMES)
    assert (y_new[0], y_new[39]) == (0, 3)
    assert (report.discarded.tolist(), report.open.tolist()) == ([2], [1])
    # Who is no owner sees the names of the workspace's users, or at least who is who.
    admin = argilla.add_user(f"admin-{os.getpid()}", "admin")["api_key"]
    seen = Corrections.from_argilla(argilla_name, api_key=admin)
    assert [each.label for each in seen] == [each.label for each in corrections]
    assert len({each.who for each in seen}) == 3
    with pytest.raises(PermissionError, match=r"403.*isn't allowed to do this"):
        Corrections.from_argilla(argilla_name, api_key=ann["api_key"])


def test_several_labels(label_sets, argilla, argilla_name):
    label_sets.push_to_argilla(texts(label_sets), argilla_name, only_issues=False)
    stored = argilla.load(argilla_name)
    for i in range(40):
        record, likely = stored[str(i)], label_sets.pred_probs[i] > 0.5
        assert record["metadata"].get("given_label") == list(label_sets.labels[i])
        expected = np.array(["a", "b", "c"])[likely].tolist()
        assert [each["value"] for each in record["suggestions"]] == ([expected] if expected else [])
        for suggestion in record["suggestions"]:
            assert suggestion["score"] == pytest.approx(label_sets.pred_probs[i][likely].tolist())
    user = argilla.add_user(f"several-{os.getpid()}")
    argilla.respond(stored["0"], user, ["c", "a"])
    argilla.respond(stored["1"], user, None, "discarded")
    corrections = Corrections.from_argilla(argilla_name)
    assert {each.id: each.label for each in corrections} == {"0": ("a", "c"), "1": None}
    y_new, _ = apply_corrections(list(label_sets.labels), corrections)
    assert y_new[0] == ("a", "c")


@pytest.mark.parametrize("moment", ["before", "while"])
def test_a_server_that_dies_and_comes_back(audit, argilla, argilla_name, monkeypatch, moment):
    pid = Path(os.environ["ARGILLA_SERVER_PIDFILE"])
    request, bulks = ArgillaServer.request, []

    def kill():
        os.kill(int(pid.read_text()), signal.SIGKILL)

    def deadly(self, method, path, body=None, **query):
        if path.endswith("/bulk"):
            bulks.append(path)
            if len(bulks) == 2:
                timer = threading.Timer(0.0 if moment == "before" else 0.5, kill)
                timer.start()
                if moment == "before":
                    timer.join()
        return request(self, method, path, body, **query)

    monkeypatch.setattr(ArgillaServer, "request", deadly)
    report = audit.push_to_argilla(texts(audit), argilla_name, only_issues=False)
    assert len(bulks) > 4  # four chunks, one of them again
    assert (report.n_stored, report.failed) == (2000, {})
    assert sorted(argilla.load(argilla_name), key=int) == list(map(str, range(2000)))


def test_a_server_that_stays_away(audit, argilla, argilla_name, monkeypatch):
    monkeypatch.setattr(http, "DELAYS", (0.01, 0.01))
    request, bulks = ArgillaServer.request, []

    def deadly(self, method, path, body=None, **query):
        if path.endswith("/bulk"):
            bulks.append(path)
            if len(bulks) > 2:
                self.url = "http://127.0.0.1:1"
        return request(self, method, path, body, **query)

    with monkeypatch.context() as patch:
        patch.setattr(ArgillaServer, "request", deadly)
        with pytest.raises(PushInterruptedError, match="1,000 not sent") as raised:
            audit.push_to_argilla(texts(audit), argilla_name, only_issues=False)
    assert raised.value.report.n_stored == len(argilla.load(argilla_name)) == 1000
    assert audit.push_to_argilla(texts(audit), argilla_name, only_issues=False).n_stored == 2000


def test_every_answer_is_lost_once(small_audit, argilla, argilla_name, monkeypatch):
    """What was done, but not answered, is found done: nothing is made twice."""
    monkeypatch.setattr(http, "DELAYS", (0.0,))
    send, lost = ArgillaServer._send, []

    def lossy(self, *request):
        answer = send(self, *request)
        if request not in lost and not request[1].endswith("version"):
            lost.append(request)
            raise http.ServerUnavailableError("lost")
        return answer

    monkeypatch.setattr(ArgillaServer, "_send", lossy)
    small_audit.push_to_argilla(texts(small_audit), argilla_name)
    monkeypatch.undo()
    assert len(lost) == 14
    assert len(argilla.load(argilla_name)) == small_audit.n_issues
    path = f"/datasets/{argilla.dataset(argilla_name)['id']}"
    for kind, names in {
        f"{path}/fields": ["text"],
        f"{path}/questions": ["label"],
        f"/me{path}/metadata-properties": [
            "given_label",
            "label_error_candidate",
            "label_quality",
            "suggested_label",
        ],
    }.items():
        assert sorted(each["name"] for each in argilla.request("GET", kind)["items"]) == names


def test_a_data_set_that_was_left_half_made_is_completed(small_audit, argilla, argilla_name):
    body = {"name": argilla_name, "workspace_id": argilla.workspace()["id"]}
    argilla.request("POST", "/datasets", body)
    assert small_audit.push_to_argilla(texts(small_audit), argilla_name).n_stored > 0


def test_more_metadata_may_come_later(small_audit, argilla, argilla_name):
    push = small_audit.push_to_argilla
    push(texts(small_audit), argilla_name, only_issues=False)
    push(texts(small_audit), argilla_name, only_issues=False, metadata={"more": range(40)})
    assert argilla.load(argilla_name)["7"]["metadata"]["more"] == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_names": NAMES}, r"has the classes \['0', '1', '2', '3'\], not all of \['World'"),
        ({"inputs": {"title": ["x"] * 40}}, r"has no fields \['title'\]; choose another name"),
    ],
)
def test_a_data_set_of_another_kind(small_audit, argilla, argilla_name, options, message):
    small_audit.push_to_argilla(texts(small_audit), argilla_name)
    with pytest.raises(ValueError, match=message):
        small_audit.push_to_argilla(
            **{"inputs": texts(small_audit), "name": argilla_name, **options}
        )


def test_one_label_does_not_go_where_several_are(small_audit, label_sets, argilla, argilla_name):
    label_sets.push_to_argilla(texts(label_sets), argilla_name)
    with pytest.raises(ValueError, match="it has no label_selection question 'label'"):
        small_audit.push_to_argilla(texts(small_audit), argilla_name)


def test_strange_strings_come_back(small_audit, argilla, argilla_name):
    strange = (["", " ", "a\nb\r\n\tc", "é中\U0001f600\u202e\u2028", '"\\/', "<b>&amp;"] * 7)[:39]
    strange.append("w" * 40000)
    ids = [f"{i}: é/?#&%\"'\\ <b>" for i in range(40)]
    metadata = {"a b": ids, "é": strange[:5] * 8, "x.y": range(40), "long": ["z" * 30000] * 40}
    metadata |= {"yes": [True, None] * 20, "mixed": [1, 2.5] * 20, "big": [2**70, 1] * 20}
    report = small_audit.push_to_argilla(
        {"a text": strange, "é": strange, "x.y": strange},
        argilla_name,
        only_issues=False,
        ids=ids,
        class_names=["a.b.", " ", "'\"\\", "x" * 200],
        metadata=metadata,
        prediction_agent="v1.2 of ours",
    )
    assert report.n_stored == 40
    stored = argilla.load(argilla_name)
    assert sorted(stored) == sorted(ids)
    for i, each in enumerate(ids):
        assert stored[each]["fields"] == dict.fromkeys(("a text", "é", "x.y"), strange[i])
        found = stored[each]["metadata"]
        assert (found["a b"], found["x.y"], found["long"]) == (each, i, "z" * 30000)
        assert found["mixed"] == float([1, 2.5][i % 2])
        assert found.get("yes") is [True, None][i % 2]
        assert found["big"] == [2**70, 1][i % 2]


def test_wrong_key(small_audit, argilla, argilla_name):
    with pytest.raises(
        PermissionError, match=r"answered 401: .* The API key was refused"
    ) as raised:
        small_audit.push_to_argilla(texts(small_audit), argilla_name, api_key="wrong-key")
    assert "wrong-key" not in str(raised.value)


def test_wrong_workspace(small_audit, argilla, argilla_name):
    with pytest.raises(ValueError, match=r"workspace 'theirs' isn't one of yours, .* 'argilla'"):
        small_audit.push_to_argilla(texts(small_audit), argilla_name, workspace="theirs")


def test_several_workspaces(small_audit, argilla, argilla_name):
    other = argilla.request("POST", "/workspaces", {"name": f"other-{os.getpid()}"})
    try:
        with pytest.raises(
            ValueError, match=r"workspace is None, and at .* you have 'argilla', 'ot"
        ):
            small_audit.push_to_argilla(texts(small_audit), argilla_name)
        report = small_audit.push_to_argilla(texts(small_audit), argilla_name, workspace="argilla")
        assert report.n_stored == small_audit.n_issues
    finally:
        argilla.request("DELETE", f"/workspaces/{other['id']}")


def test_no_such_data_set_or_question(small_audit, argilla, argilla_name):
    with pytest.raises(ValueError, match="no data set of that name in the workspace 'argilla'"):
        Corrections.from_argilla(argilla_name)
    small_audit.push_to_argilla(texts(small_audit), argilla_name)
    with pytest.raises(ValueError, match=r"question is 'q', but those of .* are 'label'"):
        Corrections.from_argilla(argilla_name, question="q")


def test_no_server(small_audit, argilla, argilla_name):
    with pytest.raises(ConnectionError, match=r"No Argilla server answers: .* refused"):
        small_audit.push_to_argilla(texts(small_audit), argilla_name, api_url="http://127.0.0.1:9")


# With the real client


@pytest.fixture
def client(argilla):
    """Log in with Argilla's client, or skip."""
    rg = pytest.importorskip("argilla")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = rg.Argilla(api_url=argilla.url, api_key=argilla.key)
        yield found
        found.http_client.close()


@pytest.mark.parametrize("several", [False, True])
def test_both_ways_store_the_same(small_audit, label_sets, argilla, argilla_name, client, several):
    rg = pytest.importorskip("argilla")
    audit = label_sets if several else small_audit
    options = {"only_issues": False, "n_reviewers": 2}
    options |= {"metadata": {"k": [1, 2.5] * 20, "s": ["x"] * 40}}
    inputs = {"title": texts(audit), "body": ["", *texts(audit)[1:]]}
    settings, records = audit.to_argilla(inputs, **options)
    dataset = rg.Dataset(argilla_name, settings=settings, client=client).create()
    dataset.records.log(records)
    made = [argilla.load(argilla_name), argilla.dataset(argilla_name)]
    parts = ("fields", "questions")
    path = f"/datasets/{made[1]['id']}"
    made += [argilla.request("GET", f"{path}/{each}")["items"] for each in parts]
    made.append(argilla.request("GET", f"/me{path}/metadata-properties")["items"])
    argilla.request("DELETE", path)
    audit.push_to_argilla(inputs, argilla_name, **options)
    pushed = [argilla.load(argilla_name), argilla.dataset(argilla_name)]
    path = f"/datasets/{pushed[1]['id']}"
    pushed += [argilla.request("GET", f"{path}/{each}")["items"] for each in parts]
    pushed.append(argilla.request("GET", f"/me{path}/metadata-properties")["items"])
    drop = {"last_activity_at", "visible_options", "min", "max", "values"}
    for one, other in zip(made, pushed, strict=True):
        assert strip(same(one), drop) == strip(same(other), drop)


def strip(stored, drop):
    if isinstance(stored, dict):
        return {key: strip(value, drop) for key, value in stored.items() if key not in drop}
    return [strip(each, drop) for each in stored] if isinstance(stored, list) else stored
