"""Crowds of annotators of known accuracy, to be judged."""

from typing import NamedTuple

import numpy as np

from label_auditor.confident_learning.consensus import Votes
from label_auditor.data.annotations import Annotations


class Crowd(NamedTuple):
    """Labels, what is true, and how often each annotator is right."""

    votes: Votes
    true: np.ndarray
    accuracy: np.ndarray

    @property
    def table(self):
        """The labels as objects, None where there is none."""
        table = np.full((self.votes.n_rows, self.votes.n_annotators), None, dtype=object)
        table[self.votes.rows, self.votes.annotators] = self.votes.codes
        return table


def make_crowd(n_rows=1000, n_annotators=50, n_classes=4, per_row=3, seed=0):
    """Annotators who are right in .5 to .95 of their labels, and else give any other class."""
    rng = np.random.default_rng(seed)
    accuracy = rng.uniform(0.5, 0.95, n_annotators)
    true = rng.integers(n_classes, size=n_rows)
    rows = np.repeat(np.arange(n_rows), per_row)
    chosen = np.argsort(rng.random((n_rows, n_annotators)), axis=1)[:, :per_row]
    annotators = np.sort(chosen, axis=1).ravel()
    right = rng.random(len(rows)) < accuracy[annotators]
    wrong = (true[rows] + rng.integers(1, n_classes, len(rows))) % n_classes
    codes = np.where(right, true[rows], wrong)
    return Crowd(make_votes(rows, annotators, codes), true, accuracy)


def make_votes(rows, annotators, codes, **sizes):
    """Votes of as many rows, annotators and classes as occur, unless it is said how many."""
    rows, annotators, codes = map(np.asarray, (rows, annotators, codes))
    found = {
        "n_rows": rows.max() + 1,
        "n_annotators": annotators.max() + 1,
        "n_classes": codes.max() + 1,
    }
    return Votes(rows, annotators, codes, **(found | sizes))


def of_table(table, **sizes):
    """Votes of a table in which -1 is no label."""
    table = np.asarray(table)
    rows, annotators = np.nonzero(table >= 0)
    sizes = {"n_rows": table.shape[0], "n_annotators": table.shape[1]} | sizes
    return make_votes(rows, annotators, table[rows, annotators], **sizes)


def make_probabilities(true, n_classes=4, sharpness=3.0, seed=0):
    """Probabilities of a model that is right in about nine of ten rows."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(true), n_classes)) + sharpness * np.eye(n_classes)[true]
    pred_probs = np.exp(logits)
    return pred_probs / pred_probs.sum(axis=1, keepdims=True)


def make_annotations(n_rows=2, names=("ann", "bob")):
    """Labels by two annotators of two rows, one of which only one of them has labelled."""
    return Annotations(
        rows=np.array([0, 0, 1]),
        annotators=np.array([0, 1, 1]),
        codes=np.array([0, 1, 1]),
        names=names,
        quality=np.array([0.9, 0.1, 0.8]),
        annotator_quality=np.array([0.9, 0.5]),
        consensus_quality=np.full(n_rows, 0.9),
        gain=np.zeros(n_rows),
        method="dawid_skene",
        by_model=False,
    )
