"""The full load when DMS gives up a table: which one, how far it was, and what DMS says of why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.errors import StageError
from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.stages.full_load import _require_complete

REASON = "Last Error Table 'movielens'.'ratings' was errored/suspended: InternalFailure: away"


class FakeDms:
    """One task whose tables have these states."""

    def __init__(self, failure: str | None, **states: str) -> None:
        self.failure, self.states = failure, states

    def get_paginator(self, _: str) -> FakeDms:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        rows = [
            {"SchemaName": "movielens", "TableName": t, "TableState": s, "FullLoadRows": 1625}
            for t, s in self.states.items()
        ]
        return [{"TableStatistics": rows}]

    def describe_replication_tasks(self, **_: Any) -> dict[str, Any]:
        task = {"Status": "stopped", "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED"}
        return {
            "ReplicationTasks": [
                task | ({"LastFailureMessage": self.failure} if self.failure else {})
            ]
        }


def check(dms: FakeDms) -> None:
    target = SimpleNamespace(read_log=lambda group: f"aws logs tail {group}")
    lake = SimpleNamespace(client=lambda _: dms, settings=Settings("000000000000"), target=target)
    _require_complete(cast(Lake, lake), "arn")


def test_a_suspended_table_is_named_with_its_rows_and_the_reason() -> None:
    with pytest.raises(StageError) as failed:
        check(FakeDms(REASON, ratings="Table error", movies="Table completed"))
    message = failed.value.message
    assert "movielens.ratings (Table error after 1,625 rows)" in message
    assert "movies" not in message
    assert REASON in message
    assert "aws logs tail dms-tasks-" in failed.value.hint


def test_a_task_that_gives_no_reason_is_no_other_error() -> None:
    with pytest.raises(StageError, match="it gives no reason"):
        check(FakeDms(None, ratings="Table error"))


def test_complete_tables_are_no_error() -> None:
    check(FakeDms(None, ratings="Table completed", movies="Table completed"))
