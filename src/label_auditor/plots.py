"""Plots of an audit and of a review, under a short name."""

from label_auditor.report.plots import *  # noqa: F403 - a face
