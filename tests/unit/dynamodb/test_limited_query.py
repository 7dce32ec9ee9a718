"""A Query by a limit answers as a plain one, and has the engine read little of the partition."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from lakestack.services.dynamodb.engine_connection import Answer
from lakestack.services.dynamodb.limited_query import LIMITS, query

MEGABYTE = 1 << 20


class FakeEngine:
    """Reads what remains, or as many as Limit says; ends a page after a megabyte."""

    def __init__(self, items: int, size: int) -> None:
        self.items, self.per_page = items, MEGABYTE // size
        self.read: list[int] = []

    def __call__(self, _operation: str, body: bytes) -> Answer:
        request = orjson.loads(body)
        start = int(request.get("ExclusiveStartKey", {"id": {"N": "0"}})["id"]["N"])
        limit = request.get("Limit", self.items)
        self.read.append(min(self.items - start, limit))
        end = min(self.items, start + min(self.per_page, limit))
        page: dict[str, Any] = {"Count": end - start, "ScannedCount": end - start}
        if end < self.items:
            page["LastEvaluatedKey"] = {"id": {"N": str(end)}}
        return Answer(200, orjson.dumps(page))


def asked(engine: FakeEngine, **further: Any) -> bytes:
    request = {"TableName": "films", "KeyConditionExpression": "p = :p", **further}
    return query(orjson.dumps(request), request, engine).body


@pytest.mark.parametrize("size", [4, 12, 63, 64, 65, 1000, 400_000])
@pytest.mark.parametrize("items", [0, 1, LIMITS[0], LIMITS[0] + 1, 300_000])
@pytest.mark.parametrize("start", [{}, {"ExclusiveStartKey": {"id": {"N": "7"}}}])
def test_each_page_is_the_plain_one(size: int, items: int, start: dict[str, Any]) -> None:
    if items < 8 and start:
        return
    engine = FakeEngine(items, size)
    plain = engine("Query", orjson.dumps({"TableName": "films", **start})).body

    assert asked(engine, **start) == plain


def test_a_page_reads_no_more_than_the_limit() -> None:
    engine = FakeEngine(10_000_000, 100)
    asked(engine)

    assert engine.read == [LIMITS[0]]


@pytest.mark.parametrize("further", [{"Limit": 5}, {"FilterExpression": "n < :n"}])
def test_what_has_a_limit_or_a_filter_goes_as_it_came(further: dict[str, Any]) -> None:
    engine = FakeEngine(100, 100)
    asked(engine, **further)

    assert engine.read == [further.get("Limit", 100)]


def test_an_error_is_the_one_of_the_question_as_it_came() -> None:
    def refusing(_operation: str, body: bytes) -> Answer:
        return Answer(400, b"limited" if b"Limit" in body else b"plain")

    assert query(b"{}", {}, refusing).body == b"plain"
