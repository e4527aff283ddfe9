"""`fit(X, y, reviewed=...)`: models learn from the review, and the labels given are judged."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from label_auditor import Corrections, LabelAuditor, apply_corrections
from label_auditor.corrections.collection import Correction

rng = np.random.default_rng(0)
TRUE = np.repeat(["a", "b", "c"], 40)
X = rng.normal(size=(120, 3)) + np.repeat(np.eye(3) * 2, 40, axis=0)
Y = TRUE.copy()
Y[::7] = np.roll(TRUE, 40)[::7]
DECIDED = {int(row): str(TRUE[row]) for row in range(0, 63, 7)}
DISCARDED = {1: None, 90: None}
REVIEWED = DECIDED | DISCARDED
USED = Y.copy()
USED[list(DECIDED)] = list(DECIDED.values())
KEPT = np.setdiff1d(np.arange(120), list(DISCARDED))


def expected_over_folds(estimator, folds):
    """Fit each fold by hand."""
    probs = np.empty((120, 3))
    for train, test in folds:
        kept = np.intersect1d(train, KEPT)
        probs[test] = clone(estimator).fit(X[kept], USED[kept]).predict_proba(X[test])
    return probs


def test_folds_are_those_of_the_given_labels_and_train_as_decided():
    auditor = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=REVIEWED)
    folds = StratifiedKFold(5).split(X, Y)
    np.testing.assert_allclose(
        auditor.cv_probabilities_, expected_over_folds(GaussianNB(), folds), rtol=1e-12
    )
    np.testing.assert_array_equal(auditor.audit_.labels, Y)
    assert auditor.evaluated_.all()  # reviewed or discarded, all labels are judged as given
    whole = GaussianNB().fit(X[KEPT], USED[KEPT])
    np.testing.assert_array_equal(auditor.predict_proba(X), whole.predict_proba(X))


def test_leave_one_out_takes_each_row_out_with_its_decided_label():
    auditor = LabelAuditor(GaussianNB(), cv="loo").fit(X, Y, reviewed=REVIEWED)
    folds = [(np.delete(np.arange(120), row), [row]) for row in range(120)]
    np.testing.assert_allclose(
        auditor.cv_probabilities_, expected_over_folds(GaussianNB(), folds), atol=1e-9
    )
    whole = GaussianNB().fit(X[KEPT], USED[KEPT])
    np.testing.assert_allclose(auditor.predict_proba(X), whole.predict_proba(X))


def test_out_of_bag_members_are_fitted_on_what_was_decided():
    forest = RandomForestClassifier(60, random_state=0)
    auditor = LabelAuditor(forest, cv="oob").fit(X, Y, reviewed=REVIEWED)
    fitted = clone(forest).set_params(oob_score=True).fit(X[KEPT], USED[KEPT])
    np.testing.assert_array_equal(auditor.cv_probabilities_[KEPT], fitted.oob_decision_function_)
    others = list(DISCARDED)
    expected = fitted.predict_proba(X[others])
    np.testing.assert_array_equal(auditor.cv_probabilities_[others], expected)


def test_weights_stay_with_their_rows_and_steps_are_shared():
    weight = rng.random(120)
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    found = LabelAuditor(pipeline, cv=4).fit(
        X, Y, reviewed=REVIEWED, gaussiannb__sample_weight=weight
    )
    scaled, expected = StandardScaler().fit_transform(X), np.empty((120, 3))
    for train, test in StratifiedKFold(4).split(X, Y):
        kept = np.intersect1d(train, KEPT)
        model = GaussianNB().fit(scaled[kept], USED[kept], weight[kept])
        expected[test] = model.predict_proba(scaled[test])
    np.testing.assert_allclose(found.cv_probabilities_, expected, rtol=1e-9)


def test_texts_and_codes_of_labels():
    texts = [f"{label} {label}{row % 5} word" for row, label in enumerate(TRUE)]
    pipeline = make_pipeline(TfidfVectorizer(), MultinomialNB())
    before = LabelAuditor(pipeline, cv="loo").fit(texts, Y)
    after = LabelAuditor(pipeline, cv="loo").fit(texts, Y, reviewed=DECIDED)
    given = np.unique(Y, return_inverse=True)[1]
    left = np.setdiff1d(np.arange(0, 120, 7), list(DECIDED))
    rows = np.arange(120)
    assert (
        after.cv_probabilities_[rows, given][left].mean()
        < before.cv_probabilities_[rows, given][left].mean()
    )


class Codes(GaussianNB):
    """Takes the labels 0, 1, 2, … and no others."""

    def fit(self, X, y, sample_weight=None):
        if not np.array_equal(np.unique(y), np.arange(len(np.unique(y)))):
            raise ValueError("labels must be 0, 1, 2")
        return super().fit(X, y, sample_weight)


def test_labels_that_are_encoded_are_decided_too():
    found = LabelAuditor(Codes()).fit(X, Y, reviewed=REVIEWED)
    same = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=REVIEWED)
    np.testing.assert_array_equal(found.cv_probabilities_, same.cv_probabilities_)
    assert set(found.predict(X)) <= {"a", "b", "c"}


@pytest.mark.parametrize("train_on", ["unflagged", "corrected"])
def test_decisions_go_before_flags(train_on):
    """A flagged row that was confirmed trains as given, one that was discarded not at all."""
    first = LabelAuditor(GaussianNB(), train_on=None).fit(X, Y)
    confirmed, discarded = first.ranked_issues_[:2].tolist()
    reviewed = {confirmed: Y[confirmed], discarded: None}
    auditor = LabelAuditor(GaussianNB(), train_on=train_on).fit(X, Y, reviewed=reviewed)
    assert auditor.label_issues_[[confirmed, discarded]].all()
    labels = Y.copy()
    rows = np.setdiff1d(np.arange(120), [discarded])
    doubted = auditor.label_issues_.copy()
    doubted[confirmed] = False
    if train_on == "unflagged":
        rows = np.setdiff1d(rows, np.flatnonzero(doubted))
    else:
        labels[doubted] = auditor.suggested_labels_[doubted]
    expected = GaussianNB().fit(X[rows], labels[rows])
    np.testing.assert_array_equal(auditor.predict_proba(X), expected.predict_proba(X))


def test_rows_without_a_label_train_once_one_is_decided():
    y = Y.astype(object)
    y[::10] = None
    reviewed = {int(row): str(TRUE[row]) for row in range(0, 120, 20)}
    auditor = LabelAuditor(GaussianNB(), missing_labels="suggest").fit(X, y, reviewed=reviewed)
    assert not auditor.evaluated_[::10].any()
    assert not np.isnan(auditor.cv_probabilities_).any()
    rows = [row for row in range(120) if y[row] is not None or row in reviewed]
    labels = np.where([label is None for label in y], TRUE, y)[rows].astype(str)
    expected = GaussianNB().fit(X[rows], labels)
    np.testing.assert_array_equal(auditor.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("cv", [5, "loo"])
def test_a_class_that_reviewers_emptied_has_probability_0(cv):
    y = np.where(np.arange(120) % 40 < 4, "d", Y)
    reviewed = {int(row): str(TRUE[row]) for row in np.flatnonzero(y == "d")}
    with pytest.warns(UserWarning, match="no row of the classes 'd' to train on"):
        auditor = LabelAuditor(GaussianNB(), cv=cv).fit(X, y, reviewed=reviewed)
    assert auditor.classes_.tolist() == ["a", "b", "c", "d"]
    assert (auditor.cv_probabilities_[:, 3] == 0).all()
    np.testing.assert_array_equal(auditor.evaluated_, y != "d")
    assert auditor.predict_proba(X).shape == (120, 4)


def test_kept_folds_know_of_decisions(tmp_path):
    auditor = LabelAuditor(GaussianNB(), memory=tmp_path)
    before = auditor.fit(X, Y).cv_probabilities_
    after = auditor.fit(X, Y, reviewed=REVIEWED).cv_probabilities_
    assert (before != after).any()
    fresh = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=REVIEWED)
    np.testing.assert_array_equal(after, fresh.cv_probabilities_)
    np.testing.assert_array_equal(auditor.fit(X, Y).cv_probabilities_, before)


NAMES = [f"r{row}" for row in range(120)]


def as_corrections(reviewed, name=str):
    return Corrections(
        [
            Correction(name(row), label, "discarded" if label is None else "validated", who="ann")
            for row, label in reviewed.items()
        ]
    )


@pytest.mark.parametrize(
    ("data", "labels", "reviewed"),
    [
        (X, Y, as_corrections(REVIEWED)),
        (X, Y, pd.Series(REVIEWED)),
        (pd.DataFrame(X, index=NAMES), Y, as_corrections(REVIEWED, "r{}".format)),
        (X, pd.Series(Y, index=NAMES), as_corrections(REVIEWED, "r{}".format)),
        (
            pd.DataFrame(X, index=NAMES),
            pd.Series(Y, index=[f"y{row}" for row in range(120)]),
            pd.Series({f"r{row}": label for row, label in REVIEWED.items()}),
        ),
        (pd.DataFrame(X, index=NAMES), Y, {np.int64(row): each for row, each in REVIEWED.items()}),
    ],
)
def test_all_that_names_rows(data, labels, reviewed):
    found = LabelAuditor(GaussianNB()).fit(data, labels, reviewed=reviewed)
    expected = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=REVIEWED)
    np.testing.assert_array_equal(found.cv_probabilities_, expected.cv_probabilities_)


def test_records_on_which_reviewers_are_divided_train_as_given():
    divided = Corrections([Correction("0", "a", who="ann"), Correction("0", "b", who="bob")])
    found = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=divided)
    np.testing.assert_array_equal(
        found.cv_probabilities_, LabelAuditor(GaussianNB()).fit(X, Y).cv_probabilities_
    )


class NeverFitted(GaussianNB):
    def fit(self, *_, **__):
        raise AssertionError("fitted before the decisions were checked")


@pytest.mark.parametrize(
    ("reviewed", "error", "message"),
    [
        (Corrections([Correction("120", "a")]), ValueError, r"1 ids that no row has \('120'\)"),
        (Corrections([Correction("1", "z")]), ValueError, "hold the labels 'z'"),
        (Corrections([Correction("1", ("a", "b"))]), ValueError, "give each row one of these"),
        ({120: "a"}, ValueError, "reviewed has 120 for row positions"),
        ({-1: "a"}, ValueError, "reviewed has -1 for row positions"),
        ({"1": "a"}, ValueError, "reviewed has '1' for row positions"),
        ({1: "z"}, ValueError, "reviewed holds the labels 'z', but the classes"),
        ({1: ["a"]}, ValueError, "give each row one of these, or None"),
        (pd.Series({500: "a"}), ValueError, "reviewed has 500 in its index"),
        (pd.Series(["a", "b"], index=[3, 3]), ValueError, "names 3 in its index"),
        (["a", "b"], TypeError, "reviewed is a list"),
        (dict.fromkeys(range(120)), ValueError, "leaves rows of no class only"),
    ],
)
@pytest.mark.parametrize("cv", [None, "loo"])
def test_what_does_not_fit_is_refused_before_the_first_fit(reviewed, error, message, cv):
    steps = make_pipeline(StandardScaler(), NeverFitted())
    with pytest.raises(error, match=message):
        LabelAuditor(steps, cv=cv).fit(X, Y, reviewed=reviewed)


def test_a_series_can_t_name_a_row_whose_name_others_share():
    frame = pd.DataFrame(X, index=["same", "same", *NAMES[2:]])
    with pytest.raises(ValueError, match="names 'same' in its index"):
        LabelAuditor(GaussianNB()).fit(frame, Y, reviewed=pd.Series({"same": "a"}))
    LabelAuditor(GaussianNB()).fit(frame, Y, reviewed=pd.Series({"r2": "a"}))


def search(auditor, **params):
    GridSearchCV(auditor, {"cv": [3]}, cv=3).fit(X, Y, **params)


def search_at_random(auditor, **params):
    RandomizedSearchCV(auditor, {"cv": [3]}, n_iter=1, cv=3, n_jobs=2).fit(X, Y, **params)


def search_in_a_pipeline(auditor, **params):
    pipeline = make_pipeline(StandardScaler(), auditor)
    params = {f"labelauditor__{name}": value for name, value in params.items()}
    GridSearchCV(pipeline, {"labelauditor__cv": [3]}, cv=3).fit(X, Y, **params)


def validate(auditor, **params):
    cross_validate(auditor, X, Y, cv=3, params=params)


def predict_by_folds(auditor, **params):
    cross_val_predict(auditor, X, Y, cv=3, params=params)


def draw_learning_curve(auditor, **params):
    options = {"cv": 3, "train_sizes": [0.8], "shuffle": True, "error_score": "raise"}
    learning_curve(auditor, X, Y, params=params, **options)


def calibrate(auditor, **params):
    CalibratedClassifierCV(auditor, cv=3).fit(X, Y, **params)


@pytest.mark.parametrize(
    "cut",
    [
        search,
        search_at_random,
        search_in_a_pipeline,
        validate,
        predict_by_folds,
        draw_learning_curve,
        calibrate,
    ],
)
def test_whoever_cuts_rows_must_refuse_decisions(cut):
    auditor = LabelAuditor(GaussianNB())
    with pytest.raises(ValueError, match="reviewed names rows of X, but fit is called by sklearn"):
        cut(auditor, reviewed={1: "a"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cut(auditor)


def test_with_metadata_routing_it_is_no_metadata_either():
    with sklearn.config_context(enable_metadata_routing=True):
        assert not hasattr(LabelAuditor, "set_fit_request") or "reviewed" not in (
            LabelAuditor().get_metadata_routing().consumes("fit", ["reviewed"])
        )
        with pytest.raises(TypeError, match="reviewed"):
            search(LabelAuditor(GaussianNB()), reviewed={1: "a"})
        auditor = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=REVIEWED)
    same = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=REVIEWED)
    np.testing.assert_array_equal(auditor.cv_probabilities_, same.cv_probabilities_)


def test_a_pipeline_hands_decisions_on():
    pipeline = make_pipeline(StandardScaler(), LabelAuditor(GaussianNB()))
    found = pipeline.fit(X, Y, labelauditor__reviewed=REVIEWED)[-1]
    scaled = StandardScaler().fit_transform(X)
    same = LabelAuditor(GaussianNB()).fit(scaled, Y, reviewed=REVIEWED)
    np.testing.assert_array_equal(found.cv_probabilities_, same.cv_probabilities_)


def test_fit_resample_takes_none():
    with pytest.raises(TypeError, match="put decisions into y by apply_corrections"):
        LabelAuditor(GaussianNB()).fit_resample(X, Y, reviewed=REVIEWED)


def test_the_queue_goes_on_after_a_refit():
    corrections = as_corrections(REVIEWED)
    auditor = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=corrections)
    plan = auditor.plan_review(20, reviewed=corrections)
    assert not set(plan) & set(REVIEWED)
    assert auditor.plan_review(20, reviewed=pd.Series(REVIEWED)) == plan
    _, report = apply_corrections(Y, corrections)
    assert len(report.changed) == len(DECIDED)


def test_a_second_fit_remembers_no_decisions():
    auditor = LabelAuditor(GaussianNB()).fit(X, Y, reviewed=REVIEWED).fit(X, Y)
    np.testing.assert_array_equal(
        auditor.cv_probabilities_, LabelAuditor(GaussianNB()).fit(X, Y).cv_probabilities_
    )
