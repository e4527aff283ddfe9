"""Whatever form labels, X, folds and probabilities have, an audit is that of the plain form.

What would make an answer wrong is refused in every form: labels that are missing or of mixed types,
and out-of-bag votes of an ensemble that leaks.

LABEL_AUDITOR_EXAMPLES says how many random combinations are tried; from 10,000 on, each pair of
forms must have come at least 20 times. With `-s`, the counts are printed.
"""

import os
from collections import Counter
from itertools import combinations, product

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from label_auditor import LabelAuditor

EXAMPLES = int(os.environ.get("LABEL_AUDITOR_EXAMPLES", "40"))
N_ROWS, N_CLASSES = 36, 3

# What stands for the classes, which are 0, 1 and 2 in plain form in the sorted order of these.
VALUES = {
    "ints": [0, 1, 2],
    "ints from 1": [1, 2, 3],
    "gaps": [70, -5, 1000],
    "big ints": [2**60 + 1, 2**60, 2**53 + 1],
    "ints beyond 63 bits": [2**63 + 1, 2**63, 2**63 + 2],
    "digits": ["9", "10", "100"],
    "strings": ["zoé", "a b", "Ä"],
    "whole floats": [3.0, 1.0, 2.0],
    "bools": [True, False, True],
}


def nullable(values):
    return pd.Series(values).convert_dtypes()


def arrow(values):
    kind = pa.uint64() if isinstance(values[0], int) and max(values) >= 2**63 else None
    array = pa.array(values, type=kind)
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(array.type)))


def polars(values):
    large = isinstance(values[0], int) and max(values) >= 2**63
    return pl.Series(values, dtype=pl.UInt64 if large else None)


def categorical(values):
    order = list(dict.fromkeys(values))[::-1]
    return pd.Series(pd.Categorical(values, categories=order))


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "object array": lambda values: np.array(values, dtype=object),
    "column": lambda values: np.array(values, dtype=object).reshape(-1, 1)[:, 0],
    "big-endian or fixed": lambda values: (
        array.astype(array.dtype.newbyteorder(">"))
        if (array := np.array(values)).dtype.kind in "iuf"
        else array
    ),
    "Series": lambda values: pd.Series(values, index=range(100, 100 + len(values))),
    "object Series": lambda values: pd.Series(values, dtype=object),
    "categorical": categorical,
    "nullable": nullable,
    "Arrow": arrow,
    "polars": polars,
}
# These hold any values, as they are.
OF_ANY_VALUES = {"list", "tuple", "object array", "column", "object Series"}
INPUTS = {
    "array": lambda X: X,
    "Fortran": np.asfortranarray,
    "list": lambda X: X.tolist(),
    "DataFrame": lambda X: pd.DataFrame(X, columns=["a", "b", "c"]),
    "int names": lambda X: pd.DataFrame(X, index=np.arange(len(X))[::-1] + 7),
    "read-only": lambda X: (X.setflags(write=False), X)[1],
}


class Backwards(ClassifierMixin, BaseEstimator):
    """Has its classes, and the columns of its probabilities, in descending order."""

    def fit(self, X, y):
        self.inner_ = GaussianNB().fit(np.asarray(X, float), y)
        self.classes_ = self.inner_.classes_[::-1]
        return self

    def predict_proba(self, X):
        return self.inner_.predict_proba(np.asarray(X, float))[:, ::-1]

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class CodesOnly(ClassifierMixin, BaseEstimator):
    """Refuses all labels but 0 … K - 1, as XGBoost does."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        if not np.array_equal(self.classes_, np.arange(len(self.classes_))):
            raise ValueError("Invalid classes inferred from unique values of `y`.")
        self.inner_ = GaussianNB().fit(np.asarray(X, float), y)
        return self

    def predict_proba(self, X):
        return self.inner_.predict_proba(np.asarray(X, float))

    def predict(self, X):
        return self.inner_.predict(np.asarray(X, float))


class Leaking(RandomForestClassifier):
    """Is fitted on two copies of each row, so that a copy is in the bag of nearly every tree."""

    def fit(self, X, y):
        X, y = np.asarray(X, float), np.asarray(y)
        super().fit(np.repeat(X, 2, axis=0), np.repeat(y, 2))
        if self.oob_score:
            votes = self.oob_decision_function_
            self.oob_decision_function_ = (votes[::2] + votes[1::2]) / 2
        return self

    def predict_proba(self, X):
        return super().predict_proba(np.asarray(X, float))


class Gives(ClassifierMixin, BaseEstimator):
    """Gives the probabilities of another classifier in some form."""

    def __init__(self, estimator, form):
        self.estimator = estimator
        self.form = form

    def fit(self, X, y):
        self.inner_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        return PROBABILITIES[self.form](self.inner_.predict_proba(X), self.classes_.tolist())

    def predict(self, X):
        return self.inner_.predict(X)


def frame(probs, names):
    """Give a table whose columns are in another order than the classes."""
    return pd.DataFrame(probs, columns=pd.Index(names, dtype=object)).iloc[:, ::-1]


def texts(classes):
    return [str(each) for each in classes]


PROBABILITIES = {
    "array": lambda probs, classes: probs,
    "Fortran": lambda probs, classes: np.asfortranarray(probs),
    "list": lambda probs, classes: probs.tolist(),
    "DataFrame": frame,
    "text names": lambda probs, classes: frame(probs, texts(classes)),
    "nullable": lambda probs, classes: frame(probs, classes).astype("Float64"),
    "no names": lambda probs, classes: pd.DataFrame(probs),
    "polars": lambda probs, classes: pl.DataFrame(dict(frame(probs, texts(classes)))),
    "PyArrow": lambda probs, classes: pa.Table.from_pandas(frame(probs, texts(classes))),
}

# With what finds the same.
CLASSIFIERS = {
    "naive Bayes": (GaussianNB(), GaussianNB()),
    "discriminant": (LinearDiscriminantAnalysis(), LinearDiscriminantAnalysis()),
    "neighbours": (KNeighborsClassifier(4, weights="distance"),) * 2,
    "backwards": (Backwards(), GaussianNB()),
    "codes only": (CodesOnly(), GaussianNB()),
    "forest": (RandomForestClassifier(5, random_state=0),) * 2,
    "leaking": (Leaking(5, random_state=0),) * 2,
}


def positions(X, y):
    return list(StratifiedKFold(4).split(X, y))


FOLDS = {
    "default": lambda X, y: None,
    "number": lambda X, y: 3,
    "shuffled": lambda X, y: StratifiedKFold(3, shuffle=True, random_state=0),
    "repeated": lambda X, y: RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
    "positions": positions,
    "generator": lambda X, y: iter(positions(X, y)),
    "lists": lambda X, y: [(a.tolist(), b.tolist()) for a, b in positions(X, y)],
    "out of bag": lambda X, y: "oob",
}
FORMS = {
    "values": VALUES,
    "container": CONTAINERS,
    "X": INPUTS,
    "classifier": CLASSIFIERS,
    "cv": FOLDS,
    "probabilities": PROBABILITIES,
}
counts: Counter = Counter()


def make_data(seed, n_classes):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(N_ROWS) % n_classes)
    X = rng.normal(size=(N_ROWS, 3)) + 1.5 * np.eye(3)[codes]
    wrong = rng.choice(N_ROWS, 4, replace=False)
    given_codes = codes.copy()
    given_codes[wrong] = (codes[wrong] + 1) % n_classes
    return X, given_codes


PLAIN = {"values": "ints", "container": "list", "X": "array", "probabilities": "array"}


# What goes wrong in few combinations only is tried each time.
@example({**PLAIN, "classifier": "leaking", "cv": "out of bag"}, 0, None)
@example({**PLAIN, "classifier": "backwards", "cv": "number", "probabilities": "no names"}, 0, None)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # a fit is slow to shrink
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    form=st.fixed_dictionaries({name: st.sampled_from(list(each)) for name, each in FORMS.items()}),
    seed=st.integers(0, 2**32 - 1),
    spoilt=st.sampled_from([None, None, None, float("nan"), None, "mixed"]),
)
def check(form, seed, spoilt):
    counts.update(combinations(sorted(form.items()), 2))
    values = VALUES[form["values"]]
    ordered = sorted(set(values))
    X, codes = make_data(seed, len(ordered))
    classifier, plain_classifier = CLASSIFIERS[form["classifier"]]
    fold = FOLDS[form["cv"]]
    if form["probabilities"] != "array":
        classifier = Gives(classifier, form["probabilities"])
    auditor = LabelAuditor(classifier, cv=fold(X, codes))
    labels = [ordered[code] for code in codes]
    X_form = INPUTS[form["X"]](X.copy())
    if spoilt and form["container"] in OF_ANY_VALUES:
        labels[seed % N_ROWS] = (
            (5 if isinstance(labels[0], str) else "5") if spoilt == "mixed" else spoilt
        )
        with pytest.raises(
            ValueError, match="y mixes strings with" if spoilt == "mixed" else "y is missing"
        ):
            auditor.fit(X_form, CONTAINERS[form["container"]](labels))
        return
    y = CONTAINERS[form["container"]](labels)
    if form["cv"] == "out of bag" and classifier is not CLASSIFIERS["forest"][0]:
        leaks = classifier is CLASSIFIERS["leaking"][0]
        with pytest.raises(ValueError, match="judge themselves" if leaks else "a bagged ensemble"):
            auditor.fit(X_form, y)
        return
    auditor.fit(X_form, y)
    plain = LabelAuditor(plain_classifier, cv=fold(X, codes)).fit(X, codes)

    assert auditor.classes_.tolist() == ordered
    np.testing.assert_allclose(auditor.cv_probabilities_, plain.cv_probabilities_, atol=1e-9)
    np.testing.assert_array_equal(auditor.label_issues_, plain.label_issues_)
    np.testing.assert_allclose(auditor.label_scores_, plain.label_scores_, atol=1e-9)
    suggested = [ordered[code] for code in plain.suggested_labels_]
    assert auditor.suggested_labels_.tolist() == suggested
    assert auditor.predict(X_form).tolist() == [ordered[code] for code in plain.predict(X)]
    assert auditor.audit(X_form, y).suggested_labels.tolist() == [
        ordered[code] for code in plain.audit(X, codes).suggested_labels
    ]


# Above 10 s on slow machines: each of the combinations takes the fits of two cross-validations.
def test_the_same_is_found_as_in_plain_form():
    check()
    pairs = [
        ((one, a), (other, b))
        for one, other in combinations(sorted(FORMS), 2)
        for a, b in product(FORMS[one], FORMS[other])
    ]
    tried = [counts[pair] for pair in pairs]
    print(f"\n{len(pairs)} pairs of forms, each tried {min(tried)} to {max(tried)} times")  # noqa: T201
    assert min(tried) >= (20 if EXAMPLES >= 10_000 else 0)
