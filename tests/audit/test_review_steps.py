"""The steps of review, by an audit's own methods; test_outputs tests what they hand on."""

import numpy as np

from label_auditor import audit_labels, estimate_label_errors, plan_review
from oracle import make_noisy


def test_an_audit_plans_and_estimates_as_the_functions_do():
    given, pred_probs = make_noisy()
    audit = audit_labels(given, pred_probs)
    plan = audit.plan_review(60, goal="count", random_state=0)
    assert list(plan) == list(plan_review(audit, 60, goal="count", random_state=0))
    reviewed = {row: int(np.argmax(pred_probs[row])) for row in plan}
    found = audit.estimate(reviewed, plan=plan, confidence=0.9)
    expected = estimate_label_errors(audit, reviewed, plan=plan, confidence=0.9)
    assert (found.n_errors, found.low, found.high) == (
        expected.n_errors,
        expected.low,
        expected.high,
    )
    assert found.confidence == 0.9


def test_the_rows_to_review_first_are_those_that_are_flagged():
    audit = audit_labels(*make_noisy())
    assert set(audit.plan_review(5)) <= set(audit.ranked.tolist())
