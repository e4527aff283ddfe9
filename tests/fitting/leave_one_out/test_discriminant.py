import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.covariance import EmpiricalCovariance
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)

from label_auditor.fitting.leave_one_out import arithmetic
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from loo_oracle import assert_leaves_one_out

HAS_EIGEN = "solver" in QuadraticDiscriminantAnalysis().get_params()
HAS_PRIORS = [0.2, 0.3, 0.5]

rng = np.random.default_rng(0)
codes = np.r_[0, 1, 2, rng.integers(0, 3, 37)]
X = rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4)) + codes[:, None] * [1, 0.5, 0, -1] + 5

CLASSIFIERS = [
    LinearDiscriminantAnalysis(),
    LinearDiscriminantAnalysis(solver="lsqr"),
    LinearDiscriminantAnalysis(solver="eigen"),
    LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3),
    LinearDiscriminantAnalysis(solver="eigen", shrinkage=1.0),
    QuadraticDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(reg_param=0.2),
]
if HAS_EIGEN:
    CLASSIFIERS += [
        QuadraticDiscriminantAnalysis(solver="eigen"),
        QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.3),
    ]


@pytest.mark.parametrize("priors", [None, HAS_PRIORS], ids=["", "priors"])
@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=str)
def test_covariances_lack_the_row(classifier, priors):
    assert_leaves_one_out(classifier.set_params(priors=priors), X, codes)
    classifier.set_params(priors=None)


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=str)
def test_two_classes(classifier):
    assert_leaves_one_out(classifier, X, np.minimum(codes, 1))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**16), which=st.integers(0, 4), far=st.sampled_from([1, 1e3]))
def test_any_small_data(seed, which, far):
    random = np.random.default_rng(seed)
    some = np.r_[0, 1, 2, 0, 1, 2, random.integers(0, 3, random.integers(4, 9))]
    features = random.normal(size=(len(some), 2)) + some[:, None]
    features[0] *= far  # nearly all of the spread is its own
    # Where the means of the classes are nearly on a line, the classifier takes them to be on it.
    across = LinearDiscriminantAnalysis().fit(features, some).explained_variance_ratio_[1:]
    assume(across.size and across[0] > 1e-6)
    assert_leaves_one_out(CLASSIFIERS[which], features, some, tolerance=1e-8)


def test_a_class_of_two_is_judged_by_what_is_shared():
    some = codes.copy()
    some[:2] = 3
    assert_leaves_one_out(LinearDiscriminantAnalysis(), X, some)
    some[1] = 0
    assert_leaves_one_out(LinearDiscriminantAnalysis(), X, some)  # and one of one is not judged


def test_collinear_features_are_left_out_as_the_solver_does():
    shares = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)  # they sum to 1
    assert_leaves_one_out(LinearDiscriminantAnalysis(), shares, codes, tolerance=1e-8)


def test_hardly_more_rows_than_classes():
    few = [0, 1, 2, 0]
    with pytest.warns(UserWarning, match="too few rows"):
        _, pred_probs = leave_one_out(
            LinearDiscriminantAnalysis(), X[:4], np.array(few), np.arange(3)
        )
    assert np.isnan(pred_probs).all()


def test_a_class_that_would_lose_its_rank_is_not_judged():
    some = np.r_[np.zeros(20, int), np.ones(15, int), np.full(5, 2)]
    features = X + some[:, None]
    with pytest.warns(UserWarning, match=r"rows 35, 36, 37, 38, 39: .*set reg_param"):
        _, pred_probs = leave_one_out(QuadraticDiscriminantAnalysis(), features, some, np.arange(3))
    assert np.isnan(pred_probs[35:]).all()
    assert np.isfinite(pred_probs[:35]).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_leaves_one_out(QuadraticDiscriminantAnalysis(), features, some)
    assert_leaves_one_out(QuadraticDiscriminantAnalysis(reg_param=0.1), features, some)


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=str)
def test_blocks_of_rows_change_nothing(classifier, monkeypatch):
    _, whole = leave_one_out(classifier, X, codes, np.arange(3))
    monkeypatch.setattr(arithmetic, "BLOCK_CELLS", 20)
    _, in_blocks = leave_one_out(classifier, X, codes, np.arange(3))
    np.testing.assert_allclose(in_blocks, whole, rtol=1e-9)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"shrinkage": "auto"}, "shrinkage='auto' is chosen anew"),
        ({"covariance_estimator": EmpiricalCovariance()}, "covariance_estimator is fitted anew"),
    ],
)
def test_covariances_that_are_chosen_anew_are_refused(params, reason):
    linear = LinearDiscriminantAnalysis(solver="lsqr", **params)
    with pytest.raises(ValueError, match=f"LinearDiscriminantAnalysis: {reason}"):
        leave_one_out(linear, X, codes, np.arange(3))
    if HAS_EIGEN:
        quadratic = QuadraticDiscriminantAnalysis(solver="eigen", **params)
        with pytest.raises(ValueError, match=f"QuadraticDiscriminantAnalysis: {reason}"):
            leave_one_out(quadratic, X, codes, np.arange(3))
