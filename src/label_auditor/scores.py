"""Label quality scores, under a short name."""

from label_auditor.confident_learning import scores as _home
from label_auditor.confident_learning.scores import (
    SCORES,
    RankBy,
    Score,
    ScoreName,
    score_rows,
)

__all__ = ["SCORES", "RankBy", "Score", "ScoreName", "score_rows"]
__doc__ = _home.__doc__  # the API reference shows this module
