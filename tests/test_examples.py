"""The tutorials find what their texts say, and so do their steps on AG News.

Rubrix's tutorial on label errors in AG News trains on all 120,000 rows and reports an accuracy of
.90 and "more than 8%" of the test labels as candidates. The figures here are those of the 50,658
rows that there are, by cleanlab's own filter.
"""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LABEL_AUDITOR_DATA", ROOT.parent / "shared" / "data")) / "ag_news"


# Above 10 s on slow machines: a fit of 50,658 texts, and a cross-validation of 58,258.
@pytest.mark.skipif(not DATA.exists(), reason="LABEL_AUDITOR_DATA names no folder that has ag_news")
def test_the_steps_on_ag_news():
    train, test = pd.read_csv(DATA / "train_partial.csv.gz"), pd.read_csv(DATA / "test.csv.gz")
    auditor = LabelAuditor(make_pipeline(CountVectorizer(), MultinomialNB()))
    auditor.fit(train["text"], train["label"])
    assert auditor.score(test["text"], test["label"]) == pytest.approx(0.8984, abs=5e-5)
    assert_test_set_is_audited(auditor.audit(test["text"], test["label"]), test)
    both = pd.concat([train, test], ignore_index=True)
    by_folds = LabelAuditor(auditor.estimator, cv=16, train_on=None).fit(
        both["text"], both["label"]
    )
    assert by_folds.label_issues_[: len(train)].sum() == 4224
    assert by_folds.label_issues_[len(train) :].sum() == 637


def assert_test_set_is_audited(audit, test):
    """Where two transformers agree on another class than the given one, the given one is wrong."""
    assert audit.n_issues == 633
    assert audit.index.equals(test.index)
    silver = pd.read_csv(DATA / "test_model_predictions.csv.gz")
    agree = silver["distilbert_pred"] == silver["llama31_8b_pred"]
    wrong = (agree & (silver["distilbert_pred"] != silver["label"])).to_numpy()
    worst = audit.ranked[:100]
    assert wrong.mean() == pytest.approx(242 / 7600)
    assert wrong[worst].mean() > 8 * wrong.mean()
    assert set(np.unique(audit.suggested_labels[worst])) == {0, 1, 2, 3}


GALLERY = ROOT / "docs" / "gallery"


def read_output(name):
    """Give what a tutorial printed when the documentation was built."""
    page = GALLERY / f"{name}.rst"
    if not page.exists():
        pytest.skip(f"the documentation is not built with {name}")
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: none\n\n((?:    .*\n|\n)+)", text)
    return "\n".join(line.strip() for block in blocks for line in block.splitlines())


def test_texts():
    said = read_output("plot_texts")
    assert "Accuracy on the test set: 0.86" in said
    assert re.search(r"^1\d\d candidates, [45]\.\d% of the test set", said, re.MULTILINE)
    changed, confirmed, discarded = map(
        int,
        re.search(r"(\d+) of 3,080 labels changed, (\d+) confirmed, (\d+) disc", said).groups(),
    )
    assert changed + confirmed + discarded == 100
    assert changed > 50
    before, after = re.search(
        r"(\.\d+) by the labels as given, 0(\.\d+) as corrected", said
    ).groups()
    assert float(after) > float(before) + 0.01
    assert re.search(r"^[56]\d\d candidates in the training set", said, re.MULTILINE)


def test_tables():
    said = read_output("plot_tables")
    assert "41 of 569 labels are wrong" in said
    found = int(re.search(r"(\d+) errors found in 60 reviews", said)[1])
    assert 38 < found <= 41
    low, high = map(int, re.search(r"(\d+) to (\d+) errors; in truth 41", said).groups())
    assert low <= 41 <= high
    assert f"Wrong labels: 41 before, {41 - found} after the review" in said


def test_images():
    said = read_output("plot_images")
    assert int(re.search(r"179 labels are wrong; (\d+) of them are among", said)[1]) > 160


def test_transformer():
    said = read_output("plot_transformer")
    assert float(re.search(r"Accuracy on the test set: (0\.\d+)", said)[1]) > 0.8
    assert "which is negative; pass probabilities: softmax your logits" in said
    assert re.search(r"2 of \d+ labels changed, 0 confirmed, 1 discarded", said)
    assert "of which 2 have another label than before" in said
