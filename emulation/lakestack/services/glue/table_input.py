"""TableInput and PartitionInput as the crawler writes them: parameters, SerDe, formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lakestack.services.glue.formats import FileSchema
from lakestack.services.glue.grouping import CrawledFile, Leaf, Table
from lakestack.services.glue.jdbc_crawler import JdbcFound, JdbcTable
from lakestack.services.glue.schema_types import Column, merge_columns

JsonDict = dict[str, Any]

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_ORC = "org.apache.hadoop.hive.ql.io.orc"


def dynamodb_table(
    name: str, arn: str, columns: Sequence[Column], *, crawler: str, count: int, size: int
) -> JsonDict:
    """TableInput of a DynamoDB table.

    Args:
        count: its items; `size`: its bytes
    """
    parameters = {
        **_crawler_parameters(crawler),
        "averageRecordSize": str(size // count if count else 0),
        "classification": "dynamodb",
        "compressionType": "none",
        "recordCount": str(count),
        "sizeKey": str(size),
        "typeOfData": "table",
    }
    return _table(name, [], parameters, _descriptor(arn, columns, {}, parameters, "", ""))


def jdbc_table(name: str, found: JdbcFound, table: JdbcTable, *, crawler: str) -> JsonDict:
    """TableInput of a table or view of a database."""
    parameters = {
        **_crawler_parameters(crawler),
        "classification": found.vendor,
        "compressionType": "none",
        "connectionName": found.connection,
        "typeOfData": "view" if table.view else "table",
    }
    columns = [{"Name": column.lower(), "Type": kind} for column, kind in table.columns]
    descriptor = _descriptor(found.location(table), (), {}, parameters, "", "")
    return _table(name, [], parameters, {**descriptor, "Columns": columns})


def s3_table(name: str, bucket: str, table: Table, *, crawler: str) -> JsonDict:
    """TableInput of objects in S3, columns united over all sampled objects."""
    schema = table.schemas[0]
    parameters = _parameters(table.files, schema, crawler)
    descriptor = _s3_descriptor(bucket, table.prefix, table.schemas, parameters)
    keys = [{"Name": key, "Type": "string"} for key in table.partition_keys]
    return _table(name, keys, parameters, descriptor)


def s3_partition(
    bucket: str, table: Table, leaf: Leaf, *, crawler: str, inherit: Mapping[str, Any] | None
) -> JsonDict:
    """PartitionInput of one leaf of a table.

    Args:
        inherit: the table's StorageDescriptor whose columns and formats the partition takes over
            (crawler configuration ``Partitions.AddOrUpdateBehavior: InheritFromTable``)
    """
    schemas = [file.schema for file in leaf.files if file.schema is not None]
    parameters = _parameters(leaf.files, schemas[0], crawler)
    descriptor = _s3_descriptor(bucket, leaf.prefix, schemas, parameters)
    if inherit:
        descriptor = {**inherit, "Location": descriptor["Location"], "Parameters": parameters}
    return {
        "Values": table.values(leaf),
        "StorageDescriptor": descriptor,
        "Parameters": parameters,
    }


def _crawler_parameters(crawler: str) -> dict[str, str]:
    return {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
    }


def _parameters(files: Sequence[CrawledFile], schema: FileSchema, crawler: str) -> dict[str, str]:
    size = sum(file.size for file in files)
    count, average = _estimate(files)
    return {
        **_crawler_parameters(crawler),
        "averageRecordSize": str(average),
        "classification": schema.classification,
        "compressionType": schema.compression,
        "objectCount": str(len(files)),
        "recordCount": str(count),
        "sizeKey": str(size),
        "typeOfData": "file",
        **schema.properties,
    }


def _estimate(files: Sequence[CrawledFile]) -> tuple[int, int]:
    """Records in all objects and average bytes of one, from the samples (exact if all read)."""
    total = sum(file.size for file in files)
    sampled = [file.schema for file in files if file.schema is not None]
    records = sum(schema.records for schema in sampled)
    seen = sum(schema.sampled_bytes for schema in sampled)
    if not records or not seen:
        return 0, 0
    return (records if seen >= total else round(total * records / seen)), seen // records


def _s3_descriptor(
    bucket: str, prefix: str, schemas: Sequence[FileSchema], parameters: Mapping[str, str]
) -> JsonDict:
    columns = merge_columns(schema.columns for schema in schemas)
    serde, source, sink = _formats(schemas)
    descriptor = _descriptor(f"s3://{bucket}/{prefix}", columns, serde, parameters, source, sink)
    descriptor["Compressed"] = schemas[0].compression == "gzip"
    return descriptor


def _formats(schemas: Sequence[FileSchema]) -> tuple[JsonDict, str, str]:
    """SerDe, InputFormat and OutputFormat of a classification."""
    schema = schemas[0]
    match schema.classification:
        case "json":
            paths = sorted({p for s in schemas for p in s.serde.get("paths", "").split(",") if p})
            serde = _serde("org.openx.data.jsonserde.JsonSerDe", {"paths": ",".join(paths)})
            return serde, _TEXT_INPUT, _TEXT_OUTPUT
        case "parquet":
            serde = _serde(f"{_PARQUET}.serde.ParquetHiveSerDe", {"serialization.format": "1"})
            source, sink = "MapredParquetInputFormat", "MapredParquetOutputFormat"
            return serde, f"{_PARQUET}.{source}", f"{_PARQUET}.{sink}"
        case "orc":
            serde = _serde(f"{_ORC}.OrcSerde", {})
            return serde, f"{_ORC}.OrcInputFormat", f"{_ORC}.OrcOutputFormat"
        case "csv":
            return _csv_serde(schema), _TEXT_INPUT, _TEXT_OUTPUT
    return {}, "", ""


def _csv_serde(schema: FileSchema) -> JsonDict:
    delimiter = schema.properties["delimiter"]
    if schema.serde.get("csv_serde") == "OpenCSVSerDe":
        return _serde(
            "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            {"quoteChar": schema.serde["quote"], "separatorChar": delimiter},
        )
    return _serde("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", {"field.delim": delimiter})


def _serde(library: str, parameters: dict[str, str]) -> JsonDict:
    return {"SerializationLibrary": library, "Parameters": parameters}


def _descriptor(
    location: str,
    columns: Sequence[Column],
    serde: JsonDict,
    parameters: Mapping[str, str],
    source: str,
    sink: str,
) -> JsonDict:
    return {
        "Columns": [column.as_api() for column in columns],
        "Location": location,
        "InputFormat": source,
        "OutputFormat": sink,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": serde,
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": dict(parameters),
        "StoredAsSubDirectories": False,
    }


def _table(
    name: str, keys: list[dict[str, str]], parameters: dict[str, str], descriptor: JsonDict
) -> JsonDict:
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": descriptor,
        "PartitionKeys": keys,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
    }
