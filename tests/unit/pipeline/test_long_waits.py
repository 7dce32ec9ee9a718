"""How long the load and the stream's consumer take grows with the rows, and so do the waits."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline import polling
from pipeline.errors import StageTimeoutError
from pipeline.settings import TABLES
from pipeline.stages import Work, full_load, stream
from pipeline.stages.full_load import FullLoad
from pipeline.stages.stream import Stream
from tests.unit.pipeline.test_stages import FakeLake, work

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
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(polling, "time", clock)
    monkeypatch.setattr(stream, "time", clock)


def at_work() -> Work:
    lake = FakeLake()
    waits = replace(lake.target.waits, full_load=LONGEST)
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
    monkeypatch.setattr(stream, "COUNT_SECONDS", 0)
    monkeypatch.setattr(stream, "_pairs", lambda _: range(ROWS))
    monkeypatch.setattr(stream, "count_items", Growing(end).look)
    if end == ROWS:
        assert Stream._consumption(at_work()) == ROWS
        return
    with pytest.raises(StageTimeoutError, match="Nothing has moved for 5 s"):
        Stream._consumption(at_work())


@pytest.mark.parametrize("end", [ROWS, ROWS - 1], ids=["ends", "stays"])
def test_a_load_that_moves_is_waited_for(monkeypatch: pytest.MonkeyPatch, end: int) -> None:
    rows = Growing(end)

    def task(*_: Any) -> dict[str, Any]:
        done = rows.seen >= ROWS
        reason = {"StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED"} if done else {}
        return {"Status": "stopped" if done else "running", **reason}

    def statistics(*_: Any) -> list[dict[str, Any]]:
        return [{"TableName": "ratings", "FullLoadRows": rows.look(), "TableState": "x"}]

    for name in ("require_no_foreign_tables", "_lost", "claim_exceptions", "_require_complete"):
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
    with pytest.raises(StageTimeoutError, match="Nothing has moved for 5 s"):
        FullLoad().run(loading)
