import numpy as np
import pytest
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB

from label_auditor.fitting.leave_one_out import arithmetic
from label_auditor.fitting.leave_one_out.arithmetic import (
    Data,
    blocks,
    log,
    normalise,
    refit_without,
    rows_by_class,
)


@pytest.mark.parametrize("cells_per_row", [0, 1, 4, 100])
def test_blocks_cover_every_row_once_and_are_small(monkeypatch, cells_per_row):
    monkeypatch.setattr(arithmetic, "BLOCK_CELLS", 10)
    found = list(blocks(23, cells_per_row))
    assert [row for rows in found for row in range(23)[rows]] == list(range(23))
    most = max(len(range(23)[rows]) for rows in found)
    assert most == max(1, 10 // max(1, cells_per_row))


def test_rows_of_each_class_also_of_one_without_rows():
    rows = rows_by_class(np.array([2, 0, 2, 0]), 3)
    assert [each.tolist() for each in rows] == [[1, 3], [], [0, 2]]


def test_scores_of_any_size_become_probabilities():
    scores = np.array([[0.0, np.log(3)], [-1e5, -1e5 - 800], [-np.inf, -np.inf], [np.nan, 0]])
    probs = normalise(scores)
    np.testing.assert_allclose(probs[:2], [[0.25, 0.75], [1, 0]])
    assert np.isnan(probs[2:]).all()


def test_logarithms_come_without_warnings():
    np.testing.assert_array_equal(log(np.array([1.0, 0.0, -1.0])), [0, -np.inf, np.nan])


def make_data(codes):
    codes = np.array(codes)
    X = np.random.default_rng(0).normal(size=(len(codes), 2)) + codes[:, np.newaxis]
    return Data(X, codes, np.array(["a", "b"]), np.ones(len(codes)), {})


def test_a_row_is_predicted_by_a_fit_on_all_others():
    data = make_data([0, 0, 0, 1, 1, 1])
    fitted = GaussianNB().fit(data.X[1:], data.classes[data.codes[1:]])
    found = refit_without(GaussianNB(), data, np.intp(0))
    np.testing.assert_array_equal(found, fitted.predict_proba(data.X[:1])[0])


@pytest.mark.parametrize(
    ("estimator", "codes"),
    [(GaussianNB(), [1, 0, 0]), (QuadraticDiscriminantAnalysis(), [1, 1, 0, 0, 0, 0])],
    ids=["the class has no other row", "the fit raises"],
)
def test_a_row_that_no_fit_can_judge_has_no_probabilities(estimator, codes):
    assert np.isnan(refit_without(estimator, make_data(codes), np.intp(0))).all()
