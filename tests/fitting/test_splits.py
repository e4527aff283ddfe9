import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    StratifiedKFold,
    TimeSeriesSplit,
)

from label_auditor.fitting.splits import split_rows

CLASSES = np.array(["a", "b", "c"])
CODES = np.tile([0, 1, 2], 10)
X = np.zeros((30, 1))


def split(cv, codes=CODES, **params):
    return split_rows(cv, X, codes, CLASSES, params)


def assert_same(folds, expected):
    for (train, test), (expected_train, expected_test) in zip(folds, expected, strict=True):
        np.testing.assert_array_equal(train, expected_train)
        np.testing.assert_array_equal(test, expected_test)


@pytest.mark.parametrize(
    "cv", [KFold(3), StratifiedKFold(3, shuffle=True, random_state=0), TimeSeriesSplit(3)]
)
def test_folds_are_those_of_the_splitter(cv):
    assert_same(split(cv), cv.split(X, CLASSES[CODES]))
    assert_same(split(list(cv.split(X, CLASSES[CODES]))), cv.split(X, CLASSES[CODES]))


def test_a_number_is_stratified_folds_and_none_is_five():
    assert_same(split(4), StratifiedKFold(4).split(X, CLASSES[CODES]))
    assert_same(split(None), StratifiedKFold(5).split(X, CLASSES[CODES]))


def test_groups_go_to_the_splitter():
    groups = np.arange(30) % 6
    assert_same(split(GroupKFold(3), groups=groups), GroupKFold(3).split(X, CODES, groups))


class TestWithoutLabel:
    codes = np.where(np.isin(np.arange(30), [4, 17]), -1, CODES)

    def test_rows_are_in_no_training_fold_and_held_out_in_all(self):
        for cv in (3, KFold(3), list(KFold(3).split(X))):
            for train, test in split(cv, self.codes):
                assert not {4, 17} & set(train)
                assert {4, 17} <= set(test)

    def test_the_others_are_split_as_if_alone(self):
        labelled = self.codes >= 0
        expected = StratifiedKFold(3).split(X[labelled], CLASSES[self.codes[labelled]])
        rows = np.flatnonzero(labelled)
        for (train, test), (alone_train, alone_test) in zip(
            split(3, self.codes), expected, strict=True
        ):
            np.testing.assert_array_equal(train, rows[alone_train])
            np.testing.assert_array_equal(test[:-2], rows[alone_test])

    def test_groups_are_cut_with_them(self):
        groups = np.arange(30) // 5
        for train, test in split(GroupKFold(3), self.codes, groups=groups):
            assert not set(groups[train]) & set(groups[np.setdiff1d(test, [4, 17])])


class TestSmallClasses:
    def test_are_named_with_their_size(self):
        codes = np.repeat([0, 1, 2], [24, 4, 2])
        with pytest.warns(UserWarning, match=r"fewer rows than the 5 folds \('b': 4, 'c': 2\)"):
            split(5, codes)

    def test_more_folds_than_any_class_has_rows_is_refused(self):
        with pytest.raises(ValueError, match=r"largest class has only 10 rows; pass cv=10"):
            split(11)

    def test_nothing_can_be_learned_of_classes_of_one_row(self):
        with pytest.raises(ValueError, match="each class of y has one row only"):
            split_rows(None, X[:3], np.arange(3), CLASSES, {})

    def test_other_splitters_are_left_to_themselves(self):
        assert len(split(LeaveOneOut(), np.repeat([0, 1, 2], [25, 4, 1]))) == 30
