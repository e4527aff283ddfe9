"""The queue that learns: which rows to look at next, after what reviewers have decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from label_auditor.order import rows_in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.audit import LabelAudit


def order_by_queue(
    audit: LabelAudit, rows: NDArray[np.intp], codes: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Give the rows that were evaluated and not reviewed, best to look at first."""
    order = rows_in_order(audit)
    left = audit.evaluated.copy()
    left[rows] = False
    return order[left[order]]
