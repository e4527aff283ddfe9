"""The tutorials run as scripts and find what their texts say; their steps, on AG News, too.

Rubrix's tutorial on label errors in AG News trains on all 120,000 rows and reports an accuracy of
.90 and "more than 8%" of the test labels as candidates. The figures here are those of the 50,658
rows that there are, by cleanlab's own filter.
"""

import os
import runpy
import warnings
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


@pytest.fixture
def run(capsys):
    """Give a function that runs a tutorial, and gives its variables and what it printed."""
    pytest.importorskip("sphinx_gallery", reason="tutorials run where the documentation is built")

    def run(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of torch, and of a backend that shows nothing
            names = runpy.run_path(str(ROOT / "examples" / f"{name}.py"))
        return names, capsys.readouterr().out

    return run


def test_texts(run):
    names, said = run("plot_texts")
    assert "Accuracy on the test set: 0.86" in said
    assert 100 < names["audit"].n_issues < 200
    report = names["report"]
    assert len(report.changed) + len(report.confirmed) + len(report.discarded) == 100
    assert len(report.changed) > 50
    assert names["auditor"].score(names["kept"]["text"], names["corrected"]) > 0.88
    assert names["flagged"]["train"] > 400


def test_tables(run):
    names, said = run("plot_tables")
    assert "41 of 569 labels are wrong" in said
    assert names["found"] > 38
    assert names["estimate"].low <= 41 <= names["estimate"].high
    assert (names["corrected"] != names["true"]).sum() < 3


def test_images(run):
    names, _ = run("plot_images")
    assert names["wrong"].sum() == 179
    assert names["found"] > 160


def test_transformer(run):
    for module in ("torch", "transformers", "datasets", "all_minilm_l6_v2"):
        pytest.importorskip(module)
    names, said = run("plot_transformer")
    assert "which is negative; pass probabilities: softmax your logits" in said
    assert (names["logits"].argmax(axis=1) == names["labels"]).mean() > 0.95
    assert len(names["candidates"]) == names["audit"].n_issues >= 3
    assert (len(names["report"].changed), len(names["report"].discarded)) == (2, 1)
    assert len(names["loaded"]) == len(names["labels"]) - 1
