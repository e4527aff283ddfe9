from typing import ClassVar

import pytest

from label_auditor.data.hints import Hinting


class Thing(Hinting):
    _HINTS: ClassVar = {"size": "len(thing)"}
    there = 1


def test_a_name_with_a_hint_is_absent_and_the_error_says_what_to_write():
    with pytest.raises(AttributeError, match=r"^Thing has no 'size'; write len\(thing\)\.$"):
        Thing().size  # noqa: B018
    assert not hasattr(Thing(), "size")


def test_other_names_are_as_ever():
    assert Thing().there == 1
    with pytest.raises(AttributeError, match=r"^'Thing' object has no attribute 'other'$"):
        Thing().other  # noqa: B018
