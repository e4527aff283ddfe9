import numpy as np
import pytest
from sklearn.naive_bayes import MultinomialNB

from label_auditor import GeometricVotingClassifier, LabelAuditor
from label_auditor.fitting import counted_texts
from label_auditor.fitting.counted_texts import CountedTexts, hold
from label_auditor.fitting.leave_one_out.registry import leave_one_out
from label_auditor.fitting.ngrams import Characters, Words, split_texts
from label_auditor.fitting.parts import OnPart, Parts
from loo_oracle import fit_without_each

rng = np.random.default_rng(0)
CODES = np.r_[0, 1, 2, rng.integers(0, 3, 77)]
WORDS = np.array(["red", "round", "sweet", "sour", "long", "green", "soft", "hard"])
TEXTS = [" ".join(rng.choice(np.roll(WORDS, 3 * code)[:5], 4)) for code in CODES]


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def views(request, monkeypatch):
    """Give words and characters of the texts, as they are held and as they are read."""
    monkeypatch.setattr(counted_texts, "BLOCK_ROWS", 7)
    terms = [kind(split_texts([*TEXTS[:-1], ""])) for kind in (Words, Characters)]
    return [hold(each) for each in terms], [CountedTexts(each, request.param) for each in terms]


@pytest.mark.parametrize("fit_prior", [True, False])
@pytest.mark.parametrize("view", [0, 1], ids=["words", "characters"])
def test_texts_that_are_read_are_judged_as_those_that_are_held(views, view, fit_prior):
    held, read = (each[view] for each in views)
    classifier = MultinomialNB(alpha=0.03, fit_prior=fit_prior)
    classes = np.array(["a", "b", "c"])
    codes = CODES.copy()
    codes[[4, 5]] = -1
    expected, probs = leave_one_out(classifier, held, codes, classes)
    fitted, found = leave_one_out(classifier, read, codes, classes)
    np.testing.assert_allclose(found, probs, atol=1e-12)
    for name in ("feature_count_", "feature_log_prob_", "class_count_", "class_log_prior_"):
        np.testing.assert_allclose(getattr(fitted, name), getattr(expected, name), atol=1e-9)
    np.testing.assert_array_equal(fitted.classes_, classes)
    np.testing.assert_allclose(fitted.predict_proba(held), expected.predict_proba(held), atol=1e-12)
    labelled = codes >= 0
    truth = fit_without_each(classifier, held[labelled], codes[labelled])
    np.testing.assert_allclose(found[labelled], truth, atol=1e-9)


def test_a_vote_with_decisions_and_missing_labels_is_the_same(views):
    vote = GeometricVotingClassifier(
        [("words", OnPart(MultinomialNB(), 0)), ("characters", OnPart(MultinomialNB(), 1))]
    )
    y = np.array(["a", "b", "c"], dtype=object)[CODES]
    y[[3, 50]] = None
    y[60] = "alone"
    reviewed = {0: "b", 10: None, 50: "c"}
    held, read = (
        LabelAuditor(vote, cv="loo", missing_labels="suggest").fit(Parts(X), y, reviewed=reviewed)
        for X in views
    )
    np.testing.assert_allclose(read.cv_probabilities_, held.cv_probabilities_, atol=1e-12)
    np.testing.assert_array_equal(read.evaluated_, held.evaluated_)
    assert not read.evaluated_[60]
    assert np.isnan(read.cv_probabilities_[60]).all()
    np.testing.assert_array_equal(read.label_issues_, held.label_issues_)
    np.testing.assert_array_equal(read.predict(Parts(views[0])), held.predict(Parts(views[0])))


def test_weights_of_rows_are_refused(views):
    weights = {"sample_weight": np.ones(len(CODES))}
    with pytest.raises(ValueError, match=r"take no \['sample_weight'\]"):
        leave_one_out(MultinomialNB(), views[1][0], CODES, np.arange(3), weights)
