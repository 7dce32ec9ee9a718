"""Brings what changes in tables to their streams, in the order of the writes.

Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams": for each item that is
modified, the stream records appear in the same sequence as the actual modifications to the item.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.dynamodb.provider import EventForwarder

LOG = logging.getLogger(__name__)

_GONE = ("ResourceNotFoundException",)

Work = Callable[[], object]


class InTurn:
    """Runs work of one key in the order in which it came, work of several keys side by side.

    Args:
        executor: of the threads; work of a key holds one of them while there is any
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, deque[Work]] = {}

    def submit(self, key: Hashable, work: Work) -> None:
        """Run work after what came before it for its key; never waits."""
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is not None:
                waiting.append(work)
                return
            self._waiting[key] = deque([work])
        self._executor.submit(self._run, key)

    def _run(self, key: Hashable) -> None:
        while True:
            with self._lock:
                waiting = self._waiting[key]
                if not waiting:
                    del self._waiting[key]
                    return
                work = waiting.popleft()
            try:
                work()
            except Exception:
                LOG.exception("work for %s failed", key)


class Forwarder(EventForwarder):  # type: ignore[misc]
    """LocalStack's, which hands each write to any of ten threads: here a table has one at a time.

    Records to a stream of Kinesis never name an identity. Records that a stream does not take are
    counted in the log: the write itself is done.
    """

    def __init__(self) -> None:
        super().__init__()
        self._in_turn = InTurn(self.executor)

    def _submit_records(self, account_id: str, region_name: str, records_map: Any) -> None:
        for table, found in records_map.items():
            work = functools.partial(self._forward, account_id, region_name, {table: found})
            self._in_turn.submit((account_id, region_name, table), work)

    def _forward(self, account_id: str, region_name: str, records_map: Any) -> None:
        for forward in (self.forward_to_kinesis_stream, self.forward_to_ddb_stream):
            try:
                forward(account_id, region_name, records_map)
            except Exception as e:
                if isinstance(e, ClientError) and e.response["Error"]["Code"] in _GONE:
                    continue  # the stream was deleted: nobody waits for the records
                for table, found in records_map.items():
                    count = len(found["records"])
                    LOG.error("%d records of table %s are lost to its stream: %s", count, table, e)

    @staticmethod
    def forward_to_kinesis_stream(account_id: str, region_name: str, records_map: Any) -> None:
        plain = {
            table: {**found, "records": [_without_identity(each) for each in found["records"]]}
            for table, found in records_map.items()
        }
        EventForwarder.forward_to_kinesis_stream(account_id, region_name, plain)


def _without_identity(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "userIdentity"}
