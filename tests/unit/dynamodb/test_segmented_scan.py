"""A Scan by segments answers as a plain one, and looks at little of the table for each page."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lakestack.services.dynamodb import segmented_scan
from lakestack.services.dynamodb.engine_connection import Answer
from lakestack.services.dynamodb.segmented_scan import FIRST_LIMIT, Scans

MEGABYTE = 1 << 20
Item = dict[str, Any]


class FakeEngine:
    """Scans as DynamoDB Local: by the hash of the key, in an index by its key within a segment."""

    def __init__(self, sizes: list[int]) -> None:
        self.size = {str(i): size for i, size in enumerate(sizes)}
        self.keys = sorted(self.size, key=self._position)
        self.asked: list[dict[str, Any]] = []
        self.looked_at = 0

    @staticmethod
    @functools.cache
    def _position(key: str) -> int:
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")

    def _segment(self, key: str, total: int) -> int:
        return self._position(key) * total >> 32

    def __call__(self, operation: str, body: bytes) -> Answer:
        request = orjson.loads(body)
        if operation == "DescribeTable":
            told = {"ItemCount": len(self.keys), "TableSizeBytes": sum(self.size.values())}
            return Answer(200, orjson.dumps({"Table": told}))
        self.asked.append(request)
        segment, total = request.get("Segment", 0), request.get("TotalSegments", 1)
        keys = [k for k in self.keys if self._segment(k, total) == segment]
        if request.get("IndexName"):
            keys.sort()
        if start := request.get("ExclusiveStartKey"):
            if self._segment(start["id"]["S"], total) != segment:
                text = "Exclusive start key must lie within the segment"
                return Answer(400, orjson.dumps({"Message": text}))
            keys = keys[keys.index(start["id"]["S"]) + 1 :]
        self.looked_at += len(keys)
        return Answer(200, orjson.dumps(self._page(request, keys)))

    def _page(self, request: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        read, scanned = 0, []
        for key in keys:
            scanned.append(key)
            read += self.size[key]
            if read >= MEGABYTE or len(scanned) == request.get("Limit"):
                break
        full = bool(scanned) and (read >= MEGABYTE or len(scanned) == request.get("Limit"))
        wanted = [k for k in scanned if not request.get("FilterExpression") or k.endswith("7")]
        page: dict[str, Any] = {"Count": len(wanted), "ScannedCount": len(scanned)}
        if request.get("Select") != "COUNT":
            page["Items"] = [{"id": {"S": key}} for key in wanted]
        if full:
            page["LastEvaluatedKey"] = {"id": {"S": scanned[-1]}}
        if request.get("ReturnConsumedCapacity", "NONE") != "NONE":
            page["ConsumedCapacity"] = {
                "TableName": request["TableName"],
                "CapacityUnits": -(-read // 4096) / 2,
            }
        return page


def pages(engine: FakeEngine, scans: Scans | None = None, **further: Any) -> Iterator[Item]:
    scans, start = scans or Scans(), None
    while True:
        request = {"TableName": "films", **further}
        if start:
            request["ExclusiveStartKey"] = start
        answer = scans.scan("db", orjson.dumps(request), request, engine)
        assert answer.status == 200, answer.body
        page = orjson.loads(answer.body)
        yield page
        start = page.get("LastEvaluatedKey")
        if start is None:
            return


def keys_of(found: list[Item]) -> list[str]:
    return [item["id"]["S"] for page in found for item in page["Items"]]


def read_of(engine: FakeEngine, page: Item) -> int:
    return sum(engine.size[item["id"]["S"]] for item in page["Items"])


@pytest.fixture(scope="module")
def large() -> FakeEngine:
    return FakeEngine([60 + i % 90 for i in range(FIRST_LIMIT * 3)])


def test_the_items_come_in_the_order_of_a_plain_scan(large: FakeEngine) -> None:
    assert keys_of(list(pages(large))) == large.keys


def test_a_page_has_all_that_a_megabyte_holds_and_no_more(large: FakeEngine) -> None:
    *full, last = list(pages(large))

    assert len(full) >= 3
    for page in full:
        assert 0.98 * MEGABYTE <= read_of(large, page) <= 1.01 * MEGABYTE
    assert "LastEvaluatedKey" not in last


def test_a_page_looks_at_no_more_than_its_part_of_the_table() -> None:
    engine = FakeEngine([100] * (FIRST_LIMIT * 4))
    for _ in pages(engine):
        pass

    assert engine.looked_at < 4 * len(engine.keys)
    plain = len(engine.keys) * (len(engine.keys) * 100 / MEGABYTE) / 2
    assert engine.looked_at < plain


@pytest.mark.parametrize("limit", [1000, 7777, FIRST_LIMIT + 1])
def test_each_page_but_the_last_has_as_many_as_limit_says(large: FakeEngine, limit: int) -> None:
    *full, last = list(pages(large, Limit=limit))

    for page in full:
        enough = read_of(large, page) >= 0.98 * MEGABYTE
        assert page["ScannedCount"] == limit or enough
        assert page["ScannedCount"] <= limit
    assert keys_of([*full, last]) == large.keys


def test_a_filter_leaves_out_items_and_still_ends_by_what_was_read(large: FakeEngine) -> None:
    found = list(pages(large, FilterExpression="ends with 7"))

    assert keys_of(found) == [key for key in large.keys if key.endswith("7")]
    assert sum(page["ScannedCount"] for page in found) == len(large.keys)
    assert len(found) == len(list(pages(large)))


def test_select_count_has_no_items(large: FakeEngine) -> None:
    found = list(pages(large, Select="COUNT"))

    assert all("Items" not in page for page in found)
    assert sum(page["Count"] for page in found) == len(large.keys)


def test_capacity_is_told_only_when_it_is_asked_for(large: FakeEngine) -> None:
    assert all("ConsumedCapacity" not in page for page in pages(large))
    told = [page["ConsumedCapacity"] for page in pages(large, ReturnConsumedCapacity="TOTAL")]
    needed = sum(large.size.values()) / 8192
    assert sum(t["CapacityUnits"] for t in told) == pytest.approx(needed, rel=0.02)
    assert {t["TableName"] for t in told} == {"films"}


def test_a_users_segments_are_divided_and_hold_each_item_once(large: FakeEngine) -> None:
    parts = [keys_of(list(pages(large, Segment=s, TotalSegments=3))) for s in range(3)]

    assert [key for part in parts for key in part] == large.keys


def test_an_index_is_scanned_in_one_set_of_segments_although_the_table_grows(
    large: FakeEngine,
) -> None:
    scans, seen = Scans(), []
    engine = FakeEngine([100] * (FIRST_LIMIT * 2))
    for number, page in enumerate(pages(engine, scans, IndexName="by-title", Limit=4000)):
        seen.append(page)
        if number == 1:  # twice as many are expected from now on
            scans._sizes.clear()
            scans.size("db", "films", _larger(4 * len(engine.size)), fresh=True)
    assert sorted(keys_of(seen)) == sorted(engine.keys)


def _larger(items: int) -> Any:
    told = {"Table": {"ItemCount": items, "TableSizeBytes": 100 * items}}
    return lambda _operation, _body: Answer(200, orjson.dumps(told))


def test_a_key_that_nobody_remembers_is_found(large: FakeEngine) -> None:
    start = {"id": {"S": large.keys[30_000]}}
    request = {"TableName": "films", "ExclusiveStartKey": start, "Limit": 10}

    answer = Scans().scan("db", orjson.dumps(request), request, large)

    found = [item["id"]["S"] for item in orjson.loads(answer.body)["Items"]]
    assert found == large.keys[30_001:30_011]


def test_a_small_table_is_asked_for_once() -> None:
    engine = FakeEngine([100] * 5000)

    assert keys_of(list(pages(engine))) == engine.keys
    assert len(engine.asked) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"Limit": 0},
        {"Limit": "1"},
        {"Segment": 1},
        {"TotalSegments": 4},
        {"Segment": 4, "TotalSegments": 4},
        {"Segment": 0, "TotalSegments": 2_000_000},
        {"ReturnConsumedCapacity": "ALL"},
    ],
)
def test_what_may_be_wrong_goes_to_the_engine_as_it_is(wrong: dict[str, Any]) -> None:
    asked: list[tuple[str, bytes]] = []

    def refuse(operation: str, body: bytes) -> Answer:
        asked.append((operation, body))
        return Answer(400, b"{}")

    request = {"TableName": "films", **wrong}
    assert Scans().scan("db", orjson.dumps(request), request, refuse).status == 400
    assert asked == [("Scan", orjson.dumps(request))]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 400 * 1024), min_size=1, max_size=60),
    st.integers(1, 20) | st.none(),
    st.booleans(),
)
@example([1, 1, 379652, 4096, 393216, 1, 1, 46331, 225280, 409600], None, True)
@example([203964, 409600, 1, 98304, 106496, 1, 1, 1, 234309, 409600], 6, True)
def test_any_sizes_of_items(sizes: list[int], limit: int | None, index: bool) -> None:
    engine, scans = FakeEngine(sizes), Scans()
    many = 40 * FIRST_LIMIT  # as if it were large: many segments, most of them empty
    scans.size("db", "films", _larger(many), fresh=True)
    further = {**({"Limit": limit} if limit else {}), **({"IndexName": "i"} if index else {})}

    found = list(pages(engine, scans, **further))

    assert sorted(keys_of(found)) == sorted(engine.keys)
    if not index:
        assert keys_of(found) == engine.keys
    for page in found:
        assert limit is None or page["ScannedCount"] <= limit
        # Where a segment ends as the page is full, the next one's first item gives the key.
        before = {**page, "Items": page["Items"][:-1]}
        assert read_of(engine, before) <= MEGABYTE + 400 * 1024


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'{"Items":[{"id":{"S":"1"}}],"Count":1,"ScannedCount":1}', 0),
        (b'{"Items":[{"LastEvaluatedKey":{"S":"1"}}],"Count":1,"ScannedCount":1}', 1),
    ],
)
def test_a_page_that_is_the_only_one_goes_out_as_the_engine_gave_it(
    body: bytes, parsed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Mock(wraps=orjson.loads)
    monkeypatch.setattr(segmented_scan, "orjson", Mock(loads=loads, dumps=orjson.dumps))
    request = {"TableName": "films"}
    answer = Scans().scan("db", b"", request, lambda *_: Answer(200, body))

    assert answer.body is body
    assert loads.call_count == parsed
