"""The labels of several annotators as arrays of a file, beside those of the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.annotations import Annotations
from label_auditor.data.values import find_missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Shapes and kinds of dtypes: v labels, a annotators, n rows.
ARRAYS: dict[str, tuple[tuple[Any, ...], str]] = {
    "vote_rows": (("v",), "iu"),
    "vote_annotators": (("v",), "iu"),
    "vote_codes": (("v",), "iu"),
    "vote_quality": (("v",), "f"),
    "annotator_names": (("a",), "biufUSMm"),
    "annotator_quality": (("a",), "f"),
    "consensus_quality": (("n",), "f"),
    "gain": (("n",), "f"),
}


def pack(annotations: Annotations) -> dict[str, NDArray[Any]]:
    """Give annotations as arrays by name; the names of annotators may be an array of objects."""
    names = np.fromiter(annotations.names, dtype=object, count=len(annotations.names))
    if not find_missing(names).any() and len({type(name) for name in names}) == 1:
        plain = np.asarray(list(annotations.names))
        names = plain if plain.ndim == 1 and plain.dtype.kind in "biuf" else names
    return {
        "vote_rows": _smallest(annotations.rows),
        "vote_annotators": _smallest(annotations.annotators),
        "vote_codes": _smallest(annotations.codes),
        "vote_quality": annotations.quality,
        "annotator_names": names,
        "annotator_quality": annotations.annotator_quality,
        "consensus_quality": annotations.consensus_quality,
        "gain": annotations.gain,
    }


def _smallest(positions: NDArray[np.intp]) -> NDArray[Any]:
    """Give positions in the smallest type that holds them."""
    return positions.astype(np.min_scalar_type(positions.max(initial=0)))


def unpack(arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Annotations:
    """Give annotations as they were."""
    return Annotations(
        rows=arrays["vote_rows"].astype(np.intp, copy=False),
        annotators=arrays["vote_annotators"].astype(np.intp, copy=False),
        codes=arrays["vote_codes"].astype(np.intp, copy=False),
        names=tuple(arrays["annotator_names"].tolist()),
        quality=arrays["vote_quality"],
        annotator_quality=arrays["annotator_quality"],
        consensus_quality=arrays["consensus_quality"],
        gain=arrays["gain"],
        method=header["consensus"],
        by_model=header["by_model"],
    )


def check(arrays: dict[str, NDArray[Any]], lengths: dict[str, int]) -> None:
    """Raise if the arrays are of no annotations."""
    for name, stop in (("vote_rows", "n"), ("vote_annotators", "a"), ("vote_codes", "K")):
        values = arrays[name]
        if values.size and (values.min() < 0 or values.max() >= lengths[stop]):
            raise ValueError(f"{name} is outside of what there is")
    pairs = np.stack([arrays["vote_rows"], arrays["vote_annotators"]])
    if len(np.unique(pairs, axis=1).T) < pairs.shape[1]:
        raise ValueError("an annotator has two labels of one row")
