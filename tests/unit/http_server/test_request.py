"""Heads and bodies of requests: what is read, and what is refused because it is ambiguous."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.http_server import body
from lakestack.services.http_server.body import Ended, Incoming
from lakestack.services.http_server.request_head import BadRequestError, environment, parse

TOKEN = st.text("abcXYZ019-_.!", min_size=1, max_size=8)
VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=12)
PLAIN = b"POST /a%20b?x=%20y HTTP/1.1\r\nHost: h:1\r\n"


@given(headers=st.lists(st.tuples(TOKEN, VALUE), max_size=6))
def test_headers_are_read_as_they_were_sent(headers: list[tuple[str, str]]) -> None:
    raw = [(name.encode(), value.strip("\x85\xa0 \t").encode("latin-1")) for name, value in headers]
    lines = [b"GET / HTTP/1.1", *(b"%b:\t %b " % each for each in raw)]

    sent = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
    assert parse(b"\r\n".join(lines)).headers == sent


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET /",
        b"GET / HTTP/2.0",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"GET / b HTTP/1.1",
        b"G\tET / HTTP/1.1",
        PLAIN + b" folded: line",
        PLAIN + b"a",
        PLAIN + b"a : b",
        PLAIN + b": b",
        PLAIN + b"a: b\nc: d",
        PLAIN + b"a: b\rc",
        PLAIN + b"a: \0",
        PLAIN + b"Content-Length: +1",
        PLAIN + b"Content-Length: 1, 1",
        PLAIN + b"Content-Length: -1",
        PLAIN + b"Content-Length:",
        PLAIN + b"Content-Length: 0x1",
        PLAIN + b"Content-Length: 1\r\ncontent-length: 1",
        PLAIN + b"Content-Length: 1\r\nTransfer-Encoding: chunked",
        PLAIN + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        PLAIN + b"Transfer-Encoding: gzip, chunked",
        PLAIN + b"Transfer-Encoding: identity",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked",
    ],
    ids=repr,
)
def test_what_could_be_read_in_two_ways_is_refused(head: bytes) -> None:
    with pytest.raises(BadRequestError):
        parse(head.removesuffix(b"\r\n") if head.endswith(b"\r\n") else head)


@pytest.mark.parametrize(
    ("version", "connection", "persistent"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close", False),
        (b"1.1", b"connection: Keep-Alive, CLOSE", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive", True),
    ],
)
def test_how_long_a_connection_lives(version: bytes, connection: bytes, persistent: bool) -> None:
    head = parse((b"GET / HTTP/%b\r\n%b" % (version, connection)).removesuffix(b"\r\n"))

    assert head.persistent is persistent


def test_the_environment_is_what_werkzeug_and_rolo_read() -> None:
    lines = PLAIN + b"X-A: 1\r\nx-a: \xe9\r\nContent-Type: t\r\nContent-Length: 3"
    environ = environment(parse(lines), None, ("127.0.0.2", 5), ("127.0.0.1", 4566))

    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/a b", "x=%20y")
    assert environ["RAW_URI"] == environ["REQUEST_URI"] == "/a%20b?x=%20y"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("h", "4566")
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("127.0.0.2", "5")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("t", "3")
    assert environ["HTTP_X_A"] == "1,é"
    assert ("X-A", "1") in environ["lake.headers"]


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://x/a/b?c", "/a/b"), (b"/%C3%A9", "/Ã©"), (b"*", "*"), (b"//x", "//x")],
)
def test_paths(target: bytes, path: str) -> None:
    head = parse(b"GET %b HTTP/1.1" % target)

    assert environment(head, None, ("c", 1), ("s", 2))["PATH_INFO"] == path


def test_a_target_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(BadRequestError):
        environment(parse(b"GET /\xff HTTP/1.1"), None, ("c", 1), ("s", 2))


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(60)
        yield ours, theirs


def _sent(theirs: socket.socket, data: bytes, size: int) -> threading.Thread:
    """Send in pieces, and close."""

    def write() -> None:
        for at in range(0, len(data), size):
            theirs.sendall(data[at : at + size])
        theirs.shutdown(socket.SHUT_WR)

    writer = threading.Thread(target=write)
    writer.start()
    return writer


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_body_in_chunks(pair: tuple[socket.socket, socket.socket], size: int) -> None:
    ours, theirs = pair
    raw = b"3\r\nabc\r\nA;name=x\r\n0123456789\r\n0\r\nTrailer: y\r\n\r\nGET"
    writer = _sent(theirs, raw, size)
    incoming = Incoming(ours)

    with body.read(incoming, None) as read:
        assert read.read() == b"abc0123456789"
    writer.join()
    assert incoming.buffer in (b"", b"G", b"GE", b"GET")


@pytest.mark.parametrize(
    "raw", [b"x\r\n", b"-1\r\n", b"3\r\nabcd\r\n", b"\r\n", b"1" * 20 + b"\r\n", b"1" * 5000]
)
def test_chunks_that_are_none(pair: tuple[socket.socket, socket.socket], raw: bytes) -> None:
    ours, theirs = pair
    _sent(theirs, raw, 5000).join()

    with pytest.raises(BadRequestError):
        body.read(Incoming(ours), None)


@pytest.mark.parametrize("length", [5, body.MEMORY_BYTES + 5, None])
def test_a_body_that_breaks_off_is_never_given(
    pair: tuple[socket.socket, socket.socket], length: int | None
) -> None:
    ours, theirs = pair
    _sent(theirs, b"4\r\n" if length is None else b"abcd", 10).join()

    with pytest.raises(Ended):
        body.read(Incoming(ours), length)


def test_a_long_body_lies_on_disk(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MEMORY_BYTES", 1000)
    ours, theirs = pair
    data = bytes(range(256)) * 40
    writer = _sent(theirs, data + b"NEXT", 999)
    incoming = Incoming(ours)

    with body.read(incoming, len(data)) as read:
        assert read.read() == data
        assert isinstance(read.fileno(), int)
    writer.join()
    while len(incoming.buffer) < 4:
        incoming.more()
    assert incoming.buffer == b"NEXT"


def test_a_head_without_end_is_refused(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    writer = _sent(theirs, b"x" * 2000, 100)

    with pytest.raises(BadRequestError):
        Incoming(ours).until(b"\r\n\r\n", 1000)
    writer.join()
