"""Votes: each member by leave-one-out, combined row by row as the vote combines them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metadata_routing import process_routing

from label_auditor._sklearn import _routing_enabled
from label_auditor.fitting.leave_one_out.arithmetic import blocks
from label_auditor.fitting.votes import replace_members
from label_auditor.fitting.voting import has_members, is_dropped, pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from label_auditor.fitting.parts import OnPart

    # From codes, classes and the metadata of fit to the fitted classifier and the probabilities.
    Plan = Callable[
        [NDArray[np.intp], NDArray[Any], dict[str, Any]], tuple[Any, NDArray[np.floating]]
    ]


class NoLeaveOneOutError(ValueError):
    """A classifier has no leave-one-out in closed form."""


def plan_members(vote: Any, X: Any, plan: Callable[[Any, Any], Plan]) -> dict[str, Plan]:
    """Plan how each member is left one out; refuse all that can't be, by name, before any fit.

    Parameters
    ----------
    vote : VotingClassifier with voting="soft", or GeometricVotingClassifier
        Not fitted.
    X : array-like, sparse matrix, DataFrame, list or Parts
        The data.
    plan : callable
        Plans this for a single classifier, or raises `NoLeaveOneOutError`.

    Returns
    -------
    dict
        The plans by the names of the members, without those that are dropped.

    Raises
    ------
    NoLeaveOneOutError
        If a member has none.
    """
    if not has_members(vote):
        raise ValueError(
            f"estimators of {type(vote).__name__} must be a list of (name, classifier) pairs "
            f"with different names; got {vote.estimators!r}."
        )
    found = {
        name: _try(plan, member, X) for name, member in vote.estimators if not is_dropped(member)
    }
    refusals = [
        f"Member {name!r}: {refusal}"
        for name, refusal in found.items()
        if isinstance(refusal, NoLeaveOneOutError)
    ]
    if refusals:
        raise NoLeaveOneOutError(
            f"cv='loo' needs leave-one-out in closed form for every member of a vote, but "
            f"{len(refusals)} of {len(found)} can't be left one out. " + " ".join(refusals)
        )
    return found


def _try(plan: Callable[[Any, Any], Plan], member: Any, X: Any) -> Any:
    """Give the plan of a member, or why there is none."""
    try:
        return plan(member, X)
    except NoLeaveOneOutError as refusal:
        return refusal


def leave_out_members(
    vote: Any,
    plans: dict[str, Plan],
    codes: NDArray[np.intp],
    classes: NDArray[Any],
    fit_params: dict[str, Any],
) -> tuple[Any, NDArray[np.floating]]:
    """Fit the members of a vote once, and predict each row as a vote of all other rows would.

    Parameters
    ----------
    vote : VotingClassifier with voting="soft", or GeometricVotingClassifier
        Not fitted; it stays so.
    plans : dict
        How each member is left one out, by its name.
    codes : ndarray of int, shape (n_samples,)
        Position of each label in `classes`; -1 where there is none.
    classes : ndarray of shape (n_classes,)
        The sorted classes.
    fit_params : dict
        Given to `fit` of the vote.

    Returns
    -------
    fitted : VotingClassifier or GeometricVotingClassifier
        The vote, fitted on all rows that have a label.
    pred_probs : ndarray of float, shape (n_samples, n_classes)
        NaN in the rows that can't be judged by one of the members.
    """
    params = _divide_params(vote, plans, fit_params)
    positions = np.arange(len(classes))  # a vote gives its members positions in place of labels
    judged = {name: leave_out(codes, positions, params[name]) for name, leave_out in plans.items()}
    members = [fitted for fitted, _ in judged.values()]
    fitted = _gather(vote, members, classes[codes[codes >= 0]], fit_params)
    return fitted, _pool_blocks(vote, [probs for _, probs in judged.values()])


def _pool_blocks(vote: Any, member_probs: list[Any]) -> NDArray[np.floating]:
    """Combine the probabilities of the members, in the place of those of the first one."""
    pooled: NDArray[np.floating] = member_probs[0]
    for rows in blocks(*pooled.shape):
        pooled[rows] = pool(vote, [probs[rows] for probs in member_probs])
    return pooled


def _divide_params(
    vote: Any, plans: dict[str, Plan], fit_params: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Give each member what a vote gives it of the metadata of `fit`."""
    if not _routing_enabled():
        return dict.fromkeys(plans, fit_params)
    routed = process_routing(vote, "fit", **fit_params)
    return {name: dict(routed[name].fit) for name in plans}


def _gather(vote: Any, members: list[Any], labels: NDArray[Any], fit_params: dict[str, Any]) -> Any:
    """Make a fitted vote of fitted members; scikit-learn itself checks the rest of it."""
    each = iter(members)
    shell = clone(vote)
    shell.estimators = [
        (name, member if is_dropped(member) else FrozenEstimator(next(each)))
        for name, member in vote.estimators
    ]
    shell.n_jobs = None
    shell.fit(labels[:, np.newaxis], labels, **({} if _routing_enabled() else fit_params))
    return replace_members(shell, vote, members)


def leave_out_on_part(
    member: OnPart, leave_out: Plan, codes: Any, classes: Any, fit_params: dict[str, Any]
) -> tuple[OnPart, NDArray[np.floating]]:
    """Do so for a member that has its own part of the data."""
    fitted = clone(member)
    fitted.estimator_, pred_probs = leave_out(codes, classes, fit_params)
    return fitted, pred_probs
