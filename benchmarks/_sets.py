"""Data sets with known label errors, and out-of-sample probabilities of several models of each.

The data are read from the folder that LABEL_AUDITOR_DATA names; sets that aren't there are left
out. The probabilities of the text sets are computed once, and kept in the system's folder for
temporary files.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from label_auditor import LabelAuditor

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(
    os.environ.get("LABEL_AUDITOR_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
CACHE = Path(tempfile.gettempdir()) / "label-auditor-benchmarks"

# Sets that choices are made on. The last one is reported, once everything is chosen.
DEVELOPMENT = (
    "roman_numeral",
    "NoisyAG-News",
    "BANKING77, uniform",
    "BANKING77, similar",
    "CIFAR-10, 20 % noise",
    "CIFAR-10, 40 % noise",
)
REPORTED = ("cifar10n_agg",)

TEXT_MODELS: dict[str, Any] = {
    "counts, MultinomialNB": make_pipeline(CountVectorizer(), MultinomialNB()),
    "TF-IDF, ComplementNB": make_pipeline(TfidfVectorizer(), ComplementNB()),
    "TF-IDF, LogisticRegression": make_pipeline(
        TfidfVectorizer(sublinear_tf=True), LogisticRegression(max_iter=1000)
    ),
    "TF-IDF, SGD log loss": make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)),
        SGDClassifier(loss="log_loss", alpha=1e-5, random_state=0),
    ),
    "TF-IDF, SVD, 50 neighbours": make_pipeline(
        TfidfVectorizer(sublinear_tf=True, stop_words="english"),
        TruncatedSVD(100, random_state=0),
        Normalizer(),
        KNeighborsClassifier(50, weights="distance"),
    ),
}


@dataclass(frozen=True)
class Labels:
    """Given labels as columns of the probabilities, and which of them are wrong."""

    codes: np.ndarray
    wrong: np.ndarray
    true: np.ndarray | None = None  # not known of all sets


def read_labels(name: str) -> Labels | None:
    """Read the labels of a set, or give None if it isn't there."""
    try:
        return _READERS[name](name)
    except FileNotFoundError:
        return None


def read_models(name: str, *, repeats: int = 1) -> Iterator[tuple[str, np.ndarray]]:
    """Give the name of each model of a set, and its out-of-sample probabilities."""
    if name in _TEXTS:
        for model in TEXT_MODELS:
            yield model, _cross_validate(name, model, repeats)
    elif name in _BENCH:
        for path in sorted((DATA / "score_bench").glob(f"{name}__*.npz")):
            model = path.stem.split("__")[1]
            if model != "labels":
                yield model, np.load(path)["pred_probs"]
    else:
        with np.load(DATA / "cl_cifar10_synthetic" / _SYNTHETIC[name]) as file:
            yield "ResNet-50", file["pred_probs"].astype(np.float32)


_BENCH = ("roman_numeral", "cifar10n_agg")
_SYNTHETIC = {
    "CIFAR-10, 20 % noise": "sparsity0.0_noise0.2.npz",
    "CIFAR-10, 40 % noise": "sparsity0.6_noise0.4.npz",
}


def _read_bench(name: str) -> Labels:
    with np.load(DATA / "score_bench" / f"{name}__labels.npz") as file:
        return Labels(file["labels"].astype(np.intp), file["is_label_error"])


def _read_synthetic(name: str) -> Labels:
    with np.load(DATA / "cl_cifar10_synthetic" / _SYNTHETIC[name]) as file:
        codes, true = file["labels"].astype(np.intp), file["true_labels"].astype(np.intp)
        return Labels(codes, codes != true)


def _read_noisy_news(name: str) -> Labels:
    table = _read_table(name)
    codes, true = (table[column].to_numpy(np.intp) for column in ("human_label", "agnews_label"))
    return Labels(codes, codes != true, true)


def _read_annotator(name: str) -> Labels:
    """Give the labels of the first of three annotators, where the true label is known."""
    table = _read_table(name)
    codes, true = (table[column].to_numpy(np.intp) for column in ("annotator_1", "agnews_label"))
    return Labels(codes, codes != true, true)


def _read_banking(name: str) -> Labels:
    """Give a tenth of the rows another label: any, or one of the five most similar classes."""
    table = _read_table(name)
    true = np.unique(table["category"], return_inverse=True)[1]
    n_classes = true.max() + 1
    rng = np.random.default_rng(0)
    rows = rng.choice(len(true), len(true) // 10, replace=False)
    codes = true.copy()
    if "uniform" in name:
        codes[rows] = (true[rows] + rng.integers(1, n_classes, len(rows))) % n_classes
    else:
        words = TfidfVectorizer().fit_transform(table["text"])
        centres = np.array([np.asarray(words[true == k].mean(axis=0))[0] for k in range(n_classes)])
        alike = Normalizer().fit_transform(centres)
        nearest = np.argsort(-(alike @ alike.T), axis=1, kind="stable")[:, 1:6]
        codes[rows] = nearest[true[rows], rng.integers(0, 5, len(rows))]
    return Labels(codes, codes != true, true)


def read_texts(name: str) -> list[str]:
    """Read the texts of a set."""
    return _read_table(name)["text"].tolist()


def _read_table(name: str) -> pd.DataFrame:
    """Read the rows of a set of texts; small sets are drawn from the large ones with seed 0."""
    table = pd.read_csv(DATA / _TEXTS[name])
    rng = np.random.default_rng(0)
    if "annotator_1" in table:
        table["text"] = table["title"] + " . " + table["description"]
        table = table[table["agnews_label"] >= 0]
    if name.endswith("20 classes"):
        categories = rng.choice(np.unique(table["category"]), 20, replace=False)
        table = table[table["category"].isin(categories)]
        table = table.iloc[rng.choice(len(table), 1500, replace=False)]
    if name.endswith("1,000 rows"):
        table = table.iloc[rng.choice(len(table), 1000, replace=False)]
    return table


_NEWS, _BANKING = "noisy_agnews/val10000_med.csv.gz", "banking77/banking77.csv.gz"
_TEXTS = {
    "NoisyAG-News": _NEWS,
    "NoisyAG-News, 1,000 rows": _NEWS,
    "NoisyAG-News, one annotator": "noisy_agnews/annotators4000.csv.gz",
    "BANKING77, uniform": _BANKING,
    "BANKING77, similar": _BANKING,
    "BANKING77, similar, 1,500 rows of 20 classes": _BANKING,
}
_READERS = {
    **dict.fromkeys(_BENCH, _read_bench),
    **dict.fromkeys(_SYNTHETIC, _read_synthetic),
    **{
        name: _read_banking if file == _BANKING else _read_noisy_news
        for name, file in _TEXTS.items()
    },
    "NoisyAG-News, one annotator": _read_annotator,
}


def _cross_validate(name: str, model: str, repeats: int) -> np.ndarray:
    path = CACHE / f"{name}__{model}__{repeats}.npy"
    if not path.exists():
        texts, codes = read_texts(name), _READERS[name](name).codes
        cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=0)
        auditor = LabelAuditor(
            TEXT_MODELS[model], cv=cv, train_on=None, share_preprocessing=True
        ).fit(texts, codes)
        CACHE.mkdir(exist_ok=True)
        np.save(path, auditor.cv_probabilities_)
    return np.load(path)
