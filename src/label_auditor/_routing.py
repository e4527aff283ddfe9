"""Who gets the metadata given to fit: the classifier or the splitter."""

from __future__ import annotations

from typing import Any

from sklearn.model_selection import check_cv
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from label_auditor._sklearn import _routing_enabled


def make_router(owner: Any, estimator: Any, cv: Any) -> MetadataRouter:
    """Say which metadata of `fit` the classifier and the splitter want."""
    to_fit = MethodMapping().add(caller="fit", callee="fit")
    to_split = MethodMapping().add(caller="fit", callee="split")
    router = MetadataRouter(owner=owner).add_self_request(owner)
    router.add(estimator=estimator, method_mapping=to_fit)
    if not isinstance(cv, str):
        router.add(splitter=check_cv(cv, classifier=True), method_mapping=to_split)
    return router


def route(auditor: Any, params: dict[str, Any]) -> Bunch:
    """Divide metadata into `fit`, for the classifier, and `split`, for the splitter.

    With metadata routing on, as each requests; off, `groups` goes to the splitter, the rest to
    the classifier.
    """
    if _routing_enabled():
        routed = process_routing(auditor, "fit", **params)
        split = routed.splitter.split if "splitter" in routed else {}
        return Bunch(fit=routed.estimator.fit, split=split)
    groups = params.get("groups")
    if groups is not None and not _uses_groups(auditor.cv):
        raise ValueError(
            f"groups is given, but cv={auditor.cv!r} ignores it; pass a splitter that keeps "
            "groups together, such as cv=StratifiedGroupKFold()."
        )
    return Bunch(
        fit={name: value for name, value in params.items() if name != "groups"},
        split={} if groups is None else {"groups": groups},
    )


def _uses_groups(cv: Any) -> bool:
    """Say whether a splitter uses groups; one that doesn't declare it is believed to."""
    if isinstance(cv, str):
        return False
    splitter = check_cv(cv, classifier=True)
    if not hasattr(splitter, "get_metadata_routing"):
        return True
    return "groups" in splitter.get_metadata_routing().split.requests
