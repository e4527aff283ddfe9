"""Records of an audit for annotation tools, and data sets for the Hugging Face Hub.

A tool has a folder of its own: :mod:`label_auditor.export.rubrix`,
:mod:`label_auditor.export.argilla` and :mod:`label_auditor.export.label_studio`.
"""

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
