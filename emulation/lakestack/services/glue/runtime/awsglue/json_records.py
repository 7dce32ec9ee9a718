r"""JSON text into records: one object a line, or objects that follow each other directly.

Kinesis Data Firehose joins records with no delimiter, so an object may hold ``{..}{..}{..}``.
Spark's own reader takes the first object of a line and drops the others without a word.

A record with bytes that are no UTF-8 is none, like one that is no JSON: its text is kept with such
bytes as ``\xff``, and the records beside it are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

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


def objects(text: str) -> Iterator[tuple[dict[str, Any] | None, str]]:
    """Yield ``(record, its text)`` for each JSON object in `text`.

    What is no JSON object is yielded as ``(None, text)``; reading goes on at the next ``{``.
    An array of objects yields its elements.

    Args:
        text: as `texts` gives it
    """
    stripped = text.strip(_SPACE)
    if not stripped:
        return
    try:
        value = _loads(stripped)
    except (ValueError, RecursionError):
        yield from _one_after_another(stripped)
        return
    yield from _records(value, stripped)


def _records(value: Any, text: str) -> Iterator[tuple[dict[str, Any] | None, str]]:
    if isinstance(value, list):
        for element in value:
            written = json.dumps(element, ensure_ascii=False, separators=(",", ":"))
            good = isinstance(element, dict) and not _NO_UTF8.search(written)
            yield (element if good else None), shown(written)
    elif isinstance(value, dict) and not _NO_UTF8.search(text):
        yield value, text
    else:
        yield None, shown(text)


def _one_after_another(text: str) -> Iterator[tuple[dict[str, Any] | None, str]]:
    position = 0
    while position < len(text):
        if text[position] in _SPACE:
            position += 1
            continue
        try:
            value, end = _decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = text.find("{", position + 1)
            end = len(text) if end < 0 else end
            yield None, shown(text[position:end].strip(_SPACE))
        else:
            yield from _records(value, text[position:end])
        position = end


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


def to_columns(
    names: Sequence[str], extra: int
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """Function for ``mapInArrow`` over batches of ``(text, extra…)``.

    It yields the named fields as text (matched without regard to case, as Hive's JSON SerDes do),
    a column with the text of what is no record, and the `extra` columns carried along.
    """

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        position = {name.lower(): i for i, name in enumerate(names)}
        known: dict[str, int | None] = {}
        for batch in batches:
            fields: list[list[str | None]] = [[] for _ in names]
            errors: list[str | None] = []
            rows: list[int] = []
            for row, text in enumerate(texts(batch.column(0))):
                for record, source in objects(text):
                    values: list[str | None] = [None] * len(names)
                    for key, value in (record or {}).items():
                        if key not in known:
                            known[key] = position.get(key.lower())
                        index = known[key]
                        if index is not None:
                            values[index] = as_text(value)
                    for column, value in zip(fields, values, strict=True):
                        column.append(value)
                    errors.append(source if record is None else None)
                    rows.append(row)
            carried = [batch.column(1 + i).take(pa.array(rows, pa.int64())) for i in range(extra)]
            arrays = [pa.array(column, pa.string()) for column in [*fields, errors]]
            carried_names = [f"extra_{i}" for i in range(extra)]
            yield pa.RecordBatch.from_arrays(
                [*arrays, *carried], names=[*names, "error", *carried_names]
            )

    return parse
