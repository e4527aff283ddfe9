"""Where the blocks of rows are worked on: by threads, or by the workers of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from label_auditor.confident_learning.engines.cluster import ClusterEngine, find_client
from label_auditor.confident_learning.engines.threads import ThreadEngine

if TYPE_CHECKING:
    from label_auditor.confident_learning.engines.protocol import Engine
    from label_auditor.confident_learning.row_blocks import LabelledRows

__all__ = ["choose_engine"]


def choose_engine(data: LabelledRows) -> Engine:
    """Choose the workers of a cluster for a dask array whose cluster is in charge, else threads."""
    client = find_client(data.pred_probs)
    return ThreadEngine(data) if client is None else ClusterEngine(data, client)
