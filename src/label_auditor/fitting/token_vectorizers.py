"""Text vectorisers in cross-validation: texts are read once, each fold has its own vocabulary.

Reading texts takes long, and learns nothing: the tokens of a text depend on no other text. What a
vectoriser learns from the texts it is fitted on is the vocabulary (with its `min_df`, `max_df` and
`max_features`) and the document frequencies, and that is quick once the tokens are numbers.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from label_auditor._sklearn import CountTokens, TfidfTokens, copy_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Parameters that say how tokens become columns; the others say how texts become tokens.
COLUMN_PARAMS = {"binary", "dtype", "max_df", "max_features", "min_df"} | set(
    TfidfTransformer().get_params()
)
BY_TOKENS = {CountVectorizer: CountTokens, TfidfVectorizer: TfidfTokens}


class Tokens(NamedTuple):
    """Texts as the numbers of their tokens.

    Attributes
    ----------
    matrix : csr_matrix of int, shape (n_texts, n_terms)
        Each row holds a 1 for each token of a text, in reading order; column numbers repeat as
        the tokens do. It can be cut by rows like any other X.
    terms : list
        What the columns stand for, sorted.
    """

    matrix: csr_matrix
    terms: list[Any]


def can_share_tokens(vectorizer: Any) -> bool:
    """Say whether a step is a vectoriser of scikit-learn's that learns its vocabulary."""
    return type(vectorizer) in BY_TOKENS and vectorizer.vocabulary is None


def read_tokens(vectorizer: Any, texts: Iterable[Any]) -> Tokens:
    """Read texts as a vectoriser does, and number their tokens.

    Parameters
    ----------
    vectorizer : CountVectorizer or TfidfVectorizer
        Not fitted; it stays so.
    texts : iterable of str
        The texts, or what else the vectoriser's `input` says.

    Returns
    -------
    Tokens
        The tokens of all texts, with nothing pruned.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> tokens = read_tokens(CountVectorizer(), ["good, good film", "bad film"])
    >>> tokens.terms, tokens.matrix.indices
    (['bad', 'film', 'good'], array([2, 2, 1, 0, 1], dtype=int32))
    """
    params = vectorizer.get_params(deep=False)
    reader = CountVectorizer(**{name: params[name] for name in params.keys() - COLUMN_PARAMS})
    reader.set_params(vocabulary=[""]).fit([])  # its own checks of the parameters
    analyze = reader.build_analyzer()
    numbers: defaultdict[Any, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    n_tokens: list[int] = []

    def read() -> Iterator[list[Any]]:
        for text in texts:
            tokens = list(analyze(text))
            n_tokens.append(len(tokens))
            yield tokens

    in_order = map(numbers.__getitem__, chain.from_iterable(read()))
    by_appearance = np.fromiter(in_order, dtype=np.int32)
    terms = sorted(numbers)
    column = np.empty(len(terms), dtype=np.int32)
    column[[numbers[term] for term in terms]] = np.arange(len(terms))
    indices = column[by_appearance]
    ends = np.cumsum([0, *n_tokens])
    ones = np.ones(len(indices), dtype=np.int32)
    return Tokens(csr_matrix((ones, indices, ends), shape=(len(ends) - 1, len(terms))), terms)


def vectorize_tokens(vectorizer: Any) -> Any:
    """Give a vectoriser, not fitted, that does to rows of tokens what this one does to texts."""
    params = vectorizer.get_params(deep=False)
    columns = {name: params[name] for name in params.keys() & COLUMN_PARAMS}
    return BY_TOKENS[type(vectorizer)](**columns)


def name_terms(fitted: Any, vectorizer: Any, terms: list[Any]) -> Any:
    """Give a vectoriser of texts as it is once fitted, from one fitted on their tokens.

    Parameters
    ----------
    fitted : vectoriser of tokens
        Fitted.
    vectorizer : CountVectorizer or TfidfVectorizer
        The vectoriser of texts that it stands for, not fitted; it stays so.
    terms : list
        What the columns of the tokens stand for.

    Returns
    -------
    CountVectorizer or TfidfVectorizer
        Equal to `vectorizer` fitted on the texts whose tokens `fitted` has seen.
    """
    named = clone(vectorizer)
    named.fixed_vocabulary_ = False
    named.vocabulary_ = {terms[token]: column for token, column in fitted.vocabulary_.items()}
    if isinstance(named, TfidfVectorizer):
        copy_weights(fitted, named)
    return named
