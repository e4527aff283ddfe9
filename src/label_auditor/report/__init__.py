"""How an audit is shown to people: the review page, a summary in notebooks, plots."""

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
