"""Dynamic partitioning: keys by jq and by a function, taking apart, and what has no key."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from tests.contract.firehose.helpers import (
    Aws,
    describe,
    destination,
    direct,
    failed_records,
    objects,
    processing,
    wait_gone,
)
from tests.contract.lambda_.helpers import create
from tests.contract.refusals import refusal

LARGE = {"SizeInMBs": 64, "IntervalInSeconds": 900}
PARTITIONED: dict[str, Any] = {
    "BufferingHints": LARGE,
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
}
BY_CUSTOMER = (
    "MetadataExtraction",
    {
        "MetadataExtractionQuery": "{customer: .customer, year: .at[0:4]}",
        "JsonParsingEngine": "JQ-1.6",
    },
)
PREFIX = "c=!{partitionKeyFromQuery:customer}/y=!{partitionKeyFromQuery:year}/"
A, B = b'{"customer":"a","at":"2025"}', b'{"customer":"b","at":"2025"}'
FAILED = "DynamicPartitioning.MetadataExtractionFailed"


def deliver(firehose: Any, name: str, *data: bytes) -> None:
    """Put records, end the delivery stream, and so have them all delivered."""
    for start in range(0, len(data), 500):
        records = [{"Data": each} for each in data[start : start + 500]]
        assert (
            firehose.put_record_batch(DeliveryStreamName=name, Records=records)["FailedPutCount"]
            == 0
        )
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)


def by_folder(aws: Aws, bucket: str) -> dict[str, bytes]:
    """What lies in each folder, one object in each."""
    found = objects(aws, bucket)
    folders = {key.rpartition("/")[0]: body for key, body in found.items()}
    assert len(folders) == len(found)
    return folders


def test_keys_by_jq(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    direct(
        firehose,
        name,
        bucket,
        **PARTITIONED,
        Prefix=PREFIX,
        ProcessingConfiguration=processing(BY_CUSTOMER, ("AppendDelimiterToRecord", {})),
    )
    lines = [
        {"customer": "a", "at": "2025-01-01"},
        {"customer": 7, "at": "2026-01-01"},
        {"customer": "a", "at": "2025-12-31"},
        {"customer": "", "at": "2025-12-31"},
        {"customer": None, "at": "2025-12-31"},
        {"at": 5},
    ]
    deliver(firehose, name, *(json.dumps(line).encode() for line in lines), b"{nonsense")
    found = by_folder(aws, bucket)
    assert set(found) == {"c=a/y=2025", "c=7/y=2026", "bad/processing-failed"}
    assert [json.loads(line) for line in found["c=a/y=2025"].splitlines()] == [lines[0], lines[2]]
    failed = failed_records(aws, bucket, "bad/")
    assert {each["errorCode"] for each in failed} == {FAILED}
    raw = [base64.b64decode(each["rawData"]) for each in failed]
    assert raw == [*(json.dumps(line).encode() for line in lines[3:]), b"{nonsense"]
    assert failed[0]["errorMessage"] == "partitionKeys values must not be null or empty"


def test_keys_by_a_function(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    source = """
    import base64, json
    def handler(event, context):
        found = []
        for record in event["records"]:
            key = json.loads(base64.b64decode(record["data"]))["k"]
            found.append({"recordId": record["recordId"], "result": "Ok", "data": record["data"],
                          "metadata": {"partitionKeys": {"k": key} if key else {}}})
        return {"records": found}
    """
    direct(
        firehose,
        name,
        bucket,
        **PARTITIONED,
        Prefix="k=!{partitionKeyFromLambda:k}/!{timestamp:yyyy}/",
        ProcessingConfiguration=processing(("Lambda", {"LambdaArn": create(aws, name, source)})),
    )
    deliver(firehose, name, b'{"k": "x"}', b'{"k": "!{timestamp:yyyy}"}', b'{"k": ""}')
    found = by_folder(aws, bucket)
    folders = sorted(re.sub(r"/20\d\d$", "/year", folder) for folder in found)
    # A value is no expression, whatever it looks like.
    assert folders == ["bad/processing-failed", "k=!{timestamp:yyyy}/year", "k=x/year"]


@pytest.mark.parametrize(
    ("parameters", "data", "parts"),
    [
        (
            {"SubRecordType": "JSON"},
            b'{"customer":"a","at":"2025"}\n{"customer":"b","at":"2025"}',
            2,
        ),
        (
            {"SubRecordType": "DELIMITED", "Delimiter": base64.b64encode(b"##").decode()},
            A + b"##" + B + b"##",
            2,
        ),
        ({"SubRecordType": "JSON"}, b"[" + A + b"]", 0),
        ({"SubRecordType": "JSON"}, A * 501, 0),
    ],
)
def test_records_are_taken_apart_before(
    aws: Aws,
    firehose: Any,
    name: str,
    bucket: str,
    parameters: dict[str, str],
    data: bytes,
    parts: int,
) -> None:
    direct(
        firehose,
        name,
        bucket,
        **PARTITIONED,
        Prefix=PREFIX,
        ProcessingConfiguration=processing(BY_CUSTOMER, ("RecordDeAggregation", parameters)),
    )
    deliver(firehose, name, data)
    failed = failed_records(aws, bucket, "bad/")
    assert len(by_folder(aws, bucket)) == (parts or 1)
    assert [base64.b64decode(each["rawData"]) for each in failed] == ([] if parts else [data])


def test_more_partitions_than_may_be_open_go_to_the_error_output(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    direct(
        firehose,
        name,
        bucket,
        **PARTITIONED,
        Prefix=PREFIX,
        ProcessingConfiguration=processing(BY_CUSTOMER),
    )
    deliver(
        firehose,
        name,
        *(b'{"customer": %d, "at": "2025"}' % i for i in range(510)),
        b'{"customer": 1, "at": "2025"}',
    )
    failed = failed_records(aws, bucket, "bad/")
    codes = {each["errorCode"] for each in failed}
    assert (len(failed), codes) == (10, {"DynamicPartitioning.ActivePartitionLimitExceeded"})
    pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="c=")
    assert sum(page["KeyCount"] for page in pages) == 500


def test_a_query_without_end_fails_its_record_only(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    query = "{customer: (if .loop then [range(1e12)] | length else .customer end)}"
    direct(
        firehose,
        name,
        bucket,
        **PARTITIONED,
        Prefix="c=!{partitionKeyFromQuery:customer}/",
        ProcessingConfiguration=processing(
            (
                "MetadataExtraction",
                {"MetadataExtractionQuery": query, "JsonParsingEngine": "JQ-1.6"},
            )
        ),
    )
    records = [{"Data": b'{"loop": true}'}, {"Data": b'{"customer": "a"}'}]
    firehose.put_record_batch(DeliveryStreamName=name, Records=records)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name, 60)
    (failed,) = failed_records(aws, bucket, "bad/")
    assert base64.b64decode(failed["rawData"]) == b'{"loop": true}'
    assert by_folder(aws, bucket)["c=a"] == b'{"customer": "a"}'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60}},
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.",
        ),
        (
            {"DynamicPartitioningConfiguration": {"Enabled": False}},
            "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic "
            "Partitioning is enabled.",
        ),
        (
            {"DynamicPartitioningConfiguration": {"Enabled": False}, "Prefix": "p/"},
            "class com.amazonaws.services.firehose.internal.model.MetadataExtractionProcessor can "
            "only be present when Dynamic Partitioning is enabled.",
        ),
        (
            {"Prefix": "!{timestamp:yyyy}/"},
            "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is "
            "enabled",
        ),
        (
            {"ErrorOutputPrefix": ""},
            "ErrorOutputPrefix must be specified when Prefix contains expressions",
        ),
        (
            {"ProcessingConfiguration": processing(
                ("MetadataExtraction", {
                    "MetadataExtractionQuery": "{customer: .customer",
                    "JsonParsingEngine": "JQ-1.6"}))},
            "MetadataExtractionQuery is not valid",
        ),
        (
            {"ProcessingConfiguration": processing(
                ("MetadataExtraction", {
                    "MetadataExtractionQuery": ".", "JsonParsingEngine": "JQ-2"}))},
            "JsonParsingEngine 'JQ-2' is not valid; valid: JQ-1.6",
        ),
        (
            {"Prefix": "!{partitionKeyFromLambda:k}/"},
            "Prefix has expressions of partitionKeyFromLambda, which need the processor Lambda",
        ),
    ],
    ids=range(8),
)  # fmt: skip
def test_what_aws_refuses_when_it_is_created(
    firehose: Any, name: str, bucket: str, change: dict[str, Any], message: str
) -> None:
    settings = {
        **PARTITIONED,
        "Prefix": PREFIX,
        "ProcessingConfiguration": processing(BY_CUSTOMER),
        **change,
    }
    code, said = refusal(
        lambda: firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=destination(bucket, **settings),
        )
    )
    assert code == "InvalidArgumentException"
    assert said.startswith(message)


def test_it_is_described_and_stays_enabled(firehose: Any, name: str, bucket: str) -> None:
    direct(
        firehose,
        name,
        bucket,
        **{**PARTITIONED, "BufferingHints": LARGE},
        Prefix=PREFIX,
        ProcessingConfiguration=processing(BY_CUSTOMER),
    )
    (there,) = describe(firehose, name)["Destinations"]
    extended = there["ExtendedS3DestinationDescription"]
    assert extended["DynamicPartitioningConfiguration"] == {
        "Enabled": True,
        "RetryOptions": {"DurationInSeconds": 300},
    }
    code, message = refusal(
        lambda: firehose.update_destination(
            DeliveryStreamName=name,
            CurrentDeliveryStreamVersionId="1",
            DestinationId=there["DestinationId"],
            ExtendedS3DestinationUpdate={
                "DynamicPartitioningConfiguration": {"Enabled": False},
                "Prefix": "p/",
                "ProcessingConfiguration": {"Enabled": False},
            },
        )
    )
    assert (code, "enabled or disabled" in message) == ("InvalidArgumentException", True)
