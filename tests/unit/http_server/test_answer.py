"""Answers as they are written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakestack.services.http_server.answer import send
from lakestack.services.http_server.request_head import parse


class Written:
    """A socket that keeps what it is given, by call."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.calls.append(bytes(data))


def answered(
    method: str, status: str, headers: list[tuple[str, str]], *pieces: bytes, version: str = "1.1"
) -> tuple[list[bytes], bool]:
    """The calls, and whether the connection goes on."""
    written, given = Written(), iter(pieces)
    head = parse(f"{method} / HTTP/{version}".encode())
    return written.calls, send(written, head, status, headers, next(given, b""), given)


def test_head_and_body_go_out_at_once() -> None:
    calls, goes_on = answered("GET", "200 OK", [("Content-Length", "3"), ("ETag", '"é"')], b"abc")

    assert (len(calls), goes_on) == (1, True)
    head, _, body = calls[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert (lines[0], body) == (b"HTTP/1.1 200 OK", b"abc")
    assert b'ETag: "\xe9"' in lines
    assert any(line.startswith(b"Date: ") and line.endswith(b" GMT") for line in lines)


def test_a_body_of_unknown_length_comes_in_chunks() -> None:
    calls, goes_on = answered("GET", "200 OK", [], b"abc", b"x" * 20)

    assert b"\r\nTransfer-Encoding: chunked\r\n" in calls[0]
    assert b"".join(calls).partition(b"\r\n\r\n")[2] == (
        b"3\r\nabc\r\n14\r\n" + b"x" * 20 + b"\r\n0\r\n\r\n"
    )
    assert goes_on


def test_a_body_of_unknown_length_ends_with_a_connection_of_http_10() -> None:
    calls, goes_on = answered("GET", "200 OK", [], b"abc", version="1.0")

    assert (calls[0].endswith(b"\r\n\r\nabc"), goes_on) == (True, False)
    assert b"Connection: close" in calls[0]


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Same")]
)
def test_answers_without_a_body(method: str, status: str) -> None:
    calls, goes_on = answered(method, status, [("Content-Length", "7")], b"abcdefg")

    assert (len(calls), calls[0].endswith(b"\r\n\r\n"), goes_on) == (1, True, True)
    assert b"Content-Length: 7" in calls[0]


def test_an_empty_body_says_so() -> None:
    calls, _ = answered("GET", "404 Not Found", [])

    assert b"\r\nContent-Length: 0\r\n" in calls[0]


@pytest.mark.parametrize("body", [b"ab", b"abcd"])
def test_a_body_of_another_length_than_said_ends_the_connection(body: bytes) -> None:
    assert not answered("GET", "200 OK", [("Content-Length", "3")], body)[1]


def test_the_application_may_end_the_connection() -> None:
    calls, goes_on = answered("GET", "200 OK", [("Connection", "close"), ("Content-Length", "0")])

    assert (calls[0].lower().count(b"connection: close"), goes_on) == (1, False)


def test_long_pieces_are_not_copied_and_a_fault_cuts_the_answer_off() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"y" * 100_000
        raise ValueError("broken")

    written = Written()
    with pytest.raises(ValueError, match="broken"):
        send(written, parse(b"GET / HTTP/1.1"), "200 OK", [], b"x" * 100_000, pieces())
    assert not b"".join(written.calls).endswith(b"0\r\n\r\n")
