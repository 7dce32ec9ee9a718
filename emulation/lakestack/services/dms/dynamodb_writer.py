"""Parallel writers of one DynamoDB table.

Rows with the same key always go to the same writer and in order, so the last one wins whatever
the number of writers, as it would with one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from lakestack.services.dms.dynamodb_wire import BATCH, DynamodbError, DynamodbWire
from lakestack.services.dms.errors import CancelledError
from lakestack.services.dms.item_mapping import Item, Row

POLL_SECONDS = 0.2
# Enough to keep a writer busy; more would only hold memory and delay a stop.
MOST_QUEUED_BATCHES = 8


class Origin(NamedTuple):
    """Where an item comes from: object key, line in it, the row as read."""

    file: str
    line: int
    row: Row


Entry = tuple[Item, Origin]
Key = tuple[Any, ...]


class TableWriter:
    """Writes items in batches of 25 over `threads` connections.

    Args:
        connect: makes a connection; called once per thread
        keys: names of the table's key attributes
        commit_rate: most rows that are queued and not yet written
        on_written: told how many rows DynamoDB has taken
        on_rejected: told of a row that DynamoDB refuses, with its reason; may raise to end the load
    """

    def __init__(
        self,
        connect: Callable[[], DynamodbWire],
        table: str,
        keys: tuple[str, ...],
        *,
        threads: int,
        commit_rate: int,
        on_written: Callable[[int], None],
        on_rejected: Callable[[Origin, str], None],
    ) -> None:
        self._connect, self._table, self._keys = connect, table, keys
        self._on_written, self._on_rejected = on_written, on_rejected
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        depth = min(max(1, commit_rate // (BATCH * threads)), MOST_QUEUED_BATCHES)
        self._queues: list[queue.Queue[tuple[list[Entry], int] | None]] = [
            queue.Queue(depth) for _ in range(threads)
        ]
        self._batches: list[dict[Key, Entry]] = [{} for _ in range(threads)]
        self._rows = [0] * threads
        self._threads = [
            threading.Thread(target=self._work, args=(q,), name=f"dms-{table}-{i}", daemon=True)
            for i, q in enumerate(self._queues)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, item: Item, origin: Origin) -> None:
        """Queue one item; raises what ended a writer."""
        key = tuple(_key_part(item[name]) for name in self._keys)
        writer = hash(key) % len(self._queues)
        batch = self._batches[writer]
        # Taking the older item out keeps the batch in the order of the rows.
        batch.pop(key, None)
        batch[key] = (item, origin)
        self._rows[writer] += 1
        if len(batch) == BATCH:
            self._flush(writer)

    def finish(self) -> None:
        """Write what is queued and wait; raises what ended a writer."""
        for writer, batch in enumerate(self._batches):
            if batch:
                self._flush(writer)
        for writer in range(len(self._queues)):
            self._enqueue(writer, None)
        for thread in self._threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def abandon(self) -> None:
        """End the writers without writing what is queued."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _flush(self, writer: int) -> None:
        batch, rows = list(self._batches[writer].values()), self._rows[writer]
        self._batches[writer], self._rows[writer] = {}, 0
        self._enqueue(writer, (batch, rows))

    def _enqueue(self, writer: int, work: tuple[list[Entry], int] | None) -> None:
        while True:
            if self._failure is not None:
                raise self._failure
            if self._ended.is_set():
                raise CancelledError("the load was abandoned")
            try:
                return self._queues[writer].put(work, timeout=POLL_SECONDS)
            except queue.Full:
                continue

    def _work(self, work: queue.Queue[tuple[list[Entry], int] | None]) -> None:
        wire: DynamodbWire | None = None
        try:
            wire = self._connect()
            while not self._ended.is_set():
                try:
                    task = work.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                if task is None:
                    return
                self._write(wire, *task)
        except BaseException as e:
            self._failure = self._failure or e
            self._ended.set()
        finally:
            if wire is not None:
                wire.close()

    def _write(self, wire: DynamodbWire, batch: list[Entry], rows: int) -> None:
        try:
            wire.write(self._table, [{"PutRequest": {"Item": item}} for item, _ in batch])
        except DynamodbError as e:
            if e.code != "ValidationException":
                raise
            rows -= self._write_singly(wire, batch)
        self._on_written(rows)

    def _write_singly(self, wire: DynamodbWire, batch: list[Entry]) -> int:
        """One bad item makes DynamoDB refuse its whole batch: find it and reject it alone."""
        rejected = 0
        for item, origin in batch:
            try:
                wire.call("PutItem", {"TableName": self._table, "Item": item})
            except DynamodbError as e:
                if e.code != "ValidationException":
                    raise
                rejected += 1
                self._on_rejected(origin, e.reason)
        return rejected


def _key_part(value: dict[str, Any]) -> Any:
    text = value.get("S")
    # 1 and 1.0 are one key to DynamoDB.
    return text if text is not None else Decimal(value["N"])
