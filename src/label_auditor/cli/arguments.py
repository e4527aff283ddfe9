"""Parse the command line; what is wrong with it is said in one line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_JOBS = 1000


class Parser(argparse.ArgumentParser):
    """A parser that keeps the line breaks of its description, and answers with a single line."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """End the command with status 2."""
        line = " ".join(message.split())
        self.exit(2, f"{self.prog}: error: {line} ({self.prog} --help lists the options)\n")


class PrintText(argparse.Action):
    """Print the text that `const` makes, and end: it is made only if it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, const: Any, help: str) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, const=const, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Do it."""
        print(self.const())
        parser.exit()


def whole_number(lowest: int) -> Callable[[str], int]:
    """Make a type of argument: a whole number of at least `lowest`."""

    def convert(text: str) -> int:
        digits = text.removeprefix("-")
        number = int(text) if digits.isdecimal() and len(digits) < 20 else None
        if number is None or number < lowest:
            raise argparse.ArgumentTypeError(
                f"{text:.30}; a whole number of at least {lowest} is needed"
            )
        return number

    return convert


def number_of_jobs(text: str) -> int:
    """Read how many folds are fitted at a time; -1 stands for all."""
    number = whole_number(-MOST_JOBS)(text)
    if number == 0 or number > MOST_JOBS:
        raise argparse.ArgumentTypeError(
            f"{text}; a whole number from 1 to {MOST_JOBS:,}, or -1 for all, is needed"
        )
    return number


def separator(text: str) -> str:
    """Read the character that divides the cells of CSV; a tab may be named."""
    character = {"tab": "\t", "\\t": "\t"}.get(text.lower(), text)
    if len(character) != 1 or character in '"\r\n\0':
        raise argparse.ArgumentTypeError(
            f"{text!r:.30}; one character is needed, such as ';', or the word tab"
        )
    return character
