"""Which rows to review to know the number of errors: strata, their shares, seeded draws.

The flagged rows are a stratum, and the others are cut by label quality score into some more. Each
gets a share of the sample. Half of the sample is divided in proportion to the rows, so that no
stratum is left out, and half by Neyman's allocation [1]_: rows times the standard deviation of
"this label is wrong", as estimated from the model's probabilities. If the model is wrong about
this, the interval becomes wider, but its coverage stays the same.

Rows of a stratum are in a random order, and strata take turns by the divisor method of Sainte-Laguë
[2]_, which never takes back a row as the sample grows. So all rows have one order, and its first n
rows are a stratified random sample for every n: a larger sample keeps the rows of a smaller one.

References
----------
.. [1] J. Neyman (1934). On the two different aspects of the representative method. Journal of the
   Royal Statistical Society 97.
.. [2] M. L. Balinski, H. P. Young (1982). Fair Representation. Yale University Press.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from label_auditor.confident_learning.find_issues import label_quality_scores
from label_auditor.confident_learning.one_vs_rest import label_set_scores
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.data.findings import rows_in_order
from label_auditor.review.decided import number_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings

N_UNFLAGGED = 5
# The smallest part by score has so many rows at least.
MIN_ROWS = 20
# Rows of each stratum that come before all others.
FIRST = 2
PROPORTIONAL = 0.5
# No label is believed to be certainly right or certainly wrong.
DOUBT = 0.02
NOT_EVALUATED, DECIDED = "not evaluated", "decided before"


@dataclasses.dataclass(frozen=True)
class Stratum:
    """A part of the rows that is sampled by itself.

    Attributes
    ----------
    name : str
        What its rows have in common.
    n_rows : int
        How many there are.
    share : float in [0, 1]
        Its share of the sample; 0 for rows that were decided before, which are known.
    """

    name: str
    n_rows: int
    share: float


def stratify(
    audit: Findings, decided: NDArray[np.intp]
) -> tuple[NDArray[np.int8], tuple[Stratum, ...]]:
    """Divide the rows of an audit into strata.

    Parameters
    ----------
    audit : LabelAudit
        The audit. Rows without a label are in no stratum.
    decided : ndarray of int
        Rows that were decided before; they form a stratum that isn't sampled.

    Returns
    -------
    stratum_of : ndarray of int8, shape (n_samples,)
        The stratum of each row; -1 for none.
    strata : tuple of Stratum
        In order: flagged rows, others from the lowest score up, rows that were not evaluated, rows
        that were decided before. The shares sum to 1, unless no row is left.
    """
    codes = number_labels(audit)
    is_open = codes >= 0
    is_open[decided] = False
    order = rows_in_order(audit)
    parts = [
        ("flagged", np.flatnonzero(is_open & audit.issues)),
        *_cut(order[(is_open & audit.evaluated & ~audit.issues)[order]]),
        (NOT_EVALUATED, np.flatnonzero(is_open & ~audit.evaluated)),
    ]
    parts = [(name, rows) for name, rows in parts if len(rows)]
    known = decided[codes[decided] >= 0]
    deviation = _expected_deviation(audit)
    neyman = np.array([deviation[rows].sum() for _, rows in parts])
    sizes = np.array([len(rows) for _, rows in parts])
    shares = PROPORTIONAL * sizes / max(sizes.sum(), 1)
    shares = shares + (1 - PROPORTIONAL) * neyman / max(neyman.sum(), DOUBT)
    strata = [
        Stratum(name, len(rows), float(share))
        for (name, rows), share in zip(parts, shares, strict=True)
    ]
    if len(known):
        parts.append((DECIDED, known))
        strata.append(Stratum(DECIDED, len(known), 0.0))
    stratum_of = np.full(len(audit), -1, np.int8)
    for number, (_, rows) in enumerate(parts):
        stratum_of[rows] = number
    return stratum_of, tuple(strata)


def sampling_order(
    stratum_of: NDArray[np.int8], strata: tuple[Stratum, ...], seed: int, n: int | None = None
) -> NDArray[np.intp]:
    """Give the order in which rows are sampled, or its beginning.

    Parameters
    ----------
    stratum_of : ndarray of int8, shape (n_samples,)
        The stratum of each row; -1 for none.
    strata : tuple of Stratum
        The strata.
    seed : int
        The seed of the random order within strata.
    n : int, default=None
        How many rows are wanted: only these are sorted. None: all.

    Returns
    -------
    ndarray of int, shape (n_sampled,)
        Row positions, n or as many as can be sampled. They contain a random sample of n_h rows of
        each stratum h, where the n_h depend only on n and the strata.
    """
    # The legacy generator's streams are the same in every version of NumPy.
    lot = np.random.RandomState(seed).random_sample(len(stratum_of))
    turns = take_turns(strata, n)
    order = np.empty(len(turns), np.intp)
    for number, n_turns in enumerate(np.bincount(turns, minlength=len(strata)).tolist()):
        if n_turns:
            members = np.flatnonzero(stratum_of == number)
            order[turns == number] = members[_first(lot[members], n_turns)]
    return order


def take_turns(strata: tuple[Stratum, ...], n: int | None = None) -> NDArray[np.int8]:
    """Give the stratum of each row in the sampling order, or at its beginning.

    Parameters
    ----------
    strata : tuple of Stratum
        The strata.
    n : int, default=None
        How many rows are wanted. None: all.

    Returns
    -------
    ndarray of int8, shape (n_sampled,)
        Each stratum first has `FIRST` turns; then the turn goes to the stratum that is farthest
        behind its share.
    """
    priority = []
    for stratum in strata:
        n_rows = stratum.n_rows if n is None else min(stratum.n_rows, n)
        turn = np.arange(n_rows if stratum.share > 0 else 0)
        priority.append(stratum.share / (2 * turn + 1))
        # A share is 1 at most.
        priority[-1][:FIRST] = 1 + FIRST - turn[:FIRST]
    numbers = np.repeat(np.arange(len(strata), dtype=np.int8), [len(each) for each in priority])
    order = np.argsort(-np.concatenate([*priority, np.zeros(0)]), kind="stable")
    return numbers[order[:n]]


def _first(lot: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    """Give the positions of the n lowest numbers in ascending order, equal ones as they stand."""
    low = np.flatnonzero(lot <= np.partition(lot, n - 1)[n - 1])
    return low[np.argsort(lot[low], kind="stable")[:n]]


def _cut(rows: NDArray[np.intp]) -> list[tuple[str, NDArray[np.intp]]]:
    """Cut rows, the lowest score first, finely there: errors thin out quickly from there.

    The bounds are squares: (1/n)², (2/n)², … of the rows.
    """
    n_parts = max(min(N_UNFLAGGED, math.isqrt(len(rows) // MIN_ROWS)), 1)
    ends = len(rows) * np.arange(1, n_parts) ** 2 / n_parts**2
    parts = np.split(rows, np.round(ends).astype(int))
    if n_parts == 1:
        return [("not flagged", parts[0])]
    numbered = enumerate(parts, 1)
    return [(f"not flagged, part {k} of {n_parts} by score", part) for k, part in numbered]


def _expected_deviation(audit: Findings) -> NDArray[np.float64]:
    """Give the standard deviation of "this label is wrong" according to the model.

    A model that learned from wrong labels doubts right ones too. So a label counts as wrong with
    the probability that three classes, drawn from the model's probabilities, all differ from it.
    """
    if audit.multi_label:
        rows = LabelledRows(np.zeros(len(audit), np.intp), audit.pred_probs)
        own = label_set_scores(audit.codes, rows)
    else:
        own = label_quality_scores(
            LabelledRows(np.where(audit.evaluated, audit.codes, -1), audit.pred_probs)
        )
    wrong = np.where(np.isnan(own), 0.5, (1 - np.clip(own, 0, 1)) ** 3)
    wrong = np.clip(wrong, DOUBT, 1 - DOUBT)
    deviation: NDArray[np.float64] = np.sqrt(wrong * (1 - wrong))
    return deviation
