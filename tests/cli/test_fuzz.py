"""Damaged files of all kinds: a status, at most one line on why, and no litter.

Some dozens of damaged files are tried by default. LABEL_AUDITOR_EXAMPLES=5000 tries that many.
"""

import gzip
import io
import json
import os
import random
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from label_auditor import audit_labels
from label_auditor.cli import main

EXAMPLES = int(os.environ.get("LABEL_AUDITOR_EXAMPLES", "30"))
AUDIT = ["--text", "text", "--label", "label", "--cv", "2"]
FEATURES = ["--label", "label", "--cv", "2"]
APPLY = ["--label", "label", "--drop-discarded"]
# What a damaged byte may become, or what may be put between two of them.
TOKENS = [
    b"", b"\0", b"\r", b"\n", b"\n\n", b'"', b'""', b",", b";", b"\t", b" ", b"\\", b"\xff",
    b"[", b"]", b"{", b"}", b"null", b"NaN", b"-1", b"1e999", b"9" * 40, b"9" * 5000, b"[" * 5000,
    b"\\ud800", b"\\u0000", b"PAR1", b"\x1f\x8b", b"\xef\xbb\xbf", b"=1+1",
    "e\u0301\u200b\u2028".encode(),
]  # fmt: skip


def records(kind):
    """12 records: with texts, numbers, lists or gaps."""
    rows = []
    for row in range(12):
        word = "good nice" if row % 2 else "bad sad"
        record = {
            "id": row + 10,
            "text": f"{word} n{row % 3}",
            "label": "pos" if row % 2 else "neg",
        }
        if kind == "numbers":
            record |= {"label": row % 2, "x": row * 1.5, "colour": "red" if row % 2 else "blue"}
        if kind == "nested":
            record |= {"tags": ["a"] * (row % 3), "meta": {"n": row}}
        if kind == "gaps":
            record |= {"x": None if row % 3 else row, "text": None if row == 5 else record["text"]}
        rows.append(record)
    return rows


def as_csv(rows, separator=",", **options):
    frame = pd.DataFrame(rows)
    return frame.to_csv(index=False, sep=separator, **options).encode()


def as_json(rows, **options):
    return json.dumps(rows, **options).encode()


def as_json_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows):
    sink = io.BytesIO()
    pd.DataFrame(rows).set_index("id").to_parquet(sink)
    return sink.getvalue()


def an_audit():
    probs = np.random.default_rng(0).dirichlet(np.ones(2), 12)
    return audit_labels(np.arange(12) % 2, probs)


def corrections(kind):
    entries = [
        {"id": str(row), "label": "pos", "status": "validated", "who": "ann", "when": None}
        for row in range(5)
    ]
    if kind == "csv":
        return pd.DataFrame(entries).to_csv(index=False).encode()
    form = "label-auditor corrections, version 1"
    return json.dumps({"format": form, "corrections": entries}).encode()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Some 20 small files, by name."""
    found = {}
    for kind in ("texts", "numbers", "nested", "gaps"):
        rows = records(kind)
        found |= {
            f"{kind}.csv": as_csv(rows),
            f"{kind}.jsonl": as_json_lines(rows),
            f"{kind}.json": as_json(rows, indent=1),
            f"{kind}.parquet": as_parquet(rows),
        }
    texts = records("texts")
    found["semicolons.csv"] = as_csv(texts, ";", quoting=1)
    found["tabs.tsv"] = as_csv(texts, "\t", lineterminator="\r\n")
    found["packed.csv.gz"] = gzip.compress(as_csv(texts))
    found["packed.jsonl.gz"] = gzip.compress(as_json_lines(texts))
    found["c.csv"], found["c.json"] = corrections("csv"), corrections("json")
    path = tmp_path_factory.mktemp("audit") / "audit.npz"
    an_audit().save(path)
    found["audit.npz"] = path.read_bytes()
    return found


def damage(content, rng):
    """Change a few bytes: replaced, taken out, put in, cut off, or twice."""
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        start = rng.randrange(len(content) + 1)
        end = min(len(content), start + rng.choice([0, 1, 1, 2, 8, 40]))
        way = rng.randrange(5)
        if way == 0:
            content = (
                content[:start]
                + bytes(rng.randrange(256) for _ in range(end - start))
                + content[end:]
            )
        elif way == 1:
            content = content[:start] + content[end:]
        elif way == 2:
            content = content[:end] + content[start:]
        elif way == 3 and rng.random() < 0.2:
            content = content[:start]
        else:
            content = content[:start] + rng.choice(TOKENS) + content[end:]
    return content


def choose_command(name, rng):
    """Choose a command that reads the file."""
    if name == "audit.npz":
        return ["next", name, *rng.choice([[], ["--out", "next.csv"]])]
    if name.startswith("c."):
        return rng.choice(
            [["next", "audit.npz", name], ["apply", name, "texts.csv", *APPLY, "-o", "new.csv"]]
        )
    ending = name[name.index(".") :]
    return rng.choice(
        [
            [name, *AUDIT, "--out", "out"],
            [name, *AUDIT, "--model", "characters", "--out", "out"],
            [name, *FEATURES, "--out", "out"],
            ["apply", "c.csv", name, *APPLY, "-o", f"new{ending}"],
            ["apply", "c.csv", name, *APPLY, "--id", "id", "-o", f"new{ending}"],
        ]
    )


OUTPUTS = re.compile(r"out(/(issues\.csv|audit\.npz|report\.html))?|new\..*|next\.csv")


def run(arguments, capfd):
    """Run a command; give its status and its stderr."""
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code
    return status, capfd.readouterr().err


@pytest.mark.filterwarnings("default")  # what warns here warns at a terminal
def test_damaged_files(files, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    statuses = Counter()
    for example in range(EXAMPLES):
        rng = random.Random(example)
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        name = sorted(files)[example % len(files)]
        damaged = damage(files[name], rng)
        (tmp_path / name).write_bytes(damaged)
        arguments = choose_command(name, rng)
        where = f"example {example}: {arguments}"
        status, said = run(arguments, capfd)
        statuses[status] += 1
        assert status in (0, 2), f"{where}: {said}"
        assert "Traceback" not in said, where
        assert "an error of label-audit itself" not in said, f"{where}: {said}"
        if status == 2:
            assert said.startswith("label-audit"), f"{where}: {said}"
            assert said.count("\n") == 1, f"{where}: {said}"
        else:
            assert all(line.startswith("warning: ") for line in said.splitlines()), (
                f"{where}: {said}"
            )
        assert (tmp_path / name).read_bytes() == damaged, f"{where} has changed its input"
        there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")} - files.keys()
        assert all(map(OUTPUTS.fullmatch, there)), f"{where} has left {there}"
        assert status == 0 or not there, f"{where} has written {there}"
        for path in sorted(there, reverse=True):
            (tmp_path / path).rmdir() if (tmp_path / path).is_dir() else (tmp_path / path).unlink()
    print(f"{EXAMPLES} damaged files, by status: {dict(statuses)}")  # noqa: T201 (seen with -s)
    assert min(statuses[0], statuses[2]) > EXAMPLES / 20  # damaged, but not beyond all use
