"""The load of one table: read its objects, map rows, write items, keep what is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakestack.services.dms import progress as states
from lakestack.services.dms.csv_source import BadRow, read_rows
from lakestack.services.dms.dynamodb_target import DynamodbTarget
from lakestack.services.dms.dynamodb_writer import Origin, TableWriter
from lakestack.services.dms.errors import CancelledError, TableError, TaskError
from lakestack.services.dms.exceptions_table import ExceptionsTable
from lakestack.services.dms.external_table import TEXT_TYPES, SourceTable
from lakestack.services.dms.item_mapping import ItemMapping, RejectedRowError, Row
from lakestack.services.dms.progress import TableProgress
from lakestack.services.dms.recovery import Recovery
from lakestack.services.dms.s3_source import S3Source, list_objects, read_object
from lakestack.services.dms.task_log import SOURCE_UNLOAD, TARGET_LOAD, TaskLog
from lakestack.services.dms.task_settings import (
    IGNORE_RECORD,
    LOG_ERROR,
    STOP_TASK,
    SUSPEND_TABLE,
    TaskSettings,
)

DEFAULT_WRITERS = 4
MOST_WRITERS = 16
# Beyond this the log says where the others are; all are in the exceptions table.
MOST_LOGGED_ROWS = 1000


@dataclass(frozen=True)
class LoadContext:
    """What the tables of a run share."""

    s3: Any
    source: S3Source
    target: DynamodbTarget
    exceptions: ExceptionsTable
    settings: TaskSettings
    cancelled: threading.Event
    log: TaskLog


class TableLoad:
    """Loads one table."""

    def __init__(
        self,
        context: LoadContext,
        table: SourceTable,
        mapping: ItemMapping,
        progress: TableProgress,
    ) -> None:
        self._context, self._table = context, table
        self._mapping, self._progress = mapping, progress
        self._limits = tuple(
            (i, column.length, column.name)
            for i, column in enumerate(table.columns)
            if column.length and column.type in TEXT_TYPES
        )
        self._too_long = 0
        where = f"Table {table.full_name}"
        log, cancelled = context.log, context.cancelled
        self._source = Recovery(log, SOURCE_UNLOAD, f"{where}, source", cancelled)
        self._sink = Recovery(log, TARGET_LOAD, f"{where}, target", cancelled)

    def run(self) -> None:
        """Load the table and set its state.

        Raises:
            TableError: the table cannot be loaded, or an error policy suspends it
            TaskError: an error policy ends the task
            CancelledError: the task was stopped
        """
        settings, log, name = self._context.settings, self._context.log, self._table.full_name
        target = self._mapping.target_table
        self._progress.begin()
        log.info(SOURCE_UNLOAD, f"Load of table {name} into {target} started")
        writer = TableWriter(
            lambda: self._context.target.connect(target, self._sink.note),
            target,
            tuple(self._mapping.key_types),
            threads=min(settings.load_threads or DEFAULT_WRITERS, MOST_WRITERS),
            commit_rate=settings.commit_rate,
            on_written=self._progress.add_rows,
            on_rejected=self._refused,
        )
        try:
            self._read(writer)
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        finally:
            self._source.report()
            self._sink.report()
        self._progress.end(states.COMPLETED)
        self._report()

    def _read(self, writer: TableWriter) -> None:
        make, limits = self._mapping.make, self._limits
        cancelled = self._context.cancelled.is_set
        for file, line, row in self._rows():
            if isinstance(row, BadRow):
                self._reject(Origin(file, line, []), row.text, row.reason)
                continue
            if limits and self._is_too_long(file, line, row):
                continue
            try:
                item = make(row)
            except RejectedRowError as e:
                self._reject(Origin(file, line, row), self._text(row), str(e))
                continue
            writer.put(item, Origin(file, line, row))
            if cancelled():
                raise CancelledError("the task was stopped")

    def _rows(self) -> Iterator[tuple[str, int, Row | BadRow]]:
        source, progress = self._context.source, self._progress
        prefix = source.prefix(self._table)
        objects = self._source.call(lambda: list_objects(self._context.s3, source.bucket, prefix))
        progress.bytes_total = sum(o.size for o in objects)
        if not objects:
            self._context.log.warning(
                SOURCE_UNLOAD,
                f"Table {self._table.full_name}: no data files in s3://{source.bucket}/{prefix}",
            )
        columns = len(self._table.columns)
        for item in objects:
            chunks = read_object(
                self._context.s3, source.bucket, item, progress.add_bytes, self._source.call
            )
            try:
                for line, row in read_rows(chunks, source.form, columns):
                    yield item.key, line, row
            except TableError as e:
                raise TableError(f"s3://{source.bucket}/{item.key}: {e.message}") from e

    def _is_too_long(self, file: str, line: int, row: Row) -> bool:
        """Apply DataTruncationErrorPolicy; returns whether the row is rejected.

        A DynamoDB text has no length, so LOG_ERROR loads the value whole.
        """
        for i, length, name in self._limits:
            text = row[i]
            if text is None or len(text) <= length:
                continue
            policy = self._context.settings.truncation_error
            reason = f"column {name} has {len(text)} characters, ColumnLength is {length}"
            if policy != LOG_ERROR:
                self._reject(Origin(file, line, row), self._text(row), reason, policy)
                return True
            self._too_long += 1
            if self._too_long == 1:
                self._context.log.warning(
                    SOURCE_UNLOAD,
                    f"Table {self._table.full_name}, {file}, line {line}: {reason}; "
                    "such values are loaded whole",
                )
        return False

    def _text(self, row: Row) -> str:
        return self._context.source.form.delimiter.join(field or "" for field in row)

    def _refused(self, origin: Origin, reason: str) -> None:
        self._reject(origin, self._text(origin.row), reason)

    def _reject(self, origin: Origin, text: str, reason: str, policy: str | None = None) -> None:
        """Count and keep a rejected row, then do what ErrorBehavior says."""
        context, settings = self._context, self._context.settings
        errors = self._progress.add_error()
        context.exceptions.add(self._progress, self._mapping.target_table, origin, text, reason)
        policy = policy or settings.data_error
        where = f"Table {self._table.full_name}, {origin.file}, line {origin.line}: {reason}"
        if 0 < settings.escalation_count <= errors and policy in (LOG_ERROR, IGNORE_RECORD):
            policy = settings.escalation_policy
            where += f" (the {errors}. rejected row, DataErrorEscalationCount is reached)"
        if policy == SUSPEND_TABLE:
            raise TableError(where)
        if policy == STOP_TASK:
            raise TaskError(where)
        if policy == LOG_ERROR and errors <= MOST_LOGGED_ROWS:
            context.log.error(TARGET_LOAD, where)

    def _report(self) -> None:
        log, progress, name = self._context.log, self._progress, self._table.full_name
        log.info(
            TARGET_LOAD,
            f"Load of table {name} finished: {progress.rows} rows sent, "
            f"{progress.error_rows} rows rejected",
        )
        if progress.error_rows > MOST_LOGGED_ROWS:
            log.error(TARGET_LOAD, f"Table {name}: the other rejected rows are in the exceptions")
        if self._too_long > 1:
            log.warning(
                SOURCE_UNLOAD, f"Table {name}: {self._too_long} values exceed their ColumnLength"
            )
