"""Hints at the right name, for names that people try who know pandas, scikit-learn or cleanlab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class Hinting:
    """A class whose errors about some names that it doesn't have say what to write instead.

    `_HINTS` has what to write, by the name that was tried. Nothing is found that was not there:
    `hasattr` stays False, and all other names are treated as ever.
    """

    _HINTS: ClassVar[Mapping[str, str]] = {}

    if not TYPE_CHECKING:  # type checkers would take it that any name is there

        def __getattr__(self, name: str) -> Any:
            hint = type(self)._HINTS.get(name)
            if hint is None:
                # Python's own error, or that of a property that has failed.
                return object.__getattribute__(self, name)
            raise AttributeError(f"{type(self).__name__} has no {name!r}; write {hint}.")
