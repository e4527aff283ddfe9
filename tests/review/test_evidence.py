"""Evidence: neighbours by position, and what is refused."""

import numpy as np
import pytest
from scipy import sparse

from label_auditor import audit_labels
from label_auditor.review import Evidence, Neighbors, Words


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(0)
    return audit_labels(rng.integers(0, 3, 30), rng.dirichlet([1, 1, 1], 30), classes=range(3))


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(1).random((30, 4))


def test_neighbors_of_some_rows_are_among_all_rows(audit, vectors):
    every = audit.neighbors(vectors, k=3)
    assert every.of.tolist() == list(range(30))
    assert every.rows.shape == every.cosines.shape == (30, 3)
    some = audit.neighbors(vectors, [7, 2], k=3)
    np.testing.assert_array_equal(some.rows, every.rows[[7, 2]])
    np.testing.assert_array_equal(
        audit.neighbors(vectors, audit.issues, 3).of, np.flatnonzero(audit.issues)
    )
    assert audit.neighbors(vectors, []).rows.shape == (0, 5)
    scaled = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(
        every.cosines, np.einsum("ij,ikj->ik", scaled, scaled[every.rows]), rtol=1e-5
    )


@pytest.mark.parametrize("make", [np.ndarray.tolist, sparse.csc_matrix, sparse.coo_array])
def test_vectors_may_have_any_form(audit, vectors, make):
    found = audit.neighbors(make(vectors), k=2)
    np.testing.assert_array_equal(found.rows, audit.neighbors(vectors, k=2).rows)


def test_there_are_no_more_neighbors_than_other_rows():
    audit = audit_labels(["a", "b"], np.array([[0.9, 0.1], [0.2, 0.8]]))
    assert audit.neighbors(np.ones((2, 1))).rows.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vectors": np.ones((29, 2))}, "vectors has 29 values but 30 labels were audited"),
        ({"vectors": np.full((30, 2), np.nan)}, "vectors contains NaN"),
        ({"rows": [30, -1]}, "rows has rows 30, -1, but the audit has rows 0 to 29"),
        ({"rows": [True] * 29}, "rows has 29 values but 30 labels"),
        ({"rows": [0.5]}, "pass positions of rows, or a mask"),
        ({"rows": 3}, "pass positions of rows, or a mask"),
        ({"k": 0}, "k is 0; pass how many neighbours to find, at least 1"),
        ({"k": 2.5}, "k is 2.5; pass how many"),
    ],
)
def test_what_is_wrong_is_named(audit, vectors, options, message):
    with pytest.raises(ValueError, match=message):
        audit.neighbors(**{"vectors": vectors, **options})


def test_arrays_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\), \(3, 2\) and \(3, 2\); needed"):
        Neighbors(np.arange(2), np.zeros((3, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="one number of each for each word"):
        Words(np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(3))
    assert Evidence().neighbors is None
