"""Spark's own methods on the Data Catalog, in jobs with ``--enable-glue-datacatalog``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

from pyspark.sql import DataFrame, DataFrameReader, DataFrameWriter, SparkSession, SQLContext
from pyspark.sql.catalog import Catalog

from . import delta_tables, import_hooks
from .errors import UnsupportedApiError
from .session_settings import without_hive
from .spark_catalog import DataCatalog, data_catalog
from .sql_statement import of_plan


def install() -> None:
    """Let every Spark session of this process see the Data Catalog."""
    without_hive()
    plain_sql = SparkSession.sql

    @functools.wraps(plain_sql)
    def sql(self: SparkSession, sqlQuery: str, *args: Any, **kwargs: Any) -> DataFrame:  # noqa: N803
        catalog = data_catalog(self)
        statement = catalog.statement(self, sqlQuery)
        if statement is None or not statement.changes or catalog.is_elsewhere(self, statement):
            return plain_sql(self, catalog.prepare(self, sqlQuery, statement), *args, **kwargs)
        with catalog.changing(self, statement):
            if statement.hive_plan is not None:
                return of_plan(self, statement.hive_plan)
            return plain_sql(self, sqlQuery, *args, **kwargs)

    setattr(SparkSession, "sql", sql)  # noqa: B010 - mypy takes it for a method
    for reader in (SparkSession, DataFrameReader):
        _before(reader, "table", "tableName", DataCatalog.prepare_table)
    _before(SQLContext, "cacheTable", "tableName", DataCatalog.prepare_table)
    for lister in ("tables", "tableNames"):
        _before(SQLContext, lister, "dbName", DataCatalog.prepare_list)
    _before_catalog()
    _note_formats()
    _changing(DataFrameWriter, "saveAsTable", "name")
    _changing(DataFrameWriter, "insertInto", "tableName", inserts=True)
    for method in ("createTable", "createExternalTable", "recoverPartitions"):
        _changing(Catalog, method, "tableName")
    _write_to_others()
    import_hooks.after({"delta.tables": delta_tables.install})


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
    if isinstance(reader, Catalog):
        return reader._sparkSession
    session: SparkSession = reader.sparkSession if isinstance(reader, SQLContext) else reader._spark
    return session


def _before_catalog() -> None:
    plain: Any = vars(SparkSession)["catalog"]

    def catalog(session: SparkSession) -> Any:
        data_catalog(session).synchronize()
        return plain.fget(session)

    setattr(SparkSession, "catalog", property(catalog))  # noqa: B010 - mypy takes it for final


def _note_formats() -> None:
    """Remember the format that a writer is given: it has no way to ask for it."""
    plain = DataFrameWriter.format

    @functools.wraps(plain)
    def call(self: Any, source: str) -> DataFrameWriter:
        self._lake_format = source
        return plain(self, source)

    setattr(DataFrameWriter, "format", call)  # noqa: B010 - mypy takes it for a method


def _formats_of(writer: Any) -> list[str]:
    found = getattr(writer, "_lake_format", None)
    return [str(found).lower()] if found else []


def _changing(owner: type, method: str, parameter: str, *, inserts: bool = False) -> None:
    """Let a method that writes a table change the Data Catalog too."""
    plain = getattr(owner, method)

    @functools.wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        session = _session_of(self)
        name = args[0] if args else kwargs.pop(parameter)
        formats = (kwargs.get("format"), kwargs.get("source"), *_formats_of(self))
        if "hive" in formats and not inserts:
            _refuse(f'{method} with the format "hive", instead of a statement of SQL')
        with data_catalog(session).changing_table(session, name, inserts=inserts):
            made = plain(self, name, *args[1:], **kwargs)
        return session.table(name) if isinstance(made, DataFrame) else made

    setattr(owner, method, call)


def _write_to_others() -> None:
    plain = DataFrame.writeTo

    @functools.wraps(plain)
    def write_to(self: DataFrame, table: str) -> Any:
        session = self.sparkSession
        if not data_catalog(session).takes_frames(session, table):
            _refuse("DataFrame writeTo")
        return plain(self, table)

    setattr(DataFrame, "writeTo", write_to)  # noqa: B010 - mypy takes it for a method


def _refuse(what: str, *_args: Any, **_kwargs: Any) -> NoReturn:
    raise UnsupportedApiError(f"{what} on the Data Catalog")
