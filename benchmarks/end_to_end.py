"""The time of a whole audit, compared with cross_val_predict + cleanlab and with CleanLearning.

    python benchmarks/end_to_end.py [--repeat 3] [--cpu]
        [--only counts,tfidf,dense,boosting,loop,loo,command]

For each row of the table, the contestants run in turn in this one process, and their median times
are divided by that of LabelAuditor: 4.1 means that the peer took 4.1 times as long. With --cpu,
these are CPU seconds, which say more on a machine that is busy with other work; as they don't count
those of other processes, the rows with n_jobs=2 are left out. AG News is read from the folder that
LABEL_AUDITOR_DATA names (ag_news/train_partial.csv.gz); without it, the rows about texts are left
out.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from cleanlab.classification import CleanLearning
from cleanlab.filter import find_label_issues
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import LabelAuditor

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(
    os.environ.get("LABEL_AUDITOR_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)


def read_ag_news() -> tuple[Any, Any]:
    table = pd.read_csv(DATA / "ag_news" / "train_partial.csv.gz")
    return table["text"].to_numpy(dtype=object), table["label"].to_numpy()


def make_dense(n: int) -> tuple[Any, Any]:
    X, y = make_classification(
        n, 50, n_informative=20, n_classes=5, flip_y=0.08, class_sep=1.5, random_state=0
    )
    return X, y


def audit(estimator: Any, X: Any, y: Any, **options: Any) -> np.ndarray:
    return LabelAuditor(estimator, **options).fit(X, y).label_issues_


def cross_val_then_cleanlab(estimator: Any, X: Any, y: Any, n_jobs: int) -> np.ndarray:
    probs = cross_val_predict(estimator, X, y, n_jobs=n_jobs, method="predict_proba")
    return find_label_issues(y, probs, n_jobs=1)


def clean_learning(estimator: Any, X: Any, y: Any) -> np.ndarray:
    learner = CleanLearning(clone(estimator), cv_n_folds=5, find_label_issues_kwargs={"n_jobs": 1})
    learner.fit(X, y)
    return learner.get_label_issues()["is_label_issue"].to_numpy()


def plain_loop(estimator: Any, X: Any, y: Any) -> np.ndarray:
    """Fit and predict the folds, no more: what no cross-validation can do without."""
    probs = np.empty((len(y), len(np.unique(y))))
    for train, test in StratifiedKFold(5).split(np.zeros(len(y)), y):
        probs[test] = clone(estimator).fit(X[train], y[train]).predict_proba(X[test])
    return probs


def plain_loop_after_preprocessing(pipeline: Any, X: Any, y: Any) -> np.ndarray:
    """Run the plain loop over the last step, with the others fitted once."""
    return plain_loop(pipeline[-1], clone(pipeline[:-1]).fit_transform(X), y)


def compare(
    contestants: dict[str, Callable[[], np.ndarray]], repeat: int, clock: Callable[[], float]
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Time the contestants in turn; give median seconds and results by name."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    results = {}
    for _ in range(repeat):
        for name, run in contestants.items():
            start = clock()
            results[name] = run()
            seconds[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}, results


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def against_peers(
    name: str, pipeline: Any, X: Any, y: Any, repeat: int, clock: Callable[[], float]
) -> None:
    """Fit included; CleanLearning takes only what it can index and has no parallel folds."""
    contestants = {
        "this": lambda: audit(pipeline, X, y),
        "this, n_jobs=2": lambda: audit(pipeline, X, y, n_jobs=2),
        "cross_val_predict + cleanlab": lambda: cross_val_then_cleanlab(pipeline, X, y, 1),
        "cross_val_predict + cleanlab, n_jobs=2": lambda: cross_val_then_cleanlab(
            pipeline, X, y, 2
        ),
        "CleanLearning.fit": lambda: clean_learning(pipeline, X, y),
    }
    if clock is time.process_time:
        contestants = {n: run for n, run in contestants.items() if not n.endswith("n_jobs=2")}
    seconds, issues = compare(contestants, repeat, clock)
    for contestant, median in seconds.items():
        ours = seconds["this, n_jobs=2" if contestant.endswith("n_jobs=2") else "this"]
        same = jaccard(issues["this"], issues[contestant])
        print(f"| {name} | {contestant} | {median:.2f} | {median / ours:.2f} | {same:.4f} |")


def by_leave_one_out(
    name: str, classifier: Any, X: Any, y: Any, repeat: int, clock: Callable[[], float]
) -> None:
    """Compare leave-one-out with the five folds of the peers."""
    seconds, _ = compare(
        {
            "this": lambda: audit(classifier, X, y, cv="loo"),
            "cross_val_predict": lambda: cross_val_then_cleanlab(classifier, X, y, 1),
            "CleanLearning.fit": lambda: clean_learning(classifier, X, y),
        },
        repeat,
        clock,
    )
    ours = seconds.pop("this")
    peers = " | ".join(f"{median:.2f} ({median / ours:.1f} ×)" for median in seconds.values())
    print(f"| {name} | {ours:.2f} | {peers} |")


def against_the_loop(
    name: str,
    estimator: Any,
    X: Any,
    y: Any,
    repeat: int,
    clock: Callable[[], float],
    *,
    loop: Callable[[Any, Any, Any], np.ndarray],
) -> None:
    """How much a fit costs beyond the folds that it can't do without."""
    seconds, _ = compare(
        {
            "plain loop": lambda: loop(estimator, X, y),
            "this, train_on=None": lambda: audit(estimator, X, y, train_on=None),
            "this, train_on=None, n_jobs=2": lambda: audit(
                estimator, X, y, train_on=None, n_jobs=2
            ),
        },
        repeat,
        clock,
    )
    for contestant, median in seconds.items():
        ratio = median / seconds["plain loop"]
        print(f"| {name} | {contestant} | {median:.2f} | {ratio:.3f} |")


def command_line(repeat: int) -> None:
    """Time label-audit on AG News: the default, and a single model of words in five folds."""
    if not (DATA / "ag_news").exists():
        return
    print("\nThe command label-audit on AG News")
    models: dict[str, list[str]] = {
        "words and characters, leaving one out": [],
        "words and characters, --jobs 1": ["--jobs", "1"],
        "words, five folds": ["--model", "words", "--cv", "5"],
    }
    used: dict[str, list[tuple[float, float, float]]] = {name: [] for name in models}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "news.csv"
        with gzip.open(DATA / "ag_news" / "train_partial.csv.gz") as packed:
            data.write_bytes(packed.read())
        for _ in range(repeat):
            for name, options in models.items():
                used[name].append(run_command(data, options))
    print("| model | s | CPU seconds | peak memory (GB) |\n|---|---|---|---|")
    for name, runs in used.items():
        seconds, cpu, memory = (statistics.median(values) for values in zip(*runs, strict=True))
        print(f"| {name} | {seconds:.1f} | {cpu:.1f} | {memory:.2f} |")


def run_command(data: Path, options: list[str]) -> tuple[float, float, float]:
    """Run label-audit on a file; give seconds, CPU seconds and gigabytes."""
    code = "import sys; from label_auditor.cli.command_line import main; sys.exit(main())"
    words = [str(data), "--text", "text", "--label", "label", *options]
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"label-audit {' '.join(words)} ended with {process.returncode}")
    seconds = time.perf_counter() - start
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def read_workloads(n_rows: int) -> dict[str, tuple[str, Any, Any, Any]]:
    """Give a name, a pipeline and its data for each workload."""
    counts = make_pipeline(CountVectorizer(), MultinomialNB())
    tfidf = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=200))
    dense = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    workloads: dict[str, tuple[str, Any, Any, Any]] = {}
    if (DATA / "ag_news").exists():
        texts, topics = read_ag_news()
        workloads["counts"] = "counts + naive Bayes", counts, texts, topics
        workloads["tfidf"] = "TF-IDF + logistic regression", tfidf, texts, topics
    else:
        print(f"AG News is not in {DATA}: the text rows are left out.\n")
    workloads["dense"] = "scaler + logistic regression", dense, *make_dense(n_rows)
    return workloads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="counts,tfidf,dense,boosting,loop,loo,command")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the dense data")
    parser.add_argument("--cpu", action="store_true", help="CPU seconds of this process")
    options = parser.parse_args()
    only, repeat = options.only.split(","), options.repeat
    timed = repeat, time.process_time if options.cpu else time.perf_counter
    warnings.simplefilter("ignore")
    workloads = read_workloads(options.rows)
    *_, X, y = workloads["dense"]

    print("Times of the peers, divided by those of this; fit included; 5 folds")
    print("| workload | contestant | s | times this | Jaccard of issues |\n|---|---|---|---|---|")
    for key, workload in workloads.items():
        if key in only:
            against_peers(*workload, *timed)

    if "loo" in only:
        print('\nThe same of this with cv="loo", beside peers with 5 folds, n_jobs=1')
        print("| workload | this | cross_val_predict + cleanlab | CleanLearning.fit |")
        print("|---|---|---|---|")
        dense = GaussianNB(), LinearDiscriminantAnalysis(), LogisticRegression(max_iter=200)
        others = [(type(each).__name__, each, X, y) for each in dense]
        for workload in [*(workloads[key] for key in workloads.keys() & {"counts"}), *others]:
            by_leave_one_out(*workload, *timed)

    print("\nTimes of this, divided by those of a plain loop over the same folds")
    print("| workload | contestant | s | times the loop |\n|---|---|---|---|")
    if "loop" in only:
        for workload in workloads.values():
            against_the_loop(*workload, *timed, loop=plain_loop_after_preprocessing)
    if "boosting" in only:
        boosting = HistGradientBoostingClassifier(random_state=0)
        against_the_loop("HistGradientBoosting", boosting, X, y, *timed, loop=plain_loop)
    if "command" in only:
        command_line(repeat)


if __name__ == "__main__":
    main()
