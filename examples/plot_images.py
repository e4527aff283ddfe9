"""
Label errors in images
======================

scikit-learn's digits are 1,797 images of 8 by 8 pixels. Nearest neighbours judge them by
leave-one-out: an image is not its own neighbour. Their labels are those of the people who wrote
the digits, so what looks wrong here is mostly a digit that hardly anybody could read.
"""

# %%
# Audit
# -----

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from label_auditor import LabelAuditor

digits = load_digits()
model = KNeighborsClassifier(10, weights="distance")
auditor = LabelAuditor(model, cv="loo").fit(digits.data, digits.target)
audit = auditor.audit_
print(f"{audit.n_issues} of {len(audit)} labels are flagged")

# %%
# Look at the worst
# -----------------
#
# These are the twelve images of the lowest label quality. Above each: the label that it was given,
# and what its neighbours suggest.

figure, axes = plt.subplots(2, 6, figsize=(9, 3.6), layout="constrained")
for ax, row in zip(axes.flat, np.argsort(audit.scores, kind="stable")[:12], strict=True):
    ax.imshow(digits.images[row], cmap="gray_r")
    ax.set_title(f"{audit.labels[row]} → {audit.suggested_labels[row]}?")
    ax.axis("off")

# %%
# A few of these could be either.
#
# What if many labels are wrong?
# ------------------------------
#
# We change one label in ten to the next digit, and look for these.

rng = np.random.default_rng(0)
wrong = rng.random(len(digits.target)) < 0.1
given = np.where(wrong, (digits.target + 1) % 10, digits.target)
auditor.fit(digits.data, given)
ranked = np.argsort(auditor.label_scores_, kind="stable")
found = wrong[ranked[: wrong.sum()]].sum()
print(f"{wrong.sum()} labels are wrong; {found} of them are among the {wrong.sum()} worst")

# %%
# The confident joint shows how the labels were changed:

from label_auditor.plots import ConfidentJointDisplay

ConfidentJointDisplay.from_audit(auditor.audit_).figure_.set_size_inches(7, 6)

# %%
# Larger images
# -------------
#
# Pixels are good vectors only for images as small as these. For photographs, take the vectors of a
# pretrained network, and go on in the same way. ``audit.to_html(path, images=...)`` writes a page
# in which people decide about the images.
