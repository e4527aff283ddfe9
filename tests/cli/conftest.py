"""Small tables that a command can audit."""

import pytest

GOOD = ["nice wonderful great", "lovely great superb", "great nice superb", "wonderful lovely nice"]
BAD = ["awful worst terrible", "sad awful refund", "terrible worst sad", "refund worst awful"]


@pytest.fixture
def in_tmp(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def reviews():
    """40 records with a text and the label "pos" or "neg", one of which is wrong."""
    records = [
        {"text": f"{(GOOD if row % 2 else BAD)[row // 2 % 4]} n{row % 5}", "label": label}
        for row, label in enumerate(["neg", "pos"] * 20)
    ]
    records[7]["label"] = "neg"
    return records


@pytest.fixture
def reviews_csv(in_tmp, reviews):
    path = in_tmp / "in.csv"
    lines = (f"{each['text']},{each['label']}\n" for each in reviews)
    path.write_text("text,label\n" + "".join(lines))
    return path
