import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from label_auditor.fitting import ngrams
from label_auditor.fitting.ngrams import (
    count_characters,
    count_single_words,
    count_words,
    name_characters,
    name_words,
    split_texts,
    weigh,
)

CHARACTERS = {"analyzer": "char_wb", "ngram_range": (2, 5)}
WORDS = {"ngram_range": (1, 2)}
BOTH = pytest.mark.parametrize(
    ("count", "options"), [(count_characters, CHARACTERS), (count_words, WORDS)]
)
ALL = pytest.mark.parametrize(
    ("count", "options"),
    [
        (count_characters, {**CHARACTERS, "min_df": 2}),
        (count_words, {**WORDS, "min_df": 2}),
        (count_single_words, {}),
    ],
)
SIGMA, DOTTED = "\u03a3", "\u0130"  # lower-cased by where it stands; to two characters
ODD = [
    "",
    " ",
    "a",
    "a a a",
    "ab abc abcd abcde abcdef",
    "abcde ABCDE aBcDe",
    f"{DOTTED}stanbul i\u0307stanbul ISTANBUL \u0131stanbul",
    f"\u039f\u0394\u039f{SIGMA} {SIGMA} {SIGMA}\u0391{SIGMA}",
    "\U0001f600\U0001f600 \U0001f468\u200d\U0001f469 \U0010ffff",
    "\ud800 \udfff \ud83d\ude00 x\udfffy",
    "e\u0301 \u00e9 e\u0301\u0302\u0303",
    "\0 a\0b \0\0",
    "tab\tline\nfeed\x0bpage\x0creturn\rfile\x1cgroup\x1drecord\x1eunit\x1fend",
    "next\x85no-break\xa0ogham\u1680em\u2003line\u2028par\u2029narrow\u202fideo\u3000end",
    "zero\u200bwidth\u2060join\ufefferm",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22\u0e44\u0e21\u0e48\u0e21\u0e35",
    "\u732b\u304c\u597d\u304d\u3067\u3059\u3002\u732b\u304c\u597d\u304d",
    "word_word don't 3.14 a-b __ x1",
]


def sort_columns(matrix):
    """Give the columns, without what they stand for: each as it is, in an order of their own."""
    columns = matrix.toarray().T
    return columns[np.lexsort(columns.T[::-1])] if len(columns) else columns


def expected_counts(texts, options):
    try:
        return sort_columns(CountVectorizer(**options).fit_transform(texts))
    except ValueError as error:  # no run is in two texts, or there is but one text
        assert re.search("empty vocabulary|no terms remain|documents than min_df", str(error))  # noqa: PT017
        return np.empty((0, len(texts)))


@ALL
@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_counted_as_scikit_learn_counts_them(text, count, options):
    texts = [text, text, "a text of something else", text.upper(), "else"]
    counts = sort_columns(count(split_texts(texts)))
    expected = expected_counts(texts, options)
    assert counts.shape == expected.shape
    np.testing.assert_array_equal(counts, expected)


@ALL
@given(
    texts=st.lists(
        st.text(st.sampled_from(f"ab \t\n{SIGMA}{DOTTED}I\0\ud800\U0001f600\u0301\xa0"))
        | st.text(st.characters(codec=None, exclude_categories=[]), max_size=12),
        min_size=1,
        max_size=8,
    )
)
@example(texts=["ab", "ab"])
@example(texts=ODD)
@settings(deadline=None)
def test_any_texts_are_counted_as_scikit_learn_counts_them(texts, count, options):
    counts = sort_columns(count(split_texts(texts)))
    expected = expected_counts(texts, options)
    assert counts.shape == expected.shape
    np.testing.assert_array_equal(counts, expected)


@BOTH
def test_weights_are_those_of_tfidf(monkeypatch, count, options, texts):
    counts = count(split_texts(texts))
    by_scikit_learn = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    monkeypatch.setattr(ngrams, "BLOCK_CELLS", 1000)
    assert counts.nnz > 1000
    weights = weigh(counts)
    np.testing.assert_allclose(weights.toarray(), by_scikit_learn.toarray(), atol=1e-15)
    assert weights is counts
    vectorizer = TfidfVectorizer(min_df=2, sublinear_tf=True, **options)
    expected = vectorizer.fit_transform(texts)
    assert weights.shape == expected.shape
    # Equal columns are next to each other once they are sorted, whatever they stand for.
    np.testing.assert_allclose(
        np.sort(weights.toarray(), axis=1), np.sort(expected.toarray(), axis=1), atol=1e-12
    )
    np.testing.assert_allclose(
        (weights @ weights.T).toarray(), (expected @ expected.T).toarray(), atol=1e-12
    )


@pytest.fixture
def texts():
    rng = np.random.default_rng(0)
    syllables = np.array(["ba", "lo", "Ki", "ter", "n", "schä", ",", "x "])
    return [" ".join("".join(rng.choice(syllables, 3)) for _ in range(20)) for _ in range(60)]


@BOTH
@pytest.mark.parametrize("nothing", [[""], ["", " ", "\n"], ["ab", "cd"]])
def test_texts_that_have_nothing_in_common_give_no_columns(nothing, count, options):
    assert count(split_texts(nothing)).shape == (len(nothing), 0)


@BOTH
def test_rows_are_sorted_and_no_entry_stands_twice(count, options, texts):
    counts = count(split_texts(texts))
    assert counts.has_canonical_format
    assert all((np.diff(row.indices) > 0).all() for row in counts)


def test_long_texts_without_spaces_take_memory_for_what_they_share():
    """What occurs in one text alone is dropped at its shortest; nothing longer is made of it."""
    rng = np.random.default_rng(0)
    alone = ["".join(map(chr, rng.permutation(np.arange(0x4E00, 0x9FFF))[:5000])) for _ in range(3)]
    counts = count_characters(split_texts([*alone, "\u732b\u304c\u597d\u304d", "\u732b\u304c"]))
    expected = CountVectorizer(min_df=2, **CHARACTERS).fit_transform(
        [*alone, "\u732b\u304c\u597d\u304d", "\u732b\u304c"]
    )
    assert counts.shape == expected.shape
    assert counts.nnz == expected.nnz < 5000


def test_no_word_reaches_over_white_space():
    """Words are looked for between white space; so none of the characters may be both."""
    assert not [c for c in map(chr, range(0x110000)) if c.isspace() and re.match(r"\w", c)]


@pytest.mark.parametrize(("name", "options"), [(name_characters, CHARACTERS), (name_words, WORDS)])
def test_names_are_those_of_the_columns(name, options):
    texts = [*ODD, *ODD[::-1], "abc word_word"]
    counts, names = name(split_texts(texts))
    vectorizer = CountVectorizer(**options, min_df=2)
    expected = vectorizer.fit_transform(texts)
    columns = names.columns()
    assert columns.keys() == vectorizer.vocabulary_.keys()
    places = [columns[term] for term in vectorizer.get_feature_names_out()]
    np.testing.assert_array_equal(counts[:, places].toarray(), expected.toarray())
