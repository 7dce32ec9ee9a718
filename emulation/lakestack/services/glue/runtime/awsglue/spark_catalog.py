"""Spark SQL on the Data Catalog, for jobs with ``--enable-glue-datacatalog``.

Spark's catalog, in memory, gets the databases and tables of the Data Catalog, and the partitions
of the tables that a statement names. When a query names a table, its records are read as a
DynamicFrame's are (so JSON records with nothing between them are all there), cast to the catalog's
types, and kept as Parquet in the run's own folder until an object of the table changes. Tables of
Spark's data sources, and views, are Spark's to read. What statements change is done to the Data
Catalog too (`metastore_changes`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from . import s3_source
from .catalog import ICEBERG, CatalogTable, describe, read_partitions, table_format
from .choice import fitting
from .clients import client
from .columns import quoted
from .errors import CatalogError
from .metastore_changes import Changes, partitions_of, take_databases
from .metastore_session import Name, SessionTables
from .metastore_tables import EXTERNAL, from_glue, is_of_spark, is_view
from .other_catalogs import are_elsewhere, has_iceberg_within, is_elsewhere
from .partition_overwrite import MODE, renaming, settings
from .s3_objects import Listing
from .sql_statement import CREATE_LIKE, WRITER, Statement
from .table_statement import columns_of, create_statement, literal, partition_changes, sql_name
from .type_names import spark_type

# As Spark 3.5 and 4 print a plan: the names of its tables, before it has looked them up.
_RELATION = re.compile(r"'UnresolvedRelation \[([^\]]*)\]")
_NAMED = re.compile(r"'UnresolvedTable(?:OrView)? \[([^\]]*)\]")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class DataCatalog:
    """The Data Catalog as one Spark application sees it."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._session: Any = spark._jsparkSession
        self._tables = SessionTables(spark)
        self._folders = (
            f"{spark.conf.get('spark.sql.warehouse.dir')}/data-catalog/{n}" for n in count()
        )
        self._databases: dict[str, Mapping[str, Any]] = {}
        self._definitions: dict[Name, Mapping[str, Any]] = {}
        self._unusable: dict[Name, str] = {}
        self._loaded: dict[Name, object] = {}
        self._partitions: dict[Name, set[tuple[str, ...]]] = {}
        self._seen: set[Name] = set()  # tables of Spark's that frames may read later on

    def statement(self, session: SparkSession, text: str) -> Statement | None:
        """A statement as Spark parses it; None where it cannot."""
        try:
            parser = session._jsparkSession.sessionState().sqlParser()
            return Statement(parser.parsePlan(_PLACEHOLDER.sub("placeholder", text)))
        except PySparkException:  # Spark says it better
            return None

    def prepare(self, session: SparkSession, text: str, statement: Statement | None) -> str:
        """Have at hand what a session's statement reads; return the statement to run for it.

        Raises:
            CatalogError: it reads a table that cannot be read as it is described
        """
        if statement is None:
            return text
        with _lock:
            self.synchronize()
            self._load_all(statement.text, session)
            if statement.kind in ("ShowPartitions", "ShowCreateTable"):
                for name in self._found(_NAMED, statement.text, session):
                    if statement.kind == "ShowCreateTable":
                        made = create_statement(name[0], self._definitions[name])
                        return f"SELECT {literal(made)} AS createtab_stmt"
                    self._register(name)
        return text

    @contextmanager
    def changing(self, session: SparkSession, statement: Statement) -> Iterator[None]:
        """Do what a statement within does to tables and databases to the Data Catalog too.

        Raises:
            UnsupportedApiError: AWS Glue does not do it, or it is not here
            CatalogError: a table's format is none that is written here
        """
        with _lock:
            self.synchronize()
            names = [self._qualified(parts, session) for parts in statement.names()]
            if statement.of_database:
                with self._changing_databases(statement):
                    yield
                return
            created = statement.created_hive_table()
            changes = Changes(
                self._tables,
                names,
                {names[0]: created} if created else {},
                writes=statement.inserts or statement.kind == WRITER,
                like=names[1] if statement.kind == CREATE_LIKE else None,
            )
            for name in names:  # Spark is told of them again
                self._definitions.pop(name, None)
            self._seen.update(names)
            try:
                with changes.around():
                    if statement.reads:
                        self._load_all(statement.text, session, names)
                    with self._as_hive_writes(session, statement, changes, names):
                        yield
            finally:
                self.synchronize()

    @contextmanager
    def changing_table(self, session: SparkSession, name: str, *, inserts: bool) -> Iterator[None]:
        """The same for a method that writes a table."""
        parts = self._parts(session, name)
        if is_elsewhere(session, parts):
            yield
            return
        statement = Statement.of_writer(parts, inserts=inserts)
        with self.changing(session, statement):
            yield

    def is_elsewhere(self, session: SparkSession, statement: Statement) -> bool:
        """Whether a statement changes what another catalog of Spark has, or what lies at a path."""
        return are_elsewhere(session, statement.targets())

    def takes_frames(self, session: SparkSession, name: str) -> bool:
        """Whether ``DataFrame.writeTo`` may write a table: one that another catalog has."""
        return has_iceberg_within(session) or is_elsewhere(session, self._parts(session, name))

    def _parts(self, session: SparkSession, name: str) -> list[str]:
        parser = session._jsparkSession.sessionState().sqlParser()
        return list(SessionTables.of(session, parser.parseMultipartIdentifier(name)))

    @contextmanager
    def _as_hive_writes(
        self,
        session: SparkSession,
        statement: Statement,
        changes: Changes,
        names: Sequence[Name],
    ) -> Iterator[None]:
        """Hive overwrites the partitions that are written; data sources do it when asked to."""
        hive = any(changes.is_hive_table(name) for name in names)
        dynamic = str(session.conf.get(MODE, "static")).lower() == "dynamic"
        if not statement.inserts or not (hive or dynamic):
            yield
            return
        with settings(session, {MODE: "dynamic"}), renaming(session):
            yield

    @contextmanager
    def _changing_databases(self, statement: Statement) -> Iterator[None]:
        before = {name: self._tables.database(name) for name in self._tables.databases()}
        dropped = statement.dropped_database()
        if dropped in before:
            tables = [name for name in self._definitions if name[0] == dropped]
            tables.sort(
                key=lambda name: not is_view(self._definitions[name])
            )  # before what they read
            if tables and not statement.cascades:
                yield  # Spark says that it is not empty
                return
            with Changes(self._tables, tables, {}).around():
                for name in tables:
                    what = "VIEW" if is_view(self._definitions[name]) else "TABLE"
                    self._session.sql(f"DROP {what} IF EXISTS {sql_name(*name)}")
            # Spark would delete the folder of the database.
            self._tables.enter_database({"Name": dropped}, next(self._folders))
        try:
            yield
        finally:
            take_databases(self._tables, before)

    def _load_all(self, plan: str, session: SparkSession, but: Sequence[Name] = ()) -> None:
        for name in self._found(_RELATION, plan, session):
            if name not in but:
                self._load(name)
                session._jsparkSession.catalog().refreshTable(sql_name(*name))

    def prepare_list(self, session: SparkSession, name: str | None) -> str | None:  # noqa: ARG002
        """Have the names of databases and tables at hand."""
        self.synchronize()
        return name

    def prepare_table(self, session: SparkSession, name: str) -> str:
        """Have a table at hand.

        Raises:
            CatalogError: it cannot be read as it is described
        """
        text = f"TABLE {name}"
        self.prepare(session, text, self.statement(session, text))
        return name

    def _found(self, mark: re.Pattern[str], plan: str, session: SparkSession) -> Iterator[Name]:
        """The tables of the Data Catalog that a plan names."""
        for found in mark.findall(plan):
            parts = found.split(", ")
            name = self._qualified(parts, session)
            if name in self._definitions and not is_elsewhere(session, parts):
                yield name

    def _qualified(self, parts: Sequence[str], session: SparkSession) -> Name:
        current = session._jsparkSession.sessionState().catalog().getCurrentDatabase()
        return (parts[-2] if len(parts) > 1 else current).lower(), parts[-1].lower()

    def synchronize(self) -> None:
        """Make Spark's catalog agree with the Data Catalog."""
        with _lock:
            self._synchronize_databases()
            before, self._definitions = self._definitions, dict(self._listed())
            for name in before.keys() - self._definitions.keys():
                self._tables.forget(name)
            for name, definition in self._definitions.items():
                if definition == before.get(name):
                    continue
                self._loaded.pop(name, None)
                self._unusable.pop(name, None)
                try:
                    self._create(name, next(self._folders))
                except PySparkException as e:  # of no concern to queries of other tables
                    self._unusable[name] = str(e)

    def _synchronize_databases(self) -> None:
        parts = ("Name", "Description", "LocationUri", "Parameters")
        before = self._databases
        self._databases = {
            each["Name"]: {part: each[part] for part in parts if part in each}
            for each in _pages("get_databases", "DatabaseList")
        }
        for name in before.keys() - self._databases.keys():
            self._definitions = {n: d for n, d in self._definitions.items() if n[0] != name}
            if name != "default":  # which Spark keeps
                self._tables.forget_database(name, next(self._folders))
        for name, definition in self._databases.items():
            if definition != before.get(name):
                self._tables.enter_database(definition, definition.get("LocationUri") or "")

    def _listed(self) -> Iterator[tuple[Name, Mapping[str, Any]]]:
        parts = ("Name", "StorageDescriptor", "PartitionKeys", "Parameters")
        words = ("TableType", "ViewOriginalText", "Owner")
        for database in self._databases:
            for table in _pages("get_tables", "TableList", DatabaseName=database):
                definition = {k: table.get(k) or {} for k in parts}
                yield (
                    (database, table["Name"]),
                    {**definition, **{k: table[k] for k in words if table.get(k)}},
                )

    def _create(self, name: Name, folder: str) -> None:
        database, table = name
        definition = self._definitions[name]
        self._partitions.pop(name, None)
        if is_of_spark(definition) or is_view(definition):
            table_of_spark = from_glue(database, definition, self._tables.schema)
            self._tables.enter(table_of_spark, "" if is_view(definition) else EXTERNAL)
            if name in self._seen and not is_view(definition):
                self._register(name)
            return
        columns = definition["StorageDescriptor"].get("Columns", ())
        keys = definition["PartitionKeys"]
        declared = columns_of([*columns, *keys])
        parts = f"PARTITIONED BY ({', '.join(sql_name(k['Name']) for k in keys)})" if keys else ""
        self._tables.forget(name)
        made = sql_name(database, "new")
        self._session.sql(
            f"CREATE TABLE {made} ({declared}) USING parquet {parts} LOCATION '{folder}'"
        )
        self._tables.rename(database, "new", table)

    def _register(self, name: Name) -> None:
        """Give a table of Spark the partitions that it has in the Data Catalog."""
        definition = self._definitions[name]
        keys = [key["Name"] for key in definition["PartitionKeys"]]
        if not keys:
            return
        now = partitions_of(name, keys)
        before = self._partitions.get(name, set())
        places = now if is_of_spark(definition) else {}
        statements = partition_changes(sql_name(*name), keys, before, set(now), places)
        for statement in statements:
            self._session.sql(statement)
        self._partitions[name] = set(now)

    def _load(self, name: Name) -> None:
        if name in self._unusable:
            raise CatalogError(f"table {'.'.join(name)}: {self._unusable[name]}")
        definition = self._definitions[name]
        if is_view(definition):
            self._load_view(definition)
            return
        if is_of_spark(definition):
            self._seen.add(name)
            self._register(name)
            return
        if table_format(definition) == ICEBERG:
            if has_iceberg_within(self._spark):
                return
            raise CatalogError(
                f"table {'.'.join(name)} is one of Iceberg: name it by a catalog of Iceberg, such "
                f'as glue_catalog.{".".join(name)} (Apache Iceberg, "Spark Configuration")'
            )
        table = describe(name[0], definition)
        if table.classification == "dynamodb":
            raise CatalogError(
                f"table {'.'.join(name)} is in DynamoDB, which Spark SQL does not read, on AWS "
                "neither; use create_dynamic_frame.from_catalog"
            )
        objects = Listing().objects(_locations(table))
        if self._loaded.get(name) == objects:
            return
        read = s3_source.read_catalog(self._spark, table)
        columns = [
            fitting(c, spark_type(read.types[c])).alias(c) if c in read.types else quoted(c)
            for c in read.frame.columns
        ]
        folder = next(self._folders)  # a frame made before may still read the old one
        keys = [key for key, _ in table.partition_keys]
        read.frame.select(*columns).write.partitionBy(*keys).parquet(folder)
        self._create(name, folder)
        self._register(name)
        self._loaded[name] = objects

    def _load_view(self, definition: Mapping[str, Any]) -> None:
        """Have at hand what a view reads, where its query was written."""
        properties = definition["Parameters"]
        database = properties.get("view.catalogAndNamespace.part.1", "default")
        statement = self.statement(self._spark, definition.get("ViewOriginalText", ""))
        for found in _RELATION.findall(statement.text if statement else ""):
            parts = found.lower().split(", ")
            name = (parts[-2] if len(parts) > 1 else database, parts[-1])
            if name in self._definitions:
                self._load(name)
                self._session.catalog().refreshTable(sql_name(*name))


_catalogs: dict[str, DataCatalog] = {}
_lock = threading.RLock()  # a script may query in threads


def data_catalog(spark: SparkSession) -> DataCatalog:
    """The catalog of a session's application; all its sessions share one."""
    with _lock:
        application = str(spark.sparkContext.applicationId)
        if application not in _catalogs:
            _catalogs[application] = DataCatalog(spark)
        return _catalogs[application]


def _locations(table: CatalogTable) -> list[str]:
    if table.partition_keys:
        return [partition.location for partition in read_partitions(table)]
    return [table.location]


def _pages(operation: str, field: str, **arguments: str) -> Iterator[Mapping[str, Any]]:
    for page in client("glue").get_paginator(operation).paginate(**arguments):
        yield from page[field]
