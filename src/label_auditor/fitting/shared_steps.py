"""What a pipeline does without labels, done once on X alone instead of once per fold."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object

from label_auditor._sklearn import _num_samples, _routing_enabled
from label_auditor.fitting.parallel import limit_blas_threads
from label_auditor.fitting.token_vectorizers import (
    Tokens,
    can_share_tokens,
    name_terms,
    read_tokens,
    vectorize_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager


class Shared(NamedTuple):
    """A pipeline cut in two.

    Attributes
    ----------
    fitted : Pipeline or None
        The label-free steps, fitted; or only the first one, a text vectoriser that is not fitted,
        if its tokens are shared; None if nothing is.
    X : array-like
        The data after these steps, or the tokens.
    rest : estimator
        What is left to cross-validate, not fitted.
    terms : list or None
        What the columns of X stand for, if X is tokens.
    """

    fitted: Pipeline | None
    X: Any
    rest: Any
    terms: list[Any] | None = None

    def limit_threads(self) -> AbstractContextManager[Any]:
        """Give a context with one BLAS thread for a linear model, if something is shared.

        With nothing shared, the probabilities are those of cross_val_predict, to the bit.
        """
        return nullcontext() if self.fitted is None else limit_blas_threads(self.rest)

    def join(self, fitted_rest: Any) -> Any:
        """Give the whole pipeline, fitted."""
        if self.fitted is None:
            return fitted_rest
        whole = clone(self.fitted)
        if self.terms is None:
            whole.steps = [*self.fitted.steps, *fitted_rest.steps]
        else:
            (name, by_tokens), *others = fitted_rest.steps
            vectorizer = name_terms(by_tokens, self.fitted[0], self.terms)
            whole.steps = [(name, vectorizer), *others]
        return whole


def learns_from_data(step: Any) -> bool:
    """Tell whether a step of a pipeline has to be fitted."""
    if step in (None, "passthrough") or isinstance(step, HashingVectorizer):  # so before 1.7
        return False
    return bool(get_tags(step).requires_fit)


def share_steps(
    estimator: Any, X: Any, params: Iterable[str] = (), *, read_once: bool = True
) -> Shared:
    """Fit the leading steps of a pipeline that can do without labels, and transform X with them.

    A step is shared only if neither it nor anything nested in it requires labels, is a classifier
    or a regressor, resamples, or takes one of the metadata given to fit; and if it can in fact be
    fitted without labels. The first step that can't be shared ends the prefix, and the last step
    is never in it. Because the steps see no label, no label can leak into the rows that it scores;
    but the rows that a fold holds out do shape them.

    Where these steps are a CountVectorizer or TfidfVectorizer that learns its vocabulary, alone or
    followed by TfidfTransformers, only the tokens of the texts are shared: what is left is then
    fitted on rows of tokens, and gives what the whole pipeline gives on these texts, to the bit.

    Parameters
    ----------
    estimator : estimator
        If it is no Pipeline, nothing is shared.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data.
    params : iterable of str, default=()
        Names of the metadata given to fit.
    read_once : bool, default=True
        Whether to share only the tokens where that is possible; False fits such steps too.

    Returns
    -------
    Shared
        The fitted steps, the data after them, and the rest of the pipeline.

    Examples
    --------
    >>> from sklearn.feature_selection import SelectKBest
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> pipeline = make_pipeline(StandardScaler(), SelectKBest(k=1), GaussianNB())
    >>> shared = share_steps(pipeline, [[1.0, 2.0], [3.0, 6.0]])
    >>> list(shared.fitted.named_steps), list(shared.rest.named_steps)
    (['standardscaler'], ['selectkbest', 'gaussiannb'])
    >>> shared.X
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    n_label_free = _count_label_free(estimator, list(params))
    ways: list[Callable[[Pipeline, Any], Shared]] = [
        partial(_share_fitted, n_steps) for n_steps in range(n_label_free, 0, -1)
    ]
    if n_label_free and can_share_tokens(estimator.steps[0][1]):
        if read_once and _learns_terms_only(estimator[:n_label_free]):
            ways.insert(0, _share_tokens)
        elif estimator.memory is None:
            ways.insert(0, partial(_share_counted, n_label_free))
    for share in ways:
        pipeline = clone(estimator)
        try:
            return share(pipeline, X)
        except Exception:  # noqa: BLE001, S112 - tags can't tell; whatever X is to blame for comes back in fit
            continue
    return Shared(None, X, estimator)


def _share_fitted(n_steps: int, pipeline: Pipeline, X: Any) -> Shared:
    """Fit the first steps to all of X."""
    fitted = pipeline[:n_steps]
    transformed = fitted.fit_transform(X)
    if _num_samples(transformed) != _num_samples(X):
        raise ValueError("a step changes the number of rows; the fit without sharing says which")
    return Shared(fitted, transformed, pipeline[n_steps:])


def _share_counted(n_steps: int, pipeline: Pipeline, texts: Any) -> Shared:
    """Fit the first steps to all texts, the vectoriser by its tokens: the same, in less time."""
    fitted = pipeline[:n_steps]
    name, vectorizer = fitted.steps[0]
    tokens = _read_all_tokens(vectorizer, texts)
    by_tokens = vectorize_tokens(vectorizer)
    features = by_tokens.fit_transform(tokens.matrix)
    fitted.steps[0] = (name, name_terms(by_tokens, vectorizer, tokens.terms))
    if n_steps > 1:
        features = fitted[1:].fit_transform(features)
    return Shared(fitted, features, pipeline[n_steps:])


def _read_all_tokens(vectorizer: Any, texts: Any) -> Tokens:
    """Read the tokens of texts, one text for each row."""
    tokens = read_tokens(vectorizer, texts)
    if tokens.matrix.shape[0] != _num_samples(texts):
        raise ValueError("a table is read by its columns")
    return tokens


def _learns_terms_only(steps: Pipeline) -> bool:
    """Say whether steps learn from texts no more than terms and how many texts have them."""
    first, *others = (step for _, step in steps.steps)
    return can_share_tokens(first) and all(
        step in (None, "passthrough") or type(step) is TfidfTransformer for step in others
    )


def _share_tokens(pipeline: Pipeline, texts: Any) -> Shared:
    """Read the texts once, and leave it to each fold what to make of the tokens."""
    name, vectorizer = pipeline.steps[0]
    tokens = _read_all_tokens(vectorizer, texts)
    rest = clone(pipeline)
    rest.steps[0] = (name, vectorize_tokens(vectorizer))
    return Shared(pipeline[:1], tokens.matrix, rest, tokens.terms)


def _count_label_free(estimator: Any, params: list[str]) -> int:
    """Count the leading steps of a pipeline that should need no labels, going by their tags."""
    if not isinstance(estimator, Pipeline) or getattr(estimator, "transform_input", None):
        return 0
    n_steps = 0
    for name, step in estimator.steps[:-1]:
        if step not in (None, "passthrough") and (
            uses_labels(step) or takes_metadata(name, step, params)
        ):
            break
        n_steps += 1
    return n_steps


def uses_labels(step: Any) -> bool:
    """Say whether a transformer, or anything nested in it, may look at labels."""
    return any(
        not hasattr(each, "__sklearn_tags__")
        or get_tags(each).target_tags.required
        or is_classifier(each)
        or is_regressor(each)
        or hasattr(each, "fit_resample")
        for each in _nested(step)
    )


def _nested(step: Any) -> Iterator[Any]:
    """Give an estimator and all estimators among its parameters."""
    yield step
    if hasattr(step, "get_params") and not isinstance(step, type):
        for value in step.get_params(deep=True).values():
            if hasattr(value, "get_params") and hasattr(value, "fit"):
                yield value


def takes_metadata(name: str, step: Any, params: Iterable[str]) -> bool:
    """Say whether a step of a pipeline takes some of the metadata given to fit."""
    if not _routing_enabled():
        return any(param.startswith(f"{name}__") for param in params)
    routing = get_routing_for_object(step)
    return any(routing.consumes(m, params) for m in ("fit", "fit_transform", "transform"))
