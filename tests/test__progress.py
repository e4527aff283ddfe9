import pickle
import re
from collections import Counter

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import LabelAuditor

y = np.arange(60) % 2
X = np.random.default_rng(0).random((60, 3)) + 0.3 * y[:, None]

FOLDS = [f"fold {fold}" for fold in range(5)]


def test_verbose_shows_the_folds(capsys):
    LabelAuditor(GaussianNB(), verbose=0).fit(X, y)
    assert not any(capsys.readouterr())
    LabelAuditor(GaussianNB(), verbose=51).fit(X, y)
    assert re.findall(r"Done +(\d) ", "".join(capsys.readouterr()))[-1] == "5"


class TestCallbacks:
    @pytest.fixture(autouse=True)
    def sklearn_callback(self):
        return pytest.importorskip("sklearn.callback", reason="scikit-learn has no callbacks")

    @pytest.fixture
    def recorder(self, sklearn_callback):
        from sklearn.callback._transport import open_listener, send

        class Recorder:
            """Notes what it is told, from whatever process; follows nested estimators."""

            max_propagation_depth = None

            def __init__(self):
                self.told = []
                self.listener = open_listener(self.told.append, owner=self)

            def __getstate__(self):
                return self.__dict__ | {"told": []}

            def tell(self, event, estimator, context):
                task = context.task_name
                if task == "fold":
                    task = f"fold {context.task_id}"
                send(self.listener, (event, type(estimator).__name__, task))

            def setup(self, estimator, context):
                self.tell("setup", estimator, context)

            def on_fit_task_begin(self, estimator, context):
                self.tell("begin", estimator, context)

            def on_fit_task_end(self, estimator, context):
                self.tell("end", estimator, context)

            def teardown(self, estimator, context):
                self.tell("teardown", estimator, context)

            def of(self, event, estimator="LabelAuditor"):
                """Give the tasks of an estimator that this event was told of, in order."""
                return [task for e, name, task in self.told if (e, name) == (event, estimator)]

        return Recorder()

    def test_see_every_part_of_a_fit(self, recorder):
        LabelAuditor(GaussianNB()).set_callbacks(recorder).fit(X, y)
        print(recorder.told)
        assert 0
