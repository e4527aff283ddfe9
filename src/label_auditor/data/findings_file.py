"""Keep an audit in one file: NumPy's npz with a JSON header, no pickle."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from label_auditor.data.atomic_write import whole_file
from label_auditor.data.label_sets import decode_label_sets, encode_label_sets
from label_auditor.data.labels import encode_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

# By whether the audit is a multi-label one.
FORMATS = {
    False: "label-auditor audit, version 1",
    True: "label-auditor multi-label audit, version 1",
}
AS_THEY_ARE = ("issues", "scores", "ranked", "evaluated")


def write_audit(path: str | os.PathLike[str], fields: dict[str, Any], *, multi_label: bool) -> None:
    """Write the fields of an audit; a file already there stays whole until the new one is."""
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
        **{name: fields[name] for name in AS_THEY_ARE},
        **(_pack_sets(fields) if multi_label else _pack(fields)),
    }
    if not isinstance(index, range):
        index = pd.Index(index)
        header["index_name"] = None if index.name is None else str(index.name)
        arrays["index"] = _plain(np.asarray(index), "index")
    arrays["header"] = np.array(json.dumps(header))
    with whole_file(path) as file:
        np.savez(file, **arrays)


def read_audit(path: str | os.PathLike[str], *, multi_label: bool) -> dict[str, Any]:
    """Read the fields of an audit."""
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
        **{name: arrays[name] for name in AS_THEY_ARE},
        **(_unpack_sets if multi_label else _unpack)(arrays, classes, header),
    }


def _pack(fields: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Give labels and joint as plain arrays."""
    joint = sparse.coo_array(fields["confident_joint"])
    return {
        "label_codes": encode_labels(fields["labels"], fields["classes"])[0],
        "suggested_codes": encode_labels(fields["suggested_labels"], fields["classes"])[0],
        "joint": np.stack([joint.row, joint.col, joint.data]),
    }


def _unpack(
    arrays: dict[str, NDArray[Any]], classes: NDArray[Any], header: dict[str, Any]
) -> dict[str, Any]:
    """Give labels and joint as they were."""
    rows, columns, counts = arrays["joint"]
    joint = sparse.coo_array((counts, (rows, columns)), shape=(len(classes), len(classes)))
    return {
        "labels": _decode(arrays["label_codes"], classes),
        "suggested_labels": _decode(arrays["suggested_codes"], classes),
        "confident_joint": joint.tocsr() if header["sparse_joint"] else joint.toarray(),
    }


def _pack_sets(fields: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Give sets of labels, flags and joints of the classes as plain arrays."""
    matrices = {
        "label": encode_label_sets(fields["labels"], fields["classes"])[0],
        "suggested": encode_label_sets(fields["suggested_labels"], fields["classes"])[0],
        "flagged": fields["class_issues"],
    }
    return {
        "joint": fields["confident_joint"],
        **{f"{name}_cells": np.stack(matrix.nonzero()) for name, matrix in matrices.items()},
    }


def _unpack_sets(
    arrays: dict[str, NDArray[Any]], classes: NDArray[Any], _header: dict[str, Any]
) -> dict[str, Any]:
    """Give sets of labels, flags and joints of the classes as they were."""

    def matrix(name: str) -> sparse.csr_array:
        cells = arrays[f"{name}_cells"]
        shape = (len(arrays["scores"]), len(classes))
        return sparse.csr_array((np.ones(cells.shape[1], bool), tuple(cells)), shape=shape)

    return {
        "labels": decode_label_sets(matrix("label"), classes),
        "suggested_labels": decode_label_sets(matrix("suggested"), classes),
        "class_issues": matrix("flagged"),
        "confident_joint": arrays["joint"],
    }


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


def _decode(codes: NDArray[np.intp], classes: NDArray[Any]) -> NDArray[Any]:
    """Turn column positions into labels; -1 into NaN among floats, else into None."""
    labels = classes[codes]
    if (codes < 0).any():
        labels = labels.astype(float if classes.dtype.kind == "f" else object)
        labels[codes < 0] = np.nan if classes.dtype.kind == "f" else None
    return labels
