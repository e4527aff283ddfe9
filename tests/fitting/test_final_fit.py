import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.naive_bayes import GaussianNB

from label_auditor import LabelAuditor
from label_auditor.fitting.final_fit import correct_flagged, drop_flagged
from optional import dask_frames, needs_dask_frames

CLASSES = np.array(["a", "b"])


@pytest.fixture(scope="module")
def noisy():
    X, y = make_classification(
        300, 8, n_informative=6, n_classes=3, n_clusters_per_class=1, class_sep=3, random_state=0
    )
    y[:20] = (y[:20] + 1) % 3
    return X, y


def test_all_trains_on_the_labels_as_given(noisy):
    X, y = noisy
    auditor = LabelAuditor(GaussianNB()).fit(X, y)
    np.testing.assert_array_equal(auditor.predict_proba(X), GaussianNB().fit(X, y).predict_proba(X))


def test_unflagged_leaves_out_the_flagged_rows(noisy):
    X, y = noisy
    weight = np.random.default_rng(0).random(300)
    auditor = LabelAuditor(GaussianNB(), train_on="unflagged").fit(X, y, sample_weight=weight)
    kept = ~auditor.label_issues_
    expected = GaussianNB().fit(X[kept], y[kept], weight[kept])
    np.testing.assert_array_equal(auditor.predict_proba(X), expected.predict_proba(X))
    assert 0 < auditor.n_label_issues_ < 60


def test_corrected_trains_flagged_rows_with_the_suggested_label(noisy):
    X, y = noisy
    auditor = LabelAuditor(GaussianNB(), train_on="corrected").fit(X, y)
    corrected = np.where(auditor.label_issues_, auditor.suggested_labels_, y)
    expected = GaussianNB().fit(X, corrected)
    np.testing.assert_array_equal(auditor.predict_proba(X), expected.predict_proba(X))


def test_the_audit_does_not_depend_on_it(noisy):
    X, y = noisy
    ranked = [
        LabelAuditor(GaussianNB(), train_on=train_on).fit(X, y).ranked_issues_.tolist()
        for train_on in ("all", "unflagged", "corrected", None)
    ]
    assert ranked[1:] == ranked[:-1]


def test_none_fits_no_final_classifier(noisy):
    X, y = noisy
    auditor = LabelAuditor(GaussianNB()).fit(X, y).set_params(train_on=None).fit(X, y)
    assert not hasattr(auditor, "estimator_")
    assert auditor.n_features_in_ == 8
    for method in ("predict", "predict_proba", "predict_log_proba"):
        assert not hasattr(auditor, method)
    with pytest.raises(AttributeError, match="predict") as caught:
        auditor.predict(X)
    assert "pass train_on='all'" in str(caught.value.__cause__)


def test_no_class_is_emptied_by_dropping():
    codes, issues = np.array([0, 0, 1, 1, -1]), np.array([True, False, True, True, False])
    with pytest.warns(UserWarning, match="all rows of 'b' are flagged"):
        assert drop_flagged(codes, issues, CLASSES).tolist() == [1, 2, 3]


def test_no_class_is_emptied_by_correcting():
    codes, issues = np.array([0, 0, 1, 1, -1]), np.array([True, False, True, True, False])
    predicted = np.array([1, 0, 0, 0, 0])
    with pytest.warns(UserWarning, match="all rows of 'b' are flagged") as caught:
        # Nothing would be b but the row that was a.
        corrected = correct_flagged(
            codes, np.array([False, False, True, True, False]), predicted, CLASSES
        )
    assert corrected.tolist() == [0, 0, 1, 1, -1]
    assert len(caught) == 1
    assert correct_flagged(codes, issues, predicted, CLASSES).tolist() == [1, 0, 0, 0, -1]


def test_a_class_that_stays_is_not_warned_of():
    codes, issues = np.array([0, 0, 1, 1]), np.array([True, False, True, False])
    assert drop_flagged(codes, issues, CLASSES).tolist() == [1, 3]


class TestFitResample:
    def test_gives_the_unflagged_rows_with_labels_unchanged(self, noisy):
        X, y = noisy
        auditor = LabelAuditor(GaussianNB())
        X_kept, y_kept = auditor.fit_resample(X, y)
        np.testing.assert_array_equal(X_kept, X[~auditor.label_issues_])
        np.testing.assert_array_equal(y_kept, y[~auditor.label_issues_])

    def test_keeps_the_kind_of_the_inputs(self, noisy):
        X, y = noisy
        names = pd.Series(np.array(["a", "b", "c"])[y], index=range(7, 307))
        frame = pd.DataFrame(X, index=names.index)
        X_kept, y_kept = LabelAuditor(GaussianNB()).fit_resample(frame, names)
        assert X_kept.index.equals(y_kept.index)
        assert y_kept.dtype == names.dtype
        assert (names[y_kept.index] == y_kept).all()

    @needs_dask_frames
    def test_tables_of_dask_stay_in_blocks(self, noisy):
        names = list("abcdefgh")
        frame = pd.DataFrame(noisy[0], columns=names).assign(label=noisy[1])
        lazy = dask_frames.from_pandas(frame, npartitions=3)
        auditor = LabelAuditor(GaussianNB())
        X_kept, y_kept = auditor.fit_resample(lazy[names], lazy["label"])
        expected = frame[~auditor.label_issues_]
        pd.testing.assert_frame_equal(X_kept.compute(), expected[names])
        pd.testing.assert_series_equal(y_kept.compute(), expected["label"])
        predicted = auditor.predict(lazy[names])  # a warning that names are missing would fail
        np.testing.assert_array_equal(predicted, auditor.predict(frame[names]))

    def test_works_inside_a_pipeline_of_imbalanced_learn(self, noisy):
        imblearn = pytest.importorskip("imblearn.pipeline")
        X, y = noisy
        pipeline = imblearn.make_pipeline(
            LabelAuditor(GaussianNB(), train_on=None), GaussianNB()
        ).fit(X, y)
        kept = ~pipeline[0].label_issues_
        expected = GaussianNB().fit(X[kept], y[kept])
        np.testing.assert_array_equal(pipeline.predict_proba(X), expected.predict_proba(X))
