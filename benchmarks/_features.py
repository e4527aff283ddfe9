"""Sets of features with made errors: what label-audit's forest makes of them, out of bag or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _sets import Labels
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold

from label_auditor import LabelAuditor
from label_auditor.cli.models import prepare_features

if TYPE_CHECKING:
    from collections.abc import Iterator

LOADERS = {
    "iris": load_iris,
    "wine": load_wine,
    "breast cancer": load_breast_cancer,
    "digits": load_digits,
}


def read_features() -> Iterator[tuple[str, np.ndarray, Labels]]:
    """Give sets with 8 % of the labels changed to any class, or 12 % to the next one."""
    for name, X, y in _read_clean():
        n_classes = y.max() + 1
        draws = [("any class", 0.08, 0), ("any class", 0.08, 1)]
        draws += [("the next class", 0.12, 0), ("the next class", 0.12, 1)]
        for kind, share, seed in draws:
            rng = np.random.default_rng(seed)
            rows = rng.choice(len(y), int(share * len(y)), replace=False)
            step = rng.integers(1, n_classes, len(rows)) if kind == "any class" else 1
            codes = y.copy()
            codes[rows] = (y[rows] + step) % n_classes
            yield f"{name}, {kind}, draw {seed}", X, Labels(codes, codes != y)


def judge_out_of_bag(X: np.ndarray, labels: Labels) -> np.ndarray:
    """Give the probabilities of what label-audit takes for features."""
    table = pd.DataFrame(X, columns=[f"x{column}" for column in range(X.shape[1])])
    prepared = prepare_features(table, list(table), "forest", named=True, n_jobs=-1)
    auditor = LabelAuditor(prepared.classifier, cv=prepared.cv, train_on=None)
    return auditor.fit(prepared.X, labels.codes).cv_probabilities_


def judge_in_folds(X: np.ndarray, labels: Labels) -> np.ndarray:
    """Give the probabilities of what label-audit took before, in shuffled folds."""
    forest = ExtraTreesClassifier(200, min_samples_leaf=3, random_state=0, n_jobs=-1)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return (
        LabelAuditor(clone(forest), cv=folds, train_on=None).fit(X, labels.codes).cv_probabilities_
    )


def _read_clean() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for name, load in LOADERS.items():
        yield name, *load(return_X_y=True)
    for seed in range(3):
        yield (
            f"made, {3 + seed} classes",
            *make_classification(
                1500 + 500 * seed,
                20,
                n_informative=8 + 2 * seed,
                n_classes=3 + seed,
                class_sep=1.5,
                flip_y=0,
                random_state=seed,
            ),
        )
    kinds = np.random.default_rng(0).integers(0, 8, (2000, 5))
    yield "categories", kinds.astype(float), ((kinds[:, 0] % 3) + (kinds[:, 1] > 4)) % 3
