"""Evidence as the review page holds it: packed columns, and the texts of rows outside of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.label_sets import as_tuples
from label_auditor.data.messages import list_rows
from label_auditor.report.label_columns import pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.export.records import Records
    from label_auditor.review.evidence import Evidence, Neighbors, Words

MOST_NEIGHBORS = 5
# What is shown of a neighbour that is not in the page.
MOST_CHARACTERS = 160
SHORT = 40  # characters of the cells of a table
# The largest numbers that a column of two bytes and one of one byte hold.
NOBODY = 2**16 - 1
LONGEST_GAP, LONGEST_WORD = 2**16 - 1, 2**8 - 1


def evidence_data(
    evidence: Evidence, records: Records, shown: NDArray[np.intp], texts: list[list[str]]
) -> dict[str, Any]:
    """Give the evidence about the rows of a page, as JSON.

    Parameters
    ----------
    evidence : Evidence
        Neighbours and words, of these rows or of more.
    records : Records
        The records of all rows.
    shown : ndarray of int, shape (n_rows,)
        The positions of the rows of the page, in its order.
    texts : list of list of str
        The texts in the page: for each field one for each row. Words are marked where there is one
        field.

    Returns
    -------
    dict
        `neighbors` and `words`, each None if there are none.
    """
    neighbors, words = evidence.neighbors, evidence.words
    return {
        "neighbors": None if neighbors is None else _neighbors(neighbors, records, shown),
        "words": (
            _words(words, len(records.audit), shown, texts[0])
            if words is not None and len(texts) == 1
            else None
        ),
    }


def _neighbors(found: Neighbors, records: Records, shown: NDArray[np.intp]) -> dict[str, Any]:
    """Give the neighbours of each row by their place: in the page, or after it among the others."""
    n = len(records.audit)
    _check_rows("neighbors.of", found.of, n)
    _check_rows("neighbors.rows", found.rows[found.rows >= 0], n)
    k = min(MOST_NEIGHBORS, found.rows.shape[1])
    rows, cosines = np.full((n, k), -1), np.zeros((n, k))
    rows[found.of], cosines[found.of] = found.rows[:, :k], np.nan_to_num(found.cosines[:, :k])
    rows, cosines = rows[shown], cosines[shown]
    outside = np.setdiff1d(rows[rows >= 0], shown)
    place = np.full(n + 1, -1)
    place[np.concatenate([shown, outside])] = np.arange(len(shown) + len(outside))
    return {
        "k": k,
        "bytes": 2 if len(shown) + len(outside) <= NOBODY else 4,
        "rows": _pack_places(place[rows], len(shown) + len(outside)),
        "cosines": pack(np.clip(np.round(100 * cosines), 0, 100), "u1"),
        "recall": found.recall,
        "twin": None if found.twin_cosine is None else 100 * found.twin_cosine,
        "outside": _outside(dataclasses.replace(records, positions=outside)),
    }


def _pack_places(places: NDArray[Any], n: int) -> str:
    """Pack places among n rows; -1, which is none, becomes the largest number."""
    return pack(places % 2**16, "<u2") if n <= NOBODY else pack(places % 2**32, "<u4")


def _outside(records: Records) -> dict[str, list[Any]]:
    """Give the texts and labels of rows that are not in the page."""
    audit, ids, texts = records.audit, [], []
    for record in records:
        ids.append(str(record.id))
        text = _describe(record.fields)
        texts.append(text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…")
    codes = audit.codes[records.positions]
    given: list[Any] = (
        [list(each) for each in as_tuples(codes)] if audit.multi_label else codes.tolist()
    )
    return {"ids": ids, "texts": texts, "given": given}


def _describe(fields: dict[str, str]) -> str:
    """Give texts as they are, and the cells of a table by name, as the page does."""
    if len(fields) == 1 or max(map(len, fields.values())) >= SHORT:
        return " · ".join(fields.values())
    return ", ".join(f"{name}={text}" for name, text in fields.items())


def _words(words: Words, n: int, shown: NDArray[np.intp], texts: list[str]) -> dict[str, str]:
    """Give the words of each row in reading order, each by its distance from the one before."""
    _check_rows("words.rows", words.rows, n)
    place = np.full(n, -1)
    place[shown] = np.arange(len(shown))
    at = place[words.rows]
    order = np.lexsort((words.starts, at))
    order = order[at[order] >= 0]
    at, weights = at[order], words.weights[order]
    starts, stops = words.starts[order], words.stops[order]
    _check_spans(shown, texts, at, starts, stops)
    starts, stops = _in_utf16(texts, at, starts, stops)
    gaps, sizes = _read_on(at, starts, stops), stops - starts
    most = np.zeros(len(shown))
    np.maximum.at(most, at, np.abs(weights))
    scaled = np.rint(127 * weights / np.maximum(most[at], 1e-300))
    fits = (gaps <= LONGEST_GAP) & (sizes <= LONGEST_WORD) & (gaps >= 0)
    scaled = np.where(fits, scaled, 0)  # the page passes over what weighs nothing
    return {
        "counts": pack(np.bincount(at, minlength=len(shown)), "<u2"),
        "gaps": pack(np.clip(gaps, 0, LONGEST_GAP), "<u2"),
        "sizes": pack(np.clip(sizes, 0, LONGEST_WORD), "u1"),
        "weights": pack(scaled, "i1"),
    }


def _read_on(at: Any, starts: Any, stops: Any) -> Any:
    """Give how far each word is from the end of the one before in its text."""
    before = np.concatenate([[0], stops[:-1]])
    is_first = np.concatenate([[True], at[1:] != at[:-1]])[: len(at)]
    return starts - np.where(is_first, 0, before[: len(at)])


def _in_utf16(texts: list[str], at: Any, starts: Any, stops: Any) -> tuple[Any, Any]:
    """Count as JavaScript does, for which characters beyond the first 65,536 are two."""
    starts, stops = starts.copy(), stops.copy()
    for row in np.unique(at).tolist():
        if texts[row].isascii() or max(texts[row], default="") <= "\uffff":
            continue
        wide = np.cumsum([0] + [character > "\uffff" for character in texts[row]])
        mine = at == row
        starts[mine] += wide[starts[mine]]
        stops[mine] += wide[stops[mine]]
    return starts, stops


def _check_rows(name: str, rows: NDArray[Any], n: int) -> None:
    """Refuse rows that the audit doesn't have."""
    wrong = rows[(rows < 0) | (rows >= n)]
    if len(wrong):
        raise ValueError(
            f"evidence: {name} has {list_rows(wrong)}, but the audit has rows 0 to {n - 1}."
        )


def _check_spans(shown: Any, texts: list[str], at: Any, starts: Any, stops: Any) -> None:
    """Refuse words that are no part of their text."""
    lengths = np.fromiter(map(len, texts), dtype=np.intp, count=len(texts))
    wrong = np.flatnonzero((starts < 0) | (stops <= starts) | (stops > lengths[at]))
    if len(wrong):
        i = wrong[0]
        raise ValueError(
            f"evidence: a word of row {shown[at[i]]} goes from {starts[i]} to {stops[i]}, but its "
            f"text has {lengths[at[i]]} characters; is this the evidence of these inputs?"
        )
