"""How fast tasks reach a Label Studio server: `push_to_label_studio` compared with its SDK.

This needs a server (LABEL_STUDIO_URL, LABEL_STUDIO_API_KEY), and a Python that has
`label-studio-sdk`::

    python benchmarks/label_studio_push.py --records 10000 --sdk other/bin/python

The ways take turns. Each runs in a separate process, and sends to a new project of the same server.
The time of the SDK is that of one `import_tasks` alone, with tasks that were made before; that of
the push includes making them. Peak memory is what the process used in addition to what it began
with: for the SDK the tasks, for the push the audit and its texts. `again` is a second push into the
same project, and `changed` a third, in which one task in ten has other metadata.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from label_auditor import audit_labels

OPTIONS = {"only_issues": False, "class_names": ["World", "Sports", "Business", "Sci/Tech"]}
WORDS = np.array(["the", "market", "rose", "as", "oil", "fell", "after", "a", "goal", "in", "Rome"])
SDK = """
import json, os, resource, sys, time
from label_studio_sdk import LabelStudio
client = LabelStudio(base_url=os.environ["LABEL_STUDIO_URL"],
                     api_key=os.environ["LABEL_STUDIO_API_KEY"], timeout=1200)
folder, title = sys.argv[1:]
tasks = json.load(open(folder + "/tasks.json", encoding="utf-8"))
config = open(folder + "/config.xml", encoding="utf-8").read()
project = client.projects.create(title=title, label_config=config)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
client.projects.import_tasks(id=project.id, request=tasks)
seconds = time.perf_counter() - start
mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps({"seconds": seconds, "mb": mb}))
"""


def make(n):
    """Make an audit of n rows of four classes, and texts of 40 words."""
    rng = np.random.default_rng(0)
    pred_probs = rng.dirichlet([0.5] * 4, size=n)
    texts = [" ".join(words) for words in WORDS[rng.integers(0, len(WORDS), (n, 40))]]
    return audit_labels(rng.integers(0, 4, n), pred_probs), texts


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def push(n, title, *, changed):
    """Push n tasks, and print seconds and megabytes."""
    audit, texts = make(n)
    metadata = {"batch": [int(changed and row % 10 == 0) for row in range(n)]}
    import label_auditor.export.label_studio.send  # noqa: F401 - so that its import isn't measured

    before = peak_mb()
    start = time.perf_counter()
    report = audit.push_to_label_studio(texts, title, metadata=metadata, progress=False, **OPTIONS)
    seconds = time.perf_counter() - start
    assert report.n_stored == n
    print(json.dumps({"seconds": seconds, "mb": peak_mb() - before}))


def run(command):
    """Run a process that prints seconds and megabytes, and give them."""
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def import_with_sdk(python, n, title):
    """Give what the SDK takes to import the tasks into a new project."""
    audit, texts = make(n)
    with tempfile.TemporaryDirectory() as folder:
        audit.to_label_studio(texts, path=Path(folder), **OPTIONS)
        return run([python, "-c", SDK, folder, title])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--sdk", help="a Python that has label-studio-sdk")
    parser.add_argument("--run", nargs=2, metavar=("WAY", "TITLE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        return push(args.records, args.run[1], changed=args.run[0] == "changed")
    os.environ["LABEL_STUDIO_URL"]  # fails at once without a server
    print("| way | records | seconds | records/s | peak memory, MB |\n|---|---|---|---|---|")
    for _ in range(args.rounds):
        titles = [f"benchmark {uuid.uuid4().hex[:8]}" for _ in range(2)]
        for way in ("import_tasks", "push", "again", "changed"):
            if way == "import_tasks":
                if not args.sdk:
                    continue
                found = import_with_sdk(args.sdk, args.records, titles[0])
            else:
                command = [sys.executable, __file__, "--records", str(args.records)]
                found = run([*command, "--run", way, titles[1]])
            print(
                f"| {way} | {args.records:,} | {found['seconds']:.1f} | "
                f"{args.records / found['seconds']:.0f} | {found['mb']:.0f} |",
                flush=True,
            )
    return None


if __name__ == "__main__":
    main()
