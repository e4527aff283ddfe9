"""The examples of the README run as they stand there."""

import re
from pathlib import Path

import numpy as np

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
        "pred_probs": np.eye(4)[np.arange(80) % 4] * 0.6 + 0.1,
    }
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    ran = [block for block in blocks if "push_to_rubrix" not in block]
    for block in ran:
        exec(block, names)
    assert len(ran) == len(blocks) - 1 == 6
    assert "shares number" in (tmp_path / "report.html").read_text("utf-8")
    assert names["audit"].classes.tolist() == list(TOPICS)
    assert names["search"].best_score_ == 1
