"""The client: processes that send requests which were made and signed before.

A client like boto3 takes as much CPU as a server, so that it would be the limit that is measured.
Here each connection has a process, which writes bytes to a socket and reads how long the answer is.
"""

from __future__ import annotations

import multiprocessing
import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.bench.peers.environments import PeerError
from tests.bench.peers.servers import Server
from tests.support import ACCOUNT, REGION

ANSWER_SECONDS = 300.0
RECEIVE = 1 << 18
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_PROCESSES = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Load:
    """What a burst of requests took.

    Attributes:
        seconds: from the first request to the last answer, wall time
        requests: how many were answered, each with 200
        received: bytes of their bodies
        cpu: CPU seconds of the server's process
        cpu_all: the same with all that it has started
    """

    seconds: float
    requests: int
    received: int
    cpu: float
    cpu_all: float


def signed(
    server: Server,
    service: str,
    body: bytes,
    headers: Mapping[str, str],
    method: str = "POST",
    path: str = "/",
) -> bytes:
    """A request as it goes over the wire, with SigV4 by header as every SDK signs.

    Args:
        service: name for signing, such as ``dynamodb``
        headers: further ones, such as X-Amz-Target
        path: with its query string, encoded
    """
    request = AWSRequest(method, f"{server.url}{path}", dict(headers), body)
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(Credentials(ACCOUNT, "test"), service, REGION).add_auth(request)
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines += [f"Content-Length: {len(body)}", "Accept-Encoding: identity", "", ""]
    return "\r\n".join(lines).encode() + body


def json_request(
    server: Server, service: str, target: str, body: bytes, version: str = "1.0"
) -> bytes:
    """A request of a service that speaks JSON.

    Args:
        target: X-Amz-Target, such as ``DynamoDB_20120810.Scan``
        version: of the JSON protocol
    """
    kind = f"application/x-amz-json-{version}"
    return signed(server, service, body, {"X-Amz-Target": target, "Content-Type": kind})


def send(server: Server, connections: Sequence[Sequence[bytes]]) -> Load:
    """Send the requests of each connection one after another, all connections at once.

    Raises:
        PeerError: an answer is no 200, or there is none
    """
    pipes, workers = [], []
    for requests in connections:
        here, there = _PROCESSES.Pipe()
        worker = _PROCESSES.Process(target=_work, args=(server.port, requests, there), daemon=True)
        worker.start()
        there.close()
        pipes.append(here)
        workers.append(worker)
    for pipe in pipes:
        _told(server, pipe)
    cpu_before, all_before = server.cpu_seconds()
    began = time.perf_counter()
    for pipe in pipes:
        pipe.send("go")
    received = sum(_told(server, pipe) for pipe in pipes)
    took = time.perf_counter() - began
    cpu, cpu_all = server.cpu_seconds()
    for worker in workers:
        worker.join()
    count = sum(map(len, connections))
    return Load(took, count, received, cpu - cpu_before, cpu_all - all_before)


def _told(server: Server, pipe: Connection) -> int:
    try:
        told: Any = pipe.recv()
    except EOFError:
        told = "a client process ended"
    if isinstance(told, str):
        raise PeerError(f"{server.name}: {told}")
    return int(told)


def _work(port: int, requests: Sequence[bytes], pipe: Connection) -> None:
    """A client process: say that it is ready, wait for the word, send, tell what has come."""
    try:
        connection = _connected(port)
        pipe.send(0)
        pipe.recv()
        received = 0
        for request in requests:
            connection.sendall(request)
            length, goes_on = _answer(connection)
            received += length
            if not goes_on:
                connection.close()
                connection = _connected(port)
        pipe.send(received)
    except (OSError, PeerError, EOFError) as e:
        pipe.send(f"{type(e).__name__}: {e}")


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(connection: socket.socket) -> tuple[int, bool]:
    """Read one answer; return its length and whether the connection stays."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    status = head[9:12]
    if status == b"100":
        raise PeerError("a 100 Continue that was not asked for")
    if found := _LENGTH.search(head):
        length = int(found[1])
        missing = length - len(body)
        kept = body
        while missing > 0:
            part = _more(connection)
            missing -= len(part)
            if status != b"200":
                kept += part
    elif _CHUNKED.search(head):
        parts = [body]
        while not parts[-1].endswith(b"0\r\n\r\n") and not b"".join(parts[-2:]).endswith(
            b"0\r\n\r\n"
        ):
            parts.append(_more(connection))
        kept = b"".join(parts)
        length = len(kept)
    else:
        raise PeerError(f"an answer of unknown length: {head[:300]!r}")
    if status != b"200":
        raise PeerError(f"{head[:80]!r} {kept[:300]!r}")
    return length, not _CLOSE.search(head)


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(RECEIVE)
    if not part:
        raise PeerError("the server has closed the connection")
    return part
