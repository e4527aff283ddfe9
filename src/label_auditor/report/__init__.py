"""How an audit is shown to people: the review page, a summary in notebooks, plots."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from label_auditor.report.page import write_page
    from label_auditor.report.plots import (
        ConfidentJointDisplay,
        ReviewCurveDisplay,
        ScoreDistributionDisplay,
    )

__all__ = [
    "ConfidentJointDisplay",
    "ReviewCurveDisplay",
    "ScoreDistributionDisplay",
    "write_page",
]


# Imported on use: a notebook that shows an audit needs neither the page nor the plots.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "page" if name == "write_page" else "plots"
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
