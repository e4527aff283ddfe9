"""A fit of data of dask gives what a fit of the same rows in memory gives."""

import os
from functools import partial
from itertools import pairwise
from pathlib import Path

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import IncrementalPCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, StandardScaler

from label_auditor import LabelAuditor, audit_labels
from optional import dask_frames, needs_dask_frames

NAMES = np.array(["ant", "bee", "cow"])
N = 240
rng = np.random.default_rng(0)
TRUE = rng.integers(0, 3, N)
X = rng.poisson(1 + 4 * np.eye(3)[TRUE].repeat(2, axis=1)).astype(float)
given = TRUE.copy()
given[::12] = (given[::12] + 1) % 3
y = NAMES[given]
TEXTS = pd.Series([" ".join(f"w{k}" * int(c) for k, c in enumerate(row)) for row in X])
BOUNDS = [0, 50, 100, 150, 200, 240]
FOLDS = [0, 0, 1, 1, 2]  # of five blocks, with cv=3
LOG = SGDClassifier(loss="log_loss", random_state=0)


def lazy(values, rows=50):
    return da.from_array(values, chunks=(rows, *values.shape[1:]))


def run_by_hand(estimator, X, y, n_folds=3, used=None, weights=None):
    """Fit and predict each fold block by block, in memory; give also the model of all blocks."""
    used = np.ones(len(y), bool) if used is None else used
    cut = (lambda _: {}) if weights is None else (lambda rows: {"sample_weight": weights[rows]})
    pieces = [np.arange(start, end) for start, end in pairwise(BOUNDS)]
    pred_probs = np.empty((len(y), 3))
    for fold in [*range(n_folds), None]:
        model = clone(estimator)
        for piece, of in zip(pieces, FOLDS, strict=True):
            if of != fold:
                rows = piece[used[piece]]
                model.partial_fit(X[rows], y[rows], classes=NAMES, **cut(rows))
        for piece, of in zip(pieces, FOLDS, strict=True):
            if of == fold:
                pred_probs[piece] = model.predict_proba(X[piece])
    return pred_probs, model


def assert_same(found, expected, close=0.0):
    np.testing.assert_allclose(
        np.asarray(found.pred_probs), np.asarray(expected.pred_probs), rtol=0, atol=close
    )
    for name in ("issues", "ranked", "labels", "suggested_labels", "evaluated", "confident_joint"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("estimator", [LOG, MultinomialNB(), GaussianNB()], ids=str)
def test_folds_of_blocks_give_what_partial_fit_in_memory_gives(estimator):
    auditor = LabelAuditor(estimator, cv=3).fit(lazy(X), lazy(y, 80))
    pred_probs, final = run_by_hand(estimator, X, y)
    np.testing.assert_array_equal(auditor.cv_probabilities_, pred_probs)
    assert_same(auditor.audit_, audit_labels(y, pred_probs))
    assert auditor.n_label_issues_ > 10
    np.testing.assert_array_equal(auditor.predict_proba(X), final.predict_proba(X))
    assert auditor.n_features_in_ == 6


@pytest.mark.parametrize(
    "estimator",
    [
        MultinomialNB(alpha=0.1),
        ComplementNB(norm=True),
        BernoulliNB(binarize=2),
        MultinomialNB(alpha=0, fit_prior=False),
        CategoricalNB(),
        GaussianNB(),
        make_pipeline(StandardScaler(), GaussianNB()),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:cv='loo' can't judge row")
def test_counts_of_blocks_leave_one_out_exactly(estimator):
    found = LabelAuditor(estimator, cv="loo").fit(lazy(X), lazy(y))
    expected = LabelAuditor(estimator, cv="loo").fit(X, y)
    assert_same(found.audit_, expected.audit_, close=1e-9)
    np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X), atol=1e-9)


def test_rows_that_can_not_be_judged_are_not_evaluated():
    only = np.minimum(X, 3)
    only[7, 0] = 4  # no other row has this category
    with pytest.warns(UserWarning, match="cv='loo' can't judge row 7: CategoricalNB"):
        auditor = LabelAuditor(CategoricalNB(), cv="loo").fit(lazy(only), lazy(y))
    assert np.flatnonzero(~auditor.evaluated_).tolist() == [7]


WEIGHTS = rng.uniform(0.5, 2, N)
WEIGHTS[::20] = 0


@pytest.mark.parametrize("weights", [WEIGHTS, lazy(WEIGHTS, 80)], ids=["in memory", "of dask"])
def test_classifiers_learn_with_weights(weights):
    auditor = LabelAuditor(LOG, cv=3).fit(lazy(X), lazy(y), sample_weight=weights)
    pred_probs, final = run_by_hand(LOG, X, y, weights=WEIGHTS)
    np.testing.assert_array_equal(auditor.cv_probabilities_, pred_probs)
    np.testing.assert_array_equal(auditor.predict_proba(X), final.predict_proba(X))


@pytest.mark.parametrize(
    "estimator", [ComplementNB(), CategoricalNB(min_categories=20), GaussianNB()], ids=str
)
def test_rows_count_by_their_weights(estimator):
    found = LabelAuditor(estimator, cv="loo").fit(lazy(X), lazy(y), sample_weight=lazy(WEIGHTS))
    expected = LabelAuditor(estimator, cv="loo").fit(X, y, sample_weight=WEIGHTS)
    assert_same(found.audit_, expected.audit_, close=1e-9)
    np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X), atol=1e-9)


@pytest.mark.parametrize("routing", [False, True])
def test_weights_go_to_the_classifier_of_a_pipeline_alone(routing):
    expected = LabelAuditor(GaussianNB(), cv="loo").fit(X / X.max(axis=0), y, sample_weight=WEIGHTS)
    with sklearn.config_context(enable_metadata_routing=routing):
        scaler, classifier, name = MaxAbsScaler(), GaussianNB(), "gaussiannb__sample_weight"
        if routing:
            classifier, name = classifier.set_fit_request(sample_weight=True), "sample_weight"
        auditor = LabelAuditor(make_pipeline(scaler, classifier), cv="loo")
        auditor.fit(lazy(X), lazy(y), **{name: WEIGHTS})
        assert_same(auditor.audit_, expected.audit_, close=1e-9)
        scaler, taken, name = StandardScaler(), name, "standardscaler__sample_weight"
        if routing:
            scaler, name = scaler.set_fit_request(sample_weight=True), "sample_weight"
        auditor = LabelAuditor(make_pipeline(scaler, classifier), cv="loo")
        message = rf"given {name}, .* only {taken}, the weights .* for the classifier: .* X alone"
        with pytest.raises(ValueError, match=message):
            auditor.fit(lazy(X), lazy(y), **{name: WEIGHTS})


@pytest.mark.parametrize(
    "weights",
    [WEIGHTS[:-1], np.where(np.arange(N) == 3, np.nan, WEIGHTS), np.where(y == "ant", 0, 1)],
    ids=["too few", "missing", "a class without weight"],
)
def test_weights_are_refused_in_the_words_of_a_fit_in_memory(weights):
    with pytest.raises(ValueError, match=r"^sample_weight ") as in_memory:
        LabelAuditor(LOG).fit(X, y, sample_weight=weights)
    for given in (weights, lazy(weights)):
        with pytest.raises(ValueError, match=r"^sample_weight ") as in_blocks:
            LabelAuditor(LOG).fit(lazy(X), lazy(y), sample_weight=given)
        assert str(in_blocks.value) == str(in_memory.value)


@needs_dask_frames
def test_weights_in_other_blocks_are_refused():
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(weight=WEIGHTS)
    parts = dask_frames.from_pandas(frame, npartitions=5)
    other = dask_frames.from_pandas(frame, npartitions=4)
    auditor = LabelAuditor(GaussianNB(), cv="loo")
    with pytest.raises(ValueError, match="the blocks of sample_weight and X have other rows"):
        auditor.fit(parts[[*"abcdef"]], y, sample_weight=other["weight"])
    auditor.fit(parts[[*"abcdef"]], y, sample_weight=parts["weight"])
    expected = LabelAuditor(GaussianNB(), cv="loo").fit(X, y, sample_weight=WEIGHTS)
    assert_same(auditor.audit_, expected.audit_, close=1e-9)


def test_steps_are_learned_once_from_all_rows():
    pipeline = make_pipeline(StandardScaler(), FunctionTransformer(), MinMaxScaler(), LOG)
    auditor = LabelAuditor(pipeline, cv=3).fit(lazy(X), lazy(y))
    before = make_pipeline(StandardScaler(), MinMaxScaler())
    pred_probs, final = run_by_hand(LOG, before.fit_transform(X), y)
    np.testing.assert_allclose(auditor.cv_probabilities_, pred_probs, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(auditor.predict_proba(X), final.predict_proba(before.transform(X)))
    assert not hasattr(pipeline[0], "mean_")


@pytest.mark.parametrize("train_on", ["all", "unflagged"])
def test_steps_that_are_not_shared_are_learned_by_each_fit(train_on):
    gaps = y.astype(object)
    gaps[[3, 70]] = None
    options = {"missing_labels": "suggest", "share_preprocessing": False, "train_on": train_on}
    auditor = LabelAuditor(make_pipeline(MaxAbsScaler(), LOG), cv=3, **options)
    auditor.fit(lazy(X * np.arange(1, N + 1)[:, None]), lazy(gaps))
    scaled, of = X * np.arange(1, N + 1)[:, None], np.repeat(FOLDS, np.diff(BOUNDS))
    trains = np.array([label is not None for label in gaps])
    for fold in range(3):
        scaler = MaxAbsScaler().fit(scaled[trains & (of != fold)])
        pred_probs, _ = run_by_hand(LOG, scaler.transform(scaled), gaps, used=trains)
        np.testing.assert_array_equal(auditor.cv_probabilities_[of == fold], pred_probs[of == fold])
    used = trains & ~auditor.label_issues_ if train_on == "unflagged" else trains
    np.testing.assert_array_equal(auditor.estimator_[0].scale_, np.abs(scaled[used]).max(axis=0))


def test_sparse_blocks_are_scaled_and_refused_where_a_fit_in_memory_refuses_them():
    parts = lazy(X).map_blocks(sparse.csr_array)
    pipeline = make_pipeline(MaxAbsScaler(), MultinomialNB())
    auditor = LabelAuditor(pipeline, cv="loo").fit(parts, y)
    expected = LabelAuditor(pipeline, cv="loo").fit(sparse.csr_array(X), y)
    assert_same(auditor.audit_, expected.audit_, close=1e-9)
    with pytest.raises(
        RuntimeError, match=r"block . of 5 raised TypeError: Sparse data was passed"
    ):
        LabelAuditor(GaussianNB(), cv="loo").fit(parts, y)


def test_blocks_too_small_for_a_step():
    pipeline = make_pipeline(IncrementalPCA(n_components=6), LOG)
    message = r"the step 'incrementalpca', block 1 of 48, .* 5 rows .* n_components is 6; .*rechunk"
    with pytest.raises(ValueError, match=message):
        LabelAuditor(pipeline).fit(lazy(X, 5), lazy(y, 5))


@needs_dask_frames
@pytest.mark.parametrize("cv", [3, "loo"])
def test_texts_of_a_frame_and_their_index(cv):
    names = [f"row {row}" for row in range(N)]
    frame = pd.DataFrame({"text": TEXTS.to_numpy(), "label": y}, index=names)
    parts = dask_frames.from_pandas(frame, npartitions=5, sort=False)
    hashing = HashingVectorizer(n_features=64, alternate_sign=False, norm=None)
    pipeline = make_pipeline(hashing, MultinomialNB())
    auditor = LabelAuditor(pipeline, cv=cv).fit(parts["text"], parts["label"])
    assert list(auditor.audit_.index) == names
    assert list(auditor.to_frame().index) == names
    assert (auditor.predict(frame["text"]) == y).mean() > 0.8
    if cv == "loo":
        expected = LabelAuditor(pipeline, cv="loo").fit(frame["text"], frame["label"])
        assert_same(auditor.audit_, expected.audit_, close=1e-9)


@needs_dask_frames
def test_columns_of_a_frame_and_labels_in_memory():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    parts = dask_frames.from_pandas(frame, npartitions=5)
    for estimator in (MultinomialNB(), GaussianNB(), CategoricalNB(min_categories=20)):
        auditor = LabelAuditor(estimator, cv="loo").fit(parts, y)
        assert auditor.feature_names_in_.tolist() == list("abcdef")
        assert auditor.estimator_.feature_names_in_.tolist() == list("abcdef")
        expected = LabelAuditor(estimator, cv="loo").fit(frame, y)
        assert_same(auditor.audit_, expected.audit_, close=1e-9)
        np.testing.assert_array_equal(auditor.predict(frame), expected.predict(frame))


def test_decisions_and_missing_labels_are_no_part_of_the_training():
    with_gaps = y.astype(object)
    with_gaps[[3, 70]] = None
    reviewed = {5: "cow", 9: None, 100: "ant"}
    auditor = LabelAuditor(LOG, cv=3, missing_labels="suggest")
    auditor.fit(lazy(X), lazy(with_gaps), reviewed=reviewed)
    used, trains = with_gaps.copy(), np.ones(N, bool)
    used[[5, 100]] = "cow", "ant"
    trains[[3, 70, 9]] = False
    pred_probs, final = run_by_hand(LOG, X, used, used=trains)
    np.testing.assert_array_equal(auditor.cv_probabilities_, pred_probs)
    np.testing.assert_array_equal(auditor.predict_proba(X), final.predict_proba(X))
    np.testing.assert_array_equal(np.flatnonzero(~auditor.evaluated_), [3, 70])
    assert auditor.audit_.labels[5] == y[5]


@pytest.mark.parametrize("cv", [3, "loo"])
def test_the_final_classifier_learns_from_better_labels(cv):
    auditor = LabelAuditor(MultinomialNB(), cv=cv, train_on="corrected").fit(lazy(X), lazy(y))
    better = np.where(auditor.label_issues_, auditor.suggested_labels_, y)
    expected = MultinomialNB().fit(X, better)
    np.testing.assert_allclose(auditor.predict_proba(X), expected.predict_proba(X), atol=1e-12)
    auditor.set_params(train_on="unflagged").fit(lazy(X), lazy(y))
    kept = ~auditor.label_issues_
    expected = MultinomialNB().fit(X[kept], y[kept])
    np.testing.assert_allclose(auditor.predict_proba(X), expected.predict_proba(X), atol=1e-12)
    auditor.set_params(train_on=None).fit(lazy(X), lazy(y))
    assert not hasattr(auditor, "estimator_")


@pytest.mark.parametrize(
    ("estimator", "problem"),
    [
        (RandomForestClassifier(), "RandomForestClassifier has no partial_fit"),
        (make_pipeline(TfidfVectorizer(), LOG), "step 'tfidfvectorizer' .* has to be fitted"),
    ],
    ids=["forest", "tfidf"],
)
def test_other_estimators_are_refused_with_the_ways_on(estimator, problem):
    ways = r"a sample .*joblib\.parallel_config.*audit_labels.*partial_fit, such as SGDClassifier"
    with pytest.raises(ValueError, match=f"X is a dask Array, .*{problem}.*{ways}"):
        LabelAuditor(estimator).fit(lazy(X), lazy(y))


@pytest.mark.parametrize(
    ("options", "params", "message"),
    [
        ({"memory": "folder"}, {}, "memory keeps folds .* pass memory=None"),
        ({}, {"groups": np.ones(N)}, "fit is given groups, .* only sample_weight.* folds are runs"),
        ({}, {"coef_init": np.ones(6)}, "fit is given coef_init, .* only sample_weight"),
        ({"cv": "oob"}, {}, "cv is 'oob', but rows of dask are held out by blocks"),
        ({"cv": 6}, {}, "cv=6 can't be done with 5 blocks of X"),
    ],
)
def test_options_that_need_all_rows_in_memory_are_refused(options, params, message):
    with pytest.raises(ValueError, match=message):
        LabelAuditor(LOG, **options).fit(lazy(X), lazy(y), **params)


def test_evidence_needs_a_model_that_was_fitted_in_memory():
    auditor = LabelAuditor(LOG, cv=3).fit(lazy(X), lazy(y))
    with pytest.raises(ValueError, match=r"train_on is 'all' and X was of dask, or metadata"):
        auditor.evidence(X, [0])


def die_once(marker, block):
    if np.array_equal(block, X[100:150]) and not marker.exists():
        Path(marker).touch()
        os._exit(1)
    return block


# It is sent to workers whole, since they can't import this module.
die_once.__module__ = "__main__"


@pytest.mark.usefixtures("newer_dask_client")
class TestCluster:
    @pytest.mark.parametrize(
        ("estimator", "cv"), [(LOG, 3), (MultinomialNB(), "loo"), (GaussianNB(), "loo")]
    )
    def test_gives_the_same_and_keeps_the_probabilities(self, estimator, cv):
        auditor = LabelAuditor(estimator, cv=cv).fit(lazy(X), lazy(y))
        assert isinstance(auditor.cv_probabilities_, da.Array)
        assert auditor.cv_probabilities_.chunks[0] == (50, 50, 50, 50, 40)
        if cv == 3:
            expected = audit_labels(y, run_by_hand(estimator, X, y)[0])
        else:
            expected = LabelAuditor(estimator, cv=cv).fit(X, y).audit_
        assert_same(auditor.audit_, expected, close=1e-9)

    def test_goes_on_when_a_worker_is_lost(self, tmp_path):
        # The first worker that reads the third block dies, with the models and sums that it has.
        step = FunctionTransformer(partial(die_once, tmp_path / "died"))
        pipeline = make_pipeline(step, MaxAbsScaler(), LOG)
        auditor = LabelAuditor(pipeline, cv=3)
        auditor.fit(lazy(X), lazy(y), sgdclassifier__sample_weight=lazy(WEIGHTS))
        assert (tmp_path / "died").exists()
        expected, _ = run_by_hand(LOG, MaxAbsScaler().fit_transform(X), y, weights=WEIGHTS)
        np.testing.assert_array_equal(auditor.cv_probabilities_, expected)

    def test_moments_are_found_again_when_a_worker_is_lost(self, tmp_path):
        step = FunctionTransformer(partial(die_once, tmp_path / "died"))
        auditor = LabelAuditor(make_pipeline(step, GaussianNB()), cv="loo").fit(lazy(X), lazy(y))
        assert (tmp_path / "died").exists()
        expected = LabelAuditor(GaussianNB(), cv="loo").fit(X, y)
        assert_same(auditor.audit_, expected.audit_, close=1e-9)
