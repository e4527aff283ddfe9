"""Out-of-sample probabilities: how `LabelAuditor` fits the classifier that it wraps."""
