"""Evidence that label-audit puts into the page, and the file of what classes mean."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from label_auditor.cli import text_models
from label_auditor.cli.command_line import main
from label_auditor.cli.errors import InputError
from label_auditor.cli.evidence import N_NEIGHBORS, read_descriptions
from label_auditor.fitting import counted_texts

WORDS = {
    "fruit": ["apple", "pear", "plum", "cherry", "fig"],
    "tool": ["hammer", "saw", "drill", "wrench", "pliers"],
}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data():
    """Write 80 texts; row 7 is labelled wrong, and has a twin that is labelled right."""
    rng = np.random.default_rng(0)
    labels = ["fruit", "tool"] * 40
    texts = [" ".join(rng.choice(WORDS[label], 4)) for label in labels]
    texts[7], texts[9], labels[7] = "a drill, a saw", "a saw, a drill", "fruit"
    lines = [f'"{text}",{label}' for text, label in zip(texts, labels, strict=True)]
    Path("in.csv").write_text("\n".join(["text,kind", *lines]))
    return texts, labels


def read_page(*options):
    command = ["in.csv", "--text", "text", "--label", "kind", "--jobs", "1", "--quiet", *options]
    assert main(command) == 0
    page = Path("in-audit/report.html").read_text("utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def unpack(values, dtype):
    return np.frombuffer(base64.b64decode(values), dtype).astype(int)


@pytest.mark.parametrize("options", [[], ["--model", "words"], ["--cv", "3"]])
def test_the_page_has_neighbours_and_words(data, options):
    texts, _ = data
    page = read_page(*options)
    at = page["rows"]["ids"].index("7")
    neighbors = page["evidence"]["neighbors"]
    places = unpack(neighbors["rows"], "<u2").reshape(-1, N_NEIGHBORS)[at]
    given = unpack(page["rows"]["given"]["values"], "i1")
    assert given[at] == 0
    assert given[places].tolist() == [1] * N_NEIGHBORS
    counts, words = unpack(page["evidence"]["words"]["counts"], "<u2"), page["evidence"]["words"]
    first = counts[:at].sum()
    mine = slice(first, first + counts[at])
    starts = np.cumsum(
        unpack(words["gaps"], "<u2")[mine] + np.r_[0, unpack(words["sizes"], "u1")[mine][:-1]]
    )
    stops = starts + unpack(words["sizes"], "u1")[mine]
    marked = [texts[7][start:stop] for start, stop in zip(starts, stops, strict=True)]
    assert {"drill", "saw"} <= set(marked)
    weights = dict(zip(marked, unpack(words["weights"], "i1")[mine], strict=True))
    assert min(weights["drill"], weights["saw"]) > 0


def test_neighbours_outside_of_the_page_come_with_their_texts(data):
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(WORDS[label], 4)) for label in WORDS for _ in range(300)]
    labels = [label for label in WORDS for _ in range(300)]
    lines = [f"{text},{label}" for text, label in zip(texts, labels, strict=True)]
    Path("in.csv").write_text("\n".join(["text,kind", *lines]))
    outside = read_page("--max-rows", "1")["evidence"]["neighbors"]["outside"]
    assert outside["ids"]
    for row, text, code in zip(outside["ids"], outside["texts"], outside["given"], strict=True):
        assert (texts[int(row)], labels[int(row)]) == (text, list(WORDS)[code])


@pytest.mark.parametrize("options", [[], ["--model", "characters"]])
def test_counts_that_are_not_held_give_the_same_page(data, options, monkeypatch):
    expected = read_page(*options)
    monkeypatch.setattr(text_models, "MOST_HELD", 0)
    monkeypatch.setattr(counted_texts, "BLOCK_ROWS", 11)
    page = read_page(*options)
    assert page["evidence"]["words"] == expected["evidence"]["words"]
    assert page["evidence"]["neighbors"] == expected["evidence"]["neighbors"]
    assert page["rows"]["ids"] == expected["rows"]["ids"]
    assert page["rows"]["metadata"] == expected["rows"]["metadata"]


def test_decisions_are_those_that_the_words_learn_from(data):
    corrections = {"format": "label-auditor corrections, version 1", "corrections": []}
    corrections["corrections"] = [{"id": "7", "label": "tool"}]
    Path("corrections.json").write_text(json.dumps(corrections))
    assert read_page("--corrections", "corrections.json")["evidence"]["words"] is not None


def test_rows_of_features_have_those_that_are_near(data):
    rng = np.random.default_rng(0)
    size, heavy = rng.normal(size=60), 1000 * rng.normal(size=60)
    cells = zip(size, heavy, np.where(size > 0, "x", "y"), strict=True)
    lines = [",".join(map(str, row)) for row in cells]
    lines[5] = lines[5].replace(str(size[5]), "")  # is average
    Path("in.csv").write_text("\n".join(["size,weight,kind", *lines]))
    assert main(["in.csv", "--label", "kind", "--jobs", "1", "--quiet"]) == 0
    text = Path("in-audit/report.html").read_text("utf-8")
    page = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert page["evidence"].get("words") is None
    ids = np.array(page["rows"]["ids"], int)
    places = unpack(page["evidence"]["neighbors"]["rows"], "<u2").reshape(-1, N_NEIGHBORS)
    size[5] = np.delete(size, 5).mean()
    points = np.column_stack([size / np.delete(size, 5).std(), heavy / heavy.std()])
    away = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(away, np.inf)
    nearest = [away[row].argmin() in ids[found] for row, found in zip(ids, places, strict=True)]
    assert np.mean(nearest) > 0.9  # by directions alone it would be .68


def test_equal_categories_are_near_and_constants_tell_nothing(data):
    Path("in.csv").write_text("a,b,kind\n" + "red,1,x\nblue,1,y\n" * 10)
    assert main(["in.csv", "--label", "kind", "--jobs", "1", "--quiet"]) == 0
    text = Path("in-audit/report.html").read_text("utf-8")
    page = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    places = unpack(page["evidence"]["neighbors"]["rows"], "<u2").reshape(-1, N_NEIGHBORS)
    even = np.array(page["rows"]["ids"], int) % 2
    assert (even[places] == even[:, None]).all()


def test_too_many_categories_are_not_compared(data, monkeypatch):
    monkeypatch.setattr("label_auditor.cli.models.MOST_COMPARED", 79)
    Path("in.csv").write_text("a,b,kind\n" + "1,2,x\n2,1,y\n" * 20)
    assert main(["in.csv", "--label", "kind", "--jobs", "1", "--quiet"]) == 0
    assert '"evidence":' not in Path("in-audit/report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("d.json", '\ufeff{"tool": "to work with"}'),
        ("d.csv", 'class,note,description\ntool,x,"to work with"\n'),
    ],
)
def test_descriptions_are_in_the_page(data, name, content):
    Path(name).write_text(content, encoding="utf-8")
    assert read_page("--class-descriptions", name)["descriptions"] == [None, "to work with"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.txt", "", r"d\.txt: unknown format; the name should end in \.json or \.csv"),
        ("d.json", None, r"can't read d\.json: no such file"),
        ("d.json", "{", r"d\.json: "),
        ("d.json", '["tool"]', r"d\.json: an object is needed, such as"),
        ("d.json", '{"tool": 1}', r"an object is needed"),
        ("d.csv", "name,text\n", r"class and description are needed, but there are 'name', 'text'"),
        ("d.csv", "", r"are needed, but there are none"),
        ("d.json", '{"spoon": "?"}', r"d\.json describes 'spoon', which no row is labelled; the"),
        ("d.json", b"\xff", r"d\.json: "),
    ],
)
def test_a_file_that_describes_no_classes_is_refused(name, content, message):
    if content is not None:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=f"(?i){message}"):
        read_descriptions(Path(name), {"tool", "fruit"})


def test_without_a_file_there_are_none():
    assert read_descriptions(None, {"tool"}) == {}
