import numpy as np
import pytest
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB

from label_auditor.fitting.folds import cross_fit


@pytest.fixture
def sorted_by_class():
    """Three classes in order, so that unshuffled folds lack one."""
    y = np.repeat([0, 1, 2], 10)
    return np.random.default_rng(0).normal(size=(30, 2)) + y[:, None], y


def fit(X, y, cv, **options):
    splits = list(cv.split(X, y))
    return cross_fit(GaussianNB(), X, y, classes=np.unique(y), splits=splits, **options)


def test_a_class_that_a_fold_lacks_has_probability_zero_and_a_warning(sorted_by_class):
    X, y = sorted_by_class
    with pytest.warns(UserWarning, match=r"3 of 3 training folds lack a class \(0, 1, 2\)"):
        pred_probs, _, _ = fit(X, y, KFold(3))
    np.testing.assert_array_equal(pred_probs[np.arange(30), y], 0)
    with pytest.warns(RuntimeWarning, match="Number of classes"):
        expected = cross_val_predict(GaussianNB(), X, y, cv=KFold(3), method="predict_proba")
    np.testing.assert_array_equal(pred_probs, expected)


def test_repeats_are_averaged(sorted_by_class):
    X, y = sorted_by_class
    repeated = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    pred_probs, n_predictions, final = fit(X, y, repeated)
    splits = list(repeated.split(X, y))
    single = [
        cross_val_predict(GaussianNB(), X, y, cv=splits[i : i + 5], method="predict_proba")
        for i in (0, 5, 10)
    ]
    np.testing.assert_allclose(pred_probs, np.mean(single, axis=0), rtol=1e-14)
    assert (n_predictions == 3).all()
    assert final is None


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_final_fit_is_one_more_task(sorted_by_class, n_jobs):
    X, y = sorted_by_class
    rows = np.arange(0, 30, 2)
    pred_probs, _, final = fit(X, y, StratifiedKFold(3), n_jobs=n_jobs, final_rows=rows)
    alone = GaussianNB().fit(X[rows], y[rows])
    np.testing.assert_array_equal(final.predict_proba(X), alone.predict_proba(X))
    np.testing.assert_array_equal(pred_probs, fit(X, y, StratifiedKFold(3))[0])
