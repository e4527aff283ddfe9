"""What large data cost: CPU seconds, and the memory above what was there before each step.

    python benchmarks/scale.py
    python benchmarks/scale.py 10000000

One thread, ten classes, float32 probabilities. cleanlab's flags and scores stand beside the audit.
The peak of memory is what Linux counts for the process, so that this runs on Linux only. What an
audit holds of each row, and the most that it takes, are counted by Python. Readings are how often a
row of a source that is no array in memory is read. `benchmarks/cluster.py` measures a cluster.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cleanlab.filter
import numpy as np
import pandas as pd
import pyarrow as pa

from confident_learning import make
from label_auditor import LabelAudit, audit_labels, plan_review
from label_auditor.confident_learning.rules import RULES
from label_auditor.confident_learning.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Callable

N_CLASSES, N_DECISIONS = 10, 500


def megabytes(name: str) -> float:
    """Read the memory of this process, or its peak, from what Linux says of it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def measure(name: str, step: Callable[[], Any], repeat: int) -> Any:
    """Print the least CPU time of a step, and its memory."""
    seconds, above = [], []
    for _ in range(repeat):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
        before = megabytes("VmRSS")
        start = time.process_time()
        result = step()
        seconds.append(time.process_time() - start)
        above.append(megabytes("VmHWM") - before)
    print(f"{name:34} {min(seconds):8.2f} s {max(above):8.0f} MB", flush=True)
    return result


def forms_of(codes: np.ndarray) -> dict[str, Any]:
    """Give the same labels as strings and as categories."""
    names = np.array([f"class {k}" for k in range(N_CLASSES)])
    return {
        "strings": names[codes],
        "objects": names.astype(object)[codes],
        "categorical": pd.Series(pd.Categorical.from_codes(codes, names)),
        "Arrow dictionary": pa.DictionaryArray.from_arrays(codes.astype(np.int8), names),
    }


class Counted:
    """Rows that are read from somewhere; it counts how often each is."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads = np.zeros(len(array), np.int8)

    def __getitem__(self, rows: slice) -> np.ndarray:
        self.reads[rows] += 1
        return self.array[rows]


def print_memory(codes: np.ndarray, pred_probs: np.ndarray) -> None:
    """Print the bytes that an audit holds of each row, and the most that it takes meanwhile."""
    for name, source in (("array", pred_probs), ("source read once", Counted(pred_probs))):
        tracemalloc.start()
        audit = audit_labels(codes, source)
        held, most = (size / len(codes) for size in tracemalloc.get_traced_memory())
        tracemalloc.stop()
        print(f"{name:34} {held:8.1f} bytes a row held, {most:.1f} at most")
    fields = ("codes", "predicted", "issues", "quality", "ranked", "evaluated")
    sizes = [f"{field} {getattr(audit, field).nbytes / len(codes):.1f}" for field in fields]
    print(f"{'of these':34} {', '.join(sizes)}")


def print_readings(codes: np.ndarray, pred_probs: np.ndarray) -> None:
    """Print how often the rows of a lazy source are read, by every rule and for every score."""
    ways = [{"filter_by": rule} for rule in RULES] + [{"rank_by": score} for score in SCORES]
    for way in ways:
        counted = Counted(pred_probs)
        audit_labels(codes, counted, **way)
        print(f"{'readings, ' + next(iter(way.values())):44} {counted.reads.max()}")


def find_with_cleanlab(codes: np.ndarray, pred_probs: np.ndarray) -> None:
    cleanlab.filter.find_label_issues(
        codes, pred_probs, return_indices_ranked_by="self_confidence", n_jobs=1
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    n, repeat = options.n, options.repeat
    codes, pred_probs = make(n, N_CLASSES, "float32")
    print(f"{n:,} rows, {N_CLASSES} classes")
    audit = measure("audit, labels as ints", lambda: audit_labels(codes, pred_probs), repeat)
    print_memory(codes, pred_probs)
    print_readings(codes, pred_probs)
    for name, labels in forms_of(codes).items():
        measure(f"audit, {name}", lambda labels=labels: audit_labels(labels, pred_probs), repeat)
    measure("cleanlab", lambda: find_with_cleanlab(codes, pred_probs), 1)
    decided = {
        int(row): int(audit.predicted[row] if row % 2 else audit.codes[row])
        for row in audit.ranked[:N_DECISIONS]
    }
    find = f"plan to find, {len(decided)} decisions"
    measure(find, lambda: plan_review(audit, 500, reviewed=decided), repeat)
    count = "plan to count"
    measure(count, lambda: plan_review(audit, 500, goal="count", random_state=0), repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.npz"
        texts = ["ten words that stand for a text of every row"] * n
        page = Path(folder) / "page.html"
        measure("page of 50,000 rows", lambda: audit.to_html(page, inputs=texts), repeat)
        measure("save", lambda: audit.save(path), repeat)
        measure("load", lambda: LabelAudit.load(path), repeat)
        beside = path.stat().st_size - pred_probs.nbytes
        print(f"saved beside the probabilities: {beside / n:.1f} bytes a row")


if __name__ == "__main__":
    main()
