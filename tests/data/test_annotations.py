"""Annotations: the labels of several annotators, which nothing changes."""

import dataclasses

import pytest

from crowds import make_annotations


def test_annotations_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_annotations().method = "majority"


def test_two_are_never_compared_as_arrays():
    assert make_annotations() != make_annotations()
