"""Confident learning: the arithmetic that flags and scores labels, in blocks of rows.

Nothing here is public. The scores are, as :mod:`label_auditor.scores`.
"""

__all__: list[str] = []
