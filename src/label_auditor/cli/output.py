"""Where a command shows what it does: on a terminal, as JSON, or nowhere."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from label_auditor.cli.errors import needs
from label_auditor.cli.label_notes import on_one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import ModuleType

    Stage = Callable[[str], AbstractContextManager[Callable[[str], None]]]


def add_arguments(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the arguments that say what is shown, and how."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="print warnings and errors, and nothing else"
    )


def load_terminal(arguments: argparse.Namespace) -> ModuleType | None:
    """Give the module that prints tables; None where none are to be printed.

    Raises
    ------
    InputError
        If it is needed, and rich is not installed.
    """
    if arguments.json or arguments.quiet:
        return None
    try:
        from label_auditor.cli import terminal
    except ImportError as error:
        raise needs("rich", "print tables") from error
    return terminal


def progress(terminal: ModuleType | None) -> AbstractContextManager[Stage]:
    """Show the stages of the work, where tables are printed."""
    if terminal is None:
        return nullcontext(lambda _: nullcontext(lambda _: None))
    shown: AbstractContextManager[Stage] = terminal.progress()
    return shown


def warn(terminal: ModuleType | None, messages: Iterable[str]) -> None:
    """Print warnings on stderr, a line each."""
    for message in messages:
        if terminal is None:
            print(f"warning: {on_one_line(message)}", file=sys.stderr)
        else:
            terminal.print_warning(message)


def print_json(summary: dict[str, Any]) -> None:
    """Print an object of JSON, in which half of a surrogate pair is an escape."""
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False, default=str)
    print(text.encode("utf-8", "backslashreplace").decode())


def open_page(page: Path) -> list[str]:
    """Open a page in a browser; give what is to say if there is none."""
    import webbrowser

    address = page.absolute().as_uri()
    return (
        [] if webbrowser.open(address) else [f"no browser could be opened; open {address} in one"]
    )
