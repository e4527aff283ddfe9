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
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from label_auditor.fitting.numbering import chain_rows, in_two_texts, look_up, number_in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.integer]
    # The texts in which something stands, one after another, and the number of what stands there.
    Numbered = tuple[Ints, Ints]

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
    return Chunks(*number_in_order((text.lower().split() for text in texts), dtype=np.int8))


class SingleWords:
    """All words, also those that occur in one text only.

    Parameters
    ----------
    chunks : Chunks
        The texts.

    Attributes
    ----------
    distinct : list of str
        The different words.
    shape : tuple of int
        The number of texts, and of different words.
    n_words : int
        The number of words of all texts, about.

    Examples
    --------
    What ``CountVectorizer(dtype=np.float32)`` gives, with the columns in another order.

    >>> SingleWords(split_texts(["Red car, red car", "a red car"])).count(slice(None)).toarray()
    array([[2., 2.],
           [1., 1.]], dtype=float32)
    """

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks.matrix
        # No word reaches over white space, so that words are looked for in each different chunk.
        in_chunks = map(_find_words, chunks.distinct)
        self._in_chunks, self.distinct = number_in_order(in_chunks, dtype=np.int8)
        self.shape = self._chunks.shape[0], len(self.distinct)
        self.n_words = self._chunks.nnz  # most chunks are one word

    def read(self, rows: Any) -> csr_matrix:
        """Give the words of some texts in reading order."""
        return chain_rows(self._chunks[rows], self._in_chunks)

    def read_blocks(self) -> Iterator[csr_matrix]:
        """Give the words of all texts in the same way, some texts at a time."""
        return map(self.read, cut(self._chunks.shape[0], self._chunks.nnz))

    def count(self, rows: Any) -> csr_matrix:
        """Count in some texts."""
        chosen, n_words = self._chunks[rows], np.diff(self._in_chunks.indptr)
        blocks = list(cut(chosen.shape[0], chosen.nnz))
        # Blocks are written to where they stay: there may be no room for all of them twice.
        n_most = sum(int(n_words[chosen[block].indices].sum()) for block in blocks)
        data, columns = np.empty(n_most, np.float32), np.empty(n_most, np.int32)
        sizes, end = [np.zeros(1, np.int64)], 0
        for block in blocks:
            words = chain_rows(chosen[block], self._in_chunks).astype(np.float32)
            words.sum_duplicates()
            start, end = end, end + words.nnz
            data[start:end], columns[start:end] = words.data, words.indices
            sizes.append(np.diff(words.indptr))
        shape = chosen.shape[0], self.shape[1]
        ends = np.cumsum(np.concatenate(sizes))
        return csr_matrix((data[:end], columns[:end], ends), shape=shape)


class Words:
    """Words and pairs of neighbouring words that occur in at least two texts.

    Parameters
    ----------
    chunks : Chunks
        The texts.

    Attributes
    ----------
    shape : tuple of int
        The number of texts, and of words and pairs.

    Examples
    --------
    What ``CountVectorizer(ngram_range=(1, 2), min_df=2)`` gives, with the columns in another order.
    Where that raises an error, as no word is in two texts, there are no columns.

    >>> words = Words(split_texts(["Red car, red car", "a red car", "blue"]))
    >>> words.count(slice(None)).toarray()
    array([[2., 2., 2.],
           [1., 1., 1.],
           [0., 0., 0.]])
    >>> words.spell(np.arange(3))
    ['red', 'car', 'red car']
    """

    def __init__(self, chunks: Chunks) -> None:
        self._single = SingleWords(chunks)
        words = in_two_texts(map(_number_words, self._single.read_blocks()))
        pairs = in_two_texts(map(_number_pairs, self._single.read_blocks()))
        self._know(words, pairs)

    def _know(self, words: Ints, pairs: Ints) -> None:
        """Keep what is counted, by its numbers, which ascend."""
        self._words, self._pairs = words, pairs
        self.shape = self._single.shape[0], len(words) + len(pairs)

    def select(self, columns: Ints) -> Words:
        """Give what counts these columns alone; they ascend."""
        n_words, chosen = len(self._words), copy(self)
        words, pairs = np.split(columns, np.searchsorted(columns, [n_words]))
        chosen._know(self._words[words], self._pairs[pairs - n_words])
        return chosen

    def count(self, rows: Any) -> csr_matrix:
        """Count in some texts."""
        words = self._single.read(rows)
        of_words, column_of_words = look_up(_number_words(words), self._words)
        of_pairs, column_of_pairs = look_up(_number_pairs(words), self._pairs)
        row = np.concatenate([of_words, of_pairs])
        column = np.concatenate([column_of_words, len(self._words) + column_of_pairs])
        return csr_matrix((np.ones(len(row)), (row, column)), (words.shape[0], self.shape[1]))

    def spell(self, columns: Ints) -> list[str]:
        """Give what columns stand for, as vectorisers of scikit-learn spell it."""
        distinct, n_words = self._single.distinct, self._single.shape[1]
        numbers = np.concatenate([self._words, self._pairs])[columns].tolist()
        return [
            f"{distinct[number // n_words]} {distinct[number % n_words]}"
            if column >= len(self._words)
            else distinct[number]
            for column, number in zip(columns.tolist(), numbers, strict=True)
        ]


def _number_words(words: csr_matrix) -> Numbered:
    """Give the text and the number of each word."""
    texts = np.repeat(np.arange(words.shape[0], dtype=np.int32), np.diff(words.indptr))
    return texts, words.indices


def _number_pairs(words: csr_matrix) -> Numbered:
    """Give the text of each pair of neighbouring words, and a number for the pair."""
    texts, numbers = _number_words(words)
    first = np.flatnonzero(texts[1:] == texts[:-1])
    return texts[first], numbers[first].astype(np.int64) * words.shape[1] + numbers[first + 1]


class Characters:
    """Runs of two to five characters within words that occur in at least two texts.

    Words are separated by white space, and a space is added before and after each. The runs of a
    word are the same wherever it stands, so they are looked for once in each different word, and
    then added up over the words of each text.

    Parameters
    ----------
    chunks : Chunks
        The texts.

    Attributes
    ----------
    shape : tuple of int
        The number of texts, and of runs.

    Examples
    --------
    What ``CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2)`` gives, with the
    columns in another order. Where that raises an error, as no run is in two texts, there are no
    columns.

    >>> characters = Characters(split_texts(["ab", "AB ab", "cd"]))
    >>> characters.count(slice(None)).toarray()
    array([[1., 1., 1., 1., 1., 1.],
           [2., 2., 2., 2., 2., 2.],
           [0., 0., 0., 0., 0., 0.]])
    >>> characters.spell(np.arange(6))
    [' a', 'ab', 'b ', ' ab', 'ab ', ' ab ']
    """

    def __init__(self, chunks: Chunks) -> None:
        self._words, distinct = chunks
        self._padded = "".join(f" {word} " for word in distinct)
        # Files may hold half of a surrogate pair, which is a character like any other.
        encoded = self._padded.encode("utf-32-le", "surrogatepass")
        symbols = np.frombuffer(encoded, dtype=np.uint32)
        lengths = np.fromiter(map(len, distinct), dtype=np.intp, count=len(distinct)) + 2
        first, last = np.empty((2, len(distinct)), dtype=np.intp)
        blocks = list(cut(self._words.shape[0], self._words.nnz))
        # Where an index is repeated, the last value stays.
        for rows in blocks[::-1]:
            texts, words = self._read(rows)
            first[words[::-1]] = texts[::-1]
        for rows in blocks:
            texts, words = self._read(rows)
            last[words] = texts
        sequences = Sequences(symbols, N_CODE_POINTS, lengths, first, last)
        self._runs, self._starts, self._stops = _count_runs(sequences, 2, 5)
        self.shape = self._words.shape[0], self._runs.shape[1]

    def _read(self, rows: slice) -> tuple[Ints, Ints]:
        """Give the number of the text of each word, and the words."""
        ends = self._words.indptr[rows.start : rows.stop + 1]
        texts = np.repeat(np.arange(rows.start, rows.stop), np.diff(ends))
        return texts, self._words.indices[ends[0] : ends[-1]]

    def select(self, columns: Ints) -> Characters:
        """Give what counts these columns alone."""
        chosen = copy(self)
        chosen._runs = self._runs[:, columns]
        chosen._starts, chosen._stops = self._starts[columns], self._stops[columns]
        chosen.shape = self.shape[0], len(columns)
        return chosen

    def count(self, rows: Any) -> csr_matrix:
        """Count in some texts."""
        return self._words[rows] @ self._runs

    def spell(self, columns: Ints) -> list[str]:
        """Give what columns stand for, as vectorisers of scikit-learn spell it."""
        places = zip(self._starts[columns].tolist(), self._stops[columns].tolist(), strict=True)
        return [self._padded[start:stop] for start, stop in places]


def cut(n_rows: int, n_cells: int) -> Iterator[slice]:
    """Cut rows into blocks of about `BLOCK_CELLS` of their cells."""
    size = max(1, BLOCK_CELLS * n_rows // max(1, n_cells))
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


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
