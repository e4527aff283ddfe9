"""Words and characters of texts, counted with NumPy instead of a loop over every run of them.

A run is a sequence of neighbouring symbols: two words that follow each other in a text, or three
characters that follow each other within a word. To count runs is to number them: a run of length n
is numbered by the number of the run of length n - 1 that it begins with and by its last symbol. The
numbers are exact, so that no two runs share a column, as they would if they were hashed.

Runs that occur in one text only say nothing about other texts, and are left out. No longer run is
looked for where a shorter one is left out: what contains it occurs in one text only as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.preprocessing import normalize

from label_auditor.fitting.numbering import chain_rows, number_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.integer]

N_CODE_POINTS = 0x110000
BLOCK_CELLS = 2**20
# A word is what it is for scikit-learn: two letters or digits, or more.
_find_words = re.compile(r"(?u)\b\w\w+\b").findall


class Chunks(NamedTuple):
    """Texts as the numbers of their chunks: what stands between white space.

    Attributes
    ----------
    matrix : csr_matrix of int, shape (n_texts, n_chunks)
        A 1 for each chunk, in reading order; a chunk that a text repeats has several.
    distinct : list of str
        What the columns stand for, in lower case.
    """

    matrix: csr_matrix
    distinct: list[str]


class Sequences(NamedTuple):
    """Sequences of symbols, and the texts that they occur in.

    Attributes
    ----------
    symbols : ndarray of int, shape (n_positions,)
        The symbols of all sequences, one sequence after another.
    n_symbols : int
        How many symbols there are; they are numbered from 0.
    lengths : ndarray of int, shape (n_sequences,)
        The number of symbols of each sequence.
    first, last : ndarray of int, shape (n_sequences,)
        The first and the last text that each sequence occurs in; `first` ascends.
    """

    symbols: Ints
    n_symbols: int
    lengths: Ints
    first: Ints
    last: Ints


def split_texts(texts: Sequence[str]) -> Chunks:
    """Cut texts at white space, and number the chunks. Upper and lower case are the same.

    Parameters
    ----------
    texts : sequence of str
        The texts.

    Returns
    -------
    Chunks
        What words and characters are counted in.

    Examples
    --------
    >>> split_texts(["Red car, red", "car"]).distinct
    ['red', 'car,', 'car']
    """
    return Chunks(*number_in_order(text.lower().split() for text in texts))


class Names(NamedTuple):
    """What the columns of a matrix of counts stand for, each by a place where it occurs.

    Attributes
    ----------
    starts, stops : ndarray of int, shape (n_runs,)
        Where a run begins and ends in what has been counted.
    spell : callable
        From begin and end to the run as scikit-learn's vectorisers spell it.
    """

    starts: Ints
    stops: Ints
    spell: Callable[[int, int], str]

    def columns(self) -> dict[str, int]:
        """Give the column of each run: what vectorisers call a vocabulary."""
        places = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        return {self.spell(*place): column for column, place in enumerate(places)}


def count_words(chunks: Chunks) -> csr_matrix:
    """Count words and pairs of neighbouring words, if they occur in at least two texts.

    Parameters
    ----------
    chunks : Chunks
        The texts.

    Returns
    -------
    csr_matrix of float, shape (n_texts, n_runs)
        What ``CountVectorizer(ngram_range=(1, 2), min_df=2)`` gives, with the columns in another
        order; a matrix without columns where that raises an error, as no word is in two texts.

    Examples
    --------
    >>> count_words(split_texts(["Red car, red car", "a red car", "blue"])).toarray()
    array([[2., 2., 2.],
           [1., 1., 1.],
           [0., 0., 0.]])
    """
    return name_words(chunks)[0]


def name_words(chunks: Chunks) -> tuple[csr_matrix, Names]:
    """Count as `count_words` does, and say what the columns stand for.

    Examples
    --------
    >>> counts, names = name_words(split_texts(["a red car", "red car"]))
    >>> names.columns()
    {'red': 0, 'car': 1, 'red car': 2}
    """
    words, distinct = _read_words(chunks)
    text = np.arange(words.shape[0])
    lengths = np.diff(words.indptr)
    sequences = Sequences(words.indices, words.shape[1], lengths, text, text)

    def spell(start: int, stop: int) -> str:
        return " ".join(distinct[word] for word in words.indices[start:stop].tolist())

    counts, starts, stops = _count_runs(sequences, 1, 2)
    return counts, Names(starts, stops, spell)


def count_single_words(chunks: Chunks) -> csr_matrix:
    """Count all words, also those that occur in one text only.

    Parameters
    ----------
    chunks : Chunks
        The texts.

    Returns
    -------
    csr_matrix of float32, shape (n_texts, n_words)
        What ``CountVectorizer(dtype=np.float32)`` gives, with the columns in another order.

    Examples
    --------
    >>> count_single_words(split_texts(["Red car, red car", "a red car"])).toarray()
    array([[2., 2.],
           [1., 1.]], dtype=float32)
    """
    words = _read_words(chunks)[0].astype(np.float32)
    words.sum_duplicates()
    return words


def count_characters(chunks: Chunks) -> csr_matrix:
    """Count runs of two to five characters within words, if they occur in at least two texts.

    Words are separated by white space, and a space is added before and after each. The runs of a
    word are the same wherever it stands, so they are looked for once in each different word, and
    then added up over the words of each text.

    Parameters
    ----------
    chunks : Chunks
        The texts.

    Returns
    -------
    csr_matrix of float, shape (n_texts, n_runs)
        What ``CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2)`` gives, with the
        columns in another order; a matrix without columns where that raises an error, as no run is
        in two texts.

    Examples
    --------
    >>> count_characters(split_texts(["ab", "AB ab", "cd"])).toarray()
    array([[1., 1., 1., 1., 1., 1.],
           [2., 2., 2., 2., 2., 2.],
           [0., 0., 0., 0., 0., 0.]])
    """
    return name_characters(chunks)[0]


def name_characters(chunks: Chunks) -> tuple[csr_matrix, Names]:
    """Count as `count_characters` does, and say what the columns stand for.

    Examples
    --------
    >>> counts, names = name_characters(split_texts(["at", "AT", "b"]))
    >>> names.columns()
    {' a': 0, 'at': 1, 't ': 2, ' at': 3, 'at ': 4, ' at ': 5}
    """
    words, distinct = chunks
    padded = "".join(f" {word} " for word in distinct)
    # Files may hold half of a surrogate pair, which is a character like any other.
    symbols = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, distinct), dtype=np.intp, count=len(distinct)) + 2
    text = np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
    first, last = np.empty((2, len(distinct)), dtype=np.intp)
    # Where an index is repeated, the last value stays.
    first[words.indices[::-1]] = text[::-1]
    last[words.indices] = text
    sequences = Sequences(symbols, N_CODE_POINTS, lengths, first, last)
    runs, starts, stops = _count_runs(sequences, 2, 5)
    counts = words @ runs
    counts.sort_indices()  # a matrix is read in order at several places; here it is sorted once
    return counts, Names(starts, stops, lambda start, stop: padded[start:stop])


def weigh(counts: csr_matrix) -> csr_matrix:
    """Weigh counts by TF-IDF, in place: nothing else of their size is made.

    Parameters
    ----------
    counts : csr_matrix of float, shape (n_texts, n_runs)
        The counts; they become the weights.

    Returns
    -------
    csr_matrix of float, shape (n_texts, n_runs)
        What ``TfidfTransformer(sublinear_tf=True)`` gives.

    Examples
    --------
    >>> weigh(count_words(split_texts(["red red car", "red car", "a car"]))).toarray().round(3)
    array([[0.801, 0.367, 0.473],
           [0.62 , 0.481, 0.62 ],
           [0.   , 1.   , 0.   ]])
    """
    n_texts, n_runs = counts.shape
    with_run = np.zeros(n_runs, dtype=np.intp)
    cells = range(0, counts.nnz, BLOCK_CELLS)
    for start in cells:
        with_run += np.bincount(counts.indices[start : start + BLOCK_CELLS], minlength=n_runs)
    rarity = np.log((n_texts + 1) / (with_run + 1)) + 1
    for start in cells:
        weights = counts.data[start : start + BLOCK_CELLS]
        np.log(weights, out=weights)
        weights += 1
        weights *= rarity[counts.indices[start : start + BLOCK_CELLS]]
    return normalize(counts, copy=False)


def _read_words(chunks: Chunks) -> tuple[csr_matrix, list[str]]:
    """Give the words of each text in reading order, and what they are.

    No word reaches over white space, so that words are looked for in each different chunk, once.
    """
    in_chunks, distinct = number_in_order(map(_find_words, chunks.distinct))
    return chain_rows(chunks.matrix, in_chunks), distinct


def _count_runs(sequences: Sequences, shortest: int, longest: int) -> tuple[csr_matrix, Ints, Ints]:
    """Count the runs of each sequence that occur in at least two texts.

    Parameters
    ----------
    sequences : Sequences
        Where to look.
    shortest, longest : int
        The lengths of the runs that are counted.

    Returns
    -------
    counts : csr_matrix of float, shape (n_sequences, n_runs)
        How often each sequence has each run.
    starts, stops : ndarray of int, shape (n_runs,)
        A place of each run among the symbols.
    """
    symbols, n_symbols, lengths = sequences.symbols, sequences.n_symbols, sequences.lengths
    sequence = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    ends = np.cumsum(lengths)
    starts: Ints = np.arange(len(symbols))
    numbers: Ints = np.zeros(len(symbols), dtype=np.int64)
    rows, columns, places, n_columns = [], [], [], 0
    for length in range(1, longest + 1):
        fits = starts + length <= ends[sequence[starts]]
        starts, numbers = starts[fits], numbers[fits]
        numbers = numbers * n_symbols + symbols[starts + length - 1]
        owners = sequence[starts]
        numbers, n_runs = _number_common(numbers, sequences.first[owners], sequences.last[owners])
        common = numbers >= 0
        starts, numbers = starts[common], numbers[common]
        if length >= shortest:
            rows.append(owners[common])
            columns.append((numbers + n_columns).astype(np.int32))
            n_columns += n_runs
            place = np.empty(n_runs, dtype=np.int64)
            place[numbers] = starts  # any of the places of a run
            places.append((place, place + length))
    row, column = np.concatenate(rows), np.concatenate(columns)
    shape = (len(lengths), n_columns)
    first, last = (np.concatenate(each) for each in zip(*places, strict=True))
    return csr_matrix((np.ones(len(row)), (row, column)), shape=shape), first, last


def _number_common(keys: Ints, first: Ints, last: Ints) -> tuple[Ints, int]:
    """Give the keys that occur in at least two texts numbers from 0, and the others -1."""
    place, distinct = pd.factorize(keys)
    first_of_key = np.empty(len(distinct), dtype=first.dtype)
    # Sequences are in the order of their first texts. Of all that is assigned, the last one stays.
    first_of_key[place[::-1]] = first[::-1]
    common = np.zeros(len(distinct), dtype=bool)
    common[place[last > first_of_key[place]]] = True
    number = np.where(common, np.cumsum(common) - 1, -1)
    return number[place], int(common.sum())
