"""The log of an invocation, its REPORT line, and the batches in which lines are put."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.lambda_.output import TAIL_BYTES, Event, InvocationLog
from lakestack.services.lambda_.report import Report, exit_error, timed_out
from lakestack.services.logs.batches import MAX_MESSAGE_BYTES


def _log(limit: int = 1_000_000) -> tuple[InvocationLog, list[Event]]:
    found: list[Event] = []
    return InvocationLog(found.extend, limit), found


def _texts(events: list[Event]) -> list[str]:
    return [text for _, text in events]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))), st.data())
def test_lines_are_whole_wherever_output_is_cut(lines: list[str], data: st.DataObject) -> None:
    raw = "".join(f"{line}\n" for line in lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=4)))
    log, found = _log()
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        log.feed(raw[start:end])
    log.flush()
    assert _texts(found) == [line for line in lines if line]


def test_a_platform_line_ends_an_open_line() -> None:
    log, found = _log()
    log.feed(b"no newline")
    log.line("END RequestId: 1")
    log.flush()
    assert _texts(found) == ["no newline", "END RequestId: 1"]


def test_output_over_the_limit_is_counted_and_said() -> None:
    log, found = _log(limit=10)
    log.feed(b"12345\n1234567890\n" * 100)
    log.end_output()
    log.line("END")
    log.flush()
    assert _texts(found)[:2] == ["12345", "1234"]
    assert "1690 bytes more were dropped" in _texts(found)[2]
    assert _texts(found)[3] == "END"


def test_a_line_longer_than_an_event_is_split_not_lost() -> None:
    log, found = _log()
    log.feed(b"x" * (2 * MAX_MESSAGE_BYTES + 5))
    log.end_output()
    log.flush()
    assert [len(text) for text in _texts(found)] == [MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, 5]


def test_the_tail_is_the_last_four_kilobytes() -> None:
    log, _ = _log()
    for n in range(1000):
        log.line(f"line {n} ü")
    assert len(log.tail.encode()) <= TAIL_BYTES
    assert log.tail.endswith("line 999 ü\n")


def test_the_report_line() -> None:
    cold = Report("id-1", 0.0123, 128, 60_000_000, 0.25)
    assert str(cold) == (
        "REPORT RequestId: id-1\tDuration: 12.30 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 58 MB\tInit Duration: 250.00 ms"
    )
    assert str(Report("id", 1, 128, 0, None, "timeout")).endswith("Used: 0 MB\tStatus: timeout")


def test_the_texts_of_timeouts_and_exits() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, 67_890, UTC)
    assert (
        timed_out("id", 3, now) == "2026-01-02T03:04:05.067Z id Task timed out after 3.00 seconds"
    )
    assert b'"errorType": "Runtime.ExitError"' in exit_error("id", 1)
    assert b"RequestId: id Error: Runtime exited with error: exit status 1" in exit_error("id", 1)
    assert b"signal: killed" in exit_error("id", -9)
    assert b"without providing a reason" in exit_error("id", 0)
