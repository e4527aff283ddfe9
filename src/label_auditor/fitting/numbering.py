"""Sequences of words or other terms, as rows of numbers."""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.integer]
    # The texts in which something stands, one after another, and the number of what stands there.
    Numbered = tuple[Ints, Ints]


def number_in_order(
    sequences: Iterable[Sequence[Any]], dtype: Any = np.int32
) -> tuple[csr_matrix, list[Any]]:
    """Give each different term a number, in the order in which they appear.

    Parameters
    ----------
    sequences : iterable of sequences
        The terms of each text; anything that can be hashed.
    dtype : dtype, default=numpy.int32
        The type of the ones.

    Returns
    -------
    matrix : csr_matrix of shape (n_sequences, n_terms)
        A 1 for each term, in reading order; a term that a sequence repeats has several.
    distinct : list
        What the columns stand for.

    Examples
    --------
    >>> matrix, distinct = number_in_order([["red", "car", "red"], ["car"]])
    >>> distinct, matrix.indices, matrix.indptr
    (['red', 'car'], array([0, 1, 0, 1], dtype=int32), array([0, 3, 4], dtype=int32))
    """
    numbers: defaultdict[Any, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    ends = array("q", [0])

    def read() -> Iterator[Sequence[Any]]:
        for sequence in sequences:
            ends.append(ends[-1] + len(sequence))
            yield sequence

    in_order = map(numbers.__getitem__, chain.from_iterable(read()))
    indices = np.fromiter(in_order, dtype=np.int32)
    ones = np.ones(len(indices), dtype=dtype)
    shape = (len(ends) - 1, len(numbers))
    return csr_matrix((ones, indices, ends), shape=shape), list(numbers)


def chain_rows(chunks: csr_matrix, in_chunks: csr_matrix) -> csr_matrix:
    """Put the terms of each chunk in the place of the chunk, in sequences of chunks.

    Parameters
    ----------
    chunks : csr_matrix of int, shape (n_sequences, n_chunks)
        Sequences of chunks, as `number_in_order` gives them.
    in_chunks : csr_matrix of int, shape (n_chunks, n_terms)
        The terms of each chunk, given in the same way.

    Returns
    -------
    csr_matrix of int, shape (n_sequences, n_terms)
        The terms of each sequence, in reading order.
    """
    in_order = in_chunks[chunks.indices]
    ends = in_order.indptr[chunks.indptr]
    shape = (chunks.shape[0], in_chunks.shape[1])
    return csr_matrix((in_order.data, in_order.indices, ends), shape=shape)


def in_two_texts(blocks: Iterable[Numbered]) -> Ints:
    """Give the numbers that occur in at least two texts, ascending."""
    found = [_once_a_text(*numbered) for numbered in blocks]
    numbers = np.empty(sum(map(len, found)), dtype=np.result_type(*found))
    end = len(numbers)
    while found:  # each is let go once it is copied
        block = found.pop()
        numbers[end - len(block) : end] = block
        end -= len(block)
    numbers.sort()
    repeated = numbers[1:][numbers[1:] == numbers[:-1]]
    del numbers
    distinct: Ints = repeated[np.flatnonzero(np.diff(repeated, prepend=-1))]
    return distinct


def _once_a_text(texts: Ints, numbers: Ints) -> Ints:
    """Give the numbers, each once for each text that it stands in."""
    order = np.argsort(numbers, kind="stable")
    texts, numbers = texts[order], numbers[order]
    again = (numbers[1:] == numbers[:-1]) & (texts[1:] == texts[:-1])
    once: Ints = numbers[~np.append(False, again)[: len(numbers)]]
    return once


def look_up(numbered: Numbered, known: Ints) -> Numbered:
    """Give the place of each number among those that are known, and its text; leave out others."""
    texts, numbers = numbered
    if not len(known):
        return texts[:0], numbers[:0]
    order = np.argsort(numbers)  # what is looked up in order is looked up in nearby places
    texts, numbers = texts[order], numbers[order]
    place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    found = np.flatnonzero(known[place] == numbers)
    return texts[found], place[found]
