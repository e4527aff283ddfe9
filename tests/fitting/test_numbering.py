"""Sequences of terms as rows of numbers, against a loop over them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from label_auditor.fitting.numbering import chain_rows, number_in_order

TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5), max_size=6)


def spell(matrix, distinct):
    """Give the terms of each row, in their order."""
    return [
        [distinct[number] for number in matrix.indices[start:end]]
        for start, end in zip(matrix.indptr, matrix.indptr[1:], strict=False)
    ]


@given(TEXTS)
def test_terms_are_numbered_as_they_appear_and_keep_their_order(texts):
    matrix, distinct = number_in_order(iter(texts))
    assert distinct == list(dict.fromkeys(term for text in texts for term in text))
    assert spell(matrix, distinct) == texts
    assert matrix.shape == (len(texts), len(distinct))
    short, _ = number_in_order(texts, dtype=np.int8)
    assert (matrix.dtype, short.dtype) == (np.int32, np.int8)
    assert spell(short, distinct) == texts


@given(TEXTS, st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=5))
def test_chunks_are_replaced_by_their_terms(chunks, sequences):
    sequences = [[place for place in each if place < len(chunks)] for each in sequences]
    in_chunks, terms = number_in_order(chunks)
    matrix, distinct = number_in_order(sequences)
    found = chain_rows(matrix, in_chunks[np.array(distinct, dtype=int)])
    expected = [[term for place in each for term in chunks[place]] for each in sequences]
    assert spell(found, terms) == expected
