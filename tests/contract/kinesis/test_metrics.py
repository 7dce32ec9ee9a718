"""CloudWatch metrics of streams and of the delivery streams that read them, with an alarm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.lambda_.helpers import Aws
from tests.support import wait_until


def total(aws: Aws, namespace: str, metric: str, statistic: str = "Sum", **dimension: str) -> float:
    now = datetime.now(UTC)
    points: list[dict[str, Any]] = aws("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimension.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=[statistic],
    )["Datapoints"]
    values = [float(point[statistic]) for point in points]
    return max(values, default=-1) if statistic == "Maximum" else sum(values)


def test_what_comes_and_goes_is_measured_and_alarms_see_it(
    aws: Aws, name: str, bucket: str
) -> None:
    kinesis, firehose, cloudwatch = aws("kinesis"), aws("firehose"), aws("cloudwatch")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    role = "arn:aws:iam::000000000000:role/any"
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": role},
        S3DestinationConfiguration={
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "RoleARN": role,
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
        },
    )
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Kinesis",
        MetricName="IncomingRecords",
        Dimensions=[{"Name": "StreamName", "Value": name}],
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    try:
        kinesis.put_record(StreamName=name, Data=b"abc", PartitionKey="k")
        records = [{"Data": b"12345", "PartitionKey": "k"}] * 3
        kinesis.put_records(StreamName=name, Records=records)
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        kinesis.get_records(ShardIterator=iterator)

        def of_stream(metric: str) -> float:
            return total(aws, "AWS/Kinesis", metric, StreamName=name)

        metrics = {
            "IncomingRecords": 4,
            "IncomingBytes": 18,
            "PutRecords.SuccessfulRecords": 3,
            "GetRecords.Records": 4,
        }
        wait_until(lambda: {m: of_stream(m) for m in metrics} == metrics, what="all of the stream")
        age = "GetRecords.IteratorAgeMilliseconds"
        wait_until(lambda: of_stream(age) >= 0, what=age)
        assert total(aws, "AWS/Kinesis", age, "Maximum", StreamName=name) >= 0

        def of_delivery(metric: str) -> float:
            return total(aws, "AWS/Firehose", metric, DeliveryStreamName=name)

        delivered = {
            "DeliveryToS3.Records": 4,
            "DeliveryToS3.Bytes": 18,
            "DataReadFromKinesisStream.Records": 4,
        }
        wait_until(lambda: {m: of_delivery(m) for m in delivered} == delivered, what="all of it")
        wait_until(lambda: of_delivery("DeliveryToS3.Success") >= 1, what="DeliveryToS3.Success")

        def alarmed() -> bool:
            history = cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
            return any("to ALARM" in item.get("HistorySummary", "") for item in history)

        wait_until(alarmed, timeout=60, what="the alarm")
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])
        firehose.delete_delivery_stream(DeliveryStreamName=name)
        kinesis.delete_stream(StreamName=name)
