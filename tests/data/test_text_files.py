"""Text that is UTF-8, and JSON in which nothing is lost."""

import pytest

from label_auditor.data.text_files import decode_utf8, parse_json


def test_a_byte_order_mark_is_no_text():
    assert decode_utf8("\ufeffé".encode()) == decode_utf8("é".encode()) == "é"


def test_another_encoding_is_told_with_the_place():
    with pytest.raises(ValueError, match=r"byte 0xe9 at position 1 isn't UTF-8; save the file"):
        decode_utf8(b"a\xe9")


def test_keys_that_stand_twice_and_deep_nesting_are_refused():
    assert parse_json('{"a": [1]}') == {"a": [1]}
    with pytest.raises(ValueError, match="an object has several values for 'a'"):
        parse_json('[{"a": 1, "a": 2}]')
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
