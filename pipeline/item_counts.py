"""How many items a DynamoDB table has.

DescribeTable's ItemCount is updated "approximately every six hours" (Amazon DynamoDB API Reference,
"TableDescription"), so what has to be exact is counted by a Scan: in parallel, as the Amazon
DynamoDB Developer Guide has it for large tables ("Parallel scan").
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing

__all__ = ["GrowingTable", "count_items", "items_once", "reported_items"]

_ITEMS_PER_SEGMENT: Final = 20_000
_MOST_SEGMENTS: Final = 1_000
_AT_ONCE: Final = 4
"""Segments read at a time."""
_LOOKING: Final = 0.1
"""Share of a wait's time that DescribeTable may take."""
_BETWEEN_LOOKS: Final = 10.0
"""Seconds between two looks, at most: one that came late by itself need not be dear."""
_COUNTING: Final = 0.05
"""Share of a wait's time that counting may take where ItemCount says that there are too few."""
_BETWEEN_COUNTS: Final = 10.0
"""Seconds between two such counts, at least."""


def items_once(lake: Lake, table: str) -> int | None:
    """As `count_items`, but not again in a run that has changed nothing since."""
    return lake.once.get(("items", table), lambda: count_items(lake, table))


def count_items(lake: Lake, table: str) -> int | None:
    """Items of a table by a consistent Scan in segments; None when there is no such table."""
    dynamodb = lake.client("dynamodb")
    try:
        segments = _segments(reported_items(lake, table) or 0)
        with ThreadPoolExecutor(min(segments, _AT_ONCE)) as pool:
            return sum(
                pool.map(lambda n: _count_segment(dynamodb, table, n, segments), range(segments))
            )
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def reported_items(lake: Lake, table: str) -> int | None:
    """ItemCount of DescribeTable, which may be hours old; None when there is no such table."""
    try:
        found = lake.client("dynamodb").describe_table(TableName=table)["Table"]
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return int(found.get("ItemCount", 0))


class GrowingTable:
    """A table that somebody fills: how far, with as little hindrance as may be.

    Counting reads the whole table, so ItemCount tells when to count; as it may be hours old, the
    table is also counted at intervals. Both cost the more the larger the table is, and are asked
    for the more seldom.

    Attributes:
        counted: items of the last count by Scan
        known: the most that is counted or reported
        gone: whether there is no such table
    """

    def __init__(self, lake: Lake, table: str) -> None:
        self._lake, self._table = lake, table
        self._next_look = self._next_count = 0.0
        self.counted = self.known = 0
        self.gone = False

    def look(self, wanted: int) -> None:
        """Ask for ItemCount, and count if there seem to be `wanted` items; nothing too early."""
        if time.monotonic() < self._next_look:
            return
        began = time.monotonic()
        reported = reported_items(self._lake, self._table)
        self._note(reported)
        ended = time.monotonic()
        self._next_look = ended + min((ended - began) / _LOOKING, _BETWEEN_LOOKS)
        if reported is None or (reported < wanted and ended < self._next_count):
            return
        found = count_items(self._lake, self._table)
        self._note(found)
        self.counted = found or 0
        pause = (time.monotonic() - ended) / _COUNTING
        self._next_count = time.monotonic() + max(pause, _BETWEEN_COUNTS)

    def _note(self, items: int | None) -> None:
        self.gone = self.gone or items is None
        self.known = max(self.known, items or 0)


def _segments(items: int) -> int:
    return min(max(1, -(-items // _ITEMS_PER_SEGMENT)), _MOST_SEGMENTS)


def _count_segment(dynamodb: Any, table: str, number: int, segments: int) -> int:
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        Select="COUNT",
        ConsistentRead=True,
        Segment=number,
        TotalSegments=segments,
    )
    return sum(int(page["Count"]) for page in pages)
