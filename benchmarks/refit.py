"""How many errors a review finds, by the queue alone and with models that learn from the review.

    python benchmarks/refit.py                        # all three sets
    python benchmarks/refit.py --only NoisyAG-News --every 50
    python benchmarks/refit.py --mistakes 0.05        # a reviewer who errs

A simulated reviewer, who knows the true labels, goes through the queue in batches of 50; the queue
learns after each. The model is the vote of words and characters, by leave-one-out. Without a refit,
it stays as it was when the review began. With one, it is fitted anew after every 100 decisions:
`fit(X, y, reviewed=...)`. The figures are the errors that were found, as a share of the reviews,
after ¼, ½ and 1 times as many reviews as there are errors. A reviewer who errs chooses, in that
share of the rows, any of the other labels; an error that he leaves as it is counts as not found.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import numpy as np
from _sets import read_labels, read_texts
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB

from label_auditor import LabelAudit, LabelAuditor, audit_labels

SETS = ("NoisyAG-News", "NoisyAG-News, one annotator", "BANKING77, similar")
BUDGETS = {"¼": 1 / 4, "½": 1 / 2, "1": 1.0}
BATCH = 50
LEAST = 1e-6


class Vote:
    """Words and characters of texts, counted once, and the vote of what is learned from each."""

    def __init__(self, texts: list[str], given: np.ndarray) -> None:
        self.given = given
        common = {"min_df": 2, "sublinear_tf": True}
        words = TfidfVectorizer(ngram_range=(1, 2), **common)
        characters = TfidfVectorizer(ngram_range=(2, 5), analyzer="char_wb", **common)
        self.members = [
            (words.fit_transform(texts), MultinomialNB(alpha=0.1, fit_prior=False)),
            (characters.fit_transform(texts), MultinomialNB(alpha=0.03, fit_prior=False)),
        ]

    def audit(self, reviewed: dict[int, Any]) -> LabelAudit:
        """Audit the given labels by models that learned from the review."""
        logs = np.zeros((len(self.given), len(np.unique(self.given))))
        for X, classifier in self.members:
            auditor = LabelAuditor(classifier, cv="loo", train_on=None)
            auditor.fit(X, self.given, reviewed=reviewed)
            logs += np.log(np.maximum(auditor.cv_probabilities_, LEAST)) / len(self.members)
        pooled = np.exp(logs - logs.max(axis=1, keepdims=True))
        pooled /= pooled.sum(axis=1, keepdims=True)
        classes = np.unique(self.given)
        return audit_labels(self.given, pooled, classes=classes, rank_by="log_margin")


def review(
    vote: Vote, true: np.ndarray, *, every: int | None, mistakes: float, budget: int
) -> np.ndarray:
    """Review so many rows; say of each in its order whether an error was found."""
    rng = np.random.default_rng(0)
    classes = np.unique(vote.given)
    said = true.copy()
    wrong_answers = rng.random(len(true)) < mistakes
    others = (np.searchsorted(classes, true) + rng.integers(1, len(classes), len(true))) % len(
        classes
    )
    said[wrong_answers] = classes[others[wrong_answers]]
    reviewed: dict[int, Any] = {}
    audit, learned = vote.audit({}), 0
    while len(reviewed) < budget:
        if every and len(reviewed) - learned >= every:
            audit, learned = vote.audit(reviewed), len(reviewed)
        n = min(BATCH, budget - len(reviewed))
        reviewed |= {row: said[row] for row in audit.plan_review(n, reviewed=reviewed)}
    rows = np.fromiter(reviewed, dtype=np.intp)
    return (true != vote.given)[rows] & (said != vote.given)[rows]


def shares(found: np.ndarray, n_errors: int) -> list[float]:
    """Give the share of reviews that found an error, for each budget."""
    return [float(found[: round(part * n_errors)].mean()) for part in BUDGETS.values()]


def print_set(name: str, every: int, mistakes: float) -> None:
    labels = read_labels(name)
    if labels is None:
        print(f"| {name} | not there |")
        return
    started = time.perf_counter()
    vote, true = Vote(read_texts(name), labels.codes), labels.true
    n_errors = int(labels.wrong.sum())
    for title, refits in (("queue alone", None), ("queue and refit", every)):
        found = review(vote, true, every=refits, mistakes=mistakes, budget=n_errors)
        cells = " | ".join(f"{value:.3f}" for value in shares(found, n_errors))
        print(f"| {name} | {title} | {cells} |", flush=True)
    print(f"<!-- {time.perf_counter() - started:.0f} s -->", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", help="a set; may be given several times")
    parser.add_argument("--every", type=int, default=100, help="decisions between fits")
    parser.add_argument("--mistakes", type=float, default=0.0, help="share of wrong decisions")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"| set | | {' | '.join(BUDGETS)} |")
    print("|---" * (2 + len(BUDGETS)) + "|")
    for name in arguments.only or SETS:
        print_set(name, arguments.every, arguments.mistakes)


if __name__ == "__main__":
    main()
