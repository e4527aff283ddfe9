"""Votes: what each member does without labels is done once, not once per fold."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from sklearn.base import clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch, get_tags

from label_auditor._sklearn import _routing_enabled
from label_auditor.fitting.parallel import limit_blas_threads
from label_auditor.fitting.parts import OnPart, Parts
from label_auditor.fitting.shared_steps import Shared, share_steps
from label_auditor.fitting.voting import has_members, is_dropped, is_soft_vote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager


class SharedVote(NamedTuple):
    """A vote, or a pipeline that ends in one, whose members are cut in two.

    Attributes
    ----------
    before : Shared
        The steps before the vote.
    vote : VotingClassifier or GeometricVotingClassifier
        The vote of whole members, not fitted.
    members : list of Shared or SharedVote
        Its members, without those that are dropped.
    X : Parts
        The data after the label-free steps of each member.
    rest : estimator
        What is left to cross-validate, not fitted.
    """

    before: Shared
    vote: Any
    members: list[Any]
    X: Parts
    rest: Any

    def limit_threads(self) -> AbstractContextManager[Any]:
        """Give a context with one BLAS thread if a member is a linear model."""
        return limit_blas_threads(self.rest)

    def join(self, fitted_rest: Any) -> Any:
        """Give the whole vote, fitted, with the steps before it."""
        is_pipeline = isinstance(fitted_rest, Pipeline)
        fitted = fitted_rest[-1] if is_pipeline else fitted_rest
        members = [
            shared.join(on_part.estimator_)
            for shared, on_part in zip(self.members, fitted.estimators_, strict=True)
        ]
        whole = replace_members(fitted, self.vote, members)
        if not is_pipeline:
            return whole
        return self.before.join(_replace_last(fitted_rest, whole))


def share_label_free(
    estimator: Any, X: Any, params: Iterable[str] = (), *, read_once: bool = True
) -> Shared | SharedVote:
    """Fit once what a pipeline, and the members of a vote, do without labels.

    A vote at the end of a pipeline is looked into if all steps before it can be shared, and a vote
    that is the member of another as well. All members are cut by the same rows.

    Parameters
    ----------
    estimator : estimator
        If it is neither a Pipeline nor a vote, nothing is shared.
    X : array-like, sparse matrix, DataFrame or list, n_samples long
        The data.
    params : iterable of str, default=()
        Names of the metadata given to fit.
    read_once : bool, default=True
        Whether to share only the tokens of text vectorisers, as `share_steps` describes it.

    Returns
    -------
    Shared or SharedVote
        The data after the steps that are fitted, and the rest of the estimator.

    Examples
    --------
    >>> from sklearn.ensemble import VotingClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> scaled, plain = make_pipeline(StandardScaler(), GaussianNB()), GaussianNB()
    >>> vote = VotingClassifier([("scaled", scaled), ("plain", plain)], voting="soft")
    >>> share_label_free(vote, [[1.0], [3.0]]).X.parts
    [array([[-1.],
           [ 1.]]), [[1.0], [3.0]]]
    """
    params = list(params)
    before = share_steps(estimator, X, params, read_once=read_once)
    rest = before.rest
    is_pipeline = isinstance(rest, Pipeline)
    vote = rest[-1] if is_pipeline and len(rest.steps) == 1 else rest
    if not _can_be_shared(vote, params):
        return before
    members = {
        name: share_label_free(member, before.X, params, read_once=read_once)
        for name, member in vote.estimators
        if not is_dropped(member)
    }
    if all(shared.X is before.X for shared in members.values()):
        return before
    parts = list({id(shared.X): shared.X for shared in members.values()}.values())
    places = {id(part): place for place, part in enumerate(parts)}
    on_parts = {name: OnPart(each.rest, places[id(each.X)]) for name, each in members.items()}
    divided = clone(vote)
    divided.estimators = [(name, on_parts.get(name, "drop")) for name, _ in vote.estimators]
    rest = _replace_last(rest, divided) if is_pipeline else divided
    return SharedVote(before, vote, list(members.values()), Parts(parts), rest)


def replace_members(fitted: Any, vote: Any, members: list[Any]) -> Any:
    """Give a fitted vote other fitted members, as it has them if it was fitted with them.

    Parameters
    ----------
    fitted : VotingClassifier or GeometricVotingClassifier
        Fitted on the same labels; it stays as it is.
    vote : VotingClassifier or GeometricVotingClassifier
        The vote of the members that are put in, not fitted.
    members : list of classifiers
        Fitted; one for each that is not dropped.

    Returns
    -------
    VotingClassifier or GeometricVotingClassifier
        Fitted.
    """
    whole = copy(fitted)
    whole.set_params(**clone(vote).get_params(deep=False))
    whole.estimators_ = members
    each = iter(members)
    whole.named_estimators_ = Bunch(
        **{name: "drop" if is_dropped(member) else next(each) for name, member in vote.estimators}
    )
    whole.__dict__.pop("feature_names_in_", None)
    for member in members:
        if hasattr(member, "feature_names_in_"):
            whole.feature_names_in_ = member.feature_names_in_
    return whole


def _can_be_shared(vote: Any, params: list[str]) -> bool:
    """Say whether members of a vote may be cut in two.

    What scikit-learn refuses is left as it is, so that the refusal names what is to blame: members
    of a wrong kind, and sample weights for pipelines without metadata routing.
    """
    if not is_soft_vote(vote) or not has_members(vote) or (params and not _routing_enabled()):
        return False
    members = [member for _, member in vote.estimators if not is_dropped(member)]
    return bool(members) and all(
        is_classifier(member) and not get_tags(member).input_tags.pairwise for member in members
    )


def _replace_last(pipeline: Pipeline, last: Any) -> Pipeline:
    """Give a pipeline another last step."""
    changed = copy(pipeline)
    changed.steps = [*pipeline.steps[:-1], (pipeline.steps[-1][0], last)]
    return changed
