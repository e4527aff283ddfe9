"""How fast tasks reach a Label Studio server: `push_to_label_studio` compared with its SDK.

This needs a server (LABEL_STUDIO_URL, LABEL_STUDIO_API_KEY), and a Python that has
`label-studio-sdk`::

    python benchmarks/label_studio_push.py --records 10000 --sdk other/bin/python

The ways take turns. Each sends to a new project of the same server. The time of the SDK is that of
one `import_tasks` alone, with tasks that were made before; that of the push includes making them.
`again` is a second push into the same project.
"""

import argparse
import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from label_auditor import audit_labels

OPTIONS = {"only_issues": False, "class_names": ["World", "Sports", "Business", "Sci/Tech"]}
WORDS = np.array(["the", "market", "rose", "as", "oil", "fell", "after", "a", "goal", "in", "Rome"])
SDK = """
import json, os, sys, time
from label_studio_sdk import LabelStudio
client = LabelStudio(base_url=os.environ["LABEL_STUDIO_URL"],
                     api_key=os.environ["LABEL_STUDIO_API_KEY"], timeout=1200)
folder, title = sys.argv[1:]
tasks = json.load(open(folder + "/tasks.json", encoding="utf-8"))
config = open(folder + "/config.xml", encoding="utf-8").read()
project = client.projects.create(title=title, label_config=config)
start = time.perf_counter()
client.projects.import_tasks(id=project.id, request=tasks)
print(time.perf_counter() - start)
"""


def make(n):
    """Make an audit of n rows of four classes, and texts of 40 words."""
    rng = np.random.default_rng(0)
    pred_probs = rng.dirichlet([0.5] * 4, size=n)
    texts = [" ".join(words) for words in WORDS[rng.integers(0, len(WORDS), (n, 40))]]
    return audit_labels(rng.integers(0, 4, n), pred_probs), texts


def import_with_sdk(python, audit, texts):
    """Give the seconds that the SDK takes to import the tasks into a new project."""
    with tempfile.TemporaryDirectory() as folder:
        audit.to_label_studio(texts, path=Path(folder), **OPTIONS)
        command = [python, "-c", SDK, folder, f"benchmark {uuid.uuid4().hex[:8]}"]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def push(audit, texts, title):
    """Give the seconds that a push takes."""
    start = time.perf_counter()
    report = audit.push_to_label_studio(texts, title, progress=False, **OPTIONS)
    assert report.n_stored == len(texts)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--sdk", required=True, help="a Python that has label-studio-sdk")
    args = parser.parse_args()
    os.environ["LABEL_STUDIO_URL"]  # fails at once without a server
    audit, texts = make(args.records)
    print("| way | records | seconds | records/s |\n|---|---|---|---|")
    for _ in range(args.rounds):
        title = f"benchmark {uuid.uuid4().hex[:8]}"
        for way, run in (
            ("import_tasks", lambda: import_with_sdk(args.sdk, audit, texts)),
            ("push", lambda title=title: push(audit, texts, title)),
            ("again", lambda title=title: push(audit, texts, title)),
        ):
            seconds = run()
            line = f"| {way} | {args.records:,} | {seconds:.1f} | {args.records / seconds:.0f} |"
            print(line, flush=True)


if __name__ == "__main__":
    main()
