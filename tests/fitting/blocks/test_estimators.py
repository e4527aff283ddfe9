import pytest
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from label_auditor.fitting.blocks.estimators import cut_estimator, divide_blocks


def test_a_pipeline_is_cut_before_its_last_step():
    pipeline = make_pipeline(HashingVectorizer(), "passthrough", Normalizer(), MultinomialNB())
    learner = cut_estimator(pipeline, None, "dask Series")
    assert [*learner.before.named_steps] == ["hashingvectorizer", "passthrough", "normalizer"]
    fitted = MultinomialNB().fit([[1.0], [2.0]], ["a", "b"])
    whole = learner.join(fitted)
    assert whole[-1] is fitted
    assert pipeline[-1] is not fitted


def test_a_classifier_alone_has_nothing_before_it():
    learner = cut_estimator(MultinomialNB(), "loo", "dask Array")
    assert learner.before is None
    assert learner.join("fitted") == "fitted"


class Changed(MultinomialNB):
    """May do something else."""


@pytest.mark.parametrize(
    ("estimator", "cv", "problem"),
    [
        (LogisticRegression(), None, "LogisticRegression has no partial_fit"),
        (SGDClassifier(), "loo", "only MultinomialNB, .* can add up blocks, not SGDClassifier"),
        (GaussianNB(), "loo", "not GaussianNB; with .* such as cv=5, GaussianNB learns"),
        (LogisticRegression(), "loo", r"can add up blocks, not LogisticRegression\. There are"),
        (Changed(), "loo", r"\(not a subclass\) can add up blocks, not Changed"),
        (make_pipeline(StandardScaler(), SGDClassifier()), 3, "the step 'standardscaler'"),
    ],
)
def test_what_needs_all_rows_at_once_is_refused(estimator, cv, problem):
    with pytest.raises(ValueError, match=f"X is a dask Array, .*{problem}.* four ways on"):
        cut_estimator(estimator, cv, "dask Array")


@pytest.mark.parametrize(
    ("cv", "n_blocks", "folds"),
    [(None, 7, [0, 0, 1, 2, 2, 3, 4]), (None, 3, [0, 1, 2]), (2, 4, [0, 0, 1, 1])],
)
def test_folds_are_runs_of_blocks(cv, n_blocks, folds):
    assert divide_blocks(cv, n_blocks).tolist() == folds


@pytest.mark.parametrize(
    ("cv", "n_blocks", "message"),
    [
        (None, 1, "cv=None can't be done with 1 block of X"),
        (4, 3, "cv=4 can't be done with 3 blocks of X, .* by rechunk or repartition"),
        (1, 3, "cv=1 can't be done"),
        ([([0], [1])], 3, "but rows of dask are held out by blocks"),
        (True, 3, "cv is True"),
    ],
)
def test_folds_that_can_not_be_made(cv, n_blocks, message):
    with pytest.raises(ValueError, match=message):
        divide_blocks(cv, n_blocks)
