"""What a task knows about its tables while it runs: the source of DescribeTableStatistics."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lakestack import clock

BEFORE_LOAD = "Before load"
FULL_LOAD = "Full load"
COMPLETED = "Table completed"
CANCELLED = "Table cancelled"
ERROR = "Table error"
RELOADING = "Table is being reloaded"


@dataclass
class TableProgress:
    """Counts and state of one source table; `lock` guards the counts."""

    schema: str
    name: str
    state: str = BEFORE_LOAD
    rows: int = 0
    error_rows: int = 0
    bytes_read: int = 0
    bytes_total: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    updated: datetime = field(default_factory=clock.utc)
    reloaded: bool = False
    failure: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def snapshot(self) -> dict[str, Any]:
        """As plain data."""
        with self.lock:
            return {name: value for name, value in vars(self).items() if name != "lock"}

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    def reset(self, state: str = BEFORE_LOAD) -> None:
        """Forget an earlier load."""
        with self.lock:
            self.reloaded = self.started is not None
            self.state, self.rows, self.error_rows = state, 0, 0
            self.bytes_read = self.bytes_total = 0
            self.started = self.ended = self.failure = None
            self.updated = clock.utc()

    def begin(self) -> None:
        with self.lock:
            self.started = self.updated = clock.utc()
            if self.state != RELOADING:
                self.state = FULL_LOAD

    def end(self, state: str, failure: str | None = None) -> None:
        """Enter a final state.

        Args:
            failure: why the table is in error
        """
        with self.lock:
            self.failure = failure
            self.ended = self.updated = clock.utc()
            self.state = state

    def add_rows(self, count: int) -> None:
        with self.lock:
            self.rows += count
            self.updated = clock.utc()

    def add_error(self) -> int:
        """Count a rejected row; returns how many there are now."""
        with self.lock:
            self.error_rows += 1
            self.updated = clock.utc()
            return self.error_rows

    def add_bytes(self, count: int) -> None:
        with self.lock:
            self.bytes_read += count

    def statistics(self) -> dict[str, Any]:
        """AWS's TableStatistics."""
        with self.lock:
            answer: dict[str, Any] = {
                "SchemaName": self.schema,
                "TableName": self.name,
                "Inserts": 0,
                "Deletes": 0,
                "Updates": 0,
                "Ddls": 0,
                "AppliedInserts": 0,
                "AppliedDeletes": 0,
                "AppliedUpdates": 0,
                "AppliedDdls": 0,
                "FullLoadRows": self.rows,
                "FullLoadCondtnlChkFailedRows": 0,
                "FullLoadErrorRows": self.error_rows,
                "FullLoadReloaded": self.reloaded,
                "LastUpdateTime": self.updated,
                "TableState": self.state,
                "ValidationPendingRecords": 0,
                "ValidationFailedRecords": 0,
                "ValidationSuspendedRecords": 0,
                "ValidationState": "Not enabled",
            }
            if self.started is not None:
                answer["FullLoadStartTime"] = self.started
            if self.ended is not None:
                answer["FullLoadEndTime"] = self.ended
            return answer


def percent(tables: list[TableProgress]) -> int:
    """FullLoadProgressPercent: bytes read of all bytes; 100 only when every table has ended."""
    if not tables:
        return 0
    if all(t.state in (COMPLETED, ERROR) for t in tables):
        return 100
    total = sum(t.bytes_total for t in tables)
    done = sum(t.bytes_total if t.state == COMPLETED else t.bytes_read for t in tables)
    return min(99, done * 100 // total) if total else 0
