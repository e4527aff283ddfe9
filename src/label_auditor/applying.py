"""Applying corrections, under the name that was documented first."""

from label_auditor.corrections.apply import *  # noqa: F403 - a face
