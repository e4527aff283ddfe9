import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import (
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import DataConversionWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from label_auditor import GeometricVotingClassifier, LabelAuditor, audit_labels

BASES = [
    GaussianNB(),
    MultinomialNB(),
    make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    RandomForestClassifier(n_estimators=5, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=2, random_state=0),
    KNeighborsClassifier(),
]
# Whatever passes scikit-learn's checks passes them wrapped: one classifier of each kind is tried.
MORE_BASES = [
    CalibratedClassifierCV(GaussianNB(), cv=2),
    QuadraticDiscriminantAnalysis(reg_param=0.1),
    SGDClassifier(loss="log_loss", random_state=0),
]
SCALED = ("scaled", make_pipeline(StandardScaler(), GaussianNB()))
VOTE = GeometricVotingClassifier([SCALED, ("knn", KNeighborsClassifier())])


# The checks are about behaviour; their tiny classes and zero weights make classifiers warn.
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@parametrize_with_checks(
    [
        LabelAuditor(),
        LabelAuditor(GaussianNB(), cv="loo"),
        LabelAuditor(VOTE, cv="loo"),
        *map(LabelAuditor, [*BASES, *MORE_BASES, VOTE]),
    ]
)
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def noisy():
    """Three classes, 20 of 300 labels flipped; X, y and the flipped rows."""
    X, y = make_classification(
        300,
        8,
        n_informative=6,
        n_classes=3,
        n_clusters_per_class=1,
        class_sep=3,
        random_state=0,
        flip_y=0,
    )
    flipped = np.random.default_rng(0).choice(300, 20, replace=False)
    y[flipped] = (y[flipped] + 1) % 3
    return X, y, flipped


TEXTS = ["good film", "bad film", "fine good play", "bad bad play", "good good", "bad dull"] * 5
MOODS = ["pos", "neg", "pos", "neg", "pos", "neg"] * 5


class TestFoundIssues:
    def test_flipped_labels_are_flagged_and_ranked_worst_first(self, noisy):
        X, y, flipped = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        assert len(set(flipped) & set(auditor.ranked_issues_[:20])) >= 16
        assert np.all(np.diff(auditor.label_scores_[auditor.ranked_issues_]) >= 0)

    def test_fitted_attributes_agree_with_each_other(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        assert auditor.label_issues_.dtype == bool
        assert auditor.label_scores_.dtype == np.float64
        np.testing.assert_array_equal(
            np.sort(auditor.ranked_issues_), np.flatnonzero(auditor.label_issues_)
        )
        assert auditor.n_label_issues_ == auditor.label_issues_.sum() == auditor.audit_.n_issues
        np.testing.assert_array_equal(
            auditor.suggested_labels_, auditor.classes_[auditor.cv_probabilities_.argmax(axis=1)]
        )
        assert auditor.evaluated_.all()
        assert auditor.cv_probabilities_.shape == (300, 3)
        assert auditor.n_features_in_ == X.shape[1]

    def test_same_audit_as_from_the_same_probabilities(self, noisy):
        X, y, _ = noisy
        probs = cross_val_predict(GaussianNB(), X, y, method="predict_proba")
        for filter_by in ("both", "low_normalized_margin"):
            for rank_by in ("normalized_margin", lambda codes, p: p[np.arange(len(p)), codes]):
                auditor = LabelAuditor(GaussianNB(), filter_by=filter_by, rank_by=rank_by)
                audit = audit_labels(y, probs, filter_by=filter_by, rank_by=rank_by)
                np.testing.assert_array_equal(auditor.fit(X, y).ranked_issues_, audit.ranked)
                np.testing.assert_array_equal(auditor.label_scores_, audit.scores)

    def test_a_second_fit_remembers_nothing(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(make_pipeline(CountVectorizer(), MultinomialNB()), cv=3)
        auditor.set_params(estimator=GaussianNB()).fit(pd.DataFrame(X).add_prefix("x"), y)
        assert auditor.feature_names_in_[0] == "x0"
        auditor.set_params(estimator=make_pipeline(CountVectorizer(), MultinomialNB()))
        auditor.fit(TEXTS, MOODS)
        assert not hasattr(auditor, "feature_names_in_")
        assert not hasattr(auditor, "n_features_in_")
        assert list(auditor.classes_) == ["neg", "pos"]

    def test_a_failed_fit_leaves_the_earlier_one_whole(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        before = {name: value for name, value in vars(auditor).items() if name.endswith("_")}
        with pytest.raises(ValueError, match="one class only"):
            auditor.fit(X, np.zeros(300))
        assert {name: getattr(auditor, name) for name in before} == before


class TestOutOfSampleProbabilities:
    @pytest.mark.parametrize(
        "base", [LogisticRegression(max_iter=1000), *BASES], ids=lambda base: type(base).__name__
    )
    @pytest.mark.parametrize("cv", [3, StratifiedKFold(4, shuffle=True, random_state=1)])
    def test_equal_those_of_cross_val_predict_to_the_bit(self, noisy, base, cv):
        X, y, _ = noisy
        X = np.abs(X)
        expected = cross_val_predict(base, X, y, cv=cv, method="predict_proba")
        for labels in (y, np.array(["c", "a", "b"])[y]):
            auditor = LabelAuditor(base, cv=cv, share_preprocessing=False).fit(X, labels)
            if labels is not y:
                expected = cross_val_predict(base, X, labels, cv=cv, method="predict_proba")
            assert auditor.cv_probabilities_.dtype == expected.dtype
            np.testing.assert_array_equal(auditor.cv_probabilities_, expected)

    def test_are_the_same_in_parallel(self, noisy):
        X, y, _ = noisy
        base = RandomForestClassifier(n_estimators=5, random_state=0)
        serial, parallel = (
            LabelAuditor(base, n_jobs=n_jobs).fit(X, y).cv_probabilities_ for n_jobs in (1, 2)
        )
        np.testing.assert_array_equal(serial, parallel)

    def test_class_weight_names_classes_by_their_own_values(self):
        base = make_pipeline(
            CountVectorizer(), LogisticRegression(class_weight={"pos": 2.0, "neg": 1.0})
        )
        auditor = LabelAuditor(base, cv=3).fit(TEXTS, MOODS)
        assert auditor.cv_probabilities_[:, 1].mean() > 0.5

    def test_rows_held_out_twice_get_the_mean(self, noisy):
        X, y, _ = noisy
        rng = np.random.default_rng(0)
        once = [(np.arange(100, 300), np.arange(100))]
        again = [(rng.permutation(np.arange(100, 280)), np.arange(50))]
        fit = lambda splits: LabelAuditor(GaussianNB(), cv=splits).fit(X, y)  # noqa: E731
        both = fit(once + again).cv_probabilities_
        first, second = fit(once).cv_probabilities_, fit(again).cv_probabilities_
        np.testing.assert_array_equal(both[:50], (first[:50] + second[:50]) / 2)
        np.testing.assert_array_equal(both[50:100], first[50:100])

    def test_rows_never_held_out_are_marked_not_invented(self, noisy):
        X, y, _ = noisy
        cv = ShuffleSplit(2, test_size=0.3, random_state=0)
        auditor = LabelAuditor(GaussianNB(), cv=cv).fit(X, y)
        held_out = np.zeros(300, dtype=bool)
        for _, test in cv.split(X):
            held_out[test] = True
        np.testing.assert_array_equal(auditor.evaluated_, held_out)
        assert np.isnan(auditor.label_scores_[~held_out]).all()
        assert np.isnan(auditor.cv_probabilities_[~held_out]).all()
        assert not auditor.label_issues_[~held_out].any()
        np.testing.assert_array_equal(auditor.suggested_labels_[~held_out], y[~held_out])
        alone = audit_labels(y[held_out], auditor.cv_probabilities_[held_out])
        np.testing.assert_array_equal(auditor.label_issues_[held_out], alone.issues)

    def test_a_precomputed_kernel_is_cut_both_ways(self, noisy):
        X, y, _ = noisy
        distances = np.linalg.norm(X[:, None] - X[None], axis=2)
        direct = LabelAuditor(KNeighborsClassifier()).fit(X, y)
        precomputed = LabelAuditor(KNeighborsClassifier(metric="precomputed")).fit(distances, y)
        np.testing.assert_array_equal(direct.cv_probabilities_, precomputed.cv_probabilities_)

    def test_fit_parameters_are_split_with_the_rows(self, noisy):
        X, y, _ = noisy
        weight = np.random.default_rng(0).random(300)
        auditor = LabelAuditor(GaussianNB()).fit(X, y, sample_weight=weight)
        expected = cross_val_predict(
            GaussianNB(), X, y, method="predict_proba", params={"sample_weight": weight}
        )
        np.testing.assert_array_equal(auditor.cv_probabilities_, expected)
        np.testing.assert_array_equal(
            auditor.predict_proba(X), GaussianNB().fit(X, y, weight).predict_proba(X)
        )

    @pytest.mark.parametrize(
        "cv",
        [
            RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
            TimeSeriesSplit(4),
            [(np.arange(100), np.arange(100, 200)), (np.arange(150), np.arange(150, 300))],
        ],
        ids=["repeated", "time", "iterable"],
    )
    def test_splits_that_leave_rows_out_or_cover_them_twice(self, noisy, cv):
        X, y, _ = noisy
        splits = cv if isinstance(cv, list) else list(cv.split(X, y))
        total, counts = np.zeros((300, 3)), np.zeros(300)
        for train, test in splits:
            total[test] += GaussianNB().fit(X[train], y[train]).predict_proba(X[test])
            counts[test] += 1
        auditor = LabelAuditor(GaussianNB(), cv=cv).fit(X, y)
        np.testing.assert_array_equal(auditor.evaluated_, counts > 0)
        seen = counts > 0
        np.testing.assert_array_equal(
            auditor.cv_probabilities_[seen], total[seen] / counts[seen, None]
        )

    def test_classes_of_two_members_are_evaluated(self, noisy):
        X, y, _ = noisy
        y = y.copy()
        y[[7, 8]] = 9
        with pytest.warns(UserWarning, match=r"fewer rows than the 5 folds \(9: 2\)"):
            auditor = LabelAuditor(LogisticRegression(max_iter=1000)).fit(X, y)
        assert auditor.evaluated_.all()

    def test_a_class_that_a_fold_lacks_is_warned_of(self, noisy):
        X, y, _ = noisy
        order = np.argsort(y, kind="stable")
        with pytest.warns(UserWarning, match="training folds lack a class") as caught:
            LabelAuditor(GaussianNB(), cv=KFold(3)).fit(X[order], y[order])
        assert caught[0].filename == __file__

    def test_a_frozen_estimator_predicts_what_it_learned_elsewhere(self, noisy):
        X, y, _ = noisy
        fitted = GaussianNB().fit(X[:200], y[:200])
        auditor = LabelAuditor(FrozenEstimator(fitted)).fit(X[200:], y[200:])
        np.testing.assert_array_equal(auditor.cv_probabilities_, fitted.predict_proba(X[200:]))

    @pytest.mark.parametrize(
        ("probabilities", "message"),
        [
            ([0.5, 0.5, np.nan], r"fold 1 of 5: rows 0, 1, .* sum to nan"),
            ([0.5, 0.5, 0.5], r"fold 1 of 5: rows 0, 1, .* sum to 1.5, not 1"),
        ],
    )
    def test_what_is_no_probability_is_refused_by_fold_and_row(self, noisy, probabilities, message):
        X, y, _ = noisy

        class Odd(GaussianNB):
            def predict_proba(self, X):
                return np.tile(probabilities, (len(X), 1))

        with pytest.raises(ValueError, match=message):
            LabelAuditor(Odd()).fit(X, y)

    def test_a_class_without_weight_is_refused(self, noisy):
        X, y, _ = noisy
        with pytest.raises(ValueError, match="sample_weight is 0 for all rows of the classes 1;"):
            LabelAuditor(GaussianNB()).fit(X, y, sample_weight=(y != 1).astype(float))


class TestMissingLabels:
    @pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
    def test_are_left_out_of_training_and_get_a_suggestion(self, noisy, missing):
        X, y, _ = noisy
        labels = np.array(["a", "b", "c"], dtype=object)[y]
        labels[[3, 9, 200]] = missing
        kept = np.setdiff1d(np.arange(300), [3, 9, 200])
        auditor = LabelAuditor(GaussianNB(), missing_labels="suggest").fit(X, labels)
        alone = LabelAuditor(GaussianNB()).fit(X[kept], labels[kept])
        np.testing.assert_array_equal(auditor.cv_probabilities_[kept], alone.cv_probabilities_)
        np.testing.assert_array_equal(auditor.label_issues_[kept], alone.label_issues_)
        np.testing.assert_array_equal(auditor.predict_proba(X), alone.predict_proba(X))
        gone = [3, 9, 200]
        assert not auditor.evaluated_[gone].any()
        assert not auditor.label_issues_[gone].any()
        assert np.isnan(auditor.label_scores_[gone]).all()
        assert auditor.suggested_labels_[gone].tolist() == alone.predict(X[gone]).tolist()
        assert auditor.to_frame()["given_label"].isna().sum() == 3

    def test_get_the_mean_over_all_folds(self, noisy):
        X, y, _ = noisy
        labels = y.astype(float)
        labels[0] = np.nan
        auditor = LabelAuditor(GaussianNB(), cv=3, missing_labels="suggest").fit(X, labels)
        folds = StratifiedKFold(3).split(X[1:], y[1:])
        expected = [GaussianNB().fit(X[1:][t], y[1:][t]).predict_proba(X[:1])[0] for t, _ in folds]
        np.testing.assert_allclose(auditor.cv_probabilities_[0], np.mean(expected, axis=0))

    def test_nullable_ints_stay_ints(self, noisy):
        X, y, _ = noisy
        labels = pd.Series(y, dtype="Int64")
        labels[4] = pd.NA
        auditor = LabelAuditor(GaussianNB(), missing_labels="suggest").fit(X, labels)
        assert auditor.classes_.dtype == np.int64
        assert auditor.classes_.tolist() == [0, 1, 2]


class TestInputs:
    def test_the_index_is_that_of_y_where_X_has_none(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, pd.Series(y, index=range(1000, 1300)))
        assert auditor.to_frame().index[0] == 1000

    def test_a_list_has_no_index(self):
        auditor = LabelAuditor(make_pipeline(CountVectorizer(), MultinomialNB()), cv=3)
        assert auditor.fit(TEXTS, MOODS).to_frame().index.tolist() == list(range(30))

    def test_a_column_vector_warns_as_in_scikit_learn(self, noisy):
        X, y, _ = noisy
        with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
            auditor = LabelAuditor(GaussianNB()).fit(X, y[:, None])
        assert len(auditor.audit_) == 300

    @pytest.mark.parametrize(
        "wrap",
        [np.array, sparse.csr_array, pd.DataFrame, lambda y: [[0], [0, 1], [1]] * 100],
        ids=["array", "sparse", "frame", "lists"],
    )
    def test_several_labels_per_row_are_refused(self, noisy, wrap):
        X, y, _ = noisy
        with pytest.raises(
            ValueError, match=r"several labels per row .*multi_label=True.* audit each column"
        ):
            LabelAuditor(GaussianNB()).fit(X, wrap(np.eye(3, dtype=int)[y]))

    def test_continuous_y_is_refused(self, noisy):
        X, y, _ = noisy
        with pytest.raises(ValueError, match="Unknown label type: continuous"):
            LabelAuditor(GaussianNB()).fit(X, y + 0.5 * np.random.default_rng(0).random(300))

    def test_columns_of_a_hugging_face_data_set(self):
        datasets = pytest.importorskip("datasets")
        table = datasets.Dataset.from_dict({"text": TEXTS, "label": MOODS})
        auditor = LabelAuditor(make_pipeline(CountVectorizer(), MultinomialNB()), cv=3)
        auditor.fit(table["text"], table["label"])
        expected = clone(auditor).fit(TEXTS, MOODS)
        np.testing.assert_array_equal(auditor.ranked_issues_, expected.ranked_issues_)
        assert auditor.audit(table["text"], table["label"]).n_issues >= 0

    def test_columns_of_numbers_of_a_hugging_face_data_set(self, noisy):
        datasets = pytest.importorskip("datasets")
        X, y, _ = noisy
        expected = LabelAuditor(GaussianNB()).fit(X, y)
        table = datasets.Dataset.from_dict(
            {"X": X.tolist(), "y": y.tolist(), "probs": expected.cv_probabilities_.tolist()}
        )
        auditor = LabelAuditor(GaussianNB()).fit(table["X"], table["y"])
        np.testing.assert_array_equal(auditor.ranked_issues_, expected.ranked_issues_)
        audit = audit_labels(table["y"], table["probs"])
        np.testing.assert_array_equal(audit.ranked, expected.ranked_issues_)

    def test_torch_tensors(self, noisy):
        torch = pytest.importorskip("torch")
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(torch.tensor(X), torch.tensor(y))
        expected = LabelAuditor(GaussianNB()).fit(X, y)
        np.testing.assert_array_equal(auditor.ranked_issues_, expected.ranked_issues_)
        audit = audit_labels(torch.tensor(y), torch.tensor(expected.cv_probabilities_))
        np.testing.assert_array_equal(audit.ranked, expected.ranked_issues_)

    def test_lengths_must_agree(self):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            LabelAuditor(GaussianNB()).fit(np.zeros((29, 1)), MOODS)

    def test_an_estimator_without_probabilities_is_refused(self, noisy):
        X, y, _ = noisy
        with pytest.raises(ValueError, match="wrap it in CalibratedClassifierCV"):
            LabelAuditor(Perceptron()).fit(X, y)
        wrapped = CalibratedClassifierCV(Perceptron())
        assert LabelAuditor(wrapped).fit(X, y).n_label_issues_ > 0


class TestHeldOutData:
    def test_audit_uses_the_classifier_fitted_on_other_data(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB(), filter_by="both", rank_by="normalized_margin")
        auditor.fit(X[:200], y[:200])
        audit = auditor.audit(X[200:], y[200:])
        expected = audit_labels(
            y[200:],
            GaussianNB().fit(X[:200], y[:200]).predict_proba(X[200:]),
            filter_by="both",
            rank_by="normalized_margin",
        )
        np.testing.assert_array_equal(audit.ranked, expected.ranked)
        assert audit.evaluated.all()

    def test_a_class_may_be_absent_from_it(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        assert auditor.audit(X[y > 0], y[y > 0]).pred_probs.shape[1] == 3

    def test_unknown_labels_are_named(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        with pytest.raises(ValueError, match=r"labels holds 5 \(row 1\), not among the classes"):
            auditor.audit(X[:2], [0, 5])

    def test_keeps_the_index(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(pd.DataFrame(X), y)
        assert auditor.audit(pd.DataFrame(X[:5], index=list("abcde")), y[:5]).to_frame().index[
            0
        ] == ("a")


class TestInScikitLearn:
    def test_predicts_as_the_classifier_does(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(LogisticRegression()).fit(X, y)
        alone = LogisticRegression().fit(X, y)
        for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
            np.testing.assert_array_equal(getattr(auditor, method)(X), getattr(alone, method)(X))
        assert auditor.score(X, y) == alone.score(X, y)

    def test_has_only_the_methods_that_the_classifier_has(self):
        assert hasattr(LabelAuditor(LogisticRegression()), "decision_function")
        assert not hasattr(LabelAuditor(GaussianNB()), "decision_function")
        assert not hasattr(LabelAuditor(SVC(probability=False)), "predict_log_proba")

    # Above 10 s on slow machines: the first search waits for two processes that import the package.
    @pytest.mark.parametrize("search", [GridSearchCV, HalvingGridSearchCV])
    def test_searches_over_training_rows_and_the_estimator_itself(self, noisy, search):
        X, y, _ = noisy
        grid = {
            "train_on": ["all", "unflagged", "corrected"],
            "estimator": [GaussianNB(), LogisticRegression(max_iter=1000)],
        }
        found = search(LabelAuditor(GaussianNB(), cv=3), grid, n_jobs=2, cv=3).fit(X, y)
        assert np.isfinite(found.cv_results_["mean_test_score"]).all()
        assert found.predict(X).shape == (300,)

    def test_wraps_a_grid_search(self, noisy):
        X, y, _ = noisy
        search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1.0]}, cv=3)
        auditor = LabelAuditor(search, cv=3).fit(X, y)
        assert auditor.estimator_.best_params_["var_smoothing"] in (1e-9, 1.0)
        expected = cross_val_predict(search, X, y, cv=3, method="predict_proba")
        np.testing.assert_array_equal(auditor.cv_probabilities_, expected)

    @pytest.mark.parametrize(
        "outer",
        [
            lambda inner: VotingClassifier([("a", inner), ("b", GaussianNB())], voting="soft"),
            lambda inner: StackingClassifier([("a", inner), ("b", GaussianNB())], cv=3),
            lambda inner: CalibratedClassifierCV(inner, cv=3),
        ],
        ids=["voting", "stacking", "calibrated"],
    )
    def test_inside_other_meta_estimators(self, noisy, outer):
        X, y, _ = noisy
        audited = outer(LabelAuditor(GaussianNB(), cv=3)).fit(X, y)
        plain = outer(GaussianNB()).fit(X, y)
        np.testing.assert_array_equal(audited.predict_proba(X), plain.predict_proba(X))

    def test_joblib(self, noisy, tmp_path):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        joblib.dump(auditor, tmp_path / "auditor.joblib")
        again = joblib.load(tmp_path / "auditor.joblib")
        pd.testing.assert_frame_equal(again.to_frame(), auditor.to_frame())

    def test_pickle_and_clone(self, noisy):
        X, y, _ = noisy
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        again = pickle.loads(pickle.dumps(auditor))
        np.testing.assert_array_equal(again.ranked_issues_, auditor.ranked_issues_)
        np.testing.assert_array_equal(again.predict(X), auditor.predict(X))
        assert not hasattr(clone(auditor), "audit_")

    def test_html_shows_the_wrapped_estimator(self):
        assert "GaussianNB" in LabelAuditor(GaussianNB())._repr_html_()
