"""The decisions of reviewers: read from where they were made, kept in files, put into labels."""

from label_auditor.corrections.apply import CorrectionReport, UnknownLabelsError, apply_corrections
from label_auditor.corrections.collection import Corrections
from label_auditor.data.decisions import Correction, Decision

__all__ = [
    "Correction",
    "CorrectionReport",
    "Corrections",
    "Decision",
    "UnknownLabelsError",
    "apply_corrections",
]
