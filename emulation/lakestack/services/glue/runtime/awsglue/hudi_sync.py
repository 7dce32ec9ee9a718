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
from .errors import CatalogError
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
_MERGED = "MERGE_ON_READ"
AS_READ_OPTIMIZED = "hoodie.query.as.ro.table"
"""Of a table's SerDe: whether what is not compacted yet is left out."""
_INPUT_FORMAT = "org.apache.hudi.hadoop.HoodieParquetInputFormat"
_REALTIME_FORMAT = "org.apache.hudi.hadoop.realtime.HoodieParquetRealtimeInputFormat"
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
        merged: whether the table is one of MERGE_ON_READ
        strategy: which views of such a table are made: ALL, RO or RT
        plain_ro: whether the name itself is that of the read optimized view
    """

    database: str
    table: str
    keys: tuple[str, ...]
    makes_database: bool = True
    merged: bool = False
    strategy: str = "ALL"
    plain_ro: bool = False

    def views(self) -> dict[str, bool]:
        """The tables that are made, and whether each has what is not compacted yet.

        Apache Hudi, "All Configurations", Hive Sync Configs: of a table of MERGE_ON_READ ``t_ro``
        and ``t_rt``, and by ``hoodie.meta.sync.sync_snapshot_with_table_name`` ``t`` as ``t_rt``.
        """
        if not self.merged or self.strategy == "RT":
            return {self.table: True}
        if self.strategy == "RO":
            return {self.table: False}
        if self.plain_ro:
            return {self.table: False, f"{self.table}_rt": True}
        return {f"{self.table}_ro": False, f"{self.table}_rt": True, self.table: True}

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Sync | None:
        """By the options of a write; None: it asks for nothing.

        Args:
            options: names in lower case

        Raises:
            ValueError: there is no name, or the strategy is none
        """
        if not any(is_true(options.get(switch)) for switch in _SWITCHES):
            return None
        strategy = options.get(_SYNC + "table.strategy", "ALL").upper()
        if strategy not in ("ALL", "RO", "RT"):
            raise ValueError(f"{_SYNC}table.strategy {strategy!r} is none of ALL, RO, RT")
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
            options.get(_TYPE, "").upper() == _MERGED,
            strategy,
            is_true(options.get(_SYNC + "skip_ro_suffix")),
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
    at = max((r["at"] for r in rows), default="")
    _make_database(sync)
    for name, realtime in sync.views().items():
        wanted = _input(frame.schema.json(), spark, sync, name, realtime, path, at)
        _put_table(sync.database, wanted)
        if sync.keys:
            now = {
                partition_values(
                    row[_PATH_COLUMN], sync.keys
                ): f"{path.rstrip('/')}/{row[_PATH_COLUMN]}"
                for row in rows
            }
            place = (sync.database, name)
            change_partitions(place, partitions_of(place, sync.keys), now, wanted)


def _put_table(database: str, wanted: dict[str, Any]) -> None:
    glue = client("glue")
    try:
        glue.get_table(DatabaseName=database, Name=wanted["Name"])
    except glue.exceptions.EntityNotFoundException:
        glue.create_table(DatabaseName=database, TableInput=wanted)
    else:
        glue.update_table(DatabaseName=database, TableInput=wanted, SkipArchive=True)


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


def _input(
    schema: str, spark: SparkSession, sync: Sync, name: str, realtime: bool, path: str, at: str
) -> dict[str, Any]:
    parquet = STORED_AS["parquet"]
    source = _REALTIME_FORMAT if sync.merged and realtime else _INPUT_FORMAT
    table = SparkTable(
        database=sync.database,
        name=name,
        kind=EXTERNAL,
        schema=schema,
        provider=HIVE,
        keys=sync.keys,
        location=path,
        options={"path": path, AS_READ_OPTIMIZED: str(not realtime).lower()},
        storage=HiveStorage(source, parquet.output_format, parquet.serde),
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
