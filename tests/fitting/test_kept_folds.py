import importlib
import sys
import threading

import joblib
import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from label_auditor import LabelAuditor
from label_auditor.fitting.kept_folds import Entry, KeptFolds

y = np.arange(60) % 2
X = np.random.default_rng(0).normal(size=(60, 3)) + y[:, None]
TRAIN, TEST = np.arange(40), np.arange(40, 60)


def fit(memory, data=X, model=None):
    return LabelAuditor(model or GaussianNB(), memory=memory, train_on=None).fit(data, y)


def entries(folder):
    return sorted(folder.rglob("output.pkl"))


class Computed:
    """Counts how often a fold is computed."""

    def __init__(self):
        self.n = 0

    def __call__(self):
        self.n += 1
        return np.array([[0.2, 0.8]]), np.array([0, 1])


def test_a_fold_is_computed_once(tmp_path):
    compute = Computed()
    for _ in range(2):
        kept = KeptFolds(tmp_path, GaussianNB(), X, y, {})
        probs, known = kept.predict(compute, TRAIN, TEST)
        np.testing.assert_array_equal(probs, [[0.2, 0.8]])
        assert known.tolist() == [0, 1]
    assert compute.n == 1
    KeptFolds(tmp_path, GaussianNB(), X, y, {}).predict(compute, TRAIN[1:], TEST)
    KeptFolds(tmp_path, GaussianNB(), X + 1, y, {}).predict(compute, TRAIN, TEST)
    KeptFolds(None, GaussianNB(), X, y, {}).predict(compute, TRAIN, TEST)
    assert compute.n == 4


def spoil_numbers(path):
    entry = joblib.load(path)
    probs, known = entry.predictions
    joblib.dump(Entry((probs[:, ::-1].copy(), known), entry.checksum), path)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_numbers,
        lambda path: joblib.dump({"pred_probs": 1}, path),
        lambda path: joblib.dump(None, path),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:50]),
        lambda path: path.write_bytes(b"no pickle"),
    ],
    ids=["numbers", "dict", "None", "empty", "cut", "text"],
)
def test_a_damaged_entry_is_computed_again_with_a_warning(tmp_path, spoil):
    first = fit(tmp_path)
    spoil(entries(tmp_path)[2])
    with pytest.warns(UserWarning, match="holds a damaged entry for a fold; the fold is computed"):
        again = fit(tmp_path)
    np.testing.assert_array_equal(again.cv_probabilities_, first.cv_probabilities_)
    np.testing.assert_array_equal(fit(tmp_path).cv_probabilities_, first.cv_probabilities_)
    assert len(entries(tmp_path)) == 5


def test_what_is_no_probability_is_not_kept(tmp_path):
    class Wrong(GaussianNB):
        def predict_proba(self, X):
            return super().predict_proba(X) * np.nan

    with pytest.raises(ValueError, match="sum to nan"):
        fit(tmp_path, model=Wrong())
    assert entries(tmp_path) == []


def test_tensors_resume(tmp_path):
    torch = pytest.importorskip("torch")
    for _ in range(3):
        fit(tmp_path, torch.tensor(X))
    assert len(entries(tmp_path)) == 5


def test_a_function_without_a_name_resumes(tmp_path):
    for factor in (2, 2, 3):
        fit(
            tmp_path,
            model=make_pipeline(FunctionTransformer(lambda X, f=factor: X * f), GaussianNB()),
        )
    assert len(entries(tmp_path)) == 10


def test_what_cant_be_hashed_is_named(tmp_path):
    class Locked(GaussianNB):
        def __init__(self, lock=None):
            self.lock = lock

    with pytest.raises(
        ValueError,
        match=r"^memory can't tell .*: estimator's parameter lock can't be hashed \(TypeE",
    ) as caught:
        fit(tmp_path, model=Locked(threading.Lock()))
    assert len(str(caught.value)) < 500


MINE = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
class Mine(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self
    def predict_proba(self, X):
        return np.tile([{p}, 1 - {p}], (len(X), 1))
"""


def test_a_class_whose_code_changed_does_not_get_the_old_result(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # it would outlive a quick change
    for p in (0.25, 0.75, 0.25):
        (tmp_path / "mine.py").write_text(MINE.format(p=p))
        monkeypatch.delitem(sys.modules, "mine", raising=False)
        model = importlib.import_module("mine").Mine()
        assert fit(tmp_path / "kept", model=model).cv_probabilities_[0, 0] == p
    monkeypatch.delitem(sys.modules, "mine")
    assert len(entries(tmp_path)) == 10
