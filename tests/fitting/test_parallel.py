import json
import os
import sys
import threading
import time
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from joblib.parallel import ThreadingBackend
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from label_auditor import LabelAuditor
from label_auditor.fitting.parallel import is_parallel_inside

THIS_MODULE = sys.modules[__name__]

y = np.arange(60) % 2
X = np.random.default_rng(0).random((60, 3)) + 0.3 * y[:, None]
TEXTS = np.array(["good film", "bad film", "good play", "bad play"])[np.arange(60) % 4]


def note(folder, **what):
    Path(folder, uuid.uuid4().hex).write_text(json.dumps({"process": os.getpid(), **what}))


class Recorder(MultinomialNB):
    """Notes in a folder where and when each fit ran, and what it may use inside."""

    def __init__(self, folder, n_jobs=None, seconds=0.1):
        super().__init__()
        self.folder = folder
        self.n_jobs = n_jobs
        self.seconds = seconds

    def fit(self, X, y):
        begin = time.monotonic()
        time.sleep(self.seconds)
        note(
            self.folder,
            thread=threading.get_ident(),
            begin=begin,
            end=time.monotonic(),
            inner_threads=inner_threads(),
            inner_jobs=joblib.effective_n_jobs(2),
        )
        return super().fit(X, y)


class Booster(Recorder):
    """Comes from a package whose classifiers use all cores unless told otherwise."""


Booster.__module__ = "xgboost.sklearn"


class Rows:
    """An array that notes in a folder whether it is mapped from a file when its rows are taken."""

    def __init__(self, rows, folder):
        self.rows = rows
        self.folder = folder
        self.shape = rows.shape

    def __getitem__(self, key):
        note(self.folder, mapped=isinstance(self.rows, np.memmap))
        return self.rows[key]


class Cluster(ThreadingBackend):
    """Stands for a backend that is not joblib's own, as ray's and spark's are not."""


def inner_threads():
    return [library["num_threads"] for library in threadpool_info()]


def notes(folder):
    """Give the notes, in the order in which the fits began."""
    found = [json.loads(path.read_text()) for path in folder.iterdir()]
    return sorted(found, key=lambda each: each.get("begin", 0))


def at_a_time(fits):
    """Count the fits that ran at the same time."""
    return max(sum(f["begin"] <= fit["begin"] < f["end"] for f in fits) for fit in fits)


def processes(fits):
    return {fit["process"] for fit in fits}


def record_folds(folder, X=X, base=Recorder, **options):
    """Fit folds only, and give the notes."""
    estimator = base(folder)
    LabelAuditor(estimator, train_on=None, **options).fit(X, y)
    return notes(folder)


def text_recorder(folder):
    return make_pipeline(CountVectorizer(), Recorder(folder))


@pytest.fixture(autouse=True, scope="module")
def send_classes_by_value():
    """Send this module's classes whole to worker processes, which can't import it."""
    picklers = []
    for name in ("cloudpickle", "joblib.externals.cloudpickle"):  # joblib has its own before 1.6
        with suppress(ImportError):
            picklers.append(import_module(name))
    for pickler in picklers:
        pickler.register_pickle_by_value(THIS_MODULE)
    yield
    for pickler in picklers:
        pickler.unregister_pickle_by_value(THIS_MODULE)


class TestWhereFoldsRun:
    @pytest.mark.parametrize("wrap", [np.asarray, sparse.csr_array, pd.DataFrame])
    def test_numbers_on_threads(self, tmp_path, wrap):
        fits = record_folds(tmp_path, wrap(X), n_jobs=2)
        assert len(fits) == 5
        assert processes(fits) == {os.getpid()}
        assert at_a_time(fits) == 2

    @pytest.mark.parametrize("wrap", [list, np.asarray, pd.Series])
    def test_texts_in_processes(self, tmp_path, wrap):
        options = {"n_jobs": 2, "share_preprocessing": False}
        fits = record_folds(tmp_path, wrap(TEXTS), text_recorder, **options)
        assert len(fits) == 5
        assert os.getpid() not in processes(fits)

    def test_mixed_columns_in_processes(self, tmp_path):
        frame = pd.DataFrame({"text": TEXTS, "number": X[:, 0]})
        columns = make_column_transformer((CountVectorizer(), "text"))
        fits = record_folds(
            tmp_path,
            frame,
            lambda folder: make_pipeline(columns, Recorder(folder)),
            n_jobs=2,
            share_preprocessing=False,
        )
        assert os.getpid() not in processes(fits)

    def test_the_final_fit_beside_the_folds(self, tmp_path):
        auditor = LabelAuditor(Recorder(tmp_path), n_jobs=2).fit(X, y)
        fits = notes(tmp_path)
        assert len(fits) == 6
        assert at_a_time(fits[:2]) == 2  # it is the first to begin
        alone = MultinomialNB().fit(X, y)
        np.testing.assert_array_equal(auditor.predict_proba(X), alone.predict_proba(X))

    def test_the_final_fit_in_a_process_as_the_folds(self, tmp_path):
        with joblib.parallel_config("loky", n_jobs=2):
            auditor = LabelAuditor(Recorder(tmp_path)).fit(X, y)
        assert len(notes(tmp_path)) == 6
        assert os.getpid() not in processes(notes(tmp_path))
        assert auditor.predict(X).shape == y.shape

    def test_texts_on_threads_once_they_are_numbers(self, tmp_path):
        fits = record_folds(tmp_path, TEXTS, text_recorder, n_jobs=2)
        assert processes(fits) == {os.getpid()}

    def test_one_after_another_by_default(self, tmp_path):
        fits = record_folds(tmp_path)
        assert {fit["thread"] for fit in fits} == {threading.get_ident()}

    def test_as_many_at_a_time_as_a_context_says(self, tmp_path):
        with joblib.parallel_config(n_jobs=2):
            fits = record_folds(tmp_path)
        assert processes(fits) == {os.getpid()}
        assert at_a_time(fits) == 2

    def test_numbers_in_processes_if_a_context_says_so(self, tmp_path):
        with joblib.parallel_config("loky", n_jobs=2):
            fits = record_folds(tmp_path)
        assert os.getpid() not in processes(fits)

    def test_texts_on_threads_if_a_context_says_so(self, tmp_path):
        with joblib.parallel_config("threading", n_jobs=2):
            fits = record_folds(tmp_path, TEXTS, text_recorder, share_preprocessing=False)
        assert processes(fits) == {os.getpid()}
        assert at_a_time(fits) == 2

    def test_large_data_is_mapped_not_copied_to_each_process(self, tmp_path):
        large = np.random.default_rng(0).random((60, 4000))  # joblib maps from 1 MB
        options = {"train_on": None, "n_jobs": 2}
        LabelAuditor(MultinomialNB(), **options).fit(Rows(large, tmp_path), y)
        taken = [each for each in notes(tmp_path) if each["process"] != os.getpid()]
        assert len(taken) == 10  # to fit and to predict, in five folds
        assert all(each["mapped"] for each in taken)


class TestResults:
    @pytest.mark.parametrize("data", ["numbers", "texts"])
    @pytest.mark.usefixtures("newer_dask_client")
    def test_are_the_same_on_a_cluster(self, data):
        self.test_are_the_same_on_every_backend("dask", data)

    @pytest.mark.parametrize("backend", ["loky", "threading"])
    @pytest.mark.parametrize("data", ["numbers", "texts"])
    def test_are_the_same_on_every_backend(self, backend, data):
        if data == "numbers":
            auditor, data = LabelAuditor(RandomForestClassifier(5, random_state=0)), X
        else:
            base = make_pipeline(CountVectorizer(), MultinomialNB())
            auditor, data = LabelAuditor(base, share_preprocessing=False), TEXTS
        expected = auditor.fit(data, y).cv_probabilities_
        with joblib.parallel_config(backend, n_jobs=2):
            found = auditor.fit(data, y)
        np.testing.assert_array_equal(found.cv_probabilities_, expected)

    def test_are_the_same_in_a_child_process(self):
        auditor = LabelAuditor(GaussianNB(), n_jobs=2)
        with get_context("spawn").Pool(1, warnings.simplefilter, ("error",)) as pool:
            found = pool.apply(auditor.fit, (X, y))
        np.testing.assert_array_equal(found.audit_.scores, auditor.fit(X, y).audit_.scores)
        np.testing.assert_array_equal(found.predict(X), auditor.predict(X))

    @pytest.mark.parametrize("data", [X, TEXTS], ids=["numbers", "texts"])
    def test_are_the_same_in_a_thread(self, data):
        base = make_pipeline(CountVectorizer(), MultinomialNB()) if data is TEXTS else GaussianNB()
        auditor = LabelAuditor(base, n_jobs=2, share_preprocessing=False)
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(auditor.fit, data, y).result().cv_probabilities_
        np.testing.assert_array_equal(found, auditor.fit(data, y).cv_probabilities_)

    def test_are_the_same_nested_in_a_parallel_grid_search(self):
        grid = {"estimator__var_smoothing": [1e-9, 0.1], "n_jobs": [None, 2]}
        serial = GridSearchCV(LabelAuditor(GaussianNB()), grid).fit(X, y)
        parallel = GridSearchCV(LabelAuditor(GaussianNB()), grid, n_jobs=2).fit(X, y)
        np.testing.assert_array_equal(
            serial.cv_results_["mean_test_score"], parallel.cv_results_["mean_test_score"]
        )
        np.testing.assert_array_equal(
            serial.best_estimator_.label_scores_, parallel.best_estimator_.label_scores_
        )


class TestInnerThreads:
    @pytest.mark.parametrize(
        ("allowed", "n_jobs", "cv", "share"),
        [(4, 2, 5, 2), (4, 8, 2, 2), (4, None, 5, 4), (1, 2, 5, 1), (4, 8, 5, 1)],
    )
    def test_are_shared_by_folds_on_threads(self, tmp_path, allowed, n_jobs, cv, share):
        before = inner_threads()
        with threadpool_limits(allowed):
            fits = record_folds(tmp_path, n_jobs=n_jobs, cv=cv)
            assert set(inner_threads()) == {allowed}
        assert {n for fit in fits for n in fit["inner_threads"]} == {share}
        assert inner_threads() == before

    def test_are_restored_if_a_fold_fails(self):
        before = inner_threads()
        with threadpool_limits(4):
            with pytest.raises(ValueError, match="fold"):
                LabelAuditor(MultinomialNB(), n_jobs=2, train_on=None).fit(-X, y)
            assert set(inner_threads()) == {4}
        assert inner_threads() == before


class TestParallelInside:
    @pytest.mark.parametrize(
        "estimator",
        [
            HistGradientBoostingClassifier(),
            RandomForestClassifier(n_jobs=2),
            RandomForestClassifier(n_jobs=-1),
            make_pipeline(CountVectorizer(), RandomForestClassifier(n_jobs=-1)),
            BaggingClassifier(HistGradientBoostingClassifier()),
            GridSearchCV(LogisticRegression(), {}, n_jobs=2),
            Booster(None),
            make_pipeline(Booster(None, n_jobs=4)),
        ],
        ids=str,
    )
    def test_is_known(self, estimator):
        assert is_parallel_inside(estimator)

    @pytest.mark.parametrize(
        "estimator",
        [
            LogisticRegression(),
            RandomForestClassifier(),
            RandomForestClassifier(n_jobs=1),
            make_pipeline(CountVectorizer(), RandomForestClassifier()),
            Booster(None, n_jobs=1),
        ],
        ids=str,
    )
    def test_is_not_said_of_others(self, estimator):
        assert not is_parallel_inside(estimator)

    @pytest.mark.parametrize("base", [lambda folder: Recorder(folder, n_jobs=2), Booster])
    @pytest.mark.parametrize("context", [{}, {"backend": "threading"}, {"backend": "loky"}])
    def test_gets_its_folds_one_after_another(self, tmp_path, base, context):
        with joblib.parallel_config(n_jobs=2, **context):
            fits = record_folds(tmp_path, base=base, n_jobs=2, cv=3)
        assert len(fits) == 3
        assert at_a_time(fits) == 1
        assert processes(fits) == {os.getpid()}
        assert {fit["inner_jobs"] for fit in fits} == {2}

    def test_gets_its_folds_at_the_same_time_on_a_cluster(self, tmp_path):
        with joblib.parallel_config(Cluster(nesting_level=0), n_jobs=2):
            fits = record_folds(tmp_path, base=lambda folder: Recorder(folder, n_jobs=2))
        assert at_a_time(fits) == 2


@pytest.mark.usefixtures("newer_dask_client")
class TestDask:
    def test_gives_the_workers_what_is_parallel_inside_too(self, tmp_path):
        with joblib.parallel_config("dask"):
            fits = record_folds(tmp_path, base=lambda folder: Recorder(folder, 2, seconds=0.5))
        assert os.getpid() not in processes(fits)
        assert len(processes(fits)) == 2

    def test_is_sent_the_data_apart_from_the_folds(self):
        large = np.random.default_rng(0).random((200_000, 8))  # dask warns from 10 MB
        with warnings.catch_warnings(record=True) as caught, joblib.parallel_config("dask"):
            warnings.simplefilter("always")
            LabelAuditor(GaussianNB(), train_on=None).fit(large, np.arange(200_000) % 2)
        assert not [each for each in caught if "large graph" in str(each.message)]


class TestRay:
    def test_runs_the_folds_in_processes_of_its_own(self, tmp_path, monkeypatch):
        monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # or it keeps a key in the home folder
        ray = pytest.importorskip("ray")
        from ray.util.joblib import register_ray

        register_ray()
        options = {"num_cpus": 2, "include_dashboard": False, "log_to_driver": False}
        try:
            ray.init(**options)
            ray.cloudpickle.register_pickle_by_value(THIS_MODULE)
            with joblib.parallel_config(backend="ray", n_jobs=-1):
                found = LabelAuditor(Recorder(tmp_path)).fit(X, y)
        finally:
            ray.shutdown()
        assert os.getpid() not in processes(notes(tmp_path))
        expected = LabelAuditor(MultinomialNB()).fit(X, y)
        np.testing.assert_array_equal(found.cv_probabilities_, expected.cv_probabilities_)


class BlasThreads(LogisticRegression):
    """A linear model, by its module, that notes how many threads BLAS may use in its fits."""

    __module__ = "sklearn.linear_model"
    seen = []  # noqa: RUF012 - shared on purpose

    def fit(self, X, y):
        BlasThreads.seen += [lib["num_threads"] for lib in blas_libraries()]
        return super().fit(X, y)


def blas_libraries():
    return [lib for lib in threadpool_info() if lib["user_api"] == "blas"]


def test_linear_models_after_shared_steps_have_one_blas_thread():
    with threadpool_limits(2, user_api="blas"):
        for share, expected in (("auto", {1}), (False, {2})):
            BlasThreads.seen.clear()
            pipeline = make_pipeline(StandardScaler(), BlasThreads())
            LabelAuditor(pipeline, cv=2, share_preprocessing=share, train_on=None).fit(X, y)
            assert set(BlasThreads.seen) == expected
        assert {lib["num_threads"] for lib in blas_libraries()} == {2}
