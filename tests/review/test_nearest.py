"""The nearest rows: against a comparison of all pairs, and in bounded memory."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from label_auditor.review import nearest
from label_auditor.review.nearest import nearest_rows


def compare_all_pairs(X, rows, k):
    """Give the cosines of the k nearest rows, as one table of all pairs has them."""
    X = X.toarray() if sparse.issparse(X) else X
    norms = np.linalg.norm(X, axis=1)
    scaled = X / np.where(norms > 0, norms, 1)[:, None]
    cosines = scaled[rows] @ scaled.T
    cosines[np.arange(len(rows)), rows] = -1
    best = -np.sort(-cosines, axis=1)[:, :k]
    return np.where(best > 0, best, np.nan), cosines


@pytest.fixture(scope="module")
def texts_like():
    """Give sparse rows as texts have them: few of many columns, some frequent, most rare."""
    rng = np.random.default_rng(0)
    topics = rng.zipf(1.4, (60, 30)) % 800
    rows = []
    for _ in range(600):
        words = np.r_[rng.choice(topics[rng.integers(60)], 12), rng.zipf(1.3, 4) % 800]
        rows.append(np.bincount(words, minlength=800) * rng.random(800))
    return sparse.csr_matrix(np.array(rows))


@pytest.fixture(scope="module")
def embeddings_like():
    rng = np.random.default_rng(1)
    return rng.normal(size=(60, 16))[rng.integers(60, size=900)] + rng.normal(size=(900, 16)) / 2


@pytest.mark.parametrize("kind", ["sparse", "dense", "float32", "unsorted"])
def test_few_rows_are_compared_with_all(texts_like, embeddings_like, kind):
    X = embeddings_like if kind in ("dense", "float32") else texts_like
    X = X.astype(np.float32) if kind == "float32" else X
    if kind == "unsorted":  # each entry in two halves, and in another order
        double = sparse.csr_matrix(
            (
                np.repeat(X.data[::-1] / 2, 2),
                np.repeat(X.indices[::-1], 2),
                2 * np.r_[0, np.cumsum(np.diff(X.indptr)[::-1])],
            ),
            X.shape,
        )
        X = double
    rows = np.array([5, 0, 599, 7])
    found = nearest_rows(X, rows, 6)
    best, cosines = compare_all_pairs(X, rows, 6)
    assert found.recall == 1
    np.testing.assert_allclose(found.cosines, best, rtol=1e-5)
    at = np.take_along_axis(cosines, np.maximum(found.rows, 0), axis=1)
    np.testing.assert_allclose(np.where(found.rows < 0, np.nan, at), best, rtol=1e-5)


@pytest.mark.parametrize("kind", ["sparse", "dense"])
def test_recall_is_what_it_is_called(texts_like, embeddings_like, kind, monkeypatch):
    X = texts_like if kind == "sparse" else embeddings_like
    for name, value in {
        "MOST_SPARSE": 0,
        "MOST_DENSE": 0,
        "N_CHECKED": len(embeddings_like),
    }.items():
        monkeypatch.setattr(nearest, name, value)
    monkeypatch.setattr(nearest, "MOST_MET", 40)
    monkeypatch.setattr(nearest, "N_COMPARED", 12)
    monkeypatch.setattr(nearest, "N_CELLS", 3)
    monkeypatch.setattr(nearest, "BLOCK_CELLS", 2**12)
    rows = np.random.default_rng(0).permutation(X.shape[0])
    found = nearest_rows(X, rows, 4)
    best, cosines = compare_all_pairs(X, rows, 4)
    n_found = np.count_nonzero(found.cosines >= np.nanmin(best, axis=1, keepdims=True) * (1 - 1e-5))
    assert found.recall == pytest.approx(n_found / np.isfinite(best).sum())
    assert 0.5 < found.recall < 1
    near = found.rows >= 0
    at = np.take_along_axis(cosines, np.maximum(found.rows, 0), axis=1)
    np.testing.assert_allclose(found.cosines[near], at[near], rtol=1e-5)
    assert (found.rows != rows[:, None]).all()
    assert (np.diff(np.nan_to_num(found.cosines)) <= 0).all()


def test_rows_of_zeros_and_rows_with_nothing_in_common_are_no_neighbours():
    X = np.array([[1, 0, 0], [0, 0, 0], [2, 0, 0], [0, 1, 0], [-1, 0, 0]], dtype=float)
    for vectors in (X, sparse.csr_matrix(X)):
        found = nearest_rows(vectors, np.arange(5), 3)
        assert found.rows.tolist() == [[2, -1, -1], [-1] * 3, [0, -1, -1], [-1] * 3, [-1] * 3]
        assert np.isnan(found.cosines[found.rows < 0]).all()


@pytest.mark.parametrize("kind", ["sparse", "dense"])
@pytest.mark.parametrize("most", [0, 1e12])
def test_memory_is_bounded(kind, most, monkeypatch):
    n = 1500
    X = sparse.random(n, 500, 0.01, "csr", random_state=0)
    X = X if kind == "sparse" else np.random.default_rng(0).random((n, 8))
    for name, value in {"MOST_SPARSE": most, "MOST_DENSE": most, "BLOCK_CELLS": 2**14}.items():
        monkeypatch.setattr(nearest, name, value)
    monkeypatch.setattr(nearest, "MOST_MET", 100)
    nearest_rows(X, np.arange(2), 5)  # imports take memory, too
    tracemalloc.start()
    nearest_rows(X, np.arange(n), 5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * n**2  # the cosines of all pairs would take four bytes each


def test_counts_and_flags_have_the_cosines_of_numbers():
    X = sparse.csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1]]))
    expected = nearest_rows(X.astype(float), np.arange(3), 2)
    for dtype in (bool, np.int8):
        found = nearest_rows(X.astype(dtype), np.arange(3), 2)
        np.testing.assert_allclose(found.cosines, expected.cosines)
