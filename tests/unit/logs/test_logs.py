"""Batches of log events stay within CloudWatch Logs' limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.logs import stream as logs
from lakestack.services.logs.batches import (
    EVENT_OVERHEAD,
    MAX_BYTES,
    MAX_EVENTS,
    MAX_MESSAGE_BYTES,
    LogEvent,
    batches,
    messages,
    pieces,
)


def test_a_line_over_the_limit_is_split_and_loses_nothing() -> None:
    line = "x" * (MAX_MESSAGE_BYTES * 2 + 5)

    parts = messages(line)

    assert "".join(parts) == line
    assert max(map(len, parts)) == MAX_MESSAGE_BYTES


@given(st.text(st.sampled_from("aé€😀\ud800"), min_size=1, max_size=9), st.integers(0, 3))
def test_a_line_is_cut_between_characters(text: str, odd: int) -> None:
    line = "x" * (MAX_MESSAGE_BYTES - odd) + text

    parts = messages(line)

    assert "".join(parts) == line.encode(errors="replace").decode()
    assert max(len(part.encode()) for part in parts) <= MAX_MESSAGE_BYTES


def test_what_is_not_utf_8_is_cut_too() -> None:
    raw = b"\x80" * (MAX_MESSAGE_BYTES * 2 + 1)

    assert b"".join(pieces(raw)) == raw
    assert max(map(len, pieces(raw))) <= MAX_MESSAGE_BYTES
    assert pieces(b"") == []


def test_batches_of_25_large_lines() -> None:
    events: list[LogEvent] = [{"timestamp": n, "message": "x" * 100_000} for n in range(25)]

    assert len(batches(events)) == 3
    assert batches([]) == []


def test_empty_lines_are_left_out() -> None:
    assert messages("one\n\ntwo\n") == ["one", "two"]


def test_more_events_than_a_batch_may_have_make_several_batches() -> None:
    events: list[LogEvent] = [{"timestamp": 0, "message": "x"}] * (MAX_EVENTS + 1)

    assert [len(batch) for batch in batches(events)] == [MAX_EVENTS, 1]


@given(st.lists(st.integers(1, MAX_MESSAGE_BYTES), max_size=20))
def test_every_batch_fits_and_order_is_kept(sizes: list[int]) -> None:
    events: list[LogEvent] = [
        {"timestamp": i, "message": "x" * size} for i, size in enumerate(sizes)
    ]

    found = batches(events)

    assert [event for batch in found for event in batch] == events
    for batch in found:
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
