"""Every check of labels, class names and probabilities, and its message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.confident_learning.scan import FILTERS
from label_auditor.confident_learning.scores import ADJUSTABLE, ADJUSTED, SCORES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray


def name_rows(rows: ArrayLike, limit: int = 5) -> str:
    """Say which rows: 'row 3', 'rows 3, 8', 'rows 3, 8, 9, 12, 15, … (70 in all)'."""
    rows = np.asarray(rows)
    named = ", ".join(str(row) for row in rows[:limit].tolist())
    more = f", … ({len(rows)} in all)" if len(rows) > limit else ""
    return f"row{'s' if len(rows) > 1 else ''} {named}{more}"


def name_values(values: Iterable[Any], limit: int = 5) -> str:
    """Say which values: "'a', 'b', 'c', 'd', 'e', … (9 in all)"."""
    values = np.asarray(values).tolist() if isinstance(values, np.ndarray) else list(values)
    more = f", … ({len(values)} in all)" if len(values) > limit else ""
    return ", ".join(repr(value) for value in values[:limit]) + more


def name_counts(counts: dict[Any, int], limit: int = 5) -> str:
    """Say which values and how often: "'a': 2, 'b': 1"."""
    named = ", ".join(f"{value!r}: {n}" for value, n in list(counts.items())[:limit])
    return named + (f", … ({len(counts)} in all)" if len(counts) > limit else "")


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
        raise ValueError(f"{name} is infinite in {name_rows(rows)}; pass classes, not numbers.")
    return values


def has_many_labels(y: Any) -> bool:
    """Tell whether there are several labels per row: multi-label or multi-output."""
    if isinstance(y, (list, tuple)):
        return any(isinstance(each, (list, tuple, set)) and len(each) != 1 for each in y)
    shape: tuple[int, ...] = getattr(y, "shape", ())
    return len(shape) > 1 and shape[1] != 1


def refuse_many_labels(y: Any) -> None:
    """Raise if there are several labels per row, which LabelAuditor doesn't take."""
    if has_many_labels(y):
        raise ValueError(
            "y has several labels per row (multi-label or multi-output), but LabelAuditor audits "
            "one. For multi-label, pass out-of-sample probabilities to "
            "audit_labels(y, pred_probs, multi_label=True); cross_val_predict makes them. For "
            "multi-output, audit each column with an auditor of its own."
        )


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
            f"{name_rows(rows)}; {remedy}."
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
                f"({name_values(found)}); make all of them strings, or none."
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
            f"classes must name each column of pred_probs once; got {name_values(order)}."
        )
    codes = _index(order).get_indexer(_index(values))
    unknown = np.flatnonzero((codes < 0) & ~find_missing(values))
    if len(unknown):
        where = unknown if rows is None else np.unique(rows[unknown])
        raise ValueError(
            f"labels holds {name_values(dict.fromkeys(values[unknown].tolist()))} "
            f"({name_rows(where)}), not among the classes {name_values(order)}; "
            "labels are values of classes, never column positions."
        )
    return codes, order


def check_weights(sample_weight: Any, codes: NDArray[np.intp], classes: NDArray[Any]) -> None:
    """Refuse weights that leave a class without any: no model could know it."""
    weights = np.asarray(sample_weight)
    if weights.shape != codes.shape:
        return  # None, or for the classifier to complain about
    weightless = np.setdiff1d(codes[codes >= 0], codes[weights != 0])
    if len(weightless):
        raise ValueError(
            f"sample_weight is 0 for all rows of the classes {name_values(classes[weightless])}; "
            "give them weight, or drop these rows."
        )


def _index(values: NDArray[Any]) -> Any:
    """Give values as a pandas Index that doesn't guess their type."""
    import pandas as pd

    return pd.Index(values, dtype=object if values.dtype.kind in "OUS" else None)


def check_columns(n_columns: int, classes: NDArray[Any], *, inferred: bool) -> None:
    """Check that there is one column of probabilities for each class."""
    if n_columns == len(classes):
        return
    raise ValueError(
        f"pred_probs has {n_columns} columns but "
        + (
            f"labels has {len(classes)} classes ({name_values(classes)}); "
            "pass classes= with every class, in the order of the columns."
            if inferred
            else f"classes has {len(classes)} names ({name_values(classes)}); "
            "it must name every column, in order."
        )
    )


def to_rows(pred_probs: Any) -> Any:
    """Give `pred_probs` as it is if it has a shape and slices by rows, else as an array."""
    if not hasattr(pred_probs, "shape") or hasattr(pred_probs, "iloc"):
        pred_probs = np.asarray(pred_probs)
    if len(pred_probs.shape) != 2:
        raise ValueError(
            f"pred_probs has shape {tuple(pred_probs.shape)}, but one row per label and one column "
            "per class are needed: shape (n_samples, n_classes)."
            + (
                " Of a list of arrays, one per class with the columns no and yes: "
                "np.column_stack([p[:, 1] for p in pred_probs])."
                if len(pred_probs.shape) == 3 and pred_probs.shape[2] == 2
                else ""
            )
        )
    return pred_probs


def check_pred_probs(pred_probs: Any, codes: NDArray[Any]) -> Any:
    """Check all of `pred_probs` but its values, which are checked as they are read."""
    pred_probs = to_rows(pred_probs)
    n_rows, n_classes = pred_probs.shape
    if n_rows == 0 or n_classes == 0:
        raise ValueError(
            f"pred_probs has {n_rows} rows and {n_classes} columns; pass at least one of each."
        )
    if n_rows != len(codes):
        raise ValueError(
            f"pred_probs has {n_rows} rows but there are {len(codes)} labels; "
            "pass one row for each label, in the same order."
        )
    dtype = np.asarray(pred_probs[:0]).dtype
    if dtype.kind not in "biuf":
        raise ValueError(
            f"pred_probs has dtype {dtype}, but numbers are needed; "
            "pass probabilities as float32 or float64."
        )
    if codes.min() < -1 or codes.max() >= n_classes:
        raise ValueError(
            f"pred_probs has {n_classes} columns but labels has codes from {codes.min()} to "
            f"{codes.max()}; pass a column for every class."
        )
    return pred_probs


def refuse_rows(pred_probs: Any, rows: NDArray[np.intp], *, multi_label: bool = False) -> None:
    """Raise for rows of `pred_probs` that are no probabilities: say which, and what is wrong."""
    first = np.asarray(pred_probs[rows[0] : rows[0] + 1])[0].astype(float)
    squash = "put your logits through a sigmoid" if multi_label else "softmax your logits"
    normalise = squash if multi_label else f"divide each row by its sum, or {squash}"
    if np.isnan(first).any():
        problem, remedy = "NaN", "give these rows probabilities, or leave them out"
    elif np.isinf(first).any():
        problem, remedy = "an infinite value", f"pass probabilities: {squash}"
    elif first.min() < 0:
        problem = f"{first.min():.6g}, which is negative"
        remedy = f"pass probabilities: {squash}"
    elif first.max() > 1:
        problem = f"{first.max():.6g}, which is above 1"
        remedy = f"pass probabilities: {normalise}"
    else:
        problem = f"numbers that sum to {first.sum():.6g}, not 1"
        remedy = f"pass probabilities: {normalise}"
    raise ValueError(
        f"pred_probs holds no probabilities in {name_rows(rows)}: "
        f"row {rows[0]} has {problem}; {remedy}."
    )


def check_rule(
    filter_by: str,
    frac_noise: float,
    min_examples_per_class: int,
    num_to_remove_per_class: ArrayLike | None,
    n_classes: int,
) -> None:
    """Check the parameters of the filters, and that they go together."""
    if filter_by not in FILTERS:
        raise ValueError(f"filter_by is {filter_by!r}; pass one of {name_values(FILTERS, 7)}.")
    if not 0 <= frac_noise <= 1:
        raise ValueError(f"frac_noise is {frac_noise!r}; pass a number from 0 to 1.")
    if min_examples_per_class < 0:
        raise ValueError(
            f"min_examples_per_class is {min_examples_per_class!r}; pass a number from 0."
        )
    prunes = filter_by in ("prune_by_noise_rate", "prune_by_class", "both")
    if not prunes and (frac_noise != 1 or num_to_remove_per_class is not None):
        raise ValueError(
            f"filter_by={filter_by!r} takes neither frac_noise nor num_to_remove_per_class; "
            "leave them out, or pass a prune rule: 'prune_by_noise_rate', 'prune_by_class', 'both'."
        )
    if num_to_remove_per_class is not None:
        number = np.asarray(num_to_remove_per_class)
        if number.shape != (n_classes,) or number.dtype.kind not in "iu" or number.min() < 0:
            raise ValueError(
                f"num_to_remove_per_class is {num_to_remove_per_class!r}; "
                f"pass one number from 0 for each of the {n_classes} classes."
            )


def check_score(method: str, *, adjust: bool) -> None:
    """Check that there is such a score, and that it can be adjusted if it is to be."""
    if method not in SCORES:
        raise ValueError(f"method is {method!r}; pass one of {name_values(SCORES)}.")
    if adjust and method not in ADJUSTABLE:
        raise ValueError(
            f"method={method!r} can't be adjusted for class imbalance; "
            f"pass adjust=False, or one of {name_values(ADJUSTABLE)}."
        )


def check_rank_by(rank_by: Any) -> None:
    """Check that a score to rank by is a function, or the name of one."""
    if not callable(rank_by) and rank_by not in (*SCORES, *ADJUSTED):
        names = name_values((*SCORES, *ADJUSTED), limit=6)
        raise ValueError(
            f"rank_by is {rank_by!r}; pass one of {names}, or a function from (codes, pred_probs) "
            "to one score per row."
        )


def check_custom_scores(values: ArrayLike, n_rows: int) -> NDArray[np.float64]:
    """Check what a caller's function gave as scores."""
    scores = np.asarray(values, dtype=float)
    if scores.shape != (n_rows,) or np.isnan(scores).any():
        raise ValueError(
            f"rank_by must give one number for each of the {n_rows} rows; it gave an array of "
            f"shape {scores.shape} with {np.isnan(scores).sum()} NaN."
        )
    return scores


def check_index(index: Sequence[Any] | None, n_samples: int) -> Sequence[Any]:
    """Give the names of the rows: their positions if there are none."""
    if index is None:
        return range(n_samples)
    if len(index) != n_samples:
        raise ValueError(
            f"index has {len(index)} names but there are {n_samples} labels; name every row."
        )
    return index
