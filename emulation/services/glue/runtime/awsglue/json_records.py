"""JSON text into records: one object a line, or objects that follow each other directly.

Kinesis Data Firehose joins records with no delimiter, so an object may hold ``{..}{..}{..}``.
Spark's own reader takes the first object of a line and drops the others without a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

_decoder = json.JSONDecoder()
_SPACE = " \t\r\n,"


def objects(text: str) -> Iterator[tuple[dict[str, Any] | None, str]]:
    """Yield ``(record, its text)`` for each JSON object in `text`.

    What is no JSON object is yielded as ``(None, text)``; reading goes on at the next ``{``.
    An array of objects yields its elements.
    """
    stripped = text.strip(_SPACE)
    if not stripped:
        return
    try:
        value = orjson.loads(stripped)
    except orjson.JSONDecodeError:
        yield from _one_after_another(stripped)
        return
    yield from _records(value, stripped)


def _records(value: Any, text: str) -> Iterator[tuple[dict[str, Any] | None, str]]:
    if isinstance(value, dict):
        yield value, text
    elif isinstance(value, list):
        for element in value:
            yield (element if isinstance(element, dict) else None), orjson.dumps(element).decode()
    else:
        yield None, text


def _one_after_another(text: str) -> Iterator[tuple[dict[str, Any] | None, str]]:
    position = 0
    while position < len(text):
        if text[position] in _SPACE:
            position += 1
            continue
        try:
            value, end = _decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            end = text.find("{", position + 1)
            end = len(text) if end < 0 else end
            yield None, text[position:end].strip(_SPACE)
        else:
            yield from _records(value, text[position:end])
        position = end


def as_text(value: Any) -> str | None:
    """A JSON value as text: scalars as they read, objects and arrays as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode()
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
            for row, text in enumerate(batch.column(0).to_pylist()):
                for record, source in objects(text or ""):
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
