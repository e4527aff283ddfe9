import numpy as np
import pandas as pd
import pytest

from label_auditor.fitting.inputs import (
    check_data,
    check_weights,
    encode_classes,
    refuse_many_labels,
)


@pytest.mark.parametrize("y", [np.eye(3), [[1], [1, 2]], pd.DataFrame({"a": [1], "b": [2]})])
def test_several_labels_per_row_are_refused(y):
    with pytest.raises(
        ValueError, match=r"several labels per row.*audit_labels\(y, pred_probs, multi_label=True\)"
    ):
        refuse_many_labels(y)


def test_x_is_a_list_and_y_an_array_of_classes():
    X, labels = check_data(("a", "b"), [1, 2], allow_missing=False)
    assert X == ["a", "b"]
    np.testing.assert_array_equal(labels, [1, 2])


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        check_data(np.zeros((3, 1)), [0, 1], allow_missing=False)


def test_missing_labels_are_refused_unless_they_are_allowed():
    X, y = np.zeros((3, 1)), [1.0, None, 0.0]
    with pytest.raises(ValueError, match=r"y is missing .* 1 of 3 rows: row 1; drop these rows"):
        check_data(X, y, allow_missing=False)
    _, labels = check_data(X, y, allow_missing=True)
    codes, classes = encode_classes(labels)
    assert codes.tolist() == [1, -1, 0]
    assert classes.tolist() == [0.0, 1.0]


def test_one_class_is_not_enough():
    with pytest.raises(ValueError, match="y holds one class only"):
        encode_classes(np.array(["a", "a"]))


def test_a_class_without_weight_is_refused():
    codes, classes = np.array([0, 1, 1]), np.array(["a", "b"])
    check_weights([1.0, 0.0, 1.0], codes, classes)
    with pytest.raises(ValueError, match="sample_weight is 0 for all rows of the classes 'a'"):
        check_weights([0.0, 1.0, 1.0], codes, classes)
