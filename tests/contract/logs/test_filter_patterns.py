"""Filter patterns where they are used: events that are read, forwarded, counted and tried."""

from __future__ import annotations

import base64
import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws
from tests.support import wait_until

ROLE = "arn:aws:iam::000000000000:role/subscriber"
MESSAGES = ("INFO fine", "ERROR broken", '{"level": "WARN", "ms": 7}', "GET /a 404")


def put(aws: Aws, group: str, *messages: str) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    aws("logs").put_log_events(logGroupName=group, logStreamName=group, logEvents=events)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ERROR", [1]),
        ("?ERROR ?fine", [0, 1]),
        ("-ERROR fine", [0]),
        ('{ $.level = "WARN" && $.ms >= 7 }', [2]),
        ("[verb, path, code = 4*]", [3]),
        (r"%/[a-z]\s4%", [3]),
        ("", [0, 1, 2, 3]),
    ],
)
def test_only_events_that_match_are_read(
    aws: Aws, group: str, pattern: str, expected: list[int]
) -> None:
    put(aws, group, *MESSAGES)

    found = aws("logs").filter_log_events(logGroupName=group, filterPattern=pattern)["events"]

    assert [event["message"] for event in found] == [MESSAGES[n] for n in expected]


def test_a_pattern_that_aws_refuses_is_refused_wherever_it_is_given(aws: Aws, group: str) -> None:
    logs, bad = aws("logs"), "{ $.a == 1 }"
    value = {"metricName": "m", "metricNamespace": group, "metricValue": "1"}
    stream = make_stream(aws, group)
    try:
        for call in (
            lambda: logs.filter_log_events(logGroupName=group, filterPattern=bad),
            lambda: logs.test_metric_filter(filterPattern=bad, logEventMessages=["x"]),
            lambda: logs.put_metric_filter(
                logGroupName=group, filterName="f", filterPattern=bad, metricTransformations=[value]
            ),
            lambda: logs.put_subscription_filter(
                logGroupName=group,
                filterName="f",
                filterPattern=bad,
                destinationArn=stream,
                roleArn=ROLE,
            ),
        ):
            with pytest.raises(ClientError) as refused:
                call()
            assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
            assert "Invalid character(s) in term '='" in str(refused.value)
    finally:
        aws("kinesis").delete_stream(StreamName=group)


def test_a_pattern_is_tried_on_messages(aws: Aws) -> None:
    apache = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /a.gif HTTP/1.0" 200 1534'

    found = aws("logs").test_metric_filter(
        filterPattern="[..., status_code=200, size]", logEventMessages=["other", apache]
    )["matches"]

    assert [(match["eventNumber"], match["eventMessage"]) for match in found] == [(1, apache)]
    assert found[0]["extractedValues"] == {
        "$1": "127.0.0.1",
        "$2": "-",
        "$3": "frank",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$5": "GET /a.gif HTTP/1.0",
        "$status_code": "200",
        "$size": "1534",
    }


def make_stream(aws: Aws, name: str) -> str:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return str(summary["StreamARN"])


def forwarded(aws: Aws, stream: str) -> list[tuple[str, str]]:
    """Filter and message of what came to a stream."""
    kinesis = aws("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    messages = [json.loads(gzip.decompress(record["Data"])) for record in records]
    return [
        (message["subscriptionFilters"][0], event["message"])
        for message in messages
        for event in message["logEvents"]
    ]


def test_each_subscription_gets_what_its_own_pattern_matches(aws: Aws, group: str) -> None:
    logs, stream = aws("logs"), make_stream(aws, group)
    try:
        for name, pattern in (("errors", "ERROR"), ("slow", "WARN"), ("slow", "{ $.ms > 5 }")):
            logs.put_subscription_filter(
                logGroupName=group,
                filterName=name,
                filterPattern=pattern,
                destinationArn=stream,
                roleArn=ROLE,
            )
        put(aws, group, *MESSAGES)

        assert sorted(forwarded(aws, group)) == [("errors", MESSAGES[1]), ("slow", MESSAGES[2])]
    finally:
        aws("kinesis").delete_stream(StreamName=group)

    put(aws, group, *MESSAGES)  # nobody to forward to is no failure of the events

    assert len(logs.filter_log_events(logGroupName=group)["events"]) == 2 * len(MESSAGES)


def test_a_group_with_a_subscription_gets_further_streams(aws: Aws, group: str) -> None:
    logs, destination = aws("logs"), make_stream(aws, group)
    try:
        logs.put_subscription_filter(
            logGroupName=group,
            filterName="all",
            filterPattern="",
            destinationArn=destination,
            roleArn=ROLE,
        )

        logs.create_log_stream(logGroupName=group, logStreamName="later")

        found = logs.describe_log_streams(logGroupName=group)["logStreams"]
        assert "later" in [stream["logStreamName"] for stream in found]
        with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName="later")
    finally:
        aws("kinesis").delete_stream(StreamName=group)


def test_events_too_many_for_a_record_are_forwarded_in_several(aws: Aws, group: str) -> None:
    stream = make_stream(aws, group)
    noise = base64.b64encode(bytes(range(256)) * 40).decode()
    messages = [f"{n} {hash(noise + str(n))} {noise}" for n in range(60)]
    try:
        aws("logs").put_subscription_filter(
            logGroupName=group,
            filterName="all",
            filterPattern="",
            destinationArn=stream,
            roleArn=ROLE,
        )
        put(aws, group, *messages)

        assert [message for _, message in forwarded(aws, group)] == messages
    finally:
        aws("kinesis").delete_stream(StreamName=group)


def test_a_metric_filter_publishes_fields_by_dimension(aws: Aws, group: str) -> None:
    made = {
        "metricName": "ms",
        "metricNamespace": group,
        "metricValue": "$.ms",
        "dimensions": {"Level": "$.level"},
        "unit": "Milliseconds",
    }
    aws("logs").put_metric_filter(
        logGroupName=group,
        filterName="ms",
        filterPattern="{ $.ms = * }",
        metricTransformations=[made],
    )

    put(aws, group, *MESSAGES, '{"level": "WARN", "ms": 3}', '{"level": "INFO", "ms": 1}')

    def total(level: str) -> float:
        now = datetime.now(UTC)
        points: list[dict[str, Any]] = aws("cloudwatch").get_metric_statistics(
            Namespace=group,
            MetricName="ms",
            Dimensions=[{"Name": "Level", "Value": level}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in points)

    wait_until(lambda: (total("WARN"), total("INFO")) == (10.0, 1.0), what="both dimensions")
