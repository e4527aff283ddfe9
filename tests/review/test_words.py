"""Words that speak: what they weigh together is what the vote of all other rows says."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import GeometricVotingClassifier, LabelAuditor
from label_auditor.review import words as words_module
from label_auditor.review.twins import ALIKE_WORDS

TOPICS = {
    "card": "card lost stolen pin new order blocked",
    "refund": "refund money back return charge want paid",
    "limit": "limit raise higher amount top daily spend",
}
N = 60


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = np.array(list(TOPICS), dtype=object)[np.arange(N) % 3]
    texts = [" ".join(rng.choice(TOPICS[label].split(), 4)) + " please" for label in labels]
    given = labels.copy()
    given[[3, 10, 20]] = ["refund", "limit", "card"]
    return texts, given


def vote():
    words = make_pipeline(TfidfVectorizer(), MultinomialNB(alpha=9, fit_prior=False))
    runs = CountVectorizer(analyzer="char_wb", ngram_range=(2, 3))
    return GeometricVotingClassifier(
        [
            ("words", words),
            ("runs", make_pipeline(runs, MultinomialNB(alpha=200, fit_prior=False))),
        ],
        weights=[3, 1],
    )


def by_row(words, row):
    mine = words.rows == row
    return words.starts[mine], words.stops[mine], words.weights[mine]


def test_the_words_of_a_row_sum_to_the_log_odds_that_judged_it(data, monkeypatch):
    monkeypatch.setattr(words_module, "MOST_WORDS", 100)
    monkeypatch.setattr(words_module, "LEAST_SHARE", 0)
    texts, given = data
    auditor = LabelAuditor(vote(), cv="loo").fit(texts, given)
    words = auditor.evidence(texts).words
    audit = auditor.audit_
    differ = np.flatnonzero(audit.predicted != audit.codes)
    assert {3, 10, 20} <= set(differ)
    assert set(words.rows) == set(differ)
    for row in differ:
        probs = audit.pred_probs[row]
        odds = np.log(probs[audit.predicted[row]] / probs[audit.codes[row]])
        starts, stops, weights = by_row(words, row)
        assert weights.sum() == pytest.approx(odds, abs=1e-6)
        named = [texts[row][start:stop] for start, stop in zip(starts, stops, strict=True)]
        assert named == [word for word in texts[row].split() if word in named]
        topic = TOPICS[audit.suggested_labels[row]].split()
        assert all(weight > 0 for word, weight in zip(named, weights, strict=True) if word in topic)


def test_only_the_heaviest_words_are_given(data):
    texts, given = data
    texts = [f"{text} " * 4 for text in texts]
    words = LabelAuditor(vote(), cv="loo").fit(texts, given).evidence(texts, [3]).words
    assert len(words.rows) == words_module.MOST_WORDS
    assert (np.diff(words.starts) > 0).all()
    assert np.abs(words.weights).min() > words_module.LEAST_SHARE * np.abs(words.weights).max()


def test_words_that_a_review_has_taught(data):
    """A row that trains with what was decided is taken out of that class."""
    texts, given = data
    pipeline = make_pipeline(CountVectorizer(), MultinomialNB())
    auditor = LabelAuditor(pipeline, cv="loo").fit(texts, given, reviewed={3: "card"})
    words = auditor.evidence(texts, [3]).words
    audit, X = auditor.audit_, CountVectorizer().fit_transform(texts)
    decided = given.copy()
    decided[3] = "card"
    others = MultinomialNB().fit(X[np.arange(N) != 3], decided[np.arange(N) != 3])
    log_probs = (
        others.feature_log_prob_[audit.predicted[3]] - others.feature_log_prob_[audit.codes[3]]
    )
    vocabulary = CountVectorizer().fit(texts).vocabulary_
    for start, stop, weight in zip(*by_row(words, 3), strict=True):
        assert weight == pytest.approx(log_probs[vocabulary[texts[3][start:stop]]])


def test_linear_models_give_their_terms_and_others_none(data):
    texts, given = data
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression())
    auditor = LabelAuditor(pipeline, cv=3).fit(texts, given)
    words = auditor.evidence(texts).words
    model, audit = auditor.estimator_, auditor.audit_
    row = words.rows[0]
    start, stop, weight = (part[0] for part in by_row(words, row))
    column = model[0].vocabulary_[texts[row][start:stop]]
    coef = model[-1].coef_[:, column]
    n_times = 1
    assert weight == pytest.approx(n_times * (coef[audit.predicted[row]] - coef[audit.codes[row]]))
    numbers = np.random.default_rng(0).random((N, 2))
    none = LabelAuditor().fit(numbers, given).evidence(numbers)
    assert len(none.words.rows) == 0


def test_neighbors_are_by_the_vectors_of_the_model(data):
    texts, given = data
    auditor = LabelAuditor(make_pipeline(TfidfVectorizer(), MultinomialNB())).fit(texts, given)
    found = auditor.evidence(texts, k=3).neighbors
    X = TfidfVectorizer().fit_transform(texts)
    cosines = (X @ X.T).toarray()
    np.fill_diagonal(cosines, -1)
    best = -np.sort(-cosines, axis=1)
    assert found.rows.shape == (N, 3)
    np.testing.assert_allclose(found.cosines[:, 0], best[:, 0], rtol=1e-5)
    for row in range(N):
        # A near twin with another label is never left out for a row with the same one.
        twins = (cosines[row] >= ALIKE_WORDS) & (given != given[row])
        near = np.argsort(-cosines[row], kind="stable")[:6]
        wanted = min(3, int(twins[near].sum()))
        assert (given[found.rows[row]] != given[row]).sum() >= wanted


def test_a_vote_of_tables_is_compared_by_all_that_its_members_see(data):
    numbers = np.random.default_rng(0).random((N, 2))
    auditor = LabelAuditor(LogisticRegression()).fit(numbers, data[1])
    found = auditor.evidence(numbers, [5], k=2).neighbors
    np.testing.assert_array_equal(found.rows, auditor.audit_.neighbors(numbers, [5], 2).rows)


def test_what_there_is_no_model_of_is_said(data):
    given = data[1]
    numbers = np.random.default_rng(0).random((N, 2))
    for train_on in (None, "unflagged"):
        auditor = LabelAuditor(train_on=train_on).fit(numbers, given)
        with pytest.raises(ValueError, match=f"with train_on='all', but train_on is {train_on!r}"):
            auditor.evidence(numbers)
    auditor = LabelAuditor().fit(numbers, given, sample_weight=np.ones(N))
    with pytest.raises(ValueError, match="without sample weights"):
        auditor.evidence(numbers)
    auditor.fit(numbers, given)
    with pytest.raises(ValueError, match="vectors has 59 values but 60 labels"):
        auditor.evidence(numbers[1:])
    with pytest.raises(ValueError, match="rows has row 60"):
        auditor.evidence(numbers, [60])
