"""The other files that commands are given, and those that they must not write over."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from label_auditor.cli.data_file import is_piped
from label_auditor.cli.errors import InputError, explain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from label_auditor.audit.multi_label import MultiLabelAudit
    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.corrections.collection import Corrections

CORRECTIONS = "the decisions of reviewers: .csv or .json, as the review page and exports write them"


def refuse_overwriting(outputs: Iterable[Path], inputs: Iterable[str | Path | None]) -> None:
    """Refuse to write over a file that is read, be it by another name or through a link."""
    for given in inputs:
        if given is None:
            continue
        for output in outputs:
            if _is_same(output, given):
                name = "standard input" if str(given) == "-" else given
                raise InputError(
                    f"--out {output}: this would overwrite {name}, which the command reads; name "
                    "another file."
                )


def _is_same(output: Path, given: str | Path) -> bool:
    """Tell whether an output is the file that an input names."""
    try:
        there = output.stat()
        if not output.is_file():
            return False
        read = os.fstat(sys.stdin.fileno()) if str(given) == "-" else Path(given).stat()
    except (OSError, ValueError, AttributeError):  # one of them isn't there
        return False
    return os.path.samestat(there, read)


def read_audit(path: Path) -> LabelAudit | MultiLabelAudit:
    """Read an audit that `label-audit` or the `save` of an audit wrote."""
    try:
        return _load(path)
    except OSError as error:
        raise InputError(f"can't read {path}: {explain(error)}.") from error
    except ValueError as error:
        raise InputError(str(error)) from error
    except EOFError as error:
        raise InputError(f"{path} is no audit: it is empty or cut short.") from error


def _load(path: Path) -> LabelAudit | MultiLabelAudit:
    """Load an audit of either kind."""
    from label_auditor.audit.multi_label import MultiLabelAudit
    from label_auditor.audit.single_label import LabelAudit

    try:
        return LabelAudit.load(path)
    except ValueError as error:
        try:
            return MultiLabelAudit.load(path)
        except ValueError:
            raise error from None


def read_corrections(path: Path) -> Corrections:
    """Read corrections; the ending of the name tells the format."""
    from label_auditor.corrections.collection import Corrections

    readers = {".csv": Corrections.from_csv, ".json": Corrections.from_json}
    read = readers.get(path.suffix.lower())
    if read is None and is_piped(str(path)):
        raise InputError(
            f"{path}: corrections can't be read through a pipe, as the name tells their format; "
            "save them in a file whose name ends in .csv or .json, and name it here."
        )
    if read is None:
        raise InputError(f"{path}: unknown format; the name should end in .csv or .json.")
    try:
        return read(path)
    except OSError as error:
        raise InputError(f"can't read {path}: {explain(error)}.") from error
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply to be read.") from error
    except ValueError as error:
        cause = error.__cause__ or error
        if isinstance(cause, UnicodeDecodeError):
            raise InputError(
                f"{path} is not UTF-8 text ({cause.reason}); save or convert it as UTF-8."
            ) from error
        raise InputError(str(error)) from error
