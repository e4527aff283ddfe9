"""Rubrix 0.18 and Argilla 1: records for their clients, or to and from their servers."""

from label_auditor.export.rubrix.send import push_to_rubrix, to_rubrix

__all__ = ["push_to_rubrix", "to_rubrix"]
