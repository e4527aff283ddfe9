"""What terms add up to is the log-odds of a model of all other rows."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB

from label_auditor.fitting.term_weights import term_weights

N, N_TERMS, N_CLASSES = 30, 12, 3


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.poisson(0.6, (N, N_TERMS)) * rng.random((N, N_TERMS))
    X[0, 0], X[1:, 0] = 2.5, 0  # a term that no other row has
    return X, np.arange(N) % N_CLASSES


def weigh(classifier, X, own, favoured, rival):
    numbers = (np.full(len(X), each) for each in (favoured, rival))
    return term_weights(classifier, sparse.csr_matrix(X), own, *numbers).toarray()


@pytest.mark.parametrize("classifier", [MultinomialNB(alpha=0.3), MultinomialNB(fit_prior=False)])
@pytest.mark.parametrize(("favoured", "rival"), [(2, 0), (0, 1)])
def test_multinomial_terms_sum_to_the_log_odds_without_the_row(data, classifier, favoured, rival):
    X, y = data
    weights = weigh(classifier.fit(X, y), X, y, favoured, rival)
    for row in range(N):
        others = type(classifier)(**classifier.get_params())
        others.fit(np.delete(X, row, 0), np.delete(y, row))
        log_probs, prior = others.predict_log_proba(X[[row]])[0], others.class_log_prior_
        odds = log_probs[favoured] - log_probs[rival] - prior[favoured] + prior[rival]
        assert weights[row].sum() == pytest.approx(odds, abs=1e-9)
        each = X[row] * (others.feature_log_prob_[favoured] - others.feature_log_prob_[rival])
        np.testing.assert_allclose(weights[row], each, atol=1e-9)


@pytest.mark.parametrize(("favoured", "rival"), [(2, 0), (0, 1)])
def test_complement_terms_are_those_without_the_row(data, favoured, rival):
    X, y = data
    weights = weigh(ComplementNB(alpha=0.2).fit(X, y), X, y, favoured, rival)
    for row in range(N):
        others = ComplementNB(alpha=0.2).fit(np.delete(X, row, 0), np.delete(y, row))
        each = X[row] * (others.feature_log_prob_[favoured] - others.feature_log_prob_[rival])
        np.testing.assert_allclose(weights[row], each, atol=1e-9)
    assert term_weights(ComplementNB(norm=True).fit(X, y), X, y, y, y) is None


@pytest.mark.parametrize(("favoured", "rival"), [(2, 0), (0, 1)])
def test_bernoulli_terms_are_what_their_absence_would_take(data, favoured, rival):
    X, y = data
    weights = weigh(BernoulliNB().fit(X, y), X, y, favoured, rival)
    for row in range(N):
        others = BernoulliNB(fit_prior=False).fit(np.delete(X, row, 0), np.delete(y, row))
        for term in np.flatnonzero(X[row]):
            both = np.tile(X[row], (2, 1))
            both[1, term] = 0
            odds = others.predict_log_proba(both) @ (np.eye(3)[favoured] - np.eye(3)[rival])
            assert weights[row, term] == pytest.approx(odds[0] - odds[1], abs=1e-9)
    assert (weights[X == 0] == 0).all()


def test_a_row_that_has_taught_nothing_takes_nothing_out(data):
    X, y = data
    classifier = MultinomialNB().fit(X, y)
    weights = weigh(classifier, X, np.full(N, -1), 1, 2)
    np.testing.assert_allclose(
        weights, X * (classifier.feature_log_prob_[1] - classifier.feature_log_prob_[2])
    )


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_without_smoothing_a_term_that_no_other_row_has_weighs_nothing(data):
    X, y = data
    weights = weigh(MultinomialNB(alpha=0, force_alpha=True).fit(X, y), X, y, 1, 0)
    assert np.isfinite(weights).all()
    assert weights[0, 0] == 0


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "classifier", [LogisticRegression(), SGDClassifier(loss="log_loss", random_state=0)]
)
def test_linear_terms_sum_to_the_difference_of_the_scores(data, n_classes, classifier):
    X, y = data[0], data[1] % n_classes
    scores = classifier.fit(X, y).decision_function(X)
    if n_classes == 2:
        scores = np.column_stack([np.zeros(N), scores])
    intercepts = np.zeros(2) if n_classes == 2 else classifier.intercept_
    if n_classes == 2:
        intercepts = np.array([0, classifier.intercept_[0]])
    weights = weigh(classifier, X, y, 1, 0).sum(axis=1)
    expected = scores[:, 1] - scores[:, 0] - intercepts[1] + intercepts[0]
    np.testing.assert_allclose(weights, expected, atol=1e-9)


def test_others_have_no_terms(data):
    X, y = data
    assert term_weights(GaussianNB().fit(X, y), X, y, y, y) is None
