"""Plots of an audit and of a review: the displays of `label_auditor.report`, under a short name."""

from label_auditor.report.plots import (
    ConfidentJointDisplay,
    ReviewCurveDisplay,
    ScoreDistributionDisplay,
)

__all__ = ["ConfidentJointDisplay", "ReviewCurveDisplay", "ScoreDistributionDisplay"]
