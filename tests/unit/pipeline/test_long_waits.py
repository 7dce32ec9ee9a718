"""How long the load and the stream's consumer take grows with the rows, and so do the waits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline import item_counts, polling
from pipeline.errors import StageTimeoutError
from pipeline.settings import TABLES
from pipeline.stages import Work, full_load
from pipeline.stages.full_load import FullLoad
from pipeline.stages.stream import Stream
from tests.unit.pipeline.test_stages import FakeLake, FakeLambda, work

LONGEST = 5
"""Seconds without movement; each look takes one."""
ROWS = 40
"""One more at each look, so it takes longer in all."""


class Clock:
    """The module `time`, in which a sleep takes no time."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, _seconds: float) -> None:
        self.now += 1


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(polling, "time", clock)
    monkeypatch.setattr(item_counts, "time", clock)
    return clock


def at_work(longest: float = LONGEST) -> Work:
    lake = FakeLake(**{"lambda": FakeLambda(one="Disabled")})
    waits = replace(lake.target.waits, full_load=longest)
    lake.target = SimpleNamespace(waits=waits, sizes=lake.target.sizes, usual={})
    return work(lake, "any")


class Growing:
    """A number that grows at each look up to `end`, and then stays."""

    def __init__(self, end: int) -> None:
        self.seen, self.end = 0, end

    def look(self, *_: Any) -> int:
        self.seen = min(self.seen + 1, self.end)
        return self.seen


@pytest.mark.parametrize("end", [ROWS, ROWS - 1], ids=["ends", "stays"])
def test_a_consumer_that_writes_is_waited_for(monkeypatch: pytest.MonkeyPatch, end: int) -> None:
    items = Growing(end)
    monkeypatch.setattr(item_counts, "reported_items", items.look)
    monkeypatch.setattr(item_counts, "count_items", lambda *_: items.seen)
    if end == ROWS:
        assert Stream._consumption(at_work(), ROWS) == ROWS
        return
    said = "Nothing has moved for 5 s.*items written 39, event source mapping Disabled"
    with pytest.raises(StageTimeoutError, match=said):
        Stream._consumption(at_work(), ROWS)


def test_a_table_that_reports_old_numbers_is_counted_now_and_then(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """On AWS ItemCount is hours old; a count reads the whole table."""
    counts: list[float] = []
    items = Growing(500)

    def count(*_: Any) -> int:
        counts.append(clock.monotonic())
        return items.seen

    monkeypatch.setattr(item_counts, "reported_items", lambda *_: items.look() and 0)
    monkeypatch.setattr(item_counts, "count_items", count)
    waiting = at_work(longest=50)
    assert Stream._consumption(waiting, 400) >= 400
    assert 20 <= len(counts) <= 60
    assert all(later - one >= 10 for one, later in pairwise(counts))


def test_looking_takes_a_small_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """A table of a million items: DescribeTable and a Scan hinder who writes it."""
    spent = 0.0

    def slow(seconds: float, answer: int) -> int:
        nonlocal spent
        spent += seconds
        clock.now += seconds
        return answer

    monkeypatch.setattr(item_counts, "reported_items", lambda *_: slow(0.5, 7))
    monkeypatch.setattr(item_counts, "count_items", lambda *_: slow(6, 7))
    table, began = item_counts.GrowingTable(cast(Any, None), "t"), clock.now
    while clock.now < began + 3000:
        table.look(1000)
        clock.now += 1
    assert spent < 0.16 * (clock.now - began)
    assert (table.known, table.counted, table.gone) == (7, 7, False)


def test_an_answer_that_came_late_does_not_put_off_the_next_look(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Where the engine has much to do, an answer waits for its turn."""
    looks: list[float] = []

    def late(*_: Any) -> int:
        looks.append(clock.now)
        clock.now += 5 if len(looks) == 1 else 0.001
        return 7

    monkeypatch.setattr(item_counts, "reported_items", late)
    monkeypatch.setattr(item_counts, "count_items", lambda *_: 7)
    table = item_counts.GrowingTable(cast(Any, None), "t")
    for _ in range(20):
        table.look(1000)
        clock.now += 1
    assert looks[1] - looks[0] <= 16


@pytest.mark.parametrize("end", [ROWS, ROWS - 1], ids=["ends", "stays"])
def test_a_load_that_moves_is_waited_for(monkeypatch: pytest.MonkeyPatch, end: int) -> None:
    rows = Growing(end)

    def task(*_: Any) -> dict[str, Any]:
        done = rows.seen >= ROWS
        reason = {"StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED"} if done else {}
        return {"Status": "stopped" if done else "running", **reason}

    def statistics(*_: Any) -> list[dict[str, Any]]:
        return [{"TableName": "ratings", "FullLoadRows": rows.look(), "TableState": "x"}]

    needless = ("require_no_foreign_tables", "_table_ids", "_lost", "claim_exceptions")
    for name in (*needless, "_require_complete"):
        monkeypatch.setattr(full_load, name, lambda *_: None)
    monkeypatch.setattr(full_load, "find_task", task)
    monkeypatch.setattr(full_load, "table_statistics", statistics)
    monkeypatch.setattr(FullLoad, "_reconciled", lambda *_: "loaded")
    loading = at_work()
    files = {table: {"rows": ROWS // 4} for table in TABLES}
    monkeypatch.setattr(
        Work, "upstream", lambda *_: SimpleNamespace(details={"files": files}), raising=True
    )
    loading.lake.stacks = cast(Any, SimpleNamespace(outputs=lambda _: {"TaskArn": "arn"}))
    if end == ROWS:
        assert cast(Any, FullLoad().run(loading)) == "loaded"
        return
    with pytest.raises(StageTimeoutError, match=r"Nothing has moved for 5 s.*rows loaded 39"):
        FullLoad().run(loading)
