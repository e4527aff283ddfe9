"""Where the terms of a text vectoriser stand in a text, and what each word of the text weighs."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.intp]
    # A term, and where it begins and ends.
    Occurrence = tuple[str, int, int]

# What is marked as a word; where no spaces separate the words, each character by itself: those of
# Chinese and Japanese, Thai, Lao, Burmese and Khmer.
_find_words = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]|"
    "[^\\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
).finditer
_find_chunks = re.compile(r"\S+").finditer
_find_gaps = re.compile(r"\s\s+").finditer


class Spans(NamedTuple):
    """The terms of a text, one after another.

    Attributes
    ----------
    columns : ndarray of int, shape (n_terms,)
        The column of each term in the vectoriser's matrix.
    starts, stops : ndarray of int, shape (n_terms,)
        Where it begins and ends, in characters of the text.
    """

    columns: Ints
    starts: Ints
    stops: Ints


class TermReader:
    """Reads texts as a vectoriser does, and keeps where each term stands.

    Parameters
    ----------
    vectorizer : CountVectorizer or TfidfVectorizer
        Fitted, or with a `vocabulary_`; its analyzer is one of scikit-learn's own.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> vectorizer = CountVectorizer(ngram_range=(1, 2)).fit(["The red car"])
    >>> spans = TermReader(vectorizer).read("A red car.")
    >>> list(vectorizer.get_feature_names_out()[spans.columns]), spans.starts, spans.stops
    (['red', 'car', 'red car'], array([2, 6, 2]), array([5, 9, 9]))
    """

    def __init__(self, vectorizer: Any) -> None:
        self.vectorizer = vectorizer
        self.vocabulary: dict[str, int] = vectorizer.vocabulary_
        self._preprocess = vectorizer.build_preprocessor()
        self._stop_words = vectorizer.get_stop_words() or ()
        ways: dict[str, Callable[[str], Iterator[Occurrence]]] = {
            "word": self._in_words,
            "char": self._in_characters,
        }
        self._find = ways.get(vectorizer.analyzer)
        self._of_chunk: dict[str, Spans] = {}

    def read(self, text: str) -> Spans:
        """Find the terms of a text that are in the vocabulary; none if they can't be placed."""
        processed = self._preprocess(text)
        places = self._align(text, processed)
        if places is None:
            return _gather([], self.vocabulary)
        if self._find is None:
            spans = self._in_chunks(processed)
        else:
            spans = _gather(self._find(processed), self.vocabulary)
        # The character before the end is the last one; one character may have become several.
        return Spans(spans.columns, places[spans.starts], places[spans.stops - 1] + 1)

    def _align(self, text: str, processed: str) -> Ints | None:
        """Give the character of a text of which each processed one is made; None if unknown."""
        if processed == text or (processed == text.lower() and len(processed) == len(text)):
            return np.arange(len(text))
        if self.vectorizer.preprocessor is not None:
            return None
        lengths = [len(self._preprocess(character)) for character in text]
        return np.repeat(np.arange(len(text)), lengths) if sum(lengths) == len(processed) else None

    def _in_words(self, text: str) -> Iterator[Occurrence]:
        """Find runs of words."""
        words = [each for each in self._tokenize(text) if each[0] not in self._stop_words]
        least, most = self.vectorizer.ngram_range
        for n in range(least, most + 1):
            for run in zip(*(words[first:] for first in range(n)), strict=False):
                yield " ".join([word for word, _, _ in run]), run[0][1], run[-1][2]

    def _tokenize(self, text: str) -> Iterator[Occurrence]:
        """Find words; those of somebody's own tokenizer one after another."""
        if self.vectorizer.tokenizer is None:
            pattern = re.compile(self.vectorizer.token_pattern)
            for found in pattern.finditer(text):
                yield found[pattern.groups], *found.span(pattern.groups)
            return
        at = 0
        for word in self.vectorizer.tokenizer(text):
            start = text.find(word, at) if isinstance(word, str) else -1
            if start >= 0:
                at = start + len(word)
                yield word, start, at

    def _in_characters(self, text: str) -> Iterator[Occurrence]:
        """Find runs of characters, where white space counts as one character."""
        kept = np.ones(len(text), dtype=bool)
        characters = list(text)
        for gap in _find_gaps(text):
            kept[gap.start() + 1 : gap.end()] = False
            characters[gap.start()] = " "
        places = np.flatnonzero(kept).tolist()
        text = "".join(characters[place] for place in places)
        least, most = self.vectorizer.ngram_range
        for n in range(least, min(most, len(text)) + 1):
            for i in range(len(text) - n + 1):
                yield text[i : i + n], places[i], places[i + n - 1] + 1

    def _in_chunks(self, text: str) -> Spans:
        """Find runs of characters within words, once in each different one."""
        chunks = [(chunk[0], chunk.start()) for chunk in _find_chunks(text)]
        if not chunks:
            return _gather([], self.vocabulary)
        for word, _ in chunks:
            if word not in self._of_chunk:
                self._of_chunk[word] = self._in_chunk(word)
        found = [self._of_chunk[word] for word, _ in chunks]
        columns, starts, stops = map(np.concatenate, zip(*found, strict=True))
        begins = np.repeat([begin for _, begin in chunks], [len(each.columns) for each in found])
        return Spans(columns, starts + begins, stops + begins)

    def _in_chunk(self, word: str) -> Spans:
        """Find the runs of characters of a word, which has a space before and after it."""
        padded, column_of = f" {word} ", self.vocabulary.get
        places, starts, stops = _places_in_chunk(len(word), *self.vectorizer.ngram_range)
        terms = (column_of(padded[start:stop], -1) for start, stop in places)
        columns = np.fromiter(terms, dtype=np.intp, count=len(places))
        known = columns >= 0
        return Spans(columns[known], starts[known], stops[known])


@lru_cache(maxsize=1000)
def _places_in_chunk(size: int, least: int, most: int) -> tuple[list[tuple[int, int]], Ints, Ints]:
    """Give the places of the runs of a word of some size, between spaces; and within the word."""
    places = [
        (i, i + n)
        for n in range(least, most + 1)
        if n == least or n <= size + 2  # a word that is shorter than a run counts once
        for i in range(max(1, size + 2 - n + 1))
    ]
    first, last = np.array(places, dtype=np.intp).T
    starts = np.clip(first - 1, 0, size - 1)  # a space belongs to what is beside it
    return places, starts, np.maximum(starts + 1, np.minimum(size, last - 1))


def _gather(found: Any, vocabulary: dict[str, int]) -> Spans:
    """Keep what is in the vocabulary."""
    known = [
        (column, start, stop)
        for term, start, stop in found
        if (column := vocabulary.get(term)) is not None
    ]
    numbers = np.fromiter(chain.from_iterable(known), dtype=np.intp, count=3 * len(known))
    return Spans(*numbers.reshape(-1, 3).T)


def find_words(text: str) -> tuple[Ints, Ints]:
    """Give where each word of a text begins and ends.

    Examples
    --------
    >>> find_words("A red-hot car.")
    (array([ 0,  2,  6, 10]), array([ 1,  5,  9, 13]))
    """
    spans = np.array([found.span() for found in _find_words(text)], dtype=np.intp)
    return spans.reshape(-1, 2)[:, 0], spans.reshape(-1, 2)[:, 1]


def weigh_words(
    words: tuple[Ints, Ints], spans: Spans, columns: Ints, weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Divide the weight of each term among the words that it stands in.

    Parameters
    ----------
    words : tuple of ndarray
        Where each word begins and ends.
    spans : Spans
        The terms of the text. One that occurs several times has a part of its weight each time.
    columns : ndarray of int
        The columns that have a weight.
    weights : ndarray of float
        Their weights.

    Returns
    -------
    ndarray of float, shape (n_words,)
        What each word weighs. What stands in no word is left out.

    Examples
    --------
    >>> words, spans = find_words("red car"), Spans(np.array([7]), np.array([0]), np.array([7]))
    >>> weigh_words(words, spans, np.array([7]), np.array([3.0]))
    array([1.5, 1.5])
    """
    starts, stops = words
    order = np.argsort(columns)
    place = np.searchsorted(columns, spans.columns, sorter=order)
    place = order[np.minimum(place, len(columns) - 1)] if len(columns) else place
    known = columns[place] == spans.columns if len(columns) else np.zeros(len(place), dtype=bool)
    place, begins, ends = place[known], spans.starts[known], spans.stops[known]
    n_times = np.bincount(place, minlength=len(columns))
    first = np.searchsorted(stops, begins, side="right")
    last = np.searchsorted(starts, ends, side="left")
    inside = last > first
    first, last, place = first[inside], last[inside], place[inside]
    parts = weights[place] / n_times[place] / (last - first)
    size = len(starts) + 1
    changes = np.bincount(first, parts, minlength=size) - np.bincount(last, parts, minlength=size)
    return np.cumsum(changes)[:-1]
