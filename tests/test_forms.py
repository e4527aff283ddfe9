"""Whatever form labels and probabilities come in, the answer is that for plain ints and arrays.

Each example is one data set, which is passed in one form of labels with every form of
probabilities. LABEL_AUDITOR_EXAMPLES says how many pairs of forms are checked in all (10,000 take
minutes), and LABEL_AUDITOR_COUNTS names a file where their counts are written.
"""

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import dask.array
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

from label_auditor import LabelAuditor, audit_labels
from optional import dask_frames

# Four classes of each kind. Sorted as text, digits have another order than sorted as numbers.
KINDS = {
    "digits": ["10", "9", "100", "1"],
    "strings": ["sport", "art", "Ünï", "nan"],
    "ints": [10, 2, -1, 100],
    "floats": [0.5, 2.0, 1.5, -1.0],
    "ints beyond floats": [2**53, 2**53 + 1, 5, 7],
    "large ints": [2**63 + 1, 2**63 + 2, 5, 2**63],
    "bools": [True, False],
}
TEXT, NUMBERS = {"digits", "strings"}, {"ints", "floats"}
ALL = set(KINDS)

counts = Counter()


@pytest.fixture(scope="module", autouse=True)
def write_counts():
    yield
    if os.environ.get("LABEL_AUDITOR_COUNTS"):
        lines = [f"{count} {' with '.join(pair)}\n" for pair, count in sorted(counts.items())]
        Path(os.environ["LABEL_AUDITOR_COUNTS"]).write_text("".join(lines))


class LabelForm(NamedTuple):
    make: object  # from values and names of rows
    kinds: set = ALL
    indexed: bool = False
    missing: bool = True  # whether None may be among the values


def object_array(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def mask_missing(values):
    masked = [value is None for value in values]
    present = next(value for value in values if value is not None)
    filled = np.array([present if value is None else value for value in values])
    return np.ma.MaskedArray(filled, masked) if any(masked) else np.ma.MaskedArray(filled)


def nan_for_none(values):
    return [float("nan") if value is None else value for value in values]


def series(dtype=None):
    return lambda values, ids: pd.Series(values, index=ids, dtype=dtype)


def nullable_unsigned(values, ids):
    # Of a list, pandas makes floats on the way.
    present = np.array([value or 0 for value in values], np.uint64)
    masked = np.array([value is None for value in values])
    return pd.Series(pd.arrays.IntegerArray(present, masked), index=ids)


LABELS = {
    "list": LabelForm(lambda values, ids: values),
    "list with nan": LabelForm(lambda values, ids: nan_for_none(values)),
    "tuple": LabelForm(lambda values, ids: tuple(values)),
    "iterator": LabelForm(lambda values, ids: iter(values)),
    "array": LabelForm(lambda values, ids: np.array(values), ALL - {"large ints"}, missing=False),
    "unsigned": LabelForm(
        lambda values, ids: np.array(values, np.uint64), {"large ints"}, missing=False
    ),
    "objects": LabelForm(lambda values, ids: object_array(values)),
    "big-endian": LabelForm(
        lambda values, ids: np.array(values, np.array(values).dtype.newbyteorder(">")),
        TEXT | NUMBERS,
        missing=False,
    ),
    "float16": LabelForm(lambda values, ids: np.array(values, np.float16), {"floats"}),
    "masked": LabelForm(lambda values, ids: mask_missing(values), TEXT | NUMBERS | {"bools"}),
    "Series": LabelForm(series(), ALL, indexed=True),
    "Series of objects": LabelForm(series(object), ALL, indexed=True),
    "nullable ints": LabelForm(series("Int64"), {"ints", "ints beyond floats"}, indexed=True),
    "nullable unsigned": LabelForm(nullable_unsigned, {"large ints"}, indexed=True),
    "nullable strings": LabelForm(series("string"), TEXT, indexed=True),
    "nullable bools": LabelForm(series("boolean"), {"bools"}, indexed=True),
    "categories": LabelForm(series("category"), ALL, indexed=True),
    "Categorical": LabelForm(lambda values, ids: pd.Categorical(values)),
    "Index": LabelForm(lambda values, ids: pd.Index(values, dtype=object)),
    "Arrow Series": LabelForm(
        lambda values, ids: pd.Series(pd.array(values, pd.ArrowDtype(pa.array(values).type)), ids),
        ALL - {"large ints"},
        indexed=True,
    ),
    "PyArrow": LabelForm(lambda values, ids: pa.array(values), ALL - {"large ints"}),
    "PyArrow chunks": LabelForm(
        lambda values, ids: pa.chunked_array([values[:3], values[3:]]), TEXT | NUMBERS
    ),
    "polars": LabelForm(lambda values, ids: pl.Series(values), ALL - {"large ints"}),
    "dask Series": LabelForm(
        lambda values, ids: dask_frames.from_pandas(
            pd.Series(values, index=ids), npartitions=2, sort=False
        ),
        TEXT | {"floats"},
        indexed=True,
    ),
}


class Table(NamedTuple):
    """Probabilities, the classes of their columns and the names of their rows."""

    probs: np.ndarray
    classes: list
    ids: list


class ProbForm(NamedTuple):
    make: object
    columns: bool = False  # found by name, so that they may have any order
    rows: bool = False


def frame(t, columns=None, **options):
    columns = t.classes if columns is None else columns
    return pd.DataFrame(t.probs, columns=pd.Index(columns, dtype=object), **options)


def named(t):
    return frame(t, index=t.ids)


def texts(t):
    return [str(each) for each in t.classes]


def polars(t):
    return pl.DataFrame(dict(zip(texts(t), t.probs.T, strict=True)))


PROBS = {
    "array": ProbForm(lambda t: t.probs),
    "columns in memory": ProbForm(lambda t: np.asfortranarray(t.probs)),
    "big-endian": ProbForm(lambda t: t.probs.astype(">f8")),
    "lists": ProbForm(lambda t: t.probs.tolist()),
    "masked": ProbForm(lambda t: np.ma.MaskedArray(t.probs)),
    "dask": ProbForm(lambda t: dask.array.from_array(t.probs, chunks=(7, -1))),
    "DataFrame without names": ProbForm(lambda t: pd.DataFrame(t.probs)),
    "DataFrame of other names": ProbForm(lambda t: frame(t, list("wxyz")[: len(t.classes)])),
    "DataFrame": ProbForm(named, columns=True, rows=True),
    "DataFrame of text names": ProbForm(lambda t: frame(t, texts(t)), columns=True),
    "nullable DataFrame": ProbForm(lambda t: named(t).astype("Float64"), columns=True, rows=True),
    "Arrow DataFrame": ProbForm(
        lambda t: named(t).astype(pd.ArrowDtype(pa.float64())), columns=True, rows=True
    ),
    "polars": ProbForm(polars, columns=True),
    "polars without names": ProbForm(lambda t: pl.DataFrame(t.probs)),
    "lazy polars": ProbForm(lambda t: polars(t).lazy(), columns=True),
    "PyArrow": ProbForm(lambda t: polars(t).to_arrow(), columns=True),
    "PyArrow with an index": ProbForm(
        lambda t: pa.Table.from_pandas(frame(t, texts(t), index=t.ids)), columns=True, rows=True
    ),
    "dask DataFrame": ProbForm(
        lambda t: dask_frames.from_pandas(
            frame(t, texts(t), index=t.ids), npartitions=1, sort=False
        ),
        columns=True,
        rows=True,
    ),
}

if dask_frames is None:
    del LABELS["dask Series"], PROBS["dask DataFrame"]

CLASSES = {
    "list": list,
    "array of objects": object_array,
    "Index": lambda classes: pd.Index(classes, dtype=object),
    "iterator": iter,
    "unsigned ints": lambda classes: (
        np.array(classes, np.uint64)
        if isinstance(classes[0], int) and min(classes) > 1
        else classes
    ),
}

N_PAIRS = int(os.environ.get("LABEL_AUDITOR_EXAMPLES", "600"))
N_EXAMPLES = -(-N_PAIRS // (len(LABELS) * len(PROBS)))


def make_data(kind, seed, n=24):
    """Give the sorted classes, the code of each row, and probabilities of a fair model."""
    rng = np.random.default_rng(seed)
    classes = sorted(KINDS[kind])
    codes = rng.permutation(np.arange(n) % len(classes))
    probs = rng.dirichlet([0.4] * len(classes), size=n)
    likeliest = np.eye(len(classes))[codes] + 0.2 * rng.random((n, len(classes)))
    probs = np.where((rng.random(n) < 0.7)[:, None], likeliest, probs)
    return classes, codes, probs / probs.sum(axis=1, keepdims=True)


def assert_same(found, oracle, classes):
    """Check that an audit is that of plain ints and arrays."""
    np.testing.assert_array_equal(found.issues, oracle.issues)
    np.testing.assert_array_equal(found.ranked, oracle.ranked)
    np.testing.assert_array_equal(found.scores, oracle.scores)
    np.testing.assert_array_equal(found.confident_joint, oracle.confident_joint)
    assert found.classes.tolist() == classes
    assert {type(each) for each in found.classes.tolist()} == {type(each) for each in classes}
    assert found.labels.tolist() == [classes[code] for code in oracle.codes]
    assert found.suggested_labels.tolist() == [classes[code] for code in oracle.predicted]
    found.summary()


@pytest.mark.parametrize("form", LABELS)
def test_every_form_of_labels_with_every_form_of_probabilities(form):
    labels = LABELS[form]

    # A seed is as simple as any other, so that nothing is gained by shrinking.
    @settings(max_examples=N_EXAMPLES, deadline=None, database=None, phases=[Phase.generate])
    @given(
        kind=st.sampled_from([kind for kind in KINDS if kind in labels.kinds]),
        seed=st.integers(0, 2**32 - 1),
        given_classes=st.sampled_from([None, *CLASSES]),
        shuffle=st.sampled_from([True, False]),
        pass_index=st.sampled_from([True, False]),
    )
    def check(kind, seed, given_classes, shuffle, pass_index):
        classes, codes, probs = make_data(kind, seed)
        rng = np.random.default_rng(seed)
        values = [classes[code] for code in codes]
        ids = rng.permutation(100)[: len(codes)].tolist()
        # The columns are in the order of the classes that are passed, which may be any.
        order = rng.permutation(len(classes)) if given_classes else np.arange(len(classes))
        in_order = [classes[k] for k in order]
        oracle = audit_labels(np.argsort(order)[codes], probs[:, order])
        options = {"index": ids} if pass_index else {}
        for name, form_of_probs in PROBS.items():
            columns = rng.permutation(len(classes)) if form_of_probs.columns else order
            found_by_name = form_of_probs.rows and (labels.indexed or pass_index)
            rows = (
                rng.permutation(len(codes)) if found_by_name and shuffle else np.arange(len(codes))
            )
            table = Table(
                probs[rows][:, columns], [classes[k] for k in columns], [ids[row] for row in rows]
            )
            if given_classes:
                options["classes"] = CLASSES[given_classes](in_order)
            given_labels = labels.make(list(values), ids)
            found = audit_labels(given_labels, form_of_probs.make(table), **options)
            assert_same(found, oracle, in_order)
            named_rows = labels.indexed or pass_index
            assert list(found.index) == (ids if named_rows else list(range(len(codes))))
            counts[form, name] += 1

    check()


@pytest.mark.parametrize("form", [form for form in LABELS if LABELS[form].missing])
def test_missing_labels_are_seen_in_every_form(form):
    labels = LABELS[form]
    for kind in labels.kinds:
        classes, codes, probs = make_data(kind, 0)
        values = [classes[code] for code in codes]
        values[2] = values[7] = None
        with pytest.raises(ValueError, match=r"labels is missing .* for 2 of 24 rows: rows 2, 7"):
            audit_labels(labels.make(values, list(range(24))), probs)


@pytest.mark.parametrize("form", [form for form in LABELS if form != "iterator"])
def test_an_auditor_takes_every_form(form):
    labels = LABELS[form]
    for kind in sorted(labels.kinds - {"floats"}):  # which scikit-learn takes as numbers
        classes, codes, probs = make_data(kind, 1)
        X = probs @ np.random.default_rng(0).normal(size=(len(classes), 3))
        oracle = LabelAuditor(GaussianNB(), cv=3).fit(X, codes)
        given_labels = labels.make([classes[code] for code in codes], list(range(len(codes))))
        found = LabelAuditor(GaussianNB(), cv=3).fit(X, given_labels)
        assert_same(found.audit_, oracle.audit_, classes)
        assert found.predict(X).tolist() == [classes[code] for code in oracle.predict(X)]


# pandas makes floats of ints beside None where it is not told a type.
LOSES = {("Series", "ints"), ("Series", "ints beyond floats"), ("Series", "large ints")}


@pytest.mark.parametrize("form", [form for form in LABELS if LABELS[form].missing])
def test_labels_beside_missing_ones_keep_their_values_and_types(form):
    labels = LABELS[form]
    for kind in sorted(labels.kinds - {"floats"}):
        if (form, kind) in LOSES:
            continue
        classes, codes, probs = make_data(kind, 1)
        X = probs @ np.random.default_rng(0).normal(size=(len(classes), 3))
        plain = [None if row in (2, 7) else int(code) for row, code in enumerate(codes)]
        given_labels = [None if code is None else classes[code] for code in plain]
        options = {"cv": 3, "missing_labels": "suggest"}
        oracle = LabelAuditor(GaussianNB(), **options).fit(X, object_array(plain)).audit_
        found = LabelAuditor(GaussianNB(), **options)
        found = found.fit(X, labels.make(given_labels, list(range(len(codes))))).audit_
        np.testing.assert_array_equal(found.issues, oracle.issues)
        np.testing.assert_array_equal(found.scores, oracle.scores)
        assert found.classes.tolist() == classes
        assert [type(each) for each in found.classes.tolist()] == [type(each) for each in classes]
        assert found.labels.tolist() == given_labels
