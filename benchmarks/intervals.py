"""How often the intervals for the number of errors hold, and how wide they are.

    python benchmarks/intervals.py
    python benchmarks/intervals.py --reviews 2000 --sizes 50 200

Each cell simulates 10,000 reviews of a plan with the goal "count". The number of errors that a
random sample finds in a stratum is drawn from a hypergeometric distribution. The true labels of
three published sets are known, and each set is judged by several models. The synthetic extremes
need no data. The columns are

- all: the share of reviews whose interval holds the true number of errors
- low, high: the share of reviews whose interval is too high, or too low, to hold it
- bias: the mean error of the estimate, in Monte-Carlo standard errors and as a share of the errors
- width: the mean half-width of the interval, divided by that of a simple random sample of as many
  rows, by Clopper and Pearson
- flagged, class, p@k: the share of intervals that hold for the flagged rows, for the given class
  for which they hold least often, and for the first 20 and 100 rows of the list
- ever: the share of reviews in which the interval holds at every moment at which the page shows it,
  from the first to the last row of the sample: of somebody who may stop whenever it looks best
- narrow: the share that holds for somebody who stops as soon as the interval is narrow enough, no
  wider than half of the estimate
- left: the share of reviews in which the bound of stop_reviewing holds, after as many of the worst
  rows were reviewed as are sampled
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
import pandas as pd
from _sets import read_labels, read_models
from scipy import stats

from label_auditor import audit_labels, plan_review
from label_auditor.review.intervals import bounds, upper_bound
from label_auditor.review.sample import FEW
from label_auditor.review.sampling import take_turns

REAL = ("roman_numeral", "cifar10n_agg", "NoisyAG-News")
CONFIDENCE = 0.95
# The page shows the interval once it is no wider than this share of the rows.
WIDEST = 0.5
# Each review is watched row by row, so there are fewer of them.
WATCHED = 1000


def published(name):
    """Give each model of a set, if it is there: probabilities, labels and which are wrong."""
    labels = read_labels(name)
    if labels is not None:
        for model, probabilities in read_models(name):
            yield model, labels.codes, probabilities, labels.wrong


def synthetic(rate, *, useless=False, n=10_000, n_classes=10):
    """Softmax outputs that know the true class, or nothing of it."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, n_classes, n)
    is_error = np.zeros(n, bool)
    is_error[rng.permutation(n)[: round(rate * n)]] = True
    labels = np.where(is_error, (true + rng.integers(1, n_classes, n)) % n_classes, true)
    logits = 1.3 * rng.standard_normal((n, n_classes))
    believed = rng.integers(0, n_classes, n) if useless else true
    logits[np.arange(n), believed] += 3.5 * rng.gamma(3, 1 / 3, n)
    probabilities = np.exp(logits)
    yield "", labels, probabilities / probabilities.sum(axis=1, keepdims=True), is_error


SETS = {
    **{name: partial(published, name) for name in REAL},
    "0.1 % errors": partial(synthetic, 0.001),
    "40 % errors": partial(synthetic, 0.4),
    "useless scores": partial(synthetic, 0.1, useless=True),
    "useless scores, 0.1 %": partial(synthetic, 0.001, useless=True),
    "200 rows, 10 %": partial(synthetic, 0.1, n=200),
}


class Population:
    """The strata of an audit, and the errors in them, known as nobody knows them."""

    def __init__(self, audit, is_error, reviewed=None):
        plan = plan_review(audit, 1, goal="count", reviewed=reviewed, random_state=0)
        self.stratum_of, self.turns = plan.stratum_of, take_turns(plan.strata)
        self.n_strata, self.is_error = len(plan.strata), is_error
        self.known = np.array([each.n_rows * (each.share == 0) for each in plan.strata])
        self.size, self.wrong = self.count(np.arange(len(audit)))

    def count(self, rows):
        """Rows and errors of each stratum, among some rows."""
        number = self.stratum_of[rows]
        size = np.bincount(number, minlength=self.n_strata)
        wrong = np.bincount(number, weights=self.is_error[rows], minlength=self.n_strata)
        return size, wrong.astype(int)

    def n_of(self, n):
        """How many rows of each stratum are in a sample."""
        return self.known + np.bincount(self.turns[:n], minlength=self.n_strata)

    def draw(self, rng, n_of, reviews):
        """How many errors of each stratum are in the sample."""
        return rng.hypergeometric(
            self.wrong, self.size - self.wrong, n_of, (reviews, self.n_strata)
        )

    def draw_part(self, rng, rows, n_of, reviews):
        """How many rows of a part are in the sample of each stratum, and how many are wrong."""
        size, wrong = self.count(rows)
        sampled = rng.hypergeometric(size, self.size - size, n_of, (reviews, self.n_strata))
        return size, sampled, rng.hypergeometric(wrong, size - wrong, sampled), wrong.sum()


def held(size, n, found, truth):
    """Tell how often the interval holds, is above the truth, is below it; and how wide it is."""
    low, high = each_once(partial(bounds, confidence=CONFIDENCE), size, n, found)
    above, below = low > truth, high < truth
    return 1 - np.mean(above | below), np.mean(above), np.mean(below), np.mean(high - low) / 2


def each_once(bound, size, n, found):
    """Compute bounds of equal samples once."""
    n = np.broadcast_to(n, found.shape)
    samples, at = np.unique(np.hstack([n, found]), axis=0, return_inverse=True)
    n, found = np.hsplit(samples, 2)
    result = bound(size, n, found)
    at = at.ravel()
    return tuple(each[at] for each in result) if isinstance(result, tuple) else result[at]


def held_while_watched(population, n, rng, reviews):
    """Tell how often the interval holds whenever it is shown, and where it is first narrow.

    It is shown as soon as it is no wider than half of all rows, as the page does.
    """
    size, truth, turns = population.size, population.wrong.sum(), population.turns[:n]
    found = np.zeros((reviews, n, population.n_strata), int)
    for k in range(population.n_strata):
        at = np.flatnonzero(turns == k)
        is_wrong = np.arange(size[k]) < population.wrong[k]
        for review in range(reviews):
            found[review, at, k] = is_wrong[rng.permutation(size[k])[: len(at)]]
    found = found.cumsum(axis=1).reshape(-1, population.n_strata)
    drawn = np.cumsum(turns[:, np.newaxis] == np.arange(population.n_strata), axis=0)
    n_of = np.tile(drawn, (reviews, 1))
    low, high = each_once(partial(bounds, confidence=CONFIDENCE), size, n_of, found)
    low, high = low.reshape(reviews, n), high.reshape(reviews, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = (size * np.where(n_of > 0, found / n_of, 0)).sum(axis=1).reshape(reviews, n)
    holds = (low <= truth) & (truth <= high)
    shown = high - low <= WIDEST * size.sum()
    narrow = shown & (high - low <= estimate / 2)
    narrow[:, -1] = True  # at the end there is nothing more to wait for
    stop = narrow.argmax(axis=1)
    return np.mean((holds | ~shown).all(axis=1)), np.mean(holds[np.arange(reviews), stop])


def held_by_class(population, given, n_of, rng, reviews):
    """Tell how often the interval holds for the class for which it holds least."""
    shares = []
    for label in np.unique(given):
        size, wrong = population.count(np.flatnonzero(given == label))
        apart = (n_of * size >= FEW * population.size) | (size == 0)
        sampled = rng.hypergeometric(
            size, population.size - size, n_of, (reviews, population.n_strata)
        )
        found = rng.hypergeometric(wrong, size - wrong, sampled)
        n = np.where(apart, sampled, n_of)
        shares.append(held(np.where(apart, size, population.size), n, found, wrong.sum())[0])
    return min(shares)


def random_sample_width(n_rows, n_errors, n, rng, reviews):
    """Half the width of Clopper and Pearson's interval, for a simple random sample."""
    found = rng.hypergeometric(n_errors, n_rows - n_errors, n, reviews)
    level = (1 - CONFIDENCE) / 2
    low = np.where(found > 0, stats.beta.ppf(level, found, n - found + 1), 0)
    high = np.where(found < n, stats.beta.ppf(1 - level, found + 1, n - found), 1)
    return np.mean(high - low) / 2 * n_rows


def run(audit, is_error, n, reviews, seed):
    rng = np.random.default_rng(seed)
    population = Population(audit, is_error)
    size, n_of, truth = population.size, population.n_of(n), is_error.sum()
    found = population.draw(rng, n_of, reviews)
    both, above, below, width = held(size, n_of, found, truth)
    estimate = (size * found / n_of).sum(axis=1)
    error = estimate.mean() - truth
    row = {
        "n": n,
        "all": both,
        "low": above,
        "high": below,
        "bias (se)": error / max(estimate.std() / np.sqrt(reviews), 1e-12),
        "bias (%)": 100 * error / truth,
        "width": width / random_sample_width(len(audit), truth, n, rng, reviews),
    }
    part = population.draw_part(rng, audit.ranked, n_of, reviews)
    row["flagged"] = held(*part)[0]
    row["class"] = held_by_class(population, audit.codes, n_of, rng, reviews)
    for k in (20, 100):
        if k <= audit.n_issues:
            part = population.draw_part(rng, audit.ranked[:k], n_of, reviews)
            row[f"p@{k}"] = held(*part)[0]
    row["ever"], row["narrow"] = held_while_watched(population, n, rng, min(reviews, WATCHED))
    row["left"] = held_after_the_worst(audit, is_error, n, reviews, rng)
    return row


def held_after_the_worst(audit, is_error, n, reviews, rng):
    """Tell how often the bound on the errors left holds."""
    worst = np.argsort(audit.scores, kind="stable")[:n]
    decided = {int(row): audit.labels[row] for row in worst}
    population = Population(audit, is_error, decided)
    n_of = population.n_of(n)
    found = population.draw(rng, n_of, reviews)
    bound = each_once(partial(upper_bound, level=CONFIDENCE), population.size, n_of, found)
    # Whatever was found is taken off the bound and the truth alike.
    return np.mean(bound >= is_error.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--reviews", type=int, default=10_000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[50, 100, 200, 500])
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = []
    for name in options.sets:
        for model, labels, probabilities, is_error in SETS[name]():
            audit = audit_labels(labels, probabilities)
            for n in options.sizes:
                if n < len(labels):
                    row = run(audit, is_error, n, options.reviews, options.seed)
                    rows.append({"set": name, "model": model, **row})
            print(f"# {name} {model}: ranked by {audit.rank_by}", flush=True)
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3f}", na_rep="-"))
    held_shares = ["all", "flagged", "class", *table.filter(like="p@"), "ever", "narrow", "left"]
    print("\nleast share of intervals that hold")
    print(table.groupby("set", sort=False)[held_shares].min().round(4).to_string())
    print(f"most bias: {table['bias (se)'].abs().max():.2f} Monte-Carlo standard errors")
    widths = table[table["n"] == 200].groupby("set", sort=False)["width"].mean()
    print("\nwidth at n = 200, mean of the models")
    print(widths.round(3).to_string())
    real = widths[widths.index.isin(REAL)]
    print(f"mean of the {len(real)} published sets: {real.mean():.3f}")


if __name__ == "__main__":
    main()
