"""The examples of the README run as they stand there."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
TOPICS = {"World": "war", "Sports": "goal", "Business": "shares", "Sci/Tech": "robot"}


def test_the_python_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one of them writes a file
    labels = np.array(list(TOPICS))[np.arange(80) % 4]
    texts = [f"{TOPICS[label]} number {i % 7}" for i, label in enumerate(labels)]
    names = {
        "texts": texts,
        "labels": labels,
        "train_texts": texts[:40],
        "train_labels": labels[:40],
        "test_texts": texts[40:],
        "test_labels": labels[40:],
        "ask_reviewer": lambda text: labels[texts.index(text)],
        "pred_probs": np.eye(4)[np.arange(80) % 4] * 0.6 + 0.1,
    }
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    ran = [block for block in blocks if "push_to_label_studio" not in block]
    for block in ran:
        exec(block, names)
    assert len(ran) == len(blocks) - 1 == 6
    assert "shares number" in (tmp_path / "report.html").read_text("utf-8")
    assert names["audit"].classes.tolist() == list(TOPICS)
    assert names["search"].best_score_ == 1


def test_the_reading_is_told_as_it_is_listed():
    root = README.parent
    reading = pd.read_csv(root / "examples/banking77-reading.csv")
    data = pd.read_csv(root / "examples/banking77.csv.gz").iloc[reading["row"]]
    assert reading["text"].tolist() == data["text"].str.strip().tolist()
    assert reading["given"].tolist() == data["category"].tolist()
    assert reading["reason"].notna().all()
    changed = reading["verdict"] != reading["verdict_with_neighbours"]
    assert (changed == reading["reason_of_change"].notna()).all()

    def count(verdicts):
        return [int((verdicts == each).sum()) for each in ("wrong", "debatable", "fine")]

    def read(path):
        return " ".join((root / path).read_text(encoding="utf-8").split())

    first = "Of the 20 labels shown first, {} are wrong, {} are debatable and {} are fine."
    assert first.format(*count(reading["verdict"][:20])) in read("README.md")
    alone, beside = count(reading["verdict"]), count(reading["verdict_with_neighbours"])
    listed = "`wrong` ({} rows), `debatable` ({}) or `fine` ({})"
    assert listed.format(*alone) in read("examples/README.md")
    assert "({} wrong, {} debatable, {} fine)".format(*beside) in read("examples/README.md")
    assert f"This changed {changed.sum()} verdicts" in read("examples/README.md")
    told = (
        "{} labels are wrong, {} are debatable and {} are fine. After .* it is {}, {} and {}, since"
    )
    assert re.search(told.format(*alone, *beside), read("docs/page.md"))
    queue = pd.read_csv(root / "examples/banking77-reading-queue.csv")
    both = queue.merge(reading, on=["row", "text", "given", "suggested", "verdict", "reason"])
    assert len(both) == queue["row"].isin(reading["row"]).sum()
    assert f"{len(both)} rows are in both lists" in read("examples/README.md")
    counted = "{} are wrong, {} debatable and {} fine".format(*count(queue["verdict"]))
    assert counted in read("examples/README.md")
    halves = [(each["verdict"] == "wrong").tolist() for each in (queue, reading)]
    found = [sum(half) for each in halves for half in (each[:50], each[50:])]
    told = "{} among the first 50 rows and {} among the next 50, where the audit's own order has"
    assert f"{told} {{}} and {{}}".format(*found) in read("docs/page.md")


def test_the_package_index_gets_no_links_to_files_of_the_repository():
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((README.parent / "pyproject.toml").read_text(encoding="utf-8"))
    text = README.read_text(encoding="utf-8")
    assert "](docs/" in text
    hook = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    for each in hook["substitutions"]:
        text = re.sub(each["pattern"], each["replacement"], text)
    assert re.findall(r"\]\((?!https?:)", text) == []
    assert "how to move" in text
