"""JSON: one object per line, or one array of objects; read, and written again."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from label_auditor.cli.errors import InputError
from label_auditor.cli.formats import json_lines
from label_auditor.cli.formats.text import Edit


def read(text):
    return json_lines.read(io.BytesIO(text.encode("utf-8", "surrogatepass")), "t.json")


def rewrite(content, column, labels, drop=()):
    return b"".join(json_lines.rewrite(io.BytesIO(content), "t.json", Edit(column, labels, drop)))


JSON = b'{"a": 1.50, "label":"x" ,"b":[1,{"label":2}]}\n\n{ "label" : 3e0 }\r\n{}\n{"a": "\\u00e9"}'


def test_json_lines():
    assert rewrite(JSON, "label", {}) == JSON
    labels = {0: "é", 1: True, 2: None, 3: ["x", "y"]}
    assert rewrite(JSON, "label", labels) == (
        b'{"a": 1.50, "label":"\\u00e9" ,"b":[1,{"label":2}]}\n\n{ "label" : true }\r\n'
        b'{"label": null}\n{"a": "\\u00e9", "label": ["x", "y"]}'
    )
    assert rewrite(JSON, "label", {1: 7}, [0, 3]) == b'\n{ "label" : 7 }\r\n{}\n'
    assert rewrite(b'{"label": 1, "label": 2}', "label", {0: 3}) == (b'{"label": 1, "label": 3}')


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    record=st.dictionaries(st.text() | st.just("label"), VALUES, max_size=4),
    label=st.text() | st.integers() | st.lists(st.text(), max_size=2),
    ascii_only=st.booleans(),
)
def test_any_json(record, label, ascii_only):
    line = json.dumps(record, ensure_ascii=ascii_only).encode(errors="backslashreplace")
    found = json.loads(rewrite(line, "label", {0: label}))
    assert found == record | {"label": label}


ARRAY = '\ufeff [\n  {"a": 1.50, "label" : "x"} ,{},\n\t{"label":"\\u00e9","b":[{}]}\n ] \n'


def test_an_array_keeps_its_spaces():
    content = ARRAY.encode()
    assert read(ARRAY).where(lambda table: table.notna(), None).to_dict("list") == {
        "a": [1.5, None, None],
        "label": ["x", None, "é"],
        "b": [None, None, [{}]],
    }
    assert rewrite(content, "label", {}) == content
    assert rewrite(content, "label", {0: "y", 1: 2}).decode() == ARRAY.replace(
        '"x"', '"y"'
    ).replace(",{}", ',{"label": 2}')


@pytest.mark.parametrize("drop", [[], [0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]])
def test_an_array_without_some_objects_is_an_array(drop):
    left = [row for number, row in enumerate(json.loads(ARRAY[1:])) if number not in drop]
    found = rewrite(ARRAY.encode(), "label", {}, drop).decode()
    assert json.loads(found[1:]) == left
    assert found.startswith("\ufeff [\n  ")
    assert found.endswith("\n ] \n")


@given(
    records=st.lists(st.dictionaries(st.text() | st.just("label"), VALUES, max_size=3), min_size=1),
    indent=st.sampled_from([None, 0, 2, "\t"]),
    label=st.text(),
    data=st.data(),
)
def test_any_array(records, indent, label, data):
    content = json.dumps(records, indent=indent).encode()
    assert rewrite(content, "label", {}) == content
    rows = st.sets(st.integers(0, len(records) - 1))
    changed, drop = data.draw(rows), data.draw(rows)
    found = json.loads(rewrite(content, "label", dict.fromkeys(changed, label), drop))
    expected = [
        record | {"label": label} if row in changed else record
        for row, record in enumerate(records)
        if row not in drop
    ]
    assert found == expected


HINT = "; JSON is read as one object per line, or as one array of objects."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{"a": 2 "b": 3}\n', "line 2, column 9: Expecting ',' delimiter"),
        ('{\n "a": 1\n}\n', "line 2, column 1: Expecting property name enclosed in double quotes"),
        ('{"a": 1} {"a": 2}\n', "line 1, column 10: something follows the object" + HINT),
        ('{"a": 1}\n[2]\n', "line 2, column 1: no JSON object, but an array" + HINT),
        ('{"a": 1}\n"x"\n', "line 2, column 1: no JSON object, but a single value" + HINT),
        ('{"a": "x\n"}\n', "line 1, column 9: Invalid control character at"),
        ("text,label\n", "line 1, column 1: Expecting value" + HINT),
        ('[\n{"a": 1},\n{"a" 2}\n]', "line 3, column 6: Expecting ':' delimiter"),
        ('[\n{"a": 1},\n]', "line 3, column 1: Expecting value" + HINT),
        (
            '[{"a": 1}\n {"a": 2}]',
            "line 2, column 2: the array needs a comma or its closing bracket",
        ),
        ('[{"a": 1}', "line 1, column 10: the array needs a comma or its closing bracket"),
        ('[{"a": 1}]\n[]', "line 2, column 1: something follows the array" + HINT),
        ('[{"a": 1}, 2]', "line 1, column 12: no JSON object, but a single value" + HINT),
        ("[[1], [2]]", "line 1, column 2: no JSON object, but an array" + HINT),
        (
            '{"a": 1}\n{"a": ' + "[" * 100_000,
            "line 2, column 1: its arrays or objects are nested too",
        ),
        ("[" + '{"a":' * 100_000, "line 1, column 2: its arrays or objects are nested too deeply."),
        ("[" * 100_000, "line 1, column 2: its arrays or objects are nested too deeply."),
        ('{"a": ' + "9" * 5000 + "}", "line 1, column 1: Exceeds the limit"),
    ],
)
def test_the_reason_of_the_decoder_is_given_with_its_place(text, message):
    with pytest.raises(InputError, match=re.escape(f"t.json, {message}")) as found:
        read(text)
    assert len(str(found.value)) < 300


def test_values_are_what_they_are_there():
    numbers = [2**53 + 1, 10**30, 1.0, True, None]
    lines = "".join(json.dumps({"a": number, "b": str(number)}) + "\n" for number in numbers)
    table = read(lines)
    assert table["a"].tolist() == numbers
    assert [type(each) for each in table["a"]] == [int, int, float, bool, type(None)]
    assert table["b"].tolist() == [str(number) for number in numbers]


def test_half_a_surrogate_pair_in_names_and_values():
    text = '{"a\\ud800": "\\udfff", "label": "é"}\n'
    assert read(text).to_dict("list") == {"a\\ud800": ["\udfff"], "label": ["é"]}
    # What is not ASCII stays as it is, but a half pair has no bytes in UTF-8.
    assert rewrite(text.encode(), "label", {0: "è"}) == text.replace("é", "è").encode()
    assert rewrite(text.encode(), "label", {0: "\ud800"}) == text.replace("é", "\\ud800").encode()
    new = rewrite((text + "{}\n").encode(), "a\\ud800", {0: 1, 1: 2}).decode()
    assert new == text.replace('"\\udfff"', "1") + '{"a\\ud800": 2}\n'
