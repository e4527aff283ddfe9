"""The code of the guides runs as it stands, and cleanlab gives what the page on moving says."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from cleanlab import Datalab
from cleanlab.classification import CleanLearning
from cleanlab.count import compute_confident_joint, estimate_latent
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from label_auditor import LabelAuditor, audit_labels

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "docs/getting_started.md", *sorted(ROOT.glob("docs/how_to/*.md"))]
PEERS = {
    "CleanLearning": CleanLearning,
    "compute_confident_joint": compute_confident_joint,
    "estimate_latent": estimate_latent,
    "find_label_issues": find_label_issues,
    "get_label_quality_scores": get_label_quality_scores,
}
SAME = re.findall(
    r"^\| `([^`]+)` \| `([^`]+)` \|$",
    "\n".join(
        re.findall(
            r"\| the same here \|\n\|---\|---\|\n((?:\|.*\n)+)",
            (ROOT / "docs/moving.md").read_text(encoding="utf-8"),
        )
    ),
    re.MULTILINE,
)


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # load_digits of 1.8
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)  # some write files
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    code = [block for block in blocks if not block.startswith("# after the review")]
    exec("\n".join(code), {"__name__": page.stem})  # one after the other, as a reader runs them


@pytest.fixture(scope="module")
def names():
    """Give the variables that the page on moving speaks of."""
    X, codes = make_classification(300, n_classes=3, n_informative=5, flip_y=0.1, random_state=0)
    classes, model = np.array(["a", "b", "c"]), LogisticRegression()
    labels = classes[codes]
    pred_probs = cross_val_predict(model, X, codes, method="predict_proba")
    lab = Datalab({"label": labels}, label_name="label", verbosity=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Datalab's own: it takes them for failures
        lab.find_issues(pred_probs=pred_probs)
    ours = {"LabelAuditor": LabelAuditor, "audit_labels": audit_labels}
    given = {"X": X, "codes": codes, "classes": classes, "labels": labels, "model": model}
    made = {"pred_probs": pred_probs, "audit": audit_labels(labels, pred_probs), "lab": lab}
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return PEERS | ours | given | made | {"folds": folds}


@pytest.mark.parametrize(("theirs", "ours"), SAME)
def test_moving(theirs, ours, names):
    expected, result = np.asarray(eval(theirs, names)), np.asarray(eval(ours, names))
    assert expected.shape == result.shape
    assert len(expected)
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(result, expected, rtol=1e-12)
    else:
        np.testing.assert_array_equal(result, expected)


def test_all_rows_that_promise_the_same_are_tested():
    assert len(SAME) == 16
