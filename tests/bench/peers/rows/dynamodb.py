"""DynamoDB: BatchWriteItem on four connections, and plain Scans of what was written."""

from __future__ import annotations

import functools
import json
from typing import Any

from tests.bench.peers.environments import PeerError
from tests.bench.peers.load import json_request, send
from tests.bench.peers.row import Measured, Row
from tests.bench.peers.servers import DYNAMODB_LOCAL, MINISTACK, MOTO, OURS, Server
from tests.support import RATINGS_TABLE, unique

BATCH, CONNECTIONS = 25, 4
SERVERS = (OURS, MINISTACK, MOTO, DYNAMODB_LOCAL)
SCAN_SECONDS, MOST_SCANS = 0.5, 50
"""A round has as many whole scans as take about so long: one alone is too short to be timed."""

_pages: dict[tuple[str, int, int], list[bytes]] = {}
_checked: set[tuple[str, int]] = set()
_scans: dict[tuple[str, int, int], int] = {}


def rows(small: bool) -> list[Row]:
    """The rows of DynamoDB."""
    count = 5_000 if small else 20_000
    return [
        Row(
            name=f"DynamoDB BatchWriteItem, {CONNECTIONS} connections",
            unit="items",
            per=f"batch of {BATCH}",
            servers=SERVERS,
            measure=functools.partial(write, count),
            won=False,
            of_engine=0.9,
            cpu_ms=1.0,
        ),
        Row(
            name="DynamoDB Scan, 5,000 items",
            unit="items",
            per="page",
            servers=SERVERS,
            measure=functools.partial(scan, 5_000),
            won=False,
        ),
    ]


def write(count: int, server: Server) -> Measured:
    """Write items into a new table; check that they are there."""
    table = _table(server)
    batches = [
        _request(server, "BatchWriteItem", {"RequestItems": {table: _puts(first)}})
        for first in range(0, count, BATCH)
    ]
    load = send(server, [batches[i::CONNECTIONS] for i in range(CONNECTIONS)])
    if (server.name, server.port) not in _checked:  # once: a peer takes seconds to count
        _checked.add((server.name, server.port))
        found = _count(server, table)
        if found != count:
            raise PeerError(f"{server.name}: {count} items were written, {found} are there")
    server.client("dynamodb").delete_table(TableName=table)
    return Measured.of(count, load)


def scan(count: int, server: Server) -> Measured:
    """Scan a table page by page, on one connection; check that all items are on the pages."""
    key = (server.name, server.port, count)
    if key not in _pages:
        _pages[key] = _prepared(count, server)
    scans = _scans.get(key, 1)
    load = send(server, [_pages[key] * scans])
    _scans[key] = max(1, min(MOST_SCANS, round(scans * SCAN_SECONDS / load.seconds)))
    return Measured.of(scans * count, load)


def _prepared(count: int, server: Server) -> list[bytes]:
    """Fill a table; return the requests for its pages: each begins where a scan has ended one."""
    table, client = _table(server), server.client("dynamodb")
    batches = [
        _request(server, "BatchWriteItem", {"RequestItems": {table: _puts(first)}})
        for first in range(0, count, BATCH)
    ]
    send(server, [batches[i::CONNECTIONS] for i in range(CONNECTIONS)])
    pages: list[bytes] = []
    seen, start = 0, None
    while True:
        further: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        pages.append(_request(server, "Scan", {"TableName": table, **further}))
        answer = client.scan(TableName=table, **further)
        seen, start = seen + len(answer["Items"]), answer.get("LastEvaluatedKey")
        if not start:
            break
    if seen != count:
        raise PeerError(f"{server.name}: a scan shows {seen} of {count} items")
    return pages


def _table(server: Server) -> str:
    client, name = server.client("dynamodb"), unique("bench")
    client.create_table(TableName=name, **RATINGS_TABLE)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return name


def _count(server: Server, table: str) -> int:
    pages = server.client("dynamodb").get_paginator("scan")
    return sum(page["Count"] for page in pages.paginate(TableName=table, Select="COUNT"))


def _puts(first: int) -> list[dict[str, Any]]:
    return [
        {
            "PutRequest": {
                "Item": {
                    "userId": {"S": str(1 + i // 150)},
                    "movieId": {"S": str(1 + i % 9000)},
                    "rating": {"N": "3.5"},
                    "timestamp": {"N": str(1260759144 + i)},
                }
            }
        }
        for i in range(first, first + BATCH)
    ]


def _request(server: Server, operation: str, body: dict[str, Any]) -> bytes:
    text = json.dumps(body, separators=(",", ":")).encode()
    return json_request(server, "dynamodb", f"DynamoDB_20120810.{operation}", text)
