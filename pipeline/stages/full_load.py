"""Lab 1: the DMS task loads the CSV files of the bucket into DynamoDB tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.cloudformation import template_text
from pipeline.errors import StageError
from pipeline.infrastructure import empty_tables, load_again
from pipeline.item_counts import count_items, items_once
from pipeline.lake import Lake
from pipeline.ownership import claim_exceptions, loaded_tables, require_no_foreign_tables
from pipeline.run_state import Record
from pipeline.settings import EXCEPTIONS_TABLE, LOADED, ROOT, TABLES
from pipeline.stages.base import Result, Stage, Work
from pipeline.table_state import (
    first_unreadable,
    holds_items,
    table_id,
    unreadable,
    unreadable_if_there,
)
from pipeline.text.counted import counted

if TYPE_CHECKING:
    from pipeline.data import Dataset

__all__ = ["FINISHED", "FullLoad", "find_task", "table_statistics"]

TEMPLATE: Final = "003-full-load"
FINISHED: Final = "FULL_LOAD_ONLY_FINISHED"
_GIVEN_UP: Final = ("Table error", "Table cancelled")
"""DMS User Guide, "Task state during tasks" and "Table statistics": TableState."""
_BUSY: Final = ("starting", "running", "stopping", "creating", "modifying", "testing")


class FullLoad(Stage):
    """Have stack 005 start the task, and compare its statistics with what was landed."""

    name = "full_load"
    needs = ("land",)
    stacks = (ROOT, LOADED)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [template_text(TEMPLATE), template_text(LOADED)]

    def missing(self, lake: Lake, record: Record) -> str | None:
        expected = {lake.settings.dynamodb_table(t): record.details["items"][t] for t in TABLES}
        for table, items in expected.items():
            found = items_once(lake, table)
            if found is None:
                return unreadable(lake, table) or f"DynamoDB table {table}"
            if found < items:
                return f"{items - found:,} of {counted(items, 'item')} of DynamoDB table {table}"
        there = lake.stacks.describe(TEMPLATE)
        task = lake.stacks.outputs(TEMPLATE).get("TaskArn") if there else None
        if task != record.details.get("task"):
            return "the DMS task that has loaded the tables"  # after a pause it is another one
        return unreadable_if_there(lake, EXCEPTIONS_TABLE)

    def lost(self, lake: Lake, record: Record) -> str | None:  # noqa: ARG002
        return _lost(lake)

    def run(self, work: Work) -> Result:
        lake = work.lake
        files = work.upstream("land").details["files"]
        arn = lake.stacks.outputs(TEMPLATE)["TaskArn"]
        task = find_task(lake, arn)
        require_no_foreign_tables(lake)
        if task["Status"] not in _BUSY and not _ended_unwatched(work, task, files):
            # From here on the tables are the lake's, even if this run is killed.
            work.note()
            if holds_items(lake, loaded_tables(lake)):
                work.progress("making the tables again, without items")
                empty_tables(lake.stacks)
            load_again(lake.stacks, work.inputs[:16])
        work.note(begun=arn, tables=_table_ids(lake))
        expected = sum(files[table]["rows"] for table in TABLES)
        seen: dict[str, object] = {}
        work.wait(
            lambda: self._ended(work, arn, expected, seen),
            lake.target.waits.full_load,
            "the DMS task to finish its full load",
            position=seen.copy,
        )
        if gone := _lost(lake):
            raise _lost_meanwhile(gone)
        claim_exceptions(lake)
        _require_complete(lake, arn)
        return self._reconciled(lake, arn, files)

    @staticmethod
    def _ended(work: Work, arn: str, expected: int, seen: dict[str, object]) -> bool | None:
        """Whether the task has ended well; puts where it is into `seen`."""
        task = find_task(work.lake, arn)
        if task["Status"] == "failed":
            raise StageError(
                f"The DMS task failed: {task.get('LastFailureMessage') or task.get('StopReason')}",
                f"Read its log: {_log(work.lake)}; then: lake run",
            )
        statistics = table_statistics(work.lake, arn)
        done = sum(s.get("FullLoadRows", 0) for s in statistics)
        work.progress(f"{done:,} of {counted(expected, 'row')}", done, expected)
        errors = sum(s.get("FullLoadErrorRows", 0) for s in statistics)
        seen |= {
            "task": task["Status"],
            "rows loaded": done,
            "rows rejected": errors,
            "tables": ", ".join(f"{s['TableName']} {s.get('TableState')}" for s in statistics),
        }
        if task["Status"] != "stopped":
            return None
        if FINISHED not in task.get("StopReason", ""):
            raise StageError(
                f"The DMS task stopped before it had finished: {task.get('StopReason')}",
                "Start it again with: lake run",
            )
        return True

    @staticmethod
    def _reconciled(lake: Lake, arn: str, files: dict[str, Any]) -> Result:
        statistics = {s["TableName"]: s for s in table_statistics(lake, arn)}
        counts: dict[str, int] = {}
        rejected = 0
        for table in TABLES:
            found = statistics.get(table, {})
            loaded, errors = found.get("FullLoadRows", 0), found.get("FullLoadErrorRows", 0)
            if loaded + errors != files[table]["rows"]:
                raise StageError(
                    f"DMS loaded {loaded:,} and rejected {counted(errors, 'row')} of {table}, but "
                    f"{files[table]['rows']:,} were landed.",
                    "Load again with: lake run --only full_load --force",
                )
            counts[table] = loaded
            counts[f"{table} rejected"] = errors
            rejected += errors
        text = (
            f"{counted(sum(counts[t] for t in TABLES), 'row')} into 4 tables, {rejected:,} rejected"
        )
        items = {t: count_items(lake, lake.settings.dynamodb_table(t)) for t in TABLES}
        for t, number in items.items():
            if number is None:
                raise _lost_meanwhile(f"DynamoDB table {lake.settings.dynamodb_table(t)}")
        return Result(text, counts, {"task": arn, "items": items})


def _ended_unwatched(work: Work, task: dict[str, Any], files: dict[str, Any]) -> bool:
    """Whether the load that an interrupted run has begun has ended well without it.

    Its tables are still the same ones, and the task's statistics account for all that was landed.
    """
    lake, arn = work.lake, task["ReplicationTaskArn"]
    if work.noted("begun") != arn or work.noted("tables") != _table_ids(lake):
        return False
    if task["Status"] != "stopped" or FINISHED not in task.get("StopReason", ""):
        return False
    statistics = {s["TableName"]: s for s in table_statistics(lake, arn)}
    return not _lost(lake) and all(
        _accounts_for(statistics.get(table, {}), files[table]["rows"]) for table in TABLES
    )


def _accounts_for(statistics: dict[str, Any], rows: int) -> bool:
    if statistics.get("TableState") in _GIVEN_UP:
        return False
    return bool(statistics.get("FullLoadRows", 0) + statistics.get("FullLoadErrorRows", 0) == rows)


def _table_ids(lake: Lake) -> list[str | None]:
    """What tells the tables from later ones of their names, in the order of `TABLES`."""
    return [table_id(lake, lake.settings.dynamodb_table(table)) for table in TABLES]


def _lost(lake: Lake) -> str | None:
    """What cannot be read of that which the load has filled."""
    return first_unreadable(lake.client("dynamodb"), loaded_tables(lake)) or unreadable_if_there(
        lake, EXCEPTIONS_TABLE
    )


def _lost_meanwhile(what: str) -> StageError:
    return StageError(f"The full load has ended, but {what} is lost.", "Load again with: lake run")


def _require_complete(lake: Lake, arn: str) -> None:
    """Name the tables that DMS gave up while it loaded the others, and what it says of why."""
    suspended = [s for s in table_statistics(lake, arn) if s.get("TableState") in _GIVEN_UP]
    if not suspended:
        return
    tables = ", ".join(
        f"{s.get('SchemaName')}.{s['TableName']} ({s['TableState']} after "
        f"{counted(s.get('FullLoadRows', 0), 'row')})"
        for s in suspended
    )
    reason = find_task(lake, arn).get("LastFailureMessage") or "it gives no reason"
    raise StageError(
        f"DMS did not load all tables: {tables}. {reason}",
        f"Read its log: {_log(lake)}; then load again with: lake run",
    )


def _log(lake: Lake) -> str:
    return lake.target.read_log(f"dms-tasks-{lake.settings.replication_instance}")


def find_task(lake: Lake, arn: str) -> dict[str, Any]:
    """The replication task as DescribeReplicationTasks shows it."""
    found = lake.client("dms").describe_replication_tasks(
        Filters=[{"Name": "replication-task-arn", "Values": [arn]}], WithoutSettings=True
    )
    return dict(found["ReplicationTasks"][0])


def table_statistics(lake: Lake, arn: str) -> list[dict[str, Any]]:
    """Statistics of the task's tables as DescribeTableStatistics shows them."""
    pages = lake.client("dms").get_paginator("describe_table_statistics")
    return [s for page in pages.paginate(ReplicationTaskArn=arn) for s in page["TableStatistics"]]
