"""What large data cost, beside the goals: CPU seconds, and peak memory above what was there.

    python benchmarks/scale.py
    python benchmarks/scale.py labels page
    python benchmarks/scale.py --rows 10000

The first line runs all parts, the second some of them, and the third all of them with data of a
hundredth of the size, for a look at what is printed. Each part begins with what is measured and
with its goal. Data have ten classes and float32 probabilities where nothing else is said. All parts
take about ten minutes on two cores, with 5 GB of memory and 9 GB of disk in the temporary folder,
most of it for the memmap; its files are deleted at the end of the part.

The peak of memory is what Linux counts for the process, so that this runs on Linux only. What an
audit holds of each row, and the most that it takes, are counted by Python. Readings are how often a
row of a source that is no array in memory is read. The parts `cluster`, `command` and `pruning` are
scripts of their own, which say more about their tables.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from cleanlab.experimental.label_issues_batched import find_label_issues_batched
from cleanlab.filter import find_label_issues

from confident_learning import make
from label_auditor import LabelAudit, audit_labels, plan_review
from label_auditor.confident_learning.rules import RULES
from label_auditor.confident_learning.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

N_CLASSES, N_DECISIONS, REPEAT = 10, 500, 3
FIELDS = ("codes", "predicted", "issues", "quality", "ranked", "evaluated")


def megabytes(name: str) -> float:
    """Read the memory of this process, or its peak, from what Linux says of it in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024 / 1e6


def run_once(step: Callable[[], Any]) -> tuple[float, float, Any]:
    """Give the CPU seconds of a step, its peak of memory in megabytes, and its result."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free, but still with the process, would hide a peak
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before, start = megabytes("VmRSS"), time.process_time()
    result = step()
    return time.process_time() - start, megabytes("VmHWM") - before, result


def print_cost(name: str, seconds: float, above: float, beside: float | None = None) -> None:
    ratio = f" {seconds / beside:8.2f} ×" if beside else ""
    print(f"{name:34} {seconds:8.2f} s {above:8.0f} MB{ratio}", flush=True)


def measure(name: str, step: Callable[[], Any], beside: float | None = None) -> tuple[float, Any]:
    """Print the least CPU time of a step, and its memory; give that time, and the result."""
    result = step()  # what it imports is loaded now
    seconds, above = [], []
    for _ in range(REPEAT):
        del result
        taken, most, result = run_once(step)
        seconds.append(taken)
        above.append(most)
    print_cost(name, min(seconds), max(above), beside)
    return min(seconds), result


def labels(n: int) -> None:
    codes, pred_probs = make(n, N_CLASSES, "float32")
    names = np.array([f"class {k}" for k in range(N_CLASSES)])
    forms = {
        "strings": names[codes],
        "strings as objects": names.astype(object)[codes],
        "categorical": pd.Series(pd.Categorical.from_codes(codes, names)),
        "Arrow dictionary": pa.DictionaryArray.from_arrays(codes.astype(np.int8), names),
    }
    ints, _ = measure("ints", lambda: audit_labels(codes, pred_probs))
    for name, given in forms.items():
        measure(name, lambda given=given: audit_labels(given, pred_probs), ints)
    rule = {"return_indices_ranked_by": "self_confidence", "n_jobs": 1}
    measure("cleanlab", lambda: find_label_issues(codes, pred_probs, **rule), ints)
    batched = {"labels": codes, "pred_probs": pred_probs, "n_jobs": 1, "verbose": False}
    measure("cleanlab, batched: another rule", lambda: find_label_issues_batched(**batched), ints)


class Counted:
    """Rows that are read from somewhere; it counts how often each is."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads = np.zeros(len(array), np.int8)

    def __getitem__(self, rows: slice) -> np.ndarray:
        self.reads[rows] += 1
        return self.array[rows]


def memory(n: int) -> None:
    print(f"{'bytes a row':34} {' '.join(f'{name:>9}' for name in (*FIELDS, 'held', 'peak'))}")
    for n_classes in (10, 100):
        codes, pred_probs = make(n, n_classes, "float32")
        for name, source in (("array", pred_probs), ("source read once", Counted(pred_probs))):
            tracemalloc.start()
            audit = audit_labels(codes, source)
            traced = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            sizes = *(getattr(audit, field).nbytes for field in FIELDS), *traced
            cells = " ".join(f"{size / n:9.1f}" for size in sizes)
            print(f"{f'{n_classes} classes, {name}':34} {cells}", flush=True)


def memory_above(step: Callable[[], Any]) -> tuple[float, Any]:
    """Give the peak of memory of a step without the pages of files, and its result."""
    seen, done = [megabytes("RssAnon")], threading.Event()

    def look() -> None:
        while not done.wait(0.005):
            seen.append(megabytes("RssAnon"))

    thread = threading.Thread(target=look)
    thread.start()
    result = step()
    done.set()
    thread.join()
    return max(seen) - seen[0], result


def write_rows(path: Path, n: int, step: int) -> np.ndarray:
    """Write probabilities of n rows, made some at a time, into a file; give the labels."""
    codes = np.empty(n, np.int64)
    pred_probs = np.lib.format.open_memmap(path, "w+", np.float32, (n, N_CLASSES))
    for start in range(0, n, step):
        rows = slice(start, start + step)
        codes[rows], pred_probs[rows] = make(step, N_CLASSES, "float32", seed=start)
    pred_probs.flush()  # or the audit would wait for the disk
    return codes


def audit_file(codes: np.ndarray, path: Path) -> tuple[float, float]:
    """Audit probabilities in a file, and save the audit; give CPU seconds, and the kernel's."""
    start = os.times()
    audit = audit_labels(codes, np.load(path, mmap_mode="r"))
    audited = os.times()
    audit.save(path.with_suffix(".npz"))
    saved = os.times()
    print(f"audit {audited.user - start.user:.2f} s, save {saved.user - audited.user:.2f} s")
    return saved.user - start.user, saved.system - start.system


def memmap(n: int) -> None:
    before = None
    for size in (10 * n, 100 * n):
        print(f"{size:,} rows")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pred_probs.npy"
            codes = write_rows(path, size, 10 * n)
            above, (seconds, kernel) = memory_above(functools.partial(audit_file, codes, path))
        print_cost("both", seconds, above, before)
        print(f"reading and writing, in the kernel {kernel:7.2f} s", flush=True)
        before = seconds


def passes(n: int) -> None:
    codes, pred_probs = make(n, N_CLASSES, "float32")
    ways = [{"filter_by": rule} for rule in RULES] + [{"rank_by": score} for score in SCORES]
    for way in ways:
        counted = Counted(pred_probs)
        audit_labels(codes, counted, **way)
        print(f"{next(iter(way.values())):34} {counted.reads.max()}", flush=True)


def audits(n: int) -> Iterator[LabelAudit]:
    """Give audits of n rows and of ten times as many."""
    for size in (n, 10 * n):
        print(f"{size:,} rows")
        codes, pred_probs = make(size, N_CLASSES, "float32")
        yield measure("audit_labels", functools.partial(audit_labels, codes, pred_probs))[1]


def plan(n: int) -> None:
    for audit in audits(n):
        decided = {
            int(row): int(audit.predicted[row] if row % 2 else audit.codes[row])
            for row in audit.ranked[:N_DECISIONS]
        }
        measure("plan_review(find)", lambda a=audit, d=decided: plan_review(a, 500, reviewed=d))
        count = functools.partial(plan_review, audit, 500, goal="count", random_state=0)
        _, drawn = measure("plan_review(count)", count)
        measure("extend", lambda drawn=drawn: drawn.extend(500))
        measure("to_frame", audit.to_frame)


def page(n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        for audit in audits(n):
            texts = ["ten words that stand for a text of every row"] * len(audit.codes)
            measure("to_html", lambda a=audit, texts=texts: a.to_html(path, inputs=texts))


def saved(n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.npz"
        for audit in audits(n):
            measure("save", lambda a=audit: a.save(path))
            measure("load", lambda: LabelAudit.load(path))
            beside = path.stat().st_size - audit.pred_probs.nbytes
            print(f"beside the probabilities: {beside / len(audit.codes):.1f} bytes a row")


def run_script(name: str, *arguments: str) -> None:
    subprocess.run([sys.executable, str(Path(__file__).with_name(name)), *arguments], check=True)


def cluster(n: int) -> None:
    run_script("cluster.py", f"{n}x10", f"{10 * n}x10", f"{n}x100")


def command(n: int) -> None:
    run_script("command_line.py", str(2 * n), "--jobs", "2")


def pruning(n: int) -> None:
    rule = ["--rules", "prune_by_noise_rate", "--scores", "--n-jobs", "2", "--repeat", "3"]
    run_script("confident_learning.py", f"{n}x10", f"{n}x100", *rule)


GOALS = {
    labels: "strings, categoricals, dictionaries against ints, 1e6 × 10: ≤ 1.6 ×, 1.1 ×, 1.1 ×",
    memory: "memory of an audit per row, held / peak, and by field: ≤ 10 B / ≤ 20 B",
    memmap: "1e8 × 10 float32 memmap, whole audit, saved: ≤ 2.5 GB above, linear in time",
    passes: "passes over a lazy source: 1, 2 at worst",
    cluster: "Dask, 2 workers: bytes of the probabilities that reach the client ≤ 12 % at 10 "
    "classes, ≤ 2 % at 100; CPU over in-memory ≤ 3 ×, equal to the bit",
    plan: "plan_review(find) after 500 decisions, 1e6 × 10; 1e7: ≤ 1.2 s, 60 MB; ≤ 12 s, 600 MB",
    page: "to_html, 1e6; 1e7: ≤ 3 s, 200 MB; ≤ 10 s, 800 MB",
    saved: "save, bytes a row beside the probabilities: ≤ 12",
    command: "label-audit, 2 million texts of ten words: ≤ 1.5 GB, by stage",
    pruning: "prune_by_noise_rate, 1M × 10; 1M × 100, times cleanlab, 2 threads: ≥ 15; ≥ 25",
}


def main() -> None:
    parts = {part.__name__: part for part in GOALS}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)}; all without")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    for name in options.parts or parts:
        start = time.perf_counter()
        print(f"\n{name}: {GOALS[parts[name]]}", flush=True)
        parts[name](options.rows)
        print(f"({time.perf_counter() - start:.0f} s by the clock)", flush=True)


if __name__ == "__main__":
    main()
