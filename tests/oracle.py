"""cleanlab, as the tests ask it; the core, asked in its way and others; rows to ask both about."""

import functools
import warnings
from unittest import mock

import numpy as np

from label_auditor.confident_learning.find_issues import find_label_issues, label_quality_scores
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import Rule
from label_auditor.review.ranks import rank


def stable_cleanlab():
    """cleanlab with ties by row position: NumPy's default sort leaves them to the processor."""
    return mock.patch.object(np, "argsort", functools.partial(np.argsort, kind="stable"))


def ask(function, *args, **options):
    """Call a function of cleanlab, its ties by row position, its warnings unheard."""
    with stable_cleanlab(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)


def find_issues(codes, pred_probs, n_jobs=None, **rule):
    """Flag rows by a rule that is given as keywords."""
    return find_label_issues(LabelledRows(codes, pred_probs, n_jobs), Rule(**rule))


def score_labels(codes, pred_probs, method="self_confidence", n_jobs=None, thresholds=None):
    """Score rows by a method."""
    return label_quality_scores(
        LabelledRows(codes, pred_probs, n_jobs), method, thresholds=thresholds
    )


def logistic_scores(values):
    """Replace values by the logistic quantiles of their ranks."""
    buckets, scores = rank(np.array(values, np.float32))
    return scores.take(buckets)


def make_rows(n, n_classes, *, seed=0, noise=0.15, sharpness=3.0, dtype=np.float64):
    """Softmax outputs of a fair model, and labels of which some are wrong."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    codes = np.where(rng.random(n) < noise, rng.integers(0, n_classes, n), true)
    logits = rng.normal(size=(n, n_classes))
    logits[np.arange(n), true] += sharpness * rng.gamma(3, 1 / 3, n)
    pred_probs = np.exp(logits)
    pred_probs /= pred_probs.sum(axis=1, keepdims=True)
    return codes, pred_probs.astype(dtype)


def make_noisy(n=400, n_classes=4, seed=0):
    """Probabilities of a fair model, and labels of which a tenth are wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n)
    logits = rng.normal(size=(n, n_classes)) + 3 * np.eye(n_classes)[truth]
    pred_probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    given = np.where(rng.random(n) < 0.1, (truth + 1) % n_classes, truth)
    given[:n_classes] = np.arange(n_classes)
    return given, pred_probs
