"""Terms are where they are said to be, and there are as many as the vectoriser counts."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from label_auditor.fitting.term_spans import Spans, TermReader, find_words, weigh_words

TEXTS = [
    "The red car, the RED car!",
    "  a  tab\tand\n\nlines   ",
    "İstanbul'da çay, déjà-vu ﬁne",
    "",
    "x",
    "日本語のテキスト red",
    "ΟΔΟΣ και ΟΔΟΣ",
    "e\u0301te\u0301 été",
]
WAYS = {
    "words": {},
    "pairs": {"ngram_range": (1, 2), "stop_words": ["and", "the"]},
    "single letters": {"token_pattern": r"(?u)\b(\w)\w*\b"},
    "own tokenizer": {"tokenizer": str.split, "token_pattern": None},
    "characters": {"analyzer": "char", "ngram_range": (1, 3)},
    "within words": {"analyzer": "char_wb", "ngram_range": (2, 5)},
    "longer than words": {"analyzer": "char_wb", "ngram_range": (4, 6)},
    "without accents": {"strip_accents": "unicode", "analyzer": "char_wb", "ngram_range": (1, 2)},
    "as they are": {"lowercase": False},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [CountVectorizer, TfidfVectorizer])
def test_terms_are_those_that_the_vectorizer_counts(way, kind):
    vectorizer = kind(**WAYS[way]).fit(TEXTS)
    counts = CountVectorizer(**WAYS[way]).fit_transform(TEXTS).toarray()
    reader, names = TermReader(vectorizer), vectorizer.get_feature_names_out()
    for text, wanted in zip(TEXTS, counts, strict=True):
        spans = reader.read(text)
        np.testing.assert_array_equal(np.bincount(spans.columns, minlength=len(names)), wanted)
        for column, start, stop in zip(*spans, strict=True):
            assert 0 <= start < stop <= len(text)
            if way in ("words", "as they are", "own tokenizer"):
                assert names[column] == reader._preprocess(text[start:stop]).replace(
                    "ς", names[column][-1:]
                )
            elif way in ("within words", "longer than words", "characters"):
                assert len(names[column].strip()) <= stop - start + 1


def test_what_can_not_be_placed_has_no_spans():
    vectorizer = CountVectorizer(preprocessor=lambda text: text.replace("the ", "")).fit(TEXTS)
    spans = TermReader(vectorizer).read("the red car")
    assert [len(part) for part in spans] == [0, 0, 0]
    assert len(TermReader(vectorizer).read("red car").columns) == 2


def test_words_of_languages_without_spaces_are_characters():
    text = "これはred-hot ไทย 한국어"
    assert [text[a:b] for a, b in zip(*find_words(text), strict=True)] == [
        *"これは", "red", "hot", *"ไทย", "한국어",
    ]  # fmt: skip
    assert [len(part) for part in find_words("")] == [0, 0]


def test_words_share_what_their_terms_weigh():
    text = "red car, red bus"
    words = find_words(text)
    #       red    car    red    bus    "car, red"  ", " in no word   unknown
    starts = np.array([0, 4, 9, 13, 4, 7, 0])
    stops = np.array([3, 7, 12, 16, 12, 9, 3])
    spans = Spans(np.array([5, 2, 5, 9, 7, 8, 11]), starts, stops)
    weights = weigh_words(words, spans, np.array([9, 7, 5, 2, 8]), np.array([1.0, 3, 4, 6, 50]))
    np.testing.assert_allclose(weights, [2, 6 + 1.5, 2 + 1.5, 1])
    assert weigh_words(words, spans, np.zeros(0, dtype=int), np.zeros(0)).tolist() == [0] * 4
    nothing = Spans(*np.zeros((3, 0), dtype=int))
    assert weigh_words(words, nothing, np.array([1]), np.ones(1)).tolist() == [0] * 4
