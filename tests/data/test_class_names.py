import numpy as np
import pytest

from label_auditor.data.class_names import find_named, read_names


@pytest.mark.parametrize(
    ("found", "names", "positions", "classes"),
    [
        ([0, 2], ["a", "b", "c"], [0, 2], [0, 1, 2]),
        ([1.0], ("a", "b"), [1], [0.0, 1.0]),
        ([True], ["no", "yes"], [1], [False, True]),
        ([7, 9], {9: "b", 7: "a", 8: "c"}, [0, 2], [7, 8, 9]),
        (["x"], {"y": "b", "x": "a"}, [0], ["x", "y"]),
    ],
)
def test_labels_are_found_among_the_classes_that_have_names(found, names, positions, classes):
    at, all_classes = find_named(np.array(found), names)
    assert at.tolist() == positions
    assert all_classes.tolist() == classes
    assert {type(each) for each in all_classes.tolist()} == {type(each) for each in classes}


@pytest.mark.parametrize(
    ("found", "names", "message"),
    [
        (
            [0, 3],
            ["a", "b", "c"],
            r"labels holds 3, .* it names 0, 1, 2. Pass a mapping that names",
        ),
        ([-1, 0], ["a", "b"], "labels holds -1, for which class_names has no name"),
        ([0.5], ["a", "b"], "labels holds 0.5, for which"),
        ([0, 1], {0: "a"}, "labels holds 1, for which class_names has no name; it names 0"),
        ([0, 1], {"0": "a", "1": "b"}, "labels holds 0, 1, for which"),
        ([True], {0: "a", 1: "b"}, "labels holds True, for which"),
        (["b", "a"], ["a", "b"], "If the labels are the names of the columns, pass classes= in"),
    ],
)
def test_labels_without_a_name_are_refused(found, names, message):
    with pytest.raises(ValueError, match=message):
        find_named(np.array(found), names)


def test_names_are_in_the_order_of_the_classes():
    assert read_names(np.array([0, 1]), None) is None
    names = read_names(np.array([0, 1]), {1: "one", 0: "none", 5: "five"})
    assert names == ("none", "one")


@pytest.mark.parametrize(
    ("classes", "names", "message"),
    [
        ([0, 1], ["a", "a"], "class_names gives 'a' to more than one class"),
        ([0, 1], ["a"], "class_names has 1 names but there are 2 classes"),
        (["a", "b"], ["b", "a"], "class_names calls a class 'b', 'a', which is another class"),
        ([0, 1], ["1", "x"], "class_names calls a class '1', which is another class"),
    ],
)
def test_names_that_mislead_are_refused(classes, names, message):
    with pytest.raises(ValueError, match=message):
        read_names(np.array(classes), names)
