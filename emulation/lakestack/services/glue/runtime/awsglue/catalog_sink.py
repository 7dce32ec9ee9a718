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
from .columns import quoted
from .errors import CatalogError, UnsupportedApiError
from .options import LOG

BEHAVIORS = ("UPDATE_IN_DATABASE", "LOG")
PARTITIONS_PER_CALL = 100
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_SERDES = {
    "json": "org.openx.data.jsonserde.JsonSerDe",
    "csv": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "avro": "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    "parquet": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
}
_TEXT_FORMATS = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_FORMATS = {  # of the files, for reading and for writing
    "json": _TEXT_FORMATS,
    "csv": _TEXT_FORMATS,
    "avro": (
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
    ),
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    ),
}
# What Spark replaces in the name of a partition's folder.
_ESCAPED = re.compile(r"[\x00-\x1f\"#%'*/:=?\\{\[\]^\x7f]")


@dataclass(frozen=True)
class CatalogUpdate:
    """What a sink does to the Data Catalog once its files are written.

    Args:
        behavior: UPDATE_IN_DATABASE: a table that is there already gets the new columns and types;
            LOG: its columns stay as they are, and partitions are only added when the records have
            no others
        catalog: id of the catalog; by default the account's
    """

    database: str
    table: str
    behavior: str = BEHAVIORS[0]
    catalog: str = ""

    def apply(
        self,
        frame: DataFrame,
        path: str,
        keys: Sequence[str],
        kind: str,
        options: Mapping[str, Any],
    ) -> None:
        """Make or update the table, and add or update the partitions that were written.

        Raises:
            UnsupportedApiError: a format that AWS does not take here either, or another behavior
            CatalogError: the table has other partition keys
        """
        if kind not in _SERDES:
            raise UnsupportedApiError(f"enableUpdateCatalog with the format {kind!r}")
        if self.behavior not in BEHAVIORS:
            raise UnsupportedApiError(f"updateBehavior={self.behavior!r}")
        if not frame.columns:  # no records: no schema to write
            LOG.warning("%s.%s is not updated: there are no records", self.database, self.table)
            return
        columns = [
            {"Name": f.name.lower(), "Type": f.dataType.simpleString()} for f in frame.schema.fields
        ]
        names = [key.lower() for key in keys]
        glue = client("glue")
        try:
            table = glue.get_table(**self._names("Name"))["Table"]
        except glue.exceptions.EntityNotFoundException:
            table = _new_table(self.table, path, kind, options)
            table["StorageDescriptor"]["Columns"] = [c for c in columns if c["Name"] not in names]
            table["PartitionKeys"] = [c for name in names for c in columns if c["Name"] == name]
            glue.create_table(**self._names(""), TableInput=table)
        else:
            declared = [key["Name"] for key in table.get("PartitionKeys", ())]
            if declared != names:
                raise CatalogError(
                    f"table {self.database}.{self.table} has the partition keys {declared}, the "
                    f"sink writes {names}: AWS wants the same in the same order"
                )
            if not self._update_columns(table, [c for c in columns if c["Name"] not in names]):
                return
        if keys:
            values = (quoted(key).cast("string") for key in keys)
            self._write_partitions(frame.select(*values).distinct().collect(), keys, path, table)

    def _names(self, of_table: str) -> dict[str, str]:
        """The arguments that name the database, the catalog and (as `of_table`) the table."""
        named = {"DatabaseName": self.database, **({of_table: self.table} if of_table else {})}
        return {**named, **({"CatalogId": self.catalog} if self.catalog else {})}

    def _update_columns(self, table: dict[str, Any], columns: Sequence[Mapping[str, str]]) -> bool:
        """Give the table the columns of the records; return whether it may get partitions."""
        storage = table["StorageDescriptor"]
        known = {c["Name"]: c for c in storage["Columns"]}
        new = [c for c in columns if c["Name"] not in known]
        changed = [
            c for c in columns if c["Name"] in known and c["Type"] != known[c["Name"]].get("Type")
        ]
        if not (new or changed):
            return True
        if self.behavior == "LOG":
            LOG.warning(
                "updateBehavior LOG: %s.%s keeps its columns; the records have %s",
                self.database,
                self.table,
                ", ".join(f"{c['Name']} {c['Type']}" for c in [*new, *changed]),
            )
            return not new
        for column in changed:
            known[column["Name"]]["Type"] = column["Type"]
        storage["Columns"] += new
        glue = client("glue")
        parts = glue.meta.service_model.shape_for("TableInput").members
        glue.update_table(**self._names(""), TableInput={k: table[k] for k in parts if k in table})
        return True

    def _write_partitions(
        self, found: Sequence[Any], keys: Sequence[str], path: str, table: Mapping[str, Any]
    ) -> None:
        inputs = []
        for row in found:
            values = [NULL_PARTITION if value is None else value for value in row]
            folder = "/".join(f"{k}={escaped(v)}" for k, v in zip(keys, values, strict=True))
            location = f"{path.rstrip('/')}/{folder}/"
            storage = {**table["StorageDescriptor"], "Location": location}
            inputs.append({"Values": values, "StorageDescriptor": storage})
        for start in range(0, len(inputs), PARTITIONS_PER_CALL):
            some = inputs[start : start + PARTITIONS_PER_CALL]
            answer = client("glue").batch_create_partition(
                **self._names("TableName"), PartitionInputList=some
            )
            there = []
            for error in answer.get("Errors", ()):
                if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                    raise RuntimeError(f"partition {error['PartitionValues']}: {error}")
                there.append(error["PartitionValues"])
            if self.behavior == "UPDATE_IN_DATABASE":
                self._update_partitions([each for each in some if each["Values"] in there])

    def _update_partitions(self, inputs: Sequence[Mapping[str, Any]]) -> None:
        """Partitions that were there point to what is written now, with its columns."""
        if not inputs:
            return
        entries = [{"PartitionValueList": p["Values"], "PartitionInput": p} for p in inputs]
        answer = client("glue").batch_update_partition(**self._names("TableName"), Entries=entries)
        for error in answer.get("Errors", ()):
            raise RuntimeError(f"partition {error['PartitionValueList']}: {error}")


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
            "InputFormat": _FORMATS[kind][0],
            "OutputFormat": _FORMATS[kind][1],
            "SerdeInfo": {"SerializationLibrary": _SERDES[kind], "Parameters": serde},
        },
    }
