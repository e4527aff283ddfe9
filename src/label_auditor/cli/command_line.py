"""Run `label-audit`, and turn whatever happens into a status and at most one line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from label_auditor.cli.arguments import Parser

# Nothing else is imported before `main` runs, so that Ctrl-C is answered at any time. Commands
# import scikit-learn and pandas, which take seconds, when they are run.


def main(argv: Sequence[str] | None = None) -> int:
    """Run `label-audit`.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments; None: those of the process.

    Returns
    -------
    int
        The exit status: 0 done, 1 done and more is flagged than --fail-on allows, 2 wrong input,
        130 interrupted.
    """
    try:
        return _run_safely(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return _fail("interrupted", status=130)


def _run_safely(argv: Sequence[str]) -> int:
    """Run a command; what goes wrong is one line and status 2."""
    from label_auditor.cli.errors import InputError, explain
    from label_auditor.cli.gate import TooManyError
    from label_auditor.cli.process import discard_output, end_on_signals, prepare_streams

    prepare_streams()
    try:
        with end_on_signals():
            try:
                _run(argv)
            finally:
                sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in `| head`; all files are written
        discard_output()
    except TooManyError as error:
        return _fail(str(error), status=1)
    except InputError as error:
        return _fail(str(error))
    except MemoryError:
        return _fail("there is not enough memory for this table.")
    except OSError as error:  # those of files are InputErrors
        discard_output()
        return _fail(f"can't write the output: {explain(error)}.")
    except Exception as error:  # a traceback helps nobody at a terminal
        if sys.flags.dev_mode:
            raise
        return _fail(
            f"this is an error of label-audit itself: {type(error).__name__}: {error} "
            "(with PYTHONDEVMODE=1, it shows where)"
        )
    return 0


def _fail(message: str, *, status: int = 2) -> int:
    """Say in one line why the command ends."""
    try:
        print("label-audit:", " ".join(message.split()), file=sys.stderr, flush=True)
    except OSError:
        return status  # nobody reads it, and the status says it as well
    return status


def _run(argv: Sequence[str]) -> None:
    """Run the command that the first word names; without one, it is the table to audit."""
    from label_auditor.cli import apply, audit, estimate, next  # noqa: A004

    # Words that may stand in place of DATA; no table has such a name.
    commands = {"next": next, "estimate": estimate, "apply": apply, "": audit}
    word = argv[0] if argv and argv[0] in commands else ""
    arguments = _make_parser(word, commands).parse_args(argv[1:] if word else argv)
    commands[word].run(arguments)


def _make_parser(word: str, commands: Mapping[str, ModuleType]) -> Parser:
    """Make the parser of a command; that of the command without a name tells of the others."""
    from label_auditor.cli.arguments import Parser, PrintText
    from label_auditor.cli.completion import make_script

    command = commands[word]
    if word:
        parser = Parser(f"label-audit {word}", command.DESCRIPTION, command.EPILOG)
    else:
        listed = [f"  {name:<10}  {each.SUMMARY}" for name, each in commands.items() if name]
        listed.insert(0, "\ncommands (label-audit COMMAND --help says more):")
        parser = Parser("label-audit", command.DESCRIPTION, command.EPILOG + "\n".join(listed))
        parser.add_argument(
            "--version",
            action=PrintText,
            const=lambda: f"label-audit {_version()}",
            help="print the version",
        )
        parser.add_argument(
            "--completion",
            action=PrintText,
            const=lambda: make_script({name: _make_parser(name, commands) for name in commands}),
            help='print what completes words in bash and zsh: eval "$(label-audit --completion)"',
        )
    command.add_arguments(parser)
    return parser


def _version() -> str:
    from importlib.metadata import version

    return version("label-auditor")
