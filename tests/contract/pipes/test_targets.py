"""Each target gets its entries, with parameters that events fill."""

from __future__ import annotations

import json

from tests.contract.events.helpers import Aws, Queue
from tests.contract.pipes.helpers import Pipes, Stream, send
from tests.support import unique, wait_until


def test_fifo_queue(aws: Aws, pipes: Pipes) -> None:
    source = Queue(aws)
    url = aws("sqs").create_queue(
        QueueName=f"{unique('fifo')}.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pipes.make(
        source.arn,
        found["Attributes"]["QueueArn"],
        TargetParameters={
            "InputTemplate": "<$.body.n>",
            "SqsQueueParameters": {"MessageGroupId": "$.body.group"},
        },
    )
    send(aws, source, {"n": 1, "group": "a"})
    message = wait_until(
        lambda: (
            aws("sqs")
            .receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
            .get("Messages")
        )
    )[0]
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("1", "a")


def test_stream_and_its_partition_key(aws: Aws, pipes: Pipes) -> None:
    source, target = Queue(aws), Stream(aws)
    pipes.make(
        source.arn,
        target.arn,
        TargetParameters={
            "InputTemplate": '{"n": <$.body.n>}',
            "KinesisStreamParameters": {"PartitionKey": "$.body.key"},
        },
    )
    send(aws, source, {"n": 1, "key": "a"})
    kinesis = aws("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=target.name,
        ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    (record,) = wait_until(lambda: kinesis.get_records(ShardIterator=iterator)["Records"])
    assert (json.loads(record["Data"]), record["PartitionKey"]) == ({"n": 1}, "a")


def test_topic_and_log_group(aws: Aws, pipes: Pipes) -> None:
    source, other, heard = Queue(aws), Queue(aws), Queue(aws)
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    aws("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=heard.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    pipes.make(source.arn, topic, TargetParameters={"InputTemplate": "<$.body.n>"})
    send(aws, source, {"n": 1})
    assert heard.wait(1) == ["1"]
    logs, group = aws("logs"), unique("/pipes/")
    logs.create_log_group(logGroupName=group)
    region, account = topic.split(":")[3:5]
    pipes.make(
        other.arn,
        f"arn:aws:logs:{region}:{account}:log-group:{group}",
        TargetParameters={
            "InputTemplate": '{"n": <$.body.n>}',
            "CloudWatchLogsParameters": {"LogStreamName": "$.body.stream"},
        },
    )
    send(aws, other, {"n": 2, "stream": "two"})
    (event,) = wait_until(lambda: logs.filter_log_events(logGroupName=group)["events"])
    assert (json.loads(event["message"]), event["logStreamName"]) == ({"n": 2}, "two")


def test_delivery_stream(aws: Aws, pipes: Pipes, bucket: str) -> None:
    source, name = Queue(aws), unique("delivery")
    arn = aws("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/any",
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 1},
        },
    )["DeliveryStreamARN"]
    pipes.make(source.arn, arn, TargetParameters={"InputTemplate": '{"n": <$.body.n>}'})
    send(aws, source, {"n": 1})
    s3 = aws("s3")
    (found,) = wait_until(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    assert s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read() == b'{"n": 1}'
