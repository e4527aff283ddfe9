"""Rubrix's tutorial on label errors in AG News, with the part of its training data that there is.

The tutorial trains on all 120,000 rows and reports an accuracy of .90 and "more than 8%" of the
test labels as candidates. The figures here are those of 50,658 rows, by cleanlab's own filter.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor, audit_labels

DATA = Path(
    os.environ.get("LABEL_AUDITOR_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
pytestmark = pytest.mark.skipif(
    not (DATA / "ag_news").exists(), reason="LABEL_AUDITOR_DATA names no folder with ag_news"
)


@pytest.fixture(scope="module")
def train():
    return pd.read_csv(DATA / "ag_news" / "train_partial.csv.gz")


@pytest.fixture(scope="module")
def test():
    return pd.read_csv(DATA / "ag_news" / "test.csv.gz")


def test_the_test_set_audited_by_a_classifier_fitted_on_the_training_set(train, test):
    auditor = LabelAuditor(make_pipeline(CountVectorizer(), MultinomialNB()))
    auditor.fit(train["text"], train["label"])
    audit = auditor.audit(test["text"], test["label"])
    assert auditor.score(test["text"], test["label"]) == pytest.approx(0.8984, abs=5e-5)
    assert audit.n_issues == 633  # 8.33%
    assert audit.index.equals(test.index)


def test_train_and_test_set_audited_by_cross_validation(train, test):
    both = pd.concat([train, test], ignore_index=True)
    auditor = LabelAuditor(make_pipeline(CountVectorizer(), MultinomialNB()), cv=16)
    auditor.fit(both["text"], both["label"])
    flagged_of_train = auditor.label_issues_[: len(train)].sum()
    assert (flagged_of_train, auditor.n_label_issues_ - flagged_of_train) == (4224, 637)
    assert flagged_of_train / len(train) == pytest.approx(0.0834, abs=5e-5)


def test_a_silver_standard_finds_the_worst_rows_wrong(train, test):
    """Where two transformers agree on another class than the given one, the given one is wrong."""
    silver = pd.read_csv(DATA / "ag_news" / "test_model_predictions.csv.gz")
    agree = silver["distilbert_pred"] == silver["llama31_8b_pred"]
    wrong = (agree & (silver["distilbert_pred"] != silver["label"])).to_numpy()
    vectors = CountVectorizer().fit(train["text"])
    classifier = MultinomialNB().fit(vectors.transform(train["text"]), train["label"])
    audit = audit_labels(test["label"], classifier.predict_proba(vectors.transform(test["text"])))
    worst = audit.ranked[:100]
    assert wrong.mean() == pytest.approx(242 / 7600)
    assert wrong[worst].mean() > 8 * wrong.mean()
    names = np.array(["World", "Sports", "Business", "Sci/Tech"])
    assert set(names[audit.suggested_labels[worst]]) == set(names)
