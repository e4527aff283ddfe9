import pickle
import re
from contextlib import nullcontext

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import LabelAuditor

y = np.arange(60) % 2
X = np.random.default_rng(0).random((60, 3)) + 0.3 * y[:, None]

FOLDS = [f"{event} fold {fold}" for fold in range(5) for event in ("begin", "end")]
CROSS_FIT = ["begin cross-fit of 5", *FOLDS, "end cross-fit of 5"]
FINAL = ["begin fit-final-estimator", "end fit-final-estimator"]
WITH_FINAL = ["begin cross-fit of 6", *FINAL, *FOLDS, "end cross-fit of 6"]


def test_verbose_shows_the_folds(capsys):
    LabelAuditor(GaussianNB()).fit(X, y)
    assert not any(capsys.readouterr())
    LabelAuditor(GaussianNB(), verbose=51).fit(X, y)
    assert re.findall(r"Done +(\d+) ", capsys.readouterr().out)[-1] == "6"


class TestCallbacks:
    @pytest.fixture(autouse=True)
    def _needs_callbacks(self):
        pytest.importorskip("sklearn.callback", reason="this scikit-learn has no callbacks")

    @pytest.fixture
    def recorder(self):
        from sklearn.callback._transport import open_listener, send

        class Recorder:
            """Notes what it is told, by whatever process, of an estimator and those within."""

            max_propagation_depth = None

            def __init__(self):
                self.told = []
                self.listener = open_listener(self.told.append, owner=self)

            def __getstate__(self):
                return self.__dict__ | {"told": []}

            def tell(self, event, estimator, context):
                number = f" {context.task_id}" if context.task_name == "fold" else ""
                of = f" of {context.max_subtasks}" if context.max_subtasks else ""
                told = f"{event} {context.task_name}{number}{of}"
                send(self.listener, (type(estimator).__name__, told))

            def setup(self, estimator, context):
                self.tell("setup", estimator, context)

            def on_fit_task_begin(self, estimator, context):
                self.tell("begin", estimator, context)

            def on_fit_task_end(self, estimator, context):
                self.tell("end", estimator, context)

            def teardown(self, estimator, context):
                self.tell("teardown", estimator, context)

            def of_auditors(self):
                return [told for name, told in self.told if name == "LabelAuditor"]

        return Recorder()

    @pytest.mark.parametrize(
        ("train_on", "parts"),
        [
            ("all", WITH_FINAL),
            ("unflagged", [*CROSS_FIT, *FINAL]),
            ("corrected", [*CROSS_FIT, *FINAL]),
            (None, CROSS_FIT),
        ],
    )
    def test_see_every_part_of_a_fit(self, recorder, train_on, parts):
        LabelAuditor(GaussianNB(), train_on=train_on).set_callbacks(recorder).fit(X, y)
        whole = f"fit of {2 if train_on in ('unflagged', 'corrected') else 1}"
        assert recorder.of_auditors() == [
            f"setup {whole}",
            f"begin {whole}",
            *parts,
            f"end {whole}",
            f"teardown {whole}",
        ]

    @pytest.mark.parametrize("backend", [None, "loky"])
    def test_see_every_fit_of_those_at_the_same_time(self, recorder, backend):
        auditor = LabelAuditor(GaussianNB()).set_callbacks(recorder)
        with joblib.parallel_config(backend, n_jobs=2) if backend else nullcontext():
            auditor.set_params(n_jobs=2).fit(X, y)
        told = recorder.of_auditors()
        assert sorted(told[3:-3]) == sorted(FOLDS + FINAL)
        assert told[2] == "begin cross-fit of 6"
        assert told[-3] == "end cross-fit of 6"
        for fold in range(5):
            assert told.index(f"begin fold {fold}") < told.index(f"end fold {fold}")

    def test_see_the_folds_of_every_repeat(self, recorder):
        cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=4, random_state=0)
        LabelAuditor(GaussianNB(), cv=cv).set_callbacks(recorder).fit(X, y)
        assert "begin cross-fit of 13" in recorder.of_auditors()
        assert "end fold 11" in recorder.of_auditors()

    @pytest.mark.parametrize(("train_on", "final"), [("all", []), ("corrected", FINAL)])
    def test_see_an_out_of_bag_fit(self, recorder, train_on, final):
        forest = RandomForestClassifier(30, random_state=0)
        auditor = LabelAuditor(forest, cv="oob", train_on=train_on)
        auditor.set_callbacks(recorder).fit(X, y)
        once = ["begin out-of-bag", "end out-of-bag"]
        whole = f"fit of {2 if final else 1}"
        assert recorder.of_auditors()[1:-1] == [f"begin {whole}", *once, *final, f"end {whole}"]

    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_of_a_grid_search_see_its_auditors(self, recorder, n_jobs):
        grid = {"filter_by": ["both", "prune_by_class"]}
        search = GridSearchCV(LabelAuditor(GaussianNB()), grid, cv=3, n_jobs=n_jobs)
        search.set_callbacks(recorder).fit(X, y)
        n_fits = 2 * 3 + 1
        for told in (*WITH_FINAL, "begin fit of 1", "end fit of 1"):
            assert recorder.of_auditors().count(told) == n_fits

    def test_of_a_pipeline_see_its_auditor(self, recorder):
        pipeline = make_pipeline(StandardScaler(), LabelAuditor(GaussianNB()))
        pipeline.set_callbacks(recorder).fit(X, y)
        assert recorder.of_auditors() == ["begin fit of 1", *WITH_FINAL, "end fit of 1"]
        assert vars(pipeline[-1]).keys() == vars(LabelAuditor().fit(X, y)).keys()

    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_leave_nothing_on_the_auditor(self, recorder, n_jobs):
        auditor = LabelAuditor(GaussianNB(), n_jobs=n_jobs)
        auditor.set_callbacks(recorder).fit(X, y).set_callbacks()
        plain = LabelAuditor(GaussianNB(), n_jobs=n_jobs).fit(X, y)
        assert vars(auditor).keys() == vars(plain).keys()
        again = pickle.loads(pickle.dumps(auditor))
        np.testing.assert_array_equal(again.predict_proba(X), plain.predict_proba(X))

    def test_are_let_go_when_a_fold_fails(self, recorder):
        auditor = LabelAuditor(GaussianNB(), train_on=None).set_callbacks(recorder)
        with pytest.raises(ValueError, match="fold 1 of 5"):
            auditor.fit(np.full_like(X, np.nan), y)
        assert recorder.of_auditors()[-2:] == ["begin fold 0", "teardown fit of 1"]
        assert vars(auditor).keys() == vars(LabelAuditor().set_callbacks(recorder)).keys()

    def test_cost_nothing_where_there_are_none(self, monkeypatch):
        monkeypatch.setattr(LabelAuditor, "_init_callback_context", None)
        LabelAuditor(GaussianNB()).fit(X, y)
        make_pipeline(StandardScaler(), LabelAuditor(GaussianNB())).fit(X, y)

    @pytest.mark.parametrize("backend", ["threading", "loky"])
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_of_scikit_learn_show_a_progress_bar(self, capsys, backend, n_jobs):
        pytest.importorskip("rich")
        from sklearn.callback import ProgressBar

        with joblib.parallel_config(backend, n_jobs=n_jobs):
            LabelAuditor(GaussianNB()).set_callbacks(ProgressBar()).fit(X, y)
        shown = capsys.readouterr().out
        assert re.search(r"LabelAuditor - fit .*100%", shown)
        assert re.search(r"LabelAuditor - cross-fit .*100%", shown)
