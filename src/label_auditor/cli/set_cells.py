"""Sets of labels in the cells of a table of texts: how they are written there, and can be again."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

SEPARATORS = ";|,"


class Notation(NamedTuple):
    """How the cells of a column hold sets.

    Attributes
    ----------
    read, write : callable
        From a cell to a list of classes, and the other way round.
    """

    read: Callable[[str], list[Any]]
    write: Callable[[list[Any]], str]


def find_notation(cells: Iterable[str | None], chosen: Collection[str]) -> Notation | None:
    """Find how all cells of a column hold sets.

    Parameters
    ----------
    cells : iterable of str or None
        The cells. Those that are empty hold no class.
    chosen : collection of str
        Classes that have to be written.

    Returns
    -------
    Notation or None
        Lists of JSON or of Python; or names that one of ``;|,`` divides, where none of the others
        is to be seen. None if it can't be told.

    Examples
    --------
    >>> notation = find_notation(["wifi; app", "wifi", None], ["app"])
    >>> notation.read("wifi; app"), notation.write(["app", "wifi"])
    (['wifi', 'app'], 'app; wifi')
    """
    filled = [cell for cell in cells if cell]
    for notation in (Notation(json.loads, _write_json), Notation(ast.literal_eval, str)):
        if filled and all(_holds_list(cell, notation.read) for cell in filled):
            return notation
    seen = [each for each in SEPARATORS if any(each in text for text in (*filled, *chosen))]
    if len(seen) != 1 or any(seen[0] in name for name in chosen):
        return None
    (mark,) = seen
    found = Counter(match for cell in filled for match in re.findall(rf" *\{mark} *", cell))
    between = found.most_common(1)[0][0]
    return Notation(lambda cell: [name.strip() for name in cell.split(mark)], between.join)


def _holds_list(cell: str, read: Callable[[str], Any]) -> bool:
    """Tell whether a cell is a list, with nothing in it but names and numbers."""
    try:
        found = read(cell)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return isinstance(found, list) and all(isinstance(each, str | int) for each in found)


def _write_json(classes: list[Any]) -> str:
    """Give a list of JSON, in which all letters stand as they are."""
    return json.dumps(classes, ensure_ascii=False)
