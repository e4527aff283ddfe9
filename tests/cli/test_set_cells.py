"""Sets of labels in cells of text."""

import pytest

from label_auditor.cli.set_cells import find_notation


@pytest.mark.parametrize(
    ("cells", "first", "written"),
    [
        (['["a", "b"]', "[]"], ["a", "b"], '["b", "é"]'),
        (["['a', 'b']", "[]", None], ["a", "b"], "['b', 'é']"),
        (["[1, 2]", None], [1, 2], '["b", "é"]'),
        (["a;b", "c"], ["a", "b"], "b;é"),
        (["a; b", "c;d", "a; c"], ["a", "b"], "b; é"),
        (["a | b c", ""], ["a", "b c"], "b | é"),
        (["a, b", None], ["a", "b"], "b, é"),
        (["[a];b"], ["[a]", "b"], "b;é"),
    ],
)
def test_cells_are_written_as_the_others_are(cells, first, written):
    notation = find_notation(cells, ["b", "é"])
    assert notation.read(cells[0]) == first
    assert notation.write(["b", "é"]) == written


@pytest.mark.parametrize(
    ("cells", "chosen"),
    [
        (["a", "b"], ["a"]),  # nothing tells how two would be written
        (["a; b, c"], ["a"]),  # "b, c" may be one class
        (["a;b"], ["c|d"]),
        (["a;b"], ["c;d"]),
        (['["a"]', '{"a": 1}'], ["a"]),
        ([None, ""], ["a"]),
        (['[["a"]]'], ["a"]),
    ],
)
def test_what_can_be_read_in_two_ways_is_not(cells, chosen):
    assert find_notation(cells, chosen) is None
