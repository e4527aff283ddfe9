"""Time and memory of confident learning, compared with cleanlab and one pass of np.max.

    python benchmarks/confident_learning.py 1000000x10 1000000x100
    python benchmarks/confident_learning.py 10000000x10 --rules prune_by_noise_rate --repeat 3

All contestants get the same array. Both libraries run in this process, one after the other in each
round, and the table shows medians. cleanlab runs with n_jobs=1, which is its fastest way, because
its worker processes copy the probabilities. Memory is the peak of what was allocated beyond the
results, relative to the size of the input.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
import tracemalloc
import warnings

import cleanlab.filter
import cleanlab.rank
import numpy as np

from label_auditor.confident_learning.find_issues import find_label_issues, label_quality_scores
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import RULES, Rule
from label_auditor.confident_learning.scores import SCORES


def make(n: int, n_classes: int, dtype: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Softmax outputs of a model that is right about four times in five; 8% of labels are wrong."""
    rng = np.random.default_rng(seed)
    prior = rng.dirichlet(np.full(n_classes, 8.0)).clip(0.2 / n_classes)
    true = rng.choice(n_classes, n, p=prior / prior.sum())
    neighbour = (true + 1) % n_classes
    anywhere = (true + rng.integers(1, n_classes, n)) % n_classes
    wrong = np.where(rng.random(n) < 0.5, neighbour, anywhere)
    codes = np.where(rng.random(n) < 0.08, wrong, true)
    codes[:n_classes] = np.arange(n_classes)
    pred_probs = np.empty((n, n_classes), dtype)
    confidence = 2.2 + 1.35 * np.sqrt(2 * np.log(n_classes))
    step = max(1, 10**7 // n_classes)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        at = np.arange(rows.stop - rows.start)
        logits = 1.3 * rng.standard_normal((at.size, n_classes), dtype=np.float32)
        logits[at, true[rows]] += confidence * rng.gamma(3.0, 1 / 3, at.size)
        logits[at, neighbour[rows]] += 0.8
        logits = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=float)
        pred_probs[rows] = logits / logits.sum(axis=1, keepdims=True)
    return codes, pred_probs


def seconds(function) -> float:
    gc.collect()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def extra_memory(function, result_bytes) -> int:
    """Most bytes allocated at a time beyond the results. NumPy tells tracemalloc of its arrays."""
    tracemalloc.start()
    result = function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - result_bytes(result)


def issues_bytes(found) -> int:
    joint = found.joint.count.nbytes * 3
    return found.issues.nbytes + found.predicted.nbytes + found.self_confidence.nbytes + joint


def compare(name, ours, theirs, pred_probs, result_bytes, options):
    """Print a row: times of each, and ratios in the same round."""
    rounds = []
    for _ in range(options.repeat):
        times = {n_jobs: seconds(lambda n=n_jobs: ours(n)) for n_jobs in options.n_jobs}
        times["cleanlab"] = seconds(theirs) if theirs else float("nan")
        times["max"] = seconds(pred_probs.max)
        rounds.append(times)

    def median(of):
        return statistics.median(of(times) for times in rounds)

    last = options.n_jobs[-1]
    memory = extra_memory(lambda: ours(last), result_bytes) / pred_probs.nbytes
    shape = "{} x {}".format(*pred_probs.shape)
    cells = [f"{name:<28}", f"{shape:>15}", f"{median(lambda t: t['cleanlab']) * 1e3:>10.0f}"]
    for n_jobs in options.n_jobs:
        cells.append(f"{median(lambda t, n=n_jobs: t[n]) * 1e3:>10.1f}")
        cells.append(f"{median(lambda t, n=n_jobs: t['cleanlab'] / t[n]):>8.1f}")
    cells.append(f"{median(lambda t: t['max']) * 1e3:>8.1f}")
    cells.append(f"{median(lambda t: t[last] / t['max']):>8.1f}")
    cells.append(f"{memory:>8.3f}")
    print(" ".join(cells), flush=True)


def run(codes, pred_probs, options):
    for rule in options.rules:

        def ours(n_jobs, rule=rule):
            return find_label_issues(LabelledRows(codes, pred_probs, n_jobs), Rule(rule))

        def theirs(rule=rule):
            return cleanlab.filter.find_label_issues(codes, pred_probs, filter_by=rule, n_jobs=1)

        if options.check:
            different = np.count_nonzero(ours(options.n_jobs[-1]).issues != theirs())
            # Ties that cross a cut go by row position here, by the processor there.
            print(f"# {rule}: {different} rows flagged by one and not the other")
        compare(rule, ours, theirs, pred_probs, issues_bytes, options)
    for method in options.scores:

        def ours(n_jobs, method=method):
            return label_quality_scores(LabelledRows(codes, pred_probs, n_jobs), method)

        def theirs(method=method):
            return cleanlab.rank.get_label_quality_scores(
                codes,
                pred_probs,
                method=method.removeprefix("adjusted_"),
                adjust_pred_probs=method.startswith("adjusted_"),
            )

        known = method != "log_margin"
        compare(method, ours, theirs if known else None, pred_probs, lambda s: s.nbytes, options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", default=["100000x10", "1000000x10", "100000x100"])
    parser.add_argument("--rules", nargs="*", default=list(RULES), choices=list(RULES))
    parser.add_argument("--scores", nargs="*", default=list(SCORES), choices=list(SCORES))
    parser.add_argument("--n-jobs", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--dtype", default="float64", choices=["float32", "float64"])
    parser.add_argument("--check", action="store_true", help="count the rows flagged by one only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    head = [f"{'ms':<28}", f"{'rows x classes':>15}", f"{'cleanlab':>10}"]
    for n_jobs in options.n_jobs:
        head += [f"{f'n_jobs={n_jobs}':>10}", f"{'times':>8}"]
    print(" ".join([*head, f"{'np.max':>8}", f"{'of max':>8}", f"{'memory':>8}"]), flush=True)
    for size in options.sizes:
        n, n_classes = map(int, size.split("x"))
        run(*make(n, n_classes, options.dtype), options)


if __name__ == "__main__":
    main()
