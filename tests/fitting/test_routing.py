import re

import numpy as np
import pytest
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import LabelAuditor

RNG = np.random.default_rng(0)
y = np.arange(60) % 2
X = RNG.random((60, 3)) + 0.3 * y[:, None]
WEIGHT = RNG.random(60) + 0.1
GROUPS = np.arange(60) // 4
BOTH = {"sample_weight": WEIGHT, "groups": GROUPS}
SPLITS = list(StratifiedKFold(5).split(X, y))


class LeaveGroupOut:
    """A splitter that declares nothing of groups to scikit-learn."""

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(np.unique(groups))

    def split(self, X, y=None, groups=None):
        for group in np.unique(groups):
            yield np.flatnonzero(groups != group), np.flatnonzero(groups == group)


@pytest.fixture
def routing_on():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(params=[False, True], ids=["off", "on"])
def routing(request):
    """Metadata routing off, and on."""
    with sklearn.config_context(enable_metadata_routing=request.param):
        yield request.param


def weighted(estimator):
    """Make an estimator request sample_weight, where there are requests."""
    if sklearn.get_config()["enable_metadata_routing"]:
        estimator.set_fit_request(sample_weight=True)
    return estimator


def fold_by_fold(X=X, weight=None, splits=SPLITS, *, scale=False):
    """Do by hand what the auditor should; scale fold by fold, with the same weights, if asked."""
    probs = np.full((60, 2), np.nan)
    for train, test in splits:
        cut = None if weight is None else weight[train]
        scaler = StandardScaler().fit(X[train], sample_weight=cut) if scale else None
        X_train, X_test = (
            scaler.transform(X[rows]) if scale else X[rows] for rows in (train, test)
        )
        probs[test] = GaussianNB().fit(X_train, y[train], cut).predict_proba(X_test)
    return probs


@pytest.mark.usefixtures("routing")
class TestSampleWeight:
    def test_reaches_the_classifier_fold_by_fold(self):
        auditor = LabelAuditor(weighted(GaussianNB())).fit(X, y, sample_weight=WEIGHT)
        np.testing.assert_array_equal(auditor.cv_probabilities_, fold_by_fold(weight=WEIGHT))
        whole = GaussianNB().fit(X, y, WEIGHT)
        np.testing.assert_array_equal(auditor.predict_proba(X), whole.predict_proba(X))

    def test_reaches_it_with_splits_that_can_be_read_only_once(self):
        auditor = LabelAuditor(weighted(GaussianNB()), cv=iter(SPLITS))
        auditor.fit(X, y, sample_weight=WEIGHT)
        np.testing.assert_array_equal(auditor.cv_probabilities_, fold_by_fold(weight=WEIGHT))

    def test_reaches_the_rows_that_the_final_classifier_is_trained_on(self):
        auditor = LabelAuditor(weighted(GaussianNB()), train_on="unflagged")
        auditor.fit(X, y, sample_weight=WEIGHT)
        kept = ~auditor.label_issues_
        assert 0 < kept.sum() < 60
        expected = GaussianNB().fit(X[kept], y[kept], WEIGHT[kept])
        np.testing.assert_array_equal(auditor.predict_proba(X), expected.predict_proba(X))

    def test_reaches_a_bagged_ensemble(self):
        forest = weighted(RandomForestClassifier(50, random_state=0))
        auditor = LabelAuditor(forest, cv="oob").fit(X, y, sample_weight=WEIGHT)
        expected = RandomForestClassifier(50, random_state=0, oob_score=True).fit(X, y, WEIGHT)
        np.testing.assert_array_equal(auditor.cv_probabilities_, expected.oob_decision_function_)

    def test_reaches_score(self):
        auditor = LabelAuditor(GaussianNB()).fit(X, y)
        expected = GaussianNB().fit(X, y).score(X, y, WEIGHT)
        assert auditor.score(X, y, sample_weight=WEIGHT) == expected != auditor.score(X, y)

    def test_may_be_none(self):
        auditor = LabelAuditor(GaussianNB()).fit(X, y, sample_weight=None)
        np.testing.assert_array_equal(auditor.cv_probabilities_, fold_by_fold())


class TestSampleWeightInAPipeline:
    """The scaler is shared between folds unless it takes the weights."""

    SHARED = fold_by_fold(StandardScaler().fit_transform(X), WEIGHT)
    UNSHARED = fold_by_fold(weight=WEIGHT, scale=True)

    def test_by_the_names_of_steps(self):
        auditor = LabelAuditor(make_pipeline(StandardScaler(), GaussianNB()))
        auditor.fit(X, y, gaussiannb__sample_weight=WEIGHT)
        np.testing.assert_array_equal(auditor.cv_probabilities_, self.SHARED)
        auditor.fit(X, y, gaussiannb__sample_weight=WEIGHT, standardscaler__sample_weight=WEIGHT)
        np.testing.assert_array_equal(auditor.cv_probabilities_, self.UNSHARED)

    def test_by_the_requests_of_steps(self, routing_on):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        auditor = LabelAuditor(make_pipeline(scaler, weighted(GaussianNB())))
        auditor.fit(X, y, sample_weight=WEIGHT)
        np.testing.assert_array_equal(auditor.cv_probabilities_, self.SHARED)
        auditor.set_params(estimator__standardscaler=weighted(StandardScaler()))
        auditor.fit(X, y, sample_weight=WEIGHT)
        np.testing.assert_array_equal(auditor.cv_probabilities_, self.UNSHARED)

    def test_that_ends_in_the_auditor(self, routing):
        scaler, auditor = StandardScaler(), LabelAuditor(weighted(GaussianNB()))
        if routing:
            scaler.set_fit_request(sample_weight=False)
            params = {"sample_weight": WEIGHT}
        else:
            params = {"labelauditor__sample_weight": WEIGHT}
        fitted = make_pipeline(scaler, auditor).fit(X, y, **params)[-1]
        np.testing.assert_array_equal(fitted.cv_probabilities_, self.SHARED)


@pytest.mark.usefixtures("routing")
class TestGroups:
    EXPECTED = fold_by_fold(splits=list(GroupKFold(5).split(X, y, GROUPS)))

    def test_reach_the_splitter(self):
        auditor = LabelAuditor(GaussianNB(), cv=GroupKFold(5)).fit(X, y, groups=GROUPS)
        np.testing.assert_array_equal(auditor.cv_probabilities_, self.EXPECTED)

    def test_reach_it_along_with_weights_for_the_classifier(self):
        auditor = LabelAuditor(weighted(GaussianNB()), cv=GroupKFold(5))
        auditor.fit(X, y, **BOTH)
        splits = GroupKFold(5).split(X, y, GROUPS)
        expected = fold_by_fold(weight=WEIGHT, splits=splits)
        np.testing.assert_array_equal(auditor.cv_probabilities_, expected)

    def test_reach_that_of_an_auditor_in_a_pipeline(self, routing):
        pipeline = make_pipeline("passthrough", LabelAuditor(GaussianNB(), cv=GroupKFold(5)))
        fitted = pipeline.fit(X, y, **{"groups" if routing else "labelauditor__groups": GROUPS})
        np.testing.assert_array_equal(fitted[-1].cv_probabilities_, self.EXPECTED)


class TestRoutedFromAbove:
    @pytest.fixture(autouse=True)
    def on(self, routing_on):
        pass

    def auditor(self):
        base = GaussianNB().set_fit_request(sample_weight=True)
        return LabelAuditor(base, cv=GroupKFold(3)).set_score_request(sample_weight=True)

    def expected(self, train, test):
        """Audit the training rows by hand, and score the others."""
        cut = {"groups": GROUPS[train], "sample_weight": WEIGHT[train]}
        auditor = self.auditor().fit(X[train], y[train], **cut)
        return auditor, auditor.score(X[test], y[test], sample_weight=WEIGHT[test])

    def test_by_cross_validate(self):
        cv = GroupKFold(4)
        found = cross_validate(self.auditor(), X, y, cv=cv, params=BOTH, return_estimator=True)
        for (train, test), auditor, score in zip(
            cv.split(X, y, GROUPS), found["estimator"], found["test_score"], strict=True
        ):
            expected, expected_score = self.expected(train, test)
            np.testing.assert_array_equal(auditor.cv_probabilities_, expected.cv_probabilities_)
            assert score == expected_score
            plain = GaussianNB().fit(X[train], y[train]).predict_proba(X)
            assert not np.array_equal(auditor.predict_proba(X), plain)

    def test_by_a_grid_search(self):
        grid = {"filter_by": ["both", "prune_by_class"]}
        search = GridSearchCV(self.auditor(), grid, cv=GroupKFold(4)).fit(X, y, **BOTH)
        scores = [self.expected(*split)[1] for split in GroupKFold(4).split(X, y, GROUPS)]
        assert search.cv_results_["mean_test_score"].tolist() == [np.mean(scores)] * 2
        whole = self.auditor().fit(X, y, **BOTH)
        np.testing.assert_array_equal(
            search.best_estimator_.cv_probabilities_, whole.cv_probabilities_
        )


class TestMetadataThatNobodyWants:
    @pytest.mark.parametrize(
        ("cv", "name"),
        [
            (None, "cv=None"),
            (5, "cv=5"),
            ("oob", "cv='oob'"),
            (StratifiedKFold(), "cv=StratifiedKFold(n_splits=5"),
            (SPLITS, "an iterable of splits"),
            (iter(SPLITS), "an iterable of splits"),
        ],
    )
    def test_groups_that_cv_ignores(self, cv, name):
        with pytest.raises(ValueError, match=f"^groups is given, but {re.escape(name)}"):
            LabelAuditor(GaussianNB(), cv=cv).fit(X, y, groups=GROUPS)

    def test_groups_reach_a_splitter_that_declares_nothing(self):
        auditor = LabelAuditor(GaussianNB(), cv=LeaveGroupOut()).fit(X, y, groups=GROUPS)
        expected = fold_by_fold(splits=LeaveGroupOut().split(X, y, GROUPS))
        np.testing.assert_array_equal(auditor.cv_probabilities_, expected)

    @pytest.mark.parametrize("cv", [None, 5, StratifiedKFold(), "oob", SPLITS])
    def test_groups_with_routing(self, cv, routing_on):
        with pytest.raises(TypeError, match="groups"):
            LabelAuditor(GaussianNB(), cv=cv).fit(X, y, groups=GROUPS)

    def test_weights_that_are_not_requested(self, routing_on):
        with pytest.raises(UnsetMetadataPassedError, match=r"sample_weight.* GaussianNB\.fit"):
            LabelAuditor(GaussianNB()).fit(X, y, sample_weight=WEIGHT)
        refusing = GaussianNB().set_fit_request(sample_weight=False)
        with pytest.raises(TypeError, match=r"sample_weight.* not routed"):
            LabelAuditor(refusing).fit(X, y, sample_weight=WEIGHT)

    def test_what_the_classifier_does_not_know(self, routing):
        with pytest.raises(TypeError, match="nonsense"):
            LabelAuditor(GaussianNB()).fit(X, y, nonsense=WEIGHT)
