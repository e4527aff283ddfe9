"""Which neighbours are kept, and by what they are found."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.naive_bayes import GaussianNB

from label_auditor import audit_labels
from label_auditor.fitting.members import Member
from label_auditor.review.gathering import gather_evidence


@pytest.fixture(scope="module")
def audit():
    labels = ["a", "a", "a", "a", "b", "b"]
    return audit_labels(labels, np.tile([[0.6, 0.4]], (6, 1)), classes=["a", "b"])


# By cosine with row 0: rows 1, 2, 3 (all a), then 4 and 5 (b).
ANGLES = np.deg2rad([0, 5, 10, 15, 20, 60])
VECTORS = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])


def gather(audit, vectors, seen=VECTORS, **options):
    members = [Member(1.0, GaussianNB(), each, None) for each in [seen]]
    return gather_evidence(
        audit, members, [""] * 6, np.array([0]), taught=audit.codes, classes=audit.classes,
        vectors=vectors, **options,
    ).neighbors  # fmt: skip


def test_twins_with_another_label_are_kept_where_cosines_tell_twins(audit):
    assert gather(audit, VECTORS, k=2).rows.tolist() == [[1, 2]]
    by_sparse = gather(audit, sparse.csr_matrix(VECTORS), k=2)
    assert by_sparse.rows.tolist() == [[1, 4]]  # row 5 has another label, but is no twin
    assert by_sparse.cosines[0].tolist() == pytest.approx(np.cos(ANGLES[[1, 4]]).tolist())
    assert by_sparse.twin_cosine == 0.8
    assert gather(audit, VECTORS, k=2, twin_cosine=0.9).rows.tolist() == [[1, 4]]
    assert gather(audit, VECTORS, k=2, twin_cosine=0.95).rows.tolist() == [[1, 2]]


def test_members_are_joined_where_no_vectors_are_given(audit):
    def joined(*seen):
        members = [Member(0.5, GaussianNB(), each, None) for each in seen]
        known = {"taught": audit.codes, "classes": audit.classes}
        return gather_evidence(audit, members, [""] * 6, np.array([0]), k=5, **known).neighbors

    other = np.eye(6)[:, :3] + 0.1
    both = audit.neighbors(np.hstack([VECTORS, other]), [0])
    np.testing.assert_allclose(joined(VECTORS, other).cosines, both.cosines, rtol=1e-5)
    np.testing.assert_allclose(joined(VECTORS, VECTORS).cosines, joined(VECTORS).cosines)
    beside = joined(VECTORS, sparse.csr_matrix(other))
    np.testing.assert_allclose(beside.cosines, joined(sparse.csr_matrix(other)).cosines)
    two = joined(sparse.csr_matrix(VECTORS), sparse.csr_matrix(other))
    np.testing.assert_allclose(two.cosines, both.cosines, rtol=1e-5)
