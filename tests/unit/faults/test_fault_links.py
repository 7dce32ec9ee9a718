"""The proxies of the fault matrix: what they see, and what they do to a request."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.faults.link import Disturbance, Link, Moment, operation

WRITE = {"X-Amz-Target": "DynamoDB_20120810.BatchWriteItem"}


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    protocol_version = "HTTP/1.1"
    met: list[bytes] = []
    hosts: list[str] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.met.append(body)
        self.hosts.append(self.headers["Host"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "12345")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def link() -> Iterator[Link]:
    Upstream.met, Upstream.hosts = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    link = Link(lambda: int(server.server_address[1]))
    yield link
    link.close()
    server.shutdown()
    server.server_close()


def ask(link: Link, body: bytes = b"x", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", link.port, timeout=30)
    try:
        connection.request("POST", "/", body, {**WRITE, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_requests_pass_and_are_counted(link: Link) -> None:
    assert ask(link, b"one") == (200, b"one")
    assert ask(link, b"two") == (200, b"two")
    assert link.seen == {"BatchWriteItem": 2}


def test_the_server_is_asked_by_its_own_name(link: Link) -> None:
    ask(link)
    assert Upstream.hosts == [f"127.0.0.1:{link.forwards_to}"]


def test_the_length_of_an_object_is_passed_on_without_its_body(link: Link) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", link.port, timeout=30)
    connection.request("HEAD", "/bucket/key")
    assert connection.getresponse().headers["Content-Length"] == "12345"
    connection.close()


def test_a_client_that_waits_for_leave_to_send_is_given_it(link: Link) -> None:
    assert ask(link, b"one", Expect="100-continue") == (200, b"one")


def test_a_chunked_body_arrives_whole(link: Link) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", link.port, timeout=30)
    connection.request("POST", "/", iter([b"on", b"e"]), WRITE, encode_chunked=True)
    assert connection.getresponse().read() == b"one"
    connection.close()


def test_disturbances_come_one_each_and_end(link: Link) -> None:
    link.disturb([Disturbance.ERROR_500, Disturbance.ERROR_503], "BatchWriteItem")
    assert [ask(link)[0] for _ in range(3)] == [500, 503, 200]
    assert (link.disturbed, len(Upstream.met)) == (2, 1)


@pytest.mark.parametrize(
    ("disturbance", "reached"), [(Disturbance.RESET_BEFORE, 0), (Disturbance.RESET_AFTER, 1)]
)
def test_a_reset_is_one(link: Link, disturbance: Disturbance, reached: int) -> None:
    link.disturb([disturbance], ".*")
    with pytest.raises(ConnectionResetError):
        ask(link)
    assert len(Upstream.met) == reached
    assert ask(link)[0] == 200


def test_the_moment_holds_its_request_and_comes_again_when_it_was_too_early(link: Link) -> None:
    before: list[int] = []

    def act() -> bool:
        before.append(len(Upstream.met))
        return len(before) == 2

    link.at(Moment("BatchWrite.*", 2), act)
    for _ in range(4):
        ask(link)
    assert before == [1, 2]


def test_other_operations_are_left_alone(link: Link) -> None:
    link.disturb([Disturbance.ERROR_500], "Scan")
    link.at(Moment("Scan"), lambda: pytest.fail("this is no Scan"))
    assert ask(link)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "name"),
    [
        ("POST", "/", WRITE, b"{}", "BatchWriteItem"),
        ("POST", "/", {}, b"Action=DescribeStacks&Version=2010-05-15", "DescribeStacks"),
        ("PUT", "/bucket/data/a.csv?x-id=PutObject", {}, b"1,2", "PUT a.csv"),
        ("PUT", "/bucket/key", {"X-Amz-Copy-Source": "a/b"}, b"", "CopyObject"),
        ("POST", "/2015-03-31/functions/f/invocations", {}, b"{}", "POST invocations"),
        ("GET", "/bucket?list-type=2&prefix=a%2F", {}, b"", "GET bucket"),
        ("GET", "/", {}, b"", "GET "),
    ],
)
def test_an_operation_is_named(
    method: str, path: str, headers: dict[str, str], body: bytes, name: str
) -> None:
    assert operation(method, path, headers, body) == name
