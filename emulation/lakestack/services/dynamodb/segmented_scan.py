"""A Scan whose cost does not grow with the table: by segments, behind the answer of a plain one.

For each page DynamoDB Local sorts all that remains, or, with a Limit, walks over all that comes
before. Within a segment it looks at that segment alone, and the segments of a table, one after
another, have the order of the plain Scan. So a page is asked for in the segment of its
ExclusiveStartKey; where the segment ends, the same answer goes on in the next. Each key that goes
out is one that the engine has given. A user's own segment is divided in the same way: segment s of
n is segments s*m to s*m+m-1 of n*m.

A page ends by Limit, or after 1 MB that was read (Amazon DynamoDB Developer Guide, "Paginating
table query results" and "Scan").
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from lakestack.services.dynamodb.engine_connection import Answer

Ask = Callable[[str, bytes], Answer]
"""Of the engine: operation and body."""
Document = dict[str, Any]
T = TypeVar("T")

PAGE_BYTES = 1 << 20
BLOCK_BYTES = 4096
"""What half a capacity unit reads, eventually consistent."""
ROUNDING = 2 * BLOCK_BYTES
LARGEST_ITEM = 400 * 1024
SEGMENT_ITEMS = 8192
FIRST_LIMIT = 16_384
MOST_SEGMENTS = 1_000_000
"""Amazon DynamoDB API Reference, "Scan", TotalSegments."""
REMEMBERED = 20_000
FRESH_SECONDS = 60.0
OUTSIDE = b"Exclusive start key must lie within the segment"
_SUMMED = ("Count", "ScannedCount")
MORE = b'"LastEvaluatedKey"'
"""Is in the body of every page but the last."""


@dataclass(frozen=True)
class Size:
    """How large a table is, and when that was asked."""

    items: int
    item_bytes: float
    at: float

    def parts(self, total: int) -> int:
        """Into how many each of a user's segments is divided; a power of two."""
        wanted, parts = self.items / SEGMENT_ITEMS / total, 1
        while parts < wanted and parts * 2 * total <= MOST_SEGMENTS:
            parts *= 2
        return parts


class Recent(OrderedDict[tuple[Any, ...], T]):
    """A dictionary of what was last put or got."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._lock = most, threading.Lock()

    def put(self, key: tuple[Any, ...], value: T) -> None:
        with self._lock:
            self[key] = value
            self.move_to_end(key)
            if len(self) > self._most:
                self.popitem(last=False)

    def find(self, key: tuple[Any, ...]) -> T | None:
        with self._lock:
            if key not in self:
                return None
            self.move_to_end(key)
            return self[key]


class Scans:
    """Scans of one engine's tables. All methods are safe to call from several threads.

    Args:
        clock: seconds, monotonic
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sizes: Recent[Size] = Recent(1000)
        self._places: Recent[tuple[int, int]] = Recent(REMEMBERED)

    def scan(self, database: str, body: bytes, request: Document, ask: Ask) -> Answer:
        """Answer a Scan; an error is the engine's own.

        Args:
            database: names the place of the table among others
            body: of the request
            request: the same, parsed
        """
        if not _regular(request):
            return ask("Scan", body)
        page = _Page(self, database, request, ask)
        if page.start is None and page.total == 1:
            first = page.first()
            if first is not None:
                return first
        return page.answer(body)

    def size(self, database: str, table: str, ask: Ask, fresh: bool) -> Size | None:
        """The table's size, as it was less than a minute ago if `fresh`."""
        known = self._sizes.find((database, table))
        if known is not None and not (fresh and self._clock() - known.at > FRESH_SECONDS):
            return known
        answer = ask("DescribeTable", orjson.dumps({"TableName": table}))
        if answer.status != 200:
            return None
        told = orjson.loads(answer.body)["Table"]
        items = told.get("ItemCount") or 0
        each = (told.get("TableSizeBytes") or 0) / items if items else 0.0
        found = Size(items, max(each, 1.0), self._clock())
        self._sizes.put((database, table), found)
        return found

    def remember(self, page: _Page, key: Document, total: int, segment: int) -> None:
        """In which segment an answer has ended."""
        self._places.put(page.place(key), (total, segment))

    def place_of(self, page: _Page, key: Document) -> tuple[int, int] | None:
        """The segments that an answer's key was given for, and which of them it is in."""
        return self._places.find(page.place(key))


def _regular(request: Document) -> bool:
    """Whether the engine has nothing to say against what is changed here on the way to it."""
    limit, segment = request.get("Limit"), request.get("Segment")
    total, start = request.get("TotalSegments"), request.get("ExclusiveStartKey")
    return (
        isinstance(request.get("TableName"), str)
        and (limit is None or (type(limit) is int and limit >= 1))
        and (start is None or isinstance(start, dict))
        and request.get("ReturnConsumedCapacity") in (None, "NONE", "TOTAL", "INDEXES")
        and (
            (segment is None and total is None)
            or (
                type(segment) is int
                and type(total) is int
                and 0 <= segment < total <= MOST_SEGMENTS
            )
        )
    )


class _Page:
    """One request and what has been answered of it."""

    def __init__(self, scans: Scans, database: str, request: Document, ask: Ask) -> None:
        self._scans, self._database, self._request, self._ask = scans, database, request, ask
        self.start: Document | None = request.get("ExclusiveStartKey")
        self.segment: int = request.get("Segment", 0)
        self.total: int = request.get("TotalSegments", 1)
        self._limit: int | None = request.get("Limit")
        # Local indexes have it, too, but which kind an index is of is not known here.
        self._same_order = not request.get("IndexName")

    def place(self, key: Document) -> tuple[Any, ...]:
        """What a key is remembered by."""
        named = (self._request["TableName"], self._request.get("IndexName"), self.segment)
        spelled = orjson.dumps(key, option=orjson.OPT_SORT_KEYS)
        return (self._database, *named, self.total, spelled)

    def first(self) -> Answer | None:
        """The first page of a plain scan in one question, if that is cheap; None: ask otherwise.

        With a Limit the engine does not sort the table. Where the page is the last one there is
        nothing to be remembered.
        """
        limit = min(self._limit or FIRST_LIMIT, FIRST_LIMIT)
        answer = self._ask("Scan", orjson.dumps({**self._request, "Limit": limit}))
        # To read a page costs more than to send it on: not for what its bytes say.
        if answer.status != 200 or MORE not in answer.body:
            return answer
        told = orjson.loads(answer.body)
        if "LastEvaluatedKey" not in told:  # an attribute has the name
            return answer
        if self._same_order and (limit == self._limit or told["ScannedCount"] < limit):
            return answer
        return None

    def answer(self, body: bytes) -> Answer:
        """The page by segments."""
        size = self._scans.size(
            self._database, self._request["TableName"], self._ask, fresh=self.start is None
        )
        if size is None:
            return self._ask("Scan", body)
        parts = size.parts(self.total)
        total, segment = self.total * parts, self.segment * parts
        if self.start is None:
            return self._from(total, [segment], size, body)
        everything = range(segment, segment + parts)
        found = self._scans.place_of(self, self.start)
        if found is None:
            return self._from(total, everything, size, body)
        if not self._same_order:  # it depends on how many segments there are: keep to them
            return self._from(found[0], [found[1]], size, body)
        first = found[1] * total // found[0]
        likely = range(first, max(first + 1, (found[1] + 1) * total // found[0]))
        return self._from(total, [*likely, *(s for s in everything if s not in likely)], size, body)

    def _from(self, total: int, candidates: Sequence[int], size: Size, body: bytes) -> Answer:
        """Go on in the segment where ExclusiveStartKey is."""
        for segment in candidates:
            reading = _Reading(self._request, self._ask, total, size.item_bytes)
            refused = reading.read(segment, self.start)
            if refused is not None:
                if self.start is not None and OUTSIDE in refused.body:
                    continue
                return refused
            end = self._end(total)
            while reading.goes_on and reading.segment + 1 < end:
                refused = reading.read(reading.segment + 1, None)
                if refused is not None:
                    return refused
            if reading.key is not None:
                self._scans.remember(self, reading.key, total, reading.segment)
            return Answer(200, reading.document())
        return self._ask("Scan", body)

    def _end(self, total: int) -> int:
        return (self.segment + 1) * (total // self.total)


class _Reading:
    """Answers of segments, put together to one page."""

    def __init__(self, request: Document, ask: Ask, total: int, item_bytes: float) -> None:
        self._ask, self._total, self._item_bytes = ask, total, item_bytes
        self._request = {**request, "TotalSegments": total}
        self._told = request.get("ReturnConsumedCapacity", "NONE") != "NONE"
        self._block = BLOCK_BYTES / (1.0 if request.get("ConsistentRead") else 0.5)
        if not self._told:
            self._request["ReturnConsumedCapacity"] = "TOTAL"
        self._limit: int | None = request.get("Limit")
        self._answer: Document = {}
        self._bytes, self._scanned = 0.0, 0
        self.segment, self.goes_on = 0, True
        self.key: Document | None = None

    def read(self, segment: int, start: Document | None) -> Answer | None:
        """Read a segment until it ends, or the page does; return an error of the engine's."""
        self.segment = segment
        most = None
        while True:
            # The engine ends a page itself, so the first question may ask for somewhat more.
            more = 1.0 if self._scanned else 1.05
            wanted = most or max(1, int(more * (PAGE_BYTES - self._bytes) / self._item_bytes))
            if self._limit is not None:
                wanted = min(wanted, self._limit - self._scanned)
            question = {**self._request, "Segment": segment, "Limit": wanted}
            question.pop("ExclusiveStartKey", None)
            if start is not None:
                question["ExclusiveStartKey"] = start
            answer = self._ask("Scan", orjson.dumps(question))
            if answer.status != 200:
                return answer
            told: Document = orjson.loads(answer.body)
            read = told["ConsumedCapacity"]["CapacityUnits"] * self._block
            if self._bytes + read > PAGE_BYTES + LARGEST_ITEM and told["ScannedCount"] > 1:
                most = told["ScannedCount"] // 2
                continue  # its items are larger than those before: the page would be too large
            most = None
            self._add(told, read)
            start = self.key = told.get("LastEvaluatedKey")
            full = self._bytes >= PAGE_BYTES - ROUNDING or self._scanned == self._limit
            self.goes_on = start is None
            if start is None or full:
                return None

    def _add(self, told: Document, read: float) -> None:
        self._bytes += read
        self._scanned += told["ScannedCount"]
        if told["ScannedCount"] and read >= BLOCK_BYTES:
            self._item_bytes = max(1.0, read / told["ScannedCount"])
        if not self._answer:
            self._answer = told
            return
        for name in _SUMMED:
            self._answer[name] += told[name]
        if "Items" in told:
            self._answer["Items"] += told["Items"]
        _add_capacity(self._answer["ConsumedCapacity"], told["ConsumedCapacity"])

    def document(self) -> bytes:
        """The page as JSON."""
        answer = self._answer
        answer.pop("LastEvaluatedKey", None)
        capacity = answer.pop("ConsumedCapacity")
        if self.key is not None:
            answer["LastEvaluatedKey"] = self.key
        if self._told:
            answer["ConsumedCapacity"] = capacity
        return orjson.dumps(answer)


def _add_capacity(into: Document, more: Document) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _add_capacity(into.setdefault(name, {}), value)
        elif isinstance(value, int | float):
            into[name] = into.get(name, 0.0) + value
        else:
            into.setdefault(name, value)
