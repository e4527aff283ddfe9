"""`--fail-on`: a limit on the flagged rows, by which a pipeline of checks ends."""

from __future__ import annotations

import argparse
import re
from typing import NamedTuple


class TooManyError(Exception):
    """The work is done, and more rows are flagged than may be; the command ends with status 1."""


class Limit(NamedTuple):
    """How many flagged rows are too many.

    Attributes
    ----------
    text : str
        As the user wrote it.
    n : int or None
        That many rows.
    percent : float or None
        That share of all rows.
    """

    text: str
    n: int | None
    percent: float | None

    def check(self, n_flagged: int, n_rows: int) -> None:
        """Refuse so many flagged rows that nobody has decided; none are never too many."""
        lowest = self.n if self.n is not None else (self.percent or 0) * n_rows / 100
        if n_flagged and n_flagged >= lowest:
            raise TooManyError(
                f"{n_flagged:,} of {n_rows:,} rows ({n_flagged / n_rows:.1%}) are flagged and not "
                f"decided yet, which is not below --fail-on {self.text}."
            )


def read_limit(text: str) -> Limit:
    """Read a number of rows, or a percentage of them.

    Examples
    --------
    >>> read_limit("2.5%")
    Limit(text='2.5%', n=None, percent=2.5)
    """
    if re.fullmatch(r"[0-9]{1,15}", text):
        return Limit(text, int(text), None)
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,15})?%", text) and float(text[:-1]) <= 100:
        return Limit(text, None, float(text[:-1]))
    raise argparse.ArgumentTypeError(
        f"{text:.30}; a number of rows, as 20, or a percentage of them, as 2.5%, is needed"
    )
