"""Tables and partitions that a sink makes in the Data Catalog (``enableUpdateCatalog``).

AWS Glue Developer Guide, "Creating tables, updating the schema, and adding new partitions in the
Data Catalog from AWS Glue ETL jobs".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from .clients import client
from .errors import UnsupportedApiError

BEHAVIORS = ("UPDATE_IN_DATABASE", "LOG")
PARTITIONS_PER_CALL = 100
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_SERDES = {
    "json": "org.openx.data.jsonserde.JsonSerDe",
    "csv": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "avro": "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    "parquet": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
}
# What Spark replaces in the name of a partition's folder.
_ESCAPED = re.compile(r"[\x00-\x1f\"#%'*/:=?\\{\[\]^\x7f]")


@dataclass(frozen=True)
class CatalogUpdate:
    """What a sink does to the Data Catalog once its files are written.

    Args:
        behavior: UPDATE_IN_DATABASE: new columns are added to a table that is there already; LOG:
            its columns stay as they are
    """

    database: str
    table: str
    behavior: str = BEHAVIORS[0]

    def apply(
        self,
        frame: DataFrame,
        path: str,
        keys: Sequence[str],
        kind: str,
        options: Mapping[str, Any],
    ) -> None:
        """Make or update the table, and add the partitions that were written.

        Raises:
            UnsupportedApiError: a format that AWS does not take here either, or another behavior
        """
        if kind not in _SERDES:
            raise UnsupportedApiError(f"enableUpdateCatalog with the format {kind!r}")
        if self.behavior not in BEHAVIORS:
            raise UnsupportedApiError(f"updateBehavior={self.behavior!r}")
        columns = [
            {"Name": f.name.lower(), "Type": f.dataType.simpleString()} for f in frame.schema.fields
        ]
        names = [key.lower() for key in keys]
        glue = client("glue")
        try:
            table = glue.get_table(DatabaseName=self.database, Name=self.table)["Table"]
        except glue.exceptions.EntityNotFoundException:
            table = _new_table(self.table, path, kind, options)
            table["StorageDescriptor"]["Columns"] = [c for c in columns if c["Name"] not in names]
            table["PartitionKeys"] = [c for name in names for c in columns if c["Name"] == name]
            glue.create_table(DatabaseName=self.database, TableInput=table)
        else:
            self._add_columns(table, columns)
        if keys:
            self._add_partitions(frame.select(*keys).distinct().collect(), keys, path, table)

    def _add_columns(self, table: dict[str, Any], columns: Sequence[Mapping[str, str]]) -> None:
        storage = table["StorageDescriptor"]
        known = {c["Name"] for c in [*storage["Columns"], *table.get("PartitionKeys", ())]}
        new = [c for c in columns if c["Name"] not in known]
        if new and self.behavior == "UPDATE_IN_DATABASE":
            storage["Columns"] += new
            parts = ("Name", "Parameters", "PartitionKeys", "StorageDescriptor", "TableType")
            client("glue").update_table(
                DatabaseName=self.database, TableInput={k: table[k] for k in parts if k in table}
            )

    def _add_partitions(
        self, found: Sequence[Any], keys: Sequence[str], path: str, table: Mapping[str, Any]
    ) -> None:
        inputs = []
        for row in found:
            values = [NULL_PARTITION if value is None else str(value) for value in row]
            folder = "/".join(f"{k}={escaped(v)}" for k, v in zip(keys, values, strict=True))
            location = f"{path.rstrip('/')}/{folder}/"
            storage = {**table["StorageDescriptor"], "Location": location}
            inputs.append({"Values": values, "StorageDescriptor": storage})
        for start in range(0, len(inputs), PARTITIONS_PER_CALL):
            answer = client("glue").batch_create_partition(
                DatabaseName=self.database,
                TableName=self.table,
                PartitionInputList=inputs[start : start + PARTITIONS_PER_CALL],
            )
            for error in answer.get("Errors", ()):
                if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                    raise RuntimeError(f"partition {error['PartitionValues']}: {error}")


def escaped(value: str) -> str:
    """A partition's value as Spark spells it in the name of its folder."""
    return _ESCAPED.sub(lambda found: f"%{ord(found.group()):02X}", value)


def _new_table(name: str, path: str, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    given = {key.lower(): str(value) for key, value in options.items()}
    parameters = {"classification": kind}
    serde: dict[str, str] = {}
    if kind == "csv":
        serde = {"field.delim": given.get("separator", ",")}
        if given.get("writeheader", "true").lower() == "true":
            parameters["skip.header.line.count"] = "1"
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "StorageDescriptor": {
            "Location": path.rstrip("/") + "/",
            "SerdeInfo": {"SerializationLibrary": _SERDES[kind], "Parameters": serde},
        },
    }
