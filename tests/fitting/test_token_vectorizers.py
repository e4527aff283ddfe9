import pickle
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor
from label_auditor.fitting.shared_steps import share_steps
from label_auditor.fitting.token_vectorizers import read_tokens

WORDS = ["Film", "film", "plays", "an", "été", "dull", "good", "the", "of", "x", "don't", "0", ""]
# Lower-cased by where they stand; made to spaces without accents; white space of other kinds.
ODD_WORDS = ["\u039f\u03a3", "\u03a3", "x\u00a8\u0301y", "an\u2003x", "\x1cof\x85the\u200bfilm"]
FEW_TEXTS = ["good film", "the dull film", "good play", "the bad play"]
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(WORDS[:10], 5)) + f" only{i}" for i in range(60)]
y = np.arange(60) % 2

frequency = st.one_of(st.integers(1, 4), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.8, 1.0]))
count_params = st.fixed_dictionaries(
    {},
    optional={
        "min_df": frequency,
        "max_df": frequency,
        "max_features": st.integers(1, 12),
        "binary": st.booleans(),
        "ngram_range": st.sampled_from([(1, 1), (1, 2), (2, 2), (1, 3)]),
        "analyzer": st.sampled_from(["word", "char", "char_wb", str.split]),
        "lowercase": st.booleans(),
        "strip_accents": st.sampled_from([None, "ascii", "unicode"]),
        "stop_words": st.sampled_from([None, "english", ["film"]]),
        "token_pattern": st.sampled_from([r"(?u)\b\w\w+\b", r"\w"]),
    },
)
count_dtype = st.sampled_from([np.int64, np.int32, np.uint8, np.float32, np.float64])
tfidf_params = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from([np.float32, np.float64]),
        "norm": st.sampled_from(["l1", "l2", None]),
        "use_idf": st.booleans(),
        "smooth_idf": st.booleans(),
        "sublinear_tf": st.booleans(),
    },
)
counters = st.builds(
    lambda params, dtype: CountVectorizer(**params, dtype=dtype), count_params, count_dtype
)
weighers = st.builds(lambda a, b: TfidfVectorizer(**a, **b), count_params, tfidf_params)
corpora = st.lists(
    st.lists(st.sampled_from([*WORDS, *ODD_WORDS]), max_size=8).map(" ".join),
    min_size=8,
    max_size=20,
)


@contextmanager
def silence():
    with warnings.catch_warnings():  # of parameters that go unused, and terms of one text
        warnings.simplefilter("ignore")
        yield


def outcome(function, *args):
    """What a function gives, or the message of the ValueError that it raises."""
    try:
        with silence():
            return function(*args)
    except ValueError as error:
        return str(error)


def assert_same_matrix(actual, expected):
    """To the bit, and stored in the same order, which decides the last bits of later sums."""
    assert type(actual) is type(expected)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    for part in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(actual, part), getattr(expected, part))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(vectorizer=counters | weighers, texts=corpora, data=st.data())
def test_a_fold_gives_what_the_vectorizer_gives_on_its_texts(vectorizer, texts, data):
    held_out = data.draw(
        st.sets(st.integers(0, len(texts) - 1), min_size=1, max_size=len(texts) - 1)
    )
    train = np.setdiff1d(np.arange(len(texts)), list(held_out))
    test = np.array(sorted(held_out), dtype=int)
    pipeline = make_pipeline(vectorizer, MultinomialNB())
    with silence():
        shared = share_steps(pipeline, texts)
    by_tokens = shared.rest[0]
    texts = np.array(texts, dtype=object)
    expected = outcome(clone(vectorizer).fit_transform, texts[train])
    actual = outcome(by_tokens.fit_transform, shared.X[train])
    if isinstance(expected, str):
        assert actual == expected
        return
    assert_same_matrix(actual, expected)
    with silence():
        vectorizer.fit(texts[train])
        assert_same_matrix(by_tokens.transform(shared.X[test]), vectorizer.transform(texts[test]))

        joined = shared.join(make_pipeline(by_tokens, "passthrough"))[0]
    assert type(joined) is type(vectorizer)
    assert joined.vocabulary_ == vectorizer.vocabulary_
    assert joined.fixed_vocabulary_ == vectorizer.fixed_vocabulary_
    assert joined.get_params() == vectorizer.get_params()
    assert joined.get_feature_names_out().tolist() == vectorizer.get_feature_names_out().tolist()
    assert_same_matrix(joined.transform(texts), vectorizer.transform(texts))
    if getattr(vectorizer, "use_idf", False):
        np.testing.assert_array_equal(joined.idf_, vectorizer.idf_)


@pytest.mark.parametrize("cv", [None, 3, KFold(4, shuffle=True, random_state=0)])
@pytest.mark.parametrize(
    "steps",
    [
        [CountVectorizer(), MultinomialNB()],
        [CountVectorizer(max_features=9, ngram_range=(1, 2)), LogisticRegression()],
        [TfidfVectorizer(min_df=2, max_df=0.7), LogisticRegression()],
        [TfidfVectorizer(sublinear_tf=True), MultinomialNB()],
        [CountVectorizer(), TfidfTransformer(), "passthrough", LogisticRegression()],
        [CountVectorizer(), SelectKBest(chi2, k=3), MultinomialNB()],
        [HashingVectorizer(alternate_sign=False, n_features=64), MultinomialNB()],
    ],
    ids=lambda steps: "-".join(type(step).__name__ for step in steps),
)
def test_probabilities_are_those_of_cross_val_predict_to_the_bit(steps, cv):
    pipeline = make_pipeline(*steps)
    auditor = LabelAuditor(pipeline, cv=cv, share_preprocessing=True).fit(TEXTS, y)
    expected = cross_val_predict(pipeline, TEXTS, y, cv=cv, method="predict_proba")
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)
    plain = pipeline.fit(TEXTS, y)
    np.testing.assert_array_equal(auditor.predict_proba(TEXTS), plain.predict_proba(TEXTS))


def count_reads(monkeypatch):
    """Note each text, or chunk of texts, that is read."""
    reads = []
    build = CountVectorizer.build_analyzer

    def build_analyzer(self):
        analyze = build(self)
        return lambda text: reads.append(text) or analyze(text)

    monkeypatch.setattr(CountVectorizer, "build_analyzer", build_analyzer)
    return reads


def test_each_text_is_read_once(monkeypatch):
    pipeline = make_pipeline(TfidfVectorizer(token_pattern=r"\w+"), MultinomialNB())
    reads = count_reads(monkeypatch)
    LabelAuditor(pipeline).fit(TEXTS, y)
    assert reads == TEXTS
    LabelAuditor(pipeline, share_preprocessing=False).fit(TEXTS, y)
    assert len(reads) == 7 * len(TEXTS)


@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
def test_what_stands_between_white_space_in_many_texts_is_read_once(monkeypatch, analyzer):
    pipeline = make_pipeline(TfidfVectorizer(analyzer=analyzer), MultinomialNB())
    reads = count_reads(monkeypatch)
    LabelAuditor(pipeline).fit(TEXTS, y)
    assert reads == list(dict.fromkeys(" ".join(TEXTS).lower().split()))


@pytest.mark.parametrize("train_on", ["all", "unflagged"])
@pytest.mark.parametrize(
    "vectorizer",
    [CountVectorizer(min_df=2), TfidfVectorizer(min_df=2), TfidfVectorizer(use_idf=False)],
)
def test_the_final_vectorizer_is_one_fitted_on_the_texts(vectorizer, train_on):
    pipeline = make_pipeline(vectorizer, MultinomialNB())
    auditor = LabelAuditor(pipeline, train_on=train_on).fit(TEXTS, y)
    assert auditor.n_label_issues_ > 0
    kept = np.flatnonzero(~auditor.label_issues_) if train_on == "unflagged" else np.arange(60)
    plain = clone(vectorizer).fit([TEXTS[row] for row in kept])
    final = auditor.estimator_[0]
    assert type(final) is type(vectorizer)
    assert list(auditor.estimator_.named_steps) == list(pipeline.named_steps)
    for fitted in (final, pickle.loads(pickle.dumps(final))):
        assert fitted.vocabulary_ == plain.vocabulary_
        assert_same_matrix(fitted.transform(TEXTS), plain.transform(TEXTS))
    assert not hasattr(clone(final), "vocabulary_")
    assert_same_matrix(clone(final).fit_transform(TEXTS), clone(plain).fit_transform(TEXTS))


def test_rows_without_label_are_no_part_of_the_vocabulary():
    labels = np.where(np.arange(60) % 7, np.array(["a", "b"], dtype=object)[y], None)
    pipeline = make_pipeline(CountVectorizer(), MultinomialNB())
    auditor = LabelAuditor(pipeline, missing_labels="suggest").fit(TEXTS, labels)
    kept = [text for text, label in zip(TEXTS, labels, strict=True) if label]
    assert auditor.estimator_[0].vocabulary_ == CountVectorizer().fit(kept).vocabulary_


def test_out_of_bag_the_vectorizer_is_fitted_once_as_other_steps_are():
    pipeline = make_pipeline(CountVectorizer(), RandomForestClassifier(30, random_state=0))
    auditor = LabelAuditor(pipeline, cv="oob").fit(TEXTS, y)
    counts = CountVectorizer().fit_transform(TEXTS)
    forest = RandomForestClassifier(30, random_state=0, oob_score=True).fit(counts, y)
    np.testing.assert_array_equal(auditor.cv_probabilities_, forest.oob_decision_function_)


class Own(CountVectorizer):
    """Could do anything."""


@pytest.mark.parametrize("vectorizer", [Own(), TfidfVectorizer(vocabulary=["film", "dull"])])
def test_what_is_not_known_to_learn_from_tokens_is_shared_as_a_whole(vectorizer):
    shared = share_steps(make_pipeline(vectorizer, MultinomialNB()), TEXTS)
    assert shared.terms is None
    assert_same_matrix(shared.X, clone(vectorizer).fit_transform(TEXTS))


def test_a_fold_without_terms_says_so_and_which_it_is():
    texts = ["same words"] * 12 + [f"other{i}" for i in range(12)]
    pipeline = make_pipeline(CountVectorizer(min_df=3), MultinomialNB())
    splits = [(np.arange(12, 24), np.arange(12)), (np.arange(12), np.arange(12, 24))]
    with pytest.raises(ValueError, match=r"fold 1 of 2 raised ValueError: After pruning, no terms"):
        LabelAuditor(pipeline, cv=splits, share_preprocessing=True).fit(texts, y[:24])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"min_df": -1}, "The 'min_df' parameter of .* must be"),
        ({"lowercase": "no"}, "The 'lowercase' parameter of CountVectorizer must be"),
        ({"ngram_range": (2, 1)}, "Invalid value for ngram_range"),
        ({"min_df": 0.9, "max_df": 0.1}, "max_df corresponds to < documents than min_df"),
        ({"stop_words": ["good", "bad", "film", "play", "dull", "the"]}, "empty vocabulary"),
    ],
)
def test_wrong_parameters_are_refused_as_by_the_vectorizer(params, message):
    pipeline = make_pipeline(CountVectorizer(**params), MultinomialNB())
    with pytest.raises(ValueError, match=message):
        LabelAuditor(pipeline, cv=2).fit(FEW_TEXTS, [0, 1, 0, 1])


@pytest.mark.parametrize(
    "texts",
    [[1, 2, 3, 4], [["a"], ["b"], ["c"], ["d"]], pd.DataFrame({"a": FEW_TEXTS})],
    ids=["ints", "lists", "frame"],
)
def test_what_is_no_text_is_refused_as_by_the_vectorizer(texts):
    pipeline = make_pipeline(CountVectorizer(), MultinomialNB())
    with pytest.raises((AttributeError, ValueError)) as plain:
        clone(pipeline).fit(texts, [0, 1, 0, 1])
    with pytest.raises(type(plain.value)) as ours:
        LabelAuditor(pipeline, cv=2).fit(texts, [0, 1, 0, 1])
    assert str(ours.value) == str(plain.value)


def test_unused_parameters_are_warned_of_once():
    pipeline = make_pipeline(CountVectorizer(tokenizer=str.split), MultinomialNB())
    with pytest.warns(UserWarning, match="'token_pattern' will not be used") as caught:
        LabelAuditor(pipeline).fit(TEXTS, y)
    assert len(caught) == 1


def test_tokens_may_be_anything_that_can_be_sorted():
    pipeline = make_pipeline(
        CountVectorizer(analyzer=lambda text: [(len(w), w) for w in text.split()]), MultinomialNB()
    )
    auditor = LabelAuditor(pipeline).fit(TEXTS, y)
    expected = cross_val_predict(pipeline, TEXTS, y, method="predict_proba")
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)


def test_kept_folds_do_not_need_to_pickle_an_analyzer(tmp_path):
    pipeline = make_pipeline(CountVectorizer(analyzer=lambda t: t.split()), MultinomialNB())
    first, second = (LabelAuditor(pipeline, memory=tmp_path).fit(TEXTS, y) for _ in range(2))
    np.testing.assert_array_equal(first.cv_probabilities_, second.cv_probabilities_)


def test_reading_leaves_the_vectorizer_alone():
    vectorizer = TfidfVectorizer()
    tokens = read_tokens(vectorizer, ["b a1 a1 c2", "c2 a1", ""])
    assert tokens.terms == ["a1", "c2"]
    assert tokens.matrix.indices.tolist() == [0, 0, 1, 1, 0]
    assert tokens.matrix.indptr.tolist() == [0, 3, 5, 5]
    assert vars(vectorizer) == vars(TfidfVectorizer())
