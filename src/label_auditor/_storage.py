"""Keep a LabelAudit in one file: NumPy's npz with a JSON header, no pickle."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from label_auditor.validation import encode_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = "label-auditor audit, version 1"
AS_THEY_ARE = ("issues", "scores", "ranked", "evaluated")


def write_audit(path: str | os.PathLike[str], fields: dict[str, Any]) -> None:
    """Write the fields of an audit; a file already there stays whole until the new one is."""
    import pandas as pd

    path = Path(path)
    classes, index = fields["classes"], fields["index"]
    header: dict[str, Any] = {
        "format": FORMAT,
        "filter_by": fields["filter_by"],
        "rank_by": fields["rank_by"],
        "object_classes": classes.dtype == object,
    }
    arrays = {
        "classes": _plain(classes, "classes"),
        "label_codes": encode_labels(fields["labels"], classes)[0],
        "suggested_codes": encode_labels(fields["suggested_labels"], classes)[0],
        "pred_probs": np.asarray(fields["pred_probs"]),
        **{name: fields[name] for name in AS_THEY_ARE},
    }
    joint = sparse.coo_array(fields["confident_joint"])
    header["sparse_joint"] = sparse.issparse(fields["confident_joint"])
    arrays["joint"] = np.stack([joint.row, joint.col, joint.data])
    if not isinstance(index, range):
        index = pd.Index(index)
        header["index_name"] = None if index.name is None else str(index.name)
        arrays["index"] = _plain(np.asarray(index), "index")
    arrays["header"] = np.array(json.dumps(header))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            np.savez(file, **arrays)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_audit(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the fields of an audit."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        header = json.loads(str(arrays["header"]))
        if header["format"] != FORMAT:
            raise KeyError(header["format"])
    except (ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not an audit that this version can read; "
            "pass a file that LabelAudit.save or label-audit wrote."
        ) from error
    classes = arrays["classes"]
    if header["object_classes"]:
        classes = classes.astype(object)
    n_samples, n_classes = arrays["pred_probs"].shape
    rows, columns, counts = arrays["joint"]
    joint = sparse.coo_array((counts, (rows, columns)), shape=(n_classes, n_classes))
    index: Any = range(n_samples)
    if "index" in arrays:
        import pandas as pd

        index = pd.Index(arrays["index"], name=header["index_name"])
    return {
        "labels": _decode(arrays["label_codes"], classes),
        "classes": classes,
        "pred_probs": arrays["pred_probs"],
        "suggested_labels": _decode(arrays["suggested_codes"], classes),
        "index": index,
        "confident_joint": joint.tocsr() if header["sparse_joint"] else joint.toarray(),
        "filter_by": header["filter_by"],
        "rank_by": header["rank_by"],
        **{name: arrays[name] for name in AS_THEY_ARE},
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
