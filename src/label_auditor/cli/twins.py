"""The near-identical rows of a table, by what has been prepared of it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from label_auditor.cli.tables import get_texts
from label_auditor.review.twins import find_twins, find_twins_by_words

if TYPE_CHECKING:
    import pandas as pd

    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.cli.models import Prepared

# All pairs of rows are compared, which takes half a minute for so many of them.
MOST_EMBEDDED = 50_000


def find_twins_of(
    audit: LabelAudit, prepared: Prepared, column: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """Find the near-identical texts, or equal rows of features; and what to say of them.

    Texts are compared by their embeddings where there are some, and else by their words.

    Parameters
    ----------
    audit : LabelAudit
        The audit.
    prepared : Prepared
        What it was made from.
    column : str or None
        The column of the texts, if there are texts.

    Returns
    -------
    twins : pandas.DataFrame
        What `find_twins` gives.
    notes : list of str
        What the user should know, a line each.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        if column is None:
            twins = find_twins(audit, prepared.shown)
        elif prepared.vectors is not None and len(audit) <= MOST_EMBEDDED:
            texts = get_texts(prepared.shown, column)
            twins = find_twins(audit, texts, vectors=prepared.vectors)
        else:
            twins = find_twins_by_words(audit, get_texts(prepared.shown, column), prepared.words)
    return twins, [str(each.message) for each in caught]
