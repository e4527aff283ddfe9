"""`to_frame`: an audit as a table of pandas, with the inputs beside the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.findings import gather, rows_in_order
from label_auditor.data.messages import quote_values
from label_auditor.export.columns import read_columns, take

if TYPE_CHECKING:
    import pandas as pd

    from label_auditor.data.findings import Findings


def to_frame(
    audit: Findings, inputs: Any = None, *, only_issues: bool = False, sort: bool = False
) -> pd.DataFrame:
    """Give one row per label, with the index of the data.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    inputs : sequence of str of length n_samples, mapping or DataFrame, default=None
        What to show beside the labels: the texts, or named columns of length n_samples.
    only_issues : bool, default=False
        Whether to leave out the rows that aren't flagged.
    sort : bool, default=False
        Whether the rows to look at first come first; else they are in the order of the data.

    Returns
    -------
    pandas.DataFrame
        `given_label`, `suggested_label` (of a multi-label audit: tuples of classes),
        `label_quality` (float64, NaN where not evaluated), `is_label_issue` (bool), `rank`
        (Int64: 0 is worst, missing where not flagged); then `text`, or the columns of `inputs`.

    Raises
    ------
    ValueError
        If a column of `inputs` has another length, its rows in another order, or the name of one
        of the other columns.
    TypeError
        If `inputs` is neither texts nor named columns.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels
    >>> pred_probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]])
    >>> audit = audit_labels(["cat", "cat", "dog", "dog", "dog"], pred_probs)
    >>> audit.to_frame(["purrs", "meows", "barks", "howls", "scratches"], only_issues=True)
      given_label suggested_label  label_quality  is_label_issue  rank       text
    4         dog             cat           0.05            True     0  scratches
    """
    audit = gather(audit)
    import pandas as pd

    rank = pd.array(np.zeros(len(audit), dtype=np.int64), dtype="Int64")
    rank[~audit.issues] = pd.NA
    rank[audit.ranked] = np.arange(audit.n_issues)
    given, suggested = audit.shown_labels()
    found = {
        "given_label": given,
        "suggested_label": suggested,
        "label_quality": audit.scores,
        "is_label_issue": audit.issues,
        "rank": rank,
    }
    beside = {} if inputs is None else _read_inputs(audit, inputs)
    clash = [name for name in beside if name in found]
    if clash:
        raise ValueError(
            f"inputs has a column {quote_values(clash)}, which the table has itself; rename it."
        )
    table = pd.DataFrame(found | beside, index=audit.index)
    if sort:
        return table.iloc[audit.ranked if only_issues else rows_in_order(audit)]
    return table.iloc[np.flatnonzero(audit.issues)] if only_issues else table


def _read_inputs(audit: Findings, inputs: Any) -> dict[str, Any]:
    """Give texts, or named columns, as columns of a table; those of pandas keep their types."""
    found = {}
    for name, column in read_columns(inputs, "inputs", len(audit), audit.index).items():
        found[name] = getattr(column, "array", None)
        if found[name] is None:
            found[name] = take(column, np.arange(len(audit)))
    return found
