import numpy as np

from label_auditor.confident_learning.disputes import find_doubts, merge_disputes, settle
from label_auditor.confident_learning.scan import RowScan


def test_doubts_of_a_block_are_settled_where_the_labels_are():
    codes = np.array([0, 0, -1, 0, 0, -1], np.int8)
    scan = RowScan(
        given_prob=np.array([0.9, 0.2, np.nan, 0.4999999, 0.3, np.nan]),
        highest=np.array([0.9, 0.8, 0.7, 0.5, 0.6, np.nan]),
        predicted=np.array([0, 1, 1, 1, 2, -1], np.int8),
        invalid=np.empty(0, int),
    )
    rows = np.array([1, 2, 3, 4])
    doubts = find_doubts(codes, scan, rows, np.array([1, 1, 1, -1]))
    predicted = np.empty_like(codes)
    disputes = settle(doubts, codes, scan.given_prob, predicted)
    np.testing.assert_array_equal(predicted, scan.predicted)
    far = settle(doubts._replace(given_prob=scan.given_prob[rows]), codes)
    for column, expected in zip(far, disputes, strict=True):
        np.testing.assert_array_equal(column, expected)
    np.testing.assert_array_equal(disputes.rows, [1, 3, 4])
    np.testing.assert_array_equal(disputes.candidate, [True, False, True])
    np.testing.assert_array_equal(disputes.confident, [True, False, False])
    both = merge_disputes([disputes, disputes.shift(10, 16)])
    np.testing.assert_array_equal(both.rows, [1, 3, 4, 11, 13, 14])
    np.testing.assert_allclose(both.margin, [0.6, 0.0000001, 0.3] * 2)
    candidates = both.candidates()
    np.testing.assert_array_equal(candidates.rows, [1, 4, 11, 14])
    np.testing.assert_array_equal(candidates.predicted, [1, 2, 1, 2])
    assert candidates.candidate.all()
    assert both.rows.dtype == np.int64  # of a block that is not shifted
    assert disputes.shift(10, 2**31 - 1).rows.dtype == np.int32
    assert disputes.shift(2**31, 2**31 + 6).rows[0] == 2**31 + 1
