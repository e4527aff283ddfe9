"""Confident learning: the arithmetic that flags and scores labels, in blocks of rows."""
