"""``delta.tables`` on the Data Catalog: its methods that name a table go past Spark's in Python."""

from __future__ import annotations

import functools
from typing import Any

from pyspark.sql import SparkSession

from .spark_catalog import data_catalog


def install(tables: Any) -> None:
    """Let DeltaTable find and make tables of the Data Catalog.

    Args:
        tables: the module delta.tables
    """
    _find(tables.DeltaTable)
    _make(tables.DeltaTableBuilder, tables.DeltaTable)


def _find(table: Any) -> None:
    plain = table.forName.__func__

    @functools.wraps(plain)
    def for_name(cls: Any, sparkSession: SparkSession, tableOrViewName: str) -> Any:  # noqa: N803
        data_catalog(sparkSession).prepare_table(sparkSession, tableOrViewName)
        return plain(cls, sparkSession, tableOrViewName)

    table.forName = classmethod(for_name)


def _make(builder: Any, table: Any) -> None:
    plain_name, plain_execute = builder.tableName, builder.execute

    @functools.wraps(plain_name)
    def table_name(self: Any, identifier: str) -> Any:
        self._lake_table_name = identifier
        return plain_name(self, identifier)

    @functools.wraps(plain_execute)
    def execute(self: Any) -> Any:
        name, session = getattr(self, "_lake_table_name", None), self._spark
        if name is None:
            return plain_execute(self)
        with data_catalog(session).changing_table(session, name, inserts=False):
            plain_execute(self)
        return table.forName(session, name)

    builder.tableName, builder.execute = table_name, execute
