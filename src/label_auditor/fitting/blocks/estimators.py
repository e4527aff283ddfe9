"""Which estimators learn from blocks of rows, one after another."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from label_auditor.fitting.blocks.scheduler import compute
from label_auditor.fitting.blocks.sums import COUNTING
from label_auditor.fitting.leave_one_out.registry import METHODS
from label_auditor.fitting.shared_steps import learns_from_data, uses_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

N_FOLDS = 5
WAYS = (
    "There are four ways on. Fit a sample that fits into memory: X and y of some blocks, by "
    ".compute(). If all of X fits into memory, pass X.compute(), and run the folds on the cluster "
    "with joblib.parallel_config(backend='dask'). Or train and predict with a distributed model of "
    "your own, and pass its out-of-sample probabilities to audit_labels. Or choose a classifier "
    "with partial_fit, such as SGDClassifier(loss='log_loss'), or naive Bayes with cv='loo', "
    "after steps that learn nothing, such as HashingVectorizer, or learn without labels by "
    "partial_fit, such as StandardScaler."
)


class Learner(NamedTuple):
    """A classifier that learns from blocks, and the steps before it.

    Attributes
    ----------
    shared : sequence
        The first steps, which are the same for all fits: not fitted at first, fitted later.
    own : list of (str, estimator)
        The others, which each fit learns anew.
    last : classifier
        The classifier, not fitted.
    whole : classifier
        All of it, as it was given.
    """

    shared: Sequence[Any]
    own: list[tuple[str, Any]]
    last: Any
    whole: Any

    def join(self, steps: Sequence[Any], model: Any) -> Any:
        """Give the whole estimator from its fitted parts, of which some may be tasks."""
        *before, fitted = compute([*self.shared, *steps, model])
        if not isinstance(self.whole, Pipeline):
            return fitted
        whole = clone(self.whole)
        names = [name for name, _ in whole.steps]
        whole.steps = list(zip(names, [*before, fitted], strict=True))
        return whole


def cut_estimator(estimator: Any, cv: Any, kind: str, *, share: bool) -> Learner:
    """Cut an estimator into steps, or raise if it can't learn from blocks.

    Parameters
    ----------
    estimator : classifier
        A classifier, or a Pipeline that ends in one.
    cv : int, "loo" or None
        How rows are held out.
    kind : str
        What X is, for messages.
    share : bool
        Whether steps that learn do so once, from all rows.

    Returns
    -------
    Learner
    """
    steps = estimator.steps if isinstance(estimator, Pipeline) else [("", estimator)]
    *before, (_, last) = steps
    learning = [place for place, (_, step) in enumerate(before) if learns_from_data(step)]
    problems = [_refuse_step(*before[place], shared=share or cv != "loo") for place in learning]
    problem = next(filter(None, [*problems, _refuse_classifier(last, cv)]), None)
    if problem is not None:
        raise ValueError(f"X is a {kind}, which is read block by block, but {problem}. {WAYS}")
    n_shared = len(before) if share or not learning else learning[0]
    return Learner(before[:n_shared], before[n_shared:], last, estimator)


def _refuse_step(name: str, step: Any, *, shared: bool) -> str | None:
    """Say why a step that learns can't do so from blocks; None if it can."""
    if not hasattr(step, "partial_fit"):
        return f"the step {name!r} of the pipeline has to be fitted to all rows at once"
    if uses_labels(step):
        return f"the step {name!r} of the pipeline may look at labels"
    if not shared:
        return (
            f"with cv='loo' and share_preprocessing=False the step {name!r} of the pipeline would "
            "have to learn anew for each row"
        )
    return None


def _refuse_classifier(last: Any, cv: Any) -> str | None:
    """Say why a classifier can't learn from blocks; None if it can."""
    name = type(last).__name__
    if cv != "loo":
        needs_all = f"{name} has no partial_fit, and needs all rows at once"
        return None if hasattr(last, "partial_fit") else needs_all
    if type(last) in COUNTING:
        reason = METHODS[type(last)].refusal(last, None)
        return reason and f"cv='loo' can't be done for this {name}: {reason}"
    known = ", ".join(each.__name__ for each in COUNTING)
    problem = f"with cv='loo' only {known} (not a subclass) can add up blocks, not {name}"
    if hasattr(last, "partial_fit"):
        problem += f"; with a number of folds, such as cv=5, {name} learns block by block"
    return problem


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
