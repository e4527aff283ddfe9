"""Annotations in files: they come back, and what is none is refused."""

import numpy as np
import pytest

from crowds import make_annotations
from label_auditor.data import annotations_file

LENGTHS = {"n": 2, "a": 2, "K": 2}


@pytest.mark.parametrize("names", [("ann", "bob"), (3, 4), (0.5, 1.5), (True, False)])
def test_there_and_back(names):
    before = make_annotations(names=names)
    arrays = annotations_file.pack(before)
    assert set(arrays) == set(annotations_file.ARRAYS)
    after = annotations_file.unpack(arrays, {"consensus": "dawid_skene", "by_model": False})
    assert (after.names, after.method, after.by_model) == (names, "dawid_skene", False)
    np.testing.assert_array_equal(after.rows, before.rows)
    np.testing.assert_array_equal(after.quality, before.quality)
    annotations_file.check(arrays, LENGTHS)


def test_names_of_other_types_stay_objects():
    arrays = annotations_file.pack(make_annotations(names=("ann", 3)))
    assert arrays["annotator_names"].tolist() == ["ann", 3]
    assert arrays["annotator_names"].dtype == object


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("vote_rows", [0, 0, 2], "vote_rows is outside"),
        ("vote_annotators", [0, -1, 1], "vote_annotators is outside"),
        ("vote_codes", [0, 9, 1], "vote_codes is outside"),
        ("vote_annotators", [1, 1, 1], "two labels of one row"),
    ],
)
def test_what_is_not_annotations_is_refused(name, values, message):
    arrays = annotations_file.pack(make_annotations()) | {name: np.array(values)}
    with pytest.raises(ValueError, match=message):
        annotations_file.check(arrays, LENGTHS)
