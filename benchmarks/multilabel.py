"""Time of an audit of data with several labels per row, compared with cleanlab.

    python benchmarks/multilabel.py 20000x20 200000x10 2000x500

Both libraries compute flags and scores, one after the other in each round. cleanlab runs with
n_jobs=1, which is its fastest way. The table shows medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np
from cleanlab.multilabel_classification import get_label_quality_scores
from cleanlab.multilabel_classification.filter import find_label_issues

from label_auditor import audit_labels


def make(n: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a fair model, and labels of which one in twenty is flipped."""
    rng = np.random.default_rng(0)
    truth = rng.random((n, n_classes)) < rng.uniform(0.05, 0.6, n_classes)
    logits = rng.normal(size=truth.shape) * 1.5 + np.where(truth, 1.5, -1.5)
    return truth ^ (rng.random(truth.shape) < 0.05), 1 / (1 + np.exp(-logits))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("shapes", nargs="+", help="rows x classes")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| rows x classes | cleanlab, s | label-auditor, s | ratio | flags differ |")
    print("|---|---|---|---|---|")
    for shape in options.shapes:
        indicator, pred_probs = make(*map(int, shape.split("x")))
        lists = [np.flatnonzero(row).tolist() for row in indicator]
        theirs, ours = [], []
        for _ in range(options.repeat):
            start = time.perf_counter()
            expected = find_label_issues(lists, pred_probs, n_jobs=1)
            get_label_quality_scores(lists, pred_probs)
            theirs.append(time.perf_counter() - start)
            start = time.perf_counter()
            audit = audit_labels(
                lists, pred_probs, classes=range(indicator.shape[1]), multi_label=True
            )
            ours.append(time.perf_counter() - start)
        slow, fast = statistics.median(theirs), statistics.median(ours)
        differ = int((audit.issues != expected).sum())
        print(f"| {shape} | {slow:.2f} | {fast:.2f} | {slow / fast:.1f} | {differ} |")


if __name__ == "__main__":
    main()
