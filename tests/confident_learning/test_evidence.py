import numpy as np

from label_auditor.confident_learning.evidence import find_disputes, merge_disputes
from label_auditor.confident_learning.scan import RowScan


def test_disputes():
    scan = RowScan(
        given_prob=np.array([0.9, 0.2, np.nan, 0.4999999, 0.3]),
        highest=np.array([0.9, 0.8, 0.7, 0.5, 0.6]),
        predicted=np.array([0, 1, 1, 1, 2]),
        invalid=np.empty(0, int),
    )
    disputes = find_disputes(np.array([0, 0, -1, 0, 0]), scan, np.array([0, 1, 1, 1, -1]))
    np.testing.assert_array_equal(disputes.rows, [1, 3, 4])
    np.testing.assert_array_equal(disputes.candidate, [True, False, True])
    np.testing.assert_array_equal(disputes.confident, [True, False, False])
    both = merge_disputes([disputes, disputes.shift(10)])
    np.testing.assert_array_equal(both.rows, [1, 3, 4, 11, 13, 14])
    np.testing.assert_allclose(both.margin, [0.6, 0.0000001, 0.3] * 2)
    candidates = both.candidates()
    np.testing.assert_array_equal(candidates.rows, [1, 4, 11, 14])
    np.testing.assert_array_equal(candidates.predicted, [1, 2, 1, 2])
    assert candidates.candidate.all()
