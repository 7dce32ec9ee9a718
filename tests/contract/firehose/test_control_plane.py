"""Delivery streams as any boto3 client sees them: description, update, refusals."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from tests.contract.firehose.helpers import (
    DATE,
    NEVER,
    ROLE,
    Aws,
    describe,
    destination,
    direct,
    from_kinesis,
    numbers,
    objects,
    processing,
    put,
    transformation,
    wait_gone,
)
from tests.contract.refusals import refusal
from tests.support import wait_until

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


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

    assert refusal(lambda: update("7"))[0] == "ConcurrentModificationException"
    update("1")
    found = describe(firehose, name)
    s3 = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (found["VersionId"], s3["Prefix"], s3["BufferingHints"]) == ("2", "new/", NEVER)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    (key,) = objects(aws, bucket)
    assert re.fullmatch(rf"new/{DATE}{name}-2-.*\.gz", key)


def test_the_description_of_a_stream_of_kinesis(aws: Aws, name: str, bucket: str) -> None:
    """As a test of LocalStack recorded it (test_firehose_stack_with_kinesis_as_source)."""
    firehose, kinesis = aws("firehose"), aws("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    from_kinesis(firehose, name, arn, bucket)
    found = describe(firehose, name)
    assert "DeliveryStreamEncryptionConfiguration" not in found
    s3 = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert s3["DataFormatConversionConfiguration"] == {"Enabled": False}


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
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "Dynamic Partitioning"),
        ({"ProcessingConfiguration": processing(("Zip", {}))}, "Zip"),
        ({"ProcessingConfiguration": processing(("Lambda", {}))}, "LambdaArn"),
        ({"ProcessingConfiguration": transformation("f")}, "LambdaArn 'f'"),
        ({"ProcessingConfiguration": transformation(ARN, BufferSizeInMBs="4")}, "BufferSizeInMBs"),
        ({"ProcessingConfiguration": transformation(ARN, NumberOfRetries="x")}, "NumberOfRetries"),
        ({"ProcessingConfiguration": transformation(ARN, Speed="1")}, "'Speed' is not valid"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "SchemaConfiguration"),
        ({"S3BackupMode": "Enabled"}, "S3BackupMode"),
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
    code, message = refusal(
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
    code, message = refusal(
        lambda: firehose.create_delivery_stream(
            DeliveryStreamName=name, RedshiftDestinationConfiguration=redshift
        )
    )
    assert code == "InvalidArgumentException"
    assert "RedshiftDestination" in message
    code, message = refusal(
        lambda: from_kinesis(firehose, name, stream + "-missing", bucket),
    )
    assert code == "InvalidArgumentException"
    assert "-missing" in message
    from_kinesis(firehose, name, stream, bucket)
    code, _ = refusal(lambda: from_kinesis(firehose, name, stream, bucket))
    assert code == "ResourceInUseException"
    record = {"Data": b"x"}
    code, _ = refusal(lambda: firehose.put_record(DeliveryStreamName=name, Record=record))
    assert code == "InvalidSourceException"
    code, _ = refusal(lambda: firehose.put_record(DeliveryStreamName=name + "x", Record=record))
    assert code == "ResourceNotFoundException"


def test_direct_put_limits(firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket)
    big, huge = {"Data": b"x" * 1_000_000}, {"Data": b"x" * 1_024_001}

    def put_batch(records: list[dict[str, bytes]]) -> None:
        firehose.put_record_batch(DeliveryStreamName=name, Records=records)

    for records in ([huge], [big] * 5, [{"Data": b"x"}] * 501):
        code, _ = refusal(partial(put_batch, records))
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
