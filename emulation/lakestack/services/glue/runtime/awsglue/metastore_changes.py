"""What statements of Spark SQL change, done to the Data Catalog as the Hive client does it.

A statement that changes tables runs on Spark's catalog in memory, which has got them as they are
in the Data Catalog, in their real places. What differs afterwards goes to the Data Catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyspark.errors import PySparkException

from .catalog import ICEBERG, table_format
from .clients import client
from .errors import CatalogError
from .hive_serde import STORED_AS, HiveStorage
from .metastore_session import Name, SessionTables
from .metastore_tables import (
    HIVE,
    VIEW,
    SparkTable,
    changed_input,
    from_glue,
    partition_input,
    table_input,
)
from .options import LOG

PER_CALL = {"create": 100, "delete": 25}
_NO_PATH = "Can not create a Path from an empty string"
_IN_S3 = re.compile(r"s3[an]?://")
Places = dict[tuple[str, ...], str]
Hive = tuple[HiveStorage, Mapping[str, str]]


@dataclass(frozen=True)
class _Before:
    """A table as it was: in the Data Catalog, in the words of Spark, and as Spark then had it."""

    definition: Mapping[str, Any]
    table: SparkTable
    entered: SparkTable
    partitions: Places


class Changes:
    """Takes to the Data Catalog what a statement does to some tables and databases.

    Args:
        created: of Hive tables that the statement makes the classes, and the SerDe's parameters
        writes: files are written, so the tables' formats and types must be known here
        like: the table after whose classes those are made that have none
    """

    def __init__(
        self,
        tables: SessionTables,
        names: Iterable[Name],
        created: Mapping[Name, Hive],
        *,
        writes: bool = False,
        like: Name | None = None,
    ) -> None:
        self._tables = tables
        self._names = list(dict.fromkeys(names))
        self._created = dict(created)
        self._writes = writes
        self._like = like
        self._before: dict[Name, _Before] = {}

    @contextmanager
    def around(self) -> Iterator[None]:
        """Let a statement within change the tables.

        Raises:
            CatalogError: a table's format is none that is written here
        """
        try:
            for name in self._names:
                self._enter(name)
            self._copy_classes()
            try:
                yield
            finally:
                for name in self._names:
                    self._take(name)
        except Exception as error:
            if _NO_PATH in str(error):
                LOG.error(
                    "the database has no LocationUri, so a table needs a path of its own, as on "
                    "AWS: .option('path', 's3://…') or LOCATION, or give the database a LocationUri"
                )
            raise
        finally:
            for name in self._names:
                self._tables.forget(name)

    def is_hive_table(self, name: Name) -> bool:
        """Whether it is there, and one that Spark writes in Hive's ways."""
        return name in self._before and self._before[name].table.provider == HIVE

    def _enter(self, name: Name) -> None:
        glue = client("glue")
        try:
            definition = glue.get_table(DatabaseName=name[0], Name=name[1])["Table"]
        except glue.exceptions.EntityNotFoundException:
            self._tables.forget(name)
            return
        if table_format(definition) == ICEBERG and self._tables.beside_iceberg:
            self._tables.forget(name)
            return
        schema = partial(self._tables.schema, strict=self._writes)
        try:
            table = from_glue(name[0], definition, schema)
        except PySparkException as e:  # of a type
            raise CatalogError(f"table {'.'.join(name)}: {str(e).strip()}") from e
        try:
            self._tables.enter(table)
        except CatalogError:  # of its format
            if self._writes:
                raise
            self._tables.enter(replace(table, storage=STORED_AS["parquet"]))
        partitions: Places = {}
        if table.keys and table.kind != VIEW:
            partitions = partitions_of(name, table.keys)
            self._tables.enter_partitions(name, table.keys, partitions)
        if entered := self._tables.read(name):
            self._before[name] = _Before(definition, table, entered, partitions)

    def _copy_classes(self) -> None:
        model = self._before.get(self._like) if self._like else None
        if model and model.table.storage:
            same = (model.table.storage, model.table.options)
            self._created.update({n: same for n in self._names if n not in self._before})

    def _take(self, name: Name) -> None:
        """Do to the Data Catalog what was done to a table."""
        before, found = self._before.get(name), self._tables.read(name)
        if found is None:
            if before:
                client("glue").delete_table(DatabaseName=name[0], Name=name[1])
            return
        if before and found.created != before.entered.created:  # dropped, and made again
            client("glue").delete_table(DatabaseName=name[0], Name=name[1])
            before = None
        partitions = self._tables.partitions(name, found.keys)
        if before is None:
            made = table_input(self._named(name, found))
            _make_database(self._tables, name[0])
            client("glue").create_table(DatabaseName=name[0], TableInput=made)
            if found.kind != VIEW and not _IN_S3.match(found.location):
                LOG.warning(
                    "%s.%s lies in %s, which is gone when the run ends, as on AWS",
                    *name,
                    found.location,
                )
            change_partitions(name, {}, partitions, made)
            return
        made = {**before.definition}
        if found != before.entered:
            made = changed_input(before.table, self._after(before, found), before.definition)
            client("glue").update_table(DatabaseName=name[0], TableInput=made)
        change_partitions(name, before.partitions, partitions, made)

    def _named(self, name: Name, found: SparkTable) -> SparkTable:
        """A new table, which in memory is one of a data source."""
        if name not in self._created:
            return found
        storage, parameters = self._created[name]
        return replace(found, provider=HIVE, storage=storage, options=parameters)

    def _after(self, before: _Before, found: SparkTable) -> SparkTable:
        if before.table.provider != HIVE:
            return found
        was, now = before.entered.options, found.options
        options = {**before.table.options, **{k: v for k, v in now.items() if was.get(k) != v}}
        return replace(found, provider=HIVE, storage=before.table.storage, options=options)


def partitions_of(name: Name, keys: Sequence[str]) -> Places:
    """The partitions of a table in the Data Catalog: location by values."""
    pages = (
        client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName=name[0], TableName=name[1])
    )
    return {
        tuple(p["Values"]): p["StorageDescriptor"]["Location"]
        for page in pages
        for p in page["Partitions"]
        if len(p["Values"]) == len(keys)
    }


def _make_database(tables: SessionTables, name: str) -> None:
    """The database ``default`` is there from the first table on."""
    glue = client("glue")
    if name != "default":
        return
    try:
        glue.get_database(Name=name)
    except glue.exceptions.EntityNotFoundException:
        glue.create_database(DatabaseInput=tables.database(name))


def change_partitions(
    name: Name, before: Places, after: Places, definition: Mapping[str, Any]
) -> None:
    """Let a table of the Data Catalog have other partitions.

    Args:
        definition: of the table, whose classes they get
    """
    glue, where = client("glue"), {"DatabaseName": name[0], "TableName": name[1]}
    gone = [{"Values": list(values)} for values in before.keys() - after.keys()]
    for some in _parts(gone, PER_CALL["delete"]):
        _checked(glue.batch_delete_partition(**where, PartitionsToDelete=some))
    new = [
        partition_input(values, place, definition)
        for values, place in after.items()
        if values not in before
    ]
    for some in _parts(new, PER_CALL["create"]):
        _checked(glue.batch_create_partition(**where, PartitionInputList=some))
    for values in before.keys() & after.keys():
        if before[values] != after[values]:
            made = partition_input(values, after[values], definition)
            glue.update_partition(**where, PartitionValueList=list(values), PartitionInput=made)


def _parts(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _checked(answer: Mapping[str, Any]) -> None:
    for error in answer.get("Errors", ()):
        raise CatalogError(f"partition {error['PartitionValues']}: {error['ErrorDetail']}")


def take_databases(tables: SessionTables, before: Mapping[str, Mapping[str, Any]]) -> None:
    """Do to the Data Catalog what was done to databases.

    Args:
        before: each as it was in Spark's catalog
    """
    glue = client("glue")
    now = {name: tables.database(name) for name in tables.databases()}
    for name in before.keys() - now.keys():
        glue.delete_database(Name=name)
    for name, made in now.items():
        if name not in before:
            if not _IN_S3.match(made["LocationUri"]):
                LOG.warning(
                    "the database %s lies in %s, which is gone when the run ends, as on AWS: "
                    "CREATE DATABASE … LOCATION 's3://…' keeps it",
                    name,
                    made["LocationUri"],
                )
            glue.create_database(DatabaseInput=made)
        elif made != before[name]:
            if name == "default":
                _make_database(tables, name)
            glue.update_database(Name=name, DatabaseInput=made)
