"""How many errors the queue that learns finds, and how many the order of the audit finds."""

import matplotlib.pyplot as plt
import numpy as np

from label_auditor import audit_labels

rng = np.random.default_rng(5)
n, K = 6000, 6
true = rng.integers(K, size=n)
given = true.copy()
confused = (true == 1) & (rng.random(n) < 0.35)  # a class that annotators misunderstood
given[confused] = 2
given[rng.random(n) < 0.02] = 0
logits = rng.normal(0, 1.2, (n, K))
logits[np.arange(n), true] += 2.2
logits[:, 3] += rng.normal(0, 2, n)  # a class of which the model knows little
pred_probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
audit = audit_labels(given, pred_probs)
wrong = given != true

plain = np.argsort(np.where(audit.issues, 0, 1) + audit.scores, kind="stable")[:600]
reviewed = {}
while len(reviewed) < 600:
    batch = audit.plan_review(50, goal="find", reviewed=reviewed)
    reviewed |= {int(row): int(true[row]) for row in batch}

fig, ax = plt.subplots()
ax.plot(np.cumsum(wrong[list(reviewed)]), label="the queue that learns")
ax.plot(np.cumsum(wrong[plain]), label="the order of the audit")
ax.plot(np.arange(600) * wrong.mean(), color="0.6", ls="--", label="at random")
ax.set(xlabel="rows reviewed", ylabel="errors found")
ax.legend()
