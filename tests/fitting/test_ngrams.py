import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from label_auditor.fitting import ngrams
from label_auditor.fitting.ngrams import Characters, SingleWords, Words, split_texts

CHARACTERS = {"analyzer": "char_wb", "ngram_range": (2, 5)}
WORDS = {"ngram_range": (1, 2)}
BOTH = pytest.mark.parametrize(("terms", "options"), [(Characters, CHARACTERS), (Words, WORDS)])
ALL = pytest.mark.parametrize(
    ("terms", "options"),
    [
        (Characters, {**CHARACTERS, "min_df": 2}),
        (Words, {**WORDS, "min_df": 2}),
        (SingleWords, {}),
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


def count_all(terms, texts):
    return terms(split_texts(texts)).count(slice(None))


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
def test_odd_texts_are_counted_as_scikit_learn_counts_them(text, terms, options):
    texts = [text, text, "a text of something else", text.upper(), "else"]
    counts = sort_columns(count_all(terms, texts))
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
def test_any_texts_are_counted_as_scikit_learn_counts_them(texts, terms, options):
    counts = sort_columns(count_all(terms, texts))
    expected = expected_counts(texts, options)
    assert counts.shape == expected.shape
    np.testing.assert_array_equal(counts, expected)


@pytest.fixture
def texts():
    rng = np.random.default_rng(0)
    syllables = np.array(["ba", "lo", "Ki", "ter", "n", "schä", ",", "x "])
    return [" ".join("".join(rng.choice(syllables, 3)) for _ in range(20)) for _ in range(60)]


@BOTH
@pytest.mark.parametrize("nothing", [[""], ["", " ", "\n"], ["ab", "cd"]])
def test_texts_that_have_nothing_in_common_give_no_columns(nothing, terms, options):
    assert count_all(terms, nothing).shape == (len(nothing), 0)


@ALL
def test_texts_are_read_in_blocks_of_any_size(terms, options, texts, monkeypatch):
    at_once = terms(split_texts(texts))
    monkeypatch.setattr(ngrams, "BLOCK_CELLS", 50)
    in_blocks = terms(split_texts(texts))
    assert in_blocks.shape == at_once.shape
    every = at_once.count(slice(None))
    assert (every != in_blocks.count(slice(None))).nnz == 0
    some = np.array([7, 3, 59, 3])
    assert (every[some] != in_blocks.count(some)).nnz == 0
    assert (every[10:20] != in_blocks.count(slice(10, 20))).nnz == 0


def test_long_texts_without_spaces_take_memory_for_what_they_share():
    """What occurs in one text alone is dropped at its shortest; nothing longer is made of it."""
    rng = np.random.default_rng(0)
    alone = ["".join(map(chr, rng.permutation(np.arange(0x4E00, 0x9FFF))[:5000])) for _ in range(3)]
    counts = count_all(Characters, [*alone, "\u732b\u304c\u597d\u304d", "\u732b\u304c"])
    expected = CountVectorizer(min_df=2, **CHARACTERS).fit_transform(
        [*alone, "\u732b\u304c\u597d\u304d", "\u732b\u304c"]
    )
    assert counts.shape == expected.shape
    assert counts.nnz == expected.nnz < 5000


def test_no_word_reaches_over_white_space():
    """Words are looked for between white space; so none of the characters may be both."""
    assert not [c for c in map(chr, range(0x110000)) if c.isspace() and re.match(r"\w", c)]


@BOTH
def test_names_are_those_of_the_columns(terms, options):
    texts = [*ODD, *ODD[::-1], "abc word_word"]
    counted = terms(split_texts(texts))
    vectorizer = CountVectorizer(**options, min_df=2)
    expected = vectorizer.fit_transform(texts)
    names = counted.spell(np.arange(counted.shape[1]))
    assert set(names) == vectorizer.vocabulary_.keys()
    places = [vectorizer.vocabulary_[name] for name in names]
    found = counted.count(slice(None)).toarray()
    np.testing.assert_array_equal(found, expected[:, places].toarray())
    assert counted.spell(np.array([2, 0])) == [names[2], names[0]]
