"""All that this project uses of scikit-learn that scikit-learn calls private, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import _fit_context
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metadata_routing import _routing_enabled
from sklearn.utils.validation import _check_method_params, _num_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CountTokens",
    "HasMethods",
    "StrOptions",
    "TfidfTokens",
    "WithMoreBelow",
    "_check_method_params",
    "_fit_context",
    "_num_samples",
    "_routing_enabled",
    "_safe_indexing",
    "copy_weights",
    "start_callbacks",
]


def start_callbacks(estimator: Any, n_parts: int) -> Any:
    """Give the callbacks' context of a fit in so many parts, or None if there are no callbacks."""
    if not hasattr(estimator, "_skl_callbacks"):
        return None
    return estimator._init_callback_context(max_subtasks=n_parts)


def copy_weights(fitted: TfidfVectorizer, vectorizer: TfidfVectorizer) -> None:
    """Give a vectoriser the term weights of a fitted one.

    The public `idf_` can be set only if `use_idf` is true; without it there would be no way.
    """
    vectorizer._tfidf = fitted._tfidf


class WithMoreBelow:
    """An estimator whose picture in a notebook has something below the diagram of scikit-learn."""

    def _below_diagram(self) -> str:
        raise NotImplementedError

    def _repr_html_inner(self) -> str:
        inner: str = super()._repr_html_inner()  # type: ignore[misc]
        return inner + self._below_diagram()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        shown: dict[str, str] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in shown:
            shown["text/html"] += self._below_diagram()
        return shown


class _ByTokens:
    """Makes a vectoriser count rows of numbered tokens in place of texts; the rest is unchanged.

    The columns of the tokens stand for the terms, so that `vocabulary_` maps ints to ints. As they
    are sorted as the terms are, everything comes out in the same order, down to the order in which
    a row is stored, which decides the last bits of sums.

    The public way is a `CountVectorizer(analyzer=iter)` over lists of tokens. It gives the same
    result, but counts the tokens one by one in Python, which makes the whole fit of a text
    pipeline with naive Bayes take about four times as long.
    """

    dtype: Any
    vocabulary_: dict[int, int]

    def _count_vocab(
        self,
        tokens: csr_matrix,
        fixed_vocab: bool,  # noqa: FBT001 - scikit-learn's own signature
    ) -> tuple[dict[int, int], csr_matrix]:
        indices, counts, ends = tokens.indices, tokens.data, tokens.indptr
        if fixed_vocab:
            column = np.full(tokens.shape[1], -1, dtype=np.int32)
            column[list(self.vocabulary_)] = list(self.vocabulary_.values())
            indices = column[indices]
            known = indices >= 0
            indices, counts = indices[known], counts[known]
            ends = np.concatenate([[0], np.cumsum(known)])[ends]
            return self.vocabulary_, self._count(indices, counts, ends, len(self.vocabulary_))
        seen, by_appearance = _find_terms(indices, tokens.shape[1])
        if len(seen) == 0:
            raise ValueError("empty vocabulary; perhaps the documents only contain stop words")
        # Rows are stored in the order in which the terms appear in the texts.
        appearance = np.empty(tokens.shape[1], dtype=np.int32)
        appearance[seen[by_appearance]] = np.arange(len(seen))
        X = self._count(appearance[indices], counts, ends, len(seen))
        X = csr_matrix((X.data, by_appearance[X.indices], X.indptr), shape=X.shape)
        return dict(zip(seen.tolist(), range(len(seen)), strict=True)), X

    def _count(
        self, indices: NDArray[np.int32], counts: NDArray[np.int32], ends: Any, n_columns: int
    ) -> csr_matrix:
        """Add up the tokens of each row that have the same column, sorted by column."""
        X = csr_matrix((counts, indices, ends), shape=(len(ends) - 1, n_columns))
        X = X.tocsc().tocsr()  # sorts in linear time
        X.sum_duplicates()
        return X.astype(self.dtype)

    def _limit_features(
        self,
        X: csr_matrix,
        vocabulary: dict[int, int],
        high: float,
        low: float,
        limit: int | None,
    ) -> csr_matrix:
        if low <= 1 and high >= X.shape[0] and limit is None:
            return X  # quickly: no column is empty, so that none can be pruned
        return super()._limit_features(X, vocabulary, high, low, limit)  # type: ignore[misc]

    def _sort_features(self, X: csr_matrix, vocabulary: dict[int, int]) -> csr_matrix:  # noqa: ARG002 - scikit-learn's own signature
        return X  # they are sorted


def _find_terms(
    tokens: NDArray[np.int32], n_terms: int
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Give the terms that occur among tokens, ascending, and their order of first appearance."""
    first = np.full(n_terms, len(tokens), dtype=np.intp)
    # Of all that is assigned to a place, the last one stays.
    first[tokens[::-1]] = np.arange(len(tokens))[::-1]
    seen = np.flatnonzero(first < len(tokens))
    return seen, np.argsort(first[seen]).astype(np.int32)


class CountTokens(_ByTokens, CountVectorizer):
    """A CountVectorizer of tokens."""


class TfidfTokens(_ByTokens, TfidfVectorizer):
    """A TfidfVectorizer of tokens."""
