import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import LabelAuditor, audit_labels
from label_auditor.fitting.bagging import out_of_bag

X, y = make_classification(
    200, 6, n_informative=4, n_classes=3, n_clusters_per_class=1, class_sep=2, random_state=0
)


@pytest.mark.parametrize(
    "ensemble",
    [
        RandomForestClassifier(50, random_state=0),
        ExtraTreesClassifier(50, bootstrap=True, random_state=0),
        BaggingClassifier(GaussianNB(), n_estimators=50, random_state=0),
    ],
    ids=lambda ensemble: type(ensemble).__name__,
)
def test_probabilities_are_the_ensembles_own_from_one_fit(ensemble):
    auditor = LabelAuditor(ensemble, cv="oob").fit(X, y)
    alone = ensemble.set_params(oob_score=True).fit(X, y)
    np.testing.assert_array_equal(auditor.cv_probabilities_, alone.oob_decision_function_)
    np.testing.assert_array_equal(auditor.predict_proba(X), alone.predict_proba(X))
    assert auditor.evaluated_.all()
    expected = audit_labels(y, alone.oob_decision_function_)
    np.testing.assert_array_equal(auditor.ranked_issues_, expected.ranked)


@pytest.mark.parametrize(
    "ensemble",
    [RandomForestClassifier(2, random_state=0), BaggingClassifier(n_estimators=2, random_state=0)],
    ids=lambda ensemble: type(ensemble).__name__,
)
def test_rows_that_every_member_saw_are_not_evaluated(ensemble):
    auditor = LabelAuditor(ensemble, cv="oob").fit(X, y)
    unseen = ~auditor.evaluated_
    assert 0.2 < unseen.mean() < 0.6  # in the bag twice: about (1 - 1/e)²
    assert np.isnan(auditor.cv_probabilities_[unseen]).all()
    assert np.isnan(auditor.label_scores_[unseen]).all()
    assert not auditor.label_issues_[unseen].any()
    assert np.isfinite(auditor.cv_probabilities_[~unseen]).all()


def test_the_ensemble_may_end_a_pipeline_that_uses_no_labels():
    forest = RandomForestClassifier(50, random_state=0)
    auditor = LabelAuditor(make_pipeline(StandardScaler(), forest), cv="oob").fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    _, expected = out_of_bag(forest, scaled, y, np.arange(3))
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected)
    with pytest.raises(ValueError, match="step 'selectkbest' can't do without labels"):
        LabelAuditor(make_pipeline(SelectKBest(k=2), forest), cv="oob").fit(X, y)


def test_what_is_no_bagged_ensemble_is_refused():
    for estimator in (GaussianNB(), HistGradientBoostingClassifier()):
        with pytest.raises(ValueError, match=r"needs a bagged ensemble, but .* has no oob_score"):
            LabelAuditor(estimator, cv="oob").fit(X, y)


def test_rows_without_label_are_predicted_by_an_ensemble_that_never_saw_them():
    labels = np.array(["a", "b", "c"], dtype=object)[y]
    labels[[5, 9]] = None
    forest = RandomForestClassifier(50, random_state=0)
    auditor = LabelAuditor(forest, cv="oob", missing_labels="suggest").fit(X, labels)
    kept = np.setdiff1d(np.arange(200), [5, 9])
    alone = forest.fit(X[kept], labels[kept].astype(str))
    np.testing.assert_array_equal(auditor.cv_probabilities_[[5, 9]], alone.predict_proba(X[[5, 9]]))
    assert not auditor.evaluated_[[5, 9]].any()


def test_trains_again_on_what_it_is_told_to():
    auditor = LabelAuditor(
        RandomForestClassifier(50, random_state=0), cv="oob", train_on="unflagged"
    ).fit(X, y)
    kept = ~auditor.label_issues_
    alone = RandomForestClassifier(50, random_state=0).fit(X[kept], y[kept])
    np.testing.assert_array_equal(auditor.predict_proba(X), alone.predict_proba(X))


class Shuffled(RandomForestClassifier):
    """Counts its classes backwards, and so are the columns of its votes."""

    def fit(self, X, y):
        super().fit(X, y)
        self.classes_ = self.classes_[::-1]
        self.oob_decision_function_ = self.oob_decision_function_[:, ::-1]
        return self


class Twice(RandomForestClassifier):
    """Is fitted on two copies of each row, so that a copy is in the bag of nearly every tree."""

    def fit(self, X, y):
        super().fit(np.repeat(X, 2, axis=0), np.repeat(y, 2))
        votes = self.oob_decision_function_
        self.oob_decision_function_ = (votes[::2] + votes[1::2]) / 2
        return self


class Longer(RandomForestClassifier):
    def fit(self, X, y):
        return super().fit(np.repeat(X, 2, axis=0), np.repeat(y, 2))


def test_columns_go_by_the_value_of_their_class():
    shuffled, plain = (
        LabelAuditor(forest(50, random_state=0), cv="oob", train_on=None).fit(X, y)
        for forest in (Shuffled, RandomForestClassifier)
    )
    np.testing.assert_array_equal(shuffled.cv_probabilities_, plain.cv_probabilities_)


def test_an_ensemble_that_votes_on_copies_of_what_it_saw_is_refused():
    with pytest.raises(
        ValueError, match=r"Twice would let labels judge themselves.*curve of 0\.[89]"
    ):
        LabelAuditor(Twice(50, random_state=0), cv="oob").fit(X, y)


def test_votes_for_other_rows_are_refused():
    with pytest.raises(
        ValueError, match="fitted on 200 rows, but its oob_decision_function_ has 4"
    ):
        LabelAuditor(Longer(50, random_state=0), cv="oob").fit(X, y)


class TestImbalancedLearn:
    ensembles = pytest.importorskip("imblearn.ensemble")

    @pytest.mark.parametrize("strategy", ["all", "auto", "not majority", {0: 30, 1: 30, 2: 30}])
    def test_samples_with_replacement_inside_of_bags_are_refused(self, strategy):
        forest = self.ensembles.BalancedRandomForestClassifier(
            50, bootstrap=True, replacement=True, sampling_strategy=strategy, random_state=0
        )
        with pytest.raises(ValueError, match=r"cv='oob' with Balanced.*set its replacement=False"):
            LabelAuditor(forest, cv="oob").fit(X, y)

    def test_honest_ensembles_are_not(self):
        for ensemble in (
            self.ensembles.BalancedRandomForestClassifier(
                50, bootstrap=True, replacement=False, random_state=0
            ),
            self.ensembles.BalancedBaggingClassifier(replacement=True, random_state=0),
        ):
            auditor = LabelAuditor(ensemble, cv="oob").fit(X, y)
            assert auditor.evaluated_.mean() > 0.9
