"""Several annotators: which consensus is right, and how well the annotators are judged.

The real crowd is `noisy_agnews/annotators4000.csv.gz` in the folder that LABEL_AUDITOR_DATA names:
three annotators, each of whom labelled 4,000 texts, whose true classes are known. The made-up ones
have 50 annotators, who are right in 50 to 95 % of their labels and label three of 50 each; they
label the same texts::

    python benchmarks/annotators.py --seeds 20

The model is the vote of words and characters that `label-audit` has, cross-validated in five folds
on the label of the majority. Rows on which the majority is divided count by chance. If `crowd-kit`
is installed, its methods are compared as well.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from _sets import DATA
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from label_auditor import LabelAuditor, audit_annotators
from label_auditor.cli.text_models import prepare_texts

METHODS = ("majority", "dawid_skene", "crowdlab")


class Model:
    """The probabilities of a model that learns from the majority."""

    def __init__(self, texts):
        self.prepared = prepare_texts(pd.DataFrame({"text": texts}), "text", None)

    def predict(self, labels):
        counts = np.stack([(labels == code).sum(axis=1) for code in range(4)], axis=1)
        majority = (counts + np.random.default_rng(0).random(counts.shape) / 2).argmax(axis=1)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        auditor = LabelAuditor(self.prepared.classifier, cv=folds, train_on=None)
        return auditor.fit(self.prepared.X, majority).cv_probabilities_


def read_crowd():
    """Give texts, the labels of three annotators, and the true classes (-1: not known)."""
    table = pd.read_csv(DATA / "noisy_agnews" / "annotators4000.csv.gz")
    texts = (table["title"].fillna("") + " . " + table["description"].fillna("")).tolist()
    columns = ["annotator_1", "annotator_2", "annotator_3"]
    return texts, table[columns].to_numpy(), table["agnews_label"].to_numpy()


def make_crowd(true, seed, n_annotators=50, per_row=3):
    """Give labels (-1: none) of annotators, and how often each of them is right."""
    rng = np.random.default_rng(seed)
    accuracy = rng.uniform(0.5, 0.95, n_annotators)
    labels = np.full((len(true), n_annotators), -1)
    rows = np.arange(len(true))
    for who in np.argsort(rng.random(labels.shape), axis=1)[:, :per_row].T:
        right = rng.random(len(true)) < accuracy[who]
        labels[rows, who] = np.where(right, true, (true + rng.integers(1, 4, len(true))) % 4)
    return labels, accuracy


def audit(labels, pred_probs, method):
    table = np.where(labels < 0, None, labels)
    return audit_annotators(table, pred_probs, method=method, classes=range(4))


def share_right(found, labels, true):
    """Give the share of rows whose consensus is right; ties count by chance."""
    right = found.codes == true
    counts = np.stack([(labels == code).sum(axis=1) for code in range(4)], axis=1)
    best = counts == counts.max(axis=1, keepdims=True)
    chance = best[np.arange(len(true)), np.maximum(true, 0)] / best.sum(axis=1)
    return np.where(found.codes < 0, chance, right)[true >= 0].mean()


def ways(pred_probs):
    """Give the methods, each without and with a model where it has both."""
    for method in METHODS:
        if method != "crowdlab":
            yield method, None
        yield method, pred_probs


def compare_real(model, labels, true):
    known = true >= 0
    accuracy = np.array([(each[known] == true[known]).mean() for each in labels.T])
    pred_probs = model.predict(labels)
    print("| consensus | model | right | quality of annotators | true | label errors, AUROC |")
    print("|---|---|---|---|---|---|")
    for method, probabilities in ways(pred_probs):
        found = audit(labels, probabilities, method)
        each = found.each_label()
        of_known = known[each["row"]]
        wrong = each["label"].to_numpy() != true[each["row"]]
        auroc = roc_auc_score(wrong[of_known], -each["label_quality"][of_known])
        quality = ", ".join(f"{value:.3f}" for value in found.annotators()["quality"])
        print(
            f"| {method} | {'no' if probabilities is None else 'yes'} | "
            f"{share_right(found, labels, true):.4f} | {quality} | "
            f"{', '.join(f'{value:.3f}' for value in accuracy)} | {auroc:.3f} |",
            flush=True,
        )
    print(f"The likeliest class of the model: {(pred_probs.argmax(1) == true)[known].mean():.4f}")
    return pred_probs


def compare_made(model, true, n_seeds):
    """Compare the methods on crowds whose annotators are of known accuracy."""
    results = {}
    for seed in range(n_seeds):
        labels, accuracy = make_crowd(true, seed)
        for method, probabilities in ways(model.predict(labels)):
            found = audit(labels, probabilities, method)
            quality = found.annotators()["quality"].to_numpy()
            key = method, "no" if probabilities is None else "yes"
            results.setdefault(key, []).append(
                (
                    share_right(found, labels, true),
                    spearmanr(quality, accuracy)[0],
                    np.abs(quality - accuracy).mean(),
                    (quality - accuracy).mean(),
                )
            )
        for name, figures in ask_crowd_kit(labels, true, accuracy):
            results.setdefault((name, "no"), []).append(figures)
    print(
        f"\n| consensus | model | right | Spearman, mean and lowest of {n_seeds} | off by | bias |"
    )
    print("|---|---|---|---|---|---|")
    for (method, has_model), found in results.items():
        right, rho, off, bias = np.mean(found, axis=0)
        lowest = np.min(found, axis=0)[1]
        print(
            f"| {method} | {has_model} | {right:.4f} | {rho:.3f}, {lowest:.3f} | {off:.3f} | "
            f"{bias:+.3f} |"
        )


def ask_crowd_kit(labels, true, accuracy):
    """Give the same figures for methods of crowd-kit, if it is installed."""
    try:
        from crowdkit.aggregation import DawidSkene
    except ImportError:
        return
    rows, who = np.nonzero(labels >= 0)
    answers = pd.DataFrame({"task": rows, "worker": who, "label": labels[rows, who]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = DawidSkene(n_iter=100).fit(answers)
    posterior = fitted.probas_.reindex(index=range(len(true)), columns=range(4)).to_numpy()
    of_label = pd.Series(posterior[rows, labels[rows, who]]).groupby(who).mean().to_numpy()
    yield (
        "crowd-kit's DawidSkene",
        (
            (posterior.argmax(axis=1) == true).mean(),
            spearmanr(of_label, accuracy)[0],
            np.abs(of_label - accuracy).mean(),
            (of_label - accuracy).mean(),
        ),
    )


def compare_more_labels(true, n_seeds):
    """Compare which rows get another label: 800 of 4,000 that have one to three."""
    gains = {"by gain": [], "at random": []}
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        all_labels, _ = make_crowd(true, seed, per_row=4)
        few = all_labels.copy()
        for row, n_labels in enumerate(rng.integers(1, 4, len(true))):
            few[row, rng.permutation(np.flatnonzero(few[row] >= 0))[n_labels:]] = -1
        found = audit(few, None, "dawid_skene")
        before = (found.codes == true).mean()
        chosen = {
            "by gain": found.rows_to_label(800),
            "at random": rng.permutation(len(true))[:800],
        }
        for name, rows in chosen.items():
            more = few.copy()
            for row in rows:
                left = np.flatnonzero((all_labels[row] >= 0) & (few[row] < 0))
                more[row, left[0]] = all_labels[row, left[0]]
            after = (audit(more, None, "dawid_skene").codes == true).mean()
            gains[name].append(after - before)
    print("\n| 800 more labels | the consensus is right in so many more rows |\n|---|---|")
    for name, values in gains.items():
        print(f"| {name} | {np.mean(values):+.4f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    texts, labels, true = read_crowd()
    model = Model(texts)
    compare_real(model, labels, true)
    known = np.flatnonzero(true >= 0)
    model = Model([texts[row] for row in known])
    compare_made(model, true[known], args.seeds)
    compare_more_labels(true[known], min(args.seeds, 5))


if __name__ == "__main__":
    main()
