"""The file: what is in it, and that it is written whole or not at all."""

import base64
import hashlib
import html.parser
import json
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from label_auditor import LabelAuditor, audit_labels, plan_review
from label_auditor.corrections.collection import Correction, Corrections
from label_auditor.data.findings import rows_in_order
from label_auditor.report.page import IMPORT, _asset, _script, write_page
from label_auditor.review import Evidence, Neighbors

ROOT = Path(__file__).parents[2]


@pytest.fixture
def audit():
    labels = np.repeat(["a", "b", "c"], 4)
    pred_probs = np.full((12, 3), 0.05)
    pred_probs[np.arange(12), np.repeat([0, 1, 2], 4)] = 0.9
    pred_probs[4] = [0.97, 0.01, 0.02]
    pred_probs[9] = [0.02, 0.93, 0.05]
    found = audit_labels(labels, pred_probs)
    assert found.ranked.tolist() == [4, 9]
    return found


TEXTS = [f"text {i}" for i in range(12)]


class Parser(html.parser.HTMLParser):
    """Collect start tags, and what stands in scripts and styles."""

    def __init__(self):
        super().__init__()
        self.tags, self.raw = [("", {})], {}

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, attrs = self.tags[-1]
        if tag in ("script", "style"):
            self.raw.setdefault(attrs.get("type", tag), data)


def parse(path):
    parser = Parser()
    parser.feed(Path(path).read_text("utf-8"))
    return parser


def data_of(path):
    return json.loads(parse(path).raw["application/json"])


def unpack(data, dtype):
    return np.frombuffer(base64.b64decode(data), dtype)


def unpack_whole(found):
    return unpack(found["values"], f"<i{found['bytes']}")


def test_the_rows_are_all_there_in_the_audits_order(audit, tmp_path):
    audit.to_html(tmp_path / "r.html", TEXTS)
    rows = data_of(tmp_path / "r.html")["rows"]
    order = [4, 9, *np.delete(np.argsort(audit.scores, kind="stable"), [0, 1])]
    assert rows["ids"] == [str(i) for i in order]
    assert rows["texts"] == [[TEXTS[i] for i in order]]
    codes = np.repeat([0, 1, 2], 4)
    assert unpack_whole(rows["given"]).tolist() == codes[order].tolist()
    assert unpack(rows["flagged"], "u1").tolist() == [1, 1] + [0] * 10
    np.testing.assert_array_equal(unpack(rows["quality"], "<f8"), audit.scores[order])
    top = unpack_whole(rows["top"]).reshape(12, 3)
    probabilities = unpack(rows["shares"], "<u2").reshape(12, 3) / 65535
    expected = np.take_along_axis(audit.pred_probs[order], top.astype(int), axis=1)
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=0.5 / 65535)
    assert (np.diff(probabilities) <= 0).all()


def test_the_summary_is_the_audits(audit, tmp_path):
    audit.to_html(tmp_path / "r.html", TEXTS)
    data = data_of(tmp_path / "r.html")
    assert data["audit"] == {
        "n_rows": 12,
        "n_flagged": 2,
        "n_evaluated": 12,
        "agreement": 10 / 12,
        "filter_by": "prune_by_noise_rate",
        "rank_by": "self_confidence",
    }
    assert sorted(data["pairs"]) == [
        [0, 0, 4, 0],
        [1, 0, 1, 1],
        [1, 1, 3, 0],
        [2, 1, 1, 1],
        [2, 2, 3, 0],
    ]
    assert data["summary"]["given"] == [4, 4, 4]
    assert data["summary"]["confused"] == [-1, 0, 1]
    assert sum(data["histogram"]["all"]) == 12
    assert sum(data["histogram"]["flagged"]) == 2
    assert data["estimate"] is None


def test_the_estimate_is_passed_on(audit, tmp_path):
    estimate = SimpleNamespace(
        n_errors=np.float64(3.5), low=2, high=5.5, confidence=0.9, n_reviewed=7, flagged="ignored"
    )
    write_page(audit, TEXTS, tmp_path / "r.html", estimate=estimate)
    assert data_of(tmp_path / "r.html")["estimate"] == {
        "n_errors": 3.5,
        "low": 2.0,
        "high": 5.5,
        "confidence": 0.9,
        "n_reviewed": 7.0,
    }


def test_the_policy_names_the_script_and_the_style_by_their_hashes(audit, tmp_path):
    audit.to_html(tmp_path / "r.html", TEXTS)
    parser = parse(tmp_path / "r.html")
    policy = next(attrs["content"] for tag, attrs in parser.tags if "http-equiv" in attrs)
    for kind, directive in (("module", "script-src"), ("style", "style-src")):
        digest = hashlib.sha256(parser.raw[kind].encode()).digest()
        assert f"{directive} 'sha256-{base64.b64encode(digest).decode()}';" in policy
    assert policy.startswith("default-src 'none'; ")
    assert policy.endswith("img-src data:; base-uri 'none'; form-action 'none'")
    assert "unsafe" not in policy


def test_nothing_in_the_page_points_elsewhere(audit, tmp_path):
    audit.to_html(tmp_path / "r.html", TEXTS)
    for tag, attrs in parse(tmp_path / "r.html").tags:
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        for name in ("src", "href", "action"):
            assert attrs.get(name, "#").startswith(("#", "data:")), (tag, attrs)
    assert not re.findall(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon|innerHTML)\b", _script())


def test_data_can_not_end_the_element_that_holds_it(audit, tmp_path):
    hostile = "</script><script>1</script><!-- {{ policy }} \ud800 \0"
    audit.to_html(tmp_path / "r.html", [hostile] * 12, title=hostile)
    parser = parse(tmp_path / "r.html")
    assert [attrs.get("type") for tag, attrs in parser.tags if tag == "script"] == [
        "application/json",
        "module",
    ]
    assert data_of(tmp_path / "r.html")["rows"]["texts"][0][0] == hostile


def test_the_key_depends_on_all_that_a_decision_does(audit, tmp_path):
    def key(audit, texts=TEXTS, **options):
        write_page(audit, texts, tmp_path / "r.html", **options)
        return data_of(tmp_path / "r.html")["key"]

    first = key(audit)
    other = audit_labels(audit.labels, audit.pred_probs[:, [0, 2, 1]])
    assert key(audit) == first
    assert key(audit, title="another title") == first
    keys = {
        first,
        key(other),
        key(audit, TEXTS[::-1]),
        key(audit, ids=range(1, 13)),
        key(audit, class_names=["x", "y", "z"]),
        key(audit, metadata={"m": TEXTS}),
    }
    assert len(keys) == 6


def test_large_ids_and_numbers_lose_no_digit(audit, tmp_path):
    audit.to_html(
        tmp_path / "r.html",
        TEXTS,
        ids=[2**60 + i for i in range(12)],
        metadata={"n": [2**60 + 1] * 12, "x": [0.1 + 0.2, np.nan, np.inf] * 4, "b": [True] * 12},
    )
    rows = data_of(tmp_path / "r.html")["rows"]
    assert rows["ids"][:2] == [str(2**60 + 4), str(2**60 + 9)]
    shown = dict(zip(rows["metadata_names"], rows["metadata"], strict=True))
    assert set(shown["n"]) == {str(2**60 + 1)}
    assert set(shown["x"]) == {"0.3", None, "inf"}
    assert set(shown["b"]) == {"True"}


def test_rows_that_could_not_be_judged_come_last(tmp_path):
    from sklearn.naive_bayes import GaussianNB

    X = np.random.default_rng(0).normal(size=(30, 2))
    y = np.where(X[:, 0] > 0, "yes", "no").astype(object)
    y[3] = None
    y[4] = "only"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        auditor = LabelAuditor(GaussianNB(), missing_labels="suggest", train_on=None).fit(X, y)
    auditor.to_html(tmp_path / "r.html", [f"t{i}" for i in range(30)])
    data = data_of(tmp_path / "r.html")
    assert set(data["rows"]["ids"][-2:]) == {"3", "4"}
    assert np.isnan(unpack(data["rows"]["quality"], "<f8")[-2:]).all()
    assert data["queue"]["n_judged"] == data["audit"]["n_evaluated"] == 28
    at = data["rows"]["ids"].index("3")
    assert unpack_whole(data["rows"]["given"])[at] == -1
    assert unpack_whole(data["rows"]["suggested"])[at] >= 0  # suggested, as asked for


def test_max_rows(audit, tmp_path):
    texts = [f"text {i}" for i in range(900)]
    rng = np.random.default_rng(0)
    audit = audit_labels(rng.integers(0, 3, 900), rng.dirichlet([1, 1, 1], 900), classes=range(3))
    write_page(audit, texts, tmp_path / "r.html", max_rows=30)
    rows = data_of(tmp_path / "r.html")["rows"]
    first = rows_in_order(audit)[:30]
    sample = plan_review(audit, 200, goal="count", random_state=0)
    assert [int(each) for each in rows["ids"][:30]] == first.tolist()
    assert {int(each) for each in rows["ids"]} == {*first.tolist(), *sample}
    assert rows["n_first"] == 30
    with pytest.raises(ValueError, match="max_rows is 0; pass at least 1"):
        write_page(audit, TEXTS, tmp_path / "r.html", max_rows=0)


def test_a_page_that_is_there_stays_whole_until_the_new_one_is(audit, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("before")
    with pytest.raises(ValueError, match="inputs has 2 values but 12 labels"):
        audit.to_html(path, ["a", "b"])

    def fail(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        audit.to_html(path, TEXTS)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


SETS = [["a", "c"], [], ["b"], ["a", "c"]]


@pytest.fixture
def sets():
    pred_probs = np.array([[0.9, 0.2, 0.7], [0.1, 0.8, 0.1], [0.3, 0.9, 0.2], [0.95, 0.1, 0.4]])
    return audit_labels(SETS, pred_probs, multi_label=True)


def test_rows_with_sets_of_labels(sets, tmp_path):
    sets.to_html(tmp_path / "r.html", TEXTS[:4])
    data = data_of(tmp_path / "r.html")
    rows, at = data["rows"], rows_in_order(sets)
    for name, matrix in (("given", sets.codes), ("suggested", sets.predicted)):
        found = [rows["sets"][number] for number in unpack_whole(rows[name])]
        assert found == [np.flatnonzero(row).tolist() for row in matrix.toarray()[at]]
    starts, top = unpack_whole(rows["starts"]), unpack_whole(rows["top"])
    probabilities = unpack(rows["shares"], "<u2") / 65535
    n_flagged = dict(zip(at, unpack_whole(rows["n_top_flagged"]), strict=True))
    doubted = (sets.codes.toarray() != sets.predicted.toarray()).sum(axis=0)
    assert rows["doubted"] == doubted.tolist()
    for row, start, end in zip(at, starts[:-1], starts[1:], strict=True):
        assert sorted(top[start:end]) == [0, 1, 2]
        of_row = sets.pred_probs[row, top[start:end]]
        np.testing.assert_allclose(probabilities[start:end], of_row, rtol=0, atol=0.5 / 65535)
        issues = sets.class_issues.toarray()[row, top[start:end]]
        assert issues.tolist() == [i < n_flagged[row] for i in range(end - start)]
        given = sets.codes.toarray()[row, top[start:end]]
        doubt = np.where(given, 1 - of_row, of_row)
        assert (np.diff(doubt[~issues]) <= 0).all()
    assert data["pairs"] == []
    assert data["summary"]["flagged_missing"] == sets.summary()["flagged_missing"].tolist()
    assert data["audit"]["agreement"] == 2 / 4
    assert data["apply_in"] == "Python"
    assert "apply_corrections(labels, corrections)" in data["apply_command"]


def test_a_page_of_sets_goes_on_with_decisions(sets, tmp_path):
    made = [("1", ("C", "B"), "validated", "ann"), ("3", ()), ("0", None, "discarded")]
    corrections = Corrections([Correction(*each) for each in made])
    sets.to_html(tmp_path / "r.html", TEXTS[:4], reviewed=corrections, class_names=["A", "B", "C"])
    data = data_of(tmp_path / "r.html")
    found = {data["rows"]["ids"][at]: decision for at, *decision in data["decided"]}
    assert found == {"1": [[1, 2], "ann", ""], "3": [[], "", ""], "0": [-1, "", ""]}
    with pytest.raises(TypeError, match="reviewed has 'a' for row 0, but a row of this audit has"):
        sets.to_html(tmp_path / "x.html", TEXTS[:4], reviewed={0: "a"})


def test_a_model_that_tells_nothing_of_sets_is_doubted(tmp_path):
    rng = np.random.default_rng(0)
    given = (rng.random((80, 3)) < 0.2).astype(int)
    bad = audit_labels(given, rng.random((80, 3)), multi_label=True)
    bad.to_html(tmp_path / "r.html", ["x"] * 80)
    (doubt,) = data_of(tmp_path / "r.html")["doubts"]
    assert re.match(r"The models agree with \d+% of the decisions whether a row has a class", doubt)
    good = audit_labels(given, np.where(given, 0.8, 0.2), multi_label=True)
    good.to_html(tmp_path / "r.html", ["x"] * 80)
    assert data_of(tmp_path / "r.html")["doubts"] == []


def test_every_module_is_used_and_imports_what_there_is():
    folder = ROOT / "src" / "label_auditor" / "report" / "web" / "js"
    names = {path.stem for path in folder.glob("*.js")}
    script = _script()
    assert set(re.findall(r"^modules\.(\w+) = ", script, re.MULTILINE)) == names
    for name in names:
        source = _asset(f"js/{name}.js")
        for imported, other in IMPORT.findall(source):
            for each in re.findall(r"[\w$]+", imported):
                exported = rf"^export (?:const|let|function) {re.escape(each)}\b|^export const \$ ="
                assert re.search(exported, _asset(f"js/{other}.js"), re.MULTILINE), (name, each)
                used = source.replace(imported, "", 1)
                assert re.search(rf"(?<![\w$]){re.escape(each)}(?![\w$])", used), (name, each)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_the_wheel_holds_the_page(tmp_path):
    pytest.importorskip("hatchling")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    web = ROOT / "src" / "label_auditor" / "report" / "web"
    files = {path.relative_to(ROOT / "src").as_posix() for path in web.rglob("*.*")}
    assert len(files) > 10
    assert files <= packed


def test_the_page_goes_on_with_decisions(audit, tmp_path):
    """Who and when are those of the last vote that agrees with what was decided."""
    names = [f"r{row}" for row in range(len(audit))]
    label = str(audit.classes[1])
    corrections = Corrections(
        [
            Correction("r4", label, who="ann", when="2026-01-01T10:00:00Z"),
            Correction("r4", label, who="bob", when="2026-01-02T10:00:00Z"),
            Correction("r4", str(audit.classes[0]), who="eve", when="2026-01-03T10:00:00Z"),
            Correction("r2", None, "discarded"),
            Correction("r3", label, who="ann"),
            Correction("r3", None, "discarded", who="bob"),
        ]
    )
    write_page(audit, TEXTS, tmp_path / "r.html", ids=names, reviewed=corrections)
    data = data_of(tmp_path / "r.html")
    found = [[data["rows"]["ids"][at], *decision] for at, *decision in data["decided"]]
    assert found == [["r4", 1, "bob", "2026-01-02T10:00:00Z"], ["r2", -1, "", ""]]
    write_page(audit, TEXTS, tmp_path / "r.html", reviewed={2: audit.classes[1], 0: None})
    assert [each[1:] for each in data_of(tmp_path / "r.html")["decided"]] == [
        [1, "", ""],
        [-1, "", ""],
    ]
    with pytest.raises(ValueError, match="reviewed has 99 for row positions"):
        write_page(audit, TEXTS, tmp_path / "r.html", reviewed={99: None})


def test_notes_classes_and_evidence_change_no_key(audit, tmp_path):
    def data(**options):
        write_page(audit, TEXTS, tmp_path / "r.html", **options)
        return data_of(tmp_path / "r.html")

    plain = data()
    assert plain["descriptions"] == [None] * 3
    assert "evidence" not in plain
    found = Neighbors(np.array([4]), np.array([[0]]), np.array([[0.5]]))
    more = data(
        evidence=Evidence(found),
        class_descriptions={"b": "a bee", "see": "a sea"},
        class_names=["a", "bee", "see"],
    )
    assert more["descriptions"] == [None, "a bee", "a sea"]
    assert more["evidence"]["neighbors"]["k"] == 1
    del more["evidence"], more["descriptions"], more["classes"], more["key"]
    assert {name: plain[name] for name in more} == more
    assert data(evidence=Evidence(found))["key"] == plain["key"]
    with pytest.raises(ValueError, match=r"class_descriptions has 'd', which are no classes"):
        data(class_descriptions={"d": "?"})


def test_a_page_goes_on_with_notes(audit, tmp_path):
    label = str(audit.classes[1])
    noted = Corrections([Correction("4", label, note="why"), Correction("2", label)])
    write_page(audit, TEXTS, tmp_path / "r.html", reviewed=noted)
    decided = data_of(tmp_path / "r.html")["decided"]
    assert [each[1:] for each in decided] == [[1, "", "", "why"], [1, "", ""]]
