"""Label quality scores, under a short name."""

from label_auditor.confident_learning.scores import *  # noqa: F403 - a face
