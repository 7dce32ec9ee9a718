"""Parallel writers against a DynamoDB with failure knobs: nothing lost, order kept, few tries."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lakestack.services.dms import dynamodb_wire
from lakestack.services.dms.dynamodb_wire import DynamodbError, DynamodbWire
from lakestack.services.dms.dynamodb_writer import Origin, TableWriter
from lakestack.services.dms.errors import CancelledError, TableError
from lakestack.services.retries import Backoff

TRIES = 10
Answer = tuple[int, dict[str, Any]]


class FakeDynamodb:
    """Keeps items by key ``k``; `fault` may answer a request instead (None: do it)."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}
        self.calls = 0
        self.breaks: dict[int, str] = {}
        self.fault: Callable[[int, str, dict[str, Any]], Answer | None] = lambda *_: None
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                status, answer = fake.handle(operation, body)
                raw = json.dumps(answer).encode()
                if how := fake.breaks.pop(fake.calls, ""):
                    if how == "reset":
                        linger = struct.pack("ii", 1, 0)
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    elif how == "half an answer":
                        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
                        self.wfile.flush()
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def handle(self, operation: str, body: dict[str, Any]) -> Answer:
        with self._lock:
            self.calls += 1
            answer = self.fault(self.calls, operation, body)
            if answer is not None:
                return answer
            if operation == "PutItem":
                self.put(body["Item"])
            else:
                for request in body["RequestItems"]["t"]:
                    self.put(request["PutRequest"]["Item"])
            return 200, {}

    def put(self, item: dict[str, Any]) -> None:
        self.items[item["k"]["S"]] = item["v"]["N"]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDynamodb]:
    monkeypatch.setattr(dynamodb_wire, "BACKOFF", Backoff(0.001, 0.002, tries=TRIES))
    server = FakeDynamodb()
    yield server
    server.server.shutdown()
    server.server.server_close()


class Load:
    """A writer with its counts."""

    def __init__(self, fake: FakeDynamodb, threads: int = 4) -> None:
        self.written = 0
        self.rejected: list[tuple[int, str]] = []
        self.cancelled = threading.Event()
        self.retried: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.writer = TableWriter(
            lambda: DynamodbWire((fake.url, "key"), "us-east-1", self.cancelled, self._retry),
            "t",
            ("k",),
            threads=threads,
            commit_rate=1000,
            on_written=self._count,
            on_rejected=lambda origin, reason: self.rejected.append((origin.line, reason)),
        )

    def put(self, key: str, value: int) -> None:
        item = {"k": {"S": key}, "v": {"N": str(value)}}
        self.writer.put(item, Origin("file", value, [key]))

    def _retry(self, reason: str) -> None:
        with self._lock:
            self.retried[reason] += 1

    def _count(self, rows: int) -> None:
        with self._lock:
            self.written += rows


def error(code: str, status: int = 400) -> Answer:
    return status, {"__type": f"com.amazonaws.dynamodb#{code}", "message": f"because {code}"}


def test_all_rows_are_written_and_the_last_of_a_key_wins(fake: FakeDynamodb) -> None:
    load = Load(fake)
    for i in range(5000):
        load.put(f"k{i % 700}", i)
    load.writer.finish()
    assert load.written == 5000
    assert fake.items == {f"k{i % 700}": str(i) for i in range(5000)}


def test_unprocessed_items_are_sent_again(fake: FakeDynamodb) -> None:
    def half(call: int, _operation: str, body: dict[str, Any]) -> Answer | None:
        requests = body["RequestItems"]["t"]
        if call % 2 == 0 or len(requests) < 2:
            return None
        for request in requests[::2]:
            fake.put(request["PutRequest"]["Item"])
        return 200, {"UnprocessedItems": {"t": requests[1::2]}}

    fake.fault = half
    load = Load(fake)
    for i in range(500):
        load.put(f"k{i}", i)
    load.writer.finish()
    assert (load.written, len(fake.items)) == (500, 500)


def test_items_unprocessed_for_ever_end_in_an_error_that_names_them(fake: FakeDynamodb) -> None:
    fake.fault = lambda _call, _operation, body: (200, {"UnprocessedItems": body["RequestItems"]})
    load = Load(fake, threads=1)
    load.put("key-1", 1)
    with pytest.raises(TableError, match=r"1 items of table t stay unprocessed.*key-1"):
        load.writer.finish()
    assert fake.calls == TRIES
    assert load.written == 0


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("InternalServerError", 500),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
        ("SomethingNew", 502),
    ],
)
def test_what_may_pass_is_waited_out_and_counted(
    fake: FakeDynamodb, code: str, status: int
) -> None:
    # Fewer than the tries of one writer, whichever writers they fall to.
    fake.fault = lambda call, *_: error(code, status) if call < TRIES else None
    load = Load(fake)
    for i in range(200):
        load.put(f"k{i}", i)
    load.writer.finish()
    assert (load.written, len(fake.items)) == (200, 200)
    assert load.retried[code] == TRIES - 1


@pytest.mark.parametrize("how", ["reset", "no answer", "half an answer"])
def test_a_connection_that_breaks_is_made_again(fake: FakeDynamodb, how: str) -> None:
    fake.breaks = {2: how, 3: how, 9: how}
    load = Load(fake)
    for i in range(500):
        load.put(f"k{i}", i)
    load.writer.finish()
    assert (load.written, len(fake.items)) == (500, 500)
    assert load.retried == {"ServiceUnavailable": 3}


def test_a_bad_item_is_rejected_alone(fake: FakeDynamodb) -> None:
    def refuse(_call: int, _operation: str, body: dict[str, Any]) -> Answer | None:
        bad = '"k7"' in json.dumps(body)
        return error("ValidationException") if bad else None

    fake.fault = refuse
    load = Load(fake)
    for i in range(100):
        load.put(f"k{i}", i)
    load.writer.finish()
    assert load.rejected == [(7, "because ValidationException")]
    assert (load.written, len(fake.items)) == (99, 99)


def test_another_refusal_ends_the_load(fake: FakeDynamodb) -> None:
    fake.fault = lambda *_: error("ResourceNotFoundException")
    load = Load(fake)
    load.put("k", 1)
    with pytest.raises(DynamodbError, match="ResourceNotFoundException: because"):
        load.writer.finish()


def test_a_failed_writer_stops_the_reader(fake: FakeDynamodb) -> None:
    fake.fault = lambda *_: error("ResourceNotFoundException")
    load = Load(fake)
    with pytest.raises(DynamodbError):
        for i in range(1_000_000):
            load.put(f"k{i}", i)
    load.writer.abandon()


def test_a_writer_that_cannot_connect_ends_the_load() -> None:
    def connect() -> DynamodbWire:
        raise TableError("no engine")

    writer = TableWriter(
        connect,
        "t",
        ("k",),
        threads=2,
        commit_rate=1000,
        on_written=lambda _: None,
        on_rejected=lambda *_: None,
    )
    with pytest.raises(TableError, match="no engine"):
        for i in range(1_000_000):
            writer.put({"k": {"S": f"k{i}"}}, Origin("file", i, []))
    writer.abandon()


def test_stopping_the_task_ends_the_waits(fake: FakeDynamodb) -> None:
    fake.fault = lambda *_: error("ThrottlingException")
    load = Load(fake)
    load.cancelled.set()
    load.put("k", 1)
    with pytest.raises(CancelledError):
        load.writer.finish()


def test_a_server_that_does_not_answer_is_an_error(fake: FakeDynamodb) -> None:
    wire = DynamodbWire(("http://127.0.0.1:1", "key"), "us-east-1", threading.Event())
    with pytest.raises(DynamodbError, match="DynamoDB does not answer"):
        wire.call("ListTables", {})
