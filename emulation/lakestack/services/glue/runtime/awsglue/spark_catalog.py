"""Spark SQL on the Data Catalog, for jobs with ``--enable-glue-datacatalog``.

Spark's catalog, in memory, gets the databases and tables of the Data Catalog, and the partitions
of the tables that a statement names. When a query names a table, its records are read as a
DynamicFrame's are (so JSON records with nothing between them are all there), cast to the catalog's
types, and kept as Parquet in the run's own folder until an object of the table changes. What would
change the Data Catalog is refused.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, NoReturn

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, DataFrameReader, DataFrameWriter, SparkSession, SQLContext

from . import s3_source
from .catalog import CatalogTable, describe, read_partitions
from .choice import fitting
from .clients import client
from .columns import quoted
from .errors import CatalogError, UnsupportedApiError
from .s3_objects import Listing
from .session_settings import without_hive
from .table_statement import (
    columns_of,
    create_statement,
    literal,
    partition_changes,
    sql_name,
)
from .type_names import spark_type

Name = tuple[str, str]

# As Spark 3.5 and 4 print a plan: the names of its tables, before it has looked them up.
_RELATION = re.compile(r"'UnresolvedRelation \[([^\]]*)\]")
_NAMED = re.compile(r"'UnresolvedTable(?:OrView)? \[([^\]]*)\]")
_CHANGES = re.compile(
    r"(Insert(?!IntoDir)|Create(Table|Namespace|View$)|Replace|Drop(?!View|TempView)|Alter|Add"
    r"|Rename|RecoverPartitions|RepairTable|Truncate|LoadData|Set(Table|Namespace)|CommentOn"
    r"|Delete|Update|Merge).*"
)
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def install() -> None:
    """Let every Spark session of this process see the Data Catalog."""
    without_hive()
    _before(SparkSession, "sql", "sqlQuery", DataCatalog.prepare)
    for reader in (SparkSession, DataFrameReader):
        _before(reader, "table", "tableName", DataCatalog.prepare_table)
    _before(SQLContext, "cacheTable", "tableName", DataCatalog.prepare_table)
    for lister in ("tables", "tableNames"):
        _before(SQLContext, lister, "dbName", DataCatalog.prepare_list)
    _before_catalog()
    for owner, method in (
        (DataFrameWriter, "saveAsTable"),
        (DataFrameWriter, "insertInto"),
        (DataFrame, "writeTo"),
    ):
        setattr(owner, method, functools.partial(_refuse, f"DataFrame {method}"))


class DataCatalog:
    """The Data Catalog as one Spark application sees it."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._session: Any = spark._jsparkSession
        self._external = self._session.sharedState().externalCatalog()
        self._folders = (
            f"{spark.conf.get('spark.sql.warehouse.dir')}/data-catalog/{n}" for n in count()
        )
        self._definitions: dict[Name, Mapping[str, Any]] = {}
        self._unusable: dict[Name, str] = {}
        self._loaded: dict[Name, object] = {}
        self._partitions: dict[Name, set[tuple[str, ...]]] = {}

    def prepare(self, session: SparkSession, text: str) -> str:
        """Have at hand what a session's statement reads; return the statement to run for it.

        Raises:
            UnsupportedApiError: it would change the Data Catalog
            CatalogError: it reads a table that cannot be read as it is described
        """
        try:
            parser = session._jsparkSession.sessionState().sqlParser()
            plan = parser.parsePlan(_PLACEHOLDER.sub("placeholder", text))
        except PySparkException:  # Spark says it better
            return text
        kind = plan.getClass().getSimpleName()
        if _CHANGES.fullmatch(kind):
            _refuse(f"Spark SQL {kind}")
        with _lock:
            self.synchronize()
            for name in self._found(_RELATION, plan.toString(), session):
                self._load(name)
                session._jsparkSession.catalog().refreshTable(sql_name(*name))
            if kind in ("ShowPartitions", "ShowCreateTable"):
                for name in self._found(_NAMED, plan.toString(), session):
                    if kind == "ShowCreateTable":
                        made = create_statement(name[0], self._definitions[name])
                        return f"SELECT {literal(made)} AS createtab_stmt"
                    self._register(name)
        return text

    def prepare_list(self, session: SparkSession, name: str | None) -> str | None:  # noqa: ARG002
        """Have the names of databases and tables at hand."""
        self.synchronize()
        return name

    def prepare_table(self, session: SparkSession, name: str) -> str:
        """Have a table at hand.

        Raises:
            CatalogError: it cannot be read as it is described
        """
        self.prepare(session, f"TABLE {name}")
        return name

    def _found(self, mark: re.Pattern[str], plan: str, session: SparkSession) -> Iterator[Name]:
        """The tables of the Data Catalog that a plan names."""
        current = session._jsparkSession.sessionState().catalog().getCurrentDatabase()
        for found in mark.findall(plan):
            parts = found.lower().split(", ")
            name = (parts[-2] if len(parts) > 1 else current, parts[-1])
            if name in self._definitions:
                yield name

    def synchronize(self) -> None:
        """Make Spark's catalog agree with the Data Catalog."""
        with _lock:
            before, self._definitions = self._definitions, dict(self._tables())
            for name in before.keys() - self._definitions.keys():
                self._session.sql(f"DROP TABLE IF EXISTS {sql_name(*name)}")
            for name, definition in self._definitions.items():
                if definition == before.get(name):
                    continue
                self._loaded.pop(name, None)
                self._unusable.pop(name, None)
                try:
                    self._create(name, next(self._folders))
                except PySparkException as e:  # of no concern to queries of other tables
                    self._unusable[name] = str(e)

    def _tables(self) -> Iterator[tuple[Name, Mapping[str, Any]]]:
        for database in _pages("get_databases", "DatabaseList"):
            self._create_database(database["Name"])
            for table in _pages("get_tables", "TableList", DatabaseName=database["Name"]):
                parts = ("Name", "StorageDescriptor", "PartitionKeys", "Parameters")
                yield (database["Name"], table["Name"]), {k: table.get(k) or {} for k in parts}

    def _create_database(self, name: str) -> None:
        # Not by SQL, which refuses names with a hyphen.
        java: Any = self._spark._jvm
        empty = getattr(getattr(java.scala.collection.immutable, "Map$"), "MODULE$").empty()
        location = java.java.net.URI(next(self._folders))
        made = java.org.apache.spark.sql.catalyst.catalog.CatalogDatabase(name, "", location, empty)
        self._external.createDatabase(made, True)

    def _create(self, name: Name, folder: str) -> None:
        database, table = name
        definition = self._definitions[name]
        columns = definition["StorageDescriptor"].get("Columns", ())
        keys = definition["PartitionKeys"]
        declared = columns_of([*columns, *keys])
        parts = f"PARTITIONED BY ({', '.join(sql_name(k['Name']) for k in keys)})" if keys else ""
        self._session.sql(f"DROP TABLE IF EXISTS {sql_name(*name)}")
        self._partitions.pop(name, None)
        made = sql_name(database, "new")
        self._session.sql(
            f"CREATE TABLE {made} ({declared}) USING parquet {parts} LOCATION '{folder}'"
        )
        self._external.renameTable(database, "new", table)

    def _register(self, name: Name) -> None:
        """Give a table of Spark the partitions that it has in the Data Catalog."""
        table = describe(name[0], self._definitions[name])
        if not table.partition_keys:
            return
        now = {partition.values for partition in read_partitions(table)}
        keys = [key for key, _ in table.partition_keys]
        before = self._partitions.get(name, set())
        for statement in partition_changes(sql_name(*name), keys, before, now):
            self._session.sql(statement)
        self._partitions[name] = now

    def _load(self, name: Name) -> None:
        if name in self._unusable:
            raise CatalogError(f"table {'.'.join(name)}: {self._unusable[name]}")
        table = describe(name[0], self._definitions[name])
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


def _before(
    owner: type,
    method: str,
    parameter: str,
    prepare: Callable[[DataCatalog, SparkSession, Any], Any],
) -> None:
    """Let a method of a Spark class prepare the catalog first.

    Args:
        parameter: name of the method's first parameter, which says what it reads
        prepare: gets it, and returns what the method shall have instead
    """
    plain = getattr(owner, method)

    @functools.wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        session = _session_of(self)
        said = args[0] if args else kwargs.pop(parameter, None)
        said = prepare(data_catalog(session), session, said)
        return plain(self, said, *args[1:], **kwargs)

    setattr(owner, method, call)


def _session_of(reader: Any) -> SparkSession:
    """The session of a session, a DataFrameReader or an SQLContext."""
    if isinstance(reader, SparkSession):
        return reader
    session: SparkSession = reader.sparkSession if isinstance(reader, SQLContext) else reader._spark
    return session


def _before_catalog() -> None:
    plain: Any = vars(SparkSession)["catalog"]

    def catalog(session: SparkSession) -> Any:
        data_catalog(session).synchronize()
        return plain.fget(session)

    setattr(SparkSession, "catalog", property(catalog))  # noqa: B010 - mypy takes it for final


def _refuse(what: str, *_args: Any, **_kwargs: Any) -> NoReturn:
    raise UnsupportedApiError(f"{what} on the Data Catalog (write to S3 and run a crawler instead)")


def _pages(operation: str, field: str, **arguments: str) -> Iterator[Mapping[str, Any]]:
    for page in client("glue").get_paginator(operation).paginate(**arguments):
        yield from page[field]
