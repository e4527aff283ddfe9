import numpy as np
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from label_auditor.fitting.equal_discriminant import EqualDiscriminant
from loo_oracle import assert_leaves_one_out

rng = np.random.default_rng(0)
codes = np.repeat([0, 1, 2], [30, 8, 4])
X = rng.normal(size=(42, 4)) + codes[:, None] * [1, 0.5, 0, -1]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes_have_equal_priors_however_many_there_are(n_classes):
    y = np.array(["a", "b", "c"])[np.minimum(codes, n_classes - 1)]
    priors = np.full(n_classes, 1 / n_classes)
    usual = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2, priors=priors).fit(X, y)
    fitted = clone(EqualDiscriminant(0.2).fit(X, codes)).fit(X, y)
    np.testing.assert_array_equal(fitted.predict_proba(X), usual.predict_proba(X))


def test_all_shrunk_the_nearest_mean_decides():
    fitted = EqualDiscriminant(1.0).fit(X, codes)
    distances = ((X[:, None] - fitted.means_) ** 2).sum(axis=2)
    np.testing.assert_array_equal(fitted.predict(X), distances.argmin(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_rows_are_left_out(n_classes):
    assert_leaves_one_out(EqualDiscriminant(0.2), X, np.minimum(codes, n_classes - 1))


@pytest.mark.filterwarnings("ignore:Only one sample available")
def test_a_class_of_one_row_is_not_judged():
    assert_leaves_one_out(EqualDiscriminant(0.2), X, np.r_[3, codes[1:]])


def test_rows_of_a_class_that_are_all_the_same():
    y = np.repeat([0, 1, 2], 4)
    assert_leaves_one_out(EqualDiscriminant(0.2), np.eye(3)[y], y)
