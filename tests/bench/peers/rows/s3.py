"""S3: small objects on four connections, and a large one."""

from __future__ import annotations

import functools

from tests.bench.peers.environments import PeerError
from tests.bench.peers.load import send, signed
from tests.bench.peers.row import Measured, Row
from tests.bench.peers.servers import MINISTACK, MOTO, OURS, Server
from tests.support import unique

CONNECTIONS = 4
SMALL_BODY = b"s" * 1_024
MEGABYTE = 1_000_000
SERVERS = (OURS, MINISTACK, MOTO)

_buckets: dict[tuple[str, int], str] = {}


def rows(small: bool) -> list[Row]:
    """The rows of S3."""
    count, size = (800, 16) if small else (3_000, 64)
    one_kb = f"S3 {{}} of 1 KB, {CONNECTIONS} connections"
    row = functools.partial(Row, per="object", servers=SERVERS)
    many = functools.partial(row, unit="objects", won=False, cpu_ms=0.9)
    large = functools.partial(row, unit="MB")
    return [
        many(name=one_kb.format("PutObject"), measure=functools.partial(put, count)),
        many(name=one_kb.format("GetObject"), measure=functools.partial(get, count)),
        large(
            name=f"S3 PutObject of {size} MB", measure=functools.partial(put_large, size), won=True
        ),
        large(
            name=f"S3 GetObject of {size} MB", measure=functools.partial(get_large, size), won=False
        ),
    ]


def put(count: int, server: Server) -> Measured:
    """Put small objects; the same keys in every round."""
    puts = [_put(server, f"small/{i}", SMALL_BODY) for i in range(count)]
    load = send(server, [puts[i::CONNECTIONS] for i in range(CONNECTIONS)])
    return Measured.of(count, load)


def get(count: int, server: Server) -> Measured:
    """Get small objects; check that all of their bytes have come."""
    put(count, server)
    gets = [_get(server, f"small/{i}") for i in range(count)]
    load = send(server, [gets[i::CONNECTIONS] for i in range(CONNECTIONS)])
    _check(server, load.received, count * len(SMALL_BODY))
    return Measured.of(count, load)


def put_large(size: int, server: Server) -> Measured:
    """Put a large object, on one connection.

    Args:
        size: megabytes
    """
    load = send(server, [[_put(server, "large", b"l" * (size * MEGABYTE))]])
    return Measured.of(size, load)


def get_large(size: int, server: Server) -> Measured:
    """Get a large object; as `put_large`."""
    put_large(size, server)
    load = send(server, [[_get(server, "large")]])
    _check(server, load.received, size * MEGABYTE)
    return Measured.of(size, load)


def _check(server: Server, received: int, expected: int) -> None:
    if received != expected:
        raise PeerError(f"{server.name}: {received} bytes came instead of {expected}")


def _bucket(server: Server) -> str:
    key = (server.name, server.port)
    if key not in _buckets:
        _buckets[key] = unique("bench")
        server.client("s3").create_bucket(Bucket=_buckets[key])
    return _buckets[key]


def _put(server: Server, key: str, body: bytes) -> bytes:
    kind = {"Content-Type": "application/octet-stream"}
    return signed(server, "s3", body, kind, "PUT", f"/{_bucket(server)}/{key}")


def _get(server: Server, key: str) -> bytes:
    return signed(server, "s3", b"", {}, "GET", f"/{_bucket(server)}/{key}")
