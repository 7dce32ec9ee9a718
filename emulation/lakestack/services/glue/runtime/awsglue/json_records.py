r"""JSON text into records: one object a line, or objects that follow each other directly.

`json_lines` puts records together that go over several lines.

Kinesis Data Firehose joins records with no delimiter, so an object may hold ``{..}{..}{..}``.
Spark's own reader takes the first object of a line and drops the others without a word.

A record with bytes that are no UTF-8 is none, like one that is no JSON: its text is kept with such
bytes as ``\xff``, and the records beside it are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import Any

import orjson
import pyarrow as pa

Found = tuple[dict[str, Any] | None, str]
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
"""Strings, and the brackets outside of them."""

_decoder = json.JSONDecoder()
_LONG_NUMBER = re.compile("[0-9]{19}")
_SPACE = " \t\r\n,"
_NO_UTF8 = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _loads(text: str) -> Any:
    """JSON as values; orjson is fast, and makes a float of an integer of more than 64 bits."""
    if _LONG_NUMBER.search(text) is None:
        return orjson.loads(text)
    return json.loads(text)


def texts(column: pa.Array) -> Iterator[str]:
    """The texts of a column; a byte that is no UTF-8 comes as half a surrogate (PEP 383)."""
    for data in column.cast(pa.binary()).to_pylist():
        yield (data or b"").decode("utf-8", "surrogateescape")


def shown(text: str) -> str:
    """A text that can be stored: what is no character is written as an escape."""
    text = _NO_UTF8.sub(lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", text)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def objects(text: str) -> Iterator[Found]:
    """Yield ``(record, its text)`` for each JSON object in `text`.

    What is no JSON object is yielded as ``(None, text)``; reading goes on behind it.
    An array of objects yields its elements.

    Args:
        text: as `texts` gives it
    """
    rest = yield from complete(text)
    if rest:
        yield None, shown(rest.strip(_SPACE))


def complete(text: str) -> Generator[Found, None, str]:
    """Yield what `objects` yields, and return the rest that goes on beyond the text, if any."""
    stripped = text.strip(_SPACE)
    if not stripped:
        return ""
    try:
        value = _loads(stripped)
    except (ValueError, RecursionError):
        return (yield from _one_after_another(text.strip()))
    yield from _records(value, stripped)
    return ""


def _records(value: Any, text: str) -> Iterator[Found]:
    if isinstance(value, list):
        for element in value:
            written = json.dumps(element, ensure_ascii=False, separators=(",", ":"))
            good = isinstance(element, dict) and not _NO_UTF8.search(written)
            yield (element if good else None), shown(written)
    elif isinstance(value, dict) and not _NO_UTF8.search(text):
        yield value, text
    else:
        yield None, shown(text)


def _one_after_another(text: str) -> Generator[Found, None, str]:
    position = 0
    while position < len(text):
        if text[position] in _SPACE:
            position += 1
            continue
        try:
            value, end = _decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            if isinstance(error, json.JSONDecodeError) and error.pos >= len(text):
                return text[position:]
            end = _end_of_broken(text, position)
            yield None, shown(text[position:end].strip(_SPACE))
        else:
            yield from _records(value, text[position:end])
        position = end
    return ""


def _end_of_broken(text: str, start: int) -> int:
    """Where to read on: behind the brackets of what is no JSON, else at the next ``{``."""
    depth = 0
    for found in TOKENS.finditer(text, start) if text[start] in "{[" else ():
        depth += depth_of(found[0])
        if depth <= 0 and found[0] in "}]":
            return found.end()
    following = text.find("{", start + 1)
    return len(text) if following < 0 else following


def depth_of(mark: str) -> int:
    """How much deeper a text is behind a match of `TOKENS`."""
    return 1 if mark in "{[" else -1 if mark in "}]" else 0


def as_text(value: Any) -> str | None:
    """A JSON value as text: scalars as they read, objects and arrays as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)  # of an escape: half a character
    if isinstance(value, (dict, list)):
        try:
            return orjson.dumps(value).decode()
        except TypeError:  # whole numbers of more than 64 bits, halves of characters
            return json.dumps(value, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
