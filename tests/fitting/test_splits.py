import numpy as np
import pandas as pd
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


FOLDS = list(StratifiedKFold(3).split(X, CODES))
ROWS = np.arange(30)


class TestGivenFolds:
    @pytest.mark.parametrize(
        "form",
        [
            tuple,
            list,
            pd.Series,
            lambda rows: np.isin(ROWS, rows),
            lambda rows: np.isin(ROWS, rows).tolist(),
            lambda rows: pd.Series(np.isin(ROWS, rows)),
            lambda rows: rows.astype(np.uint8),
        ],
        ids=["tuple", "list", "Series", "mask", "list mask", "Series mask", "uint8"],
    )
    @pytest.mark.parametrize("codes", [CODES, np.where(ROWS == 4, -1, CODES)])
    def test_are_positions_or_masks(self, form, codes):
        given = [(form(train), form(test)) for train, test in FOLDS]
        assert_same(split(given, codes), split(FOLDS, codes))

    @pytest.mark.parametrize("form", [list, tuple, iter, lambda folds: (each for each in folds)])
    def test_come_in_any_iterable(self, form):
        assert_same(split(form(FOLDS)), FOLDS)

    def test_may_be_ranges(self):
        assert_same(split([(range(10, 30), range(10))]), [(ROWS[10:], ROWS[:10])])

    def test_may_train_on_a_row_twice(self):
        assert_same(split([([5, 5, 6], [0, 1])]), [([5, 5, 6], [0, 1])])

    def test_a_spent_generator_is_refused(self):
        folds = iter(FOLDS)
        split(folds)
        for empty in (folds, []):
            with pytest.raises(ValueError, match=r"^cv holds no folds\. If it is a generator"):
                split(empty)

    @pytest.mark.parametrize(
        ("folds", "message"),
        [
            ([(ROWS[:20] - 30, ROWS[20:])], "its training rows hold -30, but positions from 0 to"),
            ([(ROWS[:20], ROWS[20:] - 30)], "its rows held out hold -10, but positions from 0 to"),
            ([(ROWS[:20], ROWS[20:] + 1)], "its rows held out hold 30, but positions from 0 to 29"),
            ([(ROWS[:20] > 3, ROWS[20:])], "its training rows are a mask of 20 rows, but"),
            ([(ROWS[:20] * 1.0, ROWS[20:])], "its training rows are of type float64, but"),
            ([(["a"], ["b"])], "its training rows are of type <U1, but"),
            ([({1, 2}, {3})], r"its training rows are a set of shape \(\), but"),
            ([(ROWS[:20, None], ROWS[20:])], r"its training rows are a ndarray of shape \(20, 1\)"),
            ([(ROWS[:20], 25)], r"its rows held out are a int of shape \(\), but"),
            ([([], ROWS)], "has no labelled rows to train on"),
            ([(ROWS, [])], "has no rows to hold out"),
            ([(ROWS[:20], [25, 25])], "holds out row 25 more than once"),
            ([(ROWS, ROWS)], r"trains on rows that it holds out, rows 0, 1, 2, 3, 4, … \(30 in"),
            ([(ROWS[:20], ROWS[19:])], "trains on rows that it holds out, row 19, so that"),
            ([ROWS], "is a ndarray, but a pair is needed"),
            ([(ROWS[:9], ROWS[9:], ROWS)], "is a tuple, but a pair is needed"),
            ({"train": ROWS}, "is a str, but a pair is needed"),
            ([3, 4], "is a int, but a pair is needed"),
        ],
    )
    def test_what_is_no_fold_is_refused_by_name(self, folds, message):
        with pytest.raises(ValueError, match=rf"^fold 1 of \d in cv:? {message}"):
            split(folds)

    def test_a_fold_may_hold_out_rows_without_a_label_alone(self):
        folds = split([(ROWS[5:], [0, 1])], np.where(ROWS < 5, -1, CODES))
        assert_same(folds, [(ROWS[5:], ROWS[:5])])


def test_splitters_that_leak_or_give_nothing_are_refused():
    class Leaky(KFold):
        def split(self, X, y=None, groups=None):
            for _, test in super().split(X):
                yield ROWS, test

    class Nothing(KFold):
        def split(self, X, y=None, groups=None):
            return iter(())

    with pytest.raises(ValueError, match="fold 1 of 3 in cv trains on rows that it holds out"):
        split(Leaky(3))
    with pytest.raises(ValueError, match="cv holds no folds"):
        split(Nothing(3))
