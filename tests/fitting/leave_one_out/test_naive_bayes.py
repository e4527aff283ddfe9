import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, MultinomialNB

from label_auditor.fitting.leave_one_out import arithmetic
from label_auditor.fitting.leave_one_out.naive_bayes import _take_out
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from loo_oracle import assert_leaves_one_out

rng = np.random.default_rng(0)
codes = np.r_[0, 1, 2, rng.integers(0, 3, 21)]
counts = rng.poisson(0.5, (24, 12)) * rng.uniform(0.1, 1, (24, 12))
weights = rng.uniform(0.2, 3, 24) * (np.arange(24) != 5)
alphas = rng.uniform(0.01, 2, 12)

ON_COUNTS = [
    MultinomialNB(),
    MultinomialNB(alpha=1e-3, fit_prior=False),
    MultinomialNB(alpha=alphas, class_prior=[0.2, 0.3, 0.5]),
    ComplementNB(),
    ComplementNB(alpha=1e-3, norm=True),
    ComplementNB(alpha=alphas),
    BernoulliNB(),
    BernoulliNB(alpha=1e-3, binarize=0.5, fit_prior=False),
    BernoulliNB(class_prior=[0.2, 0.3, 0.5]),
]


@pytest.mark.parametrize("sample_weight", [None, weights], ids=["", "weighted"])
@pytest.mark.parametrize("classifier", ON_COUNTS, ids=lambda each: str(each)[:40])
def test_counts_lack_the_row(classifier, sample_weight):
    forms = np.asarray, sparse.csr_matrix, sparse.csc_array
    assert_leaves_one_out(classifier, counts, codes, sample_weight, forms=forms)


def test_what_is_binary_already_is_taken_as_it_is():
    assert_leaves_one_out(BernoulliNB(binarize=None), (counts > 0) * 1.0, codes, weights)


@pytest.mark.parametrize("sample_weight", [None, weights], ids=["", "weighted"])
@pytest.mark.parametrize(
    "classifier",
    [
        CategoricalNB(),
        CategoricalNB(min_categories=6, alpha=1e-3),
        CategoricalNB(min_categories=[4, 5, 6, 7], fit_prior=False),
    ],
    ids=str,
)
def test_categories_lack_the_row(classifier, sample_weight):
    X = np.tile(np.arange(4)[:, None], (6, 4))
    for column in X.T:
        rng.shuffle(column)
    assert_leaves_one_out(classifier, X, codes, sample_weight)


def test_a_category_of_one_row_that_nothing_promises_is_not_judged():
    X = np.tile(np.arange(4)[:, None], (6, 2))
    X[7, 1] = 6
    with pytest.warns(UserWarning, match=r"can't judge row 7: .*set min_categories"):
        assert_leaves_one_out(CategoricalNB(), X, codes)
    assert_leaves_one_out(CategoricalNB(min_categories=[1, 7]), X, codes)


@settings(deadline=None, max_examples=30)
@given(
    X=st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=8, max_size=12),
    kind=st.sampled_from([MultinomialNB, ComplementNB, BernoulliNB, CategoricalNB]),
    alpha=st.sampled_from([1e-3, 0.1, 1.0]),
    seed=st.integers(0, 2**16),
)
def test_any_small_counts(X, kind, alpha, seed):
    random = np.random.default_rng(seed)
    some = np.r_[0, 1, 2, 0, 1, random.integers(0, 3, len(X) - 5)]
    classifier = kind(alpha=alpha)
    if kind is CategoricalNB:
        classifier.set_params(min_categories=4)
    assert_leaves_one_out(classifier, np.array(X), some, random.uniform(0.1, 2, len(X)))


def test_a_count_that_becomes_0_is_0():
    X = np.array([[0.3, 0.0, 1], [0.1, 0.2, 1], [0.1, 0.7, 1], [0.3, 0.1, 2], [0.0, 0.0, 1]])
    some = np.array([0, 0, 0, 1, 1])
    assert_leaves_one_out(MultinomialNB(alpha=1e-30), X, some)
    sums, parts = np.array([0.7 + 0.1 - 0.7, 0.5]), np.array([0.1, 0.1])
    assert sums[0] - parts[0] != 0
    np.testing.assert_array_equal(_take_out(sums, parts, np.array([1, 2])), [0, 0.4])


def test_large_counts_hide_no_small_ones():
    X = np.array([[1e12, 1], [1, 2], [3, 1], [2, 5.0]])
    assert_leaves_one_out(MultinomialNB(), X, np.array([0, 0, 1, 1]))


@pytest.mark.parametrize("classifier", ON_COUNTS, ids=lambda each: str(each)[:40])
def test_blocks_of_rows_change_nothing(classifier, monkeypatch):
    _, whole = leave_one_out(classifier, counts, codes, np.arange(3))
    monkeypatch.setattr(arithmetic, "BLOCK_CELLS", 50)
    _, in_blocks = leave_one_out(classifier, counts, codes, np.arange(3))
    np.testing.assert_allclose(in_blocks, whole, rtol=1e-12)


@pytest.mark.parametrize(
    "classifier", [MultinomialNB(), ComplementNB(norm=True), BernoulliNB()], ids=str
)
def test_sparse_stays_sparse(classifier):
    X = sparse.random(500, 20_000, density=1e-3, format="csr", random_state=0)
    peak = peak_megabytes(lambda: leave_one_out(classifier, X, np.arange(500) % 2, np.arange(2)))
    assert peak < 50  # X is .1, as an array it would be 80


def peak_megabytes(run):
    import tracemalloc

    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def test_one_smoothing_for_all_features_of_a_bernoulli():
    with pytest.raises(ValueError, match="BernoulliNB: alpha must be one number"):
        leave_one_out(BernoulliNB(alpha=alphas), counts, codes, np.arange(3))
