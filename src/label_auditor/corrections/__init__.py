"""What reviewers decided: read from anywhere, kept in files, put into the labels."""

from label_auditor.corrections.apply import CorrectionReport, apply_corrections
from label_auditor.corrections.collection import Corrections
from label_auditor.data.decisions import Correction, Decision

__all__ = ["Correction", "CorrectionReport", "Corrections", "Decision", "apply_corrections"]
