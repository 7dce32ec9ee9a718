"""Kinesis: PutRecords on two connections, and GetRecords of what was put."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from tests.bench.peers.environments import PeerError
from tests.bench.peers.load import json_request, send
from tests.bench.peers.row import Measured, Row
from tests.bench.peers.servers import MINISTACK, MOTO, OURS, Server
from tests.support import unique

BATCH, CONNECTIONS = 500, 2
PAGE = 1_000
SERVERS = (OURS, MINISTACK, MOTO)


def rows(small: bool) -> list[Row]:
    """The rows of Kinesis."""
    count = 10_000 if small else 40_000
    return [
        Row(
            name=f"Kinesis PutRecords, {CONNECTIONS} connections",
            unit="records",
            per=f"{BATCH} records",
            servers=SERVERS,
            measure=functools.partial(put, count),
            won=False,
            cpu_ms=9.0,
        ),
        Row(
            name="Kinesis GetRecords",
            unit="records",
            per=f"{PAGE} records",
            servers=SERVERS,
            measure=functools.partial(get, count),
            won=False,
        ),
    ]


def put(count: int, server: Server) -> Measured:
    """Put records into a new stream."""
    stream = _stream(server)
    batches = _batches(server, stream, count)
    load = send(server, [batches[i::CONNECTIONS] for i in range(CONNECTIONS)])
    server.client("kinesis").delete_stream(StreamName=stream)
    return Measured.of(count, load)


def get(count: int, server: Server) -> Measured:
    """Read a stream from its beginning; each page's iterator is asked for before."""
    stream, client = _stream(server), server.client("kinesis")
    send(server, [_batches(server, stream, count)])
    shard = client.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    iterator = client.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    pages, seen = [], 0
    while seen < count:
        asked = {"ShardIterator": iterator, "Limit": PAGE}
        pages.append(_request(server, "GetRecords", asked))
        answer = client.get_records(**asked)
        if not answer["Records"]:
            raise PeerError(f"{server.name}: {seen} of {count} records are in the stream")
        seen, iterator = seen + len(answer["Records"]), answer["NextShardIterator"]
    load = send(server, [pages])
    client.delete_stream(StreamName=stream)
    return Measured.of(count, load)


def _stream(server: Server) -> str:
    client, name = server.client("kinesis"), unique("bench")
    client.create_stream(StreamName=name, ShardCount=1)
    client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    return name


def _batches(server: Server, stream: str, count: int) -> list[bytes]:
    return [
        _request(
            server,
            "PutRecords",
            {"StreamName": stream, "Records": [_record(i) for i in range(first, first + BATCH)]},
        )
        for first in range(0, count, BATCH)
    ]


def _record(number: int) -> dict[str, str]:
    event = {"userId": 1 + number // 150, "movieId": number % 9000, "rating": 3.5, "timestamp": 0}
    data = base64.b64encode(json.dumps(event).encode()).decode()
    return {"Data": data, "PartitionKey": str(event["userId"])}


def _request(server: Server, operation: str, body: dict[str, Any]) -> bytes:
    text = json.dumps(body, separators=(",", ":")).encode()
    return json_request(server, "kinesis", f"Kinesis_20131202.{operation}", text, "1.1")
