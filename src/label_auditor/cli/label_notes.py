"""Labels that are easily mistaken: how they are shown, and what is said about them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from collections.abc import Iterable

_INVISIBLE = ("Cc", "Cf", "Zl", "Zp", "Zs")  # categories of Unicode: controls, formats, spaces


def show_labels(classes: Iterable[Any]) -> dict[Any, str]:
    """Give each class as text by which it can be told from all others.

    Labels that look alike are quoted, and if that is not enough, what is not ASCII is escaped.
    Labels that begin or end with white space are quoted in any case.
    """
    classes = list(classes)
    shown = {label: str(label) for label in classes}
    for label, text in shown.items():
        if text != text.strip():
            shown[label] = repr(text)
    for group in find_lookalikes(classes):
        by_quoting = {unicodedata.normalize("NFKC", repr(label)) for label in group}
        quote = repr if len(by_quoting) == len(group) else ascii
        shown.update((label, quote(label)) for label in group)
    return shown


def find_lookalikes(classes: Iterable[Any]) -> list[list[str]]:
    """Find the strings that differ by white space, invisible characters or Unicode's forms only."""
    groups = defaultdict(list)
    for label in classes:
        if isinstance(label, str):
            groups[_visible(label)].append(label)
    return [group for group in groups.values() if len(group) > 1]


def _visible(label: str) -> str:
    """Give what can be seen of a label."""
    text = unicodedata.normalize("NFKC", label)
    return "".join(each for each in text if unicodedata.category(each) not in _INVISIBLE)


def note_on_labels(classes: Iterable[Any]) -> list[str]:
    """Say what about the classes may not be meant, a line each."""
    classes = list(classes)
    notes = []
    lookalikes = find_lookalikes(classes)
    if lookalikes:
        shown = show_labels(classes)
        named = "; ".join(" and ".join(shown[each] for each in group) for group in lookalikes[:5])
        more = f"; … ({len(lookalikes)} such groups)" if len(lookalikes) > 5 else ""
        notes.append(
            f"these labels are nearly the same, but count as different classes: {named}{more}; if "
            "they mean the same, make them the same and audit again"
        )
    if _are_big_integers(classes):
        notes.append("labels are integers of more than 64 bits, and are audited as text")
    negative = [label for label in classes if _is_number(label) and label < 0]
    if len(negative) == 1 and set(classes) != {-1, 1}:
        notes.append(
            f"{quote_values(negative)} is audited as a class; if it marks rows that have no label, "
            "as it does in data sets of Hugging Face, leave these rows out"
        )
    return notes


def _are_big_integers(classes: Iterable[Any]) -> bool:
    """Tell whether all strings are integers, and some of them too big for 64 bits."""
    digits = re.compile("-?[0-9]{1,999}").fullmatch
    numbers = [int(each) if isinstance(each, str) and digits(each) else None for each in classes]
    known = [each for each in numbers if each is not None]
    return len(known) == len(numbers) and not all(-(2**63) <= each < 2**63 for each in known)


def _is_number(label: Any) -> bool:
    return isinstance(label, int | float) and not isinstance(label, bool)


def on_one_line(text: str, limit: int = 1000) -> str:
    """Replace line breaks, and control characters that a terminal would obey, by spaces."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text[:limit]).strip()
