"""Who is ahead, and by how much that has to be; and what the client makes of answers."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.bench.peers import environments
from tests.bench.peers.environments import PeerError
from tests.bench.peers.load import Load, json_request, send
from tests.bench.peers.row import Measured, Row, Standing
from tests.bench.peers.servers import Server

ENGINE = "DynamoDB Local"


def standing(won: bool = True, of_engine: float | None = None, **rates: list[float]) -> Standing:
    row = Row("a row", "items", "batch", tuple(rates), lambda _: rounds([1.0])[0], won, of_engine)
    found = {name.replace("_", " "): rounds(values) for name, values in rates.items()}
    return Standing(row, found, frozenset({ENGINE}))


def rounds(rates: list[float]) -> list[Measured]:
    return [Measured(rate, Load(1.0, 10, 100, 0.02, 0.05)) for rate in rates]


@pytest.mark.parametrize("theirs", [[150, 151, 152], [131, 131, 131]])
def test_a_peer_ahead_by_more_than_the_noise_fails_a_row_that_was_won(theirs: list[float]) -> None:
    lost = standing(ours=[100, 101, 102], moto=theirs).lost()

    assert lost is not None
    assert "moto" in lost
    assert "ahead" in lost


def test_a_peer_within_the_noise_does_not_fail() -> None:
    assert standing(ours=[100, 100, 100], moto=[109, 109, 109]).lost() is None
    assert standing(ours=[80, 100, 102], moto=[118, 118, 118]).lost() is None


def test_noise_excuses_no_more_than_its_limit() -> None:
    assert standing(ours=[10, 100, 300], moto=[200, 200, 200]).lost() is not None


def test_a_row_that_is_not_won_is_only_missed() -> None:
    found = standing(won=False, ours=[100], moto=[200])

    assert found.lost() is None
    assert found.missed() == ["0.50 of moto"]


def test_the_engine_alone_is_no_peer() -> None:
    found = standing(of_engine=0.9, ours=[80], moto=[70], DynamoDB_Local=[100])

    assert found.best_peer() == "moto"
    assert found.lost() is None
    assert found.missed() == ["0.80 of the engine alone, the goal is 0.9"]


def test_cpu_is_told_by_request() -> None:
    assert standing(ours=[100, 100]).cpu_ms("ours") == pytest.approx((2.0, 5.0))


@contextmanager
def answering(answer: bytes) -> Iterator[Server]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                length = 0
                while line.strip():
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                    line = self.rfile.readline()
                self.rfile.read(length)
                self.wfile.write(answer)
                if b"close" in answer:
                    return

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address = True, True

    with Listener(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        try:
            yield Server("fake", listener.server_address[1], psutil.Process().pid)
        finally:
            listener.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_each_request_is_answered_once_on_every_connection(answer: bytes) -> None:
    with answering(answer) as server:
        request = json_request(server, "dynamodb", "DynamoDB_20120810.Scan", b"{}")
        load = send(server, [[request] * 3, [request] * 2])

    assert load.requests == 5
    assert load.received >= 25
    assert load.seconds > 0


def test_an_error_is_told_with_its_text() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 5\r\n\r\nwrong") as server:
        request = json_request(server, "dynamodb", "DynamoDB_20120810.Scan", b"{}")
        with pytest.raises(PeerError, match=r"fake.*400.*wrong"):
            send(server, [[request]])


def test_a_peer_that_cannot_be_installed_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "absent.lock").write_text("this is no requirement ==\n")
    monkeypatch.setattr(environments, "LOCKS", tmp_path)
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))

    with pytest.raises(PeerError, match=r"absent cannot be installed from absent\.lock: .+"):
        environments.python_of("absent")
    with pytest.raises(PeerError):  # what was half made is not taken for whole
        environments.python_of("absent")
