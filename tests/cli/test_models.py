import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from label_auditor.cli.audit import FEATURE_MODELS
from label_auditor.cli.errors import InputError
from label_auditor.cli.models import MAX_CATEGORIES, prepare_features


def test_columns_are_numbers_or_categories_and_missing_is_missing():
    table = pd.DataFrame(
        {
            "number": ["1.5", "", "-3", "NA"],
            "measured": [0.5, np.nan, np.inf, 2.0],
            "colour": ["red", "", "NA", "red"],
            "flag": [True, False, True, None],
        },
        dtype=object,
    )
    with_gaps = table.assign(empty=None, blank="", marks="NA")
    prepared = prepare_features(with_gaps, list(with_gaps), "boosting", named=False)
    nan = np.nan
    expected = [
        [1.5, nan, -3.0, nan],
        [0.5, nan, nan, 2.0],
        [1, nan, 0, 1],
        [1, 0, 1, nan],
    ]
    np.testing.assert_array_equal(prepared.X, np.transpose(expected))
    categorical = prepared.classifier.categorical_features
    assert categorical == [False, False, True, True]
    assert prepared.notes == [
        f"column {name!r} is left out: it is empty" for name in ("empty", "blank", "marks")
    ]
    assert prepared.shown.equals(table)


def test_columns_that_number_the_rows_are_left_out_unless_named():
    table = pd.DataFrame({"id": [3, 4, 9], "down": [3, 2, 1], "x": [1, 3, 2], "same": [1, 1, 2]})
    prepared = prepare_features(table, list(table), None, named=False)
    assert list(prepared.shown) == ["x", "same"]
    assert prepared.X.tolist() == [[1, 1], [3, 1], [2, 2]]
    assert [note.split(":")[0] for note in prepared.notes] == [
        "column 'id' is left out",
        "column 'down' is left out",
    ]
    assert prepare_features(table, list(table), None, named=True).X.shape == (3, 4)


def test_texts_among_the_features_are_left_out_with_a_hint():
    texts = [f"text {i}" for i in range(MAX_CATEGORIES + 1)]
    table = pd.DataFrame({"text": texts * 2, "x": 1})
    prepared = prepare_features(table, list(table), None, named=False)
    assert list(prepared.shown) == ["x"]
    assert "--text text" in prepared.notes[0]
    assert (
        prepare_features(table[table["text"] != "text 0"], ["text"], None, named=False).notes == []
    )
    few = pd.DataFrame({"name": ["Ann", "Bob", "Cid", "Ann"], "x": 1})
    assert list(prepare_features(few, list(few), None, named=False).shown) == ["x"]
    with pytest.raises(InputError, match="no column to learn from: column 'text' is left out"):
        prepare_features(table, ["text"], None, named=True)
    with pytest.raises(InputError, match="there is none but the labels"):
        prepare_features(table, [], None, named=False)


@pytest.mark.parametrize(("n_categories", "boosting"), [(15, False), (16, True)])
def test_boosting_where_a_column_has_many_categories(n_categories, boosting):
    table = pd.DataFrame({"kind": [f"k{i}" for i in range(n_categories)] * 2, "x": 1})
    classifier = prepare_features(table, ["x", "kind"], None, named=False).classifier
    assert isinstance(classifier, HistGradientBoostingClassifier) == boosting


@pytest.mark.parametrize("model", FEATURE_MODELS)
def test_feature_models_take_missing_values_and_many_categories(model):
    rng = np.random.default_rng(0)
    kind = np.concatenate([np.arange(MAX_CATEGORIES), rng.integers(MAX_CATEGORIES, size=1000)])
    table = pd.DataFrame({"kind": [f"k{i}" for i in kind], "x": rng.normal(size=len(kind))})
    table.loc[300::7, "kind"] = None
    table.loc[::5, "x"] = np.nan
    prepared = prepare_features(table, ["kind", "x"], model, named=False)
    assert prepared.notes == []
    y = np.where(kind % 2, "odd", "even")
    fit = prepared.classifier.fit
    first, second = (fit(prepared.X, y).predict_proba(prepared.X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.isfinite(first).all()


def test_lists_and_objects_are_left_out_unless_they_are_named():
    table = pd.DataFrame({"tags": [["a"], ["b"], ["a"], None], "meta": [{}] * 4, "x": [2, 1, 3, 2]})
    prepared = prepare_features(table, list(table), "forest", named=False)
    assert list(prepared.shown) == ["x"]
    assert prepared.notes == [
        "column 'tags' is left out: row 0 holds a list",
        "column 'meta' is left out: row 0 holds an object",
    ]
    named = prepare_features(table, ["tags"], "forest", named=True)
    np.testing.assert_array_equal(named.X, [[0], [1], [0], [np.nan]])


@pytest.mark.parametrize("named", [True, False])
def test_bytes_that_are_no_text_are_no_feature(named):
    table = pd.DataFrame({"raw": [b"\xff", b"\xfe", b"\xff"], "x": [2, 1, 3]})
    prepared = prepare_features(table, ["raw", "x"], "forest", named=named)
    assert list(prepared.shown) == ["x"]
    assert prepared.notes == ["column 'raw' is left out: row 0 holds bytes that are not UTF-8"]


@pytest.mark.parametrize("model", FEATURE_MODELS)
def test_numbers_that_trees_cannot_hold_keep_their_order(model):
    cells = ["1e39", "-1e300", "5", "Infinity", str(10**60), "9" * 400]
    table = pd.DataFrame({"x": cells * 20}, dtype=object)
    prepared = prepare_features(table, ["x"], model, named=True)
    np.testing.assert_array_equal(prepared.X[:4, 0], [1e30, -1e30, 5, np.nan])
    assert prepared.X[4, 0] == 1e30
    assert "numbers beyond 1e+30 count as this" in prepared.notes[0]
    y = np.arange(120) % 2
    assert np.isfinite(prepared.classifier.fit(prepared.X, y).predict_proba(prepared.X)).all()
