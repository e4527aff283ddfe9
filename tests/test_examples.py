"""Each tutorial runs as a script, and finds what its text says.

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

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LABEL_AUDITOR_DATA", ROOT.parent / "shared" / "data"))
pytestmark = pytest.mark.skipif(
    not (DATA / "ag_news").exists(), reason="LABEL_AUDITOR_DATA names no folder with ag_news"
)


@pytest.fixture
def run(monkeypatch):
    """Give a function that runs a tutorial without a server, and gives its variables."""
    monkeypatch.setenv("LABEL_AUDITOR_DATA", str(DATA))
    monkeypatch.delenv("RUBRIX_API_URL", raising=False)
    return lambda name: runpy.run_path(str(ROOT / "examples" / f"{name}.py"))


# Above 10 s on slow machines: a fit of 50,658 texts, and a cross-validation of 58,258. What else is
# tested with these data is therefore tested here.
def test_ag_news(run, capsys):
    names = run("plot_ag_news")
    said = capsys.readouterr().out
    assert "Accuracy on the test set: 0.8984" in said
    assert "633 candidates, 8.33% of the test set" in said
    assert "4224 candidates in the training set, 8.34%" in said
    assert_test_set_is_audited(names["audit"], names["test"])
    flagged = names["flagged"]
    assert (flagged["train"], flagged["test"]) == (4224, 637)
    assert len(names["corrections"]) == 200
    report = names["report"]
    assert (len(report.changed), len(report.confirmed), len(report.discarded)) == (97, 76, 27)
    assert len(names["corrected"]) == 7600 - 27
    before = (names["kept"]["label"] == names["auditor"].predict(names["kept"]["text"])).mean()
    assert names["before"] > before + 0.01  # by corrected labels, by those that were given


def assert_test_set_is_audited(audit, test):
    """Where two transformers agree on another class than the given one, the given one is wrong."""
    assert audit.n_issues == 633
    assert audit.index.equals(test.index)
    silver = pd.read_csv(DATA / "ag_news" / "test_model_predictions.csv.gz")
    agree = silver["distilbert_pred"] == silver["llama31_8b_pred"]
    wrong = (agree & (silver["distilbert_pred"] != silver["label"])).to_numpy()
    worst = audit.ranked[:100]
    assert wrong.mean() == pytest.approx(242 / 7600)
    assert wrong[worst].mean() > 8 * wrong.mean()
    assert set(np.unique(audit.suggested_labels[worst])) == {0, 1, 2, 3}


def test_transformer(run, capsys):
    for module in ("torch", "transformers", "datasets"):
        pytest.importorskip(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own
        names = run("plot_transformer")
    said = capsys.readouterr().out
    assert "which is negative; pass probabilities: softmax your logits" in said
    assert (names["logits"].argmax(axis=1) == names["labels"]).mean() > 0.83
    assert 0.04 < names["audit"].issues.mean() < 0.08
    assert len(names["candidates"]) == names["audit"].n_issues
    report, loaded = names["report"], names["loaded"]
    assert len(report.changed) + len(report.confirmed) + len(report.discarded) == 100
    assert len(report.changed) > 20
    assert len(loaded) == 7600 - len(report.discarded)
    assert (names["kept"] == loaded["label"]).mean() > 0.83
