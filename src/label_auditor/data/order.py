"""The order in which people look at the rows of an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.audit.outputs import Audit


def rows_in_order(audit: Audit) -> NDArray[np.intp]:
    """Give the position of every row: flagged, worst first, then by score, not evaluated last."""
    order = np.argsort(audit.scores, kind="stable")
    return np.concatenate([audit.ranked, order[~audit.issues[order]]])
