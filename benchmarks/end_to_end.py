"""The time of a whole audit, compared with cross_val_predict + cleanlab and with CleanLearning.

    python benchmarks/end_to_end.py [--repeat 3] [--only counts,tfidf,dense,boosting]

For each row of the table, the contestants run in turn in this one process, and their median times
are divided by that of LabelAuditor: 4.1 means that the peer took 4.1 times as long. AG News is read
from the folder that LABEL_AUDITOR_DATA names (ag_news/train_partial.csv.gz); without it, the rows
about texts are left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
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
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import MultinomialNB
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
    contestants: dict[str, Callable[[], np.ndarray]], repeat: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Time the contestants in turn; give median seconds and results by name."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    results = {}
    for _ in range(repeat):
        for name, run in contestants.items():
            start = time.perf_counter()
            results[name] = run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}, results


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def against_peers(name: str, pipeline: Any, X: Any, y: Any, repeat: int) -> None:
    """Fit included; CleanLearning takes only what it can index and has no parallel folds."""
    seconds, issues = compare(
        {
            "this": lambda: audit(pipeline, X, y),
            "this, n_jobs=2": lambda: audit(pipeline, X, y, n_jobs=2),
            "cross_val_predict + cleanlab": lambda: cross_val_then_cleanlab(pipeline, X, y, 1),
            "cross_val_predict + cleanlab, n_jobs=2": lambda: cross_val_then_cleanlab(
                pipeline, X, y, 2
            ),
            "CleanLearning.fit": lambda: clean_learning(pipeline, X, y),
        },
        repeat,
    )
    for contestant, median in seconds.items():
        ours = seconds["this, n_jobs=2" if contestant.endswith("n_jobs=2") else "this"]
        same = jaccard(issues["this"], issues[contestant])
        print(f"| {name} | {contestant} | {median:.2f} | {median / ours:.2f} | {same:.4f} |")


def against_the_loop(name: str, loop: Any, estimator: Any, X: Any, y: Any, repeat: int) -> None:
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
    )
    for contestant, median in seconds.items():
        ratio = median / seconds["plain loop"]
        print(f"| {name} | {contestant} | {median:.2f} | {ratio:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="counts,tfidf,dense,boosting,loop")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the dense data")
    options = parser.parse_args()
    only, repeat = options.only.split(","), options.repeat
    warnings.simplefilter("ignore")

    counts = make_pipeline(CountVectorizer(), MultinomialNB())
    tfidf = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=200))
    dense = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    boosting = HistGradientBoostingClassifier(random_state=0)
    X, y = make_dense(options.rows)
    has_texts = (DATA / "ag_news").exists()
    if has_texts:
        texts, topics = read_ag_news()
    else:
        print(f"AG News is not in {DATA}: the text rows are left out.\n")

    print("Times of the peers, divided by those of this; fit included; 5 folds")
    print("| workload | contestant | s | times this | Jaccard of issues |")
    print("|---|---|---|---|---|")
    if "counts" in only and has_texts:
        against_peers("counts + naive Bayes", counts, texts, topics, repeat)
    if "tfidf" in only and has_texts:
        against_peers("TF-IDF + logistic regression", tfidf, texts, topics, repeat)
    if "dense" in only:
        against_peers("scaler + logistic regression", dense, X, y, repeat)

    print("\nTimes of this, divided by those of a plain loop over the same folds")
    print("| workload | contestant | s | times the loop |")
    print("|---|---|---|---|")
    if "loop" in only:
        shared = plain_loop_after_preprocessing
        if has_texts:
            against_the_loop("counts + naive Bayes", shared, counts, texts, topics, repeat)
            against_the_loop("TF-IDF + logistic regression", shared, tfidf, texts, topics, repeat)
        against_the_loop("scaler + logistic regression", shared, dense, X, y, repeat)
    if "boosting" in only:
        against_the_loop("HistGradientBoosting", plain_loop, boosting, X, y, repeat)


if __name__ == "__main__":
    main()
