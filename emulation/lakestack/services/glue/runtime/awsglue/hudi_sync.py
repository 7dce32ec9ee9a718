"""Writes to Hudi's tables: their sync to the Data Catalog, and the lock that keeps writers apart.

On AWS Hive's client of the Data Catalog does the sync (``hoodie.datasource.hive_sync.mode``
``hms``), or Hudi's own tool for Glue; here it is done after the write that asks for it. A lock in
DynamoDB is one of this process here: writers of two jobs are not kept apart. Sources: AWS Glue
Developer Guide, "Using the Hudi framework in AWS Glue"; Apache Hudi, "All Configurations: Hive Sync
Configs", "Syncing to AWS Glue Data Catalog" and "Concurrency Control" (DynamoDB based lock).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrameWriter, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .catalog import HUDI
from .clients import client
from .errors import CatalogError, UnsupportedApiError
from .hive_serde import STORED_AS, HiveStorage
from .metastore_changes import change_partitions, partitions_of
from .metastore_tables import EXTERNAL, HIVE, SparkTable, table_input
from .options import LOG, is_true
from .spark_builders import options_of, source_of
from .table_statement import NULL_PARTITION

_SYNC = "hoodie.datasource.hive_sync."
_SWITCHES = (_SYNC + "enable", "hoodie.datasource.meta.sync.enable")
_TYPE = "hoodie.datasource.write.table.type"
_PARTITIONS = "hoodie.datasource.write.partitionpath.field"
_STORAGE = HiveStorage(
    "org.apache.hudi.hadoop.HoodieParquetInputFormat",
    STORED_AS["parquet"].output_format,
    STORED_AS["parquet"].serde,
)
_LOCK = "hoodie.write.lock.provider"
_LOCK_OF_AWS = "org.apache.hudi.aws."
_LOCK_HERE = "org.apache.hudi.client.transaction.lock.InProcessLockProvider"
_PATH_COLUMN, _TIME_COLUMN = "_hoodie_partition_path", "_hoodie_commit_time"


@dataclass(frozen=True)
class Sync:
    """What a write asks to be made of its table in the Data Catalog.

    Attributes:
        keys: its partition fields
        makes_database: where it is not there
    """

    database: str
    table: str
    keys: tuple[str, ...]
    makes_database: bool = True

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Sync | None:
        """By the options of a write; None: it asks for nothing.

        Args:
            options: names in lower case

        Raises:
            UnsupportedApiError: of a table that is merged on reading
            ValueError: there is no name
        """
        if not any(is_true(options.get(switch)) for switch in _SWITCHES):
            return None
        if options.get(_TYPE, "COPY_ON_WRITE").upper() != "COPY_ON_WRITE":
            raise UnsupportedApiError(f"Hudi's catalog sync of {_TYPE} {options[_TYPE]}")
        table = options.get(_SYNC + "table") or options.get("hoodie.table.name")
        if not table:
            raise ValueError(f"Hudi's catalog sync needs {_SYNC}table or hoodie.table.name")
        said = options.get(_SYNC + "partition_fields")
        if said is None:
            said = options.get(_PARTITIONS, "")
        fields = [field.strip().partition(":")[0] for field in said.split(",")]
        return cls(
            options.get(_SYNC + "database", "default").lower(),
            table.lower(),
            tuple(field for field in fields if field),
            is_true(options.get(_SYNC + "auto_create_database", "true")),
        )


def install() -> None:
    """Let each write to Hudi be followed by the sync that it asks for."""
    plain = DataFrameWriter.save

    @functools.wraps(plain)
    def save(
        self: Any,
        path: str | None = None,
        format: str | None = None,  # noqa: A002 - Spark's signature
        *args: Any,
        **kwargs: Any,
    ) -> None:
        given = options_of(self)
        options = {**given, **{k.lower(): str(v) for k, v in kwargs.items()}}
        kind = (format or source_of(self)).lower()
        if kind not in (HUDI, "org.apache.hudi"):
            plain(self, path, format, *args, **kwargs)
            return
        if fields := options.get(_PARTITIONS):
            # Hudi 1.0 keeps spaces after commas as parts of the names, and reads such a table no
            # more; that of AWS Glue 4 does not.
            kwargs = {k: v for k, v in kwargs.items() if k.lower() != _PARTITIONS}
            self.option(_PARTITIONS, ",".join(part.strip() for part in fields.split(",")))
        if options.get(_LOCK, "").startswith(_LOCK_OF_AWS):
            LOG.warning("%s %s: here writers of one job are kept apart", _LOCK, options[_LOCK])
            kwargs = {k: v for k, v in kwargs.items() if k.lower() != _LOCK}
            self.option(_LOCK, _LOCK_HERE)
        sync = Sync.of(options)
        if sync is None:
            plain(self, path, format, *args, **kwargs)
            return
        off = dict.fromkeys(_SWITCHES, "false")
        kept = {k: v for k, v in kwargs.items() if k.lower() not in off}
        self.options(**off)
        plain(self, path, format, *args, **kept)
        _synchronize(self._spark, sync, path or options["path"])

    setattr(DataFrameWriter, "save", save)  # noqa: B010 - mypy takes it for a method


def _synchronize(spark: SparkSession, sync: Sync, path: str) -> None:
    frame = spark.read.format(HUDI).load(path)
    rows = frame.groupBy(_PATH_COLUMN).agg(F.max(_TIME_COLUMN).alias("at")).collect()
    name = (sync.database, sync.table)
    wanted = _input(
        frame.schema.json(), spark, sync, path, max((r["at"] for r in rows), default="")
    )
    _make_database(sync)
    glue = client("glue")
    try:
        glue.get_table(DatabaseName=sync.database, Name=sync.table)
    except glue.exceptions.EntityNotFoundException:
        glue.create_table(DatabaseName=sync.database, TableInput=wanted)
    else:
        glue.update_table(DatabaseName=sync.database, TableInput=wanted, SkipArchive=True)
    if sync.keys:
        now = {
            partition_values(
                row[_PATH_COLUMN], sync.keys
            ): f"{path.rstrip('/')}/{row[_PATH_COLUMN]}"
            for row in rows
        }
        change_partitions(name, partitions_of(name, sync.keys), now, wanted)


def partition_values(folder: str, keys: Sequence[str]) -> tuple[str, ...]:
    """The values of a partition by its folder: ``a/b`` or ``x=a/y=b``; of one key ``2026/11/28``.

    Raises:
        CatalogError: it has not one for each key
    """
    parts = folder.split("/")
    if len(keys) == 1 and len(parts) == 3:  # Hudi's SlashEncodedDayPartitionValueExtractor
        return ("-".join(parts),)
    if len(parts) != len(keys):
        raise CatalogError(
            f"Hudi's partition {folder!r} has no value for each of {', '.join(keys)}"
        )
    return tuple(part.rpartition("=")[2] or NULL_PARTITION for part in parts)


def _input(schema: str, spark: SparkSession, sync: Sync, path: str, at: str) -> dict[str, Any]:
    table = SparkTable(
        database=sync.database,
        name=sync.table,
        kind=EXTERNAL,
        schema=schema,
        provider=HIVE,
        keys=sync.keys,
        location=path,
        options={"path": path, "hoodie.query.as.ro.table": "false"},
        storage=_STORAGE,
        owner=spark.sparkContext.sparkUser(),
    )
    made = table_input(table)
    made["Parameters"] |= {"spark.sql.sources.provider": HUDI, "last_commit_time_sync": at}
    return made


def _make_database(sync: Sync) -> None:
    glue = client("glue")
    try:
        glue.get_database(Name=sync.database)
    except glue.exceptions.EntityNotFoundException:
        if not sync.makes_database:
            raise
        glue.create_database(DatabaseInput={"Name": sync.database})
