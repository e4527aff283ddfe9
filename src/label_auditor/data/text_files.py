"""Files of text that people bring: UTF-8, and JSON in which nothing is lost."""

from __future__ import annotations

import json
from typing import Any

from label_auditor.data.messages import quote_values, repeated


def decode_utf8(content: bytes) -> str:
    """Give the text of a file, which must be UTF-8, with or without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"byte {content[error.start]:#04x} at position {error.start} isn't UTF-8; save the "
            "file with the encoding UTF-8."
        ) from error


def parse_json(text: str) -> Any:
    """Give what JSON holds, a key of an object once."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("lists or objects are nested too deeply for corrections.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Give an object of JSON; of a key that stands there twice, the last value would win."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = repeated(key for key, _ in pairs)
        raise ValueError(f"an object has several values for {quote_values(twice)}.")
    return found
