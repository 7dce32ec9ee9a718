"""Record format conversion to Parquet and ORC by a table of the Data Catalog."""

from __future__ import annotations

import base64
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.contract.firehose.helpers import (
    ROLE,
    Aws,
    describe,
    destination,
    direct,
    failed_records,
    objects,
    wait_gone,
)
from tests.contract.refusals import refusal

COLUMNS = {
    "id": "bigint",
    "small": "tinyint",
    "name": "string",
    "price": "decimal(10,2)",
    "ratio": "double",
    "good": "boolean",
    "day": "date",
    "at": "timestamp",
    "tags": "array<string>",
    "place": "struct<city:string,zip:int>",
    "counts": "map<string,int>",
}


def table(aws: Aws, name: str, columns: dict[str, str] = COLUMNS) -> None:
    """A database and a table of the same name."""
    aws("glue").create_database(DatabaseInput={"Name": name})
    aws("glue").create_table(
        DatabaseName=name,
        TableInput={
            "Name": name,
            "StorageDescriptor": {
                "Columns": [{"Name": n, "Type": t} for n, t in columns.items()],
            },
        },
    )


def conversion(
    name: str,
    serializer: dict[str, Any] | None = None,
    deserializer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "Enabled": True,
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": name, "TableName": name},
        "InputFormatConfiguration": {"Deserializer": deserializer or {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": serializer or {"ParquetSerDe": {}}},
    }


def deliver(firehose: Any, name: str, bucket: str, config: dict[str, Any], *data: bytes) -> None:
    direct(firehose, name, bucket, Prefix="p/", DataFormatConversionConfiguration=config)
    if data:
        records = [{"Data": each} for each in data]
        firehose.put_record_batch(DeliveryStreamName=name, Records=records)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)


def only(aws: Aws, bucket: str, extension: str) -> io.BytesIO:
    (body,) = (v for k, v in objects(aws, bucket).items() if k.endswith(extension))
    return io.BytesIO(body)


FULL = {
    "ID": 1,
    "small": "7",
    "Name": 5.50,
    "price": 2.345,
    "ratio": 1,
    "good": True,
    "day": "2025-02-03",
    "at": "2017-02-07T15:13:01.39256Z",
    "tags": ["a", None],
    "place": {"City": "Berlin", "zip": 10115, "more": 1},
    "counts": {"x": 1},
    "more": 1,
}
ROW = {
    "id": 1,
    "small": 7,
    "name": "5.5",
    "price": Decimal("2.34"),
    "ratio": 1.0,
    "good": True,
    "day": date(2025, 2, 3),
    "at": datetime(2017, 2, 7, 15, 13, 1, 392560),
    "tags": ["a", None],
    "place": {"city": "Berlin", "zip": 10115},
    "counts": [("x", 1)],
}


@pytest.mark.parametrize("serializer", ["ParquetSerDe", "OrcSerDe"])
def test_every_type_comes_through(
    aws: Aws, firehose: Any, name: str, bucket: str, serializer: str
) -> None:
    table(aws, name)
    body = json.dumps(FULL).encode() + b'\n{"id": 2}'
    deliver(firehose, name, bucket, conversion(name, {serializer: {}}), body, b'{"id": null}')
    if serializer == "ParquetSerDe":
        rows = pq.read_table(only(aws, bucket, ".parquet")).to_pylist()
        file = pq.ParquetFile(only(aws, bucket, ".parquet"))
        assert file.metadata.row_group(0).column(0).compression == "SNAPPY"
        assert file.schema.column(7).physical_type == "INT96"
    else:
        rows = orc.ORCFile(only(aws, bucket, ".orc")).read().to_pylist()
    assert rows == [ROW, {**dict.fromkeys(COLUMNS), "id": 2}, dict.fromkeys(COLUMNS)]


def test_options_of_the_writers(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    table(aws, name, {"id": "bigint", "name": "string"})
    options = {
        "Compression": "GZIP",
        "EnableDictionaryCompression": True,
        "WriterVersion": "V2",
        "PageSizeBytes": 65536,
    }
    lines = b"".join(b'{"id": %d, "name": "same"}' % i for i in range(1000))
    deliver(firehose, name, bucket, conversion(name, {"ParquetSerDe": options}), lines)
    column = pq.ParquetFile(only(aws, bucket, ".parquet")).metadata.row_group(0).column(1)
    assert column.compression == "GZIP"
    assert column.has_dictionary_page
    other = f"{name}-orc"
    options = {"Compression": "ZLIB", "StripeSizeBytes": 8388608, "RowIndexStride": 1000}
    options |= {"FormatVersion": "V0_11", "BloomFilterColumns": ["id"]}
    deliver(firehose, other, bucket, conversion(name, {"OrcSerDe": options}), lines)
    file = orc.ORCFile(only(aws, bucket, ".orc"))
    assert (file.compression, file.row_index_stride, file.file_version) == ("ZLIB", 1000, "0.11")
    assert file.nrows == 1000


def test_records_that_do_not_fit_are_written_with_why(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    table(aws, name, {"id": "int", "at": "timestamp"})
    bad = {
        b'{"id": "oops"}': 'Data does not match the schema. For input string: "oops"',
        b'{"id": 2147483648}': "is not a number of 32 bits",
        b'{"id": 1e999999999}': "is not a number of 32 bits",
        b'{"id": 1.5}': "is not a whole number",
        b'{"id": true}': "java.lang.Boolean",
        b'{"id": {}}': "JSONObject",
        b'{"at": "yesterday"}': "is not a timestamp",
        b'{"id": 1}{"id": ': "Encountered malformed JSON.",
        b"[{}]": "array",
        b"5": "The input JSON contained a primitive at the top level.",
        b" \n": "The record was empty or contained only whitespace.",
        b"\xff": "Encountered malformed JSON.",
    }
    deliver(firehose, name, bucket, conversion(name), b'{"id": 1}', *bad, b'{"id": "2"}')
    assert pq.read_table(only(aws, bucket, ".parquet"))["id"].to_pylist() == [1, 2]
    failed = failed_records(aws, bucket, "p/format-conversion-failed/")
    said = {base64.b64decode(each["rawData"]): each["lastErrorMessage"] for each in failed}
    assert set(said) == set(bad)
    for data, message in bad.items():
        assert message in said[data]
    codes = {each["lastErrorCode"] for each in failed}
    assert codes == {"DataFormatConversion.MalformedData", "DataFormatConversion.ParseError"}
    assert failed[0]["dataCatalogTable"] == {
        "catalogId": "000000000000",
        "databaseName": name,
        "tableName": name,
        "region": "us-east-1",
        "versionId": "LATEST",
    }
    assert failed[0]["attemptsMade"] == 1


def test_a_table_that_is_not_there_loses_nothing(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    deliver(firehose, name, bucket, conversion(name), b'{"id": 1}')
    (failed,) = failed_records(aws, bucket, "p/format-conversion-failed/")
    assert failed["lastErrorCode"] == "DataFormatConversion.EntityNotFound"
    assert base64.b64decode(failed["rawData"]) == b'{"id": 1}'


def test_options_of_the_readers(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    table(aws, name, {"a_b": "int", "ts": "string", "camelcase": "int"})
    options = {
        "ConvertDotsInJsonKeysToUnderscores": True,
        "ColumnToJsonKeyMappings": {"ts": "timestamp"},
    }
    data = b'{"a.b": 1, "timestamp": "now", "camelCase": 3}'
    config = conversion(name, deserializer={"OpenXJsonSerDe": options})
    deliver(firehose, name, bucket, config, data)
    rows = pq.read_table(only(aws, bucket, ".parquet")).to_pylist()
    assert rows == [{"a_b": 1, "ts": "now", "camelcase": 3}]
    exact = conversion(name, {"OrcSerDe": {}}, {"OpenXJsonSerDe": {"CaseInsensitive": False}})
    deliver(firehose, f"{name}-exact", bucket, exact, b'{"camelCase": 3, "ts": "x"}')
    rows = orc.ORCFile(only(aws, bucket, ".orc")).read().to_pylist()
    assert rows == [{"a_b": None, "ts": "x", "camelcase": None}]


def test_timestamps_of_the_hive_reader(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    table(aws, name, {"at": "timestamp"})
    formats = ["yyyy-MM-dd'T'HH:mm:ssZ", "millis"]
    config = conversion(name, deserializer={"HiveJsonSerDe": {"TimestampFormats": formats}})
    data = [
        b'{"at": "2025-01-02T03:04:05+0100"}',
        b'{"at": 1500}',
        b'{"at": "2025-01-02 03:04:05"}',
    ]
    deliver(firehose, name, bucket, config, *data)
    rows = pq.read_table(only(aws, bucket, ".parquet"))["at"].to_pylist()
    assert rows == [datetime(2025, 1, 2, 2, 4, 5), datetime(1970, 1, 1, 0, 0, 1, 500000)]
    (failed,) = failed_records(aws, bucket, "p/format-conversion-failed/")
    assert base64.b64decode(failed["rawData"]) == data[2]


@pytest.mark.parametrize(
    ("change", "more", "named"),
    [
        ({"SchemaConfiguration": {}}, {}, "SchemaConfiguration.RoleARN"),
        ({"InputFormatConfiguration": {}}, {}, "Deserializer must have exactly one"),
        ({}, {"CompressionFormat": "GZIP"}, "CompressionFormat must be UNCOMPRESSED"),
        (
            {},
            {"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60}},
            "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.",
        ),
        (
            {
                "InputFormatConfiguration": {
                    "Deserializer": {"HiveJsonSerDe": {"TimestampFormats": ["QQ"]}}
                }
            },
            {},
            "TimestampFormats has 'QQ'",
        ),
    ],
)
def test_what_is_refused(
    firehose: Any, name: str, bucket: str, change: Any, more: Any, named: str
) -> None:
    config = {**conversion(name), **change}
    code, message = refusal(
        lambda: firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=destination(
                bucket, DataFormatConversionConfiguration=config, **more
            ),
        )
    )
    assert code == "InvalidArgumentException"
    assert message.startswith(named)


def test_it_is_described(firehose: Any, name: str, bucket: str) -> None:
    config = conversion(name)
    direct(firehose, name, bucket, DataFormatConversionConfiguration=config)
    (there,) = describe(firehose, name)["Destinations"]
    extended = there["ExtendedS3DestinationDescription"]
    assert extended["DataFormatConversionConfiguration"] == config
    assert extended["BufferingHints"] == {"SizeInMBs": 128, "IntervalInSeconds": 300}
