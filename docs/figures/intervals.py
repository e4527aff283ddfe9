"""How the interval for the number of errors narrows, the more rows are reviewed."""

import matplotlib.pyplot as plt
import numpy as np

from label_auditor import audit_labels

rng = np.random.default_rng(11)
n, K = 10_000, 5
true = rng.integers(K, size=n)
given = np.where(rng.random(n) < 0.12, rng.integers(K, size=n), true)
logits = rng.normal(0, 1.3, (n, K))
logits[np.arange(n), true] += 2
pred_probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
audit = audit_labels(given, pred_probs)
errors = (given != true).sum()

sizes = [25, 50, 100, 200, 400, 800]
plan = audit.plan_review(max(sizes), goal="count", random_state=0)
rows = [int(row) for row in plan]
fig, ax = plt.subplots()
for size in sizes:
    found = audit.estimate({row: int(true[row]) for row in rows[:size]}, plan=plan)
    ax.plot([size, size], [found.low, found.high], color="C0", lw=5, solid_capstyle="butt")
    ax.plot(size, found.n_errors, "o", color="white", ms=4)
ax.axhline(errors, color="0.3", ls="--")
ax.text(22, errors, "true", va="bottom", color="0.3")
ax.axhline(audit.n_issues, color="C3", ls=":")
ax.text(900, audit.n_issues, "number of flagged rows", va="bottom", ha="right", color="C3")
ax.set(xscale="log", xlabel="rows reviewed", ylabel="label errors in 10,000 rows", ylim=(0, None))
ax.set_xticks(sizes, sizes)
ax.set_xlim(20, 1000)
ax.minorticks_off()
