"""What it takes to find the rows most like 50,000 rows among 200,000.

    python benchmarks/neighbors.py

The texts are those of BANKING77, in which a third of the words come from another text, seen as the
command line sees them: TF-IDF of words and of runs of characters. The dense vectors have 256
columns. The table shows seconds of the processor, the memory beyond what the vectors take, and
which share of the nearest rows is found.
"""

import argparse
import os
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from label_auditor.cli.text_models import prepare_texts
from label_auditor.review.nearest import nearest_rows

EXAMPLE = Path(__file__).parents[1] / "examples" / "banking77.csv.gz"


def make_texts(n, rng):
    """Exchange a third of the words of texts for words of other texts."""
    words = [text.split() for text in pd.read_csv(EXAMPLE)["text"]]
    texts = []
    for row in range(n):
        own, other = words[row % len(words)], words[rng.integers(len(words))]
        kept = rng.random(len(own)) < 2 / 3
        exchanged = rng.integers(len(other), size=len(own))
        pairs = zip(own, kept, exchanged, strict=True)
        texts.append(" ".join(word if keep else other[at] for word, keep, at in pairs))
    return texts


def make_vectors(n):
    """Make sparse vectors of texts, and dense ones around a subspace of 16 dimensions."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"text": make_texts(n, rng)})
    yield "words and characters", sparse.hstack(prepare_texts(table, "text", None).X.parts, "csr")
    topics = rng.normal(size=(n, 16)) @ rng.normal(size=(16, 256))
    yield "dense", (topics + rng.normal(size=topics.shape) / 2).astype(np.float32)


def resident():
    """Give the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def follow(peak, done):
    """Keep the largest memory that is seen."""
    while not done.wait(0.01):
        peak.append(max(peak.pop(), resident()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--of", type=int, default=50_000)
    arguments = parser.parse_args()
    print("| vectors | columns | CPU seconds | MB | recall |")
    print("|:--------|--------:|------------:|---:|-------:|")
    for name, vectors in make_vectors(arguments.rows):
        rows = np.sort(np.random.default_rng(1).permutation(arguments.rows)[: arguments.of])
        before, peak, done = resident(), [0], threading.Event()
        watch = threading.Thread(target=follow, args=(peak, done))
        watch.start()
        start = time.process_time()
        recall = nearest_rows(vectors, rows, 5).recall
        taken = time.process_time() - start
        done.set()
        watch.join()
        more = (peak[0] - before) / 1e6
        print(f"| {name} | {vectors.shape[1]:,} | {taken:.1f} | {more:,.0f} | {recall:.2f} |")


if __name__ == "__main__":
    main()
