"""Labels as an array, and as positions among the classes; what is no label is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.messages import list_rows, quote_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def check_labels(labels: Any, *, name: str = "labels") -> NDArray[Any]:
    """Give `labels` as a one-dimensional array of their own values, with at least one row."""
    if hasattr(labels, "iloc"):  # pandas would turn nullable ints into floats
        labels = labels.astype(object) if labels.isna().any(axis=None) else labels
    values = np.asarray(labels)
    if values.ndim != 1:
        raise ValueError(
            f"{name} has shape {values.shape}, but one label per row is needed: shape (n_samples,)."
        )
    if len(values) == 0:
        raise ValueError(f"{name} is empty: found 0 sample(s), while a minimum of 1 is required.")
    if values.dtype.kind == "f" and np.isinf(values).any():
        rows = np.flatnonzero(np.isinf(values))
        raise ValueError(f"{name} is infinite in {list_rows(rows)}; pass classes, not numbers.")
    return values


def has_many_labels(y: Any) -> bool:
    """Tell whether there are several labels per row: multi-label or multi-output."""
    if isinstance(y, (list, tuple)):
        return any(isinstance(each, (list, tuple, set)) and len(each) != 1 for each in y)
    shape: tuple[int, ...] = getattr(y, "shape", ())
    return len(shape) > 1 and shape[1] != 1


def find_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the labels that are None, NaN, NaT or pandas.NA."""
    import pandas as pd

    return np.asarray(pd.isna(values))


def refuse_missing(values: NDArray[Any], *, name: str, remedy: str) -> None:
    """Raise if a label is missing; `remedy` says what the caller can do about it."""
    rows = np.flatnonzero(find_missing(values))
    if len(rows):
        raise ValueError(
            f"{name} is missing (None, NaN or NA) for {len(rows)} of {len(values)} rows: "
            f"{list_rows(rows)}; {remedy}."
        )


def encode_labels(
    values: NDArray[Any],
    classes: ArrayLike | None = None,
    *,
    rows: NDArray[np.intp] | None = None,
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Turn labels into column positions; -1 marks a missing label.

    Without `classes`, they are the sorted values that occur. An error names `rows`, which are
    the positions of the values unless given.
    """
    import pandas as pd

    if classes is None:
        codes, found = pd.factorize(values, sort=True)
        kinds = {str if isinstance(value, str) else object for value in found}
        if len(kinds) > 1:
            raise ValueError(
                "labels mix strings with other values "
                f"({quote_values(found)}); make all of them strings, or none."
            )
        found = np.asarray(found)
        if values.dtype.kind in "US":
            found = found.astype(values.dtype)
        elif found.dtype == object and str not in kinds:
            found = pd.Series(found).infer_objects().to_numpy()
        return codes, found

    order = np.asarray(classes)
    if order.ndim != 1 or _index(order).has_duplicates:
        raise ValueError(
            f"classes must name each column of pred_probs once; got {quote_values(order)}."
        )
    codes = _index(order).get_indexer(_index(values))
    unknown = np.flatnonzero((codes < 0) & ~find_missing(values))
    if len(unknown):
        where = unknown if rows is None else np.unique(rows[unknown])
        raise ValueError(
            f"labels holds {quote_values(dict.fromkeys(values[unknown].tolist()))} "
            f"({list_rows(where)}), not among the classes {quote_values(order)}; "
            "labels are values of classes, never column positions."
        )
    return codes, order


def _index(values: NDArray[Any]) -> Any:
    """Give values as a pandas Index that doesn't guess their type."""
    import pandas as pd

    return pd.Index(values, dtype=object if values.dtype.kind in "OUS" else None)


def decode_labels(codes: NDArray[np.intp], classes: NDArray[Any]) -> NDArray[Any]:
    """Turn positions among the classes into labels; -1 into NaN among floats, else into None."""
    labels = classes[codes]
    if (codes < 0).any():
        labels = labels.astype(float if classes.dtype.kind == "f" else object)
        labels[codes < 0] = np.nan if classes.dtype.kind == "f" else None
    return labels
