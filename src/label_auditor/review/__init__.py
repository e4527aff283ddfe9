"""What to review next, how many label errors there are, and when to stop."""

from label_auditor.review.estimate import ErrorEstimate, Estimate, estimate_label_errors
from label_auditor.review.plan import Goal, ReviewPlan, plan_review
from label_auditor.review.sampling import Stratum
from label_auditor.review.stopping import ErrorsLeft, stop_reviewing

__all__ = [
    "ErrorEstimate",
    "ErrorsLeft",
    "Estimate",
    "Goal",
    "ReviewPlan",
    "Stratum",
    "estimate_label_errors",
    "plan_review",
    "stop_reviewing",
]
