"""Firehose as any boto3 client sees it: what ends up in S3, when, and under which key."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import wait_until

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/firehose"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
DATE = r"\d{4}/\d{2}/\d{2}/\d{2}/"
NEVER = {"SizeInMBs": 128, "IntervalInSeconds": 900}
SOON = {"SizeInMBs": 128, "IntervalInSeconds": 1}


@pytest.fixture
def firehose(aws: Aws) -> Any:
    return aws("firehose")


def destination(bucket: str, **more: Any) -> dict[str, Any]:
    return {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{bucket}", **more}


def describe(firehose: Any, name: str) -> dict[str, Any]:
    answer = firehose.describe_delivery_stream(DeliveryStreamName=name)
    return dict(answer["DeliveryStreamDescription"])


def wait_active(firehose: Any, name: str) -> None:
    wait_until(lambda: describe(firehose, name)["DeliveryStreamStatus"] == "ACTIVE", 10)


def wait_gone(firehose: Any, name: str) -> None:
    def gone() -> bool:
        try:
            describe(firehose, name)
        except firehose.exceptions.ResourceNotFoundException:
            return True
        return False

    wait_until(gone, 20)


def direct(firehose: Any, name: str, bucket: str, **more: Any) -> None:
    """Make an ACTIVE delivery stream for PutRecord."""
    firehose.create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination(bucket, **more)
    )
    wait_active(firehose, name)


@pytest.fixture
def stream(aws: Aws, name: str) -> str:
    """An ACTIVE Kinesis stream, by ARN."""
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)

    def arn() -> str | None:
        summary = aws("kinesis").describe_stream_summary(StreamName=name)
        found = summary["StreamDescriptionSummary"]
        return str(found["StreamARN"]) if found["StreamStatus"] == "ACTIVE" else None

    return wait_until(arn, 10)


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


def code_of(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def test_description_of_a_delivery_stream(firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket, Prefix="raw/", CompressionFormat="GZIP")
    found = describe(firehose, name)
    arn = f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}"
    assert found["DeliveryStreamARN"] == arn
    assert (found["DeliveryStreamType"], found["VersionId"]) == ("DirectPut", "1")
    s3 = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert s3["BufferingHints"] == {"SizeInMBs": 5, "IntervalInSeconds": 300}
    assert (s3["Prefix"], s3["CompressionFormat"]) == ("raw/", "GZIP")
    assert found["Destinations"][0]["S3DestinationDescription"]["BucketARN"].endswith(bucket)
    listed: list[str] = []
    while True:
        start = {"ExclusiveStartDeliveryStreamName": listed[-1]} if listed else {}
        page = firehose.list_delivery_streams(Limit=3, **start)
        listed += page["DeliveryStreamNames"]
        if not page["HasMoreDeliveryStreams"]:
            break
    assert name in listed
    assert listed == sorted(listed)


def test_direct_put_after_the_interval(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket, Prefix="in", BufferingHints=SOON)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"one"})
    answer = firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": b"two"}, {"Data": b"\x00\n"}]
    )
    assert answer["FailedPutCount"] == 0
    assert all(r["RecordId"] for r in answer["RequestResponses"])
    wait_until(lambda: b"".join(objects(aws, bucket).values()) == b"onetwo\x00\n", 20)
    for key in objects(aws, bucket):
        assert re.fullmatch(rf"in{DATE}{name}-1-\d{{4}}(-\d\d){{5}}-{UUID}", key)


def test_kinesis_records_put_at_once_when_active(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    put(aws, stream, 0, 10)  # before: not delivered
    from_kinesis(firehose, name, stream, bucket, Prefix="firehose/", BufferingHints=SOON)
    put(aws, stream, 10, 2010)
    wait_until(lambda: len(numbers(aws, bucket)) >= 2000, 20)
    assert numbers(aws, bucket) == list(range(10, 2010))
    source = describe(firehose, name)["Source"]["KinesisStreamSourceDescription"]
    assert source["KinesisStreamARN"] == stream
    assert all(re.match(rf"firehose/{DATE}{name}-1-", key) for key in objects(aws, bucket))


def test_twenty_thousand_records_in_a_handful_of_objects(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    hints = {"SizeInMBs": 5, "IntervalInSeconds": 3}
    from_kinesis(firehose, name, stream, bucket, BufferingHints=hints)
    put(aws, stream, 0, 20_000)
    wait_until(lambda: len(numbers(aws, bucket)) >= 20_000, 3 + 10, every=0.5)
    assert numbers(aws, bucket) == list(range(20_000))
    assert len(objects(aws, bucket)) <= 5


def test_resharding_loses_and_repeats_nothing(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    kinesis = aws("kinesis")

    def settled() -> bool:
        summary = kinesis.describe_stream_summary(StreamARN=stream)["StreamDescriptionSummary"]
        return bool(summary["StreamStatus"] == "ACTIVE")

    from_kinesis(firehose, name, stream, bucket, BufferingHints=SOON)
    put(aws, stream, 0, 500)
    kinesis.split_shard(
        StreamARN=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    wait_until(settled, 10)
    put(aws, stream, 500, 1000)
    kinesis.merge_shards(
        StreamARN=stream,
        ShardToMerge="shardId-000000000001",
        AdjacentShardToMerge="shardId-000000000002",
    )
    wait_until(settled, 10)
    put(aws, stream, 1000, 1500)
    wait_until(lambda: len(numbers(aws, bucket)) >= 1500, 20)
    assert numbers(aws, bucket) == list(range(1500))


def test_size_decides_before_the_interval(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    hints = {"SizeInMBs": 1, "IntervalInSeconds": 900}
    direct(firehose, name, bucket, BufferingHints=hints)
    for _ in range(9):
        firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x" * 300_000})
    wait_until(lambda: len(objects(aws, bucket)) == 2, 20)
    assert {len(body) for body in objects(aws, bucket).values()} == {1_200_000}
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert sum(len(body) for body in objects(aws, bucket).values()) == 2_700_000


def test_gzip(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket, BufferingHints=NEVER, CompressionFormat="GZIP")
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a\n" * 5000})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    ((key, body),) = objects(aws, bucket).items()
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"a\n" * 5000


def test_custom_prefix(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    prefix = "year=!{timestamp:yyyy}/!{firehose:random-string}/"
    error = "errors/!{firehose:error-output-type}/"
    direct(firehose, name, bucket, BufferingHints=NEVER, Prefix=prefix, ErrorOutputPrefix=error)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    (key,) = objects(aws, bucket)
    assert re.fullmatch(rf"year=\d{{4}}/\w{{11}}/{name}-1-\d{{4}}(-\d\d){{5}}-{UUID}", key)


def test_deletion_writes_what_is_still_in_the_stream(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    from_kinesis(firehose, name, stream, bucket, BufferingHints=NEVER)
    put(aws, stream, 0, 1000)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert numbers(aws, bucket) == list(range(1000))


def test_deletion_of_the_kinesis_stream_writes_what_is_pending(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    from_kinesis(firehose, name, stream, bucket, BufferingHints=NEVER)
    put(aws, stream, 0, 1000)
    aws("kinesis").delete_stream(StreamARN=stream)
    wait_until(lambda: len(numbers(aws, bucket)) >= 1000, 20)
    assert numbers(aws, bucket) == list(range(1000))


def test_a_missing_bucket_delays_but_loses_nothing(aws: Aws, firehose: Any, name: str) -> None:
    logging = {"Enabled": True, "LogGroupName": f"/{name}", "LogStreamName": "delivery"}
    direct(
        firehose,
        name,
        name,
        BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0},
        CloudWatchLoggingOptions=logging,
    )
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"patience"})
    logs = aws("logs")

    def reported() -> bool:
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/{name}")["logGroups"]
        if not groups:
            return False
        events = logs.filter_log_events(logGroupName=f"/{name}")["events"]
        return any("NoSuchBucket" in e["message"] for e in events)

    wait_until(reported, 20)
    aws("s3").create_bucket(Bucket=name)
    wait_until(lambda: list(objects(aws, name).values()) == [b"patience"], 20)


def test_update_destination(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket, Prefix="old/", BufferingHints=NEVER)
    identity = describe(firehose, name)["Destinations"][0]["DestinationId"]

    def update(version: str) -> None:
        firehose.update_destination(
            DeliveryStreamName=name,
            CurrentDeliveryStreamVersionId=version,
            DestinationId=identity,
            ExtendedS3DestinationUpdate={"Prefix": "new/", "CompressionFormat": "GZIP"},
        )

    assert code_of(lambda: update("7"))[0] == "ConcurrentModificationException"
    update("1")
    found = describe(firehose, name)
    s3 = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (found["VersionId"], s3["Prefix"], s3["BufferingHints"]) == ("2", "new/", NEVER)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    (key,) = objects(aws, bucket)
    assert re.fullmatch(rf"new/{DATE}{name}-2-.*\.gz", key)


def test_tags_and_encryption(firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket)
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=tags)
    firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=["a"])
    assert firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"] == tags[1:]
    firehose.start_delivery_stream_encryption(DeliveryStreamName=name)
    found = describe(firehose, name)["DeliveryStreamEncryptionConfiguration"]
    assert found == {"KeyType": "AWS_OWNED_CMK", "Status": "ENABLED"}
    assert firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x"})["Encrypted"]
    firehose.stop_delivery_stream_encryption(DeliveryStreamName=name)
    found = describe(firehose, name)["DeliveryStreamEncryptionConfiguration"]
    assert found["Status"] == "DISABLED"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "dynamic partitioning"),
        ({"ProcessingConfiguration": {"Enabled": True}}, "data processing"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "record format conversion"),
        ({"S3BackupMode": "Enabled"}, "S3BackupMode"),
        ({"CompressionFormat": "HADOOP_SNAPPY"}, "HADOOP_SNAPPY"),
        ({"CompressionFormat": "BZIP"}, "valid: UNCOMPRESSED"),
        ({"BufferingHints": {"SizeInMBs": 5}}, "both"),
        ({"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 1}}, "129"),
        ({"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 901}}, "901"),
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix"),
        ({"CustomTimeZone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"BucketARN": "bucket"}, "arn:aws:s3:::"),
    ],
)
def test_refused_configurations_name_what_is_wrong(
    firehose: Any, name: str, bucket: str, change: dict[str, Any], named: str
) -> None:
    code, message = code_of(
        lambda: firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={**destination(bucket), **change},
        )
    )
    assert code == "InvalidArgumentException"
    assert named in message


def test_other_errors(firehose: Any, name: str, stream: str, bucket: str) -> None:
    redshift = {
        "RoleARN": ROLE,
        "ClusterJDBCURL": "jdbc:redshift://x:5439/y",
        "CopyCommand": {"DataTableName": "t"},
        "S3Configuration": destination(bucket),
    }
    code, message = code_of(
        lambda: firehose.create_delivery_stream(
            DeliveryStreamName=name, RedshiftDestinationConfiguration=redshift
        )
    )
    assert code == "InvalidArgumentException"
    assert "RedshiftDestination" in message
    code, message = code_of(
        lambda: from_kinesis(firehose, name, stream + "-missing", bucket),
    )
    assert code == "InvalidArgumentException"
    assert "-missing" in message
    from_kinesis(firehose, name, stream, bucket)
    code, _ = code_of(lambda: from_kinesis(firehose, name, stream, bucket))
    assert code == "ResourceInUseException"
    record = {"Data": b"x"}
    code, _ = code_of(lambda: firehose.put_record(DeliveryStreamName=name, Record=record))
    assert code == "InvalidSourceException"
    code, _ = code_of(lambda: firehose.put_record(DeliveryStreamName=name + "x", Record=record))
    assert code == "ResourceNotFoundException"


def test_direct_put_limits(firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket)
    big, huge = {"Data": b"x" * 1_000_000}, {"Data": b"x" * 1_024_001}

    def put_batch(records: list[dict[str, bytes]]) -> None:
        firehose.put_record_batch(DeliveryStreamName=name, Records=records)

    for records in ([huge], [big] * 5, [{"Data": b"x"}] * 501):
        code, _ = code_of(partial(put_batch, records))
        assert code == "InvalidArgumentException"


def test_cloudformation(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    cloudformation = aws("cloudformation")
    body = f"""
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {{Name: {name}, ShardCount: 1, StreamModeDetails: {{StreamMode: PROVISIONED}}}}
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamName: {name}
      DeliveryStreamType: KinesisStreamAsSource
      KinesisStreamSourceConfiguration: {{KinesisStreamARN: !GetAtt Stream.Arn, RoleARN: "{ROLE}"}}
      ExtendedS3DestinationConfiguration:
        BucketARN: arn:aws:s3:::{bucket}
        RoleARN: {ROLE}
        Prefix: firehose/
        BufferingHints: {{SizeInMBs: 1, IntervalInSeconds: 900}}
Outputs:
  Stream: {{Value: !GetAtt Stream.Arn}}
"""
    stack = cloudformation.create_stack(StackName=name, TemplateBody=body)["StackId"]

    def state() -> str:
        return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    wait_until(lambda: state() == "CREATE_COMPLETE", 60)
    arn = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"][0]["OutputValue"]
    put(aws, arn, 0, 100)
    cloudformation.delete_stack(StackName=name)
    wait_until(lambda: state() == "DELETE_COMPLETE", 60)
    wait_gone(firehose, name)
    assert numbers(aws, bucket) == list(range(100))
