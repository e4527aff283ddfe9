"""How a class gets its threshold: the mean probability of the rows that were given it."""

import matplotlib.pyplot as plt
import numpy as np

from label_auditor import audit_labels

rng = np.random.default_rng(4)
true = rng.integers(2, size=2000)
given = np.where(rng.random(2000) < 0.08, 1 - true, true)
p = 1 / (1 + np.exp(-rng.normal(np.where(true == 1, 1.6, -1.6), 1.1)))
audit = audit_labels(given, np.column_stack([1 - p, p]))

sports = given == 1
fig, ax = plt.subplots()
bins = np.linspace(0, 1, 41)
ax.hist(p[sports], bins, color="0.8", label="rows labelled Sports")
ax.hist(p[sports & audit.issues], bins, color="C3", label="flagged")
ax.axvline(p[sports].mean(), color="C0")
ax.text(
    p[sports].mean() - 0.01, ax.get_ylim()[1] * 0.9, "threshold of Sports", color="C0", ha="right"
)
ax.set(xlabel="probability of Sports", ylabel="rows")
ax.legend(loc="upper left")
