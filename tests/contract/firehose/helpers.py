"""Delivery streams for the contract tests of Firehose, and what they wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.support import wait_until

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/firehose"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
DATE = r"\d{4}/\d{2}/\d{2}/\d{2}/"
NEVER = {"SizeInMBs": 128, "IntervalInSeconds": 900}
SOON = {"SizeInMBs": 128, "IntervalInSeconds": 1}


def destination(bucket: str, **more: Any) -> dict[str, Any]:
    return {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{bucket}", **more}


def describe(firehose: Any, name: str) -> dict[str, Any]:
    answer = firehose.describe_delivery_stream(DeliveryStreamName=name)
    return dict(answer["DeliveryStreamDescription"])


def wait_active(firehose: Any, name: str) -> None:
    wait_until(lambda: describe(firehose, name)["DeliveryStreamStatus"] == "ACTIVE", 10)


def wait_gone(firehose: Any, name: str, seconds: float = 60) -> None:
    def gone() -> bool:
        try:
            describe(firehose, name)
        except firehose.exceptions.ResourceNotFoundException:
            return True
        return False

    wait_until(gone, seconds)


def direct(firehose: Any, name: str, bucket: str, **more: Any) -> None:
    """Make an ACTIVE delivery stream for PutRecord."""
    firehose.create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination(bucket, **more)
    )
    wait_active(firehose, name)


def from_kinesis(firehose: Any, name: str, stream: str, bucket: str, **more: Any) -> None:
    """Make an ACTIVE delivery stream that reads a Kinesis stream."""
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": stream, "RoleARN": ROLE},
        ExtendedS3DestinationConfiguration=destination(bucket, **more),
    )
    wait_active(firehose, name)


def put(aws: Aws, stream: str, first: int, after: int) -> None:
    """Put the numbers first .. after - 1, a line each."""
    for start in range(first, after, 500):
        records = [
            {"Data": b"%d\n" % i, "PartitionKey": str(i)}
            for i in range(start, min(start + 500, after))
        ]
        answer = aws("kinesis").put_records(StreamARN=stream, Records=records)
        assert answer["FailedRecordCount"] == 0


def objects(aws: Aws, bucket: str) -> dict[str, bytes]:
    s3 = aws("s3")
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def numbers(aws: Aws, bucket: str) -> list[int]:
    return sorted(int(x) for body in objects(aws, bucket).values() for x in body.split())


def processing(*processors: tuple[str, dict[str, str]]) -> dict[str, Any]:
    """A ProcessingConfiguration of processors with their parameters."""
    return {
        "Enabled": True,
        "Processors": [
            {
                "Type": kind,
                "Parameters": [
                    {"ParameterName": name, "ParameterValue": value}
                    for name, value in parameters.items()
                ],
            }
            for kind, parameters in processors
        ],
    }


def transformation(function: str, **parameters: str) -> dict[str, Any]:
    """A ProcessingConfiguration with a function only."""
    return processing(("Lambda", {"LambdaArn": function, **parameters}))


def failed_records(aws: Aws, bucket: str, prefix: str = "processing-failed/") -> list[Any]:
    """The documents of an error output."""
    found = objects(aws, bucket)
    return [
        json.loads(line)
        for key, body in found.items()
        if key.startswith(prefix)
        for line in body.splitlines()
    ]
