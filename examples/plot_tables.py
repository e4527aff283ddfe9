"""
Label errors in a table
=======================

A table of measurements, one column of which is the label. scikit-learn's breast cancer data have
569 rows and 30 numbers for each. Their labels are good, so we make one in twelve wrong, and see
how many of these a forest finds, and how many errors an estimate says there are.
"""

# %%
# Data with errors that are known
# -------------------------------

import numpy as np
from sklearn.datasets import load_breast_cancer

data = load_breast_cancer(as_frame=True)
X = data.data
true = np.array(data.target_names)[data.target]
rng = np.random.default_rng(0)
wrong = rng.random(len(X)) < 1 / 12
given = np.where(wrong, np.where(true == "benign", "malignant", "benign"), true)
print(f"{wrong.sum()} of {len(X)} labels are wrong")

# %%
# Audit with a forest, out of bag
# -------------------------------
#
# Each tree of a forest learns from a random part of the rows. A row can thus be judged by the trees
# that have not seen it. This needs a single fit, and no folds.

from sklearn.ensemble import ExtraTreesClassifier

from label_auditor import LabelAuditor

forest = ExtraTreesClassifier(500, min_samples_leaf=2, bootstrap=True, random_state=0)
auditor = LabelAuditor(forest, cv="oob").fit(X, given)
audit = auditor.audit_
print(f"{audit.n_issues} rows are flagged, and {wrong[audit.issues].sum()} of these are wrong")

# %%
# The quality of each label is the probability that the forest gives to it. Most wrong labels are at
# the lower end:

from label_auditor.plots import ReviewCurveDisplay, ScoreDistributionDisplay

ScoreDistributionDisplay.from_audit(audit)

# %%
# A table of all rows, with the index of X, the worst first:

audit.to_frame().sort_values("label_quality").head()

# %%
# Review with a queue that learns
# -------------------------------
#
# Here the reviewer knows the true labels. After each ten decisions, the queue chooses the next ten
# rows by what it has learned.

decided = {}
while len(decided) < 60:
    batch = audit.plan_review(10, goal="find", reviewed=decided)
    decided |= {int(row): true[row] for row in batch}
found = sum(given[row] != label for row, label in decided.items())
print(f"{found} errors found in {len(decided)} reviews")
ReviewCurveDisplay.from_audit(audit, decided)

# %%
# How many errors are there?
# --------------------------
#
# The rows above were shown because they look wrong, so they can't tell. A random sample can. Its
# rows are drawn so that the estimate is as narrow as it can be:

plan = audit.plan_review(100, goal="count", random_state=0)
estimate = audit.estimate({int(row): true[row] for row in plan}, plan=plan)
print(f"{estimate.low:.0f} to {estimate.high:.0f} errors; in truth {wrong.sum()}")

# %%
# Correct the labels, and train again
# -----------------------------------

from label_auditor import Corrections, apply_corrections
from label_auditor.corrections import Correction

corrections = Corrections(Correction(row, label) for row, label in decided.items())
corrected, report = apply_corrections(given, corrections)
print(report)
print(f"Wrong labels: {wrong.sum()} before, {(corrected != true).sum()} after the review")
