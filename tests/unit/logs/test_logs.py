"""Batches of log events stay within CloudWatch Logs' limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.logs import stream as logs
from lakestack.services.logs.stream import (
    EVENT_OVERHEAD,
    MAX_BYTES,
    MAX_EVENTS,
    MAX_MESSAGE_BYTES,
    _batches,
    _messages,
)


def test_a_line_over_the_limit_is_split_and_loses_nothing() -> None:
    line = "x" * (MAX_MESSAGE_BYTES * 2 + 5)

    parts = _messages(line)

    assert "".join(parts) == line
    assert max(map(len, parts)) == MAX_MESSAGE_BYTES


def test_empty_lines_are_left_out() -> None:
    assert _messages("one\n\ntwo\n") == ["one", "two"]


def test_more_events_than_a_batch_may_have_make_several_batches() -> None:
    events = [{"timestamp": 0, "message": "x"}] * (MAX_EVENTS + 1)

    assert [len(batch) for batch in _batches(events)] == [MAX_EVENTS, 1]


@given(st.lists(st.integers(1, MAX_MESSAGE_BYTES), max_size=20))
def test_every_batch_fits_and_order_is_kept(sizes: list[int]) -> None:
    events = [{"timestamp": i, "message": "x" * size} for i, size in enumerate(sizes)]

    batches = _batches(events)

    assert [event for batch in batches for event in batch] == events
    for batch in batches:
        assert sum(len(e["message"]) + EVENT_OVERHEAD for e in batch) <= MAX_BYTES


class _Kept(list[str]):
    """In the place of a log stream."""

    write = list.append


def test_a_flood_ends_with_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_LOG_BYTES", 100)
    kept = _Kept()
    log = logs.BoundedLog(kept)  # type: ignore[arg-type]
    for _ in range(50):
        log.write("x" * 9)
    assert kept[:-1] == ["x" * 9] * 10
    assert kept[-1] == "(the emulator keeps no more than 100 bytes of this log)"
