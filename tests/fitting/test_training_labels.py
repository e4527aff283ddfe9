import numpy as np
import pytest

from label_auditor.fitting.training_labels import TrainingLabels, decide_labels, train_as_decided

CLASSES = np.array(["a", "b", "c"])
GIVEN = np.array([0, 0, 1, 1, 2, 2, -1, -1])


def decide(decisions, given=GIVEN):
    rows = np.array(list(decisions), dtype=np.intp)
    return decide_labels(given, CLASSES, rows, np.array(list(decisions.values()), dtype=np.intp))


def test_decisions_go_into_the_labels_that_train_and_no_others():
    labels = decide({0: 1, 2: 1, 4: -1, 6: 0})
    np.testing.assert_array_equal(labels.given, GIVEN)
    np.testing.assert_array_equal(labels.used, [1, 0, 1, 1, -1, 2, 0, -1])
    np.testing.assert_array_equal(np.flatnonzero(labels.reviewed), [0, 2, 4, 6])


def test_without_decisions_all_is_as_given():
    labels = decide({})
    np.testing.assert_array_equal(labels.used, GIVEN)
    assert not labels.reviewed.any()


def test_a_class_of_which_nothing_is_left_is_named():
    with pytest.warns(UserWarning, match="no row of the classes 'c' to train on"):
        labels = decide({4: 0, 5: -1})
    assert 2 not in labels.used


@pytest.mark.parametrize("others", [0, -1])
def test_two_classes_must_be_left(others):
    with pytest.raises(ValueError, match="reviewed leaves rows of 'a' only to train on"):
        decide(dict.fromkeys([2, 3, 4, 5], others))


def test_nothing_left_at_all():
    with pytest.raises(ValueError, match="reviewed leaves rows of no class only"):
        decide(dict.fromkeys(range(6), -1))


def test_discarded_rows_are_held_out_but_don_t_train():
    labels = decide({1: -1, 2: 0})
    folds = [(np.array([0, 1, 2]), np.array([3, 4, 5])), (np.array([3, 4, 5]), np.array([0, 1, 2]))]
    (first, first_test), (second, second_test) = train_as_decided(folds, labels)
    np.testing.assert_array_equal(first, [0, 2])
    np.testing.assert_array_equal(second, [3, 4, 5])
    np.testing.assert_array_equal(first_test, [3, 4, 5])
    np.testing.assert_array_equal(second_test, [0, 1, 2])


def test_rows_whose_missing_label_was_decided_train_where_they_are_not_held_out():
    given = np.array([0, 1, 0, 1, -1, -1, -1, -1])
    labels = decide_labels(given, CLASSES[:2], np.array([4, 5, 6]), np.array([0, 1, 0]))
    missing = np.arange(4, 8)
    folds = [
        (np.array([0, 1]), np.r_[2, 3, missing]),
        (np.array([2, 3]), np.r_[0, 1, missing]),
    ]
    changed = train_as_decided(folds, labels)
    for train, test in changed:
        assert not set(train) & set(test)
    trained = [set(train.tolist()) - {0, 1, 2, 3} for train, _ in changed]
    assert trained == [{5}, {4, 6}]
    assert all(7 in test for _, test in changed)
    held_out = np.concatenate([test for _, test in changed])
    np.testing.assert_array_equal(np.bincount(held_out, minlength=8), [1, 1, 1, 1, 1, 1, 1, 2])


def test_a_fold_that_loses_all_its_rows_is_named():
    used = np.array([-1, -1, 1, 0])
    labels = TrainingLabels(np.array([0, 1, 1, 0]), used, used < 0)
    folds = [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1]), np.array([2, 3]))]
    with pytest.raises(ValueError, match="discards all rows that fold 2 of 2 trains on"):
        train_as_decided(folds, labels)
