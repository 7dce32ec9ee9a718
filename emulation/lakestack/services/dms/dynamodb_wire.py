"""Requests to DynamoDB's engine that are made again: a bulk mover's shortest way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson

from lakestack.services.dms.errors import CancelledError, TableError
from lakestack.services.dynamodb.engine_connection import Answer, EngineConnections
from lakestack.services.dynamodb.segmented_scan import Scans
from lakestack.services.retries import TRANSIENT_CODES, Backoff

BATCH = 25
BACKOFF = Backoff()
"""DynamoDB may be away for a minute: its process starts again within seconds."""
TIMEOUT_SECONDS = 60


class DynamodbError(TableError):
    """DynamoDB refused a request for good.

    Args:
        code: DynamoDB's error code
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.reason = code, message


class DynamodbWire:
    """A connection; use one per thread.

    Args:
        endpoint: URL and access key id, as `engine_endpoint` returns them
        cancelled: set when the task is stopped: ends every wait with `CancelledError`
        on_retry: told why, before a request is made again
    """

    def __init__(
        self,
        endpoint: tuple[str, str],
        region: str,
        cancelled: threading.Event,
        on_retry: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        url, self._access_key = endpoint
        self._region, self._cancelled, self._on_retry = region, cancelled, on_retry
        self._connections = EngineConnections(urlsplit(url).port or 0, TIMEOUT_SECONDS)
        self._scans = Scans()

    def close(self) -> None:
        self._connections.close()

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Do one operation; what may succeed the next time is retried with back-off.

        Raises:
            DynamodbError: DynamoDB refused it, or goes on failing
        """
        return _parsed(self._ask(operation, orjson.dumps(request)))

    def scan(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read a page of a table, which is large: its cost does not grow with the table.

        Raises:
            DynamodbError: as `call`
        """
        failures: list[DynamodbError] = []

        def ask(operation: str, body: bytes) -> Answer:
            try:
                return Answer(200, self._ask(operation, body))
            except DynamodbError as e:
                failures.append(e)
                return Answer(400, e.reason.encode())

        answer = self._scans.scan("", orjson.dumps(request), request, ask)
        if answer.status != 200:
            raise failures[-1]
        return _parsed(answer.body)

    def _ask(self, operation: str, body: bytes) -> bytes:
        waits = BACKOFF.waits()
        while True:
            try:
                told = self._connections.ask(operation, self._access_key, self._region, body)
            except OSError as e:
                text = f"DynamoDB does not answer: {type(e).__name__}: {e}"
                failure = DynamodbError("ServiceUnavailable", text)
            else:
                if told.status == 200:
                    return told.body
                answer = _parsed(told.body)
                code = str(answer.get("__type", "InternalServerError")).rpartition("#")[2]
                message = str(answer.get("message") or answer.get("Message") or told.status)
                failure = DynamodbError(code, message)
                if told.status < 500 and code not in TRANSIENT_CODES:
                    raise failure
            wait = next(waits, None)
            if wait is None:
                raise failure
            self._on_retry(failure.code)
            self._wait(wait)

    def write(self, table: str, requests: list[dict[str, Any]]) -> None:
        """Write up to 25 put or delete requests; unprocessed ones are sent again.

        Raises:
            TableError: some stay unprocessed for as long as it is tried; it names the first
        """
        tries, waits = 0, BACKOFF.waits()
        while True:
            tries += 1
            answer = self.call("BatchWriteItem", {"RequestItems": {table: requests}})
            unprocessed = answer.get("UnprocessedItems")
            if not unprocessed:
                return
            requests = unprocessed[table]
            wait = next(waits, None)
            if wait is None:
                raise TableError(
                    f"{len(requests)} items of table {table} stay unprocessed after {tries} "
                    f"tries; the first is {orjson.dumps(requests[0]).decode()[:300]}"
                )
            self._on_retry("UnprocessedItems")
            self._wait(wait)

    def _wait(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise CancelledError("the task was stopped")


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        answer = {"message": raw[:300].decode(errors="replace")}
    return answer if isinstance(answer, dict) else {}
