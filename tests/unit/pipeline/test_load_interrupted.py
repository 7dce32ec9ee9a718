"""A full load whose run was killed: DMS goes on without it, and the next run takes what it did."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.lake import Lake
from pipeline.run_state import Record, RunState
from pipeline.settings import TABLES, Settings
from pipeline.stages import full_load
from pipeline.stages.base import Work
from pipeline.stages.full_load import FullLoad
from tests.unit.pipeline.fakes import FakeS3, SilentReporter, client_error

ROWS = 10
ARN = "arn:aws:dms:us-east-1:000000000000:task:T"
ENDED = "Stop Reason FULL_LOAD_ONLY_FINISHED"


class Killed(BaseException):
    """Ends a run where a signal would."""


class FakeDms:
    """A task that loads when it is started, and a table of an id for each that it loads."""

    def __init__(self) -> None:
        self.task = {"Status": "ready", "StopReason": "", "ReplicationTaskArn": ARN}
        self.rows = dict.fromkeys(TABLES, 0)
        self.state = "Table completed"
        self.loads = 0
        self.table_id = "first"

    def load(self) -> None:
        self.loads += 1
        self.task |= {"Status": "running", "StopReason": ""}

    def finish(self, reason: str = ENDED, rows: int = ROWS) -> None:
        self.task |= {"Status": "stopped", "StopReason": reason}
        self.rows = dict.fromkeys(TABLES, rows)

    def describe_replication_tasks(self, **_: Any) -> dict[str, Any]:
        return {"ReplicationTasks": [self.task]}

    def get_paginator(self, _: str) -> FakeDms:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        rows = [
            {"TableName": t, "TableState": self.state, "FullLoadRows": n}
            for t, n in self.rows.items()
        ]
        return [{"TableStatistics": rows}]

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        if "exceptions" in TableName:
            raise client_error("ResourceNotFoundException")
        return {"Table": {"TableStatus": "ACTIVE", "TableId": f"{TableName} {self.table_id}"}}


class Runs:
    """Runs of the stage in one lake."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dms = FakeDms()
        settings = Settings("000000000000")
        self.state = RunState(FakeS3(), "bucket", "_lake")
        files = {table: {"rows": ROWS} for table in TABLES}
        self.state.write(Record("land", "done", "landed", details={"files": files}))
        self.killed = False
        self._lake = SimpleNamespace(
            client=lambda _: self.dms,
            settings=settings,
            state=self.state,
            stacks=SimpleNamespace(outputs=lambda _: {"TaskArn": ARN}),
            target=SimpleNamespace(
                usual={}, waits=SimpleNamespace(full_load=9), read_log=lambda _: ""
            ),
            cancelled=SimpleNamespace(is_set=lambda: False),
            reporter=SilentReporter(),
            poll=self._poll,
        )
        for name, instead in {
            "require_no_foreign_tables": lambda _: None,
            "claim_exceptions": lambda _: None,
            "holds_items": lambda *_: self.dms.loads > 0,
            "empty_tables": lambda _: None,
            "load_again": lambda *_: self.dms.load(),
            "count_items": lambda *_: ROWS,
        }.items():
            monkeypatch.setattr(full_load, name, instead)

    def _poll(self, look: Any, *_: Any, **__: Any) -> Any:
        if self.killed:
            raise Killed
        if self.dms.task["Status"] == "running":
            self.dms.finish()
        return look()

    def run(self, *, killed: bool = False, forced: bool = False) -> None:
        self.killed = killed
        lake = cast(Lake, self._lake)
        before = self.state.read("full_load")
        work = Work(lake, cast(Any, None), "full_load", "inputs", forced=forced, before=before)
        if not killed:
            FullLoad().run(work)
            return
        with pytest.raises(Killed):
            FullLoad().run(work)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    made = Runs(monkeypatch)
    made.run(killed=True)
    assert made.dms.loads == 1
    return made


def test_a_load_that_goes_on_is_waited_for(runs: Runs) -> None:
    runs.run()
    assert runs.dms.loads == 1


def test_a_load_that_has_ended_meanwhile_is_not_done_again(runs: Runs) -> None:
    runs.dms.finish()
    runs.run(killed=True)
    runs.run()
    assert runs.dms.loads == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda dms: dms.finish("Stop Reason NORMAL"),
        lambda dms: dms.finish(rows=ROWS - 1),
        lambda dms: setattr(dms, "state", "Table error"),
        lambda dms: setattr(dms, "table_id", "made again"),
    ],
    ids=["stopped", "rows missing", "table given up", "tables made again"],
)
def test_one_that_has_not_ended_well_is(runs: Runs, change: Any) -> None:
    runs.dms.finish()
    change(runs.dms)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(full_load, "_require_complete", lambda *_: None)
        runs.run()
    assert runs.dms.loads == 2


def test_force_loads_again(runs: Runs) -> None:
    runs.dms.finish()
    runs.run(forced=True)
    assert runs.dms.loads == 2


def test_a_run_that_dies_before_the_task_is_started_has_begun_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = Runs(monkeypatch)
    runs.dms.finish()  # by an earlier lake's run, of other tables

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(full_load, "load_again", killed)
        runs.run(killed=True)
    runs.run()
    assert runs.dms.loads == 1
