"""The command line, `label-audit`."""

from label_auditor.cli.command_line import main

__all__ = ["main"]
