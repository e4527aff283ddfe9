"""Which estimators learn from blocks of rows, one after another."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import Pipeline

from label_auditor.fitting.shared_steps import learns_from_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Naive Bayes over counts: those of blocks add up to those of all rows.
COUNTING = (MultinomialNB, ComplementNB, BernoulliNB)
N_FOLDS = 5
WAYS = (
    "There are four ways on. Fit a sample that fits into memory: X and y of some blocks, by "
    ".compute(). If all of X fits into memory, pass X.compute(), and run the folds on the cluster "
    "with joblib.parallel_config(backend='dask'). Or train and predict with a distributed model of "
    "your own, and pass its out-of-sample probabilities to audit_labels. Or choose a classifier "
    "with partial_fit, such as SGDClassifier(loss='log_loss'), or MultinomialNB with cv='loo', "
    "after steps that learn nothing, such as HashingVectorizer."
)


class Learner(NamedTuple):
    """A classifier that learns from blocks, after steps that learn nothing.

    Attributes
    ----------
    before : Pipeline or None
        These steps.
    last : classifier
        The classifier, not fitted.
    whole : classifier
        Both, as they were given.
    """

    before: Any
    last: Any
    whole: Any

    def join(self, fitted: Any) -> Any:
        """Give the whole estimator, with the fitted classifier in it."""
        if self.before is None:
            return fitted
        whole = clone(self.whole)
        whole.steps[-1] = (whole.steps[-1][0], fitted)
        return whole


def cut_estimator(estimator: Any, cv: Any, kind: str) -> Learner:
    """Cut an estimator in two, or raise if it can't learn from blocks.

    Parameters
    ----------
    estimator : classifier
        A classifier, or a Pipeline that ends in one.
    cv : int, "loo" or None
        How rows are held out.
    kind : str
        What X is, for messages.

    Returns
    -------
    Learner
    """
    steps = estimator.steps if isinstance(estimator, Pipeline) else [("", estimator)]
    before = estimator[:-1] if len(steps) > 1 else None
    last = steps[-1][1]
    problem = None
    learning = [name for name, step in steps[:-1] if learns_from_data(step)]
    name = type(last).__name__
    if learning:
        problem = f"the step {learning[0]!r} of the pipeline has to be fitted to all rows at once"
    elif cv == "loo" and type(last) not in COUNTING:
        known = ", ".join(each.__name__ for each in COUNTING)
        problem = f"with cv='loo' only {known} (not a subclass) can add up blocks, not {name}"
        if hasattr(last, "partial_fit"):
            problem += f"; with a number of folds, such as cv=5, {name} learns block by block"
    elif not hasattr(last, "partial_fit"):
        problem = f"{name} has no partial_fit, and needs all rows at once"
    if problem is not None:
        raise ValueError(f"X is a {kind}, which is read block by block, but {problem}. {WAYS}")
    return Learner(before, last, estimator)


def divide_blocks(cv: Any, n_blocks: int) -> NDArray[np.intp]:
    """Give the fold of each block: folds are runs of blocks.

    Parameters
    ----------
    cv : int or None
        The number of folds; None is five, or one for each block if there are fewer.
    n_blocks : int
        The number of blocks.

    Returns
    -------
    ndarray of shape (n_blocks,)

    Examples
    --------
    >>> divide_blocks(2, 5)
    array([0, 0, 0, 1, 1])
    """
    if cv is not None and (not isinstance(cv, Integral) or isinstance(cv, bool)):
        raise ValueError(
            f"cv is {cv!r:.60}, but rows of dask are held out by blocks that lie beside each "
            "other; pass the number of folds, or cv='loo' for naive Bayes."
        )
    n_folds = min(N_FOLDS, n_blocks) if cv is None else int(cv)
    if not 2 <= n_folds <= n_blocks:
        raise ValueError(
            f"cv={cv} can't be done with {n_blocks} block{'s' * (n_blocks != 1)} of X, since folds "
            "are runs of blocks, and two are needed at least; pass another cv, or divide X and y "
            "into more blocks, by rechunk or repartition."
        )
    return np.arange(n_blocks) * n_folds // n_blocks
