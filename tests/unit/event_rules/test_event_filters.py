"""Which events the filters of mappings and pipes let pass; they stay as they came."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from lakestack.services import event_filters
from lakestack.services.event_patterns import PatternError

DOCUMENT = '{"kind":"film", "n":1,"n":2, "title":"\u00e4"}'
NO_UTF8 = b"\xff\xfe\xfd"
DEEP = "[" * 100_000


def message(body: str) -> dict[str, Any]:
    return {"messageId": "m", "body": body}


def record(data: bytes | str) -> dict[str, Any]:
    raw = data if isinstance(data, bytes) else data.encode()
    return {"kinesis": {"partitionKey": "k", "data": base64.b64encode(raw).decode()}}


def of_pipe(data: str) -> dict[str, Any]:
    """A record of a stream as a pipe has it."""
    found: dict[str, Any] = record(data)["kinesis"]
    return found


OF_KEY = {"kinesis": {"partitionKey": ["k"]}}


@pytest.mark.parametrize(
    ("pattern", "event", "passes"),
    [
        ({"body": {"kind": ["film"]}}, message(DOCUMENT), True),
        ({"body": {"n": [2]}}, message(DOCUMENT), True),
        ({"body": {"kind": ["book"]}}, message(DOCUMENT), False),
        ({"body": {"kind": [{"exists": False}]}}, message("film"), False),
        ({"body": {"kind": [{"exists": False}]}}, message(DEEP), False),
        ({"body": {"kind": [{"exists": False}]}}, message('{"a":1}'), True),
        ({"body": ["film"]}, message("film"), True),
        ({"body": ["film"]}, message(DOCUMENT), False),
        ({"body": [DOCUMENT]}, message(DOCUMENT), False),
        ({"body": [{"prefix": "{"}]}, message(DOCUMENT), False),
        ({"body": [{"prefix": "5"}]}, message("5"), True),
        ({"body": {"tags": ["b"]}}, message('{"tags":["a","b"]}'), True),
        ({"body": {"tags": ["c"]}}, message('{"tags":["a","b"]}'), False),
        ({"body": {"kind": ["film"]}}, message('[{"kind":"film"}]'), True),
        ({"$or": [{"body": ["film"]}, {"messageId": ["n"]}]}, message("film"), True),
        ({"messageId": ["m"]}, message("["), True),
        ({"data": {"kind": ["film"]}}, record(DOCUMENT), True),
        ({"data": {"kind": ["book"]}}, record(DOCUMENT), False),
        ({"data": {"kind": [{"exists": False}]}}, record("film"), False),
        ({"data": {"kind": ["film"]}}, record(NO_UTF8), False),
        (OF_KEY, record(NO_UTF8), True),
        ({"data": {"kind": ["film"]}}, of_pipe(DOCUMENT), True),
        ({"data": {"kind": ["book"]}}, of_pipe(DOCUMENT), False),
        ({"partitionKey": ["k"]}, of_pipe("film"), True),
        ({"eventName": ["INSERT"]}, {"eventName": "INSERT", "dynamodb": {"Keys": {}}}, True),
        ({"eventName": ["INSERT"]}, {"eventName": "REMOVE", "dynamodb": {"Keys": {}}}, False),
    ],
)
def test_passing(pattern: dict[str, Any], event: dict[str, Any], passes: bool) -> None:
    before = copy.deepcopy(event)
    found = event_filters.passing([pattern], [event])
    assert [id(each) for each in found] == ([id(event)] if passes else [])
    assert event == before


def test_one_of_several_patterns_is_enough() -> None:
    patterns = [{"data": {"kind": ["film"]}}, OF_KEY]
    events = [record("none"), record(DOCUMENT)]
    assert event_filters.passing(patterns, events) == events
    assert event_filters.passing([], events) == events


@pytest.mark.parametrize("name", ["data", "dynamodb"])
def test_what_a_record_carries_is_asked_for_as_an_object(name: str) -> None:
    with pytest.raises(PatternError, match="must be valid JSON"):
        event_filters.checked(f'{{"{name}": ["film"]}}')
    assert event_filters.checked(f'{{"{name}": {{"kind": ["film"]}}}}')
