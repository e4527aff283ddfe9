"""Label quality scores: :mod:`label_auditor.confident_learning.scores`, under a short name."""

from label_auditor.confident_learning.scores import (
    SCORES,
    RankBy,
    Score,
    ScoreName,
    score_rows,
)

__all__ = ["SCORES", "RankBy", "Score", "ScoreName", "score_rows"]
