"""Aggregates of the Kinesis Producer Library: taken apart by Firehose, and by nobody else.

Kinesis Data Streams Developer Guide, "Use the KPL with Amazon Data Firehose", and "Process
serialized data using AWS Lambda with the Amazon Kinesis Producer Library": a function needs a
module for it.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.contract.firehose.helpers import (
    SOON,
    Aws,
    from_kinesis,
    objects,
    transformation,
)
from tests.contract.lambda_.helpers import create
from tests.kpl import aggregate
from tests.support import wait_until

SEVERAL = [("a", b"one\n"), ("b", b"two\n"), ("a", b"")]


def test_firehose_delivers_the_records_of_an_aggregate(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    from_kinesis(firehose, name, stream, bucket, BufferingHints=SOON)
    broken = aggregate(SEVERAL)[:-1] + b"?"
    for data in (aggregate(SEVERAL), b"plain\n", broken):
        aws("kinesis").put_record(StreamARN=stream, Data=data, PartitionKey="x")
    expected = b"one\ntwo\nplain\n" + broken
    wait_until(lambda: b"".join(objects(aws, bucket).values()) == expected, 60)


def test_a_transformation_sees_the_records_of_an_aggregate(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    source = """
    import base64, json
    def handler(event, context):
        return {"records": [
            {"recordId": r["recordId"], "result": "Ok", "data": base64.b64encode(
                json.dumps([r["data"], r["kinesisRecordMetadata"]]).encode() + b"\\n").decode()}
            for r in event["records"]]}
    """
    function = create(aws, name, source)
    config = transformation(function, BufferIntervalInSeconds="0")
    from_kinesis(
        firehose, name, stream, bucket, BufferingHints=SOON, ProcessingConfiguration=config
    )
    answer = aws("kinesis").put_record(StreamARN=stream, Data=aggregate(SEVERAL), PartitionKey="x")
    (body,) = wait_until(lambda: list(objects(aws, bucket).values()), 60)
    seen = [json.loads(line) for line in body.splitlines()]
    assert [base64.b64decode(data) for data, _ in seen] == [data for _, data in SEVERAL]
    assert [origin["partitionKey"] for _, origin in seen] == ["a", "b", "a"]
    assert [origin["subsequenceNumber"] for _, origin in seen] == [0, 1, 2]
    assert {origin["sequenceNumber"] for _, origin in seen} == {answer["SequenceNumber"]}


def test_get_records_and_functions_see_the_aggregate_itself(
    aws: Aws, name: str, stream: str, bucket: str
) -> None:
    source = f"""
    import base64, boto3
    def handler(event, context):
        for r in event["Records"]:
            body = base64.b64decode(r["kinesis"]["data"])
            boto3.client("s3").put_object(Bucket={bucket!r}, Key=r["eventID"][-9:], Body=body)
    """
    create(aws, name, source)
    data = aggregate(SEVERAL)
    aws("kinesis").put_record(StreamARN=stream, Data=data, PartitionKey="x")
    mapping = aws("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    shard = aws("kinesis").list_shards(StreamARN=stream)["Shards"][0]["ShardId"]
    iterator = aws("kinesis").get_shard_iterator(
        StreamARN=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = aws("kinesis").get_records(ShardIterator=iterator)["Records"]
    assert record["Data"] == data
    wait_until(lambda: list(objects(aws, bucket).values()) == [data], 60)
    aws("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
