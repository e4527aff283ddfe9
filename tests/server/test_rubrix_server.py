"""Against a real server of Rubrix 0.18 or Argilla 1."""

import json
import os
import re
import signal
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, apply_corrections
from label_auditor.export import server as http
from label_auditor.export.push import PushInterruptedError
from label_auditor.export.rubrix import read
from label_auditor.export.rubrix.server import RubrixServer

NAMES = ["World", "Sports", "Business", "Sci/Tech"]
STRANGE = [
    "",
    " ",
    "a\nb\r\n\tc",
    "\x00\x07\x1b",
    "é中\U0001f600\u202e\u2028",
    '"\\/',
    "<b>&amp;",
    "w" * 40000,
]


def texts(audit):
    return [f"text {i} of {len(audit)}" for i in range(len(audit))]


def same(stored, before):
    """Compare what is stored, but for the time of storing and what Argilla keeps of the past."""
    drop = {"last_updated", "annotations"}
    return {k: v for k, v in stored.items() if k not in drop} == {
        k: v for k, v in before.items() if k not in drop
    }


def test_two_thousand_records_come_back_whole(audit, rubrix, name):
    source, weight = [f"s{i % 7}" for i in range(2000)], np.linspace(0, 1, 2000, dtype=np.float32)
    report = audit.push_to_rubrix(
        {"title": texts(audit), "body": texts(audit)[::-1]},
        name,
        only_issues=False,
        ids=[f"row-{i}" for i in range(2000)],
        class_names=NAMES,
        metadata=pd.DataFrame({"source": source, "weight": weight}),
        explanation=[{"title": [("text", {0: 0.25, 3: -1.0})]}] * 2000,
    )
    assert (report.n_stored, report.left_alone, report.failed) == (2000, (), {})
    assert report.url == f"{rubrix.url}/datasets/{rubrix.workspace}/{name}"
    stored = rubrix.load(name)
    assert len(stored) == 2000
    rank = {row: rank for rank, row in enumerate(audit.ranked.tolist())}
    for i in range(2000):
        record = stored[f"row-{i}"]
        assert record["inputs"] == {"title": texts(audit)[i], "body": texts(audit)[-1 - i]}
        assert record["status"] == "Default"
        assert record["multi_label"] is False
        assert record["prediction"]["agent"] == "label-auditor"
        assert {each["class"]: each["score"] for each in record["prediction"]["labels"]} == dict(
            zip(NAMES, audit.pred_probs[i].tolist(), strict=True)
        )
        assert record["annotation"] == {
            "agent": "given",
            "labels": [{"class": NAMES[audit.labels[i]], "score": 1.0}],
        }
        assert record["explanation"] == {
            "title": [{"token": "text", "attributions": {"World": 0.25, "Sci/Tech": -1.0}}]
        }
        assert record["metadata"] == {
            **({"label_error_candidate": rank[i]} if i in rank else {}),
            "label_quality": audit.scores[i],
            "suggested_label": NAMES[audit.suggested_labels[i]],
            "source": source[i],
            "weight": float(weight[i]),
        }
    first = rubrix.search(name, "metadata.label_error_candidate")
    assert first["total"] == 2000
    found = [record["id"] for record in first["records"][: audit.n_issues]]
    assert found == [f"row-{i}" for i in audit.ranked]


def test_pushing_twice_changes_nothing_and_a_review_survives(small_audit, rubrix, name):
    options = {"only_issues": False, "class_names": NAMES}
    small_audit.push_to_rubrix(texts(small_audit), name, **options)
    first = rubrix.load(name)
    rubrix.save(name, [first[3]], "anna", "Sports")
    rubrix.save(name, [first[4]], "anna", "World", status="Discarded")
    rubrix.save(name, [first[5]], "given", "World", status="Edited")
    rubrix.save(name, [first[6]], "anna", "World", status="Default")
    reviewed = rubrix.load(name)
    report = small_audit.push_to_rubrix(texts(small_audit), name, **options)
    assert (report.n_stored, sorted(report.left_alone)) == (36, [3, 4, 5, 6])
    second = rubrix.load(name)
    assert len(second) == 40
    for i in range(40):
        assert same(second[i], reviewed[i])
        assert same(second[i], first[i]) is (i not in (3, 4, 5, 6))
    assert second[3]["annotation"] == {
        "agent": "anna",
        "labels": [{"class": "Sports", "score": 1.0}],
    }
    assert second[3]["status"] == "Validated"
    report = small_audit.push_to_rubrix(
        texts(small_audit), name, overwrite_reviewed=True, **options
    )
    assert report.n_stored == 40
    assert all(same(record, first[i]) for i, record in rubrix.load(name).items())


@pytest.mark.parametrize("moment", ["before", "while"])
def test_a_server_that_dies_and_comes_back(audit, rubrix, name, monkeypatch, moment):
    pid = Path(os.environ["RUBRIX_SERVER_PIDFILE"])
    request, bulks, lost = RubrixServer.request, [], []

    def kill():
        os.kill(int(pid.read_text()), signal.SIGKILL)

    def deadly(self, method, path, body=None, **options):
        if path.endswith(":bulk"):
            bulks.append(path)
            if len(bulks) == 2:
                timer = threading.Timer(0.0 if moment == "before" else 0.1, kill)
                timer.start()
                if moment == "before":
                    timer.join()
        try:
            return request(self, method, path, body, **options)
        except http.ServerUnavailableError:
            lost.append(path)
            raise

    monkeypatch.setattr(RubrixServer, "request", deadly)
    report = audit.push_to_rubrix(texts(audit), name, only_issues=False)
    # Four chunks, one of them twice, if it wasn't lost while its records were looked up.
    assert lost
    assert len(bulks) == 4 + sum(path.endswith(":bulk") for path in lost)
    assert (report.n_stored, report.left_alone, report.failed) == (2000, (), {})
    assert sorted(rubrix.load(name)) == list(range(2000))


def test_a_server_that_stays_away(audit, rubrix, name, monkeypatch):
    monkeypatch.setattr(http, "DELAYS", (0.01, 0.01))
    request, bulks = RubrixServer.request, []

    def deadly(self, method, path, body=None, **options):
        if path.endswith(":bulk"):
            bulks.append(path)
            if len(bulks) > 2:
                self.url = "http://127.0.0.1:1"
        return request(self, method, path, body, **options)

    with monkeypatch.context() as patch:
        patch.setattr(RubrixServer, "request", deadly)
        with pytest.raises(PushInterruptedError, match="1,000 not sent") as raised:
            audit.push_to_rubrix(texts(audit), name, only_issues=False)
    assert raised.value.report.n_stored == len(rubrix.load(name)) == 1000
    assert audit.push_to_rubrix(texts(audit), name, only_issues=False).n_stored == 2000
    assert len(rubrix.load(name)) == 2000


def test_wrong_key(small_audit, rubrix, name):
    with pytest.raises(
        PermissionError, match=r"answered 401: .* The API key was refused"
    ) as raised:
        small_audit.push_to_rubrix(texts(small_audit), name, api_key="wrong-key")
    assert "wrong-key" not in str(raised.value)


def test_wrong_workspace(small_audit, rubrix, name):
    message = rf"workspace 'theirs' isn't one of yours, .* '{rubrix.workspace}'"
    with pytest.raises(ValueError, match=message):
        small_audit.push_to_rubrix(texts(small_audit), name, workspace="theirs")


def test_no_server(small_audit, rubrix, name):
    with pytest.raises(ConnectionError, match=r"No Rubrix server answers: .* refused"):
        small_audit.push_to_rubrix(texts(small_audit), name, api_url="http://127.0.0.1:9")


def test_data_set_for_another_task(small_audit, rubrix, name):
    rubrix.request("POST", "", {"name": name, "task": "TokenClassification"})
    with pytest.raises(ValueError, match="is a data set for TokenClassification"):
        small_audit.push_to_rubrix(texts(small_audit), name)


def test_an_empty_data_set_is_filled(small_audit, rubrix, name):
    rubrix.request("POST", "", {"name": name, "task": "TextClassification"})
    assert small_audit.push_to_rubrix(texts(small_audit), name, only_issues=False).n_stored == 40


def test_strange_strings_come_back(small_audit, rubrix, name):
    strange = (STRANGE * 5)[:40]
    ids = [f"{i}: é/?#&%\"'\\ <b>" for i in range(40)]
    small_audit.push_to_rubrix(
        {"a text": strange, "é": strange},
        name,
        only_issues=False,
        ids=ids,
        class_names=["a.b.", " ", "'\"\\", "x" * 128],
        metadata={"a b": ids, "é": strange[:5] * 8, "x.y": range(40)},
        prediction_agent="v1.2 of ours",
    )
    stored = rubrix.load(name)
    assert sorted(stored) == sorted(ids)
    for i, each in enumerate(ids):
        assert stored[each]["inputs"] == {"a text": strange[i], "é": strange[i]}
        assert stored[each]["metadata"]["a b"] == each
        assert stored[each]["metadata"]["x.y"] == i
    rubrix.save(name, [stored[ids[2]]], "anna", " ")
    options = {"only_issues": False, "ids": ids}
    assert small_audit.push_to_rubrix(strange, name, **options).left_alone == (ids[2],)


def test_ids_come_back(small_audit, rubrix, name):
    ids = ["7", 8, "a7", "0.5", "1e3", "0x10", "-3", "é", "a b ", "True", "nan", 10**20, "x" * 128]
    ids += [f"row-{i}" for i in range(40 - len(ids))]
    push = small_audit.push_to_rubrix
    assert push(texts(small_audit), name, only_issues=False, ids=ids).n_stored == 40
    stored = rubrix.load(name)
    assert sorted(map(str, stored)) == sorted(map(str, ids))
    rubrix.save(name, list(stored.values()), "anna", "0")
    assert set(push(texts(small_audit), name, only_issues=False, ids=ids).left_alone) == set(ids)


def test_what_rubrix_would_refuse_is_made_valid(small_audit, rubrix, name):
    pred_probs = small_audit.pred_probs.astype(np.float32)
    pred_probs[0] = [1.0000001, 0, 0, 0]
    pred_probs[1] = [0.5, 0.3, 0.3, 0]
    object.__setattr__(small_audit, "pred_probs", pred_probs)
    with pytest.warns(UserWarning, match="metadata 'long' has strings of more than 128"):
        report = small_audit.push_to_rubrix(
            texts(small_audit),
            name,
            only_issues=False,
            metadata={
                "long": ["x" * 200 + "end"] * 40,
                "nan": [np.nan, 1.5] * 20,
                "none": [None, "x"] * 20,
                "f32": np.full(40, 0.5, dtype=np.float32),
                "mixed": [1, 2.5] * 20,
                "when": pd.date_range("2020-01-01", periods=40),
            },
        )
    assert report.n_stored == 40
    stored = rubrix.load(name)
    assert stored[0]["prediction"]["labels"][0] == {"class": "0", "score": 1.0}
    assert stored[0]["metadata"]["long"] == "x" * 125 + "end"
    assert "nan" not in stored[0]["metadata"]
    assert "none" not in stored[0]["metadata"]
    assert stored[0]["metadata"]["mixed"] == 1.0
    assert stored[1]["metadata"]["when"] == "2020-01-02T00:00:00"


def test_records_that_clash_with_what_is_there_are_reported(small_audit, rubrix, name):
    push = small_audit.push_to_rubrix
    push(texts(small_audit), name, only_issues=False, metadata={"k": range(40)})
    values = ["word" if i % 10 == 0 else str(i) for i in range(40)]
    with pytest.warns(UserWarning, match="36 of 40 records stored in .*; 4 failed"):
        report = push(texts(small_audit), name, only_issues=False, metadata={"k": values})
    assert sorted(report.failed) == [0, 10, 20, 30]
    assert "failed to parse field [metadata.k]" in report.failed[0]
    assert [rubrix.load(name)[i]["metadata"]["k"] for i in (0, 1)] == [0, "1"]


def test_keys_that_no_longer_fit_interrupt(small_audit, rubrix, name, monkeypatch):
    push, keys = small_audit.push_to_rubrix, {f"k{i}": range(40) for i in range(47)}
    push(texts(small_audit), name, metadata=keys)
    with pytest.raises(PushInterruptedError, match=r"400: MetadataLimitExceededError.*'limit': 50"):
        push(texts(small_audit), name, metadata={"another": range(40)})


def test_the_web_page_reads_what_is_there(small_audit, rubrix, name):
    small_audit.push_to_rubrix(texts(small_audit), name, only_issues=False, class_names=NAMES)
    found = rubrix.search(name, "id", size=5)
    assert found["total"] == 40
    assert json.dumps(found["aggregations"]["status"]) == '{"Default": 40}'
    assert set(found["aggregations"]["annotated_by"]) == {"given"}
    assert set(found["aggregations"]["predicted_by"]) == {"label-auditor"}


def test_multi_label_records_come_back_whole_and_pushing_twice_changes_nothing(
    multi_audit, rubrix, name
):
    options = {"only_issues": False, "class_names": NAMES}
    report = multi_audit.push_to_rubrix(texts(multi_audit), name, **options)
    assert (report.n_stored, report.left_alone, report.failed) == (2000, (), {})
    stored = rubrix.load(name)
    assert len(stored) == 2000
    rank = {row: rank for rank, row in enumerate(multi_audit.ranked.tolist())}
    assert rank
    for i in range(2000):
        record = stored[i]
        assert record["multi_label"] is True
        assert record["status"] == "Default"
        assert {each["class"]: each["score"] for each in record["prediction"]["labels"]} == dict(
            zip(NAMES, multi_audit.pred_probs[i].tolist(), strict=True)
        )
        assert record["annotation"]["agent"] == "given"
        given = {each["class"]: each["score"] for each in record["annotation"]["labels"]}
        assert given == {NAMES[k]: 1.0 for k in multi_audit.labels[i]}
        assert record["metadata"] == {
            **({"label_error_candidate": rank[i]} if i in rank else {}),
            "label_quality": multi_audit.scores[i],
            "suggested_label": ", ".join(NAMES[k] for k in multi_audit.suggested_labels[i]),
        }
    assert sum(record["annotation"]["labels"] == [] for record in stored.values()) > 100
    first = rubrix.search(name, "metadata.label_error_candidate")
    assert [each["id"] for each in first["records"][: len(rank)]] == multi_audit.ranked.tolist()
    rubrix.save(name, [stored[3]], "anna", "Sports")
    reviewed = rubrix.load(name)
    report = multi_audit.push_to_rubrix(texts(multi_audit), name, **options)
    assert (report.n_stored, report.left_alone) == (1999, (3,))
    assert all(same(record, reviewed[i]) for i, record in rubrix.load(name).items())


def test_corrections_come_back(small_audit, rubrix, name, monkeypatch):
    monkeypatch.setattr(read, "PAGE", 3)
    ids = [i if i % 2 else f"row {i}/é?" for i in range(40)]
    options = {"only_issues": False, "ids": ids, "class_names": NAMES}
    small_audit.push_to_rubrix(texts(small_audit), name, **options)
    assert len(Corrections.from_rubrix(name)) == 0
    stored = rubrix.load(name)
    for i in range(20):
        rubrix.save(name, [stored[ids[i]]], "anna", NAMES[i % 4])
    rubrix.save(name, [stored[ids[20]]], "given", NAMES[0], status="Discarded")
    rubrix.save(name, [stored[ids[21]]], "anna", NAMES[0], status="Edited")
    corrections = Corrections.from_rubrix(name)
    assert {each.id: (each.label, each.status, each.who) for each in corrections} == {
        **{str(ids[i]): (NAMES[i % 4], "validated", "anna") for i in range(20)},
        "row 20/é?": (None, "discarded", None),
    }
    assert all(each.when.startswith("20") for each in corrections)
    rows = corrections.by_row(small_audit, ids=ids, class_names=NAMES)
    assert rows == {**{i: i % 4 for i in range(20)}, 20: None}


def test_no_such_data_set(rubrix, name):
    message = f"name is '{name}', but .* in the workspace '{rubrix.workspace}'"
    with pytest.raises(ValueError, match=message):
        Corrections.from_rubrix(name)


def test_the_tutorial(rubrix, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    example = Path(__file__).resolve().parents[2] / "examples" / "plot_texts.py"
    source = example.read_text(encoding="utf-8")
    names = {"__file__": str(example), "Corrections": Corrections}
    exec(source[: source.index("# Review\n# ------")], names)
    lines = re.findall(r"^#     ((?:audit|corrections).*rubrix\(.*)$", source, re.MULTILINE)
    push, bring_home = lines  # the by_folds of the appendix is pushed in the same way
    n = names["audit"].n_issues
    assert f"{n} of {n} records stored" in repr(eval(push, names))
    stored = rubrix.load("label_errors")
    assert {record["metadata"]["split"] for record in stored.values()} == {"test"}
    by_rank = {record["metadata"]["label_error_candidate"]: record for record in stored.values()}
    assert sorted(by_rank) == list(range(n))
    suggested = by_rank[0]["metadata"]["suggested_label"]
    rubrix.save("label_errors", [by_rank[0]], "anna", suggested)
    rubrix.save("label_errors", [by_rank[1]], "anna", suggested, status="Discarded")
    assert f"{n - 2} of {n} records stored" in repr(eval(push, names))
    exec(bring_home, names)
    rubrix.request("DELETE", "/label_errors")
    labels = names["test"]["category"]
    _, report = apply_corrections(labels, names["corrections"])
    assert [str(labels.index[row]) for row in report.changed] == [str(by_rank[0]["id"])]
    assert [str(labels.index[row]) for row in report.discarded] == [str(by_rank[1]["id"])]
