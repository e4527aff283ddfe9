"""Records of an audit for annotation tools, and data sets for the Hugging Face Hub.

A tool has a folder of its own: :mod:`label_auditor.export.rubrix`,
:mod:`label_auditor.export.argilla` and :mod:`label_auditor.export.label_studio`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from label_auditor.export.hub import from_datasets, to_datasets
    from label_auditor.export.push import PushInterruptedError, PushReport
    from label_auditor.export.records import Record, Records, make_records

__all__ = [
    "PushInterruptedError",
    "PushReport",
    "Record",
    "Records",
    "from_datasets",
    "make_records",
    "to_datasets",
]

# Imported on use: a push needs packages that records don't.
_HOMES = {
    "PushInterruptedError": "push",
    "PushReport": "push",
    "Record": "records",
    "Records": "records",
    "from_datasets": "hub",
    "make_records": "records",
    "to_datasets": "hub",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
