"""Keep findings in one file: NumPy's npz with a JSON header, no pickle."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from label_auditor.data.atomic_write import atomic_write

if TYPE_CHECKING:
    from numpy.typing import NDArray

# By whether the audit is a multi-label one.
FORMATS = {
    False: "label-auditor audit, version 1",
    True: "label-auditor multi-label audit, version 1",
}
# The names of arrays in the file, by those of the fields.
AS_THEY_ARE = {
    "issues": "issues",
    "scores": "quality",
    "ranked": "ranked",
    "evaluated": "evaluated",
}

MATRICES = {"label": "codes", "suggested": "predicted", "flagged": "class_issues"}


def write_findings(
    path: str | os.PathLike[str], fields: dict[str, Any], *, multi_label: bool
) -> None:
    """Write the fields of findings; a file already there stays whole until the new one is."""
    import pandas as pd

    path = Path(path)
    classes, index = fields["classes"], fields["index"]
    header: dict[str, Any] = {
        "format": FORMATS[multi_label],
        "filter_by": fields["filter_by"],
        "rank_by": fields["rank_by"],
        "object_classes": classes.dtype == object,
        "sparse_joint": sparse.issparse(fields["confident_joint"]),
    }
    arrays = {
        "classes": _plain(classes, "classes"),
        "pred_probs": np.asarray(fields["pred_probs"]),
        **{name: fields[field] for name, field in AS_THEY_ARE.items()},
        **(_pack_sets(fields) if multi_label else _pack(fields)),
    }
    if not isinstance(index, range):
        index = pd.Index(index)
        header["index_name"] = None if index.name is None else str(index.name)
        arrays["index"] = _plain(np.asarray(index), "index")
    arrays["header"] = np.array(json.dumps(header))
    with atomic_write(path) as file:
        np.savez(file, **arrays)


def read_findings(path: str | os.PathLike[str], *, multi_label: bool) -> dict[str, Any]:
    """Read the fields of findings."""
    name = "MultiLabelAudit" if multi_label else "LabelAudit"
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        header = json.loads(str(arrays["header"]))
        if header["format"] not in FORMATS.values():
            raise KeyError(header["format"])
    except (ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not an audit that this version can read; "
            f"pass a file that {name}.save or label-audit wrote."
        ) from error
    if header["format"] != FORMATS[multi_label]:
        kind, other = ("an", "LabelAudit") if multi_label else ("a multi-label", "MultiLabelAudit")
        raise ValueError(
            f"{os.fspath(path)!r} is not an audit that {name} holds, but {kind} audit; "
            f"read it with {other}.load."
        )
    classes = arrays["classes"]
    if header["object_classes"]:
        classes = classes.astype(object)
    index: Any = range(len(arrays["scores"]))
    if "index" in arrays:
        import pandas as pd

        index = pd.Index(arrays["index"], name=header["index_name"])
    return {
        "classes": classes,
        "pred_probs": arrays["pred_probs"],
        "index": index,
        "filter_by": header["filter_by"],
        "rank_by": header["rank_by"],
        **{field: arrays[name] for name, field in AS_THEY_ARE.items()},
        **(_unpack_sets if multi_label else _unpack)(arrays, len(classes), header),
    }


def _pack(fields: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Give codes and joint as plain arrays."""
    joint = sparse.coo_array(fields["confident_joint"])
    return {
        "label_codes": fields["codes"],
        "suggested_codes": fields["predicted"],
        "joint": np.stack([joint.row, joint.col, joint.data]),
    }


def _unpack(
    arrays: dict[str, NDArray[Any]], n_classes: int, header: dict[str, Any]
) -> dict[str, Any]:
    """Give codes and joint as they were."""
    rows, columns, counts = arrays["joint"]
    joint = sparse.coo_array((counts, (rows, columns)), shape=(n_classes, n_classes))
    return {
        "codes": arrays["label_codes"],
        "predicted": arrays["suggested_codes"],
        "confident_joint": joint.tocsr() if header["sparse_joint"] else joint.toarray(),
    }


def _pack_sets(fields: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Give sets of labels, flags and joints of the classes as plain arrays."""
    cells = {f"{name}_cells": np.stack(fields[field].nonzero()) for name, field in MATRICES.items()}
    return {"joint": fields["confident_joint"], **cells}


def _unpack_sets(
    arrays: dict[str, NDArray[Any]], n_classes: int, _header: dict[str, Any]
) -> dict[str, Any]:
    """Give sets of labels, flags and joints of the classes as they were."""
    shape = (len(arrays["scores"]), n_classes)

    def matrix(cells: NDArray[Any]) -> sparse.csr_array:
        return sparse.csr_array((np.ones(cells.shape[1], bool), tuple(cells)), shape=shape)

    sets = {field: matrix(arrays[f"{name}_cells"]) for name, field in MATRICES.items()}
    return {"confident_joint": arrays["joint"], **sets}


def _plain(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Give an array that npz can hold without pickle: strings of fixed width for objects."""
    if values.dtype != object:
        return values
    if not all(isinstance(value, str) for value in values):
        raise TypeError(
            f"{name} holds {type(values[0]).__name__} objects, which can't be saved without "
            f"pickle; audit with {name} made of strings or numbers."
        )
    return values.astype(str)
