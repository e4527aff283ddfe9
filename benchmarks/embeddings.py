"""Which classifier of embeddings joins the vote of label-audit: average precision of its order.

    python benchmarks/embeddings.py

Every candidate is left one out, like the members of the vote: naive Bayes over words and over
characters. Embeddings come from `label_auditor.embed_texts`, and are kept between runs.
"""

from __future__ import annotations

import os
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _first_order import GOALS, average_precision
from _sets import read_labels, read_texts
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from label_auditor import GeometricVotingClassifier, audit_labels, embed_texts
from label_auditor.cli.text_models import prepare_texts
from label_auditor.data.findings import rows_in_order
from label_auditor.fitting.equal_discriminant import EqualDiscriminant
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from label_auditor.fitting.voting import pool

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW_CLASSES = 4  # beyond, approximate leave-one-out of a logistic regression takes minutes
WEIGHTS = (1.0, 0.5, 0.35)


def candidates(n_classes: int) -> Iterator[tuple[str, Any]]:
    """Give the classifiers of embeddings."""
    for shrinkage in (0.02, 0.1, 0.2, 0.3, 0.6, 1.0):
        yield f"discriminant analysis, shrinkage {shrinkage:g}", EqualDiscriminant(shrinkage)
    yield (
        "the same, .2, without equal priors",
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2),
    )
    yield "GaussianNB", GaussianNB(priors=np.full(n_classes, 1 / n_classes))
    yield "15 neighbours", KNeighborsClassifier(15, weights="distance", metric="cosine")
    if n_classes <= FEW_CLASSES:
        yield "LogisticRegression", LogisticRegression()


def measure(codes: np.ndarray, wrong: np.ndarray, pred_probs: np.ndarray) -> float:
    audit = audit_labels(codes, pred_probs, rank_by="log_margin")
    return average_precision(wrong, rows_in_order(audit))


def print_set(name: str) -> None:
    labels = read_labels(name)
    if labels is None:
        print(f"\n{name}: not there")
        return
    texts = read_texts(name)
    classes, codes = np.unique(labels.codes, return_inverse=True)
    prepared = prepare_texts(pd.DataFrame({"text": texts}), "text", None)
    plain = leave_one_out(prepared.classifier, prepared.X, codes, classes)[1]
    start = time.process_time()
    vectors = embed_texts(texts)
    print(
        f"\n{name}: embedded in {time.process_time() - start:.1f} s of CPU; what was kept is free"
    )
    print("\n| | alone | " + " | ".join(f"weight {weight:g}" for weight in WEIGHTS) + " | CPU s |")
    print("|---" * (len(WEIGHTS) + 3) + "|")
    print(f"| words and characters | {measure(codes, labels.wrong, plain):.3f} |" + " |" * 4)
    for title, classifier in candidates(len(classes)):
        start = time.process_time()
        found = leave_one_out(classifier, vectors, codes, classes)[1]
        took = time.process_time() - start
        cells = [measure(codes, labels.wrong, found)]
        for weight in WEIGHTS:  # that of words, and that of characters, is 1
            vote = GeometricVotingClassifier([("views", None), ("it", None)], weights=[2, weight])
            cells.append(measure(codes, labels.wrong, pool(vote, [plain, found])))
        print(f"| {title} | " + " | ".join(f"{cell:.3f}" for cell in cells) + f" | {took:.1f} |")


def main() -> None:
    warnings.simplefilter("ignore")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name in GOALS:
        print_set(name)


if __name__ == "__main__":
    main()
