"""What a review is good for: fitted again on corrected labels, a classifier is better.

NoisyAG-News has 10,000 texts with the labels that people gave them, a fifth of them wrong. A
reviewer who knows better looks at the first rows in the order of the audit. Held out are the 7,600
test rows of AG News. The figures are those of the user guide.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline

from label_auditor import Corrections, LabelAuditor, apply_corrections
from label_auditor.corrections.collection import Correction
from label_auditor.export.records import make_records

DATA = Path(
    os.environ.get("LABEL_AUDITOR_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
pytestmark = pytest.mark.skipif(
    not (DATA / "noisy_agnews").exists(), reason="LABEL_AUDITOR_DATA names no noisy_agnews"
)
NAMES = ["World", "Sports", "Business", "Sci/Tech"]


@pytest.fixture(scope="module")
def train():
    return pd.read_csv(DATA / "noisy_agnews" / "val10000_med.csv.gz")


@pytest.fixture(scope="module")
def test():
    return pd.read_csv(DATA / "ag_news" / "test.csv.gz")


@pytest.fixture(scope="module")
def auditor(train):
    classifier = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), ComplementNB())
    return LabelAuditor(classifier).fit(train["text"], train["human_label"])


@pytest.fixture(scope="module")
def score(auditor, train, test):
    """Give a function from labels to the accuracy of the classifier that is fitted on them."""
    vectorizer = auditor.estimator_[0]  # it learns nothing from labels, so it is the same for all
    X, X_test = vectorizer.transform(train["text"]), vectorizer.transform(test["text"])
    return lambda labels: ComplementNB().fit(X, labels).score(X_test, test["label"])


@pytest.fixture(scope="module")
def before(auditor, train, test, score):
    accuracy = auditor.score(test["text"], test["label"])
    assert accuracy == score(train["human_label"])
    return accuracy


def review(records, truth, n):
    """Decide about the first records as somebody does who knows the truth."""
    seen = [record.id for record, _ in zip(records, range(n), strict=False)]
    return Corrections([Correction(each, NAMES[truth[each]], who="ann") for each in seen])


@pytest.mark.parametrize(("n", "n_changed", "accuracy"), [(500, 393, 0.823), (1000, 668, 0.8325)])
def test_corrections_raise_accuracy(
    auditor, train, before, score, tmp_path, n, n_changed, accuracy
):
    texts, given, truth = train["text"], train["human_label"], train["agnews_label"]
    assert before == pytest.approx(0.805, abs=0.003)

    records = make_records(auditor.audit_, texts, only_issues=False, class_names=NAMES)
    review(records, truth, n).to_csv(tmp_path / "review.csv")
    corrections = Corrections.from_csv(tmp_path / "review.csv")
    corrected, report = apply_corrections(given, corrections, class_names=NAMES)

    assert len(report.changed) == pytest.approx(n_changed, abs=5)
    assert len(report.changed) + len(report.confirmed) == n
    np.testing.assert_array_equal(corrected[report.changed], truth[report.changed])
    after = score(corrected)
    assert after == pytest.approx(accuracy, abs=0.003)

    rows = np.random.default_rng(0).permutation(len(train))[:n]
    anywhere = given.copy()
    anywhere[rows] = truth[rows]
    assert before < score(anywhere) < after
