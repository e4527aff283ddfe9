"""What label-audit takes for many short texts: seconds, CPU seconds and memory of each stage.

    python benchmarks/command_line.py
    python benchmarks/command_line.py 500000 --classes 20

The texts are made: ten words each, of a vocabulary of 50,000 in which a few are frequent and most
are rare. In a third of the places it is the class that says which words are the frequent ones, and
8 % of the labels are wrong. The memory is the most that the process has at a time, with Python and
all libraries, as Linux counts it.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from multiprocessing import Process
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scale import megabytes

from label_auditor.cli import output
from label_auditor.cli.command_line import main as label_audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

N_WORDS, LENGTH, SOME = 50_000, 10, 10_000
LETTERS = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))


def write_texts(path: Path, n: int, n_classes: int) -> None:
    """Write texts and labels as CSV."""
    rng = np.random.default_rng(0)
    shares, weights = 1 / np.arange(1, len(LETTERS) + 1), 1 / np.arange(1, N_WORDS + 1)
    shares, weights = shares / shares.sum(), weights / weights.sum()
    sizes = rng.integers(2, 11, N_WORDS)
    words = np.array(["".join(rng.choice(LETTERS, size, p=shares)) for size in sizes], object)
    with path.open("w") as file:
        file.write("text,label\n")
        for start in range(0, n, SOME):
            size = min(SOME, n - start)
            true = rng.integers(n_classes, size=size)
            chosen = rng.choice(N_WORDS, size=(size, LENGTH), p=weights)
            by_class = (chosen * n_classes + true[:, None]) % N_WORDS
            chosen = np.where(rng.random(chosen.shape) < 1 / 3, by_class, chosen)
            given = np.where(rng.random(size) < 0.08, rng.integers(n_classes, size=size), true)
            for row, label in zip(words[chosen], given, strict=True):
                file.write(f"{' '.join(row)},class {label}\n")


@contextlib.contextmanager
def measure(name: str) -> Iterator[Callable[[str], None]]:
    """Print what a stage of the command takes."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    seconds, cpu = time.perf_counter(), time.process_time()
    yield lambda _: None
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    name = name.partition("/")[0].strip()[:40]
    print(f"| {name} | {seconds:.0f} | {cpu:.0f} | {megabytes('VmHWM'):,.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n", nargs="?", type=int, default=2_000_000)
    parser.add_argument("--classes", type=int, default=10)
    options, others = parser.parse_known_args()
    output.progress = lambda _terminal: contextlib.nullcontext(measure)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "texts.csv"
        # In a process of its own, whose memory isn't counted.
        writer = Process(target=write_texts, args=(data, options.n, options.classes))
        writer.start()
        writer.join()
        print("| stage | s | CPU seconds | at most, MB |\n|---|---|---|---|")
        start = time.process_time()
        columns = ["--text", "text", "--label", "label"]
        label_audit([str(data), *columns, "--out", f"{folder}/out", "--quiet", *others])
    print(f"| all | | {time.process_time() - start:.0f} | |")


if __name__ == "__main__":
    main()
