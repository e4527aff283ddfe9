"""Whether the metadata that `fit` is given goes to the classifier or to the splitter."""

from __future__ import annotations

import traceback
from numbers import Integral
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from label_auditor._sklearn import _routing_enabled

# The parts of scikit-learn that may be among the callers of a fit on all rows. Apart from the
# pipeline, they are decorators and callbacks.
KEEP_ROWS = {"base", "callback", "pipeline", "utils"}


def make_router(owner: Any, estimator: Any, cv: Any) -> MetadataRouter:
    """Make the router by which the classifier and the splitter request metadata of `fit`."""
    to_fit = MethodMapping().add(caller="fit", callee="fit")
    to_split = MethodMapping().add(caller="fit", callee="split")
    router = MetadataRouter(owner=owner).add_self_request(owner)
    router.add(estimator=estimator, method_mapping=to_fit)
    if _is_splitter(cv):
        router.add(splitter=cv, method_mapping=to_split)
    return router


def route(auditor: Any, params: dict[str, Any]) -> Bunch:
    """Divide metadata into `fit`, for the classifier, and `split`, for the splitter.

    If metadata routing is enabled, each gets what it requests. Otherwise, `groups` goes to the
    splitter and everything else to the classifier.
    """
    if _routing_enabled():
        routed = process_routing(auditor, "fit", **params)
        split = routed.splitter.split if _is_splitter(auditor.cv) else {}
        return Bunch(fit=routed.estimator.fit, split=split)
    groups = params.get("groups")
    if groups is not None and not _uses_groups(auditor.cv):
        raise ValueError(
            f"groups is given, but {_name(auditor.cv)} ignores it; pass a splitter that keeps "
            "groups together, such as cv=StratifiedGroupKFold()."
        )
    return Bunch(
        fit={name: value for name, value in params.items() if name != "groups"},
        split={} if groups is None else {"groups": groups},
    )


def params_of_last(estimator: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Give what of the metadata of `fit` reaches the classifier at the end of a pipeline."""
    if not isinstance(estimator, Pipeline):
        return params
    name = estimator.steps[-1][0]
    if _routing_enabled():
        return dict(process_routing(estimator, "fit", **params)[name].fit)
    prefix = f"{name}__"
    return {
        param.removeprefix(prefix): value
        for param, value in params.items()
        if param.startswith(prefix)
    }


def refuse_cut_rows() -> None:
    """Refuse positions of rows if `fit` is called by something that may pass only some rows.

    A grid search, for example, fits on a part of the rows, and their positions in that part are
    others. The arguments of `fit` don't show this, so its callers are looked at. A pipeline of
    scikit-learn is no problem, because it passes on all rows in the same order.

    Raises
    ------
    ValueError
        If one of the callers is a meta-estimator or function that may divide rows.
    """
    for frame, _ in traceback.walk_stack(None):
        module = str(frame.f_globals.get("__name__"))
        package, _, inside = module.partition(".")
        part = inside.partition(".")[0]
        if package == "imblearn" or (package == "sklearn" and part not in KEEP_ROWS):
            raise ValueError(
                f"reviewed names rows of X, but fit is called by {module}, which may pass a part "
                "of the rows, or other labels; call fit with reviewed of the auditor itself, or of "
                "a pipeline of scikit-learn that ends in it."
            )


def _is_splitter(cv: Any) -> bool:
    """Tell whether `cv` is a splitter, not a number of folds, a list of splits, None or a name."""
    return hasattr(cv, "split") and not isinstance(cv, str)


def _uses_groups(cv: Any) -> bool:
    """Tell whether `cv` uses groups; a splitter that doesn't declare it is assumed to do so."""
    if not _is_splitter(cv):
        return False
    if not hasattr(cv, "get_metadata_routing"):
        return True
    return "groups" in cv.get_metadata_routing().split.requests


def _name(cv: Any) -> str:
    """Name a `cv` in a message. Given splits aren't quoted, as their positions would fill pages."""
    short = _is_splitter(cv) or cv is None or isinstance(cv, (Integral, str))
    return f"cv={cv!r}" if short else "an iterable of splits"
