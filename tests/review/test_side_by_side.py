"""Parts of sparse vectors side by side, against one matrix."""

import numpy as np
import pytest
from scipy import sparse

from label_auditor.fitting.counted_texts import CountedTexts, hold
from label_auditor.fitting.ngrams import Characters, Words, split_texts
from label_auditor.review import nearest
from label_auditor.review.nearest import nearest_rows
from label_auditor.review.side_by_side import SideBySide


@pytest.fixture(scope="module")
def texts_like():
    """Give sparse rows as texts have them: few of many columns, some frequent, most rare."""
    rng = np.random.default_rng(0)
    X = sparse.random(600, 800, 0.02, "csr", random_state=0)
    X.data = rng.random(X.nnz)
    return X


class Read:
    """Rows that are made when they are asked for."""

    def __init__(self, X):
        self.X, self.shape = X, X.shape
        self.n_rows_with = np.diff(X.tocsc().indptr)

    def __getitem__(self, rows):
        return self.X[rows]


@pytest.mark.parametrize("most", [0, 1e12], ids=["some", "all"])
def test_parts_side_by_side_are_one_matrix(texts_like, most, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SPARSE", most)
    monkeypatch.setattr(nearest, "BLOCK_CELLS", 2**12)
    X, rows = texts_like, np.array([599, 0, 17])
    expected = nearest_rows(X, rows, 5)
    parts = SideBySide([Read(X[:, :300]), sparse.coo_array(X[:, 300:])])
    assert parts.shape == X.shape
    found = nearest_rows(parts, rows, 5)
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_allclose(found.cosines, expected.cosines, rtol=1e-6)
    assert found.recall == expected.recall


def test_some_columns_come_with_the_squares_of_all(texts_like):
    parts = SideBySide([Read(texts_like[:, :300]), texts_like[:, 300:] > 0.5])
    whole = parts[5:9].toarray()
    columns = np.array([0, 7, 299, 300, 301, 799])
    found, squares = parts.reader(columns)(slice(5, 9))
    np.testing.assert_array_equal(found.toarray(), whole[:, columns])
    np.testing.assert_allclose(squares, (whole**2).sum(axis=1))


@pytest.mark.parametrize("most", [0, 1e12], ids=["some", "all"])
def test_texts_that_are_counted_when_read_have_the_neighbours_of_those_held(most, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SPARSE", most)
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcde"), 4)) for _ in range(40)]
    chunks = split_texts([" ".join(rng.choice(words, 6)) for _ in range(200)])
    terms = [Words(chunks), Characters(chunks)]
    rows = np.array([3, 199, 50])
    expected = nearest_rows(SideBySide([hold(each) for each in terms]), rows, 4)
    found = nearest_rows(SideBySide([CountedTexts(each) for each in terms]), rows, 4)
    np.testing.assert_allclose(found.cosines, expected.cosines, rtol=1e-6)
    assert found.recall == expected.recall
