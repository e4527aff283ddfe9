import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning

from label_auditor.data import coded_labels
from label_auditor.fitting.inputs import (
    check_classes,
    check_data,
    check_weights,
    find_features,
    read_targets,
    refuse_many_labels,
)
from optional import dask_frames, needs_dask_frames


@pytest.mark.parametrize("y", [np.eye(3), [[1], [1, 2]], pd.DataFrame({"a": [1], "b": [2]})])
def test_several_labels_per_row_are_refused(y):
    with pytest.raises(
        ValueError, match=r"several labels per row.*audit_labels\(y, pred_probs, multi_label=True\)"
    ):
        refuse_many_labels(y)


def test_x_is_a_list_and_y_an_array_of_classes():
    X, codes, classes = check_data(("a", "b"), [2, 1], allow_missing=False)
    assert X == ["a", "b"]
    assert codes.tolist() == [1, 0]
    np.testing.assert_array_equal(classes, [1, 2])


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="numbers of samples: X has 3 rows, y has 2 labels"):
        check_data(np.zeros((3, 1)), [0, 1], allow_missing=False)


def test_missing_labels_are_refused_unless_they_are_allowed():
    X, y = np.zeros((3, 1)), [1.0, None, 0.0]
    with pytest.raises(ValueError, match=r"y is missing .* 1 of 3 rows: row 1; drop these rows"):
        check_data(X, y, allow_missing=False)
    _, codes, classes = check_data(X, y, allow_missing=True)
    assert codes.tolist() == [1, -1, 0]
    assert classes.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "y",
    [
        pd.Categorical(["b", None, "a", "b"]),
        pd.Series(["b", None, "a", "b"], dtype="category"),
        pd.Categorical.from_codes([2, -1, 0, 2], ["a", "unused", "b"]),
    ],
    ids=["Categorical", "Series", "with an unused category"],
)
def test_categories_are_read_as_codes_and_may_be_missing(y, monkeypatch):
    monkeypatch.setattr(coded_labels, "_read_values", pytest.fail)
    codes, classes = read_targets(y, allow_missing=True)
    assert codes.tolist() == [1, -1, 0, 1]
    assert classes.tolist() == ["a", "b"]


def test_categories_that_are_missing_are_refused_unless_they_are_allowed():
    with pytest.raises(ValueError, match=r"y is missing .* 1 of 3 rows: row 1; drop .*'suggest'"):
        read_targets(pd.Categorical(["b", None, "a"]), allow_missing=False)


@pytest.mark.parametrize(
    "y", [[["b"], ["a"], ["b"]], np.array([["b"], ["a"], ["b"]]), pd.DataFrame({"y": [*"bab"]})]
)
def test_a_matrix_of_one_column_is_read_with_a_warning(y):
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        codes, classes = read_targets(y, allow_missing=False)
    assert classes[codes].tolist() == ["b", "a", "b"]


def test_one_class_is_not_enough():
    with pytest.raises(ValueError, match="y holds one class only"):
        check_classes(np.array(["a"]))


def test_a_class_without_weight_is_refused():
    codes, classes = np.array([0, 1, 1]), np.array(["a", "b"])
    check_weights([1.0, 0.0, 1.0], codes, classes)
    with pytest.raises(ValueError, match="sample_weight is 0 for all rows of the classes 'a'"):
        check_weights([0.0, 1.0, 1.0], codes, classes)


@pytest.mark.parametrize(
    ("X", "name"),
    [
        (None, "None"),
        ("good film", "a single text"),
        (np.array(3.0), "a single value"),
        ({"a": [1.0, 2.0]}, "a dict"),
        ({1, 2}, "a set"),
        (iter([[1.0], [2.0]]), "a list_iterator"),
        (map(str, [1, 2]), "a map"),
    ],
)
def test_an_x_without_rows_is_refused(X, name):
    with pytest.raises(ValueError, match=f"^X is {name}, but rows in the order of y are needed"):
        check_data(X, [0, 1], allow_missing=False)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 1.0], r"has shape \(2,\), but one weight for each row is needed: shape \(3,\)"),
        ([[1.0], [1.0], [1.0]], r"has shape \(3, 1\), but"),
        (2.0, r"has shape \(\), but"),
        ([1.0, np.nan, 1.0], "holds values that are no finite numbers"),
        ([1.0, np.inf, 1.0], "holds values that are no finite numbers"),
        (["a", "b", "c"], "holds values that are no finite numbers"),
    ],
)
def test_what_is_no_weight_is_refused(weights, message):
    with pytest.raises(ValueError, match=f"^sample_weight {message}"):
        check_weights(weights, np.array([0, 1, 1]), np.array(["a", "b"]))


@pytest.mark.parametrize(
    ("X", "names"),
    [
        (np.zeros((2, 3)), None),
        (pd.DataFrame(np.zeros((2, 3)), columns=list("abc")), ["a", "b", "c"]),
        (pd.DataFrame(np.zeros((2, 3)), columns=["a", 2023, 2024]), None),
        (pd.DataFrame(np.zeros((2, 3))), None),
    ],
)
def test_features_are_named_where_all_names_are_strings(X, names):
    features = find_features(X)
    assert features["n_features_in_"] == 3
    assert names is None or features["feature_names_in_"].tolist() == names
    assert ("feature_names_in_" in features) == (names is not None)


def test_texts_have_no_features():
    assert find_features(["good film", "bad film"]) == {}


class TestRowsOfPandas:
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0]}, index=["x", "y", "z"])

    @pytest.mark.parametrize("index", [["y", "x", "z"], ["z", "y", "x"]])
    def test_the_same_names_in_another_order_are_refused(self, index):
        y = pd.Series(["a", "b", "c"], index=index)
        with pytest.raises(
            ValueError, match=r"row 0 is 'x' in X, and '.' in y, .*y\.loc\[X\.index"
        ):
            check_data(self.X, y, allow_missing=False)
        _, codes, classes = check_data(self.X, y.to_numpy(), allow_missing=False)
        assert classes[codes].tolist() == ["a", "b", "c"]
        check_data(self.X, y.loc[self.X.index], allow_missing=False)

    @needs_dask_frames
    def test_labels_of_dask_have_names_too(self):
        y = pd.Series(["a", "b", "c"], index=["z", "y", "x"])
        with pytest.raises(ValueError, match="row 0 is 'x' in X, and 'z' in y"):
            check_data(self.X, dask_frames.from_pandas(y, sort=False), allow_missing=False)

    def test_positions_are_names_too(self):
        y = pd.Series(["a", "b", "c"], index=[1, 0, 2])
        with pytest.raises(ValueError, match="row 0 is 0 in X, and 1 in y"):
            check_data(self.X.reset_index(drop=True), y, allow_missing=False)

    @pytest.mark.parametrize("index", [[0, 1, 2], ["x", "y", "w"], ["x", "x", "y"]])
    def test_other_names_go_by_position(self, index):
        y = pd.Series(["a", "b", "c"], index=index)
        assert check_data(self.X, y, allow_missing=False)[1].tolist() == [0, 1, 2]
