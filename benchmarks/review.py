"""How many label errors a reviewer finds, by the order in which rows are looked at.

    python benchmarks/review.py                  # the sets on which the queue was developed
    python benchmarks/review.py --report         # cifar10n_agg as well
    python benchmarks/review.py --only roman_numeral --batch 10
    python benchmarks/review.py --only NoisyAG-News --limit

Rows are reviewed in batches, and the queue learns after each. The figures are the share of errors
among the reviewed rows, after 1/8 to 1 times as many reviews as there are errors. With --limit, the
queue is replaced by an order that no review could give: gradient boosting over all that the queue
sees of a row is trained on the true answers for four fifths of all rows, and orders the other
fifth.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from _sets import DEVELOPMENT, REPORTED, read_labels, read_models
from cleanlab.filter import find_label_issues
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from label_auditor import audit_labels
from label_auditor.review.queue import explore, fit_queue
from label_auditor.review.row_facts import RowFacts, row_facts

BUDGETS = {"⅛": 1 / 8, "¼": 1 / 4, "½": 1 / 2, "1": 1.0}


def review(facts: RowFacts, wrong: np.ndarray, budget: int, batch: int) -> np.ndarray:
    """Review batch by batch; give the rows of the facts in the order in which they were seen."""
    seen = np.arange(min(batch, budget))
    while len(seen) < budget:
        left = np.ones(len(wrong), dtype=bool)
        left[seen] = False
        model = fit_queue(facts, seen, wrong[seen])
        order = np.argsort(-model.log_odds(facts), kind="stable")
        following = explore(facts, order[left[order]])
        seen = np.concatenate([seen, following[: min(batch, budget - len(seen))]])
    return seen


def know_all(facts: RowFacts, wrong: np.ndarray) -> np.ndarray:
    """Order all rows of the facts by models that were told about all rows but those they score."""
    seen = np.column_stack([facts.numbers, facts.given, facts.other])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    booster = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=80, random_state=0)
    scores = cross_val_predict(booster, seen, wrong, cv=folds, method="predict_proba")[:, 1]
    return np.argsort(-scores, kind="stable")


def precision(wrong: np.ndarray) -> np.ndarray:
    """Give the share of errors among the first rows, for each of the budgets."""
    found = np.cumsum(wrong)
    budgets = [max(1, round(part * wrong.sum())) for part in BUDGETS.values()]
    return np.array([found[budget - 1] / budget for budget in budgets])


def compare(
    codes: np.ndarray, wrong: np.ndarray, probs: np.ndarray, batch: int | None
) -> np.ndarray:
    """Give a row of precisions for cleanlab's default order, and one for the queue's.

    Without a batch, the second is that of models to which all is known.
    """
    probs = np.maximum(np.asarray(probs, float), 0)
    probs /= probs.sum(axis=1, keepdims=True)
    scores = probs[np.arange(len(codes)), codes]
    flagged = find_label_issues(codes, probs, n_jobs=1)
    audit = audit_labels(codes, probs, classes=np.arange(probs.shape[1]))
    facts = row_facts(audit)
    if batch is None:
        seen = know_all(facts, wrong[facts.rows])
    else:
        seen = review(facts, wrong[facts.rows], int(wrong.sum()), batch)
    rest = np.setdiff1d(np.arange(len(wrong)), seen)
    learned = np.concatenate([facts.rows[seen], facts.rows[rest]])
    orders = (np.lexsort((scores, ~flagged)), learned)
    return np.array([precision(wrong[order]) for order in orders])


def print_set(name: str, batch: int | None) -> None:
    labels = read_labels(name)
    if labels is None:
        print(f"\n{name}: not there")
        return
    started = time.perf_counter()
    print(f"\n{name}: {len(labels.codes):,} rows, {labels.wrong.sum():,} errors\n", flush=True)
    budgets = " | ".join(BUDGETS)
    print(f"| | cleanlab {budgets} | {'queue' if batch else 'limit'} {budgets} | worst |")
    print("|---" * (2 * len(BUDGETS) + 2) + "|")
    every = []
    for model, probs in read_models(name):
        every.append(compare(labels.codes, labels.wrong, probs, batch))
        _print_row(model, every[-1])
    _print_row("mean", np.mean(every, axis=0))
    print(f"\n{time.perf_counter() - started:.0f} s", flush=True)


def _print_row(title: str, found: np.ndarray) -> None:
    cleanlab, queue = found
    cells = [f"{value:.2f}" for value in (*cleanlab, *queue)]
    print(f"| {title} | " + " | ".join(cells) + f" | {(queue - cleanlab).min():+.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", help="a set; may be given several times")
    parser.add_argument("--report", action="store_true", help="also the set kept for the report")
    parser.add_argument("--batch", type=int, default=50, help="rows between fits (default: 50)")
    parser.add_argument("--limit", action="store_true", help="what all answers would give")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in arguments.only or (*DEVELOPMENT, *(REPORTED if arguments.report else ())):
        print_set(name, None if arguments.limit else arguments.batch)


if __name__ == "__main__":
    main()
