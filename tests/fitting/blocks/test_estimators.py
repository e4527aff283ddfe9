import pytest
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from label_auditor.fitting.blocks.estimators import cut_estimator, divide_blocks

LOG = SGDClassifier(loss="log_loss")


def cut(estimator, cv=None, *, share=True):
    return cut_estimator(estimator, cv, "dask Array", share=share)


def names_of(steps):
    return [name for name, _ in steps]


@pytest.mark.parametrize(
    ("share", "n_shared"), [(True, 4), (False, 2)], ids=["shared", "not shared"]
)
def test_steps_are_shared_up_to_the_first_that_learns_for_itself(share, n_shared):
    pipeline = make_pipeline(Normalizer(), "passthrough", IncrementalPCA(), StandardScaler(), LOG)
    learner = cut(pipeline, share=share)
    names = ["normalizer", "passthrough", "incrementalpca", "standardscaler"]
    assert names_of(learner.shared) == names[:n_shared]
    assert names_of(learner.own) == names[n_shared:]


def test_fitted_parts_are_joined():
    pipeline = make_pipeline(HashingVectorizer(), "passthrough", MultinomialNB())
    learner = cut(pipeline)._replace(shared=["a vectorizer", "passthrough"])
    whole = learner.join([], "a classifier")
    assert whole.steps == [
        ("hashingvectorizer", "a vectorizer"),
        ("passthrough", "passthrough"),
        ("multinomialnb", "a classifier"),
    ]
    assert isinstance(pipeline[-1], MultinomialNB)
    assert cut(MultinomialNB(), "loo").join([], "fitted") == "fitted"


class Changed(MultinomialNB):
    """May do something else."""


SELECTS = SelectFromModel(LOG)


@pytest.mark.parametrize(
    ("estimator", "cv", "problem"),
    [
        (LogisticRegression(), None, "LogisticRegression has no partial_fit"),
        (RandomForestClassifier(), 3, "RandomForestClassifier has no partial_fit"),
        (
            LOG,
            "loo",
            "only MultinomialNB, .* GaussianNB .* can add up blocks, not SGDClassifier; wi",
        ),
        (LogisticRegression(), "loo", r"can add up blocks, not LogisticRegression\. There are"),
        (Changed(), "loo", r"\(not a subclass\) can add up blocks, not Changed"),
        (BernoulliNB(alpha=[1, 2]), "loo", "for this BernoulliNB: alpha must be one number"),
        (make_pipeline(PCA(), LOG), 3, "the step 'pca' of the pipeline has to be fitted to all"),
        (make_pipeline(StandardScaler(), SELECTS, LOG), 3, "'selectfrommodel' .* look at labels"),
    ],
)
def test_what_needs_all_rows_at_once_is_refused(estimator, cv, problem):
    with pytest.raises(ValueError, match=f"X is a dask Array, .*{problem}.* four ways on"):
        cut(estimator, cv)


def test_steps_that_learn_anew_for_each_row_are_refused():
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    with pytest.raises(ValueError, match="share_preprocessing=False the step 'standardscaler'"):
        cut(pipeline, "loo", share=False)
    assert names_of(cut(pipeline, "loo").shared) == ["standardscaler"]


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
