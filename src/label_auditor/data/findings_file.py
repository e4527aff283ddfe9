"""Keep findings in one file: NumPy's npz with a JSON header, no pickle."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from label_auditor.data import annotations_file
from label_auditor.data.atomic_write import atomic_write
from label_auditor.data.messages import quote_values
from label_auditor.data.npz import (
    DAMAGED,
    check_arrays,
    find_array,
    find_arrays,
    map_array,
    read_array,
    write_arrays,
)
from label_auditor.data.values import find_missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Files of this version and older ones can be read. Raise it only when older releases can't read
# what is written.
VERSION = 1
# By whether the audit is a multi-label one.
FORMATS = {
    False: f"label-auditor audit, version {VERSION}",
    True: f"label-auditor multi-label audit, version {VERSION}",
}
FORMAT = re.compile(r"label-auditor (multi-label )?audit, version ([0-9]{1,6})")
# The names of arrays in the file, by those of the fields.
AS_THEY_ARE = {
    "issues": "issues",
    "scores": "quality",
    "ranked": "ranked",
    "evaluated": "evaluated",
}

MATRICES = {"label": "codes", "suggested": "predicted", "flagged": "class_issues"}

# Shapes and kinds of dtypes of the arrays: n rows, K classes, m flagged rows, and others.
ARRAYS: dict[str, tuple[tuple[Any, ...], str]] = {
    "classes": (("K",), "biufUSMm"),
    "pred_probs": (("n", "K"), "biuf"),
    "issues": (("n",), "b"),
    "scores": (("n",), "f"),
    "ranked": (("m",), "iu"),
    "evaluated": (("n",), "b"),
    "header": ((), "U"),
}
ONE_LABEL: dict[str, tuple[tuple[Any, ...], str]] = {
    "label_codes": (("n",), "iu"),
    "suggested_codes": (("n",), "iu"),
    "joint": ((3, "cells"), "iu"),
}
MANY_LABELS: dict[str, tuple[tuple[Any, ...], str]] = {
    "joint": (("K", 2, 2), "iu"),
    **{f"{name}_cells": ((2, name), "iu") for name in MATRICES},
}
OPTIONAL: dict[str, tuple[tuple[Any, ...], str]] = {
    "index": (("n",), "biufUSMm"),
    "class_names": (("K",), "U"),
}
# The most characters that a header may have: rules, scores and an index have short names.
LONGEST_HEADER = 100_000
# With more classes than this no audit has a dense joint, which would take n_classes ** 2 numbers.
MOST_DENSE_CLASSES = 2000
# How far probabilities may be off: those that were once float16 are not exact.
TOLERANCE = 5e-3


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
    annotations = fields.get("annotations")
    arrays = {
        "classes": _plain(classes, "classes"),
        "pred_probs": fields["pred_probs"],
        **{name: fields[field] for name, field in AS_THEY_ARE.items()},
        **(_pack_sets(fields) if multi_label else _pack(fields)),
    }
    arrays["ranked"] = arrays["ranked"].astype(np.min_scalar_type(len(arrays["issues"])))
    if annotations is not None:
        header |= {"consensus": annotations.method, "by_model": annotations.by_model}
        arrays |= annotations_file.pack(annotations)
        arrays["annotator_names"] = _plain(arrays["annotator_names"], "the names of annotators")
    if not isinstance(index, range):
        index = pd.Index(index)
        header["index_name"] = None if index.name is None else str(index.name)
        arrays["index"] = _plain(np.asarray(index), "index")
    if fields["class_names"] is not None:
        arrays["class_names"] = _plain(np.array(fields["class_names"], object), "class_names")
    arrays["header"] = np.array(json.dumps(header))
    with atomic_write(path) as file:
        write_arrays(file, arrays)


def read_findings(
    path: str | os.PathLike[str], *, multi_label: bool, mmap: bool = False
) -> dict[str, Any]:
    """Read the fields of findings; what the file holds is checked, most of it before it is read.

    With `mmap`, the probabilities stay in the file.
    """
    name = "MultiLabelAudit" if multi_label else "LabelAudit"
    with Path(path).open("rb") as file:
        try:
            header, arrays = _read_file(
                file, multi_label=multi_label, mapped=Path(path) if mmap else None
            )
        except _OtherFileError as error:
            raise ValueError(f"{os.fspath(path)!r} {error}") from None
        except DAMAGED as error:
            raise ValueError(
                f"{os.fspath(path)!r} is not an audit that this version can read "
                f"({str(error) or type(error).__name__}); "
                f"pass a file that {name}.save or label-audit wrote."
            ) from error
    arrays["ranked"] = arrays["ranked"].astype(np.intp, copy=False)
    classes = arrays["classes"]
    if header["object_classes"]:
        classes = classes.astype(object)
    index: Any = range(len(arrays["scores"]))
    if "index" in arrays:
        import pandas as pd

        index = pd.Index(arrays["index"], name=header["index_name"])
    more = {}
    if "consensus" in header:
        more["annotations"] = annotations_file.unpack(arrays, header)
    return more | {
        "classes": classes,
        "pred_probs": arrays["pred_probs"],
        "index": index,
        "filter_by": header["filter_by"],
        "rank_by": header["rank_by"],
        "class_names": tuple(arrays["class_names"].tolist()) if "class_names" in arrays else None,
        **{field: arrays[name] for name, field in AS_THEY_ARE.items()},
        **(_unpack_sets if multi_label else _unpack)(arrays, len(classes), header),
    }


class _OtherFileError(Exception):
    """The file is an audit, but another class or a newer release reads it."""


def _read_file(
    file: IO[bytes], *, multi_label: bool, mapped: Path | None
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read header and arrays of a file that may hold anything."""
    with zipfile.ZipFile(file) as archive:
        # What a newer release writes may differ in all but this.
        header = _read_header(archive)
        _check_format(header["format"], multi_label=multi_label)
        found = find_arrays(archive)
        expected = ARRAYS | (MANY_LABELS if multi_label else ONE_LABEL)
        expected = expected | {name: OPTIONAL[name] for name in OPTIONAL if name in found}
        if "consensus" in header:
            expected = expected | annotations_file.ARRAYS
        lengths = check_arrays(found, expected)
        in_file = {"pred_probs"} if mapped and min(found["pred_probs"].shape) else set()
        arrays = {
            name: read_array(archive, name) for name in expected.keys() - in_file - {"header"}
        }
        if mapped is not None and in_file:
            arrays["pred_probs"] = map_array(mapped, archive, "pred_probs")
    _check_header(header, lengths["K"], has_index="index" in found)
    _check_values(arrays, lengths, multi_label=multi_label)
    if "consensus" in header:
        annotations_file.check(arrays, lengths)
    return header, arrays


def _read_header(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the header alone."""
    stored = find_array(archive, "header")
    if stored.shape != () or stored.dtype.itemsize > 4 * LONGEST_HEADER:
        raise ValueError("it has no header of an audit")
    header: dict[str, Any] = json.loads(str(read_array(archive, "header")))
    return header


def _check_format(found: Any, *, multi_label: bool) -> None:
    """Raise if a file is no audit, one of the other kind, or one that a newer release wrote."""
    match = FORMAT.fullmatch(str(found))
    if match is None:
        raise ValueError(f"its format is {found!r:.60}")
    if int(match[2]) > VERSION:
        raise _OtherFileError(
            f"was written by a newer label-auditor (format version {int(match[2])}; this release "
            f"reads up to {VERSION}); upgrade with pip install --upgrade label-auditor."
        )
    if bool(match[1]) is not multi_label:
        name = "MultiLabelAudit" if multi_label else "LabelAudit"
        kind, other = ("an", "LabelAudit") if multi_label else ("a multi-label", "MultiLabelAudit")
        raise _OtherFileError(
            f"is not an audit that {name} holds, but {kind} audit; read it with {other}.load."
        )


def _check_header(header: dict[str, Any], n_classes: int, *, has_index: bool) -> None:
    """Check that the header has what an audit needs, of the right types."""
    types: dict[str, Any] = dict.fromkeys(("filter_by", "rank_by"), str)
    types |= dict.fromkeys(("object_classes", "sparse_joint"), bool)
    if has_index:
        types["index_name"] = (str, type(None))
    if "consensus" in header:
        types |= {"consensus": str, "by_model": bool}
    for name, kind in types.items():
        if not isinstance(header.get(name, NotImplemented), kind):
            raise ValueError(f"its header has no valid {name!r}")
    if n_classes > MOST_DENSE_CLASSES and not header["sparse_joint"]:
        raise ValueError(f"its joint is dense though it has {n_classes} classes")


def _check_values(
    arrays: dict[str, NDArray[Any]], lengths: dict[str, int], *, multi_label: bool
) -> None:
    """Check that the arrays of an audit agree with each other."""
    n, n_classes = lengths["n"], lengths["K"]
    classes, issues, evaluated = (arrays[name] for name in ("classes", "issues", "evaluated"))
    names = arrays.get("class_names", classes)
    scored = ~np.isnan(arrays["scores"])
    flagged = np.flatnonzero(issues)
    in_range = {"label_cells", "suggested_cells", "flagged_cells"} & set(arrays)
    rules = {
        "it has no rows or no classes": n > 0 and n_classes > 0,
        "classes repeat": len(np.unique(classes)) == n_classes,
        "a class is missing": not find_missing(classes).any(),
        "names of classes repeat": len(np.unique(names)) == len(names),
        "ranked doesn't name the flagged rows": np.array_equal(np.sort(arrays["ranked"]), flagged),
        "rows are flagged that were not evaluated": evaluated[flagged].all(),
        "scores are not those of the evaluated rows": np.array_equal(scored, evaluated),
        "joint holds negative counts": arrays["joint"].min(initial=0) >= 0,
        "a cell is outside the matrix": all(
            _within(arrays[name][0], n) and _within(arrays[name][1], n_classes) for name in in_range
        ),
    }
    if not multi_label:
        given, suggested = arrays["label_codes"], arrays["suggested_codes"]
        cells = arrays["joint"][:2]
        rules["a code is of no class"] = _within(given, n_classes, -1) and _within(
            suggested, n_classes, -1
        )
        rules["an evaluated row has no label"] = given[evaluated].min(initial=0) >= 0
        rules["joint has a cell outside the classes"] = _within(cells, n_classes)
    wrong = next((problem for problem, holds in rules.items() if not holds), None)
    if wrong is not None:
        raise ValueError(wrong)
    _check_probabilities(arrays["pred_probs"], evaluated, multi_label=multi_label)


def _within(values: NDArray[Any], stop: int, start: int = 0) -> bool:
    """Tell whether integers are in a range."""
    return bool(values.size == 0 or (values.min() >= start and values.max() < stop))


def _check_probabilities(
    pred_probs: NDArray[Any], evaluated: NDArray[np.bool_], *, multi_label: bool
) -> None:
    """Raise if rows of an audit hold no probabilities; rows not evaluated may have none."""
    step = max(1, 2**20 // pred_probs.shape[1])
    for start in range(0, len(pred_probs), step):
        rows = slice(start, start + step)
        block = pred_probs[rows].astype(float)
        valid = ((block >= -TOLERANCE) & (block <= 1 + TOLERANCE)).all(axis=1)
        if not multi_label:
            valid &= np.abs(block.sum(axis=1) - 1) <= TOLERANCE + 1e-6 * block.shape[1]
        absent = np.isnan(block).any(axis=1) & ~evaluated[rows]
        wrong = np.flatnonzero(~(valid | absent))
        if len(wrong):
            raise ValueError(f"pred_probs holds no probabilities in row {start + wrong[0]}")


def _pack(fields: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Give codes and joint as plain arrays."""
    joint = sparse.coo_array(fields["confident_joint"])
    # Signed, since a missing label is -1.
    smallest = np.min_scalar_type(-len(fields["classes"]) - 1)
    return {
        "label_codes": fields["codes"].astype(smallest),
        "suggested_codes": fields["predicted"].astype(smallest),
        "joint": np.stack([joint.row, joint.col, joint.data]),
    }


def _unpack(
    arrays: dict[str, NDArray[Any]], n_classes: int, header: dict[str, Any]
) -> dict[str, Any]:
    """Give codes and joint as they were."""
    rows, columns, counts = arrays["joint"]
    joint = sparse.coo_array((counts, (rows, columns)), shape=(n_classes, n_classes))
    smallest = np.min_scalar_type(-n_classes - 1)  # Older files have larger ones.
    return {
        "codes": arrays["label_codes"].astype(smallest, copy=False),
        "predicted": arrays["suggested_codes"].astype(smallest, copy=False),
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
    other = next((value for value in values if not isinstance(value, str)), None)
    if other is not None:
        raise TypeError(
            f"{name} holds {type(other).__name__} objects, which can't be saved without "
            f"pickle; audit with {name} made of strings or numbers."
        )
    cut = [value for value in values if value.endswith("\0")]
    if cut:
        raise ValueError(
            f"{name} holds {quote_values(cut)}: NumPy's files lose NUL characters at the end of a "
            f"string; audit with {name} without them."
        )
    return values.astype(str)
