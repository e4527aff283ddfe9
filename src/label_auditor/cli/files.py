"""Read the files that commands are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from label_auditor.audit.single_label import LabelAudit
from label_auditor.cli.tables import InputError
from label_auditor.corrections.collection import Corrections

if TYPE_CHECKING:
    from pathlib import Path

CORRECTIONS = "the decisions of reviewers: .csv or .json, as the review page and exports write them"


def read_audit(path: Path) -> LabelAudit:
    """Read an audit that `label-audit` or `LabelAudit.save` wrote."""
    try:
        return LabelAudit.load(path)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise InputError(str(error)) from error


def read_corrections(path: Path) -> Corrections:
    """Read corrections; the ending of the name tells the format."""
    readers = {".csv": Corrections.from_csv, ".json": Corrections.from_json}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise InputError(f"{path}: unknown format; the name should end in .csv or .json.")
    try:
        return read(path)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise InputError(str(error)) from error
