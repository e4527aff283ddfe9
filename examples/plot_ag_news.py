"""
Label errors in AG News
=======================

This follows Rubrix's tutorial on label errors, step by step: train a light classifier on AG News,
audit the labels of the test set with it, send the suspicious ones to people, apply their
corrections, and do the same for the training set by cross-validation.

The data are read from the folder that ``LABEL_AUDITOR_DATA`` names. It holds all 7,600 rows of the
test set, but only 50,658 of the 120,000 rows for training, so the figures differ a little from
those of Rubrix's tutorial; each step says how. To read all rows, use
``datasets.load_dataset("ag_news")``.
"""

# %%
# Load the data
# -------------

import os
from pathlib import Path

import pandas as pd

folder = Path(os.environ["LABEL_AUDITOR_DATA"]) / "ag_news"
names = ["World", "Sports", "Business", "Sci/Tech"]
train = pd.read_csv(folder / "train_partial.csv.gz")
test = pd.read_csv(folder / "test.csv.gz")
test.head()

# %%
# Train a classifier
# ------------------
#
# Here the classifier is naive Bayes on counts of words. Any classifier that has ``predict_proba``
# will do, and a better one finds more errors. The auditor wraps the classifier, and makes the same
# predictions.

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor

auditor = LabelAuditor(make_pipeline(CountVectorizer(), MultinomialNB()))
auditor.fit(train["text"], train["label"])
accuracy = auditor.score(test["text"], test["label"])
print(f"Accuracy on the test set: {accuracy:.4f}")

# %%
# Rubrix's tutorial, which trains on all rows, reports .90.
#
# Audit the labels of the test set
# --------------------------------

audit = auditor.audit(test["text"], test["label"])
print(f"{audit.n_issues} candidates, {audit.n_issues / len(test):.2%} of the test set")

# %%
# Rubrix's tutorial says "around 600 candidates" and "more than 8%". These are the worst of them:

table = audit.to_frame().iloc[audit.ranked[:5]]
table.assign(
    given_label=table["given_label"].map(names.__getitem__),
    suggested_label=table["suggested_label"].map(names.__getitem__),
    text=test["text"].str.slice(0, 80),
)

# %%
# Records for reviewers
# ---------------------
#
# A record holds the text, the probability of every class, the given label as annotation, and
# metadata: the rank (``label_error_candidate``, where 0 is the worst), the quality of the label,
# the suggested label, and anything else that you pass, such as the split that a row comes from.
# This is what a reviewer sees:

from label_auditor.export.records import make_records

review = {"class_names": names, "metadata": {"split": ["test"] * len(test)}}
records = make_records(audit, test["text"], **review)
next(iter(records))

# %%
# Review
# ------
#
# If you have a Rubrix server, and ``RUBRIX_API_URL`` and ``RUBRIX_API_KEY`` are set in the
# environment, the records are pushed to it. In its web app, sort them by
# ``label_error_candidate``, correct the labels that are wrong, validate those that are right, and
# run this again: records that somebody has worked on are left alone, and
# :meth:`~label_auditor.Corrections.from_rubrix` reads what was decided so far.
#
# Without a server, **the reviewer is simulated**: it looks at the 200 worst candidates, and knows
# which class two transformers, trained by others, predict. If both predict the same class, it
# chooses this class, whether it is the given one or not. If they differ, it discards the record. No
# human has checked these decisions.

from label_auditor import Corrections
from label_auditor.corrections import Correction


def simulate_review(n=200):
    """Decide about the n worst candidates as two other models do."""
    others = pd.read_csv(folder / "test_model_predictions.csv.gz")
    for row in audit.ranked[:n].tolist():
        first, second = others.loc[row, ["distilbert_pred", "llama31_8b_pred"]]
        if first == second:
            yield Correction(row, names[first], who="simulated")
        else:
            yield Correction(row, None, "discarded", who="simulated")


if "RUBRIX_API_URL" in os.environ:
    print(audit.push_to_rubrix(test["text"], "label_errors", **review))
    corrections = Corrections.from_rubrix("label_errors")
else:
    corrections = Corrections(simulate_review())
print(corrections)

# %%
# The corrected test set
# ----------------------
#
# No correction is lost: the report says what became of each. Discarded rows keep their label until
# you leave them out.

from label_auditor import apply_corrections

corrected, report = apply_corrections(test["label"], corrections, class_names=names)
print(report)
kept = test.drop(index=report.discarded)
corrected = corrected.drop(index=report.discarded)
print(
    f"Accuracy on these rows: {auditor.score(kept['text'], kept['label']):.4f} by the labels as "
    f"given, {auditor.score(kept['text'], corrected):.4f} as corrected"
)

# %%
# Some of the classifier's errors were in fact errors of the labels. However, this is not a fair
# estimate of its accuracy, because only those rows were reviewed whose labels the classifier was
# sure to be wrong.
#
# The training set, by cross-validation
# -------------------------------------
#
# A model can't judge rows that it was trained on. So each row of both sets is judged by a model
# that was trained on the other folds, as in the appendix of Rubrix's tutorial. The words are
# counted only once for all sixteen folds, so this takes seconds.

both = pd.concat([train.assign(split="train"), test.assign(split="test")], ignore_index=True)
by_folds = LabelAuditor(auditor.estimator, cv=16, train_on=None).fit(both["text"], both["label"])
flagged = both["split"][by_folds.label_issues_].value_counts()
print(f"{flagged['train']} candidates in the training set, {flagged['train'] / len(train):.2%}")

# %%
# Rubrix's tutorial finds "around 9400", which is also 8% of its 120,000 rows. Review them in the
# same way as those of the test set:
#
# .. code-block:: python
#
#     by_folds.push_to_rubrix(
#         both["text"], "label_errors_in_train", class_names=names, metadata=both[["split"]]
#     )
#
# Once the labels are corrected, fit again: ``auditor.fit(train["text"], corrected)``. Here, nobody
# has reviewed the training set, but you can leave out the flagged rows without a review. The
# corrected labels of the test set show whether this helps:

unflagged = ~by_folds.label_issues_[: len(train)]
cleaned = make_pipeline(CountVectorizer(), MultinomialNB())
cleaned.fit(train["text"][unflagged], train["label"][unflagged])
before = auditor.score(kept["text"], corrected)
after = cleaned.score(kept["text"], corrected)
print(f"Accuracy {before:.4f} when trained on all rows, {after:.4f} without the flagged ones")
