"""Text vectorisers in cross-validation: texts are read once, each fold has its own vocabulary.

Reading texts takes long, and learns nothing: the tokens of a text depend on no other text. What a
vectoriser learns from the texts it is fitted on is the vocabulary (with its `min_df`, `max_df` and
`max_features`) and the document frequencies, and that is quick once the tokens are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from label_auditor._sklearn import CountTokens, TfidfTokens, copy_weights
from label_auditor.fitting.numbering import chain_rows, number_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

# Parameters that say how tokens become columns; the others say how texts become tokens.
COLUMN_PARAMS = {"binary", "dtype", "max_df", "max_features", "min_df"} | set(
    TfidfTransformer().get_params()
)
WORD = CountVectorizer().token_pattern
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
    if _keeps_to_white_space(reader):
        by_appearance, distinct = _read_chunks(reader, texts)
    else:
        analyze = reader.build_analyzer()
        by_appearance, distinct = number_in_order(list(analyze(text)) for text in texts)
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    column = np.empty(len(order), dtype=np.int32)
    column[order] = np.arange(len(order))
    tokens = by_appearance.data, column[by_appearance.indices], by_appearance.indptr
    matrix = csr_matrix(tokens, shape=by_appearance.shape)
    return Tokens(matrix, [distinct[token] for token in order])


def _keeps_to_white_space(reader: CountVectorizer) -> bool:
    """Say whether no token reaches over white space, nor depends on what is beyond it."""
    if reader.preprocessor is not None:
        return False
    by_default = reader.tokenizer is None and reader.token_pattern == WORD
    if reader.analyzer == "word":
        return by_default and tuple(reader.ngram_range) == (1, 1)
    return bool(reader.analyzer == "char_wb")


def _read_chunks(reader: CountVectorizer, texts: Iterable[Any]) -> tuple[csr_matrix, list[Any]]:
    """Read each different chunk of the texts once, and give their tokens in reading order.

    Chunks are what stands between white space; texts have many of them in common.
    """
    preprocess = reader.build_preprocessor()
    chunks, distinct = number_in_order(preprocess(reader.decode(text)).split() for text in texts)
    inside = clone(reader).set_params(input="content", lowercase=False, strip_accents=None)
    in_chunks, tokens = number_in_order(map(inside.build_analyzer(), distinct))
    return chain_rows(chunks, in_chunks), tokens


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
