"""Which labels to look at first: average precision of every order, on sets whose errors are known.

    python benchmarks/detection.py            # the sets on which the default is chosen
    python benchmarks/detection.py --report   # cifar10n_agg as well
    python benchmarks/detection.py --average  # averages over shuffles, and over estimators
    python benchmarks/detection.py --command-line  # the first order of label-audit

A candidate is a score, computed from the probabilities as they are or divided by the frequency of
their class, with or without the flagged rows first. Gains are measured against cleanlab's default
order: the flagged rows by self-confidence, then the others. docs/benchmarks.md has the rule by
which the default was chosen.
"""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING

import numpy as np
from _features import judge_in_folds, judge_out_of_bag, read_features
from _first_order import GOALS, average_precision, print_first_orders, run_command
from _sets import DEVELOPMENT, REPORTED, TEXT_MODELS, Labels, read_labels, read_models, read_texts
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

if TYPE_CHECKING:
    from collections.abc import Iterator

TINY = np.finfo(float).tiny
WORST_LOSS = -0.01

Score = "Callable[[np.ndarray, np.ndarray], np.ndarray]"


def given_and_other(codes: np.ndarray, probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(codes))
    others = probs.copy()
    others[rows, codes] = 0
    return probs[rows, codes], others.max(axis=1)


def self_confidence(codes: np.ndarray, probs: np.ndarray) -> np.ndarray:
    return given_and_other(codes, probs)[0]


def normalized_margin(codes: np.ndarray, probs: np.ndarray) -> np.ndarray:
    given, other = given_and_other(codes, probs)
    return given - other


def weighted_entropy(codes: np.ndarray, probs: np.ndarray) -> np.ndarray:
    return get_label_quality_scores(codes, probs, method="confidence_weighted_entropy")


def log_margin(weight: float) -> Score:
    def score(codes: np.ndarray, probs: np.ndarray) -> np.ndarray:
        given, other = (np.log(np.maximum(p, TINY)) for p in given_and_other(codes, probs))
        return given - weight * other

    return score


def soft_margin(codes: np.ndarray, probs: np.ndarray) -> np.ndarray:
    given, other = given_and_other(codes, probs)
    return given**0.25 - other**0.25


def adjusted(method: str) -> Score:
    def score(codes: np.ndarray, probs: np.ndarray) -> np.ndarray:
        return get_label_quality_scores(codes, probs, method=method, adjust_pred_probs=True)

    return score


SCORES: dict[str, Score] = {
    "self-confidence": self_confidence,
    "normalised margin": normalized_margin,
    "confidence-weighted entropy": weighted_entropy,
    "log margin, ½": log_margin(0.5),
    "log margin, 1": log_margin(1.0),
    "margin of p^¼": soft_margin,
}
ADJUSTED: dict[str, Score] = {
    "adjusted self-confidence": adjusted("self_confidence"),
    "adjusted normalised margin": adjusted("normalized_margin"),
}
DIVISORS = {"p": 0.0, "p / √n": 0.5, "p / n": 1.0}


def divide(codes: np.ndarray, probs: np.ndarray, power: float) -> np.ndarray:
    divided = probs / np.bincount(codes, minlength=probs.shape[1]) ** power
    return divided / divided.sum(axis=1, keepdims=True)


def candidates(codes: np.ndarray, probs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Give the name of each candidate, and the scores by which it orders."""
    for label, power in DIVISORS.items():
        divided = divide(codes, probs, power)
        for name, score in SCORES.items():
            yield f"{name} of {label}", score(codes, divided)
    for name, score in ADJUSTED.items():
        yield f"{name} of p", score(codes, probs)


def measure(labels: Labels, probs: np.ndarray) -> tuple[float, dict[str, float]]:
    """Give the average precision of cleanlab's default order, and of every candidate."""
    codes, wrong = labels.codes, labels.wrong
    probs = np.maximum(np.asarray(probs, float), 0)
    probs /= probs.sum(axis=1, keepdims=True)
    flagged = find_label_issues(codes, probs, n_jobs=1)

    def order(scores: np.ndarray, *, flagged_first: bool) -> np.ndarray:
        return np.lexsort((scores, ~flagged)) if flagged_first else scores.argsort(kind="stable")

    base = average_precision(wrong, order(self_confidence(codes, probs), flagged_first=True))
    found = {}
    for name, scores in candidates(codes, probs):
        for first in (False, True):
            found[name + ", flagged first" * first] = average_precision(
                wrong, order(scores, flagged_first=first)
            )
    return base, found


def print_set(name: str) -> dict[str, np.ndarray]:
    """Measure all models of a set; print the table; give the gains by candidate."""
    labels = read_labels(name)
    if labels is None:
        print(f"\n{name}: not there")
        return {}
    models, bases, found = [], [], []
    for model, probs in read_models(name):
        base, precision = measure(labels, probs)
        models.append(model)
        bases.append(base)
        found.append(precision)
    print(f"\n{name}: {len(labels.codes):,} rows, {labels.wrong.sum():,} errors\n")
    print("| | " + " | ".join(models) + " | mean | gain |")
    print("|---" * (len(models) + 3) + "|")

    def show(title: str, values: list[float], gain: str) -> None:
        cells = " | ".join(f"{value:.3f}" for value in [*values, float(np.mean(values))])
        print(f"| {title} | {cells} | {gain} |")

    show("cleanlab's default order", bases, "")
    gains = {}
    for title in found[0]:
        values = [each[title] for each in found]
        gains[title] = np.subtract(values, bases)
        show(title, values, f"{gains[title].mean():+.3f}")
    return gains


def print_choice(by_set: list[dict[str, np.ndarray]]) -> None:
    """Print mean gain and worst case of each candidate, and which of them the rule picks."""
    rows = [
        (
            float(np.mean([gains[name].mean() for gains in by_set])),
            min(float(gains[name].min()) for gains in by_set),
            name,
        )
        for name in by_set[0]
    ]
    print("\n| candidate | mean gain | worst | |\n|---|---|---|---|")
    for gain, worst, name in sorted(rows, reverse=True):
        may = "may be chosen" if worst >= WORST_LOSS else ""
        print(f"| {name} | {gain:+.4f} | {worst:+.3f} | {may} |")
    allowed = [row for row in rows if row[1] >= WORST_LOSS]
    print("\nBy the rule:", max(allowed)[2] if allowed else "self-confidence, as none qualifies")


def print_averages(names: tuple[str, ...]) -> None:
    """Compare one model and one shuffle with averages over shuffles and over estimators."""
    print("\n| set | order | one | 3 shuffles | all estimators | both |\n|---|---|---|---|---|---|")
    for name in names:
        labels = read_labels(name)
        if labels is None or name.startswith("CIFAR"):  # which has a single model
            continue
        once = [probs for _, probs in read_models(name)]
        text = len(once) == len(TEXT_MODELS) and name not in ("roman_numeral", *REPORTED)
        thrice = [probs for _, probs in read_models(name, repeats=3)] if text else []
        columns = [once, thrice, [np.mean(once, axis=0)]]
        columns.append([np.mean(thrice, axis=0)] if text else [])
        measured = [[measure(labels, probs) for probs in column] for column in columns]
        shown = ["self-confidence of p", "log margin, ½ of p", "log margin, ½ of p / n"]
        for title in ("cleanlab's default order", *shown):
            # cleanlab's default order is no candidate; it is the base.
            cells = [
                f"{np.mean([found.get(title, base) for base, found in column]):.3f}"
                if column
                else ""
                for column in measured
            ]
            print(f"| {name} | {title} | " + " | ".join(cells) + " |")


def print_command_line() -> None:
    """Print what label-audit's own models give, and which order the rule picks for them."""
    print_first_orders()
    by_set = []
    for name in GOALS:
        labels = read_labels(name)
        if labels is not None:
            audit = run_command(read_texts(name), labels)
            base, found = measure(labels, audit.pred_probs)
            by_set.append({title: np.array([value - base]) for title, value in found.items()})
    title = "log margin, ½ of p"
    print("\n| | before: 5 folds | out of bag | out of bag, log margin |\n|---|---|---|---|")
    for name, X, labels in read_features():
        before = measure(labels, judge_in_folds(X, labels))[0]
        base, found = measure(labels, judge_out_of_bag(X, labels))
        by_set.append({each: np.array([value - base]) for each, value in found.items()})
        print(f"| {name} | {before:.3f} | {base:.3f} | {found[title]:.3f} |")
    print_choice(by_set)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", action="store_true", help="also the set kept for the report")
    parser.add_argument("--average", action="store_true", help="averages instead")
    parser.add_argument(
        "--command-line", action="store_true", help="the first order of label-audit"
    )
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.command_line:
        print_command_line()
        return
    names = (*DEVELOPMENT, *(REPORTED if arguments.report else ()))
    if arguments.average:
        print_averages(names)
        return
    by_set = {name: print_set(name) for name in names}
    print_choice([by_set[name] for name in DEVELOPMENT if by_set[name]])


if __name__ == "__main__":
    main()
