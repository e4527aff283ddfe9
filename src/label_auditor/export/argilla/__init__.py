"""Argilla 2: records and settings for its client, or to and from its servers."""

from label_auditor.export.argilla.send import push_to_argilla, to_argilla

__all__ = ["push_to_argilla", "to_argilla"]
