"""What to review next, how many label errors there are, and when to stop."""

from label_auditor.review.estimate import ErrorEstimate, Estimate, estimate_label_errors
from label_auditor.review.evidence import Evidence, Neighbors, Words
from label_auditor.review.plan import Goal, ReviewPlan, plan_review
from label_auditor.review.sampling import Stratum
from label_auditor.review.stopping import ErrorsLeft, stop_reviewing
from label_auditor.review.twins import describe_twins, find_twins

__all__ = [
    "ErrorEstimate",
    "ErrorsLeft",
    "Estimate",
    "Evidence",
    "Goal",
    "Neighbors",
    "ReviewPlan",
    "Stratum",
    "Words",
    "describe_twins",
    "estimate_label_errors",
    "find_twins",
    "plan_review",
    "stop_reviewing",
]
