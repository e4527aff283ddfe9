"""What large data cost: CPU seconds, and the memory above what was there before each step.

    python benchmarks/scale.py
    python benchmarks/scale.py 10000000

One thread, ten classes, float32 probabilities. cleanlab's flags and scores stand beside the audit.
The peak of memory is what Linux counts for the process, so that this runs on Linux only.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cleanlab.filter
import numpy as np
import pandas as pd
import pyarrow as pa

from confident_learning import make
from label_auditor import LabelAudit, audit_labels, plan_review

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
