"""What clients may do with a connection to the emulator."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.contract.front_guard.guard_helpers import SIGNATURE
from tests.contract.lambda_.helpers import Aws

SIGNED = SIGNATURE.format(service="s3")


class Peer:
    """A client that writes bytes and reads answers."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.socket = socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=60)
        self.file = self.socket.makefile("rb")

    def head(self, method: str, path: str, *headers: str, version: str = "1.1") -> bytes:
        lines = [f"{method} {path} HTTP/{version}", f"Host: {self.host}"]
        lines += [f"Authorization: {SIGNED}", *headers]
        return "\r\n".join([*lines, "", ""]).encode()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def status(self) -> tuple[int, dict[str, str]]:
        """The next answer's status, 0 at the end of the connection, and its headers."""
        line = self.file.readline()
        headers: dict[str, str] = {}
        while (each := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = each.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return int(line.split()[1]) if line else 0, headers

    def answer(self) -> tuple[int, bytes]:
        """The next answer's status and body, of a length that is said."""
        status, headers = self.status()
        return status, self.file.read(int(headers.get("content-length", "0")))


@pytest.fixture
def peer(emulator: str) -> Iterator[Peer]:
    made = Peer(emulator)
    yield made
    made.file.close()
    made.socket.close()


def test_requests_that_are_sent_at_once_are_answered_in_turn(peer: Peer, bucket: str) -> None:
    put = peer.head("PUT", f"/{bucket}/k", "Content-Length: 3")
    get, head = peer.head("GET", f"/{bucket}/k"), peer.head("HEAD", f"/{bucket}/k")
    peer.send(put + b"abc" + get + head + get)

    assert peer.answer()[0] == 200
    assert peer.answer() == (200, b"abc")
    assert (peer.status()[1]["content-length"], peer.answer()) == ("3", (200, b"abc"))


def test_a_client_that_waits_for_continue(peer: Peer, bucket: str) -> None:
    peer.send(peer.head("PUT", f"/{bucket}/k", "Content-Length: 3", "Expect: 100-continue"))
    assert peer.answer()[0] == 100
    peer.send(b"abc")
    assert peer.answer()[0] == 200


def test_a_body_in_chunks_is_stored(peer: Peer, aws: Aws, bucket: str) -> None:
    data = os.urandom(300_000)
    peer.send(peer.head("PUT", f"/{bucket}/k", "Transfer-Encoding: chunked"))
    for at in range(0, len(data), 70_000):
        part = data[at : at + 70_000]
        peer.send(b"%x\r\n%b\r\n" % (len(part), part))
    peer.send(b"0\r\n\r\n")

    assert peer.answer()[0] == 200
    assert aws("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == data


def test_an_old_client_gets_the_connection_closed(peer: Peer, bucket: str) -> None:
    peer.send(peer.head("GET", f"/{bucket}", version="1.0"))
    status, headers = peer.status()

    assert (status, headers["connection"]) == (200, "close")
    assert b"<ListBucketResult" in peer.file.read()  # up to the end of the connection


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n b: folded\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000,
    ],
    ids=lambda data: data[:60].decode(),
)
def test_what_cannot_be_read_ends_the_connection(peer: Peer, request_: bytes) -> None:
    peer.send(request_)

    assert peer.answer()[0] == 400
    with contextlib.suppress(ConnectionResetError):  # it did not read to the end either
        assert peer.file.read() == b""


def test_an_upload_that_breaks_off_leaves_the_object(peer: Peer, aws: Aws, bucket: str) -> None:
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    peer.send(peer.head("PUT", f"/{bucket}/k", "Content-Length: 10") + b"new")
    peer.socket.shutdown(socket.SHUT_WR)

    assert peer.file.read() == b""
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_large_bodies_come_and_go_whole(aws: Aws, bucket: str) -> None:
    s3, data = aws("s3"), os.urandom((9 << 20) + 7)
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    got = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=1048570-5242890")["Body"].read()

    assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
    assert part == data[1048570:5242891]


def test_tls_goes_on_the_same_port(emulator: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    url = f"https://127.0.0.1:{urlsplit(emulator).port}/_localstack/health"

    with urllib.request.urlopen(url, context=context, timeout=60) as answer:  # noqa: S310 - ours
        assert answer.status == 200
        assert b"services" in answer.read()


def test_a_websocket_is_taken_over_with_its_first_bytes(peer: Peer) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    peer.send(peer.head("GET", "/", *upgrade, key).replace(b"Authorization", b"X-No-Signature"))

    assert peer.status()[0] == 403  # nothing is behind this address: the guard says so


def test_many_silent_connections_hinder_nobody(emulator: str, peer: Peer, bucket: str) -> None:
    silent = [Peer(emulator) for _ in range(100)]
    try:
        peer.send(peer.head("HEAD", f"/{bucket}"))
        assert peer.status()[0] == 200
    finally:
        for each in silent:
            each.socket.close()
