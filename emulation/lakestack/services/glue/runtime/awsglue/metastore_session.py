"""Spark's catalog in memory: its tables, views, partitions and databases, read and replaced.

Plain SQL would not do: it knows no way to enter a managed table that is there already, nor a
view whose tables are not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from .hive_serde import data_source
from .metastore_tables import EXTERNAL, HIVE, VIEW, SparkTable
from .other_catalogs import has_iceberg_within
from .table_statement import NULL_PARTITION, partition_changes, sql_name
from .type_names import spark_type

Name = tuple[str, str]
_PACKAGE = "org.apache.spark.sql.catalyst"


class SessionTables:
    """The tables of Spark's catalog in memory, which all sessions of an application share."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._java: Any = spark._jvm
        session: Any = spark._jsparkSession
        self._external = session.sharedState().externalCatalog()

    @property
    def beside_iceberg(self) -> bool:
        """Iceberg's catalog stands before Spark's own, and changes its tables itself."""
        return has_iceberg_within(self._spark)

    def read(self, name: Name) -> SparkTable | None:
        """The table as it is now; None where there is none."""
        if not self._external.tableExists(*name):
            return None
        found = self._external.getTable(*name)
        storage, kind = found.storage(), found.tableType().name()
        location = storage.locationUri()
        statistics = found.stats()
        known: dict[str, int] = {}
        if statistics.isDefined():
            known["sizeInBytes"] = int(str(statistics.get().sizeInBytes()))
            if statistics.get().rowCount().isDefined():
                known["rowCount"] = int(str(statistics.get().rowCount().get()))
        return SparkTable(
            database=name[0],
            name=name[1],
            kind=kind,
            schema=found.schema().json(),
            provider=found.provider().get().lower() if found.provider().isDefined() else "",
            keys=tuple(self._list(found.partitionColumnNames())),
            buckets=self._buckets(found.bucketSpec()),
            location=self._text_of(location.get()) if location.isDefined() else "",
            options=self._dict(storage.properties()),
            properties=self._dict(found.properties()),
            comment=found.comment().get() if found.comment().isDefined() else "",
            owner=found.owner() or self._spark.sparkContext.sparkUser(),
            version=found.createVersion() or self._spark.version,
            text=found.viewText().get() if found.viewText().isDefined() else "",
            statistics=known,
            created=int(found.createTime()),
        )

    def enter(self, table: SparkTable, kind: str = "") -> None:
        """Let Spark have a table in place of what it had by that name.

        Args:
            kind: another than the table's own
        """
        name = (table.database, table.name)
        self.forget(name)
        self._external.createTable(self._made(table, kind or table.kind), False)

    def forget(self, name: Name) -> None:
        """Let Spark have no such table; its files stay where they are."""
        found = self.read(name)
        if found is None:
            return
        if found.kind not in (EXTERNAL, VIEW):  # Spark would delete a managed table's files
            self._external.alterTable(self._made(found, EXTERNAL))
        self._external.dropTable(*name, True, True)
        catalog = self._spark._jsparkSession.sessionState().catalog()
        catalog.invalidateCachedTable(self._identifier(name))

    def partitions(self, name: Name, keys: Sequence[str]) -> dict[tuple[str, ...], str]:
        """The partitions that Spark has of a table: location by values in the order of the keys."""
        found = {}
        if keys and self._external.tableExists(*name):
            for each in self._list(self._external.listPartitions(*name, self._option(None))):
                spec = {k.lower(): v for k, v in self._dict(each.spec()).items()}
                values = tuple(_partition_value(spec[key.lower()]) for key in keys)
                found[values] = self._text_of(each.storage().locationUri().get())
        return found

    def enter_partitions(
        self, name: Name, keys: Sequence[str], partitions: Mapping[tuple[str, ...], str]
    ) -> None:
        """Let Spark have these partitions of a table that has none yet."""
        for statement in partition_changes(
            sql_name(*name), keys, set(), set(partitions), partitions
        ):
            self._spark._jsparkSession.sql(statement)

    def databases(self) -> dict[str, str]:
        """Location of each database, by its name."""
        names = list(self._list(self._external.listDatabases()))
        return {n: self._text_of(self._external.getDatabase(n).locationUri()) for n in names}

    def database(self, name: str) -> dict[str, Any]:
        """A database as the Glue API's DatabaseInput has it."""
        found = self._external.getDatabase(name)
        made = {"Name": name, "LocationUri": self._text_of(found.locationUri())}
        if found.description():
            made["Description"] = found.description()
        # Spark's own word for its owner, which Hive does not keep among the parameters.
        parameters = {k: v for k, v in self._dict(found.properties()).items() if k != "owner"}
        return {**made, "Parameters": parameters}

    def enter_database(self, definition: Mapping[str, Any], location: str) -> None:
        """Let Spark have a database, or have it as it is now."""
        # Not by SQL, which refuses names with a hyphen.
        name, made = definition["Name"], self._class("catalog.CatalogDatabase")
        about = definition.get("Description") or ""
        parameters = self._map(definition.get("Parameters") or {})
        if not self._external.databaseExists(name):
            # Elsewhere at first: Spark makes the folder of a new database, in S3 too.
            folder = self._uri(str(self._spark.conf.get("spark.sql.warehouse.dir")))
            self._external.createDatabase(made(name, about, folder, parameters), True)
        # Without a location Spark says what it says on AWS when it wants to write there.
        place = self._uri(location) if location else self._java.java.net.URI("")
        self._external.alterDatabase(made(name, about, place, parameters))

    def rename(self, database: str, old: str, new: str) -> None:
        """Give an external table another name, which may be none that SQL takes."""
        self._external.renameTable(database, old, new)

    def forget_database(self, name: str, folder: str) -> None:
        """Let Spark have no such database.

        Args:
            folder: which Spark may delete, instead of the database's
        """
        self.enter_database({"Name": name}, folder)
        for table in self._list(self._external.listTables(name)):
            self.forget((name, table))
        self._external.dropDatabase(name, True, True)

    def schema(self, columns: Sequence[tuple[str, str, str]], *, strict: bool = True) -> str:
        """Spark's JSON of a schema: ``(name, type, comment)`` as the Data Catalog has them.

        Args:
            strict: raise where Spark knows no such type; else it is text
        """
        fields = []
        for name, kind, comment in columns:
            try:
                made = self._field(name, spark_type(kind))
            except PySparkException:
                if strict:
                    raise
                made = self._field(name, "string")
            if comment:
                made["metadata"] = {**made["metadata"], "comment": comment}
            fields.append(made)
        return json.dumps({"type": "struct", "fields": fields}, separators=(",", ":"))

    def _field(self, name: str, kind: str) -> dict[str, Any]:
        types = self._java.org.apache.spark.sql.types
        made: dict[str, Any] = json.loads(
            types.StructType.fromDDL(f"{sql_name(name)} {kind}").json()
        )["fields"][0]
        return made

    def _made(self, table: SparkTable, kind: str) -> Any:
        java, storage_class = self._java, self._class("catalog.CatalogStorageFormat")
        location = self._option(self._uri(table.location) if table.location else None)
        nothing = self._option(None)
        provider, options = table.provider, dict(table.options)
        if provider == HIVE and table.storage:
            provider, options = data_source(table.storage, options, table.properties)
        options = options if provider else {}
        storage = storage_class(location, nothing, nothing, nothing, False, self._map(options))
        given: dict[int, Any] = {
            1: self._identifier((table.database, table.name)),
            2: self._class("catalog.CatalogTableType")(kind),
            3: storage,
            4: java.org.apache.spark.sql.types.DataType.fromJson(table.schema),
            5: self._option(provider or None),
            6: self._seq(table.keys),
            7: self._option(self._bucket_spec(table) if table.buckets else None),
            8: table.owner,
            11: table.version,
            12: self._map(table.properties),
            14: self._option(table.text or None),
            15: self._option(table.comment or None),
            17: bool(table.keys) and kind != VIEW,
        }
        whole = self._class("catalog.CatalogTable")
        arguments = [
            given[i] if i in given else getattr(whole, f"apply$default${i}")() for i in range(1, 21)
        ]
        return whole(*arguments)

    def _bucket_spec(self, table: SparkTable) -> Any:
        count, columns, order = table.buckets or (0, (), ())
        return self._class("catalog.BucketSpec")(count, self._seq(columns), self._seq(order))

    def _buckets(self, spec: Any) -> tuple[int, tuple[str, ...], tuple[str, ...]] | None:
        if not spec.isDefined():
            return None
        found = spec.get()
        columns, order = found.bucketColumnNames(), found.sortColumnNames()
        return found.numBuckets(), tuple(self._list(columns)), tuple(self._list(order))

    def _identifier(self, name: Name) -> Any:
        return self._class("TableIdentifier")(name[1], self._option(name[0]))

    def _class(self, name: str) -> Any:
        found: Any = self._java
        for part in f"{_PACKAGE}.{name}".split("."):
            found = getattr(found, part)
        return found

    def _option(self, value: Any) -> Any:
        return self._java.scala.Option.apply(value)

    def _map(self, values: Mapping[str, str]) -> Any:
        return self._java.PythonUtils.toScalaMap(dict(values))

    def _seq(self, values: Sequence[str]) -> Any:
        return self._java.PythonUtils.toSeq(list(values))

    def _dict(self, values: Any) -> dict[str, str]:
        convert = self._java.scala.collection.JavaConverters.mapAsJavaMapConverter
        return dict(convert(values).asJava())

    @staticmethod
    def of(spark: SparkSession, values: Any) -> Iterator[Any]:
        """What is in a sequence of Scala."""
        java: Any = spark._jvm
        return iter(java.scala.collection.JavaConverters.seqAsJavaListConverter(values).asJava())

    def _list(self, values: Any) -> Iterator[Any]:
        return self.of(self._spark, values)

    def _uri(self, text: str) -> Any:
        return self._class("catalog.CatalogUtils").stringToURI(text)

    def _text_of(self, uri: Any) -> str:
        return str(self._class("catalog.CatalogUtils").URIToString(uri))


def _partition_value(value: str | None) -> str:
    return NULL_PARTITION if value is None else value
