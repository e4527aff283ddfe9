import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import joblib
import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor

y = np.arange(60) % 2
X = np.random.default_rng(0).random((60, 3)) + 0.3 * y[:, None]
TEXTS = ["good good play", "bad film", "dull play"] * 20


class Counted(MultinomialNB):
    """Counts its fits, and fails when asked to."""

    n_fits = 0
    fails = None

    def fit(self, X, y, sample_weight=None):
        Counted.n_fits += 1
        if Counted.fails is not None:
            Counted.fails(X)
        return super().fit(X, y, sample_weight)


@pytest.fixture(autouse=True)
def start_anew():
    Counted.n_fits, Counted.fails = 0, None


@pytest.fixture
def refit(tmp_path):
    """Fit folds only, with what earlier calls kept; give the auditor and the number of fits."""

    def refit(X=X, y=y, *, base=None, fit_params=None, **options):
        before = Counted.n_fits
        options = {"memory": tmp_path / "kept", "train_on": None} | options
        auditor = LabelAuditor(base or Counted(), **options).fit(X, y, **(fit_params or {}))
        return auditor, Counted.n_fits - before

    return refit


def fail_in_fold_2(error):
    """Make the fits raise that don't train on row 25, which is held out in the third fold."""

    def fails(train):
        if not (train == X[25]).all(axis=1).any():
            raise error

    Counted.fails = fails


INTERRUPTED = """
import time
from pathlib import Path
import numpy as np
from sklearn.naive_bayes import GaussianNB
from label_auditor import LabelAuditor

class Slow(GaussianNB):
    def fit(self, X, y):
        with Path("fits").open("a") as log:
            log.write("fit\\n")
        n_fits = len(Path("fits").read_text().split())
        while n_fits == 4 and Path("blocked").exists():
            time.sleep(0.01)
        return super().fit(X, y)

def audit(memory):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    auditor = LabelAuditor(Slow(), memory=memory, train_on=None)
    return auditor.fit(rng.normal(size=(60, 2)) + y[:, None], y)

if __name__ == "__main__":
    np.save("result", audit("kept").cv_probabilities_)
"""


def test_a_killed_fit_continues_in_the_fold_where_it_was(tmp_path, monkeypatch):
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    log, blocked, result = (tmp_path / name for name in ("fits", "blocked", "result.npy"))

    def start():
        return subprocess.Popen([sys.executable, "interrupted.py"], cwd=tmp_path)

    def n_fits():
        return len(log.read_text().split()) if log.exists() else 0

    blocked.touch()
    killed = start()
    while n_fits() < 4:
        assert killed.poll() is None
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(timeout=60) == -signal.SIGKILL
    assert not result.exists()

    blocked.unlink()
    log.unlink()
    assert start().wait(timeout=120) == 0
    assert n_fits() == 2

    log.unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    uninterrupted = import_module("interrupted").audit(memory=None)
    assert n_fits() == 5
    np.testing.assert_array_equal(np.load(result), uninterrupted.cv_probabilities_)


class TestWhatIsKept:
    @pytest.mark.parametrize("kind", [str, Path, lambda path: joblib.Memory(path, verbose=0)])
    def test_in_memory_of_every_kind(self, refit, tmp_path, kind):
        first, n_fits = refit(memory=kind(tmp_path / "folds"))
        assert n_fits == 5
        again, n_fits = refit(memory=kind(tmp_path / "folds"))
        assert n_fits == 0
        np.testing.assert_array_equal(first.cv_probabilities_, again.cv_probabilities_)

    @pytest.mark.parametrize("memory", [None, joblib.Memory(None)], ids=["None", "nowhere"])
    def test_nothing_without_a_place(self, refit, memory):
        assert [refit(memory=memory)[1] for _ in range(2)] == [5, 5]

    @pytest.mark.parametrize(
        ("data", "base"),
        [
            (sparse.csr_array(X), Counted()),
            (
                ["good film", "bad film", "dull play"] * 20,
                make_pipeline(CountVectorizer(), Counted()),
            ),
        ],
        ids=["sparse", "texts"],
    )
    def test_data_of_other_kinds(self, refit, data, base):
        assert [refit(data, base=base)[1] for _ in range(2)] == [5, 0]

    def test_folds_fitted_at_the_same_time(self, refit):
        assert [refit(n_jobs=n_jobs)[1] for n_jobs in (2, None)] == [5, 0]

    @pytest.mark.parametrize(
        "options",
        [
            {"filter_by": "both"},
            {"rank_by": "normalized_margin"},
            {"verbose": 1},
            {"share_preprocessing": False},
        ],
        ids=str,
    )
    def test_serves_other_options_of_the_audit(self, refit, options):
        refit()
        again, n_fits = refit(**options)
        assert n_fits == 0
        fresh, _ = refit(memory=None, **options)
        np.testing.assert_array_equal(again.ranked_issues_, fresh.ranked_issues_)
        np.testing.assert_array_equal(again.label_scores_, fresh.label_scores_)

    def test_serves_the_final_classifier_only_its_folds(self, refit):
        refit()
        auditor, n_fits = refit(train_on="all")
        assert n_fits == 1
        np.testing.assert_array_equal(
            auditor.predict_proba(X), MultinomialNB().fit(X, y).predict_proba(X)
        )


class TestWhatIsComputedAgain:
    def expect(self, refit, n_new, *data, **changes):
        """A change costs this many folds, and gives what it gives without memory."""
        refit(fit_params={"sample_weight": np.ones(60)})
        changes = {"fit_params": {"sample_weight": np.ones(60)}} | changes
        changed, n_fits = refit(*data, **changes)
        assert n_fits == n_new
        fresh, _ = refit(*data, memory=None, **changes)
        np.testing.assert_array_equal(changed.cv_probabilities_, fresh.cv_probabilities_)

    def test_nothing_if_nothing_changed(self, refit):
        self.expect(refit, 0, X.copy(), y.copy())

    def test_a_changed_row(self, refit):
        changed = X.copy()
        changed[7, 1] += 1e-9
        self.expect(refit, 5, changed)

    def test_a_changed_label(self, refit):
        changed = y.copy()
        changed[7] = 1 - changed[7]
        self.expect(refit, 5, X, changed)

    def test_a_changed_parameter_of_the_classifier(self, refit):
        self.expect(refit, 5, base=Counted(alpha=0.5))

    def test_a_changed_weight(self, refit):
        weight = np.ones(60)
        weight[7] = 2
        self.expect(refit, 5, fit_params={"sample_weight": weight})

    def test_other_folds(self, refit):
        self.expect(refit, 5, cv=StratifiedKFold(5, shuffle=True, random_state=0))

    def test_only_the_fold_that_changed(self, refit):
        folds = list(StratifiedKFold(5).split(X, y))
        train, test = folds[3]
        self.expect(refit, 1, cv=[*folds[:3], (train[1:], test), folds[4]])


class TestTexts:
    @pytest.mark.parametrize(
        ("texts", "vectorizer", "n_new"),
        [
            (TEXTS, CountVectorizer(), 0),
            (["Good, good play!", *TEXTS[1:]], CountVectorizer(), 0),  # the same words
            (["good good bad", *TEXTS[1:]], CountVectorizer(), 5),
            (TEXTS, CountVectorizer(min_df=2), 5),
            (TEXTS, CountVectorizer(ngram_range=(1, 2)), 5),
            (TEXTS, TfidfVectorizer(), 5),
        ],
        ids=["same", "same words", "text", "columns", "tokens", "weights"],
    )
    def test_are_kept_by_their_words(self, refit, texts, vectorizer, n_new):
        refit(TEXTS, base=make_pipeline(CountVectorizer(), Counted()))
        changed = {"base": make_pipeline(vectorizer, Counted())}
        again, n_fits = refit(texts, **changed)
        assert n_fits == n_new
        fresh, _ = refit(texts, memory=None, **changed)
        np.testing.assert_array_equal(again.cv_probabilities_, fresh.cv_probabilities_)


class TestAFoldThatRaises:
    def test_is_named(self, refit):
        fail_in_fold_2(ValueError("no such film"))
        message = r"^fold 3 of 5 raised ValueError: no such film$"
        for options in ({}, {"memory": None}):
            with pytest.raises(ValueError, match=message) as caught:
                refit(**options)
            assert str(caught.value.__cause__) == "no such film"

    def test_is_named_in_parallel(self, refit):
        fail_in_fold_2(ValueError("no such film"))
        for options in ({}, {"memory": None}):
            with pytest.raises(ValueError, match="fold 3 of 5 raised ValueError: no such film"):
                refit(n_jobs=2, **options)

    @pytest.mark.parametrize("error", [KeyError("k"), TypeError("t"), MemoryError("m")])
    def test_is_a_runtime_error_unless_it_raised_a_value_error(self, refit, error):
        fail_in_fold_2(error)
        for options in ({}, {"memory": None}):
            with pytest.raises(RuntimeError, match=f"fold 3 of 5 raised {type(error).__name__}"):
                refit(**options)

    def test_ends_the_fit_at_once_without_memory(self, refit):
        fail_in_fold_2(ValueError())
        with pytest.raises(ValueError, match="fold 3"):
            refit(memory=None)
        assert Counted.n_fits == 3

    def test_leaves_the_others_to_be_finished_and_kept(self, refit):
        fail_in_fold_2(ValueError())
        with pytest.raises(ValueError, match="fold 3"):
            refit()
        assert Counted.n_fits == 5
        Counted.fails = None
        mended, n_fits = refit()
        assert n_fits == 1
        fresh, _ = refit(memory=None)
        np.testing.assert_array_equal(mended.cv_probabilities_, fresh.cv_probabilities_)

    def test_an_interrupt_is_no_failure_of_a_fold(self, refit):
        fail_in_fold_2(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            refit()
        assert Counted.n_fits == 3
        Counted.fails = None
        assert refit()[1] == 3
