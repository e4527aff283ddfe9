"""What breaks cleanlab's CleanLearning or Datalab, case by case; none of it breaks LabelAuditor."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor, audit_labels

X, y = make_classification(
    300, 8, n_informative=6, n_classes=3, n_clusters_per_class=1, class_sep=3, random_state=0
)
TEXTS = ["good film", "bad film", "fine good play", "bad bad play", "good good", "bad dull"] * 5
MOODS = ["pos", "neg", "pos", "neg", "pos", "neg"] * 5
TEXT_MODEL = make_pipeline(CountVectorizer(), MultinomialNB())

CASES = []


def case(name, **variants):
    """Add a check to the cases, once for each variant."""

    def register(check):
        CASES.extend(
            pytest.param(check, [value], id=f"{name}: {variant}")
            for variant, value in variants.items()
        )
        if not variants:
            CASES.append(pytest.param(check, [], id=name))
        return check

    return register


def expected(estimator, X, y, **options):
    return cross_val_predict(estimator, X, y, method="predict_proba", **options)


@case("last step of a Pipeline, then predict")
def check_pipeline():
    pipeline = make_pipeline(CountVectorizer(), LabelAuditor(MultinomialNB(), cv=3))
    assert pipeline.fit(TEXTS, MOODS).predict(["good"]) == ["pos"]
    assert len(pipeline[-1].to_frame()) == 30


@case("GridSearchCV(n_jobs=2)")
def check_grid_search():
    grid = {"filter_by": ["both", "confident_learning"], "estimator__C": [0.01, 1.0]}
    search = GridSearchCV(LabelAuditor(LogisticRegression()), grid, n_jobs=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.n_label_issues_ > 0


@case("processes", spawn="spawn", forkserver="forkserver")
def check_processes(method):
    auditor = LabelAuditor(GaussianNB(), n_jobs=2)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        elsewhere = pool.submit(clone(auditor).fit, X, y).result()
    np.testing.assert_array_equal(elsewhere.ranked_issues_, auditor.fit(X, y).ranked_issues_)


@case(
    "labels",
    strings=np.array(["b", "a"]),
    objects=np.array(["b", "a"], dtype=object),
    ints=np.array([7, -2]),
    bools=np.array([True, False]),
    floats=np.array([1.0, 2.0]),
)
def check_labels(labels):
    y = labels[np.arange(60) % 2]
    X = np.where(y == labels[0], 0.0, 3.0)[:, None] + np.random.default_rng(0).random((60, 1))
    y[11] = labels[0]
    auditor = LabelAuditor(GaussianNB()).fit(X, y)
    assert auditor.classes_.tolist() == sorted(labels.tolist())
    assert auditor.classes_.dtype == auditor.suggested_labels_.dtype == y.dtype
    assert auditor.ranked_issues_.tolist() == [11]
    assert auditor.suggested_labels_[11] == labels[1]
    assert auditor.predict(X[:1]) == labels[0]


@case("categorical labels")
def check_categorical_labels():
    y = pd.Series(["lo", "hi"] * 30, index=[f"r{i}" for i in range(60)], dtype="category")
    X = np.where(y == "lo", 0.0, 3.0)[:, None] + np.random.default_rng(0).random((60, 1))
    y.iloc[5] = "lo"
    auditor = LabelAuditor(GaussianNB()).fit(X, y)
    assert list(auditor.classes_) == ["hi", "lo"]
    assert auditor.to_frame().index[auditor.ranked_issues_].tolist() == ["r5"]


@case("labels not counted from 0", one=[1, 2, 3], gaps=[0, 2, 5], negative=[-1, 0, 1])
def check_any_ints(values):
    auditor = LabelAuditor(GaussianNB()).fit(X, np.array(values)[y])
    assert auditor.classes_.tolist() == values
    assert set(auditor.suggested_labels_) <= set(values)
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected(GaussianNB(), X, y))


@case("missing labels", none=None, nan=np.nan, na=pd.NA)
def check_missing_labels(missing):
    labels = np.array(["a", "b", "c"], dtype=object)[y]
    labels[[3, 9]] = missing
    with pytest.raises(ValueError, match=r"y is missing .* for 2 of 300 rows: rows 3, 9"):
        LabelAuditor(GaussianNB()).fit(X, labels)
    auditor = LabelAuditor(GaussianNB(), missing_labels="suggest").fit(X, labels)
    assert np.flatnonzero(~auditor.evaluated_).tolist() == [3, 9]
    assert set(auditor.suggested_labels_[[3, 9]]) <= {"a", "b", "c"}


@case(
    "texts",
    list=list,
    tuple=tuple,
    array=np.array,
    objects=lambda texts: np.array(texts, dtype=object),
    pandas=pd.Series,
    polars=pl.Series,
)
def check_texts(wrap):
    auditor = LabelAuditor(TEXT_MODEL, cv=3).fit(wrap(TEXTS), MOODS)
    np.testing.assert_array_equal(
        auditor.cv_probabilities_, expected(TEXT_MODEL, np.array(TEXTS), MOODS, cv=3)
    )
    assert auditor.predict(wrap(["good"])) == ["pos"]


@case("sparse X", csr=sparse.csr_array, csc=sparse.csc_matrix, coo=sparse.coo_array)
def check_sparse(wrap):
    positive = np.where(X > 0.5, X, 0)
    auditor = LabelAuditor(MultinomialNB()).fit(wrap(positive), y)
    np.testing.assert_array_equal(
        auditor.cv_probabilities_, expected(MultinomialNB(), sparse.csr_array(positive), y)
    )


def names_of(estimator):
    return getattr(estimator, "feature_names_in_", np.array([])).tolist()


@case("polars DataFrame and Series")
def check_polars():
    auditor = LabelAuditor(GaussianNB()).fit(pl.DataFrame(X), pl.Series(y))
    assert auditor.to_frame().index.tolist() == list(range(300))
    # Names are found as scikit-learn finds them; 1.8 finds none in the newest polars.
    assert names_of(auditor) == names_of(GaussianNB().fit(pl.DataFrame(X), y))
    np.testing.assert_allclose(  # its columns are stored apart, so that sums differ in last bits
        auditor.cv_probabilities_, expected(GaussianNB(), X, y), rtol=1e-12
    )


@case("DataFrame with its own index")
def check_index():
    names = [f"row {i}" for i in range(300)]
    frame = pd.DataFrame(X, index=names).add_prefix("x")
    auditor = LabelAuditor(GaussianNB()).fit(frame, pd.Series(y))
    assert auditor.to_frame().index.tolist() == names
    assert auditor.feature_names_in_.tolist() == frame.columns.tolist()


@case("groups")
def check_groups():
    options = {"cv": GroupKFold(5), "groups": np.arange(300) % 10}
    auditor = LabelAuditor(GaussianNB(), cv=options["cv"]).fit(X, y, groups=options["groups"])
    np.testing.assert_array_equal(
        auditor.cv_probabilities_, expected(GaussianNB(), X, y, **options)
    )
    with pytest.raises(ValueError, match="groups is given, but cv=5 ignores it"):
        LabelAuditor(GaussianNB(), cv=5).fit(X, y, groups=options["groups"])


@case("a splitter as cv")
def check_splitter():
    cv = StratifiedKFold(4, shuffle=True, random_state=1)
    auditor = LabelAuditor(GaussianNB(), cv=cv).fit(X, y)
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected(GaussianNB(), X, y, cv=cv))


@case("n_jobs over the folds")
def check_n_jobs():
    base = RandomForestClassifier(n_estimators=5, random_state=0)
    auditor = LabelAuditor(base, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(auditor.cv_probabilities_, expected(base, X, y))


@case("class with one member, cv=5")
def check_single_member():
    labels = y.copy()
    labels[7] = 9
    with pytest.warns(UserWarning, match=r"fewer rows than the 5 folds \(9: 1\)"):
        auditor = LabelAuditor(GaussianNB()).fit(X, labels)
    assert np.flatnonzero(~auditor.evaluated_).tolist() == [7]
    assert np.isnan(auditor.label_scores_[7])
    assert not auditor.label_issues_[7]


@case("NaN in pred_probs")
def check_nan():
    pred_probs = np.full((4, 2), 0.5)
    pred_probs[2] = np.nan
    with pytest.raises(ValueError, match=r"no probabilities in row 2: .* has NaN"):
        audit_labels([0, 1, 0, 1], pred_probs)


@case("columns of pred_probs in another order")
def check_column_order():
    names = np.array(["a", "b", "c"])
    pred_probs = expected(GaussianNB(), X, y)
    in_order = audit_labels(names[y], pred_probs)
    other = audit_labels(names[y], pred_probs[:, [2, 0, 1]], classes=["c", "a", "b"])
    np.testing.assert_array_equal(in_order.ranked, other.ranked)
    with pytest.raises(ValueError, match="not among the classes 'c', 'a', 'x'"):
        audit_labels(names[y], pred_probs, classes=["c", "a", "x"])


@case("the user's estimator is left alone")
def check_estimator():
    base = GaussianNB()
    auditor = LabelAuditor(base).fit(X, y)
    assert auditor.estimator is base
    assert vars(base) == vars(GaussianNB())


@case("parameters are checked in fit, not in the constructor")
def check_parameters():
    auditor = LabelAuditor(GaussianNB(), filter_by="none").set_params(filter_by="nothing")
    with pytest.raises(ValueError, match="The 'filter_by' parameter of LabelAuditor must be"):
        auditor.fit(X, y)


@case("deterministic by default")
def check_deterministic():
    first, second = (LabelAuditor(GaussianNB()).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.label_scores_, second.label_scores_)


@case("a clone of a fitted auditor keeps nothing")
def check_clone():
    fitted = LabelAuditor(GaussianNB()).fit(X, y)
    assert not [name for name in vars(clone(fitted)) if name.endswith("_")]
    again, fresh = clone(fitted).fit(X[:200], y[:200]), LabelAuditor(GaussianNB())
    np.testing.assert_array_equal(again.label_scores_, fresh.fit(X[:200], y[:200]).label_scores_)


@pytest.mark.parametrize(("check", "arguments"), CASES)
def test_works(check, arguments):
    check(*arguments)
