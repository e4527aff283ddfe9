"""The models that label-audit has for columns of numbers and categories, and what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from label_auditor.cli.errors import InputError
from label_auditor.cli.formats.text import escape
from label_auditor.cli.tables import find_unreadable, get_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

N_FOLDS = 5
MANY_CATEGORIES = 15
MAX_CATEGORIES = 254  # HistGradientBoostingClassifier takes 255
# Numbers by which rows are compared; more are a quarter of a gigabyte, and take too long.
MOST_COMPARED = 2**26
LARGEST = 1e30  # trees sum 32-bit floats, which end at 3e38
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
MISSING_MARKS = ["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?"]


class Prepared(NamedTuple):
    """Inputs that a model is ready to learn from.

    Attributes
    ----------
    X : sparse matrix, CountedTexts or ndarray of shape (n_rows, n_features), or Parts
        The inputs in numbers, made once and not once per fold: no label has shaped them. Parts
        hold one of these for each member of a vote.
    classifier : classifier
        Not fitted; it has `predict_proba` and a fixed seed.
    cv : int, "loo" or "oob"
        How rows are held out, unless the user names a number of folds.
    shown : pandas.DataFrame
        The columns that X was made from, as they stand in the file.
    notes : list of str
        What the user should know, a line each.
    words : SingleWords or None
        The words of the texts, to find near twins by; None where there are no texts.
    vectors : ndarray of shape (n_rows, n_columns) or None
        What similar rows are found by: the embeddings of the texts, or the features as
        :func:`_standardize` gives them.
    terms : dict or None
        By the name of each view, what the columns of its matrix stand for.
    """

    X: Any
    classifier: Any
    cv: int | str
    shown: pd.DataFrame
    notes: list[str]
    words: Any = None
    vectors: Any = None
    terms: Any = None


def prepare_features(
    table: pd.DataFrame,
    columns: Sequence[str],
    model: str | None,
    *,
    named: bool,
    n_jobs: int = 1,
) -> Prepared:
    """Turn columns into numbers and codes of categories, and take trees for them.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    columns : sequence of str
        The columns. Those that can't be features are left out, with a note.
    model : {"forest", "boosting"} or None
        Extremely randomised trees, or histogram gradient boosting. None: boosting where a column
        has more than 15 categories.
    named : bool
        Whether the user named the columns: then even one that numbers the rows is a feature.
    n_jobs : int, default=1
        The number of trees of a forest that grow at a time.

    Returns
    -------
    Prepared
        Missing values are NaN; both models take them.

    Raises
    ------
    InputError
        If there is no such column, or none that can be a feature.
    """
    features, notes = {}, []
    for column in columns:
        cells = get_column(table, column)
        feature = _encode(cells)
        problem = _find_unfit(cells, named=named) or _find_problem(feature, column, named=named)
        if problem:
            notes.append(f"column {column!r} is left out: {problem}")
            continue
        features[column] = feature
        n_huge = 0 if _count_categories(feature) else int((feature.abs() == LARGEST).sum())
        if n_huge:
            notes.append(f"column {column!r}: {n_huge:,} numbers beyond {LARGEST:g} count as this")
    if not features:
        why = "; ".join(notes) or "there is none but the labels"
        raise InputError(f"no column to learn from: {why}.")
    n_categories = {column: _count_categories(feature) for column, feature in features.items()}
    if model is None:
        model = "boosting" if max(n_categories.values()) > MANY_CATEGORIES else "forest"
    # Average precision, 8% random errors, forest / boosting: iris .96/.82, wine .997/.96, breast
    # cancer .94/.93, made data .75/.72; made of 3 to 12 categories .92/.88; of 20 .82/.89; of 200
    # .25/.84. RandomForestClassifier, and boosting in 30 steps, were mostly behind the forest.
    # Out of bag, one forest judges as well as those of five folds: see docs/benchmarks.md.
    classifier, cv = (
        (
            ExtraTreesClassifier(
                500, min_samples_leaf=2, bootstrap=True, random_state=0, n_jobs=n_jobs
            ),
            "oob",
        )
        if model == "forest"
        else (
            HistGradientBoostingClassifier(
                categorical_features=[n > 0 for n in n_categories.values()],
                early_stopping=False,  # it holds out rows, and fails where a class has but one
                random_state=0,
            ),
            N_FOLDS,
        )
    )
    X = np.column_stack([_to_floats(feature) for feature in features.values()])
    n_compared = len(table) * sum(max(1, n) for n in n_categories.values())
    vectors = _standardize(features.values()) if n_compared <= MOST_COMPARED else None
    return Prepared(X, classifier, cv, table[list(features)], notes, vectors=vectors)


def _standardize(features: Iterable[pd.Series]) -> NDArray[np.float32]:
    """Give vectors whose cosines tell which rows are similar, all features alike.

    A number is its distance from the mean, and each category a column; the variance of a feature is
    1, and what is missing is average. A cosine tells directions apart, not distances: so all rows
    get one more number, the same, beside which rows that are close have about the same direction.
    """
    parts = []
    for feature in features:
        cells = pd.get_dummies(feature) if _count_categories(feature) else feature.to_frame()
        centred = cells.to_numpy(float) - np.nanmean(cells.to_numpy(float), axis=0)
        spread = np.sqrt(np.nanmean((centred**2).sum(axis=1))) or 1
        parts.append(np.nan_to_num(centred / spread).astype(np.float32))
    same = np.full((len(parts[0]), 1), np.sqrt(len(parts)), np.float32)
    return np.hstack([*parts, same])


def _encode(column: pd.Series) -> pd.Series:
    """Give numbers if all cells are numbers or marks of missing ones, else categories."""
    texts = [None if cell is None else escape(str(cell)) for cell in column]
    cells = pd.Series(texts, index=column.index, dtype=object)
    present = cells.mask(cells.isin(MISSING_MARKS), None)
    numbers = _to_numbers(present)
    if numbers.notna().equals(present.notna()):
        return numbers.where(np.isfinite(numbers)).clip(-LARGEST, LARGEST)
    return cells.astype("category")


def _to_numbers(texts: pd.Series) -> pd.Series:
    """Give the numbers that texts are, infinite beyond all floats; NaN for what is no number."""
    numbers = pd.to_numeric(texts, errors="coerce").astype(float)
    # The oldest pandas reads none that are beyond all floats.
    unread = texts[numbers.isna() & texts.notna()]
    unread = unread[unread.str.fullmatch(NUMBER).astype(bool)]
    numbers[unread.index] = unread.astype(float)
    return numbers


def _count_categories(feature: pd.Series) -> int:
    """Count the categories; 0 for numbers."""
    return len(feature.cat.categories) if isinstance(feature.dtype, pd.CategoricalDtype) else 0


def _find_unfit(cells: pd.Series, *, named: bool) -> str | None:
    """Say why cells can't be a feature; lists and objects that the user named are categories."""
    unreadable = find_unreadable(cells)
    return None if named and unreadable and "bytes" not in unreadable else unreadable


def _find_problem(feature: pd.Series, column: str, *, named: bool) -> str | None:
    """Say why a column can't be a feature, if it can't."""
    if feature.isna().all():
        return "it is empty"
    n_categories = _count_categories(feature)
    if n_categories > min(MAX_CATEGORIES, len(feature) / 2):
        return (
            f"{n_categories:,} different values are too many for categories; "
            f"if they are texts, pass --text {column}"
        )
    sorted_ = feature.is_monotonic_increasing or feature.is_monotonic_decreasing
    # In a file that is sorted by label, a row number tells the given label, be it right or wrong.
    if not named and n_categories == 0 and feature.is_unique and sorted_:
        return "it numbers the rows; name it in --features to use it all the same"
    return None


def _to_floats(feature: pd.Series) -> pd.Series:
    """Give numbers as they are, and categories as their codes; NaN where missing."""
    if _count_categories(feature) == 0:
        return feature.astype(float)
    return feature.cat.codes.astype(float).replace(-1, np.nan)
