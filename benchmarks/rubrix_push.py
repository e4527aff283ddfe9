"""How fast records reach a Rubrix server: `push_to_rubrix` compared with Rubrix's own client.

This needs a server (RUBRIX_API_URL, RUBRIX_API_KEY), and the client `rubrix` 0.18 must be
installed::

    python benchmarks/rubrix_push.py --records 20000

The ways take turns. Each runs in a separate process, and sends to a new data set of the same
server. The time of the client is that of `rubrix.log` alone, with records that were made before.
Peak memory is what the process used in addition to the audit and its inputs. `again` is a second
push into the same data set.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import uuid
import warnings

import numpy as np
import urllib3

from label_auditor import audit_labels

OPTIONS = {"only_issues": False, "class_names": ["World", "Sports", "Business", "Sci/Tech"]}
WORDS = np.array(["the", "market", "rose", "as", "oil", "fell", "after", "a", "goal", "in", "Rome"])


def make(n):
    """Make an audit of n rows of four classes, and texts of 40 words."""
    rng = np.random.default_rng(0)
    pred_probs = rng.dirichlet([0.5] * 4, size=n)
    texts = [" ".join(words) for words in WORDS[rng.integers(0, len(WORDS), (n, 40))]]
    return audit_labels(rng.integers(0, 4, n), pred_probs), texts


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(way, n, name):
    """Send n records one way, and print seconds and megabytes."""
    audit, texts = make(n)
    if way == "rubrix.log":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import rubrix

            before = peak_mb()
            dataset = audit.to_rubrix(texts, **OPTIONS)
            start = time.perf_counter()
            rubrix.log(dataset, name, verbose=False)
    else:
        import label_auditor.export.rubrix.send  # noqa: F401 - so that its import isn't measured

        before = peak_mb()
        start = time.perf_counter()
        report = audit.push_to_rubrix(texts, name, **OPTIONS)
        assert report.n_stored == n
    print(json.dumps({"seconds": time.perf_counter() - start, "mb": peak_mb() - before}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--run", nargs=2, metavar=("WAY", "NAME"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        return run(args.run[0], args.records, args.run[1])
    print("| way | records | seconds | records/s | peak memory, MB |\n|---|---|---|---|---|")
    headers = {"X-Rubrix-Api-Key": os.environ["RUBRIX_API_KEY"]}
    for _ in range(args.rounds):
        names = [f"benchmark-{uuid.uuid4().hex[:8]}" for _ in range(2)]
        for way, name in (("rubrix.log", names[0]), ("push", names[1]), ("again", names[1])):
            command = [sys.executable, __file__, "--records", str(args.records), "--run", way, name]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found = json.loads(output.splitlines()[-1])
            print(
                f"| {way} | {args.records:,} | {found['seconds']:.1f} | "
                f"{args.records / found['seconds']:.0f} | {found['mb']:.0f} |",
                flush=True,
            )
        for name in names:
            url = f"{os.environ['RUBRIX_API_URL']}/api/datasets/{name}"
            urllib3.request("DELETE", url, headers=headers)
    return None


if __name__ == "__main__":
    main()
