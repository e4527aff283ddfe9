"""Near-identical rows, and the labels that they have: evidence for a reviewer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from label_auditor.data.findings import gather
from label_auditor.data.naming import check_length
from label_auditor.review.side_by_side import BLOCK_CELLS, count
from label_auditor.review.similar_rows import alike_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.fitting.ngrams import SingleWords

# The least cosine of near twins. For words: on BANKING77 and NoisyAG-News, nine in ten pairs above
# it truly belong to one class, and where their labels differ, most often one is wrong.
ALIKE_WORDS = 0.8
ALIKE_VECTORS = 0.9


def find_twins(audit: Findings, inputs: Any, *, vectors: Any = None) -> pd.DataFrame:
    """Find the near-identical rows of each row, and what labels they were given.

    Twins are rows with equal inputs, and rows whose inputs are nearly equal: their TF-IDF of words
    has a cosine of .8 or more, or the vectors that are passed have one of .9 or more. Empty texts
    have no twins. Twins are evidence for a reviewer: looking at rows by their twins, instead of in
    the order of the audit, finds fewer errors.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    inputs : sequence of str of length n_samples, or DataFrame
        The texts. Of the rows of a DataFrame, only equal ones are twins, unless vectors are passed.
    vectors : array or sparse matrix of shape (n_samples, n_features), default=None
        What to compare in place of words, for example embeddings.

    Returns
    -------
    pandas.DataFrame
        With the index of the audit: `n_twins`; `n_twins_other_label`, how many of them have
        another given label; and the most frequent one of these labels, `twin_label`, which
        `n_twin_label` of them have (None and 0 where all have the same label as the row). Twins
        without a given label are not counted.

    Raises
    ------
    ValueError
        If there is not one input, or one vector, for each row.
    TypeError
        If the audit has a set of labels per row, or if inputs other than texts come without
        vectors.

    Warns
    -----
    UserWarning
        If too many texts are nearly equal to compare them all; only equal ones are counted then.

    Examples
    --------
    >>> from label_auditor import audit_labels
    >>> texts = ["where is my card", "Where is my card?", "where is my card", "a refund please"]
    >>> pred_probs = np.array([[0.9, 0.1], [0.9, 0.1], [0.7, 0.3], [0.1, 0.9]])
    >>> audit = audit_labels(["card", "card", "refund", "refund"], pred_probs)
    >>> find_twins(audit, texts)
       n_twins  n_twins_other_label twin_label  n_twin_label
    0        2                    1     refund             1
    1        2                    1     refund             1
    2        2                    2       card             2
    3        0                    0       None             0
    """
    audit = gather(audit)
    if audit.multi_label:
        raise TypeError(
            f"audit is a {type(audit).__name__}, where a row has a set of labels; twins are "
            "compared by one label per row."
        )
    n = len(audit)
    is_table = hasattr(inputs, "itertuples")
    keys = list(inputs.itertuples(index=False, name=None)) if is_table else list(inputs)
    check_length("inputs", len(keys), n)
    if vectors is not None:
        check_length("vectors", vectors.shape[0], n)
    elif not is_table:
        _check_texts(keys)
    if vectors is not None:
        return _compare(audit, keys, lambda first: vectors[first], ALIKE_VECTORS)
    if is_table:
        return _compare(audit, keys, lambda first: sparse.csr_array((len(first), 1)), 1.0)
    from label_auditor.fitting.ngrams import SingleWords, split_texts

    return find_twins_by_words(audit, keys, SingleWords(split_texts(keys)))


def find_twins_by_words(audit: Findings, texts: Sequence[str], words: SingleWords) -> pd.DataFrame:
    """Find what `find_twins` finds, where the words of the texts have been counted before.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    texts : sequence of str of length n_samples
        The texts.
    words : SingleWords
        The words of the texts.

    Returns
    -------
    pandas.DataFrame
        The same.
    """
    return _compare(audit, texts, lambda first: _weigh(words.count(first)), ALIKE_WORDS)


def _weigh(words: Any) -> Any:
    """Weigh counts of words in float32 by TF-IDF, in place.

    This is what ``TfidfTransformer`` does, and it takes no memory of the size of the counts.
    """
    from sklearn.preprocessing import normalize

    if not words.nnz:  # scikit-learn wants a row and a column
        return sparse.csr_array((words.shape[0], 1))
    n_rows_with = count(words.indices, words.shape[1]).astype(words.dtype)
    rarity = np.log(words.dtype.type(words.shape[0] + 1) / (n_rows_with + 1)) + 1
    for start in range(0, words.nnz, BLOCK_CELLS):
        block = slice(start, start + BLOCK_CELLS)
        words.data[block] *= rarity[words.indices[block]]
    return normalize(words, copy=False)


def _compare(
    audit: Findings,
    keys: Sequence[Any],
    weigh: Callable[[NDArray[np.intp]], Any],
    least: float,
) -> pd.DataFrame:
    """Find the twins of rows by their keys, and by the vectors of the first rows of each key."""
    group_of, first = _group_equal(keys)
    pairs = alike_pairs(weigh(first), least)
    return _tabulate(audit, group_of, _count_labels(audit, group_of, pairs, len(first)))


def describe_twins(twins: pd.DataFrame) -> list[str | None]:
    """Say in a few words what labels the twins of each row have.

    Parameters
    ----------
    twins : pandas.DataFrame
        What :func:`find_twins` gives.

    Returns
    -------
    list of str or None
        A few words for each row; None where it has no twins.
    """
    columns = (twins[name].tolist() for name in twins.columns)
    return [_describe(*row) for row in zip(*columns, strict=True)]


def _describe(n: int, n_other: int, label: Any, n_label: int) -> str | None:
    """Say it of one row."""
    if n == 0:
        return None
    if n_other == 0:
        return "its near twin has the same label" if n == 1 else f"all {n:,} have the same label"
    if n_label < n_other:
        return f"{n_other:,} of {n:,} near twins have other labels, most often {label}"
    return f"{n_other:,} of {n:,} near twin{' is' if n == 1 else 's are'} labelled {label}"


def _check_texts(inputs: Sequence[Any]) -> None:
    """Refuse what has no words to compare; a missing text is no text like any other."""
    for row, value in enumerate(inputs):
        if not isinstance(value, str):
            raise TypeError(
                f"inputs has a {type(value).__name__} in row {row}, but words of texts are "
                "compared; pass strings, empty ones where a text is missing, or vectors=."
            )


def _group_equal(keys: Sequence[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give each row the number of its input, -1 for empty texts; and the first row of each."""
    # Texts that are packed may not all fit into memory as strings. No two have the same digest.
    digests = np.fromiter(map(_digest, keys), dtype="S16", count=len(keys))
    rows = np.flatnonzero(digests != b"")
    _, first, numbers = np.unique(digests[rows], return_index=True, return_inverse=True)
    group_of = np.full(len(keys), -1, dtype=np.intp)
    group_of[rows] = numbers.ravel()
    return group_of, rows[first]


def _digest(key: Any) -> bytes:
    """Give 128 bits of an input, and nothing of an empty text."""
    text = key.strip() if isinstance(key, str) else repr(key)
    encoded = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(encoded, digest_size=16).digest() if encoded else b""


def _count_labels(
    audit: Findings,
    group_of: NDArray[np.intp],
    pairs: Iterator[tuple[NDArray[Any], NDArray[Any]]],
    n_groups: int,
) -> sparse.csr_array:
    """Count the given labels of each group of equal rows and of all groups that are like it."""
    n_classes = len(audit.classes)
    rows = np.flatnonzero((group_of >= 0) & (audit.codes >= 0))
    own = sparse.csr_array(
        (np.ones(len(rows), dtype=np.intp), (group_of[rows], audit.codes[rows])),
        shape=(n_groups, n_classes),
    )
    found = own
    for first, second in pairs:
        alike = sparse.csr_array(
            (np.ones(len(first), dtype=np.intp), (first, second)), shape=(n_groups, n_groups)
        )
        found = found + alike @ own
    return found


def _tabulate(
    audit: Findings, group_of: NDArray[np.intp], labels: sparse.csr_array
) -> pd.DataFrame:
    """Take from the counts of each group those of the row itself."""
    import pandas as pd

    labels.sum_duplicates()  # this sorts them, too
    cells, n_classes = labels.tocoo(), len(audit.classes)
    order = np.lexsort((cells.col, -cells.data, cells.row))
    group, code, n_rows = cells.row[order], cells.col[order], cells.data[order]
    keys = cells.row * np.int64(n_classes) + cells.col
    del order
    n_twins, n_other, top, n_top = np.zeros((4, len(audit)), dtype=np.intp)
    total = np.bincount(cells.row, cells.data, minlength=labels.shape[0]).astype(np.intp)
    all_rows = np.flatnonzero((group_of >= 0) & (audit.codes >= 0))
    for start in range(0, len(all_rows), BLOCK_CELLS // 8):
        rows = all_rows[start : start + BLOCK_CELLS // 8]
        groups, given = group_of[rows], audit.codes[rows]
        n_twins[rows] = total[groups] - 1
        n_other[rows] = (
            total[groups] - cells.data[np.searchsorted(keys, groups * n_classes + given)]
        )
        # The first label of a group, or the second where the first is that of the row.
        place = np.searchsorted(group, groups)
        place += code[place] == given
        place = np.minimum(place, len(group) - 1)
        has_other = group[place] == groups
        top[rows], n_top[rows] = code[place], np.where(has_other, n_rows[place], 0)
    names = audit.shown_classes.astype(object)[top]
    names[n_other == 0] = None
    return pd.DataFrame(
        {
            "n_twins": n_twins,
            "n_twins_other_label": n_other,
            "twin_label": pd.Series(names, dtype=object, index=audit.index),
            "n_twin_label": np.where(n_other > 0, n_top, 0),
        },
        index=audit.index,
    )
