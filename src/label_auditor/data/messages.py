"""Values, rows and counts as error messages name them: the first few, and how many in all."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from numpy.typing import ArrayLike


# Frames of these packages are passed over where a warning looks for the line that it is about.
_PASSED_OVER = {__name__.partition(".")[0], "joblib", "sklearn"}


def warn(message: str) -> None:
    """Warn whoever called this package, however deep in it the reason was found."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_OVER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)


def list_rows(rows: ArrayLike, limit: int = 5) -> str:
    """Say which rows: 'row 3', 'rows 3, 8', 'rows 3, 8, 9, 12, 15, … (70 in all)'."""
    import numpy as np

    rows = np.asarray(rows)
    named = ", ".join(str(row) for row in rows[:limit].tolist())
    more = f", … ({len(rows)} in all)" if len(rows) > limit else ""
    return f"row{'s' if len(rows) > 1 else ''} {named}{more}"


def quote_values(values: Iterable[Any], limit: int = 5) -> str:
    """Say which values: "'a', 'b', 'c', 'd', 'e', … (9 in all)"."""
    values = list(values.tolist() if hasattr(values, "tolist") else values)
    more = f", … ({len(values)} in all)" if len(values) > limit else ""
    return ", ".join(repr(value) for value in values[:limit]) + more


def repeated(values: Iterable[Hashable]) -> list[Any]:
    """Give the values that occur more than once, each of them once."""
    return [value for value, count in Counter(values).items() if count > 1]


def quote_counts(counts: dict[Any, int], limit: int = 5) -> str:
    """Say which values and how often: "'a': 2, 'b': 1"."""
    named = ", ".join(f"{value!r}: {n}" for value, n in list(counts.items())[:limit])
    return named + (f", … ({len(counts)} in all)" if len(counts) > limit else "")
