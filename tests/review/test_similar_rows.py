"""All pairs above a cosine: against the product of all rows with all rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.preprocessing import normalize

from label_auditor.review import similar_rows
from label_auditor.review.similar_rows import alike_pairs


def found(vectors, threshold):
    pairs = [pair for block in alike_pairs(vectors, threshold) for pair in zip(*block, strict=True)]
    assert len(pairs) == len(set(pairs))
    return set(pairs)


def expected(vectors, threshold):
    X = normalize(vectors.toarray() if sparse.issparse(vectors) else vectors)
    pairs = np.argwhere(threshold - 1e-6 <= X @ X.T)
    return {(i, j) for i, j in pairs.tolist() if i != j}


def texts_like(n, n_terms, seed):
    """Make counts of terms, of which few are in most rows, and many rows alike."""
    rng = np.random.default_rng(seed)
    frequency = 1 / (1 + np.arange(n_terms))
    counts = rng.poisson(2 * frequency, (n, n_terms)).astype(float)
    copies = rng.integers(0, n, n // 2)
    counts[rng.integers(0, n, n // 2)] = counts[copies] + (rng.random((n // 2, n_terms)) < 0.02)
    return counts


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 1000),
    threshold=st.sampled_from([0.3, 0.5, 0.8, 0.9, 1.0]),
    n_terms=st.integers(1, 40),
)
def test_no_pair_is_lost_and_none_is_made_up(seed, threshold, n_terms):
    counts = texts_like(60, n_terms, seed)
    wanted = expected(counts, threshold)
    assert found(sparse.csr_array(counts), threshold) == wanted
    assert found(counts, threshold) == wanted


@pytest.mark.parametrize("cells", [1, 50, 1000])
@pytest.mark.parametrize("form", [sparse.csr_array, np.asarray])
def test_blocks_of_any_size_give_the_same(monkeypatch, cells, form):
    counts = texts_like(80, 30, 1)
    wanted = expected(counts, 0.8)
    assert len(wanted) > 20
    monkeypatch.setattr(similar_rows, "BLOCK_CELLS", cells)
    assert found(form(counts), 0.8) == wanted


def test_rows_of_zeros_are_like_none():
    zeros = np.zeros((3, 4))
    assert found(sparse.csr_array(zeros), 0.8) == found(zeros, 0.8) == set()
    assert found(zeros[:0], 0.8) == found(sparse.csr_array(zeros[:0]), 0.8) == set()


def test_too_many_alike_are_said(monkeypatch):
    monkeypatch.setattr(similar_rows, "MOST_PRODUCTS", 100)
    with pytest.warns(UserWarning, match="only rows that are equal are counted"):
        assert found(sparse.csr_array(texts_like(60, 10, 0)), 0.8) == set()


def test_negative_numbers_and_32_bits():
    """Embeddings have both; of sparse ones too, no pair is lost."""
    vectors = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    wanted = expected(vectors, 0.9)
    assert len(wanted) > 20
    assert found(vectors, 0.9) == wanted
    assert found(sparse.csr_array(vectors), 0.9) == wanted
