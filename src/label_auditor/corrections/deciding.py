"""What reviewers decided together, with regard to how good each reviewer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from label_auditor.confident_learning.consensus import METHODS, Votes
from label_auditor.data.decisions import OPEN, Correction, Decision

if TYPE_CHECKING:
    from collections.abc import Mapping


def decide_by_dawid_skene(votes: Mapping[str, tuple[Correction, ...]]) -> dict[str, Decision]:
    """Give the likeliest decision about each record.

    Parameters
    ----------
    votes : mapping of str to tuple of Correction
        The votes on each record, at most one by each reviewer.

    Returns
    -------
    dict of str to Decision
        A record is open if two decisions are equally likely.
    """
    if not votes:
        return {}
    # What one may decide: a label, a set of labels, or that there is none.
    kinds: dict[tuple[str, object], Correction] = {}
    people: dict[str | None, int] = {}
    for given in votes.values():
        for each in given:
            kinds.setdefault((each.status, each.label), each)
            people.setdefault(each.who, len(people))
    code_of = {kind: code for code, kind in enumerate(kinds)}
    table = np.array(
        [
            (row, people[each.who], code_of[each.status, each.label])
            for row, given in enumerate(votes.values())
            for each in given
        ]
    )
    rows, annotators, codes = table.T
    found = METHODS["dawid_skene"](
        Votes(
            rows,
            annotators,
            codes,
            n_rows=len(votes),
            n_annotators=len(people),
            n_classes=len(kinds),
        ),
        None,
    )
    examples = list(kinds.values())
    decided = {}
    for (name, given), code in zip(votes.items(), found.codes.tolist(), strict=True):
        label, status = (None, OPEN) if code < 0 else (examples[code].label, examples[code].status)
        decided[name] = Decision(label, status, given)
    return decided
