from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, TargetEncoder

from label_auditor import LabelAuditor
from label_auditor.fitting.shared_steps import share_steps

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
y = (X[:, 0] + RNG.normal(scale=0.5, size=60) > 0).astype(int)


class Recorder(TransformerMixin, BaseEstimator):
    """Passes X on, and keeps what each fit saw: how many rows, and whether labels."""

    fits: ClassVar[list[tuple[int, bool]]] = []

    def fit(self, X, y=None):
        Recorder.fits.append((len(X), y is not None))
        self.fitted_ = True
        return self

    def transform(self, X):
        return X


class Greedy(Recorder):
    """Its tags don't say so, but it can't do without labels."""

    def fit(self, X, y=None):
        y.mean()
        return super().fit(X, y)


class Untagged:
    """No scikit-learn estimator."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


class Sampler(BaseEstimator):
    def fit_resample(self, X, y):
        return X, y

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


@pytest.fixture(autouse=True)
def forget():
    Recorder.fits.clear()


def shared_steps(*steps, params=()):
    shared = share_steps(make_pipeline(*steps, GaussianNB()), X, params)
    return 0 if shared.fitted is None else len(shared.fitted)


@pytest.mark.parametrize(
    "step",
    [
        SelectKBest(k=2),
        SelectFromModel(LogisticRegression()),
        TargetEncoder(),
        make_column_transformer((SelectKBest(k=1), [0, 1])),
        ColumnTransformer([("scale", StandardScaler(), [0])], remainder=SelectKBest(k=1)),
        FeatureUnion([("pca", PCA(2)), ("best", SelectKBest(k=1))]),
        make_pipeline(StandardScaler(), SelectKBest(k=1)),
        Sampler(),
        Greedy(),
        Untagged(),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_that_may_use_labels_ends_what_is_shared(step):
    assert shared_steps(StandardScaler(), step, PCA(1)) == 1


@pytest.mark.parametrize(
    "step",
    [
        PCA(2),
        "passthrough",
        FunctionTransformer(np.abs),
        make_column_transformer((StandardScaler(), [0, 1]), remainder="passthrough"),
        FeatureUnion([("pca", PCA(2)), ("scale", StandardScaler())]),
        make_pipeline(StandardScaler(), PCA(2)),
        VarianceThreshold(),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_without_labels_is_shared(step):
    assert shared_steps(StandardScaler(), step) == 2


def test_the_last_step_and_what_is_no_pipeline_are_not_shared():
    assert share_steps(StandardScaler(), X).fitted is None
    assert share_steps(make_pipeline(StandardScaler()), X).fitted is None


def test_a_step_that_takes_metadata_is_not_shared():
    params = ["standardscaler__sample_weight", "gaussiannb__sample_weight"]
    assert shared_steps(PCA(2), StandardScaler(), params=params) == 1


def test_shared_steps_are_fitted_once_on_all_rows_without_labels():
    LabelAuditor(make_pipeline(Recorder(), GaussianNB())).fit(X, y)
    assert Recorder.fits == [(60, False)]


def test_steps_that_are_not_shared_are_fitted_in_every_fold():
    LabelAuditor(make_pipeline(Recorder(), GaussianNB()), share_preprocessing=False).fit(X, y)
    assert sorted(Recorder.fits) == [(48, True)] * 5 + [(60, True)]


@pytest.mark.parametrize(
    ("cv", "share", "n_fits"),
    [
        (None, "auto", 1),
        (3, "auto", 1),
        ("oob", "auto", 1),
        (StratifiedKFold(3), "auto", 4),
        (StratifiedKFold(3), True, 1),
        (3, False, 4),
    ],
)
def test_auto_shares_if_cv_is_none_an_int_or_out_of_bag(cv, share, n_fits):
    pipeline = make_pipeline(Recorder(), RandomForestClassifier(20, random_state=0))
    LabelAuditor(pipeline, cv=cv, share_preprocessing=share).fit(X, y)
    assert len(Recorder.fits) == n_fits


def test_the_final_classifier_reuses_the_shared_steps():
    pipeline = Pipeline([("scale", StandardScaler()), ("nb", GaussianNB())])
    auditor = LabelAuditor(pipeline).fit(X, y)
    assert list(auditor.estimator_.named_steps) == ["scale", "nb"]
    np.testing.assert_array_equal(auditor.predict_proba(X), pipeline.fit(X, y).predict_proba(X))
    assert auditor.n_features_in_ == 4


def test_without_sharing_probabilities_equal_those_of_cross_val_predict_to_the_bit():
    pipeline = make_pipeline(StandardScaler(), SelectKBest(k=2), GaussianNB())
    auditor = LabelAuditor(pipeline, share_preprocessing=False).fit(X, y)
    expected = cross_val_predict(pipeline, X, y, method="predict_proba")
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)


def test_sharing_equals_cross_validation_of_the_rest():
    pipeline = make_pipeline(StandardScaler(), PCA(2), LogisticRegression())
    auditor = LabelAuditor(pipeline).fit(X, y)
    expected = cross_val_predict(
        LogisticRegression(), pipeline[:2].fit_transform(X), y, method="predict_proba"
    )
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)


def test_steps_after_a_vectorizer_that_learn_more_than_terms_are_shared_with_it():
    texts = [" ".join(RNG.choice(["good", "bad", "film", "play", "dull"], 6)) for _ in range(60)]
    pipeline = make_pipeline(
        CountVectorizer(), TfidfTransformer(), TruncatedSVD(2, random_state=0), LogisticRegression()
    )
    auditor = LabelAuditor(pipeline).fit(texts, y)
    expected = cross_val_predict(
        LogisticRegression(), pipeline[:3].fit_transform(texts), y, method="predict_proba"
    )
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)


def test_bad_data_is_blamed_on_the_data_not_on_the_sharing():
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        LabelAuditor(make_pipeline(PCA(2), GaussianNB())).fit(bad, y)


@pytest.mark.parametrize("vectorizer", [CountVectorizer(min_df=2), TfidfVectorizer()], ids=str)
def test_a_vectoriser_that_is_fitted_once_is_the_same_by_its_tokens(vectorizer):
    texts = ["good film", "bad film", "a good good play", "a bad play", "film of a play"]
    pipeline = make_pipeline(vectorizer, TfidfTransformer(), StandardScaler(with_mean=False))
    pipeline.steps.append(("last", MultinomialNB()))
    shared = share_steps(pipeline, texts, read_once=False)
    alone = clone(pipeline[:-1]).fit(texts)
    assert list(shared.fitted.named_steps) == list(alone.named_steps)
    np.testing.assert_array_equal(shared.X.toarray(), alone.transform(texts).toarray())
    np.testing.assert_array_equal(
        shared.fitted.transform(["bad good film"]).toarray(),
        alone.transform(["bad good film"]).toarray(),
    )
    assert shared.fitted[0].vocabulary_ == alone[0].vocabulary_
