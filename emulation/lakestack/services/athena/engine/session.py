"""One statement from its text to its result in S3."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psutil

from lakestack import clock
from lakestack.services.athena.engine import functions, parameters, results, rewriting, statement
from lakestack.services.athena.engine.catalog import Catalog
from lakestack.services.athena.engine.errors import INTERNAL, SYSTEM, QueryError, ScanLimitError
from lakestack.services.athena.engine.execution_errors import translated
from lakestack.services.athena.engine.objects import Objects
from lakestack.services.athena.engine.scan import Scan
from lakestack.services.athena.engine.statement import Statement
from lakestack.services.athena.engine.translation import Translation, translate
from lakestack.services.athena.engine.types import literal

Document = dict[str, Any]


@dataclass
class Job:
    """What is to be run.

    Attributes:
        id: of the execution
        prefix: of the results: ``s3://bucket/folder/``
        parameters: values of question marks
        cutoff: bytes that it may scan
    """

    id: str
    sql: str
    database: str
    work_group: str
    prefix: str
    parameters: list[str] | None = None
    cutoff: int | None = None


@dataclass
class Outcome:
    """What has come of it.

    Attributes:
        output: URL of the result file, or its beginning
        columns: ColumnInfo
        rows: lines of a statement that has no table as its result
        updated: rows that were written, of INSERT and CTAS
    """

    output: str
    columns: list[Document] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    manifest: str | None = None
    scanned: int = 0
    updated: int | None = None


class Session:
    """Runs one statement.

    Args:
        clients: makes boto3's clients
        folder: where files may be
        job: what is to be run
    """

    def __init__(self, clients: Callable[[str], Any], folder: Path, job: Job) -> None:
        self.job, self.clients, self.folder = job, clients, folder
        self.catalog = Catalog(clients("glue"))
        self.objects = Objects(clients("s3"), folder / "objects")
        self.work = folder / "work"
        self.database = job.database
        self.scanned = 0
        self._tree: Any = None
        self._connection: Any = None

    def run(self, runners: Mapping[str, Runner], own_files: frozenset[str]) -> Document:
        """The execution's end, for the service.

        Never raises: what goes wrong is in it.

        Args:
            runners: by the kind of statement
            own_files: kinds that write their results themselves
        """
        began = clock.steady()
        shutil.rmtree(self.work, ignore_errors=True)
        for each in (self.objects.folder, self.work):
            each.mkdir(parents=True, exist_ok=True)
        found: Document = {"id": self.job.id}
        try:
            outcome = self._run(runners, own_files)
            found |= {"state": "SUCCEEDED", **vars(outcome)}
            del found["rows"]
        except ScanLimitError as e:
            found |= {"state": "CANCELLED", "reason": str(e)}
        except QueryError as e:
            found |= {"state": "FAILED", "reason": str(e), "error": e.document()}
        except Exception as e:
            error = QueryError(
                "GENERIC_INTERNAL_ERROR", f"{type(e).__name__}: {e}", category=SYSTEM, kind=INTERNAL
            )
            found |= {"state": "FAILED", "reason": str(error), "error": error.document()}
        finally:
            if self._connection is not None:
                self._connection.close()
        found["scanned"] = self.scanned
        found["engine_ms"] = int((clock.steady() - began) * 1000)
        return found

    def _run(self, runners: Mapping[str, Runner], own_files: frozenset[str]) -> Outcome:
        self.objects.make_space()
        read = statement.read(self.job.sql)
        if read.kind == "EXECUTE":
            read = self._prepared(read)
        elif read.kind != "PREPARE":
            read.parts = self._filled(read.parts)
        outcome = runners[read.kind](self, read)
        if read.kind not in own_files:
            self.write_lines(outcome)
        return outcome

    def _prepared(self, read: Statement) -> Statement:
        """The statement that EXECUTE names, with its values."""
        athena, name = self.clients("athena"), read.parts["name"]
        try:
            found = athena.get_prepared_statement(StatementName=name, WorkGroup=self.job.work_group)
        except athena.exceptions.ResourceNotFoundException as e:
            raise QueryError("NOT_FOUND", f"Prepared statement not found: {name}") from e
        given = read.parts["parameters"]
        inner = statement.read(found["PreparedStatement"]["QueryStatement"])
        inner.parts = self._filled(inner.parts, self.job.parameters if given is None else given)
        return inner

    def _filled(self, parts: Document, given: list[str] | None = None) -> Document:
        values = self.job.parameters if given is None else given
        if "sql" not in parts:
            return parts
        return {**parts, "sql": parameters.filled(parts["sql"], values)}

    @property
    def connection(self) -> Any:
        """DuckDB's, made when it is first needed: it reaches this session's files and no others."""
        if self._connection is None:
            made = duckdb.connect(
                ":memory:",
                config={
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                },
            )
            memory = max(1 << 30, psutil.virtual_memory().total // 4)
            for setting in (
                f"threads={os.cpu_count() or 1}",
                f"memory_limit='{memory // (1 << 20)}MiB'",
                f"temp_directory={literal(str(self.work))}",
                f"allowed_directories=[{literal(str(self.folder))}]",
                "enable_external_access=false",
                "integer_division=true",
                "TimeZone='UTC'",
                "default_null_order='NULLS_LAST'",
            ):
                made.execute(f"SET {setting}")
            functions.install(made)
            made.execute("SET lock_configuration=true")
            self._connection = made
        return self._connection

    def translate(self, sql: str) -> Translation:
        """Translate a query for the database of this session."""
        found = translate(sql, self.catalog, self.database)
        self._tree = found.tree
        return found

    def prepare(self, sql: str, *, empty: bool = False) -> str:
        """Translate a query and make its tables.

        Args:
            empty: only their types are needed, not their rows

        Returns:
            DuckDB's SQL
        """
        found = self.translate(sql)
        scan = Scan(self.connection, self.catalog, self.objects, clock.utc)
        for source in found.sources:
            with self.said():
                scan.make(source, paths=found.paths, empty=empty)
            self.scanned += scan.scanned
            scan.scanned = 0
            if self.job.cutoff is not None and self.scanned > self.job.cutoff:
                raise ScanLimitError
        if found.of_maps is not None and not self._binds(found.sql):
            return found.of_maps
        return found.sql

    def _binds(self, sql: str) -> bool:
        try:
            self.connection.execute(f"SELECT * FROM ({sql}) LIMIT 0")
        except duckdb.BinderException as e:
            said = str(e)
            return "UNNEST" not in said.upper() and "len(MAP" not in said
        except duckdb.Error:
            return True
        return True

    def described(self, sql: str) -> list[tuple[str, Any]]:
        """Names and DuckDB's types of a query's columns, without running it."""
        with self.said():
            cursor = self.connection.execute(f"SELECT * FROM ({sql}) LIMIT 0")
            found = [(each[0], each[1]) for each in cursor.description]
        return [
            (f"{rewriting.UNNAMED}{at}" if name.startswith(rewriting.MARK) else name, kind)
            for at, (name, kind) in enumerate(found)
        ]

    def said(self) -> _Said:
        """A block in which DuckDB's errors become Athena's."""
        return _Said(self)

    def write_lines(self, outcome: Outcome) -> None:
        """Write the result of a statement that has lines: ``<id>.txt`` and its metadata."""
        text = "".join(f"{line}\n" for line in outcome.rows)
        self.objects.put(outcome.output, text.encode())
        self.objects.put(f"{outcome.output}.metadata", results.metadata(outcome.columns))


class _Said:
    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, duckdb.Error):
            raise translated(error, self._session._tree) from error


Runner = Callable[[Session, Statement], Outcome]
"""Runs one kind of statement."""
