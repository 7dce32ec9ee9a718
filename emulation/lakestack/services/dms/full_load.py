"""A full load: the tables of a task from S3 to DynamoDB, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.base import client
from lakestack.services.dms import progress as states
from lakestack.services.dms.dynamodb_target import DynamodbTarget
from lakestack.services.dms.errors import CancelledError, TableError, TaskError
from lakestack.services.dms.exceptions_table import ExceptionsTable
from lakestack.services.dms.external_table import SourceTable
from lakestack.services.dms.item_mapping import ItemMapping, compile_mapping
from lakestack.services.dms.progress import TableProgress
from lakestack.services.dms.recovery import Recovery
from lakestack.services.dms.s3_source import S3Source
from lakestack.services.dms.table_load import LoadContext, TableLoad
from lakestack.services.dms.table_mapping import TableMappings
from lakestack.services.dms.task_log import TARGET_LOAD, TASK_MANAGER, TaskLog
from lakestack.services.dms.task_settings import STOP_TASK, TaskSettings

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class LoadPlan:
    """Everything a run needs, as plain values: nothing of the request that started it.

    Args:
        task_id: the task's resource id
    """

    account: str
    region: str
    task_id: str
    source: S3Source
    mappings: TableMappings
    settings: TaskSettings


@dataclass(frozen=True)
class _Work:
    table: SourceTable
    mapping: ItemMapping
    progress: TableProgress


@dataclass(frozen=True)
class _Target:
    """A target table of the run: its keys, its items before the load, the tables that fill it."""

    keys: dict[str, str]
    before: int
    tables: list[TableProgress]


class FullLoad:
    """One run of a task over some of its tables.

    Args:
        tables: progress of the tables to load, by (schema, name)
        cancelled: set to stop the run
    """

    def __init__(
        self,
        plan: LoadPlan,
        tables: dict[tuple[str, str], TableProgress],
        cancelled: threading.Event,
        log: TaskLog,
    ) -> None:
        self._plan, self._tables, self._log = plan, tables, log
        self._stopped = cancelled
        self._failure: TaskError | None = None
        self._errors = 0
        self._lock = threading.Lock()

    def run(self) -> None:
        """Load; returns when every table is completed or in error.

        Raises:
            CancelledError: the user stopped the task
            TaskError: an error policy, or an error that is no table's own, ended the task
        """
        try:
            self._run()
        except ClientError as e:
            error = e.response["Error"]
            raise TaskError(f"{error['Code']}: {error['Message']}") from e
        except BotoCoreError as e:
            raise TaskError(f"{type(e).__name__}: {e}") from e
        except TableError as e:
            raise TaskError(e.message) from e
        finally:
            for table in self._tables.values():
                if table.state not in (states.COMPLETED, states.ERROR):
                    table.end(states.CANCELLED)

    def _run(self) -> None:
        plan = self._plan
        recovery = Recovery(self._log, TARGET_LOAD, "Tables of the target", self._stopped)
        target = DynamodbTarget(plan.account, plan.region, self._stopped, recovery)
        context = LoadContext(
            s3=client(plan.account, plan.region, "s3"),
            source=plan.source,
            target=target,
            exceptions=ExceptionsTable(target, plan.task_id),
            settings=plan.settings,
            cancelled=self._stopped,
            log=self._log,
        )
        try:
            self._load_all(context)
        finally:
            # Rejected rows are kept also when the task fails or is stopped.
            context.exceptions.finish()
            recovery.report()
        if self._failure is not None:
            raise self._failure
        if self._stopped.is_set():
            raise CancelledError("the task was stopped")

    def _load_all(self, context: LoadContext) -> None:
        targets: dict[str, _Target] = {}
        with ThreadPoolExecutor(self._plan.settings.max_subtasks, "dms-table") as pool:
            for table in self._plan.source.tables:
                progress = self._tables.get((table.schema, table.name))
                if progress is None or self._stopped.is_set():
                    continue
                work = self._guarded(progress, self._prepare, table, progress, targets, context)
                if work is not None:
                    pool.submit(self._guarded, progress, self._load, work, context)
        for name, target in targets.items():
            self._report_shared_keys(name, target, context)

    def _prepare(
        self,
        table: SourceTable,
        progress: TableProgress,
        targets: dict[str, _Target],
        context: LoadContext,
    ) -> _Work:
        """Compile the mapping and make the target ready, once per target table."""
        mapping = compile_mapping(table, self._plan.mappings.mapping_of(table.schema, table.name))
        for warning in mapping.warnings:
            self._log.warning(TARGET_LOAD, f"Table {table.full_name}: {warning}")
        name, settings = mapping.target_table, self._plan.settings
        target = targets.get(name)
        if target is None:
            context.target.prepare(
                name, mapping.key_types, settings.prep_mode, settings.load_threads
            )
            context.exceptions.clear(name)
            target = targets[name] = _Target(mapping.key_types, context.target.count(name), [])
        elif target.keys != mapping.key_types:
            raise TableError(
                f"Table {table.full_name} has the target table {name}, as "
                f"{target.tables[0].full_name} has, but other keys; give it its own "
                "target-table-name"
            )
        target.tables.append(progress)
        return _Work(table, mapping, progress)

    def _report_shared_keys(self, name: str, target: _Target, context: LoadContext) -> None:
        """Say how many rows were sent that are no items of their own."""
        rows = sum(table.rows for table in target.tables)
        shared = rows - (context.target.count(name) - target.before)
        if shared > 0:
            tables = ", ".join(table.full_name for table in target.tables)
            other = " or with an item that was there before" if target.before else ""
            self._log.warning(
                TARGET_LOAD,
                f"Table {tables}: {shared} of {rows} rows shared a key with another row{other}; "
                f"the last one of a key is the item in {name}",
            )

    def _load(self, work: _Work, context: LoadContext) -> None:
        if not self._stopped.is_set():
            TableLoad(context, work.table, work.mapping, work.progress).run()

    def _guarded(
        self, progress: TableProgress, step: Callable[..., _Result], *arguments: Any
    ) -> _Result | None:
        """Do a step of one table; what goes wrong is the table's, or the task's by policy."""
        try:
            return step(*arguments)
        except CancelledError:
            pass
        except TaskError as e:
            progress.end(states.ERROR)
            self._fail(e)
        except TableError as e:
            self._table_error(progress, e.message)
        except ClientError as e:
            error = e.response["Error"]
            self._table_error(progress, f"{error['Code']}: {error['Message']}")
        except BotoCoreError as e:
            self._table_error(progress, f"{type(e).__name__}: {e}")
        except Exception as e:
            # A table's thread has no caller: an error nobody foresaw must still end the task.
            progress.end(states.ERROR)
            self._fail(TaskError(f"{progress.full_name}: {type(e).__name__}: {e}"))
        return None

    def _table_error(self, progress: TableProgress, message: str) -> None:
        progress.end(states.ERROR, message)
        settings = self._plan.settings
        self._log.error(TASK_MANAGER, f"Table {progress.full_name} is suspended: {message}")
        with self._lock:
            self._errors += 1
            too_many = 0 < settings.table_escalation_count <= self._errors
        if settings.table_error == STOP_TASK or too_many:
            self._fail(TaskError(f"Table {progress.full_name}: {message}"))

    def _fail(self, error: TaskError) -> None:
        with self._lock:
            self._failure = self._failure or error
        self._stopped.set()
