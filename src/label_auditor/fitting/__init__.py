"""Out-of-sample probabilities: how `LabelAuditor` fits the classifier that it wraps.

Nothing here is public by this path. The vote is, as `label_auditor.GeometricVotingClassifier`.
"""

__all__: list[str] = []
