"""The words of texts that speak for the suggested label, and those that speak for the given one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from label_auditor.data.labels import find_positions
from label_auditor.fitting.parts import take_rows
from label_auditor.fitting.term_spans import TermReader, find_words, weigh_words
from label_auditor.fitting.term_weights import term_weights
from label_auditor.review.evidence import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.fitting.members import Member

# The words of a text that weigh most, as long as they weigh this share of the heaviest.
MOST_WORDS = 8
LEAST_SHARE = 0.1


class Weighed(NamedTuple):
    """The terms of some rows as one member of a vote weighs them."""

    share: float
    weights: Any
    reader: TermReader


def find_speaking_words(
    audit: Findings,
    members: Iterable[Member],
    texts: Sequence[str],
    rows: NDArray[np.intp],
    *,
    taught: NDArray[np.intp],
    classes: NDArray[Any],
) -> Words:
    """Find the words that speak for the suggested label of a row, or for the given one.

    A word weighs what its terms weigh, in a vote the mean of what the members say. Of each text
    the words that weigh most are given; none where the suggested label is the given one.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    members : iterable of Member
        The classifiers that judged. Of those that know no terms of texts, no words come.
    texts : sequence of str of length n_samples
        The texts.
    rows : ndarray of int
        The rows whose words are looked for.
    taught : ndarray of int, shape (n_samples,)
        The position in `audit.classes` of what each row has taught the model; -1 where nothing.
    classes : ndarray
        The classes that the model knows.

    Returns
    -------
    Words
        Spans and weights.
    """
    known = np.append(find_positions(audit.classes, classes), -1)
    suggested, given, own = (
        known[codes] for codes in (audit.predicted[rows], audit.codes[rows], taught[rows])
    )
    differ = (suggested >= 0) & (given >= 0) & (suggested != given) & audit.evaluated[rows]
    rows = rows[differ]
    asked = own[differ], suggested[differ], given[differ]
    weighed = [_weigh(each, rows, *asked) for each in members if each.vectorizer is not None]
    found = [each for each in weighed if each is not None]
    rows = rows if found else rows[:0]
    of_rows = take_rows(texts, rows) if found else ()
    nothing = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0)
    heaviest = [_heaviest(text, i, found) for i, text in enumerate(of_rows)]
    sizes = [len(weights) for _, _, weights in heaviest]
    starts, stops, weights = map(np.concatenate, zip(nothing, *heaviest, strict=True))
    return Words(np.repeat(rows, sizes), starts, stops, weights)


def _weigh(member: Member, rows: Any, own: Any, favoured: Any, rival: Any) -> Weighed | None:
    """Weigh the terms of rows by one member."""
    X = take_rows(member.X, rows)
    weights = term_weights(member.classifier, X, own, favoured, rival)
    if weights is None:
        return None
    return Weighed(member.share, weights, TermReader(member.vectorizer))


def _heaviest(text: str, place: int, weighed: list[Weighed]) -> tuple[Any, Any, Any]:
    """Give begin, end and weight of the words of a text that weigh most, in reading order."""
    words = find_words(text)
    total = np.zeros(len(words[0]))
    for share, weights, reader in weighed:
        own = slice(weights.indptr[place], weights.indptr[place + 1])
        terms = weights.indices[own], weights.data[own]
        total += share * weigh_words(words, reader.read(text), *terms)
    size = np.abs(total)
    heaviest = np.sort(np.argsort(-size, kind="stable")[:MOST_WORDS])
    heaviest = heaviest[size[heaviest] > LEAST_SHARE * size.max(initial=0)]
    return words[0][heaviest], words[1][heaviest], total[heaviest]
