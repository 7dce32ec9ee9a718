"""A task waits for a table for as long as something changes about it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lakestack.services.dms import dynamodb_target
from lakestack.services.dms.dynamodb_target import DynamodbTarget
from lakestack.services.dms.errors import TableError


class Clock:
    """The module `time`, moved on by the looks."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Going(DynamodbTarget):
    """A target whose table loses items at each look, twenty seconds apart, down to `left`."""

    def __init__(self, clock: Clock, left: int) -> None:
        self._cancelled, self._clock, self._items, self._left = threading.Event(), clock, 20, left

    def _describe(self, table: str) -> dict[str, Any] | None:  # noqa: ARG002
        self._clock.now += 20
        self._items = max(self._items - 1, self._left)
        return {"TableStatus": "DELETING", "ItemCount": self._items} if self._items else None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(dynamodb_target, "time", made)
    monkeypatch.setattr(dynamodb_target, "POLL_SECONDS", 0)
    return made


def test_a_table_that_goes_slowly_is_waited_for(clock: Clock) -> None:
    Going(clock, 0)._wait("t", gone=True)
    assert clock.now == 400


def test_one_that_stands_still_is_an_error_that_names_where(clock: Clock) -> None:
    with pytest.raises(TableError) as raised:
        Going(clock, 5)._wait("t", gone=True)
    assert raised.value.message == (
        "Table t is not gone: it has been DELETING with 5 items for 60 seconds"
    )
    assert clock.now == 360
